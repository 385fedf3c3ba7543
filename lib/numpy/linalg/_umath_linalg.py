"""Linear algebra on stacks of matrices, under the name that NumPy keeps it by."""

from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy.linalg')
