"""A million reads `s += a[i]` from a loop in Python."""

import numpy as np

from variants import choose, close, measure, numbers, size

n = size(1_000_000)
a = numbers(n)


def plain():
    def work():
        s = 0.0
        for i in range(n):
            s += a[i]
        return s
    return work


def numba():
    import numba

    @numba.njit
    def loop(a):
        s = 0.0
        for i in range(len(a)):
            s += a[i]
        return s
    return lambda: loop(a)


measure("s+=a[i]", choose(numpy=plain, numba=numba), lambda s: close(float(s), float(a.sum()), 1e-9), rounds=3)
