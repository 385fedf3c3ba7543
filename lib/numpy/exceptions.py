"""Exceptions and warnings of NumPy."""

from _numpy import AxisError

__all__ = ['AxisError', 'ComplexWarning', 'DTypePromotionError', 'ModuleDeprecationWarning', 'RankWarning',
           'TooHardError', 'VisibleDeprecationWarning']


def _init_axis_error(self, axis, ndim=None, msg_prefix=None):
    # Of a text, or of an axis, the number of dimensions and what to say before them.
    if ndim is not None or msg_prefix is not None:
        self.axis, self.ndim = axis, ndim
        prefix = f'{msg_prefix}: ' if msg_prefix is not None else ''
        self._text = f'{prefix}axis {axis} is out of bounds for array of dimension {ndim}'


def _axis_error_text(self):
    return self.__dict__.get('_text') or str(self.args[0] if self.args else '')


AxisError.__init__, AxisError.__str__ = _init_axis_error, _axis_error_text


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
