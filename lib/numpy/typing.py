"""Types for annotations."""

import typing
from types import GenericAlias

import numpy as np

ArrayLike = typing.Union[np.ndarray, np.generic, bool, int, float, complex, str, bytes, typing.Sequence]
DTypeLike = typing.Union[np.dtype, type, str, None]


class NDArray:
    """`NDArray[np.float64]`: an ndarray with elements of that scalar type."""

    def __class_getitem__(cls, scalar):
        return GenericAlias(np.ndarray, (GenericAlias(tuple, (typing.Any, ...)), GenericAlias(np.dtype, scalar)))
