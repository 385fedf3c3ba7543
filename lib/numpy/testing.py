"""Assertions about arrays, as test suites use them."""

import contextlib
import unittest
import warnings

import numpy as np

_case = unittest.TestCase()


def _header(actual, desired, err_msg, verbose, text):
    lines = ['', text]
    if err_msg:
        lines[1] += '\n' + err_msg if '\n' in err_msg else ' ' + err_msg
    if verbose:
        lines.append(f' ACTUAL: {actual!r}')
        lines.append(f' DESIRED: {desired!r}')
    return '\n'.join(lines)


def assert_(val, msg=''):
    """Assert that works in release mode."""
    if not val:
        raise AssertionError(msg() if callable(msg) else msg)


def _compare(test, x, y, err_msg, verbose, header, precision=6, equal_nan=True, strict=False):
    x, y = np.asanyarray(x), np.asanyarray(y)
    if strict and (x.shape != y.shape or x.dtype != y.dtype):
        raise AssertionError(f'\n{header}\n{err_msg}\n(shapes {x.shape}, {y.shape} or dtypes {x.dtype}, {y.dtype} mismatch)')
    if x.shape != y.shape and x.ndim and y.ndim:
        raise AssertionError(f'\n{header}\n{err_msg}\n(shapes {x.shape}, {y.shape} mismatch)\n ACTUAL: {x!r}\n DESIRED: {y!r}')
    nan = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
    if equal_nan and x.dtype.kind in 'fc' and y.dtype.kind in 'fc':
        if not np.array_equal(np.broadcast_to(np.isnan(x), nan.shape), np.broadcast_to(np.isnan(y), nan.shape)):
            raise AssertionError(f'\n{header}\n{err_msg}\nnan location mismatch:\n ACTUAL: {x!r}\n DESIRED: {y!r}')
        nan = np.isnan(x) & np.isnan(y)
    with np.errstate(all='ignore'):
        fine = test(x, y) | nan
    fine = np.asarray(fine)
    if fine.all():
        return
    bad, total = int(fine.size - np.count_nonzero(fine)), fine.size
    text = f'\n{header}\n{err_msg}\nMismatched elements: {bad} / {total} ({100 * bad / total:.3g}%)'
    if x.dtype.kind in 'iufc' and y.dtype.kind in 'iufc':
        wide = complex if 'c' in (x.dtype.kind, y.dtype.kind) else float
        with np.errstate(all='ignore'):
            difference = np.abs(x.astype(wide) - y.astype(wide))
            text += f'\nMax absolute difference among violations: {difference[~fine].max() if difference.ndim else difference:.8g}'
    if verbose:
        text += f'\n ACTUAL: {x!r}\n DESIRED: {y!r}'
    raise AssertionError(text)


