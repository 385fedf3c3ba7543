"""Conversions between text and bytes that code for several versions of Python goes through."""


def asunicode(s):
    """Text of bytes in Latin-1, or of any object."""
    return s.decode('latin1') if isinstance(s, bytes) else str(s)


def asbytes(s):
    """Bytes in Latin-1 of text, or of any object's."""
    return s if isinstance(s, bytes) else str(s).encode('latin1')


def __getattr__(name):
    if name == '_pep440':  # versions as packages state them
        from packaging import version
        return version
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
