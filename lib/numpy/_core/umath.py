"""The ufuncs and constants of arithmetic, under the name that NumPy keeps them by."""

import _numpy
from numpy import e, euler_gamma, pi  # noqa: F401

for _name, _value in vars(_numpy).items():
    if isinstance(_value, _numpy.ufunc):
        globals()[_name] = _value
del _name, _value

BUFSIZE = UFUNC_BUFSIZE_DEFAULT = 8192
MAXDIMS = 64
FLOATING_POINT_SUPPORT = 1
FPE_DIVIDEBYZERO, FPE_OVERFLOW, FPE_UNDERFLOW, FPE_INVALID = 1, 2, 4, 8
PZERO, NZERO = 0.0, -0.0
PINF, NINF, NAN = float('inf'), float('-inf'), float('nan')
