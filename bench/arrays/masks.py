"""`a[a > 0].sum()` and `where(a > 0, a, 0)` on 10 million float64."""

import numpy as np

from variants import choose, close, measure, numbers, size

n = size(10_000_000)
a = numbers(n) - 0.5


def masked_sum():
    return lambda: a[a > 0].sum()


def masked_sum_numexpr():
    import numexpr
    return lambda: numexpr.evaluate("sum(where(a > 0, a, 0))", global_dict=globals())


def masked_sum_numba():
    import numba

    @numba.njit
    def loop(a):
        s = 0.0
        for i in range(len(a)):
            if a[i] > 0:
                s += a[i]
        return s
    return lambda: loop(a)


def where():
    return lambda: np.where(a > 0, a, 0)


def where_numexpr():
    import numexpr
    return lambda: numexpr.evaluate("where(a > 0, a, 0)", global_dict=globals())


def where_numba():
    import numba

    @numba.njit
    def loop(a):
        result = np.empty(len(a))
        for i in range(len(a)):
            result[i] = a[i] if a[i] > 0 else 0.0
        return result
    return lambda: loop(a)


def check_where(result):
    for i in (0, 1, 2, n - 1):
        assert float(result[i]) == max(float(a[i]), 0.0)


def check_sum(result):
    close(float(result), float((np.abs(a) + a).sum()) / 2, 1e-6)


measure("where(a>0,a,0)", choose(numpy=where, numexpr=where_numexpr, numba=where_numba), check_where)
measure("a[a>0].sum()", choose(numpy=masked_sum, numexpr=masked_sum_numexpr, numba=masked_sum_numba), check_sum)
