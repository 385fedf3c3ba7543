"""Plain recursion: fib(32)."""

from measure import is_standard, measure, size


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


n = 32 if is_standard() else max(5, 32 - round(1 / size(1000) * 1000))
result = measure("fib", fib, n)
a, b = 0, 1
for _ in range(n):
    a, b = b, a + b
assert result == a
