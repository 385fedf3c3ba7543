"""chararray: arrays of text with str's methods, blanks at the end not seen."""

import _numpy as np
from _numpy import ndarray


def compare_chararrays(a1, a2, cmp, rstrip):
    """Performs element-wise comparison of two string arrays."""
    import numpy.strings as strings
    functions = {'==': np.equal, '!=': np.not_equal, '<': np.less, '<=': np.less_equal, '>': np.greater, '>=': np.greater_equal}
    if cmp not in functions:
        raise ValueError("comparison must be '==', '!=', '<', '>', '<=', '>='")
    x, y = np.asarray(a1), np.asarray(a2)
    if x.dtype.kind not in 'SU' or y.dtype.kind not in 'SU':
        raise TypeError('comparison of non-string arrays')
    if rstrip:
        x, y = np.asarray(strings.rstrip(x)), np.asarray(strings.rstrip(y))
    if x.dtype.kind != y.dtype.kind:
        x, y = x.astype('U'), y.astype('U')
    return functions[cmp](x, y)


class chararray(ndarray):
    """Provides a convenient view on arrays of string and unicode values."""

    __module__ = 'numpy.char'

    def __new__(cls, shape, itemsize=1, unicode=False, buffer=None, offset=0, strides=None, order='C'):
        dtype = f"{'U' if unicode else 'S'}{int(itemsize)}"
        filler = None
        if isinstance(buffer, str):
            filler, buffer = buffer, None
        if buffer is None:
            self = ndarray.__new__(cls, shape, dtype, order=order)
        else:
            self = ndarray.__new__(cls, shape, dtype, buffer=buffer, offset=offset, strides=strides, order=order)
        if filler is not None:
            self[...] = filler
        return self

    def __array_finalize__(self, obj):
        if self.dtype.kind not in 'VSUbc':
            raise ValueError('Can only create a chararray from string data.')

    def __getitem__(self, key):
        value = ndarray.__getitem__(self, key)
        if isinstance(value, np.character):
            return value.rstrip()
        return value

    def __eq__(self, other):
        return compare_chararrays(self, other, '==', True)

    def __ne__(self, other):
        return compare_chararrays(self, other, '!=', True)

    def __ge__(self, other):
        return compare_chararrays(self, other, '>=', True)

    def __le__(self, other):
        return compare_chararrays(self, other, '<=', True)

    def __gt__(self, other):
        return compare_chararrays(self, other, '>', True)

    def __lt__(self, other):
        return compare_chararrays(self, other, '<', True)

    __hash__ = None

    def __add__(self, other):
        return asarray(np.add(np.asarray(self), np.asarray(other)))

    def __radd__(self, other):
        return asarray(np.add(np.asarray(other), np.asarray(self)))

    def __mul__(self, i):
        from numpy.char import multiply
        return asarray(multiply(np.asarray(self), i))

    __rmul__ = __mul__

    def __mod__(self, i):
        from numpy.strings import mod
        return asarray(mod(np.asarray(self), i))

    def argsort(self, axis=-1, kind=None, order=None, *, stable=None):
        return np.asarray(self).argsort(axis, kind, order)


def _method(name, text):
    def method(self, *args, **kwargs):
        import numpy.char as char
        result = getattr(char, name)(np.asarray(self), *args, **kwargs)
        return asarray(result) if text and getattr(result, 'dtype', None) is not None and result.dtype.kind in 'SU' else result
    method.__name__ = name
    return method


for _name in ('capitalize center decode encode expandtabs join ljust lower lstrip partition replace rjust rpartition rstrip strip swapcase title '
              'translate upper zfill').split():
    setattr(chararray, _name, _method(_name, True))
for _name in ('count endswith find index isalnum isalpha isdigit islower isspace istitle isupper rfind rindex rsplit split splitlines startswith '
              'isnumeric isdecimal').split():
    setattr(chararray, _name, _method(_name, False))
del _name


def array(obj, itemsize=None, copy=True, unicode=None, order=None):
    """Create a `~numpy.char.chararray`."""
    if isinstance(obj, (bytes, str)):
        if unicode is None:
            unicode = isinstance(obj, str)
        if itemsize is None:
            itemsize = len(obj)
        kind = 'U' if unicode else 'S'
        text = obj if isinstance(obj, str) == unicode else (obj.decode('latin1') if unicode else obj.encode('latin1'))
        size = max(itemsize, 1)
        pieces = [text[i:i + size] for i in range(0, len(text), size)] if len(text) > size else text
        return np.array(pieces, f'{kind}{size}').view(chararray)
    if isinstance(obj, (list, tuple)):
        obj = np.array(obj) if any(isinstance(x, (list, tuple, str, bytes)) for x in obj) or not obj else np.array(obj, object)
    a = np.asarray(obj)
    if a.dtype.kind == 'O' or a.dtype.kind not in 'SU':
        if unicode is None:
            unicode = not (a.dtype.kind == 'O' and a.size and all(isinstance(x, bytes) for x in a.ravel().tolist()))
        a = a.astype('U' if unicode else 'S')
    elif unicode is None:
        unicode = a.dtype.kind == 'U'
    wanted = f"{'U' if unicode else 'S'}{itemsize if itemsize is not None else a.itemsize // (4 if a.dtype.kind == 'U' else 1)}"
    if a.dtype != wanted:
        a = a.astype(wanted)
    elif copy and a is obj:
        a = a.copy()
    return a.view(chararray)


def asarray(obj, itemsize=None, unicode=None, order=None):
    """Convert the input to a `~numpy.char.chararray`, copying the data only if necessary."""
    return array(obj, itemsize, copy=False, unicode=unicode, order=order)
