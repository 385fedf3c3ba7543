"""Names under which pickles and other packages look for NumPy's core."""

from _numpy import *  # noqa: F401,F403
from _numpy import ndarray, dtype
from numpy._core.naming import names_of

CLIP, WRAP, RAISE = 0, 1, 2
MAXDIMS = 64
ITEM_HASOBJECT, LIST_PICKLE, ITEM_IS_POINTER, NEEDS_INIT, NEEDS_PYAPI, USE_GETITEM, USE_SETITEM = (1 << bit for bit in range(7))
MAY_SHARE_BOUNDS, MAY_SHARE_EXACT = 0, -1

__getattr__ = names_of(__name__, 'numpy._core.umath', 'numpy._core.axes', 'numpy')


def _reconstruct(subtype, shape, typecode):
    """An empty array to be filled by __setstate__."""
    return ndarray.__new__(subtype, shape, 'B' if typecode in (b'b', 'b') else typecode)


def scalar(type_, value):
    """A scalar from its dtype and bytes."""
    import _numpy
    return _numpy.frombuffer(value, dtype=dtype(type_))[0]


def _get_ndarray_c_version():
    """The version of the array structs, which are NumPy 2's."""
    return 0x02000000


def _vec_string(a, dtype_, name, args=()):
    """Calls a method of str or bytes for each element, with arguments that broadcast against the array."""
    import numpy as np
    a = np.asanyarray(a)
    result_dtype = dtype(dtype_)
    if a.dtype.kind not in 'SU':
        raise TypeError('string operation on non-string array')
    method = getattr(str if a.dtype.kind == 'U' else bytes, name)
    if not isinstance(args, (tuple, list)):
        raise TypeError("'args' must be a sequence")
    arrays = np.broadcast_arrays(a, *args) if args else [a]
    values = [method(x, *(v.item() if isinstance(v, np.generic) else v for v in rest)) for x, *rest in zip(*(b.flat for b in arrays))]
    if result_dtype.kind not in 'SUO' and any(isinstance(v, (str, bytes)) for v in values):
        raise TypeError('string operation returned a value that is no number')
    result = np.array(values, dtype=result_dtype) if values else np.empty(0, result_dtype)
    return result.reshape(arrays[0].shape)
