"""Expressions that end in a fold, over all elements or along axes: 10 million float64, as they are, as rows of 100 and as points in space."""

import numpy as np

from variants import choose, close, measure, numbers, size

n = max(1, size(10_000_000) // 300) * 300
a, b = numbers(n, 1) - 0.5, numbers(n, 2)
rows = numbers(n, 3).reshape(-1, 100)
points = numbers(n, 4).reshape(-1, 3)
place = points[0].copy()

EXPRESSIONS = {
    "(a-b).std()": lambda: (a - b).std(),
    "((a>0)&(b<1)).mean()": lambda: ((a > 0) & (b < 1)).mean(),
    "abs(a-b).max()": lambda: np.abs(a - b).max(),
    "(r*r).sum(axis=0)": lambda: (rows * rows).sum(axis=0),
    "(r*r).sum(axis=1)": lambda: np.sum(rows * rows, axis=1),
    "std(r-1,axis=0)": lambda: np.std(rows - 1, axis=0),
    "(r-1).argmax(axis=1)": lambda: (rows - 1).argmax(axis=1),
    "((p-q)**2).sum(axis=1)": lambda: ((points - place) ** 2).sum(axis=1),
    "(a*7).clip.astype": lambda: (a * 7).clip(-1, 1).astype("float32"),
}

CHECKS = {
    "(a-b).std()": lambda r: close(float(r), float(((a - b - (a - b).mean()) ** 2).sum() / n) ** 0.5, 1e-12),
    "((a>0)&(b<1)).mean()": lambda r: close(float(r), 0.5, 1e-3),
    "abs(a-b).max()": lambda r: close(float(r), max(float((a - b).max()), -float((a - b).min()))),
    "(r*r).sum(axis=0)": lambda r: close(float(r[7]), float((rows[:, 7] ** 2).sum()), 1e-12),
    "(r*r).sum(axis=1)": lambda r: close(float(r[7]), float((rows[7] ** 2).sum()), 1e-12),
    "std(r-1,axis=0)": lambda r: close(float(r[7]), float(rows[:, 7].std()), 1e-12),
    "(r-1).argmax(axis=1)": lambda r: close(int(r[7]), rows[7].tolist().index(float(rows[7].max()))),
    "((p-q)**2).sum(axis=1)": lambda r: close(float(r[7]), float(((points[7] - place) ** 2).sum())),
    "(a*7).clip.astype": lambda r: close(float(r[7]), min(1.0, max(-1.0, float(a[7]) * 7)), 1e-6),
}

for name, expression in EXPRESSIONS.items():
    measure(name, choose(numpy=lambda: expression), CHECKS[name])
