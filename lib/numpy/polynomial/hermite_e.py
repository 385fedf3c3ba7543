"""HermiteE series."""

import _numpy as np
from numpy.polynomial._family import Family
from numpy.polynomial._series import ABCPolyBase


def _recurrence(k):
    return 1, 0, k


def _derivative(c):
    n = len(c) - 1
    out = np.zeros((n,) + c.shape[1:], c.dtype)
    for j in range(n, 0, -1):
        out[j - 1] = j * c[j]
    return out


def _integral(c):
    n = len(c)
    out = np.zeros((n + 1,) + c.shape[1:], c.dtype)
    for j in range(n):
        out[j + 1] = c[j] / (j + 1)
    return out


_family = Family('herme', _recurrence, _derivative, _integral)
globals().update(_family.functions())


def hermegauss(deg):
    """Gauss-HermiteE quadrature."""
    return _family.gauss(deg, 2.5066282746310002, True)


def hermeweight(x):
    """Weight function of the HermiteE polynomials."""
    return np.exp(-.5 * x ** 2)


class HermiteE(ABCPolyBase):
    """An HermiteE series class."""

    _family = _family
    domain = window = _family.domain
    basis_name = 'He'


HermiteE.__module__ = 'numpy.polynomial.hermite_e'
__all__ = [*_family.functions(), 'hermegauss', 'hermeweight', 'HermiteE']
