"""Statistics: order statistics, means that skip NaN, histograms, differences, interpolation."""

import _numpy as np
from _numpy import asarray, asanyarray, arange, concatenate, empty, zeros
from numpy._core.numeric import _axis, linspace, moveaxis


def ptp(a, axis=None, out=None, keepdims=False):
    """Range of values (maximum - minimum) along an axis."""
    a = asanyarray(a)
    return np.subtract(a.max(axis=axis, keepdims=keepdims), a.min(axis=axis, keepdims=keepdims), out)


def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Compute the weighted average along the specified axis."""
    a = asanyarray(a)
    if weights is None:
        avg = a.mean(axis, keepdims=keepdims)
        scale = np.asarray(avg) * 0 + (a.size / max(np.asarray(avg).size, 1))
        scale = scale[()]
    else:
        w = asanyarray(weights)
        if a.shape != w.shape:
            if axis is None:
                raise TypeError('Axis must be specified when shapes of a and weights differ.')
            if w.ndim == 1 and w.shape[0] == a.shape[axis]:
                w = w.reshape((-1,) + (1,) * (a.ndim - 1 - _axis(axis, a.ndim)))
            else:
                raise ValueError('Shape of weights must be consistent with shape of a along specified axis.')
            w = np.broadcast_to(w, a.shape)
        scale = w.sum(axis=axis, dtype=np.result_type(a.dtype, w.dtype, 1.0), keepdims=keepdims)
        if np.any(asarray(scale) == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        avg = np.multiply(a, w).sum(axis=axis, keepdims=keepdims, dtype=np.result_type(a.dtype, w.dtype, 1.0)) / scale
    return (avg, scale) if returned else avg


def _flattened(a, axis):
    """The axes to work on moved to the end and joined; the shape with them kept as ones."""
    if axis is None:
        return a.reshape(-1), (1,) * a.ndim
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = [_axis(x, a.ndim) for x in axes]
    rest = [i for i in range(a.ndim) if i not in axes]
    kept = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
    return a.transpose(rest + axes).reshape([a.shape[i] for i in rest] + [-1]), kept


def _renamed_method(method, interpolation, name):
    """The method that the former argument `interpolation` asks for."""
    import warnings
    warnings.warn(f"the `interpolation=` argument to {name} was renamed to `method=`, which has additional options.\nUsers of the modes 'nearest', "
                  "'lower', 'higher', or 'midpoint' are encouraged to review the method they used. (Deprecated NumPy 1.22)", DeprecationWarning, stacklevel=4)
    if method != 'linear':
        raise TypeError('You shall not pass both `method` and `interpolation`!\n(`interpolation` is Deprecated in favor of `method`)')
    return interpolation


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Compute the median along the specified axis."""
    a, kept = _flattened(asanyarray(a), axis)
    n = a.shape[-1]
    if n == 0:
        result = a.mean(axis=-1)
    else:
        lines = np.array(a, copy=True)
        half = n // 2
        lines.partition([(n - 1) // 2, half], axis=-1)  # and NaNs go last
        middle = lines[..., half - 1:half + 1] if n % 2 == 0 else lines[..., half:half + 1]
        result = middle.mean(axis=-1)
        if lines.dtype.kind == 'f':
            last = lines[..., -1]
            if np.any(np.isnan(last)):
                result = np.where(np.isnan(last), float('nan'), result)[()]
    return _finished(result, kept if keepdims else None, out)


def _finished(result, shape, out):
    if shape is not None:
        result = asarray(result).reshape(shape)
    if out is not None:
        out[...] = result
        return out
    return result


_METHODS = dict.fromkeys(('inverted_cdf', 'averaged_inverted_cdf', 'closest_observation', 'interpolated_inverted_cdf', 'hazen', 'weibull', 'linear',
                          'median_unbiased', 'normal_unbiased', 'lower', 'higher', 'midpoint', 'nearest'))
_PARAMETERS = {'interpolated_inverted_cdf': (0, 1), 'hazen': (0.5, 0.5), 'weibull': (0, 0), 'linear': (1, 1),
               'median_unbiased': (1 / 3, 1 / 3), 'normal_unbiased': (3 / 8, 3 / 8)}


def quantile(a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=False, *, weights=None, interpolation=None):
    """Compute the q-th quantile of the data along the specified axis."""
    if interpolation is not None:
        method = _renamed_method(method, interpolation, 'quantile')
    a = asanyarray(a)
    if isinstance(q, (int, float)) and a.dtype.kind == 'f':
        q = asanyarray(q, dtype=a.dtype)  # a Python number takes the array's precision
    else:
        q = asanyarray(q)
    if np.any(~((q >= 0) & (q <= 1))):
        raise ValueError('Quantiles must be in the range [0, 1]')
    if weights is not None:
        return _weighted_quantile(a, q, axis, out, method, keepdims, weights)
    return _quantile(a, q * np.ones((), q.dtype if q.dtype.kind == 'f' else float), axis, out, method, keepdims)


def percentile(a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=False, *, weights=None, interpolation=None):
    """Compute the q-th percentile of the data along the specified axis."""
    if interpolation is not None:
        method = _renamed_method(method, interpolation, 'percentile')
    a = asanyarray(a)
    q = asanyarray(np.true_divide(q, a.dtype.type(100) if a.dtype.kind == 'f' else 100))
    if np.any(~((q >= 0) & (q <= 1))):
        raise ValueError('Percentiles must be in the range [0, 100]')
    if weights is not None:
        return _weighted_quantile(a, q, axis, out, method, keepdims, weights)
    return _quantile(a, q, axis, out, method, keepdims)


def _weighted_quantile(a, q, axis, out, method, keepdims, weights):
    """The least element up to which the weights come to the wanted share of all."""
    if method != 'inverted_cdf':
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    weights = asanyarray(weights)
    if weights.shape != a.shape:
        if axis is None:
            raise TypeError('Axis must be specified when shapes of a and weights differ.')
        along = axis if isinstance(axis, tuple) else (axis,)
        if weights.shape != tuple(a.shape[k] for k in along):
            raise ValueError('Shape of weights must be consistent with shape of a along specified axis.')
        weights = np.broadcast_to(weights.reshape([a.shape[k] if k in [x % a.ndim for x in along] else 1 for k in range(a.ndim)]), a.shape)
    if np.any(weights < 0):
        raise ValueError('Weights must be non-negative.')
    lines, kept = _flattened(a, axis)
    shares, _ = _flattened(weights, axis)
    flat, flat_shares = lines.reshape(-1, lines.shape[-1]), np.broadcast_to(shares, lines.shape).reshape(-1, lines.shape[-1])
    result = np.empty((q.size, flat.shape[0]), a.dtype)
    for k in range(flat.shape[0]):
        order = flat[k].argsort(kind='stable')
        sorted_values, cdf = flat[k][order], flat_shares[k][order].cumsum(dtype=np.float64)
        cdf /= cdf[-1]
        # Elements without weight before the first with one are passed over.
        cdf[cdf == 0] = -1.0
        result[:, k] = sorted_values[np.minimum(cdf.searchsorted(q.ravel(), side='left'), len(sorted_values) - 1)]
    result = result.reshape(q.shape + lines.shape[:-1])
    if keepdims:
        result = result.reshape(q.shape + kept)
    if out is not None:
        out[...] = result
        return out
    return result if result.ndim or keepdims else np.array(result)


def _lerp(a, b, t):
    """What lies between a and b at t, exact at both ends."""
    difference = np.subtract(b, a)
    result = asanyarray(a + difference * t)
    result = asanyarray(np.where(asarray(t) >= 0.5, b - difference * (1 - t), result))
    return np.where(difference == 0, a, result)[()]


def _quantile(a, q, axis, out, method, keepdims):
    if method not in _METHODS:
        raise ValueError(f'{method!r} is not a valid method. Use one of: {_METHODS.keys()}')
    a, kept = _flattened(asanyarray(a), axis)
    q = asarray(q)
    if a.dtype.kind == 'c':
        raise TypeError('a must be an array of real numbers')
    if a.dtype.kind == 'b':
        raise TypeError('numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or the logical_xor function instead.')
    lines = np.array(a, copy=True)
    n = lines.shape[-1]
    if n == 0:
        raise IndexError('index -1 is out of bounds for axis 0 with size 0')
    if method in _PARAMETERS:
        alpha, beta = _PARAMETERS[method]
        place = n * q + (alpha + q * (1 - alpha - beta)) - 1 if method != 'linear' else (n - 1) * q
        place = np.clip(place, 0, n - 1)
    elif method in ('lower', 'higher', 'midpoint', 'nearest'):
        place = (n - 1) * q
        if method == 'lower':
            place = np.floor(place)
        elif method == 'higher':
            place = np.ceil(place)
        elif method == 'midpoint':
            place = 0.5 * (np.floor(place) + np.ceil(place))
        else:
            place = np.rint(place)
    elif method == 'inverted_cdf':
        place = np.clip(np.ceil(n * q) - 1, 0, n - 1)
    elif method == 'averaged_inverted_cdf':
        below = n * q
        place = np.where(below == np.floor(below), below - 0.5, np.floor(below))
        place = np.clip(place, 0, n - 1)
    else:
        place = np.clip(np.rint(n * q) - 1, 0, n - 1)
    place = asarray(place)
    lower = np.floor(place)
    below = lower.astype(np.int64)
    above = np.minimum(below + 1, n - 1)
    gamma = (place - lower)
    lines.partition(concatenate((below.ravel(), above.ravel())), axis=-1)  # and NaNs go last
    previous, following = lines.take(below, axis=-1), lines.take(above, axis=-1)
    if method in ('lower', 'higher', 'nearest', 'inverted_cdf', 'closest_observation'):
        result = asarray(previous)
    else:
        result = asarray(_lerp(previous, following, gamma))
    if lines.dtype.kind == 'f':
        last = np.isnan(lines[..., -1])
        if np.any(last):
            result = np.where(asarray(last)[(...,) + (None,) * q.ndim], float('nan'), result)
            result = asarray(result)
    # The quantiles' axes go first.
    k = q.ndim
    result = asarray(result)
    if k:
        result = result.transpose(list(range(result.ndim - k, result.ndim)) + list(range(result.ndim - k)))
    return _finished(result[()] if not keepdims else result, q.shape + kept if keepdims else None, out)


# ---- NaN left out -------------------------------------------------------------------------------------------------------

# ---- differences and sums -------------------------------------------------------------------------------------------------

def diff(a, n=1, axis=-1, prepend=None, append=None):
    """Calculate the n-th discrete difference along the given axis."""
    if n == 0:
        return a
    if n < 0:
        raise ValueError('order must be non-negative but got ' + repr(n))
    a = asanyarray(a)
    if a.ndim == 0:
        raise ValueError('diff requires input that is at least one dimensional')
    axis = _axis(axis, a.ndim)
    pieces = []
    for end in (prepend, a, append):
        if end is None:
            continue
        end = asanyarray(end)
        if end.ndim == 0:
            end = np.broadcast_to(end, a.shape[:axis] + (1,) + a.shape[axis + 1:])
        pieces.append(end)
    if len(pieces) > 1:
        a = concatenate(pieces, axis)
    after, before = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
    op = np.not_equal if a.dtype.kind == 'b' else np.subtract
    for _ in range(n):
        a = op(a[after], a[before])
    return a


def ediff1d(ary, to_end=None, to_begin=None):
    """The differences between consecutive elements of an array."""
    ary = asanyarray(ary).ravel()
    pieces = [ary[1:] - ary[:-1]]
    if to_begin is not None:
        pieces.insert(0, asarray(to_begin).ravel())
    if to_end is not None:
        pieces.append(asarray(to_end).ravel())
    return concatenate(pieces) if len(pieces) > 1 else pieces[0]


def gradient(f, *varargs, axis=None, edge_order=1):
    """Return the gradient of an N-dimensional array."""
    f = asanyarray(f)
    axes = tuple(range(f.ndim)) if axis is None else tuple(_axis(x, f.ndim) for x in (axis if hasattr(axis, '__iter__') else (axis,)))
    if len(varargs) == 0:
        steps = [1.0] * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        steps = list(varargs) * len(axes)
    elif len(varargs) == len(axes):
        steps = list(varargs)
    else:
        raise TypeError('invalid number of arguments')
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    if f.dtype.kind not in 'fc':
        f = f.astype(np.float64)
    results = []
    for x, h in zip(axes, steps):
        n = f.shape[x]
        if n < edge_order + 1:
            raise ValueError('Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required.')
        at = lambda s: (slice(None),) * x + (s,)  # noqa: E731
        out = np.empty_like(f)
        h = asarray(h)
        uniform = h.ndim == 0
        if not uniform:
            if h.ndim != 1 or len(h) != n:
                raise ValueError('when 1d, distances must match the length of the corresponding dimension')
            d = diff(h)
            if np.all(d == d[0]):
                uniform, h = True, d[0]
        if uniform:
            out[at(slice(1, -1))] = (f[at(slice(2, None))] - f[at(slice(None, -2))]) / (2. * h)
            d0 = d1 = h
        else:
            shape = (1,) * x + (-1,) + (1,) * (f.ndim - x - 1)
            a, b = d[:-1].reshape(shape), d[1:].reshape(shape)
            out[at(slice(1, -1))] = (-(b) / (a * (a + b)) * f[at(slice(None, -2))] + (b - a) / (a * b) * f[at(slice(1, -1))]
                                     + a / (b * (a + b)) * f[at(slice(2, None))])
            d0, d1 = d[0], d[-1]
        if edge_order == 1:
            out[at(0)] = (f[at(1)] - f[at(0)]) / d0
            out[at(-1)] = (f[at(-1)] - f[at(-2)]) / d1
        elif uniform:
            out[at(0)] = -1.5 / h * f[at(0)] + 2. / h * f[at(1)] + -0.5 / h * f[at(2)]
            out[at(-1)] = 0.5 / h * f[at(-3)] + -2. / h * f[at(-2)] + 1.5 / h * f[at(-1)]
        else:
            a, b = d[0], d[1]
            out[at(0)] = -(2. * a + b) / (a * (a + b)) * f[at(0)] + (a + b) / (a * b) * f[at(1)] - a / (b * (a + b)) * f[at(2)]
            a, b = d[-2], d[-1]
            out[at(-1)] = b / (a * (a + b)) * f[at(-3)] - (b + a) / (a * b) * f[at(-2)] + (2. * b + a) / (b * (a + b)) * f[at(-1)]
        results.append(out)
    return results[0] if len(axes) == 1 else tuple(results)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integrate along the given axis using the composite trapezoidal rule."""
    y = asanyarray(y)
    axis = _axis(axis, y.ndim)
    if x is None:
        d = dx
    else:
        x = asanyarray(x)
        d = diff(x, axis=axis if x.ndim > 1 else -1)
        if x.ndim == 1:
            d = d.reshape((1,) * axis + (-1,) + (1,) * (y.ndim - axis - 1))
    at = (slice(None),) * axis
    return (d * (y[at + (slice(1, None),)] + y[at + (slice(None, -1),)]) / 2.0).sum(axis)


def trapz(y, x=None, dx=1.0, axis=-1):
    """`trapz` is deprecated in NumPy 2.0."""
    import warnings
    warnings.warn('`trapz` is deprecated. Use `trapezoid` instead, or one of the numerical integration functions in `scipy.integrate`.',
                  DeprecationWarning, stacklevel=2)
    return trapezoid(y, x=x, dx=dx, axis=axis)


def _cumulative(method, x, axis, dtype, out, include_initial, first):
    x = asanyarray(x)
    if axis is None:
        if x.ndim > 1:
            raise ValueError('For arrays which have more than one dimension ``axis`` argument is required.')
        axis = 0
    result = getattr(x, method)(axis=axis, dtype=dtype, out=out)
    if include_initial:
        shape = list(x.shape)
        shape[axis] = 1
        result = concatenate([np.full(shape, first, dtype=result.dtype), result], axis=axis)
    return result


def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Return the cumulative sum of the elements along a given axis."""
    return _cumulative('cumsum', x, axis, dtype, out, include_initial, 0)


def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Return the cumulative product of elements along a given axis."""
    return _cumulative('cumprod', x, axis, dtype, out, include_initial, 1)


# ---- correlation, histograms, interpolation ---------------------------------------------------------------------------------

def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Estimate a covariance matrix, given data and weights."""
    if ddof is not None and ddof != int(ddof):
        raise ValueError('ddof must be integer')
    m = asarray(m)
    if m.ndim > 2:
        raise ValueError('m has more than 2 dimensions')
    if y is not None:
        y = asarray(y)
        if y.ndim > 2:
            raise ValueError('y has more than 2 dimensions')
    if dtype is None:
        dtype = np.result_type(m, np.float64) if y is None else np.result_type(m, y, np.float64)
    x = np.array(m, ndmin=2, dtype=dtype)
    if not rowvar and m.ndim != 1:
        x = x.T
    if x.shape[0] == 0:
        return np.array([]).reshape(0, 0)
    if y is not None:
        y = np.array(y, copy=None, ndmin=2, dtype=dtype)
        x = concatenate((x, y if rowvar or y.shape[0] == 1 else y.T), axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    if fweights is not None:
        fweights = asarray(fweights, dtype=float)
        _check_weights(fweights, 'fweights', x.shape[1])
        if not np.all(fweights == np.rint(fweights)):
            raise TypeError('fweights must be integer')
        w = fweights
    if aweights is not None:
        aweights = asarray(aweights, dtype=float)
        _check_weights(aweights, 'aweights', x.shape[1])
        w = aweights if w is None else w * aweights
    mean, total = average(x, axis=1, weights=w, returned=True)
    total = total[0]
    if w is None:
        freedom = x.shape[1] - ddof
    elif ddof == 0:
        freedom = total
    elif aweights is None:
        freedom = total - ddof
    else:
        freedom = total - ddof * np.sum(w * aweights) / total
    if freedom <= 0:
        import warnings
        warnings.warn('Degrees of freedom <= 0 for slice', RuntimeWarning, stacklevel=2)
        freedom = 0.0
    x = x - mean[:, None]
    c = np.dot(x, (x if w is None else x * w).T.conj())
    c = c * np.true_divide(1, freedom)
    return asarray(c).squeeze()


def _check_weights(weights, name, n):
    if weights.ndim > 1:
        raise RuntimeError(f'cannot handle multidimensional {name}')
    if weights.shape[0] != n:
        raise RuntimeError(f'incompatible numbers of samples and {name}')
    if np.any(weights < 0):
        raise ValueError(f'{name} cannot be negative')


def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Return Pearson product-moment correlation coefficients."""
    c = asarray(cov(x, y, rowvar, dtype=dtype))
    if c.ndim == 0:
        return c / c
    d = np.sqrt(c.diagonal().real)
    c = c / d[:, None] / d[None, :]
    if c.dtype.kind == 'c':
        c.real = np.clip(c.real, -1, 1)
        c.imag = np.clip(c.imag, -1, 1)
        return c
    return np.clip(c, -1, 1)


def digitize(x, bins, right=False):
    """Return the indices of the bins to which each value in input array belongs."""
    bins = asarray(bins)
    steps = diff(bins)
    if np.all(steps >= 0):
        return bins.searchsorted(x, 'left' if right else 'right')
    if np.all(steps <= 0):
        return len(bins) - np.ascontiguousarray(bins[::-1]).searchsorted(x, 'left' if right else 'right')
    raise ValueError('bins must be monotonically increasing or decreasing')


def interp(x, xp, fp, left=None, right=None, period=None):
    """One-dimensional linear interpolation for monotonically increasing sample points."""
    fp = asarray(fp)
    x, xp, fp = asarray(x, np.float64), asarray(xp, np.float64), fp.astype(np.complex128 if fp.dtype.kind == 'c' else np.float64, copy=False)
    if xp.ndim != 1 or fp.ndim != 1 or len(xp) != len(fp):
        raise ValueError('fp and xp are not of the same length.')
    if len(xp) == 0:
        raise ValueError('array of sample points is empty')
    if period is not None:
        if period == 0:
            raise ValueError('period must be a non-zero value')
        period = abs(period)
        x, xp = x % period, xp % period
        order = xp.argsort()
        xp, fp = xp[order], fp[order]
        xp = concatenate((xp[-1:] - period, xp, xp[0:1] + period))
        fp = concatenate((fp[-1:], fp, fp[0:1]))
        left = right = None
    if len(xp) == 1:
        result = asarray(np.where(x < xp[0], fp[0] if left is None else left, np.where(x > xp[0], fp[0] if right is None else right, fp[0])))
        return result[()]
    j = np.clip(asarray(xp.searchsorted(x, 'right')) - 1, 0, len(xp) - 2)
    slope = (fp[j + 1] - fp[j]) / (xp[j + 1] - xp[j])
    result = slope * (x - xp[j]) + fp[j]
    result = np.where(x == xp[j + 1], fp[j + 1], result)
    result = np.where(x < xp[0], fp[0] if left is None else left, result)
    result = np.where(x > xp[-1], fp[-1] if right is None else right, result)
    return np.where(np.isnan(x), x, result)[()]
