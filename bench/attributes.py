"""A method that adds to attributes, called 5 million times."""

from measure import measure, size


class Meter:
    def __init__(self):
        self.count = 0
        self.total = 0
        self.step = 1

    def add(self, amount):
        self.count += 1
        self.total += amount
        self.count += self.step


def attributes(n):
    meter = Meter()
    for i in range(n):
        meter.add(i)
        meter.total += 1
    return meter


n = size(5_000_000)
meter = measure("attributes", attributes, n)
assert (meter.count, meter.total) == (2 * n, n * (n - 1) // 2 + n)
