"""What the families of polynomials share: series of coefficients, domains."""

import warnings

import _numpy as np
from _numpy import asarray

__all__ = ['as_series', 'trimseq', 'trimcoef', 'getdomain', 'mapdomain', 'mapparms', 'format_float']


def trimseq(seq):
    """Remove small Poly series coefficients."""
    if len(seq) == 0 or seq[-1] != 0:
        return seq
    n = len(seq)
    while n > 1 and seq[n - 1] == 0:
        n -= 1
    return seq[:n]


def as_series(alist, trim=True):
    """Return argument as a list of 1-d arrays."""
    arrays = [np.array(a, ndmin=1, copy=None) for a in alist]
    for a in arrays:
        if a.size == 0:
            raise ValueError('Coefficient array is empty')
        if a.ndim != 1:
            raise ValueError('Coefficient array is not 1-d')
    if trim:
        arrays = [trimseq(a) for a in arrays]
    dtype = np.result_type(*arrays)
    if dtype.kind in 'biu':
        dtype = np.dtype(float)
    return [np.array(a, copy=True, dtype=dtype) for a in arrays]


def trimcoef(c, tol=0):
    """Remove "small" "trailing" coefficients from a polynomial."""
    if tol < 0:
        raise ValueError('tol must be non-negative')
    [c] = as_series([c])
    places = (np.abs(c) > tol).nonzero()[0]
    return c[:1] * 0 if len(places) == 0 else c[:int(places[-1]) + 1].copy()


def getdomain(x):
    """Return a domain suitable for given abscissae."""
    [x] = as_series([x], trim=False)
    if x.dtype.kind == 'c':
        return np.array((complex(x.real.min(), x.imag.min()), complex(x.real.max(), x.imag.max())))
    return np.array((x.min(), x.max()))


def mapparms(old, new):
    """Linear map parameters between domains."""
    length = old[1] - old[0]
    return (old[1] * new[0] - old[0] * new[1]) / length, (new[1] - new[0]) / length


def mapdomain(x, old, new):
    """Apply linear map to input points."""
    if type(x) not in (int, float, complex) and not isinstance(x, np.generic) and getattr(x, '__array_ufunc__', x) is not None:
        x = np.asanyarray(x)  # a series stays one
    offset, scale = mapparms(old, new)
    return offset + scale * x


def _deprecated_as_int(x, name):
    import operator
    try:
        return operator.index(x)
    except TypeError as error:
        try:
            whole = int(x)
        except TypeError:
            pass
        else:
            if whole == x:
                warnings.warn(f'In future, this will raise TypeError, as {name} will need to be an integer not just an integral float.',
                              DeprecationWarning, stacklevel=3)
                return whole
        raise TypeError(f'{name} must be an integer') from error


def format_float(x, parens=False):
    """A coefficient as it stands in a text."""
    if not isinstance(x, (float, np.floating)):
        return str(x)
    from numpy import format_float_positional, format_float_scientific, get_printoptions
    options = get_printoptions()
    if x != x:
        return options['nanstr']
    if x in (float('inf'), -float('inf')):
        return options['infstr'] if x > 0 else '-' + options['infstr']
    size = abs(x)
    scientific = x != 0 and (size >= 1e8 or size < 10.0 ** min(-1, -(options['precision'] - 1) // 2))
    trim, unique = ('k', False) if options['floatmode'] == 'fixed' else ('0', True)
    if scientific:
        text = format_float_scientific(x, precision=options['precision'], unique=unique, trim=trim, sign=options['sign'] == '+')
        return f'({text})' if parens else text
    return format_float_positional(x, precision=options['precision'], fractional=True, unique=unique, trim=trim, sign=options['sign'] == '+')


def fit(vander, x, y, deg, rcond, full, w):
    """Least squares by the columns of `vander(x, degree)`."""
    from numpy import finfo
    from numpy.linalg import lstsq
    x, y, deg = asarray(x) + 0.0, asarray(y) + 0.0, asarray(deg)
    if deg.ndim > 1 or deg.dtype.kind not in 'iu' or deg.size == 0:
        raise TypeError('deg must be an int or non-empty 1-D array of int')
    if deg.min() < 0:
        raise ValueError('expected deg >= 0')
    if x.ndim != 1:
        raise TypeError('expected 1D vector for x')
    if x.size == 0:
        raise TypeError('expected non-empty vector for x')
    if y.ndim < 1 or y.ndim > 2:
        raise TypeError('expected 1D or 2D array for y')
    if len(x) != len(y):
        raise TypeError('expected x and y to have same length')
    if deg.ndim == 0:
        highest = int(deg)
        order, columns = highest + 1, vander(x, highest)
    else:
        deg = np.array(deg)
        deg.sort()
        highest = int(deg[-1])
        order, columns = len(deg), vander(x, highest)[:, deg]
    left, right = columns.T, y.T
    if w is not None:
        w = asarray(w) + 0.0
        if w.ndim != 1:
            raise TypeError('expected 1D vector for w')
        if len(x) != len(w):
            raise TypeError('expected x and w to have same length')
        left, right = left * w, right * w
    if rcond is None:
        rcond = len(x) * finfo(x.dtype).eps
    scale = np.sqrt((np.square(left.real) + np.square(left.imag)).sum(1) if left.dtype.kind == 'c' else np.square(left).sum(1))
    scale[scale == 0] = 1
    c, residuals, rank, s = lstsq(left.T / scale, right.T, rcond)
    c = (c.T / scale).T
    if deg.ndim > 0:
        room = np.zeros((highest + 1,) + c.shape[1:], c.dtype)
        room[deg] = c
        c = room
    if rank != order and not full:
        from numpy.exceptions import RankWarning
        warnings.warn('The fit may be poorly conditioned', RankWarning, stacklevel=4)
    return (c, [residuals, rank, s, rcond]) if full else c
