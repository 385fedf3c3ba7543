"""Assertions about masked arrays: masked elements count as equal to whatever they are compared with."""

import operator
from unittest import TestCase  # noqa: F401

import numpy as np
import numpy._core.umath as umath
import numpy.testing
from numpy import ndarray
from numpy.ma import filled, getmask, mask_or, masked, masked_array, nomask
from numpy.testing import assert_, assert_allclose, assert_array_almost_equal_nulp, assert_raises  # noqa: F401
from numpy.testing._private.comparisons import build_err_msg

__all__ = ['almost', 'approx', 'assert_almost_equal', 'assert_array_almost_equal', 'assert_array_approx_equal', 'assert_array_compare', 'assert_array_equal',
           'assert_array_less', 'assert_close', 'assert_equal', 'assert_equal_records', 'assert_mask_equal', 'assert_not_equal', 'fail_if_array_equal',
           'TestCase', 'assert_', 'assert_allclose', 'assert_array_almost_equal_nulp', 'assert_raises']


def approx(a, b, fill_value=True, rtol=1e-5, atol=1e-8):
    """Returns true if all components of a and b are equal to given tolerances."""
    gone = mask_or(getmask(a), getmask(b))
    x, y = filled(a), filled(b)
    if x.dtype.char == 'O' or y.dtype.char == 'O':
        return np.equal(x, y).ravel()
    close = np.less_equal(umath.absolute(x - y), atol + rtol * umath.absolute(y))
    return filled(masked_array(close, mask=gone), fill_value).ravel()


def almost(a, b, decimal=6, fill_value=True):
    """Returns True if a and b are equal up to decimal places."""
    gone = mask_or(getmask(a), getmask(b))
    x, y = filled(a), filled(b)
    if x.dtype.char == 'O' or y.dtype.char == 'O':
        return np.equal(x, y).ravel()
    x = filled(masked_array(x, copy=False, mask=gone), fill_value).astype(np.float64)
    y = filled(masked_array(y, copy=False, mask=gone), 1).astype(np.float64)
    return (abs(x - y) <= 10.0 ** -decimal).ravel()


def _assert_equal_on_sequences(actual, desired, err_msg=''):
    assert_equal(len(actual), len(desired), err_msg)
    for i in range(len(desired)):
        assert_equal(actual[i], desired[i], f'item={i!r}\n{err_msg}')


def assert_equal_records(a, b):
    """Asserts that two records are equal."""
    assert_equal(a.dtype, b.dtype)
    for name in a.dtype.names:
        left, right = operator.getitem(a, name), operator.getitem(b, name)
        if not (left is masked) and not (right is masked):
            assert_equal(left, right)


def assert_equal(actual, desired, err_msg=''):
    """Asserts that two items are equal."""
    if isinstance(desired, dict):
        if not isinstance(actual, dict):
            raise AssertionError(repr(type(actual)))
        assert_equal(len(actual), len(desired), err_msg)
        for key in desired:
            if key not in actual:
                raise AssertionError(f'{key} not in {actual}')
            assert_equal(actual[key], desired[key], f'key={key!r}\n{err_msg}')
        return
    if isinstance(desired, (list, tuple)) and isinstance(actual, (list, tuple)):
        _assert_equal_on_sequences(actual, desired, err_msg='')
        return
    if not (isinstance(actual, ndarray) or isinstance(desired, ndarray)):
        if not desired == actual:
            raise AssertionError(build_err_msg([actual, desired], err_msg))
        return
    if (actual is masked and desired is not masked) or (desired is masked and actual is not masked):
        raise ValueError(build_err_msg([actual, desired], err_msg, header='', names=('x', 'y')))
    actual, desired = np.asanyarray(actual), np.asanyarray(desired)
    if actual.dtype.char == 'S' and desired.dtype.char == 'S':
        return _assert_equal_on_sequences(actual.tolist(), desired.tolist(), err_msg='')
    return assert_array_equal(actual, desired, err_msg)


