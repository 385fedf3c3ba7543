"""Power series: the family of the powers of x."""

import _numpy as np
from numpy.polynomial._family import Family
from numpy.polynomial._series import ABCPolyBase
from numpy.polynomial.polyutils import trimcoef as polytrim  # noqa: F401


def _derivative(c):
    return c[1:] * np.arange(1, len(c)).reshape((-1,) + (1,) * (c.ndim - 1))


def _integral(c):
    out = np.zeros((len(c) + 1,) + c.shape[1:], c.dtype)
    out[1:] = c / np.arange(1, len(c) + 1).reshape((-1,) + (1,) * (c.ndim - 1))
    return out


_family = Family('poly', lambda k: (1, 0, 0), _derivative, _integral)
globals().update(_family.functions())


def polyvalfromroots(x, r, tensor=True):
    """Evaluate a polynomial specified by its roots at points x."""
    r = np.array(r, ndmin=1, copy=None)
    if r.dtype.kind in 'biu':
        r = r.astype(np.float64)
    if isinstance(x, (tuple, list)):
        x = np.asarray(x)
    if isinstance(x, np.ndarray):
        if tensor:
            r = r.reshape(r.shape + (1,) * x.ndim)
        elif x.ndim >= r.ndim:
            raise ValueError('x.ndim must be < r.ndim when tensor == False')
    return np.prod(x - r, axis=0)


class Polynomial(ABCPolyBase):
    """A power series class."""

    _family = _family
    domain = window = _family.domain
    basis_name = None


Polynomial.__module__ = 'numpy.polynomial.polynomial'
__all__ = [*_family.functions(), 'polyvalfromroots', 'Polynomial']
