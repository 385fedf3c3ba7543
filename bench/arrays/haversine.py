"""Great-circle distances of 5 million pairs of places."""

import math

import numpy as np

from variants import choose, close, measure, numbers, size

RADIUS = 6371.0

n = size(5_000_000)
lat1, lat2 = (numbers(n, 1) - 0.5) * math.pi, (numbers(n, 2) - 0.5) * math.pi
lon1, lon2 = (numbers(n, 3) - 0.5) * 2 * math.pi, (numbers(n, 4) - 0.5) * 2 * math.pi


def plain():
    def work():
        a = np.sin((lat2 - lat1) * 0.5)
        b = np.sin((lon2 - lon1) * 0.5)
        h = a * a + np.cos(lat1) * np.cos(lat2) * (b * b)
        return 2 * RADIUS * np.arcsin(np.sqrt(h))
    return work


def numexpr():
    import numexpr
    text = ("2 * RADIUS * arcsin(sqrt(sin((lat2 - lat1) * 0.5)**2"
            " + cos(lat1) * cos(lat2) * sin((lon2 - lon1) * 0.5)**2))")
    return lambda: numexpr.evaluate(text, global_dict=globals())


def numba():
    import numba

    @numba.njit
    def loop(lat1, lon1, lat2, lon2):
        result = np.empty(len(lat1))
        for i in range(len(lat1)):
            a = math.sin((lat2[i] - lat1[i]) * 0.5)
            b = math.sin((lon2[i] - lon1[i]) * 0.5)
            result[i] = 2 * RADIUS * math.asin(math.sqrt(a * a + math.cos(lat1[i]) * math.cos(lat2[i]) * (b * b)))
        return result
    return lambda: loop(lat1, lon1, lat2, lon2)


def check(result):
    for i in (0, n // 2, n - 1):
        p, q = float(lat1[i]), float(lat2[i])
        a, b = math.sin((q - p) / 2), math.sin((float(lon2[i]) - float(lon1[i])) / 2)
        close(float(result[i]), 2 * RADIUS * math.asin(math.sqrt(a * a + math.cos(p) * math.cos(q) * b * b)), 1e-9)


measure("haversine", choose(numpy=plain, numexpr=numexpr, numba=numba), check, rounds=3)
