"""Statistics that ignore NaNs."""

import numpy as np
from numpy import _NoValue
from numpy._core.statistics import _finished, _flattened, median, percentile, quantile

__all__ = ['nansum', 'nanmax', 'nanmin', 'nanargmax', 'nanargmin', 'nanmean', 'nanmedian', 'nanpercentile', 'nanvar', 'nanstd', 'nanprod', 'nancumsum',
           'nancumprod', 'nanquantile']


def _nan_mask(a, out=None):
    """Where there is no NaN; True itself for a dtype that has none."""
    if a.dtype.kind not in 'fc':
        return True
    y = np.isnan(a, out=out)
    return np.invert(y, out=y)


def _replace_nan(a, val):
    """An array with its NaNs replaced, and where they were; itself and None for a dtype without NaNs."""
    a = np.asanyarray(a)
    if a.dtype == object:
        mask = np.not_equal(a, a, dtype=bool)
    elif a.dtype.kind in 'fc':
        mask = np.isnan(a)
    else:
        return a, None
    a = np.array(a, subok=True, copy=True)
    np.copyto(a, val, where=mask)
    return a, mask


def _given(**arguments):
    return {name: value for name, value in arguments.items() if value is not _NoValue}


def _warn(text, depth=3):
    import warnings
    warnings.warn(text, RuntimeWarning, stacklevel=depth)


def _divided(a, b, out=None):
    """a / b in the dtype of a, in place where there is a place."""
    with np.errstate(invalid='ignore', divide='ignore'):
        if isinstance(a, np.ndarray):
            return np.divide(a, b, out=a if out is None else out, casting='unsafe')
        if out is not None:
            return np.divide(a, b, out=out, casting='unsafe')
        try:
            return a.dtype.type(a / b)
        except AttributeError:
            return a / b


# ---- folds -----------------------------------------------------------------------------------------------------------------

def _extremum(a, axis, out, ufunc, method, beyond, arguments):
    if type(a) in (np.ndarray, np.memmap) and a.dtype.kind not in 'cO':
        result = ufunc.reduce(a, axis=axis, out=out, **arguments)
        if a.dtype.kind in 'fmM' and np.isnan(result).any():
            _warn('All-NaN slice encountered', 4)
        return result
    filled, mask = _replace_nan(a, beyond)
    result = getattr(np, method)(filled, axis=axis, out=out, **arguments)
    if mask is None:
        return result
    arguments.pop('initial', None)
    empty = np.all(mask, axis=axis, **arguments)
    if np.any(empty):
        if isinstance(result, np.ndarray):
            np.copyto(result, np.nan, where=empty)
        else:
            result = getattr(result, 'dtype', np.dtype(object)).type(np.nan) if hasattr(result, 'dtype') else np.nan
        _warn('All-NaN axis encountered', 4)
    return result


def nanmin(a, axis=None, out=None, keepdims=_NoValue, initial=_NoValue, where=_NoValue):
    """Return minimum of an array or minimum along an axis, ignoring any NaNs."""
    return _extremum(a, axis, out, np.fmin, 'min', np.inf, _given(keepdims=keepdims, initial=initial, where=where))


def nanmax(a, axis=None, out=None, keepdims=_NoValue, initial=_NoValue, where=_NoValue):
    """Return the maximum of an array or maximum along an axis, ignoring any NaNs."""
    return _extremum(a, axis, out, np.fmax, 'max', -np.inf, _given(keepdims=keepdims, initial=initial, where=where))


def _place(a, axis, beyond, function, out, keepdims):
    filled, mask = _replace_nan(a, beyond)
    if mask is not None and mask.size:
        empty = np.all(mask, axis=axis)
        if np.any(empty):
            raise ValueError('All-NaN slice encountered')
    return function(filled, axis=axis, out=out, **_given(keepdims=keepdims))


def nanargmin(a, axis=None, out=None, *, keepdims=_NoValue):
    """Return the indices of the minimum values in the specified axis ignoring NaNs."""
    return _place(a, axis, np.inf, np.argmin, out, keepdims)


def nanargmax(a, axis=None, out=None, *, keepdims=_NoValue):
    """Return the indices of the maximum values in the specified axis ignoring NaNs."""
    return _place(a, axis, -np.inf, np.argmax, out, keepdims)


