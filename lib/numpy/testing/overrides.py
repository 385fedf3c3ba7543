"""Which functions of numpy other types may take over."""

import numpy as np


def get_overridable_numpy_ufuncs():
    """List all numpy ufuncs overridable via `__array_ufunc__`"""
    return {value for value in vars(np).values() if isinstance(value, np.ufunc)}


def allows_array_ufunc_override(func):
    """Determine if a function can be overridden via `__array_ufunc__`"""
    return isinstance(func, np.ufunc)


def get_overridable_numpy_array_functions():
    """List all numpy functions overridable via `__array_function__`"""
    from numpy._core import overrides
    return overrides.overridable_functions()


def allows_array_function_override(func):
    """Determine if a Numpy function can be overridden via `__array_function__`"""
    return func in get_overridable_numpy_array_functions()
