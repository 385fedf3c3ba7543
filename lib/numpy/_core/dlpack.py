"""Arrays of other libraries, through the buffer protocol or their own conversion."""

import _numpy as np


def from_dlpack(x, /, *, device=None, copy=None):
    """Create a NumPy array from an object implementing the ``__dlpack__`` protocol."""
    if device not in (None, 'cpu'):
        raise ValueError('only the device "cpu" is supported')
    if isinstance(x, np.ndarray):
        made = x.view()
        return made.copy() if copy else made
    if not hasattr(x, '__dlpack__'):
        raise AttributeError(f"'{type(x).__name__}' object has no attribute '__dlpack__'")
    raise NotImplementedError('DLPack capsules of other libraries are not supported yet')