def nansum(a, axis=None, dtype=None, out=None, keepdims=_NoValue, initial=_NoValue, where=_NoValue):
    """Return the sum of array elements over a given axis treating Not a Numbers (NaNs) as zero."""
    return np.sum(_replace_nan(a, 0)[0], axis=axis, dtype=dtype, out=out, **_given(keepdims=keepdims, initial=initial, where=where))


def nanprod(a, axis=None, dtype=None, out=None, keepdims=_NoValue, initial=_NoValue, where=_NoValue):
    """Return the product of array elements over a given axis treating Not a Numbers (NaNs) as ones."""
    return np.prod(_replace_nan(a, 1)[0], axis=axis, dtype=dtype, out=out, **_given(keepdims=keepdims, initial=initial, where=where))


def nancumsum(a, axis=None, dtype=None, out=None):
    """Return the cumulative sum of array elements over a given axis treating Not a Numbers (NaNs) as zero."""
    return np.cumsum(_replace_nan(a, 0)[0], axis=axis, dtype=dtype, out=out)


def nancumprod(a, axis=None, dtype=None, out=None):
    """Return the cumulative product of array elements over a given axis treating Not a Numbers (NaNs) as one."""
    return np.cumprod(_replace_nan(a, 1)[0], axis=axis, dtype=dtype, out=out)


def _check_inexact(dtype, out):
    if dtype is not None and not issubclass(np.dtype(dtype).type, np.inexact):
        raise TypeError('If a is inexact, then dtype must be inexact')
    if out is not None and not issubclass(out.dtype.type, np.inexact):
        raise TypeError('If a is inexact, then out must be inexact')


def nanmean(a, axis=None, dtype=None, out=None, keepdims=_NoValue, *, where=_NoValue):
    """Compute the arithmetic mean along the specified axis, ignoring NaNs."""
    filled, mask = _replace_nan(a, 0)
    arguments = _given(keepdims=keepdims, where=where)
    if mask is None:
        return np.mean(filled, axis=axis, dtype=dtype, out=out, **arguments)
    _check_inexact(dtype, out)
    count = np.sum(~mask, axis=axis, dtype=np.intp, **arguments)
    total = np.sum(filled, axis=axis, dtype=dtype, out=out, **arguments)
    average = _divided(total, count, out=out)
    if np.any(count == 0):
        _warn('Mean of empty slice')
    return average


def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=_NoValue, *, where=_NoValue, mean=_NoValue, correction=_NoValue):
    """Compute the variance along the specified axis, while ignoring NaNs."""
    filled, mask = _replace_nan(a, 0)
    if correction is not _NoValue:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    if mask is None:
        return np.var(filled, axis=axis, dtype=dtype, out=out, ddof=ddof, **_given(keepdims=keepdims, where=where, mean=mean))
    _check_inexact(dtype, out)
    chosen = _given(where=where)
    keeping = {'keepdims': True} if type(filled) is not np.matrix else {}
    count = np.sum(~mask, axis=axis, dtype=np.intp, **keeping, **chosen)
    if mean is not _NoValue:
        average = mean
    else:
        average = _divided(np.sum(filled, axis=axis, dtype=dtype, **keeping, **chosen), count)
    np.subtract(filled, average, out=filled, casting='unsafe', **chosen)
    np.copyto(filled, 0, where=mask)
    squares = np.multiply(filled, filled.conj(), out=filled, **chosen).real if filled.dtype.kind == 'c' else np.multiply(filled, filled, out=filled, **chosen)
    result = np.sum(squares, axis=axis, dtype=dtype, out=out, **_given(keepdims=keepdims, where=where))
    if np.ndim(result) < np.ndim(count):
        count = count.squeeze(axis)
    freedom = count - ddof
    result = _divided(result, freedom)
    bad = freedom <= 0
    if np.any(bad):
        _warn('Degrees of freedom <= 0 for slice.')
        if isinstance(result, np.ndarray):
            np.copyto(result, np.nan, where=bad)
        else:
            result = result.dtype.type(np.nan) if hasattr(result, 'dtype') else np.nan
    return result


