"""The product of two 1024 × 1024 matrices."""

import numpy as np

from variants import choose, close, measure, numbers, side

n = side(1024)
a = numbers(n * n, 1).reshape(n, n)
b = numbers(n * n, 2).reshape(n, n)


def check(result):
    row, column = a[1].tolist(), b[:, 2].tolist()
    close(float(result[1, 2]), sum(x * y for x, y in zip(row, column)), 1e-12)


measure("matmul", choose(numpy=lambda: lambda: a @ b), check, rounds=3)
