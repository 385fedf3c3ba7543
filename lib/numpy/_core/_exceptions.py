"""Exceptions of ufuncs."""

from _numpy import _UFuncTypeError as UFuncTypeError, AxisError  # noqa: F401
