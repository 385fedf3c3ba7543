"""nditer: iteration over several arrays together, element by element or in runs. Buffering casts each element as it is met."""

import operator

import _numpy as np
from _numpy import asarray

_FLAGS = {'buffered', 'c_index', 'copy_if_overlap', 'common_dtype', 'delay_bufalloc', 'external_loop', 'f_index', 'grow_inner', 'multi_index', 'ranged',
          'reduce_ok', 'refs_ok', 'zerosize_ok'}


class nditer:
    """Efficient multi-dimensional iterator object to iterate over arrays."""

    def __init__(self, op, flags=None, op_flags=None, op_dtypes=None, order='K', casting='safe', op_axes=None, itershape=None, buffersize=0):
        operands = list(op) if isinstance(op, (tuple, list)) else [op]
        flags = set(flags or ())
        if not flags <= _FLAGS:
            raise ValueError(f'Unexpected iterator global flag "{min(flags - _FLAGS)}"')
        if op_axes is not None or itershape is not None:
            raise NotImplementedError('nditer with op_axes or itershape is not supported yet')
        if 'external_loop' in flags and flags & {'multi_index', 'c_index', 'f_index'}:
            raise ValueError('Iterator flag EXTERNAL_LOOP cannot be used if an index or multi-index is being tracked')
        self._flags = flags
        n = len(operands)
        if op_flags is None:
            op_flags = [['readonly'] if x is not None else ['writeonly', 'allocate'] for x in operands]
        elif op_flags and isinstance(op_flags[0], str):
            op_flags = [list(op_flags)] * n
        self._write = [bool({'readwrite', 'writeonly'} & set(f)) for f in op_flags]
        dtypes = [None] * n if op_dtypes is None else list(op_dtypes) if isinstance(op_dtypes, (list, tuple)) else [op_dtypes] * n
        from numpy._core.shape_base import broadcast_shapes
        arrays = [None if x is None else asarray(x) for x in operands]
        shape = broadcast_shapes(*(x.shape for x in arrays if x is not None))
        common = np.result_type(*(x for x in arrays if x is not None))
        order = order.upper()
        if order == 'K' or order == 'A':
            first = max((x for x in arrays if x is not None), key=lambda x: x.ndim)
            axes = sorted(range(len(shape)), key=lambda k: -abs(first.strides[k - len(shape) + first.ndim]) if k >= len(shape) - first.ndim else -(1 << 62))
        else:
            axes = list(range(len(shape)))
            if order == 'F':
                axes.reverse()
        for k, x in enumerate(arrays):
            if x is None:
                arrays[k] = np.empty(shape, dtypes[k] or common)
            elif self._write[k]:
                if not x.flags.writeable:
                    raise ValueError('output array is read-only')
                if x.shape != shape and 'reduce_ok' not in flags:
                    raise ValueError('non-broadcastable operand with shape '
                                     f'{_text(x.shape)} doesn\'t match the broadcast shape {_text(shape)}')
        if 'common_dtype' in flags:
            dtypes = [common] * n
        casts = [d is not None and np.dtype(d) != x.dtype for d, x in zip(dtypes, arrays)]
        if any(casts) and not flags & {'buffered'} and not all({'copy', 'updateifcopy'} & set(f) or not c for f, c in zip(op_flags, casts)):
            raise TypeError('Iterator operand required copying or buffering, but neither copying nor buffering was enabled')
        self._originals = arrays
        self._copies = [np.array(x, dtype=d) if c else x for x, d, c in zip(arrays, dtypes, casts)]
        self._casts = casts
        self.shape, self.ndim, self.nop = shape, len(shape), n
        self._axes = axes
        self.itersize = 1
        for extent in shape:
            self.itersize *= extent
        if self.itersize == 0 and 'zerosize_ok' not in flags and 'external_loop' not in flags:
            raise ValueError('Iteration of zero-sized operands is not enabled')
        # Views whose axes are those of the iteration, so that plain indices go in its order.
        self._views = [_wide(x, shape, write).transpose(axes) for x, write in zip(self._copies, self._write)]
        self.reset()

    # -- where it is ------------------------------------------------------------------------------------------------------
    def reset(self):
        """Reset the iterator to its initial state."""
        self._at = 0
        self._begun = False

    @property
    def iterindex(self):
        return self._at

    @iterindex.setter
    def iterindex(self, value):
        self._at = operator.index(value)

    @property
    def finished(self):
        return self._at >= self._count

    @property
    def _count(self):
        return min(1, self.itersize) if 'external_loop' in self._flags else self.itersize

    @property
    def multi_index(self):
        if 'multi_index' not in self._flags:
            raise ValueError('Iterator is not tracking a multi-index')
        place = self._place(self._at)
        result = [0] * self.ndim
        for axis, k in zip(self._axes, place):
            result[axis] = k
        return tuple(result)

    @property
    def index(self):
        if not self._flags & {'c_index', 'f_index'}:
            raise ValueError('Iterator does not have an index')
        place = self._place(self._at)
        whole = [0] * self.ndim
        for axis, k in zip(self._axes, place):
            whole[axis] = k
        axes = range(self.ndim) if 'c_index' in self._flags else range(self.ndim - 1, -1, -1)
        flat = 0
        for axis in axes:
            flat = flat * self.shape[axis] + whole[axis]
        return flat

    has_index = property(lambda self: bool(self._flags & {'c_index', 'f_index'}))
    has_multi_index = property(lambda self: 'multi_index' in self._flags)
    has_delayed_bufalloc = iterationneedsapi = property(lambda self: False)

    def _place(self, flat):
        place = []
        for axis in reversed(self._axes):
            flat, k = divmod(flat, self.shape[axis])
            place.append(k)
        return tuple(reversed(place))

    # -- what is there ----------------------------------------------------------------------------------------------------
    @property
    def operands(self):
        return tuple(self._originals)

    @property
    def itviews(self):
        return tuple(self._views)

    @property
    def dtypes(self):
        return tuple(x.dtype for x in self._copies)

    @property
    def value(self):
        items = self._items()
        return items[0] if self.nop == 1 else items

    def _items(self):
        if 'external_loop' in self._flags:
            return tuple(_flat(view, write) for view, write in zip(self._views, self._write))
        place = self._place(self._at)
        return tuple(view[place + (...,)] for view in self._views)

    def __getitem__(self, k):
        return self._items()[k]

    def __setitem__(self, k, value):
        if not self._write[k]:
            raise RuntimeError(f'Iterator operand {k} is not writeable')
        self._items()[k][...] = value

    def __len__(self):
        return self.nop

    # -- going on -----------------------------------------------------------------------------------------------------------
    def iternext(self):
        """Check whether iterations are left, and perform a single internal iteration without returning the result."""
        self._at += 1
        return not self.finished

    def __iter__(self):
        return self

    def __next__(self):
        if self._begun:
            self._at += 1
        self._begun = True
        if self.finished:
            self._give_back()
            raise StopIteration
        return self.value

    def _give_back(self):
        for original, copy, cast, write in zip(self._originals, self._copies, self._casts, self._write):
            if cast and write:
                original[...] = copy

    def close(self):
        """Resolve all writeback semantics in writeable operands."""
        self._give_back()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def copy(self):
        """Get a copy of the iterator in its current state."""
        from copy import copy
        return copy(self)

    def remove_axis(self, i):
        raise NotImplementedError('nditer.remove_axis is not supported yet')

    def enable_external_loop(self):
        """When the "external_loop" was not used during construction, but is desired, this modifies the iterator to behave as if it was."""
        self._flags = self._flags | {'external_loop'}


def _text(shape):
    return '(' + ','.join(map(str, shape)) + (',)' if len(shape) == 1 else ')')


def _wide(x, shape, write):
    if x.shape == shape:
        return x.view() if write else _read_only(x)
    if not write:
        return np.broadcast_to(x, shape)
    lead = len(shape) - x.ndim
    strides = (0,) * lead + tuple(0 if n == 1 and m != 1 else s for n, m, s in zip(x.shape, shape[lead:], x.strides))
    return np._as_strided(x, shape, strides)


def _read_only(x):
    view = x.view()
    view.flags.writeable = False
    return view


def _flat(view, write):
    """All elements in one run."""
    flat = view.reshape(-1)
    if write and not np.may_share_memory(flat, view):
        raise NotImplementedError('nditer with an external loop over an array that is not one run is not supported yet for writing')
    return flat


def nested_iters(op, axes, flags=None, op_flags=None, op_dtypes=None, order='K', casting='safe', buffersize=0):
    """Create nditers for use in nested loops."""
    raise NotImplementedError('nested_iters is not supported yet')
