"""What Generator and RandomState share: checks of probabilities, integers from arrays of ranges, shuffling of anything."""

import math
import operator

import _numpy as np


def total(size):
    """The number of draws that a size asks for."""
    return math.prod(size) if hasattr(size, '__iter__') else operator.index(size)


def with_size(size, *more):
    """The shape `size` followed by more axes."""
    if size is None:
        return more
    if hasattr(size, '__iter__'):
        return tuple(size) + more
    return (operator.index(size),) + more


def checked_probabilities(p, pop_size, notes):
    tolerance = 2.0 ** -26
    if isinstance(p, np.ndarray) and p.dtype.kind == 'f':
        tolerance = max(tolerance, {'float16': 2.0 ** -5, 'float32': 2.0 ** -11.5}.get(p.dtype.name, 0))
    p = np.asarray(p).astype(np.float64)
    if p.ndim != 1:
        raise ValueError("'p' must be 1-dimensional" if not notes else 'p must be 1-dimensional')
    if p.size != pop_size:
        raise ValueError("'a' and 'p' must have same size" if not notes else 'a and p must have same size')
    sum_ = math.fsum(p.tolist())
    if math.isnan(sum_):
        raise ValueError("probabilities contain NaN" if not notes else 'Probabilities contain NaN')
    if np.any(p < 0):
        raise ValueError('probabilities are not non-negative' if not notes else 'Probabilities are not non-negative')
    if abs(sum_ - 1.0) > tolerance:
        raise ValueError('probabilities do not sum to 1' if not notes
                         else 'Probabilities do not sum to 1. See Notes section of docstring for more information.')
    return p


def distribution_function(p):
    cdf = p.cumsum()
    cdf /= cdf[-1]
    return cdf


def chosen_without_repeats(p, shape, size, draw):
    """`size` places that differ, by the probabilities p; draw(n) gives n uniform numbers."""
    from numpy import count_nonzero, unique
    if count_nonzero(p > 0) < size:
        raise ValueError('Fewer non-zero entries in p than size')
    p = p.copy()
    found = np.zeros(shape, np.int64)
    flat = found.ravel()
    n = 0
    while n < size:
        x = draw(size - n)
        if n > 0:
            p[flat[:n]] = 0
        new = distribution_function(p).searchsorted(x, side='right')
        _, first = unique(new, return_index=True)
        first.sort()
        new = new.take(first)
        flat[n:n + new.size] = new
        n += new.size
    return found


def picked(a, index, is_scalar, axis=0):
    """The elements at the chosen places."""
    if is_scalar and isinstance(index, np.ndarray):
        index = index.item(0)
    if a.ndim == 0:
        return index
    if not is_scalar and index.ndim == 0:
        result = np.empty((), dtype=a.dtype)
        result[()] = a[index]
        return result
    return a.take(index, axis=axis)


def integers_of_arrays(draws, low, high, size, dtype, closed):
    """Integers whose range differs from element to element."""
    from numpy import broadcast_arrays, broadcast_shapes, iinfo
    single = high is None
    if single:
        low, high = 0, low
    low, high = np.asarray(low), np.asarray(high)
    least, greatest = (0, 1) if dtype.kind == 'b' else (iinfo(dtype).min, iinfo(dtype).max)

    def checked(bound, name, limit):
        if bound.dtype.kind == 'f':
            if bound.size and not np.all(np.isfinite(bound)):
                raise ValueError(f'{name} is out of bounds for {dtype.name}')
            bound = bound.astype(np.int64)
        items = bound.ravel().tolist()
        if items and (min(items) < least or max(items) > limit):
            raise ValueError(f'{name} is out of bounds for {dtype.name}')
        return items

    lows = checked(low, 'low', greatest)
    highs = checked(high, 'high', greatest + (not closed))
    shape = broadcast_shapes(low.shape, high.shape)
    if size is not None:
        wanted = with_size(size)
        shape = broadcast_shapes(wanted, shape)
        if shape != wanted:
            raise ValueError(f'Output size {wanted} is not compatible with broadcast dimensions of inputs {shape}.')
    ends = [value - (not closed) for value in highs]
    words = np.array([value % 2 ** 64 for value in lows], np.uint64).reshape(low.shape), np.array([value % 2 ** 64 for value in ends], np.uint64).reshape(high.shape)
    order = np.array(lows, _exact(lows)).reshape(low.shape), np.array(ends, _exact(ends)).reshape(high.shape)
    if np.any(np.greater(*order)):
        raise ValueError(('high < 0' if closed else 'high <= 0') if single else 'low > high' if closed else 'low >= high')
    first, last = (np.ascontiguousarray(np.broadcast_to(x, shape)).reshape(shape) for x in words)
    drawn = draws._bounded(first, np.ascontiguousarray(last - first).reshape(shape), dtype)
    return drawn if shape else drawn[()]


def _exact(values):
    return np.uint64 if values and max(values) >= 2 ** 63 and min(values) >= 0 else np.int64


def shuffle(draws, x, axis):
    """Shuffles a sequence in place, by exchanges from its last element down."""
    if type(x) is np.ndarray and x.ndim == 1 and x.flags.c_contiguous:
        if axis not in (0, -1):
            raise np.AxisError(f'axis {axis} is out of bounds for array of dimension 1')
        draws._shuffle_rows(x)
    elif isinstance(x, np.ndarray):
        if x.ndim == 0:
            raise TypeError('len() of unsized object')
        if not x.flags.writeable:
            raise ValueError('array is read-only')
        order = np.arange(x.shape[axis])
        draws._shuffle_rows(order)
        x[...] = x.take(order, axis=axis)
    else:
        if axis != 0:
            raise NotImplementedError('Axis argument is only supported on ndarray objects')
        i = len(x)
        for j in draws._partners(i).tolist():
            i -= 1
            x[i], x[j] = x[j], x[i]


def permutation(draws, x, axis):
    if isinstance(x, (int, np.integer)):
        order = np.arange(x)
        draws._shuffle_rows(order)
        return order
    x = np.asarray(x)
    if x.ndim == 0:
        raise np.AxisError('x must be an integer or at least 1-dimensional')
    if x.ndim == 1 and axis in (0, -1):
        result = np.array(x)
        draws._shuffle_rows(result)
        return result
    order = np.arange(x.shape[axis])
    draws._shuffle_rows(order)
    return x.take(order, axis=axis)
