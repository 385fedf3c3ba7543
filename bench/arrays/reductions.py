"""sum, mean, std and argmax of 10 million float64."""

import math

import numpy as np

from variants import VARIANT, choose, close, measure, numbers, size

n = size(10_000_000)
x = numbers(n)
total = math.fsum(x.tolist()) if n <= 1_000_000 else float(x.sum())
expected = {"sum": total, "mean": total / n, "std": math.sqrt(1 / 12), "argmax": None}

METHODS = {"sum": lambda: x.sum(), "mean": lambda: x.mean(), "std": lambda: x.std(), "argmax": lambda: x.argmax()}


def numexpr_sum():
    import numexpr
    return lambda: numexpr.evaluate("sum(x)", global_dict=globals())


def numba_sum():
    import numba

    @numba.njit
    def loop(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i]
        return s
    return lambda: loop(x)


for name, method in METHODS.items():
    def check(result):
        if name == "argmax":
            assert float(x[int(result)]) == float(x.max())
        else:
            close(float(result), expected[name], 1e-3 if name == "std" else 1e-9)

    others = {"numexpr": numexpr_sum, "numba": numba_sum} if name == "sum" else {}
    if VARIANT == "numpy" or others:
        measure(name, choose(numpy=lambda: method, **others), check)
