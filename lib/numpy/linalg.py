"""Linear algebra. Decompositions are not here yet; their names raise AttributeError."""

import math
from collections import namedtuple
from itertools import product

import _numpy as np
from _numpy import asarray
from numpy._core.numeric import _axis, outer, tensordot, vecdot, matrix_transpose, cross  # noqa: F401
from _numpy import matmul, diagonal, trace  # noqa: F401


class LinAlgError(ValueError):
    """Raised when a linear algebra-related condition prevents further correct execution."""


_SlogdetResult = namedtuple('SlogdetResult', 'sign logabsdet')


def norm(x, ord=None, axis=None, keepdims=False):
    """Matrix or vector norm."""
    x = asarray(x)
    if x.dtype.kind not in 'fc':
        x = x.astype(float)
    if axis is None:
        if ord is None or (ord in ('f', 'fro') and x.ndim == 2) or (ord == 2 and x.ndim == 1):
            flat = x.ravel(order='K')
            squares = np.dot(flat.real, flat.real) + np.dot(flat.imag, flat.imag) if x.dtype.kind == 'c' else np.dot(flat, flat)
            result = np.sqrt(squares)
            return result.reshape((1,) * x.ndim) if keepdims else result
        axis = tuple(range(x.ndim))
    elif not isinstance(axis, tuple):
        axis = (axis,)
    if len(axis) == 1:
        if ord == math.inf:
            return np.abs(x).max(axis=axis, keepdims=keepdims)
        if ord == -math.inf:
            return np.abs(x).min(axis=axis, keepdims=keepdims)
        if ord == 0:
            return (x != 0).astype(x.real.dtype).sum(axis=axis, keepdims=keepdims)
        if ord == 1:
            return np.add.reduce(np.abs(x), axis=axis, keepdims=keepdims)
        if ord is None or ord == 2:
            return np.sqrt(np.add.reduce((x.conj() * x).real, axis=axis, keepdims=keepdims))
        if isinstance(ord, str):
            raise ValueError(f"Invalid norm order '{ord}' for vectors")
        return np.power(np.add.reduce(np.power(np.abs(x), ord), axis=axis, keepdims=keepdims), 1.0 / ord)
    if len(axis) != 2:
        raise ValueError('Improper number of dimensions to norm.')
    row, column = (_axis(a, x.ndim) for a in axis)
    if row == column:
        raise ValueError('Duplicate axes given.')
    if ord in (None, 'fro', 'f'):
        result = np.sqrt((x.conj() * x).real.sum(axis=axis))
    elif ord in (1, -1, math.inf, -math.inf):
        first, second = (row, column) if abs(ord) == 1 else (column, row)
        if second > first:
            second -= 1
        sums = np.add.reduce(np.abs(x), axis=first)
        result = sums.max(axis=second) if ord > 0 else sums.min(axis=second)
    elif ord in (2, -2, 'nuc'):
        raise NotImplementedError('norms by singular values are not supported yet')
    else:
        raise ValueError('Invalid norm order for matrices.')
    if keepdims:
        shape = list(x.shape)
        shape[row] = shape[column] = 1
        result = asarray(result).reshape(shape)
    return result


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """Computes the vector norm of a vector (or batch of vectors) x."""
    x = asarray(x)
    if axis is None:
        result = norm(x.ravel(), ord)
        return asarray(result).reshape((1,) * x.ndim) if keepdims else result
    return norm(x, ord, axis, keepdims)


def matrix_norm(x, /, *, keepdims=False, ord='fro'):
    """Computes the matrix norm of a matrix (or a stack of matrices) x."""
    return norm(x, ord, (-2, -1), keepdims)


