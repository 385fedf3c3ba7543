"""The former name of numpy._core."""

import importlib


def __getattr__(name):
    try:
        value = getattr(importlib.import_module('numpy'), name)
    except AttributeError:
        raise AttributeError(f"Module 'numpy.core' has no attribute {name}") from None
    import warnings
    warnings.warn(f'numpy.core is deprecated and has been renamed to numpy._core. The numpy._core namespace contains private NumPy internals and its use is '
                  'discouraged, as NumPy internals can change without warning in any release. In practice, most real-world usage of numpy.core is to access '
                  'functionality in the public NumPy API. If that is the case, use the public NumPy API. If not, you are using NumPy internals. If you would '
                  f'still like to access an internal attribute, use numpy._core.{name}.', DeprecationWarning, stacklevel=2)
    return value
