"""Conway's life on a torus of 1000 × 1000 cells, 50 steps, with `roll`."""

import numpy as np

from variants import choose, measure, side

n, steps = side(1000), 50
start = ((np.arange(n * n) * 7919) % 104729 % 3 == 0).astype("uint8").reshape(n, n)


def plain():
    def work():
        cells = start
        for _ in range(steps):
            rows = np.roll(cells, 1, 0) + cells + np.roll(cells, -1, 0)
            around = np.roll(rows, 1, 1) + rows + np.roll(rows, -1, 1)
            cells = ((around == 3) | ((around == 4) & (cells == 1))).astype("uint8")
        return cells
    return work


def numba():
    import numba

    @numba.njit
    def advance(cells):
        n, m = cells.shape
        result = np.empty_like(cells)
        for i in range(n):
            for j in range(m):
                s = 0
                for di in (-1, 0, 1):
                    for dj in (-1, 0, 1):
                        s += cells[(i + di) % n, (j + dj) % m]
                result[i, j] = 1 if s == 3 or (s == 4 and cells[i, j] == 1) else 0
        return result

    def work():
        cells = start
        for _ in range(steps):
            cells = advance(cells)
        return cells
    return work


def check(cells):
    """One step of a small torus, cell by cell."""
    small = start[:5, :5].copy()
    rows = np.roll(small, 1, 0) + small + np.roll(small, -1, 0)
    around = np.roll(rows, 1, 1) + rows + np.roll(rows, -1, 1)
    values = small.tolist()
    for i in range(5):
        for j in range(5):
            expected = sum(values[(i + a) % 5][(j + b) % 5] for a in (-1, 0, 1) for b in (-1, 0, 1))
            assert int(around[i, j]) == expected
    assert cells.shape == (n, n) and int(cells.max()) == 1


measure("life", choose(numpy=plain, numba=numba), check, rounds=3)
