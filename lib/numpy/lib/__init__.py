"""Utilities beside the array functions."""

from . import stride_tricks  # noqa: F401

_NAMES = {'Arrayterator': '_arrayterator', 'NumpyVersion': '_version'}
_MODULES = ('array_utils', 'format', 'mixins', 'npyio', 'recfunctions', 'scimath', '_datasource', '_iotools', '_version')


def __getattr__(name):
    from importlib import import_module
    if name in _NAMES:
        return getattr(import_module('numpy.lib.' + _NAMES[name]), name)
    if name in _MODULES or name.startswith('_') and name.endswith('_impl'):
        try:
            return import_module('numpy.lib.' + name)
        except ModuleNotFoundError:
            pass
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
