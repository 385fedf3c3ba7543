"""Views by strides and broadcasting, under the name that NumPy keeps them by."""

from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy.lib.stride_tricks', 'numpy._core.shape_base', 'numpy')
