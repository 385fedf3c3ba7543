"""Views made by setting strides."""

from _numpy import _as_strided, asarray, broadcast_to  # noqa: F401


def as_strided(x, shape=None, strides=None, subok=False, writeable=True):
    """Create a view into the array with the given shape and strides."""
    return _as_strided(x, shape, strides, writeable)


def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    """Create a sliding window view into the array with the given window shape."""
    window = tuple(window_shape) if hasattr(window_shape, '__iter__') else (window_shape,)
    x = asarray(x)
    if any(w < 0 for w in window):
        raise ValueError('`window_shape` cannot contain negative values')
    if axis is None:
        axis = tuple(range(x.ndim))
        if len(window) != len(axis):
            raise ValueError('Since axis is `None`, must provide window_shape for all dimensions of `x`; '
                             f'got {len(window)} window_shape elements and `x.ndim` is {x.ndim}.')
    else:
        axis = tuple(a % x.ndim for a in (axis if hasattr(axis, '__iter__') else (axis,)))
        if len(window) != len(axis):
            raise ValueError('Must provide matching length window_shape and axis; '
                             f'got {len(window)} window_shape elements and {len(axis)} axes elements.')
    strides = x.strides + tuple(x.strides[a] for a in axis)
    shape = list(x.shape)
    for a, w in zip(axis, window):
        if shape[a] < w:
            raise ValueError('window shape cannot be larger than input array shape')
        shape[a] -= w - 1
    return as_strided(x, tuple(shape) + window, strides, writeable=writeable)
