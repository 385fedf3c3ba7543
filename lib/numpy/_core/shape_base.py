"""Joining, splitting, repeating and reordering arrays; index helpers."""

import itertools
import math
import operator

import _numpy as np
from _numpy import asarray, asanyarray, arange, empty, concatenate
from numpy._core.numeric import _axis, moveaxis


def _many(results):
    return results[0] if len(results) == 1 else tuple(results)


def atleast_1d(*arys):
    """Convert inputs to arrays with at least one dimension."""
    return _many([a.reshape(1) if a.ndim == 0 else a for a in map(asanyarray, arys)])


def atleast_2d(*arys):
    """View inputs as arrays with at least two dimensions."""
    return _many([a.reshape(1, 1) if a.ndim == 0 else a[None, :] if a.ndim == 1 else a for a in map(asanyarray, arys)])


def atleast_3d(*arys):
    """View inputs as arrays with at least three dimensions."""
    return _many([a.reshape(1, 1, 1) if a.ndim == 0 else a[None, :, None] if a.ndim == 1 else a[:, :, None] if a.ndim == 2 else a
                  for a in map(asanyarray, arys)])


def _list(arrays, at_least):
    if not hasattr(arrays, '__getitem__'):
        raise TypeError('arrays to stack must be passed as a "sequence" type such as list or tuple.')
    return [at_least(a) for a in arrays]


def vstack(tup, *, dtype=None, casting='same_kind'):
    """Stack arrays in sequence vertically (row wise)."""
    return concatenate(_list(tup, atleast_2d), 0, dtype=dtype, casting=casting)


def row_stack(tup, *, dtype=None, casting='same_kind'):
    """Stack arrays in sequence vertically (row wise)."""
    import warnings
    warnings.warn('`row_stack` alias is deprecated. Use `np.vstack` directly.', DeprecationWarning, stacklevel=2)
    return vstack(tup, dtype=dtype, casting=casting)


