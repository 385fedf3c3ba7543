"""Assertions about values and arrays, and the texts they fail with."""

import contextlib
import operator
import unittest

import numpy as np

_case = unittest.TestCase()


def build_err_msg(arrays, err_msg, header='Items are not equal:', verbose=True, names=('ACTUAL', 'DESIRED'), precision=8):
    """The text of a failed comparison: header, what the caller says, and the arrays, cut after some lines."""
    text = '\n' + header
    err_msg = str(err_msg)
    if err_msg:
        text += (' ' if '\n' not in err_msg and len(err_msg) < 79 - len(header) else '\n') + err_msg
    if verbose:
        for name, a in zip(names, arrays):
            try:
                shown = np.array_repr(a, precision=precision) if isinstance(a, np.ndarray) else repr(a)
            except Exception as error:
                shown = f'[repr failed for <{type(a).__name__}>: {error}]'
            lines = shown.splitlines()
            if len(lines) > 4:
                shown = '\n'.join(lines[:3]) + '...'
            text += f'\n {name}: {shown}'
    return text


def assert_(val, msg=''):
    """Assert that works in release mode."""
    if not val:
        raise AssertionError(msg() if callable(msg) else msg)


def _holds(verdict):
    """One truth of what a comparison gave, an array or not."""
    if isinstance(verdict, (bool, np.bool)):
        return bool(verdict)
    return bool(np.asarray(verdict).all())


def _largest(a):
    largest = getattr(a, 'max', None)
    return largest() if largest is not None else max(a)


def _differences(x, y, fine):
    """Lines about the largest differences among what is not fine; none if the dtypes have no differences."""
    lines = []
    with np.errstate(all='ignore'), contextlib.suppress(TypeError, ValueError):
        error = abs(x - y)
        if np.issubdtype(x.dtype, np.unsignedinteger):
            error = np.minimum(error, abs(y - x))
        if np.ndim(fine) and np.shape(fine) == np.shape(error):
            bad = error[~fine]
        else:
            bad = error
        lines.append('Max absolute difference among violations: ' + np.array2string(_largest(bad)))
        y = np.broadcast_to(y, np.shape(error))
        divisors = abs(y[~fine] if np.ndim(fine) and np.shape(fine) == np.shape(error) else y)
        some = divisors != 0
        largest = _largest(bad[some] / divisors[some]) if np.any(some) else np.array(np.inf)
        lines.append('Max relative difference among violations: ' + np.array2string(np.asarray(largest)))
    return lines


def assert_array_compare(comparison, x, y, err_msg='', verbose=True, header='', precision=6, equal_nan=True, equal_inf=True, *, strict=False,
                         names=('ACTUAL', 'DESIRED')):
    """Compares two arrays by a function; NaNs, infinities and NaTs must be in the same places, and count as equal there."""
    __tracebackhide__ = True
    x, y = np.asanyarray(x), np.asanyarray(y)
    shown = [x, y]

    def fail(more):
        raise AssertionError(build_err_msg(shown, str(err_msg) + more, verbose=verbose, header=header, names=names, precision=precision))

    def alike(test, what):
        """Where both x and y have a special value; fails if only one has."""
        at_x, at_y = test(x), test(y)
        same = at_x == at_y
        if not (same.filled(True).all() if hasattr(same, 'filled') else np.all(same)):
            fail(f'\nx and y {what} location mismatch:')
        return np.bool(at_x) if np.ndim(at_x) == 0 else np.bool(at_y) if np.ndim(at_y) == 0 else np.asarray(at_x)

    try:
        fits = x.shape == y.shape and x.dtype == y.dtype if strict else x.shape == () or y.shape == () or x.shape == y.shape
        if not fits:
            fail(f'\n(shapes {x.shape}, {y.shape} mismatch)' if x.shape != y.shape else f'\n(dtypes {x.dtype}, {y.dtype} mismatch)')
        special = np.bool(False)
        if equal_nan:
            special = alike(lambda a: _where(np.isnan, a), 'nan')
        if equal_inf:
            special = special | alike(lambda a: _where_equal(a, np.inf), '+inf')
            special = special | alike(lambda a: _where_equal(a, -np.inf), '-inf')
        if x.dtype.kind in 'mM' and y.dtype.kind == x.dtype.kind:
            special = special | alike(np.isnat, 'NaT')
        if special.ndim:
            x, y = x if not x.ndim else x[~special], y if not y.ndim else y[~special]
            if 0 in (x.size, y.size):
                return
        elif special:
            return
        verdict = comparison(x, y)
        if isinstance(verdict, (bool, np.bool)):
            good, results = bool(verdict), np.array([verdict])
        else:
            results = verdict.ravel()
            good = bool(results.all())
        if good:
            return
        wrong = results.size - int(results.sum(dtype=np.intp))
        total = special.size if special.ndim else results.size
        lines = [f'Mismatched elements: {wrong} / {total} ({100 * wrong / total:.3g}%)']
        lines += _differences(x, y, np.asarray(verdict) if not isinstance(verdict, (bool, np.bool)) else np.bool(False))
        fail('\n' + '\n'.join(lines))
    except ValueError:
        import traceback
        raise ValueError(build_err_msg(shown, f'error during assertion:\n\n{traceback.format_exc()}\n\n{header}', verbose=verbose, header=header,
                                       names=names, precision=precision)) from None


