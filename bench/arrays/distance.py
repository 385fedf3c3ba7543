"""`sqrt(x*x + y*y)` on 10 million float64."""

import math

import numpy as np

from variants import choose, close, measure, numbers, size

n = size(10_000_000)
x, y = numbers(n, 1), numbers(n, 2)


def plain():
    return lambda: np.sqrt(x * x + y * y)


def numexpr():
    import numexpr
    return lambda: numexpr.evaluate("sqrt(x*x + y*y)")


def numba():
    import numba

    @numba.njit
    def loop(x, y):
        result = np.empty(len(x))
        for i in range(len(x)):
            result[i] = math.sqrt(x[i] * x[i] + y[i] * y[i])
        return result
    return lambda: loop(x, y)


def check(result):
    for i in (0, n // 3, n - 1):
        close(float(result[i]), math.sqrt(float(x[i]) ** 2 + float(y[i]) ** 2), 1e-15)


measure("sqrt(x*x+y*y)", choose(numpy=plain, numexpr=numexpr, numba=numba), check)
