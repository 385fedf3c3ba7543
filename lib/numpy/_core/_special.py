"""Parts of arrays of objects, text, dates and structures that need no speed: the text of scalars, sorting by fields, products of
objects, ranges of dates."""

import _numpy as np
from _numpy import asarray, ndarray


# ---- scalars -----------------------------------------------------------------------------------------------------------

def _date_str(x):
    return np._date_texts(np.array(x))[0]


_UNIT_NAMES = {'Y': 'years', 'M': 'months', 'W': 'weeks', 'D': 'days', 'h': 'hours', 'm': 'minutes', 's': 'seconds', 'ms': 'milliseconds',
               'us': 'microseconds', 'ns': 'nanoseconds', 'ps': 'picoseconds', 'fs': 'femtoseconds', 'as': 'attoseconds', 'generic': 'generic time units'}


def _count(x):
    return int(np.array(x).view('int64'))


def _is_nat(x):
    return _count(x) == -2**63


def scalar_str(x):
    kind = x.dtype.kind
    if kind == 'M':
        return _date_str(x)
    if kind == 'm':
        if _is_nat(x):
            return 'NaT'
        unit, multiple = np.datetime_data(x.dtype)
        return f'{_count(x) * multiple} {_UNIT_NAMES[unit]}'
    if x.dtype.names is not None:
        from numpy._core.arrayprint import _void_scalar_to_string
        return _void_scalar_to_string(x, is_repr=False)
    return str(x.item()) if kind != 'V' else _void_str(x)


def _void_str(x):
    return "b'" + ''.join(f'\\x{b:02X}' for b in x.tobytes()) + "'"


def _multiple(dtype):
    unit, multiple = np.datetime_data(dtype)
    return unit if multiple == 1 else f'{multiple}{unit}'


def scalar_repr(x):
    kind, name = x.dtype.kind, type(x).__name__
    if kind == 'M':
        unit = np.datetime_data(x.dtype)
        text = _date_str(x)
        # The unit is told where the text does not show it.
        shown = unit[1] == 1 and unit[0] != 'h'
        if text == 'NaT':
            return f"np.{name}('NaT')"
        return f"np.{name}('{text}')" if shown else f"np.{name}('{text}','{_multiple(x.dtype)}')"
    if kind == 'm':
        text = "'NaT'" if _is_nat(x) else str(_count(x))
        if np.datetime_data(x.dtype)[0] == 'generic':
            return f'np.{name}({text})'
        return f"np.{name}({text},'{_multiple(x.dtype)}')"
    if kind == 'V':
        if x.dtype.names is not None:
            from numpy._core.arrayprint import _void_scalar_to_string
            return _void_scalar_to_string(x, is_repr=True)
        return f'np.void({_void_str(x)})'
    return f'np.{name}({x.item()!r})'


def scalar_reduce(x):
    from numpy._core.multiarray import scalar
    if x.dtype.hasobject:
        return scalar, (x.dtype, np.array(x).item())
    return scalar, (x.dtype, x.tobytes())


def unit_of(unit, dates):
    """The dtype of dates or spans of a unit given as (unit, multiple) or the like."""
    if isinstance(unit, tuple):
        name = unit[0] if isinstance(unit[0], str) else unit[0].decode()
        return np.dtype(f"{'M' if dates else 'm'}8[{unit[1] if len(unit) > 1 else ''}{name}]")
    if isinstance(unit, bytes):
        return np.dtype(f"{'M' if dates else 'm'}8[{unit.decode()}]")
    raise TypeError('Invalid datetime unit')


def date_hash(x):
    if x.dtype.kind == 'M':
        value = np.array(x)
        try:
            return hash(value.astype('M8[us]').item()) if not _is_nat(x) else hash(_count(x))
        except (ValueError, OverflowError, AttributeError):
            return hash(_count(x))
    try:
        return hash(x.item())
    except TypeError:
        return hash(_count(x))


# ---- objects ------------------------------------------------------------------------------------------------------------

def deepcopy_objects(a, memo):
    import copy
    flat = a.reshape(-1) if a.flags.c_contiguous else a.T.reshape(-1)
    if a.dtype.names is None:
        for i in range(flat.size):
            flat[i:i + 1].fill(copy.deepcopy(flat[i], memo))
        return
    for name in a.dtype.names:
        if a.dtype[name].hasobject:
            deepcopy_objects(a[name], memo)


