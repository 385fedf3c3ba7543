"""Polynomials as arrays of coefficients, highest power first."""

import re
import warnings

import _numpy as np
from _numpy import arange, asarray, concatenate, zeros


def _coefficients(p):
    return np.array(p, ndmin=1)


def _alike(result, *given):
    """As a poly1d if one of the operands is."""
    return poly1d(result) if any(isinstance(p, poly1d) for p in given) else result


def poly(seq_of_zeros):
    """Find the coefficients of a polynomial with the given sequence of roots."""
    roots = _coefficients(seq_of_zeros)
    if roots.ndim == 2 and roots.shape[0] == roots.shape[1] and roots.shape[0] != 0:
        from numpy.linalg import eigvals
        roots = eigvals(roots)
    elif roots.ndim == 1:
        if roots.dtype.kind in 'biu':
            roots = roots.astype(np.float64)
    else:
        raise ValueError('input must be 1d or non-empty square 2d array.')
    if len(roots) == 0:
        return 1.0
    from numpy._core.functions import convolve
    a = np.ones(1, roots.dtype)
    for root in roots:
        a = convolve(a, np.array([1, -root], roots.dtype), mode='full')
    if a.dtype.kind == 'c':
        # Conjugate pairs of roots make real coefficients.
        from numpy._core.choosing import sort
        from numpy import array_equal
        if array_equal(sort(roots), sort(roots.conj())):
            a = a.real.copy()
    return a


def roots(p):
    """Return the roots of a polynomial with coefficients given in p."""
    p = _coefficients(p)
    if p.ndim != 1:
        raise ValueError('Input must be a rank-1 array.')
    places = p.ravel().nonzero()[0]
    if len(places) == 0:
        return np.array([])
    trailing = len(p) - int(places[-1]) - 1
    p = p[int(places[0]):int(places[-1]) + 1]
    if p.dtype.kind not in 'fc':
        p = p.astype(float)
    n = len(p)
    if n > 1:
        from numpy.linalg import eigvals
        companion = zeros((n - 1, n - 1), p.dtype)
        companion.reshape(-1)[n - 1::n] = 1
        companion[0, :] = -p[1:] / p[0]
        found = eigvals(companion)
    else:
        found = np.array([])
    return concatenate((found, zeros(trailing, found.dtype)))


