"""Further functions of masked arrays: averages, medians, rows and columns, sets, stacking, polynomials."""

import numpy as np
from numpy import ndarray
from numpy._core.naming import named
from numpy.ma import core, operations as ops
from numpy.ma.core import MaskedArray, array, asanyarray, filled, getdata, getmask, getmaskarray, mask_or, masked, masked_array, nomask

__all__ = [
    'apply_along_axis', 'apply_over_axes', 'atleast_1d', 'atleast_2d', 'atleast_3d', 'average', 'clump_masked', 'clump_unmasked', 'column_stack',
    'compress_cols', 'compress_nd', 'compress_rowcols', 'compress_rows', 'count_masked', 'corrcoef', 'cov', 'diagflat', 'dot', 'dstack', 'ediff1d',
    'flatnotmasked_contiguous', 'flatnotmasked_edges', 'hsplit', 'hstack', 'isin', 'in1d', 'intersect1d', 'mask_cols', 'mask_rowcols', 'mask_rows',
    'masked_all', 'masked_all_like', 'median', 'mr_', 'ndenumerate', 'notmasked_contiguous', 'notmasked_edges', 'polyfit', 'row_stack', 'setdiff1d',
    'setxor1d', 'stack', 'unique', 'union1d', 'vander', 'vstack',
]

dot = ops.dot


def masked_all(shape, dtype=float):
    """Empty masked array with all elements masked."""
    return masked_array(np.empty(shape, dtype), mask=np.ones(shape, core.make_mask_descr(dtype)))


def masked_all_like(arr):
    """Empty masked array with the properties of an existing array."""
    made = np.empty_like(getdata(arr)).view(MaskedArray)
    made._mask = np.ones(made.shape, dtype=core.make_mask_descr(made.dtype))
    return made


def count_masked(arr, axis=None):
    """Count the number of masked elements along the given axis."""
    return getmaskarray(arr).sum(axis)


def _both(function, name):
    @named(name, function.__doc__)
    def apply(arrays, *args, **kwargs):
        arrays = list(arrays)
        data = function([getdata(a) for a in arrays], *args, **kwargs)
        mask = function([getmaskarray(a) for a in arrays], *args, **kwargs)
        return masked_array(data, mask=mask)
    return apply


vstack, hstack, dstack, column_stack, stack = (_both(getattr(np, n), n) for n in ('vstack', 'hstack', 'dstack', 'column_stack', 'stack'))
row_stack = vstack


def _each(function, name):
    @named(name, function.__doc__)
    def apply(*arrays):
        found = [masked_array(function(getdata(a)), mask=function(getmaskarray(a))) for a in arrays]
        return found[0] if len(found) == 1 else tuple(found)
    return apply


atleast_1d, atleast_2d, atleast_3d = (_each(getattr(np, n), n) for n in ('atleast_1d', 'atleast_2d', 'atleast_3d'))


def diagflat(v, k=0):
    """Create a two-dimensional array with the flattened input as a diagonal."""
    return masked_array(np.diagflat(getdata(v), k), mask=np.diagflat(getmaskarray(v), k))


def hsplit(ary, indices_or_sections):
    """Split an array into multiple sub-arrays horizontally (column-wise)."""
    return [masked_array(d, mask=m) for d, m in zip(np.hsplit(getdata(ary), indices_or_sections), np.hsplit(getmaskarray(ary), indices_or_sections))]


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """Apply a function to 1-D slices along the given axis."""
    arr = asanyarray(arr)
    moved = np.moveaxis(arr._data, axis, -1)
    hidden = np.moveaxis(getmaskarray(arr), axis, -1)
    lead = moved.shape[:-1]
    results = []
    for place in np.ndindex(*lead):
        line = masked_array(moved[place], mask=hidden[place])
        results.append(func1d(line, *args, **kwargs))
    if np.ndim(results[0]) == 0:
        data = np.array([0 if r is masked else r for r in results])
        hidden = np.array([r is masked for r in results]).reshape(lead)
        made = masked_array(data.reshape(lead), mask=hidden if hidden.any() else nomask)
        return made if made.ndim else made[()]
    rows = ops.concatenate([asanyarray(r)[None] for r in results])
    rows = rows.reshape(lead + rows.shape[1:])
    return masked_array(np.moveaxis(rows._data, -1, axis), mask=np.moveaxis(getmaskarray(rows), -1, axis))


