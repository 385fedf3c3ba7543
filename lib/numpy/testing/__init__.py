"""Assertions about arrays, as test suites use them."""

from unittest import TestCase  # noqa: F401

from numpy.testing._private.utils import *  # noqa: F401,F403
from numpy.testing._private.utils import _assert_valid_refcount, _gen_alignment_data, __all__  # noqa: F401

__all__ = __all__ + ["TestCase"]
