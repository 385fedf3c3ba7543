"""Exceptions and warnings of NumPy."""

from _numpy import AxisError

__all__ = ['AxisError', 'ComplexWarning', 'DTypePromotionError', 'ModuleDeprecationWarning', 'RankWarning',
           'TooHardError', 'VisibleDeprecationWarning']


class ComplexWarning(RuntimeWarning):
    """Issued when a complex number is cast to a real one."""


class ModuleDeprecationWarning(DeprecationWarning):
    """Module deprecation warning."""


class VisibleDeprecationWarning(UserWarning):
    """Deprecation that users see by default."""


class RankWarning(RuntimeWarning):
    """Matrix rank warning."""


class TooHardError(RuntimeError):
    """max_work was exceeded."""


class DTypePromotionError(TypeError):
    """Multiple dtypes could not be converted to a common one."""
