"""Functions with complex results where real ones do not exist."""

from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy.emath')
