"""Functions that ignore NaNs, under the name that NumPy keeps them by."""

from numpy._core.nan_statistics import __all__  # noqa: F401
from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy._core.nan_statistics')
