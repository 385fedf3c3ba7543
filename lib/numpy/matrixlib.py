"""matrix: arrays of two dimensions whose product is the matrix product."""

import ast
import warnings

import _numpy as np
from _numpy import asarray

__all__ = ['matrix', 'bmat', 'asmatrix']


def _from_text(text):
    for c in '[]':
        text = text.replace(c, '')
    rows = []
    for row in text.split(';'):
        rows.append([ast.literal_eval(x) for part in row.split(',') for x in part.split()])
        if len(rows[-1]) != len(rows[0]):
            raise ValueError('Rows not the same size.')
    return rows


def asmatrix(data, dtype=None):
    """Interpret the input as a matrix."""
    return matrix(data, dtype=dtype, copy=False)


class matrix(np.ndarray):
    """Returns a matrix from an array-like object, or from a string of data."""

    __array_priority__ = 10.0

    def __new__(subtype, data, dtype=None, copy=True):
        warnings.warn('the matrix subclass is not the recommended way to represent matrices or deal with linear algebra (see '
                      'https://docs.scipy.org/doc/numpy/user/numpy-for-matlab-users.html). Please adjust your code to use regular ndarray.',
                      PendingDeprecationWarning, stacklevel=2)
        if isinstance(data, matrix):
            if dtype is None or data.dtype == np.dtype(dtype):
                return data.copy() if copy else data
            return data.astype(dtype)
        if isinstance(data, str):
            data = _from_text(data)
        array = np.array(data, dtype=dtype, copy=True if copy else None)
        if array.ndim > 2:
            raise ValueError('matrix must be 2-dimensional')
        if array.ndim < 2:
            array = array.reshape((1, -1))
        return array.view(subtype)

    def __array_finalize__(self, obj):
        if obj is not None and isinstance(obj, matrix) and obj._whole:
            return
        if self.ndim == 2:
            return
        if self.ndim > 2:
            kept = tuple(n for n in self.shape if n > 1)
            if len(kept) > 2:
                raise ValueError('shape too large to be a matrix.')
            self.shape = (1,) * (2 - len(kept)) + kept
            return
        self.shape = (1, 1) if self.ndim == 0 else (1, self.shape[0])

    _whole = False

    def _array(self):
        return self.view(np.ndarray)

    def __getitem__(self, index):
        found = self._array()[index]
        if not isinstance(found, np.ndarray):
            return found
        if found.ndim == 0:
            return found[()]
        if found.ndim == 1:
            columns = isinstance(index, tuple) and len(index) > 1 and np.isscalar(index[1]) if hasattr(np, 'isscalar') else (
                isinstance(index, tuple) and len(index) > 1 and hasattr(index[1], '__index__'))
            found = found.reshape((-1, 1) if columns else (1, -1))
        return found.view(type(self))

    def __mul__(self, other):
        if isinstance(other, (np.ndarray, list, tuple)):
            return _made(np.dot(self._array(), asmatrix(other)._array()))
        return _made(self._array() * other)

    def __rmul__(self, other):
        if isinstance(other, (np.ndarray, list, tuple)):
            return _made(np.dot(asmatrix(other)._array(), self._array()))
        return _made(other * self._array())

    def __imul__(self, other):
        self[:] = self * other
        return self

    def __pow__(self, other):
        from numpy.linalg import matrix_power
        return _made(matrix_power(self._array(), other))

    def __ipow__(self, other):
        self[:] = self ** other
        return self

    def _reduced(self, name, axis, **kwargs):
        result = getattr(self._array(), name)(axis=axis, **kwargs)
        return result if axis is None else _made(asarray(result).reshape((1, -1) if axis % 2 == 0 else (-1, 1)))

    def sum(self, axis=None, dtype=None, out=None):
        return self._reduced('sum', axis, dtype=dtype)

    def mean(self, axis=None, dtype=None, out=None):
        return self._reduced('mean', axis, dtype=dtype)

    def std(self, axis=None, dtype=None, out=None, ddof=0):
        return self._reduced('std', axis, dtype=dtype, ddof=ddof)

    def var(self, axis=None, dtype=None, out=None, ddof=0):
        return self._reduced('var', axis, dtype=dtype, ddof=ddof)

    def prod(self, axis=None, dtype=None, out=None):
        return self._reduced('prod', axis, dtype=dtype)

    def any(self, axis=None, out=None):
        return self._reduced('any', axis)

    def all(self, axis=None, out=None):
        return self._reduced('all', axis)

    def max(self, axis=None, out=None):
        return self._reduced('max', axis)

    def min(self, axis=None, out=None):
        return self._reduced('min', axis)

    def argmax(self, axis=None, out=None):
        return self._reduced('argmax', axis)

    def argmin(self, axis=None, out=None):
        return self._reduced('argmin', axis)

    def ptp(self, axis=None, out=None):
        from numpy._core.statistics import ptp
        result = ptp(self._array(), axis)
        return result if axis is None else _made(asarray(result).reshape((1, -1) if axis % 2 == 0 else (-1, 1)))

    def tolist(self):
        return self._array().tolist()

    def squeeze(self, axis=None):
        return _made(self._array().squeeze(axis=axis))

    def flatten(self, order='C'):
        return _made(self._array().flatten(order=order))

    def ravel(self, order='C'):
        return _made(self._array().ravel(order=order))

    @property
    def I(self):  # noqa: E743
        """Returns the (multiplicative) inverse of invertible `self`."""
        from numpy.linalg import inv, pinv
        m, n = self.shape
        return _made((inv if m == n else pinv)(self._array()))

    @property
    def A(self):
        """Return `self` as an `ndarray` object."""
        return self._array()

    @property
    def A1(self):
        """Return `self` as a flattened `ndarray`."""
        return self._array().ravel()

    @property
    def T(self):
        """Returns the transpose of the matrix."""
        return self._array().T.view(type(self))

    @property
    def H(self):
        """Returns the (complex) conjugate transpose of `self`."""
        a = self._array().T
        return _made(a.conj() if a.dtype.kind == 'c' else a)

    getI, getA, getA1, getT, getH = I.fget, A.fget, A1.fget, T.fget, H.fget


matrix.__module__ = 'numpy'


def _made(array):
    return asarray(array).reshape((1, -1) if np.ndim(array) < 2 else np.shape(array)).view(matrix)


def bmat(obj, ldict=None, gdict=None):
    """Build a matrix object from a string, nested sequence, or array."""
    if isinstance(obj, str):
        if gdict is None:
            import sys
            frame = sys._getframe().f_back
            gdict, ldict = frame.f_globals, frame.f_locals
        names = {**gdict, **(ldict or {})}
        rows = []
        for row in obj.split(';'):
            parts = [x for part in row.split(',') for x in part.split()]
            try:
                rows.append(np.concatenate([asarray(names[x]) for x in parts], axis=-1))
            except KeyError as error:
                raise NameError(f'name {error.args[0]!r} is not defined') from None
        return asmatrix(np.concatenate(rows, axis=0))
    if isinstance(obj, (tuple, list)):
        rows = []
        for row in obj:
            if isinstance(row, np.ndarray):
                return asmatrix(np.concatenate([asarray(x) for x in obj], axis=-1))
            rows.append(np.concatenate([asarray(x) for x in row], axis=-1))
        return asmatrix(np.concatenate(rows, axis=0))
    return asmatrix(obj)