def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Least squares polynomial fit."""
    order = int(deg) + 1
    x, y = asarray(x) + 0.0, asarray(y) + 0.0
    if deg < 0:
        raise ValueError('expected deg >= 0')
    if x.ndim != 1:
        raise TypeError('expected 1D vector for x')
    if x.size == 0:
        raise TypeError('expected non-empty vector for x')
    if y.ndim < 1 or y.ndim > 2:
        raise TypeError('expected 1D or 2D array for y')
    if x.shape[0] != y.shape[0]:
        raise TypeError('expected x and y to have same length')
    from numpy import finfo
    from numpy._core.numeric import vander
    from numpy.linalg import inv, lstsq
    if rcond is None:
        rcond = len(x) * finfo(x.dtype).eps
    left, right = vander(x, order), y
    if w is not None:
        w = asarray(w) + 0.0
        if w.ndim != 1:
            raise TypeError('expected a 1-d array for weights')
        if w.shape[0] != y.shape[0]:
            raise TypeError('expected w and y to have the same length')
        left = left * w[:, None]
        right = right * (w[:, None] if right.ndim == 2 else w)
    scale = np.sqrt((left * left).sum(axis=0))
    left = left / scale
    c, residuals, rank, s = lstsq(left, right, rcond)
    c = (c.T / scale).T
    if rank != order and not full:
        from numpy.exceptions import RankWarning
        warnings.warn('Polyfit may be poorly conditioned', RankWarning, stacklevel=2)
    if full:
        return c, residuals, rank, s, rcond
    if cov:
        base = inv(np.dot(left.T, left)) / np.multiply(scale[:, None], scale[None, :])
        factor = 1
        if cov != 'unscaled':
            if len(x) <= order:
                raise ValueError('the number of data points must exceed order to scale the covariance matrix')
            factor = residuals / (len(x) - order)
        return c, base * factor if y.ndim == 1 else base[:, :, None] * factor
    return c


def polyval(p, x):
    """Evaluate a polynomial at specific values."""
    p = asarray(p)
    if isinstance(x, poly1d):
        y = 0
    else:
        x = np.asanyarray(x)
        y = np.zeros_like(x)
    for c in p:
        y = y * x + c
    return y


def polyadd(a1, a2):
    """Find the sum of two polynomials."""
    a, b = _coefficients(a1), _coefficients(a2)
    n = len(a) - len(b)
    if n > 0:
        b = concatenate((zeros(n, b.dtype), b))
    elif n < 0:
        a = concatenate((zeros(-n, a.dtype), a))
    return _alike(a + b, a1, a2)


def polysub(a1, a2):
    """Difference (subtraction) of two polynomials."""
    return _alike(polyadd(_coefficients(a1), -_coefficients(a2)), a1, a2)


def polymul(a1, a2):
    """Find the product of two polynomials."""
    from numpy._core.functions import convolve
    return _alike(convolve(_coefficients(a1), _coefficients(a2)), a1, a2)


def polydiv(u, v):
    """Returns the quotient and remainder of polynomial division."""
    given = u, v
    u, v = _coefficients(u) + 0.0, _coefficients(v) + 0.0
    dtype = (u[0] + v[0]).dtype
    m, n = len(u) - 1, len(v) - 1
    scale = 1.0 / v[0]
    q = zeros((max(m - n + 1, 1),), dtype)
    r = u.astype(dtype)
    for k in range(m - n + 1):
        d = scale * r[k]
        q[k] = d
        r[k:k + n + 1] -= d * v
    while r.shape[-1] > 1 and abs(r[0]) <= 1e-8:
        r = r[1:]
    return _alike(q, *given), _alike(r, *given)


def polyder(p, m=1):
    """Return the derivative of the specified order of a polynomial."""
    m = int(m)
    if m < 0:
        raise ValueError('Order of derivative must be positive (see polyint)')
    a = asarray(p)
    for _ in range(m):
        a = a[:-1] * arange(len(a) - 1, 0, -1)
    return _alike(a, p)


def polyint(p, m=1, k=None):
    """Return an antiderivative (indefinite integral) of a polynomial."""
    m = int(m)
    if m < 0:
        raise ValueError('Order of integral must be positive (see polyder)')
    k = zeros(m, float) if k is None else _coefficients(k)
    if len(k) == 1 and m > 1:
        k = k[0] * np.ones(m, float)
    if len(k) < m:
        raise ValueError('k must be a scalar or a rank-1 array of length 1 or >m.')
    a = asarray(p)
    for i in range(m):
        a = concatenate((a / arange(len(a), 0, -1), [k[i]]))
    return _alike(a, p)


_POWER = re.compile(r'\*\*([0-9]*)')


def _raised(text, wrap=70):
    """Moves exponents to a line above."""
    output, n = ' ', 0
    above, below = '', ''
    while True:
        match = _POWER.search(text, n)
        if match is None:
            break
        start, end = match.span()
        power, part = match.groups()[0], text[n:start]
        n = end
        over, under = ' ' * (len(part) - 1) + power, part + ' ' * (len(power) - 1)
        if len(below) + len(under) > wrap or len(above) + len(over) > wrap:
            output += above + '\n' + below + '\n '
            above, below = over, under
        else:
            above += over
            below += under
    output += above + '\n' + below
    return output + text[n:]


class poly1d:
    """A one-dimensional polynomial class."""

    __hash__ = None

    def __init__(self, c_or_r, r=False, variable=None):
        if isinstance(c_or_r, poly1d):
            self._variable, self._coeffs = c_or_r._variable, c_or_r._coeffs
            if variable is not None:
                self._variable = variable
            return
        if r:
            c_or_r = poly(c_or_r)
        c = _coefficients(c_or_r)
        if c.ndim > 1:
            raise ValueError('Polynomial must be 1d only.')
        places = c.nonzero()[0]
        c = c[int(places[0]):] if len(places) else np.array([0], c.dtype)
        self._coeffs = c
        self._variable = 'x' if variable is None else variable

    @property
    def coeffs(self):
        """The polynomial coefficients"""
        return self._coeffs

    @coeffs.setter
    def coeffs(self, value):
        if value is not self._coeffs:
            raise AttributeError('Cannot set attribute')

    c = coef = coefficients = coeffs

    @property
    def variable(self):
        """The name of the polynomial variable"""
        return self._variable

    @property
    def order(self):
        """The order or degree of the polynomial"""
        return len(self._coeffs) - 1

    o = order

    @property
    def roots(self):
        """The roots of the polynomial, where self(x) == 0"""
        return roots(self._coeffs)

    r = roots

    def __array__(self, t=None, copy=None):
        return asarray(self.coeffs, t, copy=copy)

    def __repr__(self):
        return f'poly1d({repr(self.coeffs)[6:-1]})'

    def __len__(self):
        return self.order

    def __str__(self):
        text, variable = '0', self.variable
        shown = self.coeffs
        if len(shown) > 1:
            places = np.logical_or.accumulate(shown != 0)
            shown = shown[places]
        n = len(shown) - 1

        def number(q):
            s = f'{q:.4g}'
            return s[:-5] if s.endswith('.0000') else s

        for k, value in enumerate(shown):
            if asarray(value).imag == 0:
                coefficient = number(value.real)
            elif asarray(value).real == 0:
                coefficient = f'{number(value.imag)}j'
            else:
                coefficient = f'({number(value.real)} + {number(value.imag)}j)'
            power = n - k
            if power == 0:
                new = coefficient if coefficient != '0' else '0' if k == 0 else ''
            elif power == 1:
                new = '' if coefficient == '0' else variable if coefficient == 'b' else f'{coefficient} {variable}'
            else:
                new = '' if coefficient == '0' else f'{variable}**{power}' if coefficient == 'b' else f'{coefficient} {variable}**{power}'
            if k > 0:
                if new != '':
                    text = f'{text} - {new[1:]}' if new.startswith('-') else f'{text} + {new}'
            else:
                text = new
        return _raised(text)

    def __call__(self, val):
        return polyval(self.coeffs, val)

    def __neg__(self):
        return poly1d(-self.coeffs)

    def __pos__(self):
        return self

    def __mul__(self, other):
        if np.ndim(other) == 0 and not isinstance(other, poly1d):
            return poly1d(self.coeffs * other)
        return poly1d(polymul(self.coeffs, poly1d(other).coeffs))

    __rmul__ = __mul__

    def __add__(self, other):
        return poly1d(polyadd(self.coeffs, poly1d(other).coeffs))

    __radd__ = __add__

    def __pow__(self, val):
        if np.ndim(val) != 0 or int(val) != val or val < 0:
            raise ValueError('Power to non-negative integers only.')
        result = [1]
        for _ in range(val):
            result = polymul(self.coeffs, result)
        return poly1d(result)

    def __sub__(self, other):
        return poly1d(polysub(self.coeffs, poly1d(other).coeffs))

    def __rsub__(self, other):
        return poly1d(polysub(poly1d(other).coeffs, self.coeffs))

    def __truediv__(self, other):
        if np.ndim(other) == 0 and not isinstance(other, poly1d):
            return poly1d(self.coeffs / other)
        return polydiv(self, poly1d(other))

    def __rtruediv__(self, other):
        if np.ndim(other) == 0 and not isinstance(other, poly1d):
            return poly1d(other / self.coeffs)
        return polydiv(poly1d(other), self)

    def __eq__(self, other):
        if not isinstance(other, poly1d):
            return NotImplemented
        if self.coeffs.shape != other.coeffs.shape:
            return False
        return (self.coeffs == other.coeffs).all()

    def __ne__(self, other):
        if not isinstance(other, poly1d):
            return NotImplemented
        return not self.__eq__(other)

    def __getitem__(self, val):
        place = self.order - val
        if val > self.order or val < 0:
            return self.coeffs.dtype.type(0)
        return self.coeffs[place]

    def __setitem__(self, key, val):
        place = self.order - key
        if key < 0:
            raise ValueError('Does not support negative powers.')
        if key > self.order:
            self._coeffs = concatenate((zeros(key - self.order, self.coeffs.dtype), self.coeffs))
            place = 0
        self._coeffs[place] = val

    def __iter__(self):
        return iter(self.coeffs)

    def integ(self, m=1, k=0):
        """Return an antiderivative (indefinite integral) of this polynomial."""
        return poly1d(polyint(self.coeffs, m=m, k=k))

    def deriv(self, m=1):
        """Return a derivative of this polynomial."""
        return poly1d(polyder(self.coeffs, m=m))
