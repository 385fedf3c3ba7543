"""The heat equation on 2000 × 2000 points, 50 steps."""

import numpy as np

from variants import choose, close, measure, side

n, steps = side(2000), 50


def plate():
    u = np.zeros((n, n))
    u[:, 0] = 1.0
    return u


def plain():
    def work():
        u = plate()
        for _ in range(steps):
            u[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.2 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
                                                   - 4.0 * u[1:-1, 1:-1])
        return u
    return work


def numexpr():
    import numexpr

    def work():
        u = plate()
        for _ in range(steps):
            m, s, t, e, w = u[1:-1, 1:-1], u[2:, 1:-1], u[:-2, 1:-1], u[1:-1, 2:], u[1:-1, :-2]
            u[1:-1, 1:-1] = numexpr.evaluate("m + 0.2 * (s + t + e + w - 4.0 * m)")
        return u
    return work


def numba():
    import numba

    @numba.njit
    def advance(u, v):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                v[i, j] = u[i, j] + 0.2 * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] - 4.0 * u[i, j])

    def work():
        u = plate()
        v = u.copy()
        for _ in range(steps):
            advance(u, v)
            u, v = v, u
        return u
    return work


def check(u):
    """Far from top and bottom every row is the one-dimensional problem."""
    line = [1.0] + [0.0] * (n - 1)
    for _ in range(steps):
        line = [line[0]] + [line[i] + 0.2 * (line[i + 1] + line[i - 1] - 2.0 * line[i]) for i in range(1, n - 1)] + [0.0]
    if n > 4 * steps:
        close(float(u[n // 2, 3]), line[3], 1e-12)


measure("heat", choose(numpy=plain, numexpr=numexpr, numba=numba), check, rounds=1)