def apply_over_axes(func, a, axes):
    """Apply a function repeatedly over multiple axes."""
    val = asanyarray(a)
    for axis in (axes,) if np.ndim(axes) == 0 else axes:
        axis = axis + val.ndim if axis < 0 else axis
        res = func(val, axis)
        val = res if res.ndim == val.ndim else ops.expand_dims(res, axis)
    return val


def average(a, axis=None, weights=None, returned=False, *, keepdims=np._NoValue):
    """Return the weighted average of array over the given axis."""
    a = asanyarray(a)
    kept = {} if keepdims is np._NoValue else {'keepdims': keepdims}
    if weights is None:
        avg = a.mean(axis, **kept)
        scale = np.asarray(avg).dtype.type(a.count(axis)) if avg is not masked else a.count(axis)
    else:
        wgt = asanyarray(weights)
        kind = np.result_type(a.dtype, wgt.dtype, 'f8') if a.dtype.kind in 'biu' else np.result_type(a.dtype, wgt.dtype)
        if a.shape != wgt.shape:
            if axis is None:
                raise TypeError('Axis must be specified when shapes of a and weights differ.')
            axes = tuple(x % a.ndim for x in (axis if isinstance(axis, tuple) else (axis,)))
            if wgt.shape != tuple(a.shape[x] for x in axes):
                raise ValueError('Shape of weights must be consistent with shape of a along specified axis.')
            wgt = wgt.transpose(np.argsort(axes)) if wgt.ndim > 1 else wgt
            wgt = wgt.reshape(tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))
        if a._mask is not nomask:
            wgt = masked_array(np.broadcast_to(wgt._data, a.shape) * ~a._mask, mask=getmaskarray(masked_array(np.zeros(a.shape), mask=np.broadcast_to(getmaskarray(wgt), a.shape))) | a._mask)
        scale = wgt.sum(axis=axis, dtype=kind, **kept)
        avg = ops.multiply(a, wgt).sum(axis, dtype=kind, **kept) / scale
    if returned:
        if np.shape(scale) != np.shape(avg):
            scale = np.broadcast_to(scale, np.shape(avg)).copy()
        return avg, scale
    return avg


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Compute the median along the specified axis."""
    if not isinstance(a, MaskedArray) or a._mask is nomask:
        result = np.median(getdata(a), axis=axis, keepdims=keepdims)
        if isinstance(a, MaskedArray) and np.ndim(result) > 0:
            result = masked_array(result, copy=False)
    else:
        axes = tuple(range(a.ndim)) if axis is None else tuple(x % a.ndim for x in (axis if isinstance(axis, tuple) else (axis,)))
        rest = [x for x in range(a.ndim) if x not in axes]
        lead = tuple(a.shape[x] for x in rest)
        data = a._data.transpose(rest + list(axes)).reshape(lead + (-1,))
        hidden = a._mask.transpose(rest + list(axes)).reshape(lead + (-1,))
        flat, mask = data.reshape(-1, data.shape[-1]), hidden.reshape(-1, data.shape[-1])
        values, gone = [], []
        for line, m in zip(flat, mask):
            seen = line[~m]
            gone.append(seen.size == 0)
            values.append(np.median(seen) if seen.size else 0)
        if not lead and not keepdims:
            result = masked if gone[0] else values[0]
        else:
            shape = tuple(1 if x in axes else n for x, n in enumerate(a.shape)) if keepdims else lead
            result = masked_array(np.array(values).reshape(shape), mask=np.array(gone).reshape(shape))
    if out is not None:
        out[...] = result
        return out
    return result


def compress_nd(x, axis=None):
    """Suppress slices from multiple dimensions which contain masked values."""
    x = asanyarray(x)
    m = getmask(x)
    axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))
    if m is nomask or not m.any():
        return x._data
    if m.all():
        return np.array([])
    data = x._data
    for ax in axes:
        others = tuple(range(ax)) + tuple(range(ax + 1, x.ndim))
        data = data[(slice(None),) * ax + (~m.any(axis=others),)]
    return data


def compress_rowcols(x, axis=None):
    """Suppress the rows and/or columns of a 2-D array that contain masked values."""
    if np.ndim(x) != 2:
        raise NotImplementedError('compress_rowcols works for 2D arrays only.')
    return compress_nd(x, axis=axis)


def compress_rows(a):
    """Suppress whole rows of a 2-D array that contain masked values."""
    if np.ndim(a) != 2:
        raise NotImplementedError('compress_rows works for 2D arrays only.')
    return compress_rowcols(a, 0)


def compress_cols(a):
    """Suppress whole columns of a 2-D array that contain masked values."""
    if np.ndim(a) != 2:
        raise NotImplementedError('compress_cols works for 2D arrays only.')
    return compress_rowcols(a, 1)


def mask_rowcols(a, axis=None):
    """Mask rows and/or columns of a 2D array that contain masked values."""
    a = array(a, subok=False)
    if a.ndim != 2:
        raise NotImplementedError('mask_rowcols works for 2D arrays only.')
    m = getmask(a)
    if m is nomask or not m.any():
        return a
    hidden = m.nonzero()
    a._mask = a._mask.copy()
    if not axis:
        a[np.unique(hidden[0])] = masked
    if axis in (None, 1, -1):
        a[:, np.unique(hidden[1])] = masked
    return a


def mask_rows(a, axis=np._NoValue):
    """Mask rows of a 2D array that contain masked values."""
    return mask_rowcols(a, 0)


def mask_cols(a, axis=np._NoValue):
    """Mask columns of a 2D array that contain masked values."""
    return mask_rowcols(a, 1)


def ediff1d(arr, to_end=None, to_begin=None):
    """Compute the differences between consecutive elements of an array."""
    arr = asanyarray(arr).ravel()
    parts = [arr[1:] - arr[:-1]]
    if to_begin is not None:
        parts.insert(0, np.ravel(to_begin) if not isinstance(to_begin, MaskedArray) else to_begin.ravel())
    if to_end is not None:
        parts.append(np.ravel(to_end) if not isinstance(to_end, MaskedArray) else to_end.ravel())
    return ops.concatenate(parts) if len(parts) > 1 else parts[0]


def unique(ar1, return_index=False, return_inverse=False):
    """Finds the unique elements of an array; masked values are considered the same element."""
    a = asanyarray(ar1).ravel()
    seen = a.compressed()
    values = np.unique(seen)
    hidden = getmaskarray(a)
    made = masked_array(values)
    if hidden.any():
        made = ops.concatenate([made, masked_array(np.array([a._data[hidden][0]]), mask=[True])])
    results = [made]
    if return_index or return_inverse:
        inverse = np.where(hidden, len(values), np.searchsorted(values, a._data)) if hidden.any() else np.searchsorted(values, a._data)
        if return_index:
            results.append(np.array([int(np.flatnonzero(inverse == k)[0]) for k in range(len(made))], int))
        if return_inverse:
            results.append(inverse)
    return results[0] if len(results) == 1 else tuple(results)


def intersect1d(ar1, ar2, assume_unique=False):
    """Returns the unique elements common to both arrays."""
    both = ops.concatenate((ops.ravel(ar1), ops.ravel(ar2)) if assume_unique else (unique(ar1), unique(ar2)))
    both.sort()
    data, hidden = both._data, getmaskarray(both)
    return both[:-1][(data[1:] == data[:-1]) & ~hidden[1:] & ~hidden[:-1] | hidden[1:] & hidden[:-1]]


def isin(element, test_elements, assume_unique=False, invert=False):
    """Calculates `element in test_elements`, broadcasting over `element` only."""
    element, test = asanyarray(element), asanyarray(test_elements).ravel()
    found = np.isin(element._data, test.compressed())
    hidden = getmaskarray(element)
    found = np.where(hidden, getmaskarray(test).any(), found)
    return masked_array(~found if invert else found, mask=nomask)


def in1d(ar1, ar2, assume_unique=False, invert=False):
    """Test whether each element of an array is also present in a second array."""
    return isin(ops.ravel(ar1), ar2, assume_unique, invert)


def union1d(ar1, ar2):
    """Union of two arrays."""
    return unique(ops.concatenate((ops.ravel(ar1), ops.ravel(ar2))))


def setdiff1d(ar1, ar2, assume_unique=False):
    """Set difference of 1D arrays with unique elements."""
    ar1 = asanyarray(ar1).ravel() if assume_unique else unique(ar1)
    return ar1[np.asarray(in1d(ar1, ar2, True, True)._data)]


def setxor1d(ar1, ar2, assume_unique=False):
    """Set exclusive-or of 1-D arrays with unique elements."""
    x, y = (asanyarray(ar1).ravel(), asanyarray(ar2).ravel()) if assume_unique else (unique(ar1), unique(ar2))
    both = ops.concatenate((setdiff1d(x, y, True), setdiff1d(y, x, True)))
    both.sort()
    return both


def _covhelper(x, y, rowvar, allow_masked):
    x = array(x, ndmin=2, copy=True, dtype=float)
    hidden = getmaskarray(x)
    if not allow_masked and hidden.any():
        raise ValueError('Cannot process masked data.')
    if x.shape[0] == 1:
        rowvar = True
    if y is not None:
        y = array(y, ndmin=2, dtype=float)
        if x.shape[1] == y.shape[1] or x.shape == y.shape:
            common = getmaskarray(x) | getmaskarray(y) if x.shape == y.shape else None
            if common is not None and common.any():
                x, y = masked_array(x._data, mask=common), masked_array(y._data, mask=common)
        x = ops.concatenate((x, y), 0 if rowvar else 1)
    seen = (~getmaskarray(x)).astype(float)
    x = x - (x.mean(axis=1)[:, None] if rowvar else x.mean(axis=0)[None, :])
    return x, seen, rowvar


def cov(x, y=None, rowvar=True, bias=False, allow_masked=True, ddof=None):
    """Estimate the covariance matrix."""
    if ddof is not None and ddof != int(ddof):
        raise ValueError('ddof must be an integer')
    ddof = (0 if bias else 1) if ddof is None else ddof
    x, seen, rowvar = _covhelper(x, y, rowvar, allow_masked)
    d = filled(x, 0)
    if rowvar:
        n = np.dot(seen, seen.T) - ddof
        data = np.dot(d, d.T.conj())
    else:
        n = np.dot(seen.T, seen) - ddof
        data = np.dot(d.T, d.conj())
    with np.errstate(divide='ignore', invalid='ignore'):
        data = data / n
    return masked_array(data, mask=n <= 0).squeeze()


def corrcoef(x, y=None, rowvar=True, bias=np._NoValue, allow_masked=True, ddof=np._NoValue):
    """Return Pearson product-moment correlation coefficients."""
    c = cov(x, y, rowvar, allow_masked=allow_masked)
    if np.ndim(c) == 0:
        return c / c
    d = ops.sqrt(ops.diagonal(c))
    return c / ops.outer(d, d)


class _ConcatenatorAtAxis:
    def __getitem__(self, key):
        if isinstance(key, str):
            raise core.MAError('Unavailable for masked array.')
        parts = []
        for x in key if isinstance(key, tuple) else (key,):
            if isinstance(x, slice):
                x = np.r_[x]
            parts.append(ops.ravel(x) if np.ndim(x) else masked_array([getdata(x)[()]], mask=[bool(np.all(getmask(x)))]))
        return ops.concatenate(parts)


mr_ = _ConcatenatorAtAxis()


def ndenumerate(a, compressed=True):
    """Multidimensional index iterator."""
    a = asanyarray(a)
    hidden = getmaskarray(a)
    for place in np.ndindex(*a.shape):
        if not hidden[place]:
            yield place, a._data[place]
        elif not compressed:
            yield place, masked


def flatnotmasked_edges(a):
    """Find the indices of the first and last unmasked values."""
    m = getmask(a)
    if m is nomask or not m.any():
        return np.array([0, np.size(a) - 1])
    seen = np.flatnonzero(~m.ravel())
    return seen[[0, -1]] if len(seen) else None


def notmasked_edges(a, axis=None):
    """Find the indices of the first and last unmasked values along an axis."""
    a = core.asarray(a)
    if axis is None or a.ndim == 1:
        return flatnotmasked_edges(a)
    m = getmaskarray(a)
    idx = array(np.indices(a.shape), mask=np.asarray([m] * a.ndim))
    return [tuple(idx[i].min(axis).compressed() for i in range(a.ndim)), tuple(idx[i].max(axis).compressed() for i in range(a.ndim))]


def _runs(flags):
    """Slices of the runs of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype('i1'), [0]))))
    return [slice(int(i), int(j), None) for i, j in zip(edges[::2], edges[1::2])]


