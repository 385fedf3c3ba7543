"""Helpers about the axes and the memory of arrays."""

from numpy._core.axes import normalize_axis_index, normalize_axis_tuple

__all__ = ['byte_bounds', 'normalize_axis_tuple', 'normalize_axis_index']


def byte_bounds(a):
    """Returns pointers to the end-points of an array."""
    about = a.__array_interface__
    low = high = about['data'][0]
    item = a.dtype.itemsize
    if about['strides'] is None:
        return low, high + a.size * item
    for n, step in zip(about['shape'], about['strides']):
        if step < 0:
            low += (n - 1) * step
        else:
            high += (n - 1) * step
    return low, high + item
