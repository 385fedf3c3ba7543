"""A while loop over two integers, 20 million turns."""

from measure import measure, size


def whilesum(n):
    s = 0
    i = 0
    while i < n:
        s += i
        i += 1
    return s


n = size(20_000_000)
assert measure("whilesum", whilesum, n) == n * (n - 1) // 2
