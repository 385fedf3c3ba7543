"""Hermite series."""

import _numpy as np
from numpy.polynomial._family import Family
from numpy.polynomial._series import ABCPolyBase


def _recurrence(k):
    return 0.5, 0, k


def _derivative(c):
    n = len(c) - 1
    out = np.zeros((n,) + c.shape[1:], c.dtype)
    for j in range(n, 0, -1):
        out[j - 1] = (2 * j) * c[j]
    return out


def _integral(c):
    n = len(c)
    out = np.zeros((n + 1,) + c.shape[1:], c.dtype)
    for j in range(n):
        out[j + 1] = c[j] / (2 * (j + 1))
    return out


_family = Family('herm', _recurrence, _derivative, _integral)
globals().update(_family.functions())


def hermgauss(deg):
    """Gauss-Hermite quadrature."""
    return _family.gauss(deg, 1.7724538509055159, True)


def hermweight(x):
    """Weight function of the Hermite polynomials."""
    return np.exp(-x ** 2)


class Hermite(ABCPolyBase):
    """An Hermite series class."""

    _family = _family
    domain = window = _family.domain
    basis_name = 'H'


Hermite.__module__ = 'numpy.polynomial.hermite'
__all__ = [*_family.functions(), 'hermgauss', 'hermweight', 'Hermite']
