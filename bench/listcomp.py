"""Comprehensions over lists: map, filter, nest."""

from measure import measure, size


def listcomp(n, rounds):
    total = 0
    for _ in range(rounds):
        squares = [x * x for x in range(n)]
        even = [x for x in squares if x % 2 == 0]
        pairs = [(x, y) for x in even[:300] for y in (1, 2, 3)]
        total += sum([a + b for a, b in zip(squares, even)]) + len(pairs)
    return total


n, rounds = 10_000, size(1000)
squares = [i * i for i in range(n)]
once = sum(a + b for a, b in zip(squares, squares[::2])) + 900
assert measure("listcomp", listcomp, n, rounds) == once * rounds
