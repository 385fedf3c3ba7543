"""What readers of archives give."""

from numpy._core.naming import names_of

__getattr__ = names_of(__name__, 'numpy.lib.io')
