"""A dict of ints: 3 million insertions and as many look-ups."""

from measure import measure, size


def dict_int(n):
    table = {}
    for i in range(n):
        table[i * 3] = i
    total = 0
    for i in range(n):
        total += table[i * 3]
    return total


n = size(3_000_000)
assert measure("dict_int", dict_int, n) == n * (n - 1) // 2
