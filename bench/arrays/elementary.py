"""exp, log and sin of 10 million float64."""

import math

import numpy as np

from variants import choose, close, measure, numbers, size

n = size(10_000_000)
x = numbers(n) * 10.0 + 0.001

FUNCTIONS = {"exp": (np.exp, math.exp), "log": (np.log, math.log), "sin": (np.sin, math.sin)}


def plain(name):
    function = FUNCTIONS[name][0]
    return lambda: lambda: function(x)


def numexpr(name):
    def make():
        import numexpr
        return lambda: numexpr.evaluate(f"{name}(x)", global_dict=globals())
    return make


def numba(name):
    def make():
        import numba
        function = FUNCTIONS[name][1]

        @numba.njit
        def loop(x):
            result = np.empty(len(x))
            for i in range(len(x)):
                result[i] = function(x[i])
            return result
        return lambda: loop(x)
    return make


for name, (_, exact) in FUNCTIONS.items():
    def check(result):
        for i in (0, n // 2, n - 1):
            close(float(result[i]), exact(float(x[i])), 1e-14)

    measure(name, choose(numpy=plain(name), numexpr=numexpr(name), numba=numba(name)), check)
