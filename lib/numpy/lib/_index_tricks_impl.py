"""Helpers of indexing, under the name that NumPy keeps them by."""

from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy._core.shape_base', 'numpy')
