"""Sorting 10 million float64 that lie in no order."""

import numpy as np

from variants import choose, measure, numbers, size

n = size(10_000_000)
a = numbers(n)
a = a * 4096.0 - (a * 4096.0).astype("int64")


def check(result):
    assert bool((result[1:] >= result[:-1]).all()) and len(result) == n


measure("sort", choose(numpy=lambda: lambda: np.sort(a)), check, rounds=3)
