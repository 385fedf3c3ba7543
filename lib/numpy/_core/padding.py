"""Padding of arrays: a border on each side of each axis, filled one axis after the other."""

from itertools import product

import _numpy as np
from _numpy import asarray

_OPTIONS = {'constant': {'constant_values'}, 'linear_ramp': {'end_values'}, 'maximum': {'stat_length'}, 'mean': {'stat_length'},
            'median': {'stat_length'}, 'minimum': {'stat_length'}, 'reflect': {'reflect_type'}, 'symmetric': {'reflect_type'},
            'edge': set(), 'wrap': set(), 'empty': set()}


def _as_pairs(value, ndim, as_index=False):
    """A (before, after) pair per axis from a number, a pair or a list of pairs."""
    if value is None:
        return ((None, None),) * ndim
    x = np.array(value)
    if as_index:
        x = np.round(x).astype(np.int64, copy=False)
        if (x < 0).any():
            raise ValueError("index can't contain negative values")
    if x.ndim < 3 and x.size == 1:
        x = x.ravel()
        return ((x[0], x[0]),) * ndim
    try:
        return np.broadcast_to(x, (ndim, 2)).tolist()
    except ValueError:
        shown = '(' + ','.join(map(str, x.shape)) + (',)' if x.ndim == 1 else ')')
        raise ValueError(f'operands could not be broadcast together with remapped shapes [original->remapped]: {shown}  and requested shape ({ndim},2)') from None


def pad(array, pad_width, mode='constant', **kwargs):
    """Pad an array."""
    array = asarray(array)
    pad_width = asarray(pad_width)
    if pad_width.dtype.kind not in 'iu':
        raise TypeError('`pad_width` must be of integral type.')
    widths = _as_pairs(pad_width, array.ndim, as_index=True)
    if not callable(mode):
        if mode not in _OPTIONS:
            raise ValueError(f"mode '{mode}' is not supported")
        unknown = set(kwargs) - _OPTIONS[mode]
        if unknown:
            raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    shape = tuple(n + before + after for n, (before, after) in zip(array.shape, widths))
    out = np.empty(shape, array.dtype, order='F' if array.flags.fnc else 'C')
    inside = tuple(slice(before, before + n) for n, (before, after) in zip(array.shape, widths))
    out[inside] = array
    if callable(mode):
        return _by_function(out, array, widths, mode, kwargs)
    if mode == 'constant':
        values = _as_pairs(kwargs.get('constant_values', 0), array.ndim)
    elif mode == 'linear_ramp':
        values = _as_pairs(kwargs.get('end_values', 0), array.ndim)
    elif mode in ('maximum', 'minimum', 'mean', 'median'):
        values = _as_pairs(kwargs.get('stat_length'), array.ndim)
    for axis, (before, after) in enumerate(widths):
        if mode == 'empty' or not (before or after):
            continue
        n = array.shape[axis]
        at = lambda where: tuple(slice(None) if i < axis else where if i == axis else inside[i] for i in range(array.ndim))  # noqa: E731
        if mode != 'constant' and n == 0:
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
        if mode == 'constant':
            low, high = values[axis]
            out[at(slice(0, before))] = low
            out[at(slice(before + n, None))] = high
        elif mode in ('edge', 'wrap', 'reflect', 'symmetric'):
            places = np.arange(-before, n + after)
            _extend(out, at, axis, places, before, n, mode, kwargs.get('reflect_type', 'even'))
        elif mode == 'linear_ramp':
            for side, (width, end) in enumerate(zip((before, after), values[axis])):
                edge = out[at(slice(before, before + 1) if side == 0 else slice(before + n - 1, before + n))]
                steps = np.arange(width).reshape((-1,) + (1,) * (array.ndim - axis - 1)) / (width or 1)
                ramp = end + (edge - end) * (steps if side == 0 else steps[::-1])
                if array.dtype.kind in 'iu':
                    ramp = np.trunc(ramp)
                out[at(slice(0, before) if side == 0 else slice(before + n, None))] = ramp
        else:
            for side, length in enumerate(values[axis]):
                length = n if length is None else min(int(length), n)
                if length <= 0:
                    raise ValueError("stat_length of 0 yields no value for padding")
                part = out[at(slice(before, before + length) if side == 0 else slice(before + n - length, before + n))]
                if mode == 'median':
                    from numpy._core.statistics import median
                    value = median(part, axis=axis, keepdims=True)
                else:
                    value = getattr(part, {'maximum': 'max', 'minimum': 'min', 'mean': 'mean'}[mode])(axis=axis, keepdims=True)
                if array.dtype.kind in 'iu' and mode in ('mean', 'median'):
                    value = np.rint(value)
                out[at(slice(0, before) if side == 0 else slice(before + n, None))] = value
    return out


def _extend(out, at, axis, places, before, n, mode, reflect_type):
    """Fills the border along an axis from the elements that `mode` puts there."""
    if mode == 'edge' or n == 1 and mode == 'reflect':
        source = np.clip(places, 0, n - 1)
    elif mode == 'wrap':
        source = places % n
    elif mode == 'symmetric':
        turned = places % (2 * n)
        source = np.where(turned < n, turned, 2 * n - 1 - turned)
    else:
        turned = places % (2 * (n - 1))
        source = np.where(turned < n, turned, 2 * (n - 1) - turned)
    if reflect_type not in ('even', 'odd'):
        raise ValueError(f'unsupported reflect_type: {reflect_type!r}')
    odd = reflect_type == 'odd' and mode in ('reflect', 'symmetric') and n > 1
    if odd:
        # Each turn goes on from the edge as steep as the elements, turned about it.
        turns = places // (n if mode == 'symmetric' else n - 1)
        first, last = out[at(slice(before, before + 1))], out[at(slice(before + n - 1, before + n))]
    for border in (slice(0, before), slice(before + n, None)):
        values = out[at(source[border] + before)]
        if odd:
            turn = turns[border].reshape((-1,) + (1,) * (values.ndim - 1 - axis))
            back = turn % 2 != 0
            values = np.where(back, first + last - values, values) + turn * (last - first)
        out[at(border)] = values


def _by_function(out, array, widths, function, kwargs):
    from numpy._core.numeric import moveaxis
    for axis, width in enumerate(widths):
        lines = moveaxis(out, axis, -1)
        for place in product(*map(range, lines.shape[:-1])):
            function(lines[place], width, axis, kwargs)
    return out
