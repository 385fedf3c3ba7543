"""`a*b + c*d - e` on five arrays of 10 million float64."""

import numpy as np

from variants import choose, close, measure, numbers, size

n = size(10_000_000)
a, b, c, d, e = (numbers(n, seed) for seed in range(1, 6))


def plain():
    return lambda: a * b + c * d - e


def out():
    result, other = np.empty(n), np.empty(n)

    def work():
        np.multiply(a, b, out=result)
        np.multiply(c, d, out=other)
        np.add(result, other, out=result)
        return np.subtract(result, e, out=result)
    return work


def numexpr():
    import numexpr
    return lambda: numexpr.evaluate("a*b + c*d - e")


def numba():
    import numba

    @numba.njit
    def loop(a, b, c, d, e):
        result = np.empty(len(a))
        for i in range(len(a)):
            result[i] = a[i] * b[i] + c[i] * d[i] - e[i]
        return result
    return lambda: loop(a, b, c, d, e)


def check(result):
    for i in (0, n // 2, n - 1):
        close(float(result[i]), float(a[i]) * float(b[i]) + float(c[i]) * float(d[i]) - float(e[i]), 1e-15)


measure("a*b+c*d-e", choose(numpy=plain, out=out, numexpr=numexpr, numba=numba), check)
