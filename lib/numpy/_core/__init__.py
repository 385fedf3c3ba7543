"""The Python part of the array library's core."""


def __getattr__(name):
    if name.startswith('__'):
        raise AttributeError(name)
    import numpy
    try:
        return getattr(numpy, name)
    except AttributeError:
        raise AttributeError(f"module 'numpy._core' has no attribute {name!r}") from None
