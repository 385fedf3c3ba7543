"""String operations over arrays of str and bytes, element by element."""

import operator as _operator

import _numpy as np
from _numpy import add, asarray, equal, greater, greater_equal, less, less_equal, not_equal  # noqa: F401
from numpy._core.naming import named as _named

__all__ = [
    'equal', 'not_equal', 'less', 'less_equal', 'greater', 'greater_equal', 'add', 'multiply', 'isalpha', 'isdigit', 'isspace', 'isalnum',
    'islower', 'isupper', 'istitle', 'isdecimal', 'isnumeric', 'str_len', 'find', 'rfind', 'index', 'rindex', 'count', 'startswith',
    'endswith', 'lstrip', 'rstrip', 'strip', 'replace', 'expandtabs', 'center', 'ljust', 'rjust', 'zfill', 'partition', 'rpartition', 'slice',
    'upper', 'lower', 'swapcase', 'capitalize', 'title', 'mod', 'decode', 'encode', 'translate',
]

_MAX = 2**63 - 1
_default = object()


def _text(a, name=None):
    a = asarray(a)
    if a.dtype.kind in 'SU':
        return a
    if a.dtype.kind == 'O' and a.size and all(isinstance(x, (str, bytes)) for x in a.ravel().tolist()):
        return a.astype('U' if isinstance(a.ravel().tolist()[0], str) else 'S')
    if name is not None:
        raise np._UFuncTypeError(f"ufunc '{name}' did not contain a loop with signature matching types {_types(a)} -> None")
    raise TypeError('string operation on non-string array')


def _types(*arrays):
    names = ', '.join(repr(type(a.dtype)) for a in arrays)
    return names if len(arrays) == 1 else f'({names})'


def _together(first, *others):
    """The same kind of text for all: str where one is."""
    arrays = [first, *others]
    if len({a.dtype.kind for a in arrays}) > 1:
        arrays = [a.astype('U') if a.dtype.kind == 'S' else a for a in arrays]
    return arrays


def _rows(*arrays):
    """(shape, the broadcast items of each)."""
    if len(arrays) == 1:
        return arrays[0].shape, [arrays[0].ravel().tolist()]
    from numpy import broadcast_shapes
    shape = broadcast_shapes(*[a.shape for a in arrays])
    return shape, [np.broadcast_to(a, shape).ravel().tolist() for a in arrays]


def _made(items, dtype, shape):
    made = np.array(items, dtype)
    if made.shape != shape:
        made.shape = shape
    return made


def _numbers(dtype, function, *arrays):
    shape, columns = _rows(*arrays)
    found = _made(list(map(function, *columns)), dtype, shape)
    return found if shape else found[()]


def _same(a, function, *others):
    """Text of the dtype of the first operand."""
    shape, columns = _rows(a, *others)
    return _made(list(map(function, *columns)), a.dtype, shape)


def _fitted(kind, function, *arrays):
    """Text as long as its longest."""
    shape, columns = _rows(*arrays)
    found = list(map(function, *columns))
    return _made(found, f'{kind}{max(map(len, found), default=1) or 1}', shape)


def _scalar(a):
    return a if a.ndim else a[()]


def _integers(i, name):
    i = asarray(i)
    if i.dtype.kind not in 'iub':
        raise TypeError(f'unsupported type {i.dtype} for operand \'{name}\'')
    return i


def multiply(a, i):
    """Return (a * i), that is string multiple concatenation, element-wise."""
    a, i = _text(a), asarray(i)
    if i.dtype.kind not in 'iu':
        raise TypeError(f"unsupported type {i.dtype} for operand 'i'")
    return _fitted(a.dtype.kind, lambda x, n: x * max(n, 0), a, i)


def mod(a, values):
    """Return (a % i), that is pre-Python 2.6 string formatting (interpolation), element-wise for a pair of array_likes of str or unicode."""
    a = _text(a)
    return _fitted(a.dtype.kind, lambda x, v: x % v, a, asarray(values))


def _tester(name):
    @_named(name, f'Whether each element satisfies ``str.{name}``.')
    def test(x):
        x = _text(x, name)
        return _numbers(bool, _operator.methodcaller(name), x)
    return test


