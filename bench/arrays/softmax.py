"""The softmax of every row of a 2000 × 2000 matrix."""

import math

import numpy as np

from variants import choose, close, measure, numbers, side

n = side(2000)
x = (numbers(n * n) * 8.0).reshape(n, n)


def plain():
    def work():
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return work


def numba():
    import numba

    @numba.njit
    def loop(x):
        result = np.empty(x.shape)
        for i in range(x.shape[0]):
            largest = x[i, 0]
            for j in range(x.shape[1]):
                largest = max(largest, x[i, j])
            total = 0.0
            for j in range(x.shape[1]):
                result[i, j] = math.exp(x[i, j] - largest)
                total += result[i, j]
            for j in range(x.shape[1]):
                result[i, j] /= total
        return result
    return lambda: loop(x)


def check(result):
    close(float(result[n // 2].sum()), 1.0)
    row = [math.exp(v) for v in x[0].tolist()]
    close(float(result[0, 1]), row[1] / sum(row), 1e-12)


measure("softmax", choose(numpy=plain, numba=numba), check)
