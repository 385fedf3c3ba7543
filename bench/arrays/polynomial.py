"""A polynomial of degree five by Horner's rule, in place, 10 million float64."""

import numpy as np

from variants import choose, close, measure, numbers, size

COEFFICIENTS = [0.5, -1.25, 2.0, 0.75, -0.1, 3.0]

n = size(10_000_000)
x = numbers(n)
result = np.empty(n)


def plain():
    def work():
        result[:] = COEFFICIENTS[0]
        for coefficient in COEFFICIENTS[1:]:
            np.multiply(result, x, out=result)
            np.add(result, coefficient, out=result)
        return result
    return work


def numexpr():
    import numexpr
    text = "((((0.5*x - 1.25)*x + 2.0)*x + 0.75)*x - 0.1)*x + 3.0"
    return lambda: numexpr.evaluate(text, out=result)


def numba():
    import numba

    @numba.njit
    def loop(x, result):
        for i in range(len(x)):
            v = x[i]
            result[i] = ((((0.5 * v - 1.25) * v + 2.0) * v + 0.75) * v - 0.1) * v + 3.0
        return result
    return lambda: loop(x, result)


def check(result):
    for i in (0, n - 1):
        value, v = 0.0, float(x[i])
        for coefficient in COEFFICIENTS:
            value = value * v + coefficient
        close(float(result[i]), value, 1e-14)


measure("polynomial", choose(numpy=plain, numexpr=numexpr, numba=numba), check)