def assert_not_equal(actual, desired, err_msg='', verbose=True):
    """Raises an assertion error if two items are equal."""
    if isinstance(desired, dict):
        if not isinstance(actual, dict):
            raise AssertionError(repr(type(actual)))
        assert_not_equal(len(actual), len(desired), err_msg)
        for key in desired:
            if key not in actual:
                raise AssertionError(repr(key))
            assert_not_equal(actual[key], desired[key], f'key={key!r}\n{err_msg}')
        return
    if isinstance(desired, (list, tuple)) and isinstance(actual, (list, tuple)):
        assert_not_equal(len(actual), len(desired), err_msg)
        for i in range(len(desired)):
            assert_not_equal(actual[i], desired[i], f'item={i!r}\n{err_msg}')
        return
    if isinstance(actual, ndarray) or isinstance(desired, ndarray):
        return fail_if_array_equal(actual, desired, err_msg)
    if desired == actual:
        raise AssertionError(build_err_msg([actual, desired], err_msg, verbose=verbose))


fail_if_equal = assert_not_equal


def assert_almost_equal(actual, desired, decimal=7, err_msg='', verbose=True):
    """Asserts that two items are almost equal."""
    if isinstance(actual, ndarray) or isinstance(desired, ndarray):
        return assert_array_almost_equal(actual, desired, decimal=decimal, err_msg=err_msg, verbose=verbose)
    if not round(abs(desired - actual), decimal) == 0:
        raise AssertionError(build_err_msg([actual, desired], err_msg=err_msg, verbose=verbose))


assert_close = assert_almost_equal


def assert_array_compare(comparison, x, y, err_msg='', verbose=True, header='', fill_value=True):
    """Asserts that comparison between two masked arrays is satisfied."""
    gone = mask_or(getmask(x), getmask(y))
    x = masked_array(x, copy=False, mask=gone, keep_mask=False, subok=False)
    y = masked_array(y, copy=False, mask=gone, keep_mask=False, subok=False)
    if (x is masked and y is not masked) or (y is masked and x is not masked):
        raise ValueError(build_err_msg([x, y], err_msg=err_msg, verbose=verbose, header=header, names=('x', 'y')))
    return numpy.testing.assert_array_compare(comparison, x.filled(fill_value), y.filled(fill_value), err_msg=err_msg, verbose=verbose, header=header)


def assert_array_equal(x, y, err_msg='', verbose=True):
    """Checks the elementwise equality of two masked arrays."""
    assert_array_compare(operator.__eq__, x, y, err_msg=err_msg, verbose=verbose, header='Arrays are not equal')


def fail_if_array_equal(x, y, err_msg='', verbose=True):
    """Raises an assertion error if two masked arrays are not equal elementwise."""
    def differ(x, y):
        return not np.all(approx(x, y))
    assert_array_compare(differ, x, y, err_msg=err_msg, verbose=verbose, header='Arrays are not equal')


def assert_array_approx_equal(x, y, decimal=6, err_msg='', verbose=True):
    """Checks the equality of two masked arrays, up to given number of decimals."""
    def close(x, y):
        return approx(x, y, rtol=10. ** -decimal)
    assert_array_compare(close, x, y, err_msg=err_msg, verbose=verbose, header='Arrays are not almost equal')


def assert_array_almost_equal(x, y, decimal=6, err_msg='', verbose=True):
    """Checks the equality of two masked arrays, up to given number of decimals."""
    def close(x, y):
        return almost(x, y, decimal)
    assert_array_compare(close, x, y, err_msg=err_msg, verbose=verbose, header='Arrays are not almost equal')


def assert_array_less(x, y, err_msg='', verbose=True):
    """Checks that x is smaller than y elementwise."""
    assert_array_compare(operator.__lt__, x, y, err_msg=err_msg, verbose=verbose, header='Arrays are not less-ordered')


def assert_mask_equal(m1, m2, err_msg=''):
    """Asserts the equality of two masks."""
    if m1 is nomask:
        assert_(m2 is nomask)
    if m2 is nomask:
        assert_(m1 is nomask)
    assert_array_equal(m1, m2, err_msg=err_msg)
