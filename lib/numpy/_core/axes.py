"""Axis arguments: checked, and counted from the front."""

import operator

from numpy.exceptions import AxisError


def normalize_axis_index(axis, ndim, msg_prefix=None):
    """Normalizes an axis index, `axis`, such that is a valid positive index into the shape of array with `ndim` dimensions."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise AxisError(axis, ndim, msg_prefix)
    return axis % ndim


def normalize_axis_tuple(axis, ndim, argname=None, allow_duplicate=False):
    """Normalizes an axis argument into a tuple of non-negative integer axes."""
    if type(axis) not in (tuple, list):
        try:
            axis = [operator.index(axis)]
        except TypeError:
            pass
    axis = tuple(normalize_axis_index(x, ndim, argname) for x in axis)
    if not allow_duplicate and len(set(axis)) != len(axis):
        raise ValueError(f'repeated axis in `{argname}` argument' if argname else 'repeated axis')
    return axis
