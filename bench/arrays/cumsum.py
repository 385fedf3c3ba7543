"""Running sums of 10 million float64."""

import numpy as np

from variants import choose, close, measure, numbers, size

n = size(10_000_000)
a = numbers(n)


def numba():
    import numba

    @numba.njit
    def loop(a):
        result = np.empty(len(a))
        s = 0.0
        for i in range(len(a)):
            s += a[i]
            result[i] = s
        return result
    return lambda: loop(a)


def check(result):
    close(float(result[-1]), float(a.sum()), 1e-9)
    assert float(result[1]) == float(a[0]) + float(a[1])


measure("cumsum", choose(numpy=lambda: lambda: np.cumsum(a), numba=numba), check)
