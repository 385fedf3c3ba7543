"""Linear algebra."""

from numpy.linalg import _linalg
from numpy.linalg._linalg import *  # noqa: F403
from numpy.linalg._linalg import __all__  # noqa: F401

LinAlgError = _linalg.LinAlgError
LinAlgError.__module__ = 'numpy.linalg'
