"""The Mandelbrot set on arrays: 500 × 500 points, 100 iterations, complex as pairs of floats."""

import numpy as np

from variants import choose, measure, side

n, limit = side(500), 100
cx = np.linspace(-2.0, 0.5, n).reshape(1, n) + np.zeros((n, n))
cy = np.linspace(-1.25, 1.25, n).reshape(n, 1) + np.zeros((n, n))


def plain():
    def work():
        x, y = np.zeros((n, n)), np.zeros((n, n))
        count = np.zeros((n, n))
        for _ in range(limit):
            xx, yy = x * x, y * y
            inside = xx + yy <= 4.0
            count = count + inside
            y = np.where(inside, 2.0 * x * y + cy, y)
            x = np.where(inside, xx - yy + cx, x)
        return count
    return work


def numba():
    import numba

    @numba.njit
    def loop(cx, cy):
        count = np.zeros(cx.shape)
        for i in range(cx.shape[0]):
            for j in range(cx.shape[1]):
                x = y = 0.0
                k = 0
                while k < limit and x * x + y * y <= 4.0:
                    x, y = x * x - y * y + cx[i, j], 2.0 * x * y + cy[i, j]
                    k += 1
                count[i, j] = k
        return count
    return lambda: loop(cx, cy)


def check(count):
    for i, j in ((0, 0), (n // 2, n // 2), (n // 3, n - 1)):
        x = y = 0.0
        k = 0
        while k < limit and x * x + y * y <= 4.0:
            x, y = x * x - y * y + float(cx[i, j]), 2.0 * x * y + float(cy[i, j])
            k += 1
        assert int(count[i, j]) == k, (i, j, count[i, j], k)


measure("mandelbrot", choose(numpy=plain, numba=numba), check, rounds=3)
