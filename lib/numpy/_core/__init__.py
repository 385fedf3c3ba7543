"""The Python part of the array library's core."""

_MODULES = {'_exceptions', '_internal', '_methods', '_multiarray_umath', 'arrayprint', 'fromnumeric', 'function_base', 'getlimits', 'multiarray', 'numeric',
            'numerictypes', 'overrides', 'records', 'shape_base', 'umath'}


def __getattr__(name):
    if name.startswith('__'):
        raise AttributeError(name)
    from importlib import import_module
    if name in _MODULES:
        return import_module('numpy._core.' + name)
    for place in ('numpy', 'numpy._core.numerictypes'):
        try:
            return getattr(import_module(place), name)
        except AttributeError:
            pass
    raise AttributeError(f"module 'numpy._core' has no attribute {name!r}") from None