def hstack(tup, *, dtype=None, casting='same_kind'):
    """Stack arrays in sequence horizontally (column wise)."""
    arrays = _list(tup, atleast_1d)
    return concatenate(arrays, 0 if arrays and arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


def dstack(tup):
    """Stack arrays in sequence depth wise (along third axis)."""
    return concatenate(_list(tup, atleast_3d), 2)


def column_stack(tup):
    """Stack 1-D arrays as columns into a 2-D array."""
    return concatenate([a[:, None] if a.ndim < 2 else a for a in (atleast_1d(x) for x in tup)], 1)


def stack(arrays, axis=0, out=None, *, dtype=None, casting='same_kind'):
    """Join a sequence of arrays along a new axis."""
    arrays = [asanyarray(a) for a in arrays]
    if not arrays:
        raise ValueError('need at least one array to stack')
    if len({a.shape for a in arrays}) != 1:
        raise ValueError('all input arrays must have the same shape')
    axis = _axis(axis, arrays[0].ndim + 1)
    where = (slice(None),) * axis + (None,)
    return concatenate([a[where] for a in arrays], axis=axis, out=out, dtype=dtype, casting=casting)


def unstack(x, /, *, axis=0):
    """Split an array into a sequence of arrays along the given axis."""
    x = asarray(x)
    if x.ndim == 0:
        raise ValueError('Input array must be at least 1-d.')
    return tuple(moveaxis(x, axis, 0))


def array_split(ary, indices_or_sections, axis=0):
    """Split an array into multiple sub-arrays."""
    ary = asanyarray(ary)
    axis = _axis(axis, ary.ndim)
    length = ary.shape[axis]
    try:
        places = [0, *indices_or_sections, length]
    except TypeError:
        n = int(indices_or_sections)
        if n <= 0:
            raise ValueError('number sections must be larger than 0.') from None
        each, extra = divmod(length, n)
        places = [0, *itertools.accumulate([each + 1] * extra + [each] * (n - extra))]
    before = (slice(None),) * axis
    return [ary[before + (slice(a, b),)] for a, b in zip(places, places[1:])]


def split(ary, indices_or_sections, axis=0):
    """Split an array into multiple sub-arrays as views into `ary`."""
    if not hasattr(indices_or_sections, '__len__'):
        if asanyarray(ary).shape[axis] % indices_or_sections:
            raise ValueError('array split does not result in an equal division')
    return array_split(ary, indices_or_sections, axis)


def hsplit(ary, indices_or_sections):
    """Split an array into multiple sub-arrays horizontally (column-wise)."""
    if np.ndim(ary) == 0:
        raise ValueError('hsplit only works on arrays of 1 or more dimensions')
    return split(ary, indices_or_sections, 1 if np.ndim(ary) > 1 else 0)


def vsplit(ary, indices_or_sections):
    """Split an array into multiple sub-arrays vertically (row-wise)."""
    if np.ndim(ary) < 2:
        raise ValueError('vsplit only works on arrays of 2 or more dimensions')
    return split(ary, indices_or_sections, 0)


def dsplit(ary, indices_or_sections):
    """Split array into multiple sub-arrays along the 3rd axis (depth)."""
    if np.ndim(ary) < 3:
        raise ValueError('dsplit only works on arrays of 3 or more dimensions')
    return split(ary, indices_or_sections, 2)


def _block_depth(arrays, empties, index=()):
    """How deep lists of blocks are nested, the most axes of a block, and how many elements there are."""
    if type(arrays) is tuple:
        where = 'arrays' + ''.join(f'[{i}]' for i in index)
        raise TypeError(f'{where} is a tuple. Only lists can be used to arrange blocks, and np.block does not allow implicit conversion from tuple to ndarray.')
    if type(arrays) is not list:
        return len(index), np.ndim(arrays), np.asarray(arrays).size
    if not arrays:
        empties.append('arrays' + ''.join(f'[{i}]' for i in index))
        return len(index) + 1, 0, 0
    found = [_block_depth(x, empties, index + (i,)) for i, x in enumerate(arrays)]
    for i, (levels, _, _) in enumerate(found):
        if levels != found[0][0]:
            place = 'arrays' + ''.join(f'[{i}]' for i in index + (i,))
            raise ValueError(f'List depths are mismatched. First element was at depth {found[0][0]}, but there is an element at depth {levels} ({place})')
    return found[0][0], max(ndim for _, ndim, _ in found), sum(size for _, _, size in found)


def _block_setup(arrays):
    """The blocks, the depth of their lists, the number of axes of the result, and its size."""
    empties = []
    levels, ndim, size = _block_depth(arrays, empties)
    if empties:
        raise ValueError(f'List at {empties[0]} cannot be empty')
    return arrays, levels, max(levels, ndim), size


def _block_concatenate(arrays, list_ndim, result_ndim):
    """A block matrix by concatenation from the innermost lists on."""
    def join(x, level):
        if level < list_ndim:
            return concatenate([join(y, level + 1) for y in x], axis=level - list_ndim)
        x = asanyarray(x)
        return x.reshape((1,) * (result_ndim - x.ndim) + x.shape)
    result = join(arrays, 0)
    return result.copy() if list_ndim == 0 else result


def _block_slicing(arrays, list_ndim, result_ndim):
    """A block matrix by one allocation that the blocks are copied into."""
    blocks = []

    def place(x, level, start):
        # The extents of what lies under x; its blocks are noted with their starts.
        if level == list_ndim:
            x = asarray(x)
            x = x.reshape((1,) * (result_ndim - x.ndim) + x.shape)
            blocks.append((start, x))
            return x.shape
        axis = result_ndim - list_ndim + level
        shape, at = None, list(start)
        for y in x:
            inner = place(y, level + 1, tuple(at))
            if shape is None:
                shape = list(inner)
            else:
                for i in range(result_ndim):
                    if i != axis and shape[i] != inner[i]:
                        raise ValueError(f'Mismatched array shapes in block along axis {axis}.')
                shape[axis] += inner[axis]
            at[axis] += inner[axis]
        return tuple(shape)

    shape = place(arrays, 0, (0,) * result_ndim)
    pieces = [x for _, x in blocks]
    fortran = all(x.flags.f_contiguous for x in pieces) and not all(x.flags.c_contiguous for x in pieces)
    result = empty(shape, np.result_type(*(x.dtype for x in pieces)), order='F' if fortran else 'C')
    for start, x in blocks:
        result[tuple(slice(i, i + n) for i, n in zip(start, x.shape))] = x
    return result


def _block_dispatcher(arrays):
    """The blocks one after the other."""
    if type(arrays) is list:
        for x in arrays:
            yield from _block_dispatcher(x)
    else:
        yield arrays


def block(arrays):
    """Assemble an nd-array from nested lists of blocks."""
    arrays, list_ndim, result_ndim, size = _block_setup(arrays)
    # Joining copies an element once for each level; slicing once.
    if list_ndim * size > 2 * 512 * 512:
        return _block_slicing(arrays, list_ndim, result_ndim)
    return _block_concatenate(arrays, list_ndim, result_ndim)


def tile(A, reps):
    """Construct an array by repeating A the number of times given by reps."""
    reps = tuple(reps) if hasattr(reps, '__iter__') else (reps,)
    a = np.array(A, copy=None, ndmin=len(reps))
    if all(r == 1 for r in reps):
        return np.array(A, ndmin=len(reps))
    reps = (1,) * (a.ndim - len(reps)) + reps
    shape = tuple(n * r for n, r in zip(a.shape, reps))
    wide = a.reshape([k for n in a.shape for k in (1, n)])
    result = np.broadcast_to(wide, [k for n, r in zip(a.shape, reps) for k in (r, n)])
    return np.array(result, order='C').reshape(shape) if result.size else empty(shape, a.dtype)


def expand_dims(a, axis):
    """Expand the shape of an array."""
    a = asanyarray(a)
    axes = tuple(axis) if hasattr(axis, '__iter__') else (axis,)
    n = a.ndim + len(axes)
    axes = [_axis(x, n) for x in axes]
    if len(set(axes)) != len(axes):
        raise ValueError('repeated axis')
    rest = iter(a.shape)
    return a.reshape([1 if i in axes else next(rest) for i in range(n)])


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """Apply a function to 1-D slices along the given axis."""
    arr = asanyarray(arr)
    axis = _axis(axis, arr.ndim)
    lines = moveaxis(arr, axis, -1)
    places = list(itertools.product(*map(range, lines.shape[:-1])))
    if not places:
        raise ValueError('Cannot apply_along_axis when any iteration dimensions are 0')
    first = asanyarray(func1d(lines[places[0]], *args, **kwargs))
    out = empty(lines.shape[:-1] + first.shape, first.dtype)
    out[places[0]] = first
    for place in places[1:]:
        out[place] = func1d(lines[place], *args, **kwargs)
    for i in range(first.ndim):
        out = moveaxis(out, out.ndim - first.ndim + i, axis + i)
    return out


def apply_over_axes(func, a, axes):
    """Apply a function repeatedly over multiple axes."""
    value = asarray(a)
    n = value.ndim
    for axis in axes if hasattr(axes, '__iter__') else (axes,):
        axis = _axis(axis, n)
        result = func(value, axis)
        value = result if result.ndim == n else expand_dims(result, axis)
        if value.ndim != n:
            raise ValueError('function is not returning an array of the correct shape')
    return value


def append(arr, values, axis=None):
    """Append values to the end of an array."""
    arr = asanyarray(arr)
    if axis is None:
        return concatenate((arr.ravel(), asarray(values).ravel()))
    return concatenate((arr, asarray(values)), axis=axis)


def delete(arr, obj, axis=None):
    """Return a new array with sub-arrays along an axis deleted."""
    arr = asarray(arr)
    if axis is None:
        arr, axis = arr.ravel(), 0
    axis = _axis(axis, arr.ndim)
    n = arr.shape[axis]
    keep = np.ones(n, bool)
    if isinstance(obj, slice):
        keep[obj] = False
    else:
        obj = asarray(obj)
        if obj.size == 0 and obj.dtype.kind != 'b':
            obj = obj.astype(int)
        if obj.ndim == 0:
            i = int(obj)
            if not -n <= i < n:
                raise IndexError(f'index {i} is out of bounds for axis {axis} with size {n}')
        elif obj.dtype.kind == 'b' and obj.shape != (n,):
            raise ValueError(f'boolean array argument `obj` to delete must be one-dimensional and match the axis length of {n}')
        keep[obj] = False
    return arr[(slice(None),) * axis + (keep,)]


def insert(arr, obj, values, axis=None):
    """Insert values along the given axis before the given indices."""
    arr = asarray(arr)
    if axis is None:
        arr, axis = arr.ravel(), 0
    axis = _axis(axis, arr.ndim)
    n = arr.shape[axis]
    if isinstance(obj, slice):
        places = arange(n)[obj]
    else:
        places = asarray(obj)
        if places.dtype.kind == 'b':
            places = places.nonzero()[0]
        elif places.size == 0:
            places = places.astype(int)
    values = np.array(values, copy=None, ndmin=arr.ndim, dtype=arr.dtype)
    before = (slice(None),) * axis
    if places.size == 1:
        i = int(places.reshape(-1)[0])
        if not -n <= i <= n:
            raise IndexError(f'index {i} is out of bounds for axis {axis} with size {n}')
        if i < 0:
            i += n
        if places.ndim == 0:
            values = moveaxis(values, 0, axis)
        count = values.shape[axis]
        shape = list(arr.shape)
        shape[axis] += count
        new = empty(shape, arr.dtype)
        new[before + (slice(None, i),)] = arr[before + (slice(None, i),)]
        new[before + (slice(i, i + count),)] = values
        new[before + (slice(i + count, None),)] = arr[before + (slice(i, None),)]
        return new
    places = places.copy()
    places[places < 0] += n
    order = places.argsort()
    places[order] += arange(len(places))
    shape = list(arr.shape)
    shape[axis] += len(places)
    old = np.ones(shape[axis], bool)
    old[places] = False
    new = empty(shape, arr.dtype)
    new[before + (places,)] = values
    new[before + (old,)] = arr
    return new


def resize(a, new_shape):
    """Return a new array with the specified shape."""
    new_shape = tuple(new_shape) if hasattr(new_shape, '__iter__') else (new_shape,)
    if any(n < 0 for n in new_shape):
        raise ValueError('all elements of `new_shape` must be non-negative')
    a = asarray(a).ravel()
    size = math.prod(new_shape)
    if a.size == 0 or size == 0:
        return np.zeros(new_shape, a.dtype)
    return concatenate((a,) * -(-size // a.size))[:size].reshape(new_shape)


def flip(m, axis=None):
    """Reverse the order of elements in an array along the given axis."""
    m = asanyarray(m)
    axes = range(m.ndim) if axis is None else axis if hasattr(axis, '__iter__') else (axis,)
    axes = [_axis(x, m.ndim) for x in axes]
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


def fliplr(m):
    """Reverse the order of elements along axis 1 (left/right)."""
    m = asanyarray(m)
    if m.ndim < 2:
        raise ValueError('Input must be >= 2-d.')
    return m[:, ::-1]


def flipud(m):
    """Reverse the order of elements along axis 0 (up/down)."""
    m = asanyarray(m)
    if m.ndim < 1:
        raise ValueError('Input must be >= 1-d.')
    return m[::-1, ...]


def rot90(m, k=1, axes=(0, 1)):
    """Rotate an array by 90 degrees in the plane specified by axes."""
    m = asanyarray(m)
    first, second = (_axis(x, m.ndim) for x in axes)
    if first == second:
        raise ValueError('Axes must be different.')
    k %= 4
    if k == 0:
        return m[:]
    if k == 2:
        return flip(flip(m, first), second)
    order = list(range(m.ndim))
    order[first], order[second] = order[second], order[first]
    if k == 1:
        return flip(m, second).transpose(order)
    return flip(m.transpose(order), second)


def broadcast_shapes(*args):
    """Broadcast the input shapes into a single shape."""
    shapes = [(s,) if isinstance(s, int) else tuple(s) for s in args]
    result = []
    for i in range(1, max(map(len, shapes), default=0) + 1):
        lengths = {s[-i] for s in shapes if len(s) >= i} - {1}
        if len(lengths) > 1:
            raise ValueError('shape mismatch: objects cannot be broadcast to a single shape.  Mismatch is between '
                             + _mismatch(shapes, i))
        result.append(lengths.pop() if lengths else 1)
    return tuple(reversed(result))


def _mismatch(shapes, i):
    found = []
    for k, s in enumerate(shapes):
        if len(s) >= i and s[-i] != 1 and (not found or found[0][1][-i] != s[-i]):
            found.append((k, s))
    (a, s), (b, t) = found[:2]
    text = lambda x: '(' + ','.join(map(str, x)) + (',)' if len(x) == 1 else ')')  # noqa: E731
    return f'arg {a} with shape {text(s)} and arg {b} with shape {text(t)}.'


def broadcast_arrays(*args, subok=False):
    """Broadcast any number of arrays against each other."""
    arrays = [asarray(a) for a in args]
    shape = broadcast_shapes(*[a.shape for a in arrays])
    return tuple(a if a.shape == shape else np.broadcast_to(a, shape) for a in arrays)


class broadcast:
    """Produce an object that mimics broadcasting."""

    def __init__(self, *args):
        self._arrays = broadcast_arrays(*args)
        self.shape = broadcast_shapes(*[np.shape(a) for a in args])
        self.nd = self.ndim = len(self.shape)
        self.size = math.prod(self.shape)
        self.numiter = len(args)
        self.index = 0

    @property
    def iters(self):
        return tuple(a.flat for a in self._arrays)

    def __iter__(self):
        return zip(*(a.flat for a in self._arrays))

    def reset(self):
        self.index = 0


def ix_(*args):
    """Construct an open mesh from multiple sequences."""
    out = []
    for i, a in enumerate(args):
        a = asarray(a)
        if a.ndim != 1:
            raise ValueError('Cross index must be 1 dimensional')
        if a.size == 0:
            a = a.astype(int)
        if a.dtype.kind == 'b':
            a = a.nonzero()[0]
        out.append(a.reshape((1,) * i + (-1,) + (1,) * (len(args) - i - 1)))
    return tuple(out)


def unravel_index(indices, shape, order='C'):
    """Converts a flat index or array of flat indices into a tuple of coordinate arrays."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    flat = asarray(indices)
    size = math.prod(shape)
    bad = flat[(flat < 0) | (flat >= size)] if flat.ndim else ([flat] if not 0 <= int(flat) < size else [])
    if len(bad):
        raise ValueError(f'index {int(bad[0])} is out of bounds for array with size {size}')
    out = []
    for n in reversed(shape) if order == 'C' else shape:
        flat, rest = np.divmod(flat, n)
        out.append(rest)
    return tuple(reversed(out)) if order == 'C' else tuple(out)


def ravel_multi_index(multi_index, dims, mode='raise', order='C'):
    """Converts a tuple of index arrays into an array of flat indices."""
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    modes = (mode,) * len(dims) if isinstance(mode, str) else mode
    pairs = list(zip(multi_index, dims, modes))
    if order == 'F':
        pairs.reverse()
    flat = 0
    for i, n, m in pairs:
        i = asarray(i)
        if m == 'wrap':
            i = i % n
        elif m == 'clip':
            i = np.clip(i, 0, n - 1)
        elif np.any(i < 0) or np.any(i >= n):
            raise ValueError('invalid entry in coordinates array')
        flat = flat * n + i
    return flat


class ndindex:
    """An N-dimensional iterator object to index arrays."""

    def __init__(self, *shape):
        if len(shape) == 1 and isinstance(shape[0], tuple):
            shape = shape[0]
        if any(operator.index(n) < 0 for n in shape):
            raise ValueError('negative dimensions are not allowed')
        self._it = itertools.product(*map(range, shape))

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._it)


class ndenumerate:
    """Multidimensional index iterator."""

    def __init__(self, arr):
        self._array = asarray(arr)
        self._it = itertools.product(*map(range, self._array.shape))

    def __iter__(self):
        return self

    def __next__(self):
        place = next(self._it)
        return place, self._array[place]


class _IndexExpression:
    def __init__(self, maketuple):
        self.maketuple = maketuple

    def __getitem__(self, item):
        if self.maketuple and not isinstance(item, tuple):
            return (item,)
        return item


index_exp = _IndexExpression(True)
s_ = _IndexExpression(False)


def _ramp(key):
    """One slice of mgrid: step an imaginary number means a count of points, ends included."""
    start = 0 if key.start is None else key.start
    step = 1 if key.step is None else key.step
    if isinstance(step, complex):
        from numpy._core.numeric import linspace
        return linspace(start, key.stop, int(abs(step)))
    return arange(start, key.stop, step)


class _Grid:
    def __init__(self, sparse):
        self.sparse = sparse

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            return _ramp(key)
        ramps = [_ramp(k) for k in key]
        dtype = np.result_type(*ramps)
        n = len(ramps)
        open_ = [r.astype(dtype).reshape((1,) * i + (-1,) + (1,) * (n - i - 1)) for i, r in enumerate(ramps)]
        if self.sparse:
            return tuple(open_)
        result = empty((n,) + tuple(len(r) for r in ramps), dtype)
        for i, r in enumerate(open_):
            result[i] = r
        return result


mgrid = _Grid(False)
ogrid = _Grid(True)


class _Concatenator:
    """Joins what is written in brackets. A text before it says how: "axis,least dimensions,place of the axes", "r" or "c"."""

    def __init__(self, axis, ndmin, trans1d, as_matrix=False):
        self._way = axis, ndmin, trans1d, as_matrix

    def __getitem__(self, key):
        axis, ndmin, trans1d, as_matrix = self._way
        column = False
        pieces = []
        for place, k in enumerate(key if isinstance(key, tuple) else (key,)):
            if isinstance(k, str):
                if place != 0:
                    raise ValueError('special directives must be the first entry.')
                if k in ('r', 'c'):
                    as_matrix, column = True, k == 'c'
                elif ',' in k:
                    try:
                        numbers = [int(x) for x in k.split(',')]
                    except ValueError as error:
                        raise ValueError(f'unknown special directive {k!r}') from error
                    axis, ndmin = numbers[:2]
                    if len(numbers) == 3:
                        trans1d = numbers[2]
                else:
                    try:
                        axis = int(k)
                    except (ValueError, TypeError) as error:
                        raise ValueError('unknown special directive') from error
                continue
            a = _ramp(k) if isinstance(k, slice) else asarray(k)
            own = a.ndim
            if isinstance(k, slice) or own == 0:
                own = 1
                a = a.reshape((1,) * (max(ndmin, 1) - 1) + (-1,))
                if trans1d != -1 and ndmin > 1:
                    a = a.swapaxes(-1, trans1d)
            elif own < ndmin:
                a = a.reshape((1,) * (ndmin - own) + a.shape)
                if trans1d != -1:
                    added = ndmin - own
                    start = trans1d + (added + 1 if trans1d < 0 else 0)
                    order = list(range(ndmin))
                    order = order[:start] + order[added:] + order[start:added]
                    a = a.transpose(order)
            pieces.append(a)
        if as_matrix:
            pieces = [p.reshape(1, -1) if p.ndim < 2 else p for p in pieces]
            axis = -1
        result = concatenate(pieces, axis=axis)
        if as_matrix:
            from numpy.matrixlib import asmatrix
            result = asmatrix(result)
            return result.T if column else result
        return result

    def __len__(self):
        return 0


r_ = _Concatenator(0, 1, -1)
c_ = _Concatenator(-1, 2, 0)
