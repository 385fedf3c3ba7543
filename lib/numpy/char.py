"""numpy.char: the functions of numpy.strings under their old rules (comparisons do not see blanks at the end), and chararray."""

import numpy.strings as _strings
from numpy._core.chararrays import array, asarray, chararray, compare_chararrays  # noqa: F401
from numpy._core.naming import named as _named
from numpy.strings import (  # noqa: F401
    add, capitalize, center, count, decode, encode, endswith, expandtabs, find, index, isalnum, isalpha, isdecimal, isdigit, islower, isnumeric,
    isspace, istitle, isupper, ljust, lower, lstrip, mod, replace, rfind, rindex, rjust, rstrip, startswith, str_len, strip, swapcase, title,
    translate, upper, zfill)
from numpy.strings import _join as join, _rsplit as rsplit, _split as split, _splitlines as splitlines  # noqa: F401

__all__ = [
    'equal', 'not_equal', 'greater_equal', 'less_equal', 'greater', 'less', 'str_len', 'add', 'multiply', 'mod', 'capitalize', 'center', 'count',
    'decode', 'encode', 'endswith', 'expandtabs', 'find', 'index', 'isalnum', 'isalpha', 'isdigit', 'islower', 'isspace', 'istitle', 'isupper', 'join',
    'ljust', 'lower', 'lstrip', 'partition', 'replace', 'rfind', 'rindex', 'rjust', 'rpartition', 'rsplit', 'rstrip', 'split', 'splitlines',
    'startswith', 'strip', 'swapcase', 'title', 'translate', 'upper', 'zfill', 'isnumeric', 'isdecimal', 'array', 'asarray', 'compare_chararrays',
    'chararray',
]


def _comparison(name, sign):
    @_named(name, f'Return (x1 {sign} x2) element-wise, without the blanks at the ends.')
    def compare(x1, x2):
        return compare_chararrays(x1, x2, sign, True)
    return compare


equal, not_equal = _comparison('equal', '=='), _comparison('not_equal', '!=')
less, less_equal = _comparison('less', '<'), _comparison('less_equal', '<=')
greater, greater_equal = _comparison('greater', '>'), _comparison('greater_equal', '>=')


def multiply(a, i):
    """Return (a * i), that is string multiple concatenation, element-wise."""
    try:
        return _strings.multiply(a, i)
    except TypeError:
        raise ValueError('Can only multiply by integers') from None


def partition(a, sep):
    """Partition each element in `a` around `sep`."""
    from numpy import stack
    return stack(_strings.partition(a, sep), axis=-1)


def rpartition(a, sep):
    """Partition (split) each element around the right-most separator."""
    from numpy import stack
    return stack(_strings.rpartition(a, sep), axis=-1)
