"""Distances between all pairs of 2000 points in space."""

import math

import numpy as np

from variants import choose, close, measure, numbers, side

n = side(2000)
points = numbers(n * 3).reshape(n, 3)


def plain():
    def work():
        difference = points[:, None, :] - points[None, :, :]
        return np.sqrt((difference * difference).sum(axis=-1))
    return work


def numba():
    import numba

    @numba.njit
    def loop(points):
        n = len(points)
        result = np.empty((n, n))
        for i in range(n):
            for j in range(n):
                s = 0.0
                for k in range(3):
                    t = points[i, k] - points[j, k]
                    s += t * t
                result[i, j] = math.sqrt(s)
        return result
    return lambda: loop(points)


def check(result):
    for i, j in ((0, 1), (n // 2, 3), (n - 1, n - 1)):
        close(float(result[i, j]), math.dist(points[i].tolist(), points[j].tolist()), 1e-14)


measure("pairwise", choose(numpy=plain, numba=numba), check, rounds=3)
