"""Functions that other functions make."""


def named(name, doc):
    """Decorator: the function goes by this name and docstring."""
    def give(function):
        function.__name__ = function.__qualname__ = name
        function.__doc__ = doc
        return function
    return give