def matmul(a, b):
    if (isinstance(a, (str, bytes)) or isinstance(b, (str, bytes))):
        return NotImplemented
    a, b = asarray(a), asarray(b)
    if a.ndim == 0 or b.ndim == 0:
        which = 0 if a.ndim == 0 else 1
        raise ValueError(f'matmul: Input operand {which} does not have enough dimensions (has 0, gufunc core with signature (n?,k),(k,m?)->(n?,m?) requires 1)')
    common = np.promote_types(a.dtype, b.dtype)
    if common.char not in 'OgG':
        if common.kind in 'biufc':
            return np.matmul(a.astype(common), b.astype(common))
        raise TypeError(f"ufunc 'matmul' did not contain a loop with signature matching types ({a.dtype!r}, {b.dtype!r}) -> None")
    a, b = a.astype(common), b.astype(common)
    left, right = a.ndim == 1, b.ndim == 1
    if left:
        a = a[None, :]
    if right:
        b = b[:, None]
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f'matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) '
                         f'(size {b.shape[-2]} is different from {a.shape[-1]})')
    out = np.add.reduce(a[..., :, :, None] * b[..., None, :, :], axis=-2)
    if left:
        out = out[..., 0, :]
    if right:
        out = out[..., 0]
    return out if isinstance(out, ndarray) and out.ndim else asarray(out)[()]