def _where(test, a):
    """Where a test holds; nowhere if the dtype does not have it."""
    try:
        return test(a)
    except (TypeError, ValueError):
        return np.bool(False)


def _where_equal(a, value):
    try:
        with np.errstate(invalid='ignore'):
            return a == value if a.dtype.kind in 'fcO' else np.bool(False)
    except (TypeError, ValueError):
        return np.bool(False)


def assert_array_equal(actual, desired, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two array_like objects are not equal."""
    __tracebackhide__ = True
    assert_array_compare(operator.__eq__, actual, desired, err_msg, verbose, 'Arrays are not equal', equal_inf=False, strict=strict)


def _raise_unless_equal(actual, desired, err_msg, verbose):
    raise AssertionError(build_err_msg([actual, desired], err_msg, verbose=verbose))


def assert_equal(actual, desired, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two objects are not equal."""
    __tracebackhide__ = True
    if isinstance(desired, dict):
        if not isinstance(actual, dict):
            raise AssertionError(repr(type(actual)))
        assert_equal(len(actual), len(desired), err_msg, verbose)
        for key in desired:
            if key not in actual:
                raise AssertionError(repr(key))
            assert_equal(actual[key], desired[key], f'key={key!r}\n{err_msg}', verbose)
        return
    if isinstance(desired, (list, tuple)) and isinstance(actual, (list, tuple)):
        assert_equal(len(actual), len(desired), err_msg, verbose)
        for i, (a, d) in enumerate(zip(actual, desired)):
            assert_equal(a, d, f'item={i!r}\n{err_msg}', verbose)
        return
    if isinstance(actual, np.ndarray) or isinstance(desired, np.ndarray):
        return assert_array_equal(actual, desired, err_msg, verbose, strict=strict)
    try:
        complex_values = np.iscomplexobj(actual) or np.iscomplexobj(desired)
    except (ValueError, TypeError):
        complex_values = False
    if complex_values:
        for part in (np.real, np.imag):
            try:
                assert_equal(part(actual), part(desired))
            except AssertionError:
                _raise_unless_equal(actual, desired, err_msg, verbose)
        return
    if np.isscalar(desired) != np.isscalar(actual):
        _raise_unless_equal(actual, desired, err_msg, verbose)
    try:
        nat = np.isnat(desired), np.isnat(actual)
    except (TypeError, ValueError):
        nat = False, False
    if any(nat):
        if all(nat) and np.asarray(desired).dtype.type == np.asarray(actual).dtype.type:
            return
        _raise_unless_equal(actual, desired, err_msg, verbose)
    with contextlib.suppress(TypeError, ValueError, NotImplementedError):
        if np.isnan(desired) and np.isnan(actual):
            return
        if desired == 0 and actual == 0 and not np.signbit(desired) == np.signbit(actual):
            _raise_unless_equal(actual, desired, err_msg, verbose)
    same = desired == actual
    if not _holds(same):
        _raise_unless_equal(actual, desired, err_msg, verbose)


def print_assert_equal(test_string, actual, desired):
    """Test if two objects are equal, and print an error message if test fails."""
    import pprint
    from io import StringIO
    if actual != desired:
        text = StringIO()
        text.write(f'{test_string} failed\nACTUAL: \n')
        pprint.pprint(actual, text)
        text.write('DESIRED: \n')
        pprint.pprint(desired, text)
        raise AssertionError(text.getvalue())


def assert_allclose(actual, desired, rtol=1e-7, atol=0, equal_nan=True, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two objects are not equal up to desired tolerance."""
    __tracebackhide__ = True
    def close(x, y):
        return np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)
    assert_array_compare(close, np.asanyarray(actual), np.asanyarray(desired), err_msg, verbose,
                         f'Not equal to tolerance rtol={rtol:g}, atol={atol:g}', equal_nan=equal_nan, strict=strict)


def assert_almost_equal(actual, desired, decimal=7, err_msg='', verbose=True):
    """Raises an AssertionError if two items are not equal up to desired precision."""
    __tracebackhide__ = True
    def fail():
        raise AssertionError(build_err_msg([actual, desired], err_msg, f'Arrays are not almost equal to {decimal:d} decimals', verbose))

    try:
        complex_values = np.iscomplexobj(actual) or np.iscomplexobj(desired)
    except ValueError:
        complex_values = False
    if complex_values and not isinstance(actual, (np.ndarray, tuple, list)) and not isinstance(desired, (np.ndarray, tuple, list)):
        try:
            assert_almost_equal(np.real(actual), np.real(desired), decimal)
            assert_almost_equal(np.imag(actual), np.imag(desired), decimal)
        except AssertionError:
            fail()
        return
    if isinstance(actual, (np.ndarray, tuple, list)) or isinstance(desired, (np.ndarray, tuple, list)):
        return assert_array_almost_equal(actual, desired, decimal, err_msg, verbose)
    with contextlib.suppress(NotImplementedError, TypeError):
        if not (np.isfinite(desired) and np.isfinite(actual)):
            if np.isnan(desired) or np.isnan(actual):
                if not (np.isnan(desired) and np.isnan(actual)):
                    fail()
            elif not desired == actual:
                fail()
            return
    if abs(desired - actual) >= np.float64(1.5 * 10.0 ** -decimal):
        fail()


def assert_array_almost_equal(actual, desired, decimal=6, err_msg='', verbose=True):
    """Raises an AssertionError if two objects are not equal up to desired precision."""
    __tracebackhide__ = True

    def close(x, y):
        difference_dtype = np.result_type(y, 1.0)
        y = np.asanyarray(y, difference_dtype)
        difference = abs(x - y)
        if not np.issubdtype(difference.dtype, np.number):
            difference = difference.astype(np.float64)
        return difference < np.float64(1.5 * 10.0 ** -decimal)

    assert_array_compare(close, actual, desired, err_msg, verbose, f'Arrays are not almost equal to {decimal:d} decimals', decimal)


def assert_array_less(x, y, err_msg='', verbose=True, *, strict=False):
    """Raises an AssertionError if two array_like objects are not ordered by less than."""
    __tracebackhide__ = True
    assert_array_compare(operator.__lt__, x, y, err_msg, verbose, 'Arrays are not strictly ordered `x < y`', equal_inf=False, strict=strict,
                         names=('x', 'y'))


def assert_approx_equal(actual, desired, significant=7, err_msg='', verbose=True):
    """Raises an AssertionError if two items are not equal up to significant digits."""
    __tracebackhide__ = True
    actual, desired = float(actual), float(desired)
    if desired == actual:
        return
    with np.errstate(invalid='ignore', divide='ignore'):
        scale = np.power(10, np.floor(np.log10(np.abs(0.5 * (np.abs(desired) + np.abs(actual))))))
        apart = abs(np.float64(desired) / scale - np.float64(actual) / scale)
    message = build_err_msg([actual, desired], err_msg, f'Items are not equal to {significant:d} significant digits:', verbose)
    if not (np.isfinite(desired) and np.isfinite(actual)):
        if not (np.isnan(desired) and np.isnan(actual)):
            raise AssertionError(message)
        return
    if apart >= 10.0 ** -(significant - 1):
        raise AssertionError(message)


def assert_string_equal(actual, desired):
    """Test if two strings are equal."""
    __tracebackhide__ = True
    import difflib
    for text in (actual, desired):
        if not isinstance(text, str):
            raise AssertionError(repr(type(text)))
    if actual == desired:
        return
    lines = [line for line in difflib.Differ().compare(actual.splitlines(True), desired.splitlines(True)) if line[0] in '-+?' and line[0] != '?']
    raise AssertionError('Differences in strings:\n' + ''.join(line if line.endswith('\n') else line + '\n' for line in lines).rstrip())


def assert_raises(*args, **kwargs):
    """Fail unless an exception of class exception_class is thrown."""
    __tracebackhide__ = True
    return _case.assertRaises(*args, **kwargs)


def assert_raises_regex(exception_class, expected_regexp, *args, **kwargs):
    """Fail unless an exception with a matching message is thrown."""
    __tracebackhide__ = True
    return _case.assertRaisesRegex(exception_class, expected_regexp, *args, **kwargs)


# ---- steps between floats --------------------------------------------------------------------------------------------------

def integer_repr(x):
    """The bits of floats as integers in the floats' own order."""
    whole = {2: np.int16, 4: np.int32, 8: np.int64}.get(x.dtype.itemsize)
    if whole is None:
        raise ValueError(f'Unsupported dtype {x.dtype}')
    words = np.ascontiguousarray(x).view(whole)
    low = whole(np.iinfo(whole).min)
    if words.ndim == 0:
        return low - words if words < 0 else words
    words = words.copy()
    words[words < 0] = low - words[words < 0]
    return words


def nulp_diff(x, y, dtype=None):
    """How many floats lie between two arrays of one dtype."""
    x, y = (np.asarray(a, dtype=dtype) if dtype else np.asarray(a) for a in (x, y))
    kind = np.common_type(x, y)
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        raise NotImplementedError('_nulp not implemented for complex array')
    x, y = np.array([x], dtype=kind), np.array([y], dtype=kind)
    x[np.isnan(x)] = np.nan
    y[np.isnan(y)] = np.nan
    if x.shape != y.shape:
        raise ValueError(f'Arrays do not have the same shape: {x.shape} - {y.shape}')
    apart = np.asarray(integer_repr(y) - integer_repr(x), dtype=kind)
    return np.absolute(apart)


def assert_array_max_ulp(a, b, maxulp=1, dtype=None):
    """Check that all items of arrays differ in at most N Units in the Last Place."""
    __tracebackhide__ = True
    apart = nulp_diff(a, b, dtype)
    if not np.all(apart <= maxulp):
        raise AssertionError(f'Arrays are not almost equal up to {maxulp:g} ULP (max difference is {np.max(apart):g} ULP)')
    return apart


def assert_array_almost_equal_nulp(x, y, nulp=1):
    """Compare two arrays relatively to their spacing."""
    __tracebackhide__ = True
    size_x, size_y = np.abs(x), np.abs(y)
    limit = nulp * np.spacing(np.where(size_x > size_y, size_x, size_y))
    if not np.all(np.abs(x - y) <= limit):
        if np.iscomplexobj(x) or np.iscomplexobj(y):
            raise AssertionError(f'Arrays are not equal to {nulp} ULP')
        raise AssertionError(f'X and Y are not equal to {nulp} ULP (max is {np.max(nulp_diff(x, y)):g})')
