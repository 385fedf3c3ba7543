"""Small helpers: literals evaluated safely, dtypes without metadata."""

import _numpy as np


def safe_eval(source):
    """Protected string evaluation: a literal of Python."""
    import ast
    import warnings
    warnings.warn('`safe_eval` is deprecated. Use `ast.literal_eval` instead. Be aware of security implications, such as memory exhaustion based attacks '
                  '(deprecated in NumPy 2.0)', DeprecationWarning, stacklevel=2)
    return ast.literal_eval(source)


def drop_metadata(dtype, /):
    """Returns the dtype unchanged if it contained no metadata or a copy of the dtype if it (or any of its structure dtypes) contained metadata."""
    return dtype
