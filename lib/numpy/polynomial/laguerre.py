"""Laguerre series."""

import _numpy as np
from numpy.polynomial._family import Family
from numpy.polynomial._series import ABCPolyBase


def _recurrence(k):
    return -(k + 1), 2 * k + 1, -k


def _derivative(c):
    n = len(c) - 1
    out = np.zeros((n,) + c.shape[1:], c.dtype)
    for j in range(n, 0, -1):
        out[j - 1] = -c[j]
        c[j - 1] += c[j]
    return out


def _integral(c):
    n = len(c)
    out = np.zeros((n + 1,) + c.shape[1:], c.dtype)
    for j in range(n):
        out[j] += c[j]
        out[j + 1] -= c[j]
    return out


_family = Family('lag', _recurrence, _derivative, _integral, (0.0, 1.0))
globals().update(_family.functions())


def laggauss(deg):
    """Gauss-Laguerre quadrature."""
    return _family.gauss(deg, 1.0, False)


def lagweight(x):
    """Weight function of the Laguerre polynomials."""
    return np.exp(-x)


class Laguerre(ABCPolyBase):
    """A Laguerre series class."""

    _family = _family
    domain = window = _family.domain
    basis_name = 'L'


Laguerre.__module__ = 'numpy.polynomial.laguerre'
__all__ = [*_family.functions(), 'laggauss', 'lagweight', 'Laguerre']