def nanstd(a, axis=None, dtype=None, out=None, ddof=0, keepdims=_NoValue, *, where=_NoValue, mean=_NoValue, correction=_NoValue):
    """Compute the standard deviation along the specified axis, while ignoring NaNs."""
    result = nanvar(a, axis=axis, dtype=dtype, out=out, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)
    if isinstance(result, np.ndarray):
        return np.sqrt(result, out=result)
    return result.dtype.type(np.sqrt(result)) if hasattr(result, 'dtype') else np.sqrt(result)


# ---- order statistics ------------------------------------------------------------------------------------------------------

def _by_lines(a, axis, keepdims, out, function, extra=()):
    """What a function makes of the numbers of each line; `extra`: the shape of what it gives."""
    flat, kept = _flattened(a, axis)
    flat = np.asarray(flat)
    shape = flat.shape[:-1]
    results = []
    for line in flat.reshape(-1, flat.shape[-1]):
        good = line[~np.isnan(line)] if line.dtype.kind in 'fcmM' else line[line == line] if line.dtype == object else line
        if good.size:
            results.append(function(good))
        else:
            _warn('All-NaN slice encountered', 4)
            results.append(np.full(extra, 'NaT' if a.dtype.kind in 'mM' else np.nan, dtype=a.dtype if a.dtype.kind in 'fcmM' else None))
    made = np.array(results) if results else np.empty((0,) + extra)
    made = made.reshape(shape + extra)
    for _ in extra:
        made = np.moveaxis(made, -1, 0)
    made = made.transpose(tuple(range(len(extra)))[::-1] + tuple(range(len(extra), made.ndim))) if len(extra) > 1 else made
    if keepdims is not _NoValue and keepdims:
        made = made.reshape(extra + kept)
    return _finished(made[()], None, out)


def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=_NoValue):
    """Compute the median along the specified axis, while ignoring NaNs."""
    a = np.asanyarray(a)
    if a.size == 0:
        return nanmean(a, axis, out=out, **_given(keepdims=keepdims))
    return _by_lines(a, axis, keepdims, out, median)


def _real(a):
    if a.dtype.kind == 'c':
        raise TypeError('a must be an array of real numbers')
    return a


def _nanquantile(a, q, axis, out, method, keepdims, weights, interpolation, function, top, text):
    a = _real(np.asanyarray(a))
    if interpolation is not None:
        from numpy._core.statistics import _renamed_method
        method = _renamed_method(method, interpolation, 'nan' + function.__name__)
    q = np.asanyarray(q)
    if np.any(~((q >= 0) & (q <= top))):
        raise ValueError(text)
    if a.size == 0:
        return nanmean(a, axis, out=out, **_given(keepdims=keepdims))
    if weights is None:
        return _by_lines(a, axis, keepdims, out, lambda line: function(line, q, method=method), q.shape)
    if method != 'inverted_cdf':
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    filled = np.where(np.isnan(a), np.inf, a)  # NaNs weigh nothing
    weights = np.asanyarray(weights)
    if weights.shape != a.shape:
        along = (axis,) if axis is not None and not isinstance(axis, tuple) else axis
        if along is None:
            raise TypeError('Axis must be specified when shapes of a and weights differ.')
        if weights.shape != tuple(a.shape[k] for k in along):
            raise ValueError('Shape of weights must be consistent with shape of a along specified axis.')
        weights = np.broadcast_to(weights.reshape([a.shape[k] if k in [x % a.ndim for x in along] else 1 for k in range(a.ndim)]), a.shape)
    return function(filled, q, axis=axis, out=out, method=method, weights=np.where(np.isnan(a), 0, weights), **_given(keepdims=keepdims))


def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=_NoValue, *, weights=None, interpolation=None):
    """Compute the qth percentile of the data along the specified axis, while ignoring nan values."""
    return _nanquantile(a, q, axis, out, method, keepdims, weights, interpolation, percentile, 100, 'Percentiles must be in the range [0, 100]')


def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=_NoValue, *, weights=None, interpolation=None):
    """Compute the qth quantile of the data along the specified axis, while ignoring nan values."""
    return _nanquantile(a, q, axis, out, method, keepdims, weights, interpolation, quantile, 1, 'Quantiles must be in the range [0, 1]')
