"""The spectral norm of an infinite matrix, its first 500 rows and columns, by the power method."""

import math

from measure import is_standard, measure, size


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(v):
    n = len(v)
    result = []
    for i in range(n):
        s = 0.0
        for j in range(n):
            s += element(i, j) * v[j]
        result.append(s)
    return result


def transposed_times(v):
    n = len(v)
    result = []
    for i in range(n):
        s = 0.0
        for j in range(n):
            s += element(j, i) * v[j]
        result.append(s)
    return result


def spectral_norm(n, rounds):
    u = [1.0] * n
    for _ in range(rounds):
        v = transposed_times(times(u))
        u = transposed_times(times(v))
    vbv = sum(a * b for a, b in zip(u, v))
    vv = sum(a * a for a in v)
    return math.sqrt(vbv / vv)


result = measure("spectral_norm", spectral_norm, size(500), 10)
assert not is_standard() or f"{result:.9f}" == "1.274224116"