isalpha, isdigit, isspace, isalnum = _tester('isalpha'), _tester('isdigit'), _tester('isspace'), _tester('isalnum')
islower, isupper, istitle = _tester('islower'), _tester('isupper'), _tester('istitle')


def _only_str(name):
    test = _tester(name)

    @_named(name, test.__doc__)
    def only(x):
        if asarray(x).dtype.kind == 'S':
            raise np._UFuncTypeError(f"ufunc '{name}' did not contain a loop with signature matching types {_types(asarray(x))} -> None")
        return test(x)
    return only


isdecimal, isnumeric = _only_str('isdecimal'), _only_str('isnumeric')


def str_len(x):
    """Returns the length of each element."""
    return _numbers(np.int64, len, _text(x, 'str_len'))


def _searcher(name, dtype, doc):
    @_named(name, doc)
    def search(a, sub, start=0, end=None):
        end = _MAX if end is None else end
        a, sub = _together(_text(a, name), _text(sub, name))
        return _numbers(dtype, lambda x, y, i, j: getattr(x, name)(y, i, j), a, sub, asarray(start), asarray(end))
    return search


find = _searcher('find', np.int64, 'For each element, return the lowest index in the string where substring ``sub`` is found.')
rfind = _searcher('rfind', np.int64, 'For each element, return the highest index in the string where substring ``sub`` is found.')
index = _searcher('index', np.int64, 'Like `find`, but raises :exc:`ValueError` when the substring is not found.')
rindex = _searcher('rindex', np.int64, 'Like `rfind`, but raises :exc:`ValueError` when the substring `sub` is not found.')
count = _searcher('count', np.int64, 'Returns an array with the number of non-overlapping occurrences of substring ``sub``.')
startswith = _searcher('startswith', bool, 'Returns a boolean array which is `True` where the string element in ``a`` starts with ``prefix``.')
endswith = _searcher('endswith', bool, 'Returns a boolean array which is `True` where the string element in ``a`` ends with ``suffix``.')


def _stripper(name, doc):
    @_named(name, doc)
    def strip(a, chars=None):
        a = _text(a, name)
        if chars is None:
            return _scalar(_same(a, _operator.methodcaller(name)))
        a, chars = _together(a, _text(chars, name))
        return _scalar(_same(a, lambda x, y: getattr(x, name)(y), chars))
    return strip


strip = _stripper('strip', 'For each element in `a`, return a copy with the leading and trailing characters removed.')
lstrip = _stripper('lstrip', 'For each element in `a`, return a copy with the leading characters removed.')
rstrip = _stripper('rstrip', 'For each element in `a`, return a copy with the trailing characters removed.')


def _changer(name, doc):
    @_named(name, doc)
    def change(a):
        a = _text(a)
        # A change of case may make a text longer; what does not fit is cut, as NumPy does.
        return _same(a, _operator.methodcaller(name))
    return change


upper = _changer('upper', 'Return an array with the elements converted to uppercase.')
lower = _changer('lower', 'Return an array with the elements converted to lowercase.')
swapcase = _changer('swapcase', 'Return element-wise a copy of the string with uppercase characters converted to lowercase and vice versa.')
capitalize = _changer('capitalize', 'Return a copy of ``a`` with only the first character of each element capitalized.')
title = _changer('title', 'Return element-wise title cased version of string or unicode.')


def replace(a, old, new, count=-1):
    """For each element in ``a``, return a copy of the string with occurrences of substring ``old`` replaced by ``new``."""
    a, old, new = _together(_text(a), _text(old), _text(new))
    count = _integers(count, 'count')
    return _fitted(a.dtype.kind, lambda x, p, q, n: x.replace(p, q, n), a, old, new, count)


def expandtabs(a, tabsize=8):
    """Return a copy of each string element where all tab characters are replaced by one or more spaces."""
    a = _text(a)
    return _fitted(a.dtype.kind, lambda x, n: x.expandtabs(n), a, _integers(tabsize, 'tabsize'))


