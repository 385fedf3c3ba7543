"""The protocol __array_function__: functions that arguments of other types may take over."""

import functools
import inspect

import numpy as np

_MAX_OVERRIDES = 64


def _get_implementing_args(relevant_args):
    """The arguments with __array_function__, one a type, those of subclasses before those of their bases."""
    found, types = [], []
    for arg in relevant_args:
        kind = type(arg)
        if kind in types or not hasattr(kind, '__array_function__'):
            continue
        if len(types) >= _MAX_OVERRIDES:
            raise RuntimeError(f'maximum number ({_MAX_OVERRIDES}) of distinct argument types implementing __array_function__ exceeded')
        types.append(kind)
        at = next((i for i, other in enumerate(found) if kind is not np.ndarray and issubclass(kind, type(other))), len(found))
        found.insert(at, arg)
    return found


def verify_matching_signatures(implementation, dispatcher):
    """Verify that a dispatcher function has the right signature."""
    own, other = inspect.getfullargspec(implementation), inspect.getfullargspec(dispatcher)
    if (own.args != other.args or own.varargs != other.varargs or own.varkw != other.varkw
            or bool(own.defaults) != bool(other.defaults) or own.defaults and len(own.defaults) != len(other.defaults)):
        raise RuntimeError(f'implementation and dispatcher for {implementation} have different function signatures')
    if own.defaults and other.defaults != (None,) * len(other.defaults):
        raise RuntimeError('dispatcher functions can only use None for default argument values')


def array_function_dispatch(dispatcher=None, module=None, verify=True, docs_from_dispatcher=False):
    """Decorator for adding dispatch with the __array_function__ protocol."""
    def decorate(implementation):
        if verify and dispatcher is not None:
            verify_matching_signatures(implementation, dispatcher)
        if module is not None:
            implementation.__module__ = module
        if docs_from_dispatcher and dispatcher is not None:
            implementation.__doc__ = dispatcher.__doc__

        @functools.wraps(implementation)
        def public(*args, **kwargs):
            try:
                relevant = dispatcher(*args, **kwargs)
            except TypeError as error:
                raise TypeError(str(error).replace(dispatcher.__qualname__ + '()', implementation.__name__ + '()')) from None
            overriding = _get_implementing_args(relevant)
            if not overriding or all(type(arg).__array_function__ is np.ndarray.__array_function__ for arg in overriding):
                return implementation(*args, **kwargs)
            return _dispatched(public, overriding, args, kwargs)

        public._implementation = implementation
        return public
    return decorate


def _dispatched(public, overriding, args, kwargs):
    """What the first argument says that knows."""
    types = tuple(map(type, overriding))
    for arg in overriding:
        result = arg.__array_function__(public, types, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f'{public.__module__}.{public.__name__}'
    raise TypeError(f"no implementation found for '{name}' on types that implement __array_function__: {list(types)}")