def flatnotmasked_contiguous(a):
    """Find contiguous unmasked data in a masked array."""
    m = getmask(a)
    return [slice(0, np.size(a))] if m is nomask else _runs(~m.ravel())


def notmasked_contiguous(a, axis=None):
    """Find contiguous unmasked data in a masked array along the given axis."""
    a = core.asarray(a)
    if a.ndim > 2:
        raise NotImplementedError('Currently limited to at most 2D array.')
    if axis is None or a.ndim == 1:
        return flatnotmasked_contiguous(a)
    return [flatnotmasked_contiguous(a[:, i] if axis % 2 == 0 else a[i]) for i in range(a.shape[(axis + 1) % 2])]


def clump_unmasked(a):
    """Return list of slices corresponding to the unmasked clumps of a 1-D array."""
    m = getmask(a)
    return [slice(0, np.size(a))] if m is nomask else _runs(~m)


def clump_masked(a):
    """Returns a list of slices corresponding to the masked clumps of a 1-D array."""
    m = getmask(a)
    return [] if m is nomask else _runs(m)


def vander(x, n=None):
    """Generate a Vandermonde matrix; rows of masked values are zero."""
    made = np.vander(getdata(x), n)
    m = getmask(x)
    if m is not nomask:
        made[m] = 0
    return made


def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Least squares polynomial fit of what is not masked."""
    x, y = core.asarray(x), core.asarray(y)
    m = getmask(x)
    if y.ndim == 1:
        m = mask_or(m, getmask(y))
    elif y.ndim == 2:
        my = getmask(mask_rows(y))
        if my is not nomask:
            m = mask_or(m, my[:, 0])
    else:
        raise TypeError('Expected a 1D or 2D array for y!')
    if w is not None:
        w = core.asarray(w)
        if w.ndim != 1:
            raise TypeError('expected a 1-d array for weights')
        if w.shape[0] != y.shape[0]:
            raise TypeError('expected w and y to have the same length')
        m = mask_or(m, getmask(w))
    if m is not nomask:
        seen = ~m
        w = None if w is None else w._data[seen]
        return np.polyfit(x._data[seen], y._data[seen], deg, rcond, full, w, cov)
    return np.polyfit(getdata(x), getdata(y), deg, rcond, full, None if w is None else getdata(w), cov)
