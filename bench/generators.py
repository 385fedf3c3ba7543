"""A pipeline of three generators, 5 million items at its head."""

from measure import measure, size


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def odd(items):
    for item in items:
        if item & 1:
            yield item


def doubled(items):
    for item in items:
        yield item * 2


def generators(n):
    total = 0
    for item in doubled(odd(numbers(n))):
        total += item
    return total


n = size(5_000_000)
assert measure("generators", generators, n) == 2 * (n // 2) ** 2
