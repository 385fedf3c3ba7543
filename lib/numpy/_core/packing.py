"""Bits of bytes as elements."""

import operator

import _numpy as np
from _numpy import asarray


def _order(bitorder):
    if bitorder not in ('big', 'little'):
        raise ValueError("'order' must be either 'little' or 'big'")
    return bitorder == 'big'


def _last(a, axis):
    """The array with `axis` at the end; None flattens."""
    if axis is None:
        return a.ravel(), -1
    axis = operator.index(axis)
    if not -a.ndim <= axis < a.ndim:
        raise np.AxisError(f'axis {axis} is out of bounds for array of dimension {a.ndim}')
    return a.swapaxes(axis, -1), axis


def packbits(a, /, axis=None, bitorder='big'):
    """Packs the elements of a binary-valued array into bits in a uint8 array."""
    a = asarray(a)
    if a.dtype.kind not in 'biu':
        raise TypeError('Expected an input array of integer or boolean data type')
    big = _order(bitorder)
    bits, axis = _last(a, axis)
    n = -(-bits.shape[-1] // 8)
    room = np.zeros(bits.shape[:-1] + (8 * n,), np.uint8)
    room[..., :bits.shape[-1]] = bits != 0
    weights = np.array([128, 64, 32, 16, 8, 4, 2, 1] if big else [1, 2, 4, 8, 16, 32, 64, 128], np.uint8)
    packed = (room.reshape(bits.shape[:-1] + (n, 8)) * weights).sum(axis=-1, dtype=np.uint8)
    return np.ascontiguousarray(packed.swapaxes(axis, -1))


def unpackbits(a, /, axis=None, count=None, bitorder='big'):
    """Unpacks elements of a uint8 array into a binary-valued output array."""
    a = asarray(a)
    if a.dtype != np.uint8:
        raise TypeError('Expected an input array of unsigned byte data type')
    big = _order(bitorder)
    packed, axis = _last(a, axis)
    shifts = np.array([7, 6, 5, 4, 3, 2, 1, 0] if big else [0, 1, 2, 3, 4, 5, 6, 7], np.uint8)
    bits = ((packed[..., None] >> shifts) & np.uint8(1)).reshape(packed.shape[:-1] + (-1,))
    if count is not None:
        count = operator.index(count)
        n = bits.shape[-1]
        if count < 0:
            if -count > n:
                raise ValueError(f'-ve count {count} is larger than the unpacked array {n}')
            bits = bits[..., :n + count]
        elif count <= n:
            bits = bits[..., :count]
        else:
            room = np.zeros(bits.shape[:-1] + (count,), np.uint8)
            room[..., :n] = bits
            bits = room
    return np.array(bits.swapaxes(axis, -1), order='C')
