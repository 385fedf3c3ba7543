"""Legendre series."""

import _numpy as np
from numpy.polynomial._family import Family
from numpy.polynomial._series import ABCPolyBase


def _recurrence(k):
    return (k + 1) / (2 * k + 1), 0, k / (2 * k + 1)


def _derivative(c):
    n = len(c) - 1
    out = np.zeros((n,) + c.shape[1:], c.dtype)
    for j in range(n, 0, -1):
        out[j - 1] = (2 * j - 1) * c[j]
        if j > 1:
            c[j - 2] += c[j]
    return out


def _integral(c):
    n = len(c)
    out = np.zeros((n + 1,) + c.shape[1:], c.dtype)
    for j in range(n):
        part = c[j] / (2 * j + 1)
        out[j + 1] += part
        if j:
            out[j - 1] -= part
    return out


_family = Family('leg', _recurrence, _derivative, _integral)
globals().update(_family.functions())


def leggauss(deg):
    """Gauss-Legendre quadrature."""
    return _family.gauss(deg, 2.0, True)


def legweight(x):
    """Weight function of the Legendre polynomials."""
    return x * 0.0 + 1.0


class Legendre(ABCPolyBase):
    """A Legendre series class."""

    _family = _family
    domain = window = _family.domain
    basis_name = 'P'


Legendre.__module__ = 'numpy.polynomial.legendre'
__all__ = [*_family.functions(), 'leggauss', 'legweight', 'Legendre']
