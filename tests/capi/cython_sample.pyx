# cython: language_level=3
"""What a module as Cython writes it asks of the runtime: generators, classes of C, keywords, tracebacks."""


cdef class Accumulator:
    """Adds up doubles in a C field."""
    cdef double total
    cdef public object label

    def __init__(self, label=None, *, double start=0.0):
        self.label = label
        self.total = start

    def add(self, values):
        cdef double value
        for value in values:
            self.total += value
        return self

    @property
    def sum(self):
        return self.total

    def __len__(self):
        return int(self.total)

    def __add__(self, other):
        return Accumulator(self.label, start=self.total + float(other))


def squares(int n):
    """A generator that takes what it is sent and returns a total."""
    cdef long total = 0
    for i in range(n):
        sent = yield i * i
        if sent is not None:
            total += sent
    return total


def fibonacci(n):
    a, b = 0, 1
    while a < n:
        yield a
        a, b = b, a + b


def delegated(n):
    result = yield from squares(n)
    yield "total", result


def divide(a, b):
    return inner_division(a, b)


def inner_division(a, b):
    return a / b


def describe(*args, sep=", ", **options):
    parts = [repr(arg) for arg in args]
    parts += [f"{name}={value!r}" for name, value in sorted(options.items())]
    return sep.join(parts)


def counter(start=0):
    count = start

    def step(by=1):
        nonlocal count
        count += by
        return count
    return step


def matrix(rows, columns):
    return [[row * columns + column for column in range(columns)] for row in range(rows)]


def safe(function, *args):
    try:
        return function(*args)
    except (ZeroDivisionError, ValueError) as error:
        return type(error).__name__, str(error)
    finally:
        calls.append(function.__name__)


calls = []


class Plain:
    kind = "plain"

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return f"Plain({self.value!r})"

    async def wait(self):
        return self.value
