"""Prices of 5 million options; the normal distribution by a polynomial."""

import math

import numpy as np

from variants import choose, close, measure, numbers, size

RATE, VOLATILITY = 0.02, 0.3
A1, A2, A3, A4, A5 = 0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429
ROOT = 1.0 / math.sqrt(2.0 * math.pi)

n = size(5_000_000)
price = 10.0 + 90.0 * numbers(n, 1)
strike = 10.0 + 90.0 * numbers(n, 2)
time = 0.1 + 2.0 * numbers(n, 3)


def normal(x):
    k = 1.0 / (1.0 + 0.2316419 * np.abs(x))
    tail = ROOT * np.exp(-0.5 * x * x) * (k * (A1 + k * (A2 + k * (A3 + k * (A4 + k * A5)))))
    return np.where(x > 0, 1.0 - tail, tail)


def plain():
    def work():
        spread = VOLATILITY * np.sqrt(time)
        d1 = (np.log(price / strike) + (RATE + 0.5 * VOLATILITY * VOLATILITY) * time) / spread
        d2 = d1 - spread
        return price * normal(d1) - strike * np.exp(-RATE * time) * normal(d2)
    return work


def numexpr():
    import numexpr

    def cumulative(x):
        k = "(1.0 / (1.0 + 0.2316419 * abs(%s)))" % x
        tail = f"{ROOT} * exp(-0.5 * {x} * {x}) * ({k} * ({A1} + {k} * ({A2} + {k} * ({A3} + {k} * ({A4} + {k} * {A5})))))"
        return f"where({x} > 0, 1.0 - {tail}, {tail})"

    def work():
        spread = numexpr.evaluate("VOLATILITY * sqrt(time)", global_dict=globals())
        d1 = numexpr.evaluate("(log(price / strike) + (RATE + 0.5 * VOLATILITY * VOLATILITY) * time) / spread")
        d2 = numexpr.evaluate("d1 - spread")
        n1 = numexpr.evaluate(cumulative("d1"))
        n2 = numexpr.evaluate(cumulative("d2"))
        return numexpr.evaluate("price * n1 - strike * exp(-RATE * time) * n2")
    return work


def numba():
    import numba

    @numba.njit
    def cumulative(x):
        k = 1.0 / (1.0 + 0.2316419 * abs(x))
        tail = ROOT * math.exp(-0.5 * x * x) * (k * (A1 + k * (A2 + k * (A3 + k * (A4 + k * A5)))))
        return 1.0 - tail if x > 0 else tail

    @numba.njit
    def loop(price, strike, time):
        result = np.empty(len(price))
        for i in range(len(price)):
            spread = VOLATILITY * math.sqrt(time[i])
            d1 = (math.log(price[i] / strike[i]) + (RATE + 0.5 * VOLATILITY * VOLATILITY) * time[i]) / spread
            result[i] = (price[i] * cumulative(d1)
                         - strike[i] * math.exp(-RATE * time[i]) * cumulative(d1 - spread))
        return result
    return lambda: loop(price, strike, time)


def check(result):
    def cumulative(x):
        return 0.5 * math.erfc(-x / math.sqrt(2.0))
    for i in (0, n // 2, n - 1):
        s, k, t = float(price[i]), float(strike[i]), float(time[i])
        spread = VOLATILITY * math.sqrt(t)
        d1 = (math.log(s / k) + (RATE + 0.5 * VOLATILITY ** 2) * t) / spread
        close(float(result[i]), s * cumulative(d1) - k * math.exp(-RATE * t) * cumulative(d1 - spread), 1e-4)


measure("black_scholes", choose(numpy=plain, numexpr=numexpr, numba=numba), check, rounds=3)
