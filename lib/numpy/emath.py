"""Mathematical functions that turn to complex numbers where real ones end."""

import _numpy as np
from _numpy import asarray

__all__ = ['sqrt', 'log', 'log2', 'logn', 'log10', 'power', 'arccos', 'arcsin', 'arctanh']


def _complex(a):
    """The array as complex numbers of a precision that holds it."""
    a = asarray(a)
    return a.astype('complex64' if a.dtype.char in 'bBhHefF' or a.dtype.kind == 'b' else 'complex128', copy=False)


def _where_negative(x):
    x = asarray(x)
    return _complex(x) if x.dtype.kind != 'c' and np.any(x < 0) else x


def _where_beyond_one(x):
    x = asarray(x)
    return _complex(x) if x.dtype.kind != 'c' and np.any(np.abs(x) > 1) else x


def sqrt(x):
    """Compute the square root of x."""
    return np.sqrt(_where_negative(x))


def log(x):
    """Compute the natural logarithm of `x`."""
    return np.log(_where_negative(x))


def log10(x):
    """Compute the logarithm base 10 of `x`."""
    return np.log10(_where_negative(x))


def log2(x):
    """Compute the logarithm base 2 of `x`."""
    return np.log2(_where_negative(x))


def logn(n, x):
    """Take log base n of x."""
    return np.log(_where_negative(x)) / np.log(_where_negative(n))


def power(x, p):
    """Return x to the power p, (x**p)."""
    x, p = _where_negative(x), asarray(p)
    if p.dtype.kind in 'iu' and np.any(p < 0):
        p = p * 1.0
    return np.power(x, p)


def arccos(x):
    """Compute the inverse cosine of x."""
    return np.arccos(_where_beyond_one(x))


def arcsin(x):
    """Compute the inverse sine of x."""
    return np.arcsin(_where_beyond_one(x))


def arctanh(x):
    """Compute the inverse hyperbolic tangent of `x`."""
    return np.arctanh(_where_beyond_one(x))
