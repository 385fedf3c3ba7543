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


def too_probable(pvals):
    """What is said of probabilities that come to more than 1."""
    if pvals.dtype.kind == 'f' and pvals.dtype != np.float64:
        return ('The sum of pvals[:-1].astype(np.float64) > 1.0. The pvals array is cast to 64-bit floating point prior to checking the sum. Precision '
                'changes when casting may cause problems even if the sum of the original pvals is valid.')
    return 'sum(pvals[:-1]) > 1.0' if pvals.ndim == 1 else 'sum(pvals[:-1].astype(np.float64)) > 1.0'


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


def _bound(x):
    """(shape, values) of a bound: an array, a number, or lists of numbers too large for an array."""
    try:
        a = np.asarray(x)
    except (NotImplementedError, OverflowError):
        shape, items = [], [x]
        while isinstance(items[0], (list, tuple)):
            shape.append(len(items[0]))
            items = [y for part in items for y in part]
        return tuple(shape), [operator.index(y) for y in items]
    if a.dtype.kind == 'f':
        if not np.all(np.isfinite(a)):
            raise ValueError('bounds must be finite')
        return a.shape, [int(y) for y in a.ravel().tolist()]
    return a.shape, [int(y) for y in a.ravel().tolist()]


def integers_of_arrays(draws, low, high, size, dtype, closed):
    """Integers whose range differs from element to element."""
    from numpy import broadcast_shapes, iinfo
    single = high is None
    if single:
        low, high = 0, low
    least, greatest = (0, 1) if dtype.kind == 'b' else (iinfo(dtype).min, iinfo(dtype).max)
    (low_shape, lows), (high_shape, highs) = _bound(low), _bound(high)
    ends = [value - (not closed) for value in highs]
    shape = broadcast_shapes(low_shape, high_shape)
    if size is not None:
        wanted = with_size(size)
        shape = broadcast_shapes(wanted, shape)
        if shape != wanted:
            raise ValueError(f'Output size {wanted} is not compatible with broadcast dimensions of inputs {shape}.')
    if math.prod(shape) == 0:
        return np.empty(shape, dtype)
    if min(lows) < least or max(lows) > greatest:
        raise ValueError(f'low is out of bounds for {dtype.name}')
    if max(ends) > greatest:
        raise ValueError(f'high is out of bounds for {dtype.name}')
    # Both above the least value: compared as words without a sign.
    floor = [np.broadcast_to(np.array([value - least if value >= least else 0 for value in values], np.uint64).reshape(of), shape)
             for values, of in ((lows, low_shape), (ends, high_shape))]
    below = min(ends) < least
    if below or np.any(floor[0] > floor[1]):
        raise ValueError(('high < 0' if closed else 'high <= 0') if single else 'low > high' if closed else 'low >= high')
    first, last = (np.ascontiguousarray(x).reshape(shape) for x in floor)
    start = np.array(first + np.uint64(least % 2 ** 64), np.uint64).reshape(shape)
    drawn = draws._bounded(start, np.ascontiguousarray(last - first).reshape(shape), dtype)
    return drawn if shape else drawn[()]


def checked_axis(axis, ndim):
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.AxisError(f'axis {axis} is out of bounds for array of dimension {ndim}')
    return axis


def shuffle(draws, x, axis):
    """Shuffles a sequence in place, by exchanges from its last element down."""
    if type(x) is np.ndarray and x.ndim == 1 and x.flags.c_contiguous:
        checked_axis(axis, 1)
        draws._shuffle_rows(x)
    elif isinstance(x, np.ndarray):
        if x.ndim == 0:
            raise TypeError('len() of unsized object')
        if not x.flags.writeable:
            raise ValueError('array is read-only')
        order = np.arange(x.shape[checked_axis(axis, x.ndim)])
        draws._shuffle_rows(order)
        x[...] = x.take(order, axis=axis)
    else:
        if axis != 0:
            raise NotImplementedError('Axis argument is only supported on ndarray objects')
        i = len(x)
        from collections.abc import Sequence
        if not isinstance(x, Sequence):
            import warnings
            warnings.warn(f"you are shuffling a '{type(x).__name__}' object which is not a subclass of 'Sequence'; `shuffle` is not guaranteed to "
                          'behave correctly. E.g., non-numpy array/tensor objects with view semantics may contain duplicates after shuffling.',
                          UserWarning, stacklevel=3)
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
    checked_axis(axis, x.ndim)
    if x.ndim == 1:
        result = np.array(x)
        draws._shuffle_rows(result)
        return result
    order = np.arange(x.shape[axis])
    draws._shuffle_rows(order)
    return x.take(order, axis=axis)