def assert_array_equal(actual, desired, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two array_like objects are not equal."""
    _compare(lambda x, y: x == y, actual, desired, err_msg, verbose, 'Arrays are not equal', strict=strict)


def assert_equal(actual, desired, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two objects are not equal."""
    if isinstance(desired, dict):
        if not isinstance(actual, dict) or len(actual) != len(desired):
            raise AssertionError(_header(actual, desired, err_msg, verbose, 'Items are not equal:'))
        for key in desired:
            if key not in actual:
                raise AssertionError(repr(key))
            assert_equal(actual[key], desired[key], f'key={key!r}\n{err_msg}', verbose)
        return
    if isinstance(desired, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(actual) != len(desired):
            raise AssertionError(_header(len(actual), len(desired), err_msg, verbose, 'Items are not equal:'))
        for i, (a, d) in enumerate(zip(actual, desired)):
            assert_equal(a, d, f'item={i!r}\n{err_msg}', verbose)
        return
    if isinstance(actual, np.ndarray) or isinstance(desired, np.ndarray):
        assert_array_equal(actual, desired, err_msg, verbose, strict=strict)
        return
    if actual != actual and desired != desired:
        return
    same = actual == desired
    if same and isinstance(actual, (float, np.floating)) and isinstance(desired, (float, np.floating)) and actual == 0:
        same = np.signbit(actual) == np.signbit(desired)
    if not same:
        raise AssertionError(_header(actual, desired, err_msg, verbose, 'Items are not equal:'))


def assert_allclose(actual, desired, rtol=1e-7, atol=0, equal_nan=True, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two objects are not equal up to desired tolerance."""
    _compare(lambda x, y: np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan), actual, desired, str(err_msg), verbose,
             f'Not equal to tolerance rtol={rtol:g}, atol={atol:g}', equal_nan=equal_nan, strict=strict)


def assert_almost_equal(actual, desired, decimal=7, err_msg='', verbose=True):
    """Raises an AssertionError if two items are not equal up to desired precision."""
    assert_array_almost_equal(actual, desired, decimal, err_msg, verbose)


def assert_array_almost_equal(actual, desired, decimal=6, err_msg='', verbose=True):
    """Raises an AssertionError if two objects are not equal up to desired precision."""
    def close(x, y):
        infinite = np.isinf(x * 1.0) | np.isinf(y * 1.0)
        return np.where(infinite, x == y, np.abs(x - y) < 1.5 * 10.0 ** -decimal)
    _compare(close, actual, desired, err_msg, verbose, f'Arrays are not almost equal to {decimal} decimals', decimal)


def assert_array_less(x, y, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two array_like objects are not ordered by less than."""
    _compare(lambda a, b: a < b, x, y, err_msg, verbose, 'Arrays are not strictly ordered `x < y`', equal_nan=False, strict=strict)


def assert_raises(*args, **kwargs):
    """Fail unless an exception of class exception_class is thrown."""
    return _case.assertRaises(*args, **kwargs)


def assert_raises_regex(exception_class, expected_regexp, *args, **kwargs):
    """Fail unless an exception with a matching message is thrown."""
    return _case.assertRaisesRegex(exception_class, expected_regexp, *args, **kwargs)


@contextlib.contextmanager
def _warns(category):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        yield seen
        if not any(issubclass(w.category, category) for w in seen):
            raise AssertionError(f'No warning raised')


def assert_warns(warning_class, *args, **kwargs):
    """Fail unless the given callable throws the specified warning."""
    if not args:
        return _warns(warning_class)
    with _warns(warning_class):
        return args[0](*args[1:], **kwargs)


@contextlib.contextmanager
def _quiet():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        yield
        if seen:
            raise AssertionError(f'Got warnings: {seen}')


def assert_no_warnings(*args, **kwargs):
    """Fail if the given callable produces any warnings."""
    if not args:
        return _quiet()
    with _quiet():
        return args[0](*args[1:], **kwargs)


def assert_string_equal(actual, desired):
    """Test if two strings are equal."""
    if actual != desired:
        raise AssertionError(f'Differences in strings:\n- {actual!r}\n+ {desired!r}')


# ---- what the machine is ---------------------------------------------------------------------------------------------------

IS_WASM = IS_PYPY = IS_PYSTON = IS_MUSL = IS_EDITABLE = NOGIL_BUILD = HAS_LAPACK64 = False
HAS_REFCOUNT = IS_INSTALLED = IS_64BIT = True
verbose = 0


class KnownFailureException(Exception):
    """Raise this exception to mark a test as a known failing test."""


KnownFailureTest = KnownFailureException


def assert_array_compare(comparison, x, y, err_msg='', verbose=True, header='', precision=6, equal_nan=True, equal_inf=True, *, strict=False,
                         names=('ACTUAL', 'DESIRED')):
    """Compares two arrays by a function."""
    _compare(comparison, x, y, err_msg, verbose, header, precision, equal_nan, strict)


def assert_approx_equal(actual, desired, significant=7, err_msg='', verbose=True):
    """Raises an AssertionError if two items are not equal up to significant digits."""
    import math
    actual, desired = float(actual), float(desired)
    if desired == actual:
        return
    scale = 10.0 ** math.floor(math.log10(0.5 * (abs(desired) + abs(actual)))) if math.isfinite(desired) and math.isfinite(actual) else 1
    message = _header(actual, desired, err_msg or f'Items are not equal to {significant} significant digits:', verbose,
                      f'Items are not equal to {significant} significant digits:')
    if not (math.isfinite(desired) and math.isfinite(actual)):
        if not (math.isnan(desired) and math.isnan(actual)):
            raise AssertionError(message)
        return
    if abs(desired / scale - actual / scale) >= 10.0 ** -(significant - 1):
        raise AssertionError(message)


def _steps_apart(x, y):
    """How many floats lie between two arrays of one dtype."""
    kind = np.result_type(x, y)
    x, y = np.asarray(x, kind), np.asarray(y, kind)
    whole = np.dtype(f'i{kind.itemsize}')
    low = whole.type(np.iinfo(whole).min)
    ranks = []
    for a in (np.ascontiguousarray(x), np.ascontiguousarray(y)):
        words = np.array(a.view(whole), ndmin=1)
        ranks.append(np.where(words < 0, low - words, words))
    return abs((ranks[0] - ranks[1]).astype(float))


def assert_array_max_ulp(a, b, maxulp=1, dtype=None):
    """Check that all items of arrays differ in at most N Units in the Last Place."""
    apart = _steps_apart(np.asarray(a, dtype), np.asarray(b, dtype))
    if not np.all(apart <= maxulp):
        raise AssertionError(f'Arrays are not almost equal up to {maxulp:g} ULP (max difference is {np.max(apart):g} ULP)')
    return apart


def assert_array_almost_equal_nulp(x, y, nulp=1):
    """Compare two arrays relatively to their spacing."""
    limit = nulp * np.spacing(np.maximum(np.abs(x), np.abs(y)))
    if not np.all(np.abs(np.asarray(x) - np.asarray(y)) <= limit):
        if np.iscomplexobj(x) or np.iscomplexobj(y):
            raise AssertionError(f'Arrays are not equal to {nulp} ULP')
        raise AssertionError(f'Arrays are not equal to {nulp} ULP (max is {np.max(_steps_apart(x, y)):g})')


class suppress_warnings:
    """Context manager and decorator doing much the same as ``warnings.catch_warnings``, but with filters that can be added on the way."""

    def __init__(self, forwarding_rule='always'):
        if forwarding_rule not in ('always', 'module', 'once', 'location'):
            raise ValueError('unsupported forwarding rule.')
        self._rules, self._catcher = [], None

    def _add(self, category, message, module, record):
        import re
        rule = (category, re.compile(message, re.I) if message else None, module, [] if record else None)
        self._rules.append(rule)
        return rule[3]

    def filter(self, category=Warning, message='', module=None):
        """Add a new suppressing filter or apply it if the state is entered."""
        self._add(category, message, module, False)

    def record(self, category=Warning, message='', module=None):
        """Append a new recording filter or apply it if the state is entered."""
        return self._add(category, message, module, True)

    def __enter__(self):
        import warnings
        self._catcher = warnings.catch_warnings()
        self._catcher.__enter__()
        self._kept, self.log = len(self._rules), []
        self._show = warnings._showwarnmsg_impl if hasattr(warnings, '_showwarnmsg_impl') else None
        warnings.simplefilter('always')

        def show(message, category, filename, lineno, file=None, line=None):
            found = warnings.WarningMessage(message, category, filename, lineno, file, line)
            for kind, pattern, module, log in reversed(self._rules):
                if issubclass(category, kind) and (pattern is None or pattern.match(str(message))) and (
                        module is None or filename.startswith(getattr(module, '__file__', '') or '\0')):
                    if log is not None:
                        log.append(found)
                        self.log.append(found)
                    return
            self._outer(message, category, filename, lineno, file, line)

        self._outer = warnings.showwarning
        warnings.showwarning = show
        return self

    def __exit__(self, *exc):
        del self._rules[self._kept:]
        self._catcher.__exit__(*exc)

    def __call__(self, function):
        import functools

        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with self:
                return function(*args, **kwargs)
        return wrapped


def break_cycles():
    """Break reference cycles by calling gc.collect"""
    import gc
    gc.collect()


@contextlib.contextmanager
def _without_cycles():
    import gc
    gc.collect()
    flags = gc.get_debug()
    try:
        gc.set_debug(gc.DEBUG_SAVEALL)
        yield
        found = gc.collect()
        left = len(gc.garbage)
    finally:
        gc.garbage.clear()
        gc.set_debug(flags)
    if found:
        raise AssertionError(f'Reference cycles were found: {left} objects')


def assert_no_gc_cycles(*args, **kwargs):
    """Fail if the given callable produces any reference cycles."""
    if not args:
        return _without_cycles()
    function, *args = args
    with _without_cycles():
        function(*args, **kwargs)


@contextlib.contextmanager
def tempdir(*args, **kwargs):
    """Context manager to provide a temporary test folder."""
    import shutil
    import tempfile
    folder = tempfile.mkdtemp(*args, **kwargs)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def temppath(*args, **kwargs):
    """Context manager for temporary files."""
    import os
    import tempfile
    handle, path = tempfile.mkstemp(*args, **kwargs)
    os.close(handle)
    try:
        yield path
    finally:
        os.remove(path)
