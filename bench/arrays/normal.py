"""10 million random numbers of the normal distribution."""

import numpy as np

from variants import choose, measure, size

n = size(10_000_000)


def plain():
    generator = np.random.default_rng(1)
    return lambda: generator.standard_normal(n)


def check(result):
    assert len(result) == n and abs(float(result.mean())) < 10 / n ** 0.5 and abs(float(result.std()) - 1.0) < 10 / n ** 0.5


measure("normal", choose(numpy=plain), check, rounds=3)
