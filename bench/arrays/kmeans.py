"""k-means: 200,000 points of 8 coordinates, 10 centres, 10 rounds."""

import numpy as np

from variants import choose, close, measure, numbers, size

n, dimensions, k, turns = size(200_000), 8, 10, 10
points = numbers(n * dimensions).reshape(n, dimensions)
points = points * 64.0 - (points * 64.0).astype("int64")


def plain():
    def work():
        centres = points[:k].copy()
        for _ in range(turns):
            squares = np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres])
            nearest = squares.argmin(axis=0)
            for i in range(k):
                members = points[nearest == i]
                if len(members):
                    centres[i] = members.mean(axis=0)
        return centres, squares.min(axis=0).sum()
    return work


def numba():
    import numba

    @numba.njit
    def loop(points, k, turns):
        n, d = points.shape
        centres = points[:k].copy()
        for _ in range(turns):
            sums = np.zeros((k, d))
            counts = np.zeros(k)
            total = 0.0
            for p in range(n):
                best, nearest = 1e300, 0
                for c in range(k):
                    s = 0.0
                    for j in range(d):
                        t = points[p, j] - centres[c, j]
                        s += t * t
                    if s < best:
                        best, nearest = s, c
                total += best
                counts[nearest] += 1
                for j in range(d):
                    sums[nearest, j] += points[p, j]
            for c in range(k):
                if counts[c]:
                    for j in range(d):
                        centres[c, j] = sums[c, j] / counts[c]
        return centres, total
    return lambda: loop(points, k, turns)


def check(result):
    centres, total = result
    assert centres.shape == (k, dimensions)
    variance = float(((points - points.mean(axis=0)) ** 2).sum())
    assert 0.0 < float(total) < variance


measure("kmeans", choose(numpy=plain, numba=numba), check, rounds=3)
