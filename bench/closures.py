"""Decorated functions and closures called in a loop."""

from measure import measure, size


def traced(function):
    calls = 0

    def wrapper(*args):
        nonlocal calls
        calls += 1
        return function(*args)

    wrapper.calls = lambda: calls
    return wrapper


def adder(step):
    def add(x):
        return x + step
    return add


@traced
def combine(a, b):
    return a * 2 - b


def closures(n):
    up, down = adder(3), adder(-2)
    total = 0
    for i in range(n):
        total += combine(up(i), down(i))
    return total


n = size(4_500_000)
total = measure("closures", closures, n)
assert total == n * (n - 1) // 2 + 8 * n and combine.calls() == n