def matrix_power(a, n):
    """Raise a square matrix to the (integer) power n."""
    a = asarray(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise LinAlgError('Last 2 dimensions of the array must be square')
    if n < 0:
        a, n = inv(a), -n
    from numpy._core.numeric import eye
    result = None
    while n:
        if n & 1:
            result = a if result is None else np.matmul(result, a)
        n >>= 1
        if n:
            a = np.matmul(a, a)
    if result is None:
        result = np.broadcast_to(eye(a.shape[-1], dtype=a.dtype), a.shape).copy()
    return result


# ---- systems of linear equations -------------------------------------------------------------------------------------------

def _squares(a):
    """A stack of square matrices, and the dtype they are worked on in."""
    a = asarray(a)
    if a.ndim < 2:
        raise LinAlgError(f'{a.ndim}-dimensional array given. Array must be at least two-dimensional')
    if a.shape[-1] != a.shape[-2]:
        raise LinAlgError('Last 2 dimensions of the array must be square')
    return a, _working(a.dtype)


def _working(dtype):
    if dtype.name == 'float16':
        raise TypeError('array type float16 is unsupported in linalg')
    return dtype if dtype.kind in 'fc' else np.dtype('float64')


def _solved(a, b, dtype):
    """Solves for one matrix and its right-hand sides; neither is changed."""
    sides = np.array(b, dtype=dtype, order='F', copy=True)
    if not np._lu_solve(np.array(a, dtype=dtype, order='F', copy=True), sides):
        raise LinAlgError('Singular matrix')
    return sides


def solve(a, b):
    """Solve a linear matrix equation, or system of linear scalar equations."""
    a, dtype = _squares(a)
    b = asarray(b)
    dtype = np.promote_types(dtype, _working(b.dtype))
    vector = b.ndim == 1
    if vector:
        b = b.reshape(-1, 1)
    if b.ndim < 2:
        raise LinAlgError(f'{b.ndim}-dimensional array given. Array must be at least two-dimensional')
    if b.shape[-2] != a.shape[-1]:
        signature = '(m,m),(m)->(m)' if vector else '(m,m),(m,n)->(m,n)'
        name = 'solve1' if vector else 'solve'
        raise ValueError(f'{name}: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature {signature} '
                         f'(size {b.shape[-2]} is different from {a.shape[-1]})')
    from numpy._core.shape_base import broadcast_shapes
    stack = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if not stack:
        result = np.ascontiguousarray(_solved(a, b, dtype))
    else:
        wide_a, wide_b = np.broadcast_to(a, stack + a.shape[-2:]), np.broadcast_to(b, stack + b.shape[-2:])
        result = np.empty(wide_b.shape, dtype)
        for place in product(*map(range, stack)):
            result[place] = _solved(wide_a[place], wide_b[place], dtype)
    return result[..., 0].copy() if vector else result


def inv(a):
    """Compute the inverse of a matrix."""
    from numpy._core.numeric import eye
    a, dtype = _squares(a)
    return solve(a, eye(a.shape[-1], dtype=dtype))


def slogdet(a):
    """Compute the sign and (natural) logarithm of the determinant of an array."""
    a, dtype = _squares(a)
    n, stack = a.shape[-1], a.shape[:-2]
    signs, logs = np.empty(stack, dtype), np.empty(stack, np.zeros(0, dtype).real.dtype)
    pivots = np.zeros(n, 'int32')
    for place in product(*map(range, stack)):
        matrix = np.array(a[place], dtype=dtype, order='F', copy=True)
        if np._lu_factor(matrix, pivots):
            diagonal = matrix.diagonal()
            exchanged = int(np.count_nonzero(pivots != np.arange(1, n + 1)))
            sizes = np.abs(diagonal)
            signs[place] = (-1) ** exchanged * np.prod(diagonal / sizes)
            logs[place] = np.log(sizes).sum()
        else:
            signs[place], logs[place] = 0, -math.inf
    return _SlogdetResult(signs[()], logs[()])


def det(a):
    """Compute the determinant of an array."""
    sign, size = slogdet(a)
    return sign * np.exp(size)


def multi_dot(arrays, *, out=None):
    """Compute the dot product of two or more arrays in a single function call."""
    result = asarray(arrays[0])
    for a in arrays[1:]:
        result = np.dot(result, a)
    return result
