"""The scalar types by kind and name."""

import warnings

import numpy as np
from numpy._core.information import ScalarType, sctypeDict, typecodes  # noqa: F401
from numpy._core.numeric import isdtype, issubdtype  # noqa: F401

sctypes = {
    'int': [np.int8, np.int16, np.int32, np.int64],
    'uint': [np.uint8, np.uint16, np.uint32, np.uint64],
    'float': [np.float16, np.float32, np.float64, np.longdouble],
    'complex': [np.complex64, np.complex128, np.clongdouble],
    'others': [np.bytes_, np.str_, np.void, np.bool, np.object_],
}
if np.longlong is not np.int64:
    sctypes['int'].append(np.longlong)
    sctypes['uint'].append(np.ulonglong)

for _name, _value in vars(np).items():
    if isinstance(_value, type) and issubclass(_value, np.generic) and not _name.startswith('_'):
        globals()[_name] = _value
del _name, _value


def maximum_sctype(t):
    """Return the scalar type of highest precision of the same kind as the input."""
    warnings.warn('`maximum_sctype` is deprecated. Use an explicit dtype like int64 or float64 instead. (deprecated in NumPy 2.0)',
                  DeprecationWarning, stacklevel=2)
    kind = obj2sctype(t)
    if kind is None:
        return t
    for base, name in ((np.signedinteger, 'int'), (np.unsignedinteger, 'uint'), (np.floating, 'float'), (np.complexfloating, 'complex')):
        if issubclass(kind, base) and not issubclass(kind, np.timedelta64):
            return sctypes[name][-1]
    return kind


def issctype(rep):
    """Determines whether the given object represents a scalar data-type."""
    if not isinstance(rep, (type, np.dtype)):
        return False
    found = obj2sctype(rep)
    return found is not None and found != np.object_


def obj2sctype(rep, default=None):
    """Return the scalar dtype or NumPy equivalent of Python type of an object."""
    if isinstance(rep, type) and issubclass(rep, np.generic):
        return rep
    if isinstance(rep, np.ndarray):
        return rep.dtype.type
    try:
        return np.dtype(rep).type
    except Exception:
        return default


def sctype2char(sctype):
    """Return the string representation of a scalar dtype."""
    kind = obj2sctype(sctype)
    if kind is None:
        raise ValueError('unrecognized type')
    if kind not in sctypeDict.values():
        raise KeyError(kind)
    return np.dtype(kind).char


def issubclass_(arg1, arg2):
    """Determine if a class is a subclass of a second class; False where that cannot be asked."""
    try:
        return issubclass(arg1, arg2)
    except TypeError:
        return False


def issubsctype(arg1, arg2):
    """Determine if the first argument is a subclass of the second argument."""
    return issubclass(obj2sctype(arg1), obj2sctype(arg2))
