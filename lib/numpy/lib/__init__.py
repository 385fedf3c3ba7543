"""Utilities beside the array functions."""

from . import stride_tricks  # noqa: F401
