"""An exception raised in a function and caught by its caller, 3 million times."""

from measure import measure, size


class Refused(Exception):
    pass


def check(i):
    if i & 1:
        raise Refused
    raise ValueError(i)


def exceptions(n):
    refused = wrong = 0
    for i in range(n):
        try:
            check(i)
        except Refused:
            refused += 1
        except ValueError as error:
            wrong += len(error.args)
    return refused, wrong


n = size(3_000_000)
assert measure("exceptions", exceptions, n) == (n // 2, n - n // 2)
