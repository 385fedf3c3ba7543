"""Masked arrays: arrays some of whose elements are known to be missing or invalid."""

from numpy.ma import core, extras
from numpy.ma.core import *  # noqa: F401,F403
from numpy.ma.core import _fill_value_check  # noqa: F401
from numpy.ma.extras import *  # noqa: F401,F403
from numpy.ma.operations import *  # noqa: F401,F403

from numpy.ma import operations

__all__ = ['core', 'extras']
__all__ += core.__all__
__all__ += operations.__all__
__all__ += extras.__all__
