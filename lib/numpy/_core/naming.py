"""Functions that other functions make."""


def named(name, doc):
    """Decorator: the function goes by this name and docstring."""
    def give(function):
        function.__name__ = function.__qualname__ = name
        function.__doc__ = doc
        return function
    return give


def names_of(module, *places):
    """A `__getattr__` for a module under whose name NumPy keeps what lies in other modules here."""
    def find(name):
        from importlib import import_module
        if not name.startswith('__'):
            for place in places:
                try:
                    return getattr(import_module(place), name)
                except AttributeError:
                    pass
        raise AttributeError(f'module {module!r} has no attribute {name!r}')
    return find
