"""Operations on arrays of ten elements, one line each: seconds of a single operation."""

import sys
from time import perf_counter

import numpy as np

from variants import SCALE, VARIANT

a = np.arange(10.0)

OPERATIONS = {
    "a+b": lambda: a + a,
    "a*2.0": lambda: a * 2.0,
    "np.sqrt(a)": lambda: np.sqrt(a),
    "a.sum()": lambda: a.sum(),
    "a.mean()": lambda: a.mean(),
    "a[3]": lambda: a[3],
    "a[2:8]": lambda: a[2:8],
    "a.shape": lambda: a.shape,
    "np.zeros(10)": lambda: np.zeros(10),
    "np.array([1.,2.,3.])": lambda: np.array([1., 2., 3.]),
    "a.reshape(2,5)": lambda: a.reshape(2, 5),
    "np.dot(a,a)": lambda: np.dot(a, a),
    "a>3": lambda: a > 3,
    "a[a>3]": lambda: a[a > 3],
    "np.where(a>3,a,0)": lambda: np.where(a > 3, a, 0),
    "np.concatenate((a,a))": lambda: np.concatenate((a, a)),
    "np.maximum(a,3)": lambda: np.maximum(a, 3),
    "np.sin(1.5)": lambda: np.sin(1.5),
}

EXPECTED = {
    "a+b": [2.0 * i for i in range(10)], "a.sum()": 45.0, "a.mean()": 4.5, "a[3]": 3.0, "a.shape": (10,),
    "a[2:8]": [2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "np.dot(a,a)": 285.0, "a[a>3]": [4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    "np.where(a>3,a,0)": [0.0, 0.0, 0.0, 0.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], "np.array([1.,2.,3.])": [1.0, 2.0, 3.0],
    "np.maximum(a,3)": [3.0, 3.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
}


def nothing():
    return a


def best(operation, turns):
    """Seconds of a call, the least of five loops."""
    least = 1e9
    for _ in range(5):
        begin = perf_counter()
        for _ in range(turns):
            operation()
        least = min(least, perf_counter() - begin)
    return least / turns


if VARIANT != "numpy":
    sys.exit(4)
turns = max(10, int(20_000 * SCALE))
empty = best(nothing, turns)
failed = 0
for name, operation in OPERATIONS.items():
    try:
        result = operation()
        if name in EXPECTED:
            value = result.tolist() if hasattr(result, "tolist") else result
            assert value == EXPECTED[name], (name, value)
        print(f"{name} {max(0.0, best(operation, turns) - empty):.9f}")
    except Exception as error:
        failed = 1
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
sys.exit(failed)
