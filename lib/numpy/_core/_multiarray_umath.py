"""The core as one extension module, as NumPy has it: what lies in multiarray and umath."""

from _numpy import *  # noqa: F401,F403
from numpy._core.multiarray import _reconstruct, scalar  # noqa: F401
from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy._core.multiarray', 'numpy._core.umath')  # NumPy has them in one module
