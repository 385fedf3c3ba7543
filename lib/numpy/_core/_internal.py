"""The `ctypes` attribute of arrays."""

import ctypes
import warnings

from numpy._core._pep3118 import _dtype_from_pep3118  # noqa: F401

c_intp = ctypes.c_long  # dtype('p') on every platform that there is


class _ctypes:
    # What ctypes can be given of an array; keeps the array alive.
    def __init__(self, array, ptr=None):
        self._arr = array
        self._ctypes = ctypes
        self._data = ctypes.c_void_p(ptr)
        self._zerod = array.ndim == 0

    def data_as(self, obj):
        """Return the data pointer cast to a particular c-types object, which keeps a reference to the array."""
        pointer = ctypes.cast(self._data, obj)
        pointer._arr = self._arr
        return pointer

    def shape_as(self, obj):
        """Return the shape tuple as an array of some other c-types type."""
        return None if self._zerod else (obj * self._arr.ndim)(*self._arr.shape)

    def strides_as(self, obj):
        """Return the strides tuple as an array of some other c-types type."""
        return None if self._zerod else (obj * self._arr.ndim)(*self._arr.strides)

    @property
    def data(self):
        """A pointer to the memory area of the array as a Python integer."""
        return self._data.value

    @property
    def shape(self):
        """A ctypes array of length self.ndim where the basetype is the C-integer corresponding to ``dtype('p')``."""
        return self.shape_as(c_intp)

    @property
    def strides(self):
        """A ctypes array of length self.ndim where the basetype is the same as for the shape attribute."""
        return self.strides_as(c_intp)

    @property
    def _as_parameter_(self):
        return self.data_as(ctypes.c_void_p)

    def get_data(self):
        """Deprecated getter for the `_ctypes.data` property."""
        warnings.warn('"get_data" is deprecated. Use "data" instead', DeprecationWarning, stacklevel=2)
        return self.data

    def get_shape(self):
        """Deprecated getter for the `_ctypes.shape` property."""
        warnings.warn('"get_shape" is deprecated. Use "shape" instead', DeprecationWarning, stacklevel=2)
        return self.shape

    def get_strides(self):
        """Deprecated getter for the `_ctypes.strides` property."""
        warnings.warn('"get_strides" is deprecated. Use "strides" instead', DeprecationWarning, stacklevel=2)
        return self.strides

    def get_as_parameter(self):
        """Deprecated getter for the `_ctypes._as_parameter_` property."""
        warnings.warn('"get_as_parameter" is deprecated. Use "_as_parameter_" instead', DeprecationWarning, stacklevel=2)
        return self._as_parameter_