def dot(a, b):
    a, b = asarray(a), asarray(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    common = np.promote_types(a.dtype, b.dtype)
    if common.kind in 'biufc' and common.char not in 'gG':
        return np.dot(a.astype(common), b.astype(common))
    if common.char not in 'OgG':
        raise TypeError(f'Cannot find a common data type for these operands of dot: {a.dtype!r}, {b.dtype!r}')
    axis = 0 if b.ndim == 1 else b.ndim - 2
    if a.shape[-1] != b.shape[axis]:
        raise ValueError(f"shapes {str(a.shape).replace(' ', '')} and {str(b.shape).replace(' ', '')} not aligned: "
                         f'{a.shape[-1]} (dim {a.ndim - 1}) != {b.shape[axis]} (dim {axis})')
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    from numpy import tensordot
    return tensordot(a, b, axes=((a.ndim - 1,), (axis,)))


# ---- structures -----------------------------------------------------------------------------------------------------------

def _order_of(own, order):
    names = [order] if isinstance(order, str) else list(order)
    for name in names:
        if name not in own.names:
            raise ValueError(f'unknown field name: {name}')
    return names + [name for name in own.names if name not in names]


def argsort_by_fields(a, axis, order):
    keys = _order_of(a.dtype, order)
    if axis is None:
        a, axis = a.ravel(), -1
    from numpy import lexsort
    return lexsort([a[name] for name in reversed(keys)], axis=axis)


def sort_by_fields(a, axis, order):
    from numpy import take_along_axis
    a[...] = take_along_axis(a, argsort_by_fields(a, axis, order), axis)


def compare_structures(a, b, op):
    """== and != of structured arrays: all fields. NotImplemented where that has no meaning."""
    x = a if isinstance(a, (ndarray, np.generic)) else asarray(a)
    y = b if isinstance(b, (ndarray, np.generic)) else asarray(b)
    p, q = x.dtype, y.dtype
    equal = op == 2
    if op not in (2, 3):
        name = {0: 'less', 1: 'less_equal', 4: 'greater', 5: 'greater_equal'}[op]
        from numpy._core._exceptions import UFuncTypeError
        raise UFuncTypeError(f"ufunc '{name}' did not contain a loop with signature matching types ({type(p)}, {type(q)}) -> None")
    x, y = asarray(x), asarray(y)
    if p.names is None and q.names is None and p.kind == q.kind == 'V':
        if p.itemsize != q.itemsize:
            answer = np.zeros(np.broadcast_to(x, _shape(x, y)).shape, bool)
        else:
            return _same_bytes(x, y, equal)
        return _plain(answer if equal else ~answer)
    if p.kind != 'V' or q.kind != 'V':
        raise TypeError('Cannot compare structured or void to non-void arrays.')
    if p.names is None or q.names is None:
        if (p.names is None) != (q.names is None) and p.kind in 'V' and q.kind in 'V':
            raise TypeError('Cannot compare unstructured voids of different length. Use `.view()` to compare.')
        answer = np.zeros(_shape(x, y), bool)
        return _plain(answer if equal else ~answer)
    if p.names != q.names:
        raise TypeError('Cannot compare structured arrays unless they have a common dtype.  I.e. `np.result_type(arr1, arr2)` must be defined.')
    shape = _shape(x, y)
    answer = np.ones(shape, bool)
    if not p.names:
        return _plain(answer if equal else ~answer)
    for name in p.names:
        u, v = x[name], y[name]
        extra = u.ndim - x.ndim
        if extra or v.ndim - y.ndim:
            if u.shape[x.ndim:] != v.shape[y.ndim:]:
                raise TypeError('Cannot compare structured arrays unless they have a common dtype.  I.e. `np.result_type(arr1, arr2)` must be defined.')
        same = asarray(u == v)
        if extra:
            same = same.all(axis=tuple(range(same.ndim - extra, same.ndim)))
        answer = answer & same
    return _plain(answer if equal else ~answer)


def _shape(x, y):
    from numpy import broadcast_shapes
    return broadcast_shapes(x.shape, y.shape)


def _plain(answer):
    answer = asarray(answer)
    return answer if answer.ndim else answer[()]


def _same_bytes(x, y, equal):
    size = x.dtype.itemsize
    flat = [z.astype('V%d' % size).reshape(-1) for z in (np.broadcast_to(x, _shape(x, y)), np.broadcast_to(y, _shape(x, y)))]
    answer = np.array([a.tobytes() == b.tobytes() for a, b in zip(flat[0], flat[1])], bool).reshape(_shape(x, y))
    return _plain(answer if equal else ~answer)


# ---- ranges -----------------------------------------------------------------------------------------------------------------

def arange(start, stop, step, dtype):
    """np.arange of dates and spans, and of whatever else is no plain number."""
    if stop is None:
        start, stop = None, start
    given = [x for x in (start, stop, step) if x is not None]
    dates = dtype if dtype is not None and dtype.kind in 'mM' else None
    if dates is None or np.datetime_data(dates)[0] == 'generic':
        for x in given:
            own = getattr(x, 'dtype', None)
            if own is None and not isinstance(x, (int, float)):
                kind = dates.kind if dates is not None else None
                own = asarray(x, dates).dtype if kind else asarray(x).dtype
            if own is not None and own.kind in 'mM':
                if dates is None or np.datetime_data(dates)[0] == 'generic':
                    dates = own
                else:
                    dates = np.promote_types(dates, own)
    if dates is None:
        return _arange_objects(start, stop, step, dtype)
    span = np.dtype(dates.str.replace('M', 'm'))
    if dates.kind == 'M':
        if start is None:
            raise ValueError('arange requires both a start and a stop for NumPy datetime64 ranges')
        first = _count(asarray(start, dates)[()])
        try:
            last = _count(asarray(stop, dates)[()])
        except (TypeError, ValueError):
            last = first + _count(asarray(stop, span)[()])
        if isinstance(stop, np.timedelta64) or (isinstance(stop, int) and not isinstance(stop, bool)):
            last = first + _count(asarray(stop, span)[()])
    else:
        first = 0 if start is None else _count(asarray(start, span)[()])
        last = _count(asarray(stop, span)[()])
    by = 1 if step is None else _count(asarray(step, span)[()])
    if by == 0:
        raise ValueError('Maximum allowed size exceeded')
    if -2**63 in (first, last, by):
        raise ValueError("arange: cannot use NaT (not-a-time) datetime values")
    counts = np.arange(first, last, by, np.dtype('int64'))
    made = np.empty(counts.shape, dates)
    made.view('int64')[...] = counts
    return made


def _arange_objects(start, stop, step, dtype):
    start = 0 if start is None else start
    step = 1 if step is None else step
    if dtype is not None and dtype.kind in 'USV':
        raise TypeError(f"arange() not supported for inputs with DType {type(dtype)}.")
    span = (stop - start) / step
    import math
    n = max(math.ceil(span), 0)
    own = dtype if dtype is not None else np.dtype(object)
    values = [start + i * step for i in range(n)]
    if own.kind == 'O':
        out = np.empty(n, object)
        for i, x in enumerate(values):
            out[i] = x
        return out
    return np.array(values, own)
