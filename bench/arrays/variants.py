"""What every array benchmark ends with: runs one variant several times, prints `name seconds` with the median.

    INTERPRETER PROGRAM [VARIANT [SCALE]]      VARIANT: numpy (standard), numexpr, numba, out
"""

import sys
from time import perf_counter

VARIANT = sys.argv[1] if len(sys.argv) > 1 else "numpy"
SCALE = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
ROUNDS = 7


def size(standard):
    return max(4, int(standard * SCALE))


def side(standard):
    """The side of a square whose area scales."""
    return max(4, int(standard * SCALE ** 0.5))


def numbers(n, seed=1):
    """Floats spread over (0, 1) that need no random module: multiples of the golden ratio, without whole part."""
    import numpy as np
    steps = (np.arange(n) + float(seed)) * 0.6180339887498949
    return steps - steps.astype("int64")


def measure(name, work, check, *arguments, rounds=ROUNDS):
    """Warms up once, which also checks the result, then times the work."""
    check(work(*arguments))
    times = []
    for _ in range(rounds):
        begin = perf_counter()
        result = work(*arguments)
        times.append(perf_counter() - begin)
        del result
    times.sort()
    print(f"{name} {times[len(times) // 2]:.6f}")


def choose(**variants):
    """The function of the variant asked for; ends quietly where the program has none or its library is missing."""
    make = variants.get(VARIANT)
    if make is None:
        print(f"{sys.argv[0]}: no variant {VARIANT}", file=sys.stderr)
        sys.exit(4)
    try:
        return make()
    except ImportError as missing:
        print(f"{sys.argv[0]}: {missing}", file=sys.stderr)
        sys.exit(4)


def close(value, expected, tolerance=1e-9):
    assert abs(value - expected) <= tolerance * max(1.0, abs(expected)), (value, expected)
