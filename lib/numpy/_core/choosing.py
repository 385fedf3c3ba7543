"""Sorting, sets, and choosing elements."""

import _numpy as np
from _numpy import asarray, asanyarray, concatenate, empty, ones, zeros
from numpy._core.numeric import _axis


def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    """Return a sorted copy of an array."""
    if axis is None:
        a, axis = asanyarray(a).flatten(), -1
    else:
        a = asanyarray(a).copy(order='K')
    a.sort(axis=axis, kind=kind, order=order, stable=stable)
    return a


def partition(a, kth, axis=-1, kind='introselect', order=None):
    """Return a partitioned copy of an array."""
    if axis is None:
        a, axis = asanyarray(a).flatten(), -1
    else:
        a = asanyarray(a).copy(order='K')
    a.partition(kth, axis=axis, kind=kind, order=order)
    return a


def lexsort(keys, axis=-1):
    """Perform an indirect stable sort using a sequence of keys."""
    keys = [asarray(k) for k in keys]
    if not keys:
        raise TypeError('need sequence of keys with len > 0 in lexsort')
    if any(k.shape != keys[0].shape for k in keys):
        raise ValueError('all keys need to be the same shape')
    if keys[0].ndim == 0:
        return np.int64(0)
    order = keys[0].argsort(axis=axis)
    for key in keys[1:]:
        again = take_along_axis(key, order, axis).argsort(axis=axis)
        order = take_along_axis(order, again, axis)
    return order


def take_along_axis(arr, indices, axis=-1):
    """Take values from the input array by matching 1d index and data slices."""
    arr, indices = asanyarray(arr), asarray(indices)
    if axis is None:
        return arr.ravel()[indices]
    if indices.ndim != arr.ndim:
        raise ValueError('`indices` and `arr` must have the same number of dimensions')
    return arr[_along(arr, indices, _axis(axis, arr.ndim))]


def put_along_axis(arr, indices, values, axis):
    """Put values into the destination array by matching 1d index and data slices."""
    indices = asarray(indices)
    if axis is None:
        arr.flat[indices] = values
    else:
        arr[_along(arr, indices, _axis(axis, arr.ndim))] = values


def _along(arr, indices, axis):
    n = arr.ndim
    return tuple(indices if i == axis else np.arange(arr.shape[i]).reshape((1,) * i + (-1,) + (1,) * (n - i - 1)) for i in range(n))


class _Result(tuple):
    """A tuple with names."""

    def __new__(cls, **fields):
        self = tuple.__new__(cls, fields.values())
        self.__dict__.update(fields)
        return self


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True):
    """Find the unique elements of an array."""
    ar = asanyarray(ar)
    shape = ar.shape
    if axis is not None and ar.ndim != 1:
        return _unique_rows(ar, return_index, return_inverse, return_counts, _axis(axis, ar.ndim))
    flat = ar.ravel()
    wants_order = return_index or return_inverse
    if wants_order:
        order = flat.argsort(kind='stable')
        values = flat[order]
    else:
        values = sort(flat)
    first = empty(values.shape, bool)
    first[:1] = True
    first[1:] = values[1:] != values[:-1]
    if equal_nan and values.size and values.dtype.kind in 'fcmM' and values[-1] != values[-1]:
        first[int(np.argmax(np.isnan(values))) + 1:] = False
    results = [values[first]]
    if return_index:
        results.append(order[first])
    if return_inverse:
        inverse = empty(first.shape, np.int64)
        inverse[order] = np.cumsum(first) - 1
        results.append(inverse.reshape(shape) if axis is None else inverse)
    if return_counts:
        places = concatenate((first.nonzero()[0], [first.size])) if first.size else zeros(1, int)
        results.append(places[1:] - places[:-1])
    return results[0] if len(results) == 1 else tuple(results)


def _unique_rows(ar, return_index, return_inverse, return_counts, axis):
    from numpy._core.numeric import moveaxis
    rows = moveaxis(ar, axis, 0)
    flat = rows.reshape(rows.shape[0], -1)
    order = lexsort(flat.T[::-1]) if flat.shape[1] else np.arange(flat.shape[0])
    values = flat[order]
    first = ones(len(values), bool)
    if len(values) > 1:
        first[1:] = (values[1:] != values[:-1]).any(axis=1)
    unique_rows = values[first].reshape((int(first.sum()),) + rows.shape[1:])
    results = [moveaxis(unique_rows, 0, axis)]
    if return_index:
        results.append(order[first])
    if return_inverse:
        inverse = empty(first.shape, np.int64)
        inverse[order] = np.cumsum(first) - 1
        results.append(inverse)
    if return_counts:
        places = concatenate((first.nonzero()[0], [first.size]))
        results.append(places[1:] - places[:-1])
    return results[0] if len(results) == 1 else tuple(results)


