"""Names under which pickles and other packages look for NumPy's core."""

from _numpy import *  # noqa: F401,F403
from _numpy import ndarray, dtype


def _reconstruct(subtype, shape, typecode):
    """An empty array to be filled by __setstate__."""
    return ndarray.__new__(subtype, shape, 'B' if typecode in (b'b', 'b') else typecode)


def scalar(type_, value):
    """A scalar from its dtype and bytes."""
    import _numpy
    return _numpy.frombuffer(value, dtype=dtype(type_))[0]
