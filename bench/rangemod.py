"""A range loop with a remainder and a branch, 10 million turns."""

from measure import measure, size


def rangemod(n):
    s = 0
    for i in range(n):
        if i % 3 == 0:
            s += i % 7
    return s


n = size(10_000_000)
turn = [i % 7 for i in range(0, 21, 3)]
assert measure("rangemod", rangemod, n) == n // 21 * sum(turn) + sum(turn[:(n % 21 + 2) // 3])
