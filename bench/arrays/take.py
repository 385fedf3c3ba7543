"""Take by 10 million indices in no order."""

import numpy as np

from variants import choose, measure, numbers, size

n = size(10_000_000)
a = numbers(n)
indices = (np.arange(n) * 7919 + 13) % n


def check(result):
    for i in (0, n // 2, n - 1):
        assert float(result[i]) == float(a[(i * 7919 + 13) % n])


measure("take", choose(numpy=lambda: lambda: a[indices]), check, rounds=3)