def unique_values(x):
    """Returns the unique elements of an input array `x`."""
    return unique(x, equal_nan=False)


def unique_counts(x):
    """Find the unique elements and counts of an input array `x`."""
    values, counts = unique(x, return_counts=True, equal_nan=False)
    return _Result(values=values, counts=counts)


def unique_inverse(x):
    """Find the unique elements of `x` and indices to reconstruct `x`."""
    values, inverse = unique(x, return_inverse=True, equal_nan=False)
    return _Result(values=values, inverse_indices=inverse)


def unique_all(x):
    """Find the unique elements of an array, and counts, inverse, and indices."""
    values, index, inverse, counts = unique(x, True, True, True, equal_nan=False)
    return _Result(values=values, indices=index, inverse_indices=inverse, counts=counts)


def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Calculates ``element in test_elements``, broadcasting over `element` only."""
    if kind not in (None, 'sort', 'table'):
        raise ValueError(f"Invalid kind: '{kind}'. Please use None, 'sort' or 'table'.")
    element, test = asarray(element), asarray(test_elements).ravel()
    if element.dtype.kind in 'biu' and test.dtype.kind in 'biu':
        if test.size and kind != 'sort':
            low, high = int(test.min()), int(test.max())
            if kind == 'table' or high - low <= 6 * (element.size + test.size):
                return _is_in_table(element, test, low, high, invert)
    elif kind == 'table':
        raise ValueError("The 'table' method is only supported for boolean or integer arrays. Please select 'sort' or None for kind.")
    if element.dtype.hasobject or test.dtype.hasobject:
        # Objects need not have an order.
        found = zeros(element.shape, bool)
        for one in test.tolist():
            found |= element == one
        return ~found if invert else found
    test = sort(test)
    if test.size == 0:
        return np.full(element.shape, invert)
    kind_ = np.promote_types(element.dtype, test.dtype)
    element, test = element.astype(kind_, copy=False), test.astype(kind_, copy=False)
    places = asarray(test.searchsorted(element))
    found = asarray(test[np.minimum(places, test.size - 1)] == element)
    return ~found if invert else found


def _is_in_table(element, test, low, high, invert):
    """isin by a table of the integers from low to high."""
    table = np.full(high - low + 1, invert)
    table[_steps_from(low, test)] = not invert
    inside = asarray((element >= low) & (element <= high))
    found = asarray(table[np.where(inside, _steps_from(low, element), 0)])
    return asarray(found | ~inside if invert else found & inside)


def _steps_from(low, integers):
    """integers - low as int64, right where none is below it."""
    if low >= 2 ** 63:
        return (integers.astype(np.uint64) - np.uint64(low)).astype(np.int64)
    return integers.astype(np.int64, copy=False) - low


def in1d(ar1, ar2, assume_unique=False, invert=False, *, kind=None):
    """Test whether each element of a 1-D array is also present in a second array."""
    import warnings
    warnings.warn('`in1d` is deprecated. Use `np.isin` instead.', DeprecationWarning, stacklevel=2)
    return isin(asarray(ar1).ravel(), ar2, assume_unique, invert)


def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """Find the intersection of two arrays."""
    ar1, ar2 = asarray(ar1).ravel(), asarray(ar2).ravel()
    if return_indices:
        a, i = unique(ar1, return_index=True)
        b, j = unique(ar2, return_index=True)
        common = a[isin(a, b)]
        return common, i[a.searchsorted(common)], j[b.searchsorted(common)]
    a = unique(ar1)
    return a[isin(a, ar2)]


def union1d(ar1, ar2):
    """Find the union of two arrays."""
    return unique(concatenate((asarray(ar1).ravel(), asarray(ar2).ravel())))


def setdiff1d(ar1, ar2, assume_unique=False):
    """Find the set difference of two arrays."""
    a = asarray(ar1).ravel() if assume_unique else unique(ar1)
    return a[isin(a, ar2, invert=True)]


def setxor1d(ar1, ar2, assume_unique=False):
    """Find the set exclusive-or of two arrays."""
    a, b = unique(ar1), unique(ar2)
    return sort(concatenate((a[isin(a, b, invert=True)], b[isin(b, a, invert=True)])))


def extract(condition, arr):
    """Return the elements of an array that satisfy some condition."""
    return asarray(arr).ravel()[asarray(condition).ravel().nonzero()[0]]


def place(arr, mask, vals):
    """Change elements of an array based on conditional and input values."""
    places = asarray(mask).ravel().nonzero()[0]
    vals = asarray(vals).ravel()
    if places.size and not vals.size:
        raise ValueError('Cannot insert from an empty array!')
    arr.put(places, vals) if places.size else None


def putmask(a, mask, values):
    """Changes elements of an array based on conditional and input values."""
    mask, values = asarray(mask).astype(bool), asarray(values)
    if values.shape != a.shape:
        values = values.ravel()
        values = concatenate((values,) * -(-a.size // values.size))[:a.size].reshape(a.shape) if values.size else values
    a[mask] = values[mask]


def select(condlist, choicelist, default=0):
    """Return an array drawn from elements in choicelist, depending on conditions."""
    if len(condlist) != len(choicelist):
        raise ValueError('list of cases must be same length as list of conditions')
    if not condlist:
        raise ValueError('select with an empty condition list is not possible')
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        result = np.where(condition, choice, result)
    return result


def piecewise(x, condlist, funclist, *args, **kw):
    """Evaluate a piecewise-defined function."""
    x = asanyarray(x)
    if isinstance(condlist, bool) or (not isinstance(condlist[0], (list, np.ndarray)) and x.ndim):
        condlist = [condlist]
    conditions = [asarray(c, bool) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        rest = ~conditions[0] if conditions else ones(x.shape, bool)
        for c in conditions[1:]:
            rest = rest & ~c
        conditions.append(asarray(rest))
    elif len(funclist) != len(conditions):
        raise ValueError(f'with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions are expected')
    y = np.zeros_like(x)
    for condition, function in zip(conditions, funclist):
        if callable(function):
            chosen = x[condition]
            if chosen.size:
                y[condition] = function(chosen, *args, **kw)
        else:
            y[condition] = function
    return y


def choose(a, choices, out=None, mode='raise'):
    """Construct an array from an index array and a list of arrays to choose from."""
    from numpy._core.shape_base import broadcast_arrays
    index, *choices = broadcast_arrays(a, *choices)
    n = len(choices)
    if mode == 'wrap':
        index = index % n
    elif mode == 'clip':
        index = np.clip(index, 0, n - 1)
    elif np.any(index < 0) or np.any(index >= n):
        raise ValueError('invalid entry in choice array')
    result = empty(index.shape, np.result_type(*choices)) if out is None else out
    for k, choice in enumerate(choices):
        np.copyto(result, choice, where=asarray(index == k))
    return result


def compress(condition, a, axis=None, out=None):
    """Return selected slices of an array along given axis."""
    condition = asarray(condition)
    if condition.ndim != 1:
        raise ValueError('condition must be a 1-d array')
    return asarray(a).take(condition.nonzero()[0], axis=axis, out=out)


def trim_zeros(filt, trim='fb', axis=None):
    """Remove values along a dimension which are zero along all other."""
    a = asarray(filt)
    trim = trim.lower()
    if trim not in ('fb', 'bf', 'f', 'b'):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    axes = range(a.ndim) if axis is None else [_axis(axis, a.ndim)] if hasattr(axis, '__index__') else [_axis(k, a.ndim) for k in axis]
    places = a.nonzero()
    cut = [slice(None)] * a.ndim
    for k in axes:
        if a.ndim and len(places[0]):
            first, last = int(places[k].min()), int(places[k].max()) + 1
        else:
            first = last = 0
        cut[k] = slice(first if 'f' in trim else 0, last if 'b' in trim else a.shape[k])
    return filt[cut[0]] if a.ndim == 1 else a[tuple(cut)]


def fill_diagonal(a, val, wrap=False):
    """Fill the main diagonal of the given array of any dimensionality."""
    if a.ndim < 2:
        raise ValueError('array must be at least 2-d')
    if a.ndim > 2 and len(set(a.shape)) != 1:
        raise ValueError('All dimensions of input must be of equal length')
    i = np.arange(min(a.shape))
    if wrap and a.ndim == 2 and a.shape[0] > a.shape[1]:
        step = a.shape[1] + 1
        a.flat[::step] = val
        return
    a[(i,) * a.ndim] = val
