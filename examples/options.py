"""Option pricing: a volatility smile is calibrated in plain Python loops over floats, then a book of options is valued with NumPy.

    adder examples/options.py [--count N] [--save FILE]

Prints the calibrated smile, the value of the book and its risk, and the seconds that both parts took.
"""

import argparse
import math
import sys
import time

import numpy as np

SPOT, RATE = 100.0, 0.03


# ---------------------------------------------------------------- calibration: plain Python

def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def call_price(strike, years, volatility):
    spread = volatility * math.sqrt(years)
    d1 = (math.log(SPOT / strike) + (RATE + 0.5 * volatility * volatility) * years) / spread
    return SPOT * normal_cdf(d1) - strike * math.exp(-RATE * years) * normal_cdf(d1 - spread)


def implied_volatility(price, strike, years):
    """The volatility at which the formula gives this price, by halving an interval."""
    low, high = 1e-4, 4.0
    for _ in range(52):
        middle = 0.5 * (low + high)
        if call_price(strike, years, middle) < price:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def market():
    """Quotes (strike, years, price) of a market whose volatility smiles."""
    quotes = []
    for months in range(1, 25):
        years = months / 12
        for strike in range(70, 131):
            moneyness = math.log(strike / SPOT) / math.sqrt(years)
            volatility = 0.21 - 0.04 * moneyness + 0.09 * moneyness * moneyness
            quotes.append((float(strike), years, call_price(float(strike), years, volatility)))
    return quotes


def calibrate(quotes):
    """Least squares for volatility = a + b*m + c*m*m over moneyness m, by the normal equations."""
    sums = [[0.0] * 4 for _ in range(3)]
    for strike, years, price in quotes:
        m = math.log(strike / SPOT) / math.sqrt(years)
        powers = (1.0, m, m * m)
        volatility = implied_volatility(price, strike, years)
        for i in range(3):
            for j in range(3):
                sums[i][j] += powers[i] * powers[j]
            sums[i][3] += powers[i] * volatility
    for i in range(3):
        for k in range(i + 1, 3):
            factor = sums[k][i] / sums[i][i]
            for j in range(i, 4):
                sums[k][j] -= factor * sums[i][j]
    solution = [0.0] * 3
    for i in (2, 1, 0):
        solution[i] = (sums[i][3] - sum(sums[i][j] * solution[j] for j in range(i + 1, 3))) / sums[i][i]
    return solution


# ---------------------------------------------------------------- valuation: NumPy

def tail(x):
    """The normal distribution's weight beyond |x| (Abramowitz and Stegun, 26.2.17)."""
    k = 1.0 / (1.0 + 0.2316419 * np.abs(x))
    return 0.3989422804014327 * np.exp(-0.5 * x * x) * (
        k * (0.319381530 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429)))))


def value(strike, years, smile):
    """Prices and deltas of calls."""
    a, b, c = smile
    root = np.sqrt(years)
    m = np.log(strike / SPOT) / root
    spread = (a + b * m + c * m * m) * root
    d1 = (np.log(SPOT / strike) + RATE * years + 0.5 * spread * spread) / spread
    d2 = d1 - spread
    t1, t2 = tail(d1), tail(d2)
    delta = np.where(d1 > 0.0, 1.0 - t1, t1)
    price = SPOT * delta - strike * np.exp(-RATE * years) * np.where(d2 > 0.0, 1.0 - t2, t2)
    return price, delta


def book(count):
    """Strikes and terms of a book of options."""
    number = np.arange(count, dtype=float)
    return 70.0 + 60.0 * ((number * 0.6180339887498949) % 1.0), 1.0 / 12 + 23.0 / 12 * ((number * 0.7548776662466927) % 1.0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=5_000_000)
    parser.add_argument("--save", help="write the prices to this file (.npy)")
    options = parser.parse_args()

    begin = time.perf_counter()
    quotes = market()
    smile = calibrate(quotes)
    calibrated = time.perf_counter() - begin
    print(f"smile from {len(quotes)} quotes: {smile[0]:.6f} {smile[1]:+.6f} m {smile[2]:+.6f} m²")

    strike, years = book(options.count)
    begin = time.perf_counter()
    price, delta = value(strike, years, smile)
    valued = time.perf_counter() - begin
    print(f"{options.count} options: worth {price.sum():.2f}, delta {delta.sum():.2f}")
    if options.save:
        np.save(options.save, price)
    print(f"seconds: calibration {calibrated:.3f}, valuation {valued:.3f}", file=sys.stderr)
    if sys.implementation.name == "adder":
        from _numpy import deferral_counts
        counts = deferral_counts()
        print(f"fused: {counts['operations']} operations in {counts['programs']} passes", file=sys.stderr)


if __name__ == "__main__":
    main()
