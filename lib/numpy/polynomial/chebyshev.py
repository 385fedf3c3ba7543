"""Chebyshev series."""

import _numpy as np
from numpy.polynomial import polyutils as pu
from numpy.polynomial._family import Family
from numpy.polynomial._series import ABCPolyBase

_PI = 3.141592653589793


def _recurrence(k):
    return (1, 0, 0) if k == 0 else (0.5, 0, 0.5)


def _derivative(c):
    n = len(c) - 1
    out = np.zeros((n,) + c.shape[1:], c.dtype)
    for j in range(n, 2, -1):
        out[j - 1] = 2 * j * c[j]
        c[j - 2] += j * c[j] / (j - 2)
    if n > 1:
        out[1] = 4 * c[2]
    out[0] = c[1]
    return out


def _integral(c):
    n = len(c)
    out = np.zeros((n + 1,) + c.shape[1:], c.dtype)
    out[0] = c[0] * 0
    out[1] = c[0]
    if n > 1:
        out[2] = c[1] / 4
    for j in range(2, n):
        out[j + 1] = c[j] / (2 * (j + 1))
        out[j - 1] -= c[j] / (2 * (j - 1))
    return out


_family = Family('cheb', _recurrence, _derivative, _integral)
globals().update(_family.functions())


def chebgauss(deg):
    """Gauss-Chebyshev quadrature."""
    degree = pu._deprecated_as_int(deg, 'deg')
    if degree <= 0:
        raise ValueError('deg must be a positive integer')
    return np.cos(_PI * np.arange(1, 2 * degree, 2) / (2.0 * degree)), np.ones(degree) * (_PI / degree)


def chebweight(x):
    """The weight function of the Chebyshev polynomials."""
    return 1.0 / (np.sqrt(1.0 + x) * np.sqrt(1.0 - x))


def chebpts1(npts):
    """Chebyshev points of the first kind."""
    n = int(npts)
    if n != npts:
        raise ValueError('npts must be integer')
    if n < 1:
        raise ValueError('npts must be >= 1')
    return np.sin(0.5 * _PI / n * np.arange(-n + 1, n + 1, 2))


def chebpts2(npts):
    """Chebyshev points of the second kind."""
    n = int(npts)
    if n != npts:
        raise ValueError('npts must be integer')
    if n < 2:
        raise ValueError('npts must be >= 2')
    from numpy import linspace
    return np.cos(linspace(-_PI, 0, n))


def chebinterpolate(func, deg, args=()):
    """Interpolate a function at the Chebyshev points of the first kind."""
    degree = np.asarray(deg)
    if degree.ndim > 0 or degree.dtype.kind not in 'iu' or degree.size == 0:
        raise TypeError('deg must be an int')
    if degree < 0:
        raise ValueError('expected deg >= 0')
    order = int(degree) + 1
    x = chebpts1(order)
    c = np.dot(_family.vander(x, int(degree)).T, func(x, *args))
    c[0] /= order
    c[1:] /= 0.5 * order
    return c


class Chebyshev(ABCPolyBase):
    """A Chebyshev series class."""

    _family = _family
    domain = window = _family.domain
    basis_name = 'T'

    @classmethod
    def interpolate(cls, func, deg, domain=None, args=()):
        """Interpolate a function at the Chebyshev points of the first kind."""
        domain = cls.domain if domain is None else domain
        return cls(chebinterpolate(lambda x: func(pu.mapdomain(x, cls.window, domain), *args), deg), domain=domain)


Chebyshev.__module__ = 'numpy.polynomial.chebyshev'
__all__ = [*_family.functions(), 'chebgauss', 'chebweight', 'chebpts1', 'chebpts2', 'chebinterpolate', 'Chebyshev']