def _aligner(name, doc):
    @_named(name, doc)
    def align(a, width, fillchar=' '):
        width = asarray(width)
        if width.dtype.kind not in 'iu':
            raise TypeError(f"unsupported type {width.dtype} for operand 'width'")
        a = _text(a)
        fill = asarray(fillchar)
        if fill.dtype.kind not in 'SU' or any(len(f) != 1 for f in fill.ravel().tolist()):
            raise TypeError('The fill character must be exactly one character long')
        fill = fill.astype(a.dtype.kind)
        return _fitted(a.dtype.kind, lambda x, n, f: getattr(x, name)(n, f), a, width, fill)
    return align


ljust = _aligner('ljust', 'Return an array with the elements of `a` left-justified in a string of length `width`.')
rjust = _aligner('rjust', 'Return an array with the elements of `a` right-justified in a string of length `width`.')
center = _aligner('center', 'Return a copy of `a` with its elements centered in a string of length `width`.')


def zfill(a, width):
    """Return the numeric string left-filled with zeros."""
    a, width = _text(a), asarray(width)
    if width.dtype.kind not in 'iu':
        raise TypeError(f"unsupported type {width.dtype} for operand 'width'")
    return _fitted(a.dtype.kind, lambda x, n: x.zfill(n), a, width)


def _parts(name, a, sep):
    a, sep = _together(_text(a), _text(sep))
    shape, columns = _rows(a, sep)
    if any(not s for s in columns[1]):
        raise ValueError('empty separator')
    found = [getattr(x, name)(s) for x, s in zip(*columns)]
    return [_made([row[k] for row in found], f'{a.dtype.kind}{max((len(row[k]) for row in found), default=1) or 1}', shape) for k in range(3)]


def partition(a, sep):
    """Partition each element in ``a`` around ``sep``."""
    return tuple(_parts('partition', a, sep))


def rpartition(a, sep):
    """Partition (split) each element around the right-most separator."""
    return tuple(_parts('rpartition', a, sep))


def encode(a, encoding=None, errors=None):
    """Calls :meth:`str.encode` element-wise."""
    a = _text(a)
    return _fitted('S', lambda x: x.encode(encoding or 'utf-8', errors or 'strict'), a)


def decode(a, encoding=None, errors=None):
    """Calls :meth:`bytes.decode` element-wise."""
    a = _text(a)
    return _fitted('U', lambda x: x.decode(encoding or 'utf-8', errors or 'strict'), a)


def translate(a, table, deletechars=None):
    """For each element in `a`, return a copy of the string where all characters occurring in `deletechars` are removed and the rest mapped."""
    a = _text(a)
    if a.dtype.kind == 'U':
        return _same(a, lambda x: x.translate(table))
    return _same(a, lambda x: x.translate(table, deletechars or b''))


def slice(a, start=None, stop=_default, step=None, /):
    """Slice the strings in `a` by slices specified by `start`, `stop`, `step`."""
    import builtins
    if stop is _default:
        start, stop = None, start
    a = _text(a)
    absent = [x is None for x in (start, stop, step)]
    bounds = [asarray(0 if x is None else x) for x in (start, stop, step)]
    for x in bounds:
        if x.dtype.kind not in 'iu':
            raise TypeError(f"unsupported type {x.dtype} for operand 'start'")
    if not absent[2] and (bounds[2] == 0).any():
        raise ValueError('slice step cannot be zero')
    return _same(a, lambda x, i, j, k: x[builtins.slice(None if absent[0] else i, None if absent[1] else j, None if absent[2] else k)], *bounds)


def _join(sep, seq):
    sep, seq = asarray(sep), asarray(seq)
    sep, seq = _together(_text(sep), _text(seq))
    return _fitted(seq.dtype.kind, lambda s, x: s.join(x) if isinstance(x, str) else s.join([x[i:i + 1] for i in range(len(x))]), sep, seq)


def _lists(name, a, *args):
    a = _text(a)
    return np._object_array([getattr(x, name)(*args) for x in a.ravel().tolist()], a.shape)


def _split(a, sep=None, maxsplit=None):
    return _lists('split', a, sep, -1 if maxsplit is None else maxsplit)


def _rsplit(a, sep=None, maxsplit=None):
    return _lists('rsplit', a, sep, -1 if maxsplit is None else maxsplit)


def _splitlines(a, keepends=None):
    return _lists('splitlines', a, bool(keepends))
