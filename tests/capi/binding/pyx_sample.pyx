# cython: language_level=3
from libc.math cimport sqrt

cdef class Vector:
    cdef public double x, y

    def __init__(self, double x, double y):
        self.x, self.y = x, y

    def __add__(self, Vector other):
        return Vector(self.x + other.x, self.y + other.y)

    def __getitem__(self, int i):
        if i > 1:
            raise IndexError(i)
        return self.y if i else self.x

    @property
    def length(self):
        return sqrt(self.x * self.x + self.y * self.y)

    cpdef double dot(self, Vector other):
        return self.x * other.x + self.y * other.y


def primes(int n):
    cdef int i, k
    found = []
    for i in range(2, n):
        for k in found:
            if i % k == 0:
                break
        else:
            found.append(i)
    return found


def running(numbers):
    total = 0
    for number in numbers:
        total += number
        yield total


async def later(value):
    return value


def total(const double[:, :] table):
    cdef double s = 0
    cdef Py_ssize_t i, j
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            s += table[i, j]
    return s


def closure(n):
    return [lambda x, k=k: x + k + n for k in range(3)]


def deep():
    raise KeyError("from Cython")
