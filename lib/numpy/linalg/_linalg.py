"""Linear algebra: shapes, dtypes and errors; the factorisations are LAPACK's (`_numpy_linalg`)."""

import math
import operator
from collections import namedtuple

import _numpy as np
import _numpy_linalg as _lapack
from _numpy import asanyarray, asarray
from numpy._core import numeric as _numeric
from numpy._core.numeric import _axis, matrix_transpose, tensordot, vecdot
from _numpy import matmul

__all__ = ['LinAlgError', 'cholesky', 'cond', 'cross', 'det', 'diagonal', 'eig', 'eigh', 'eigvals', 'eigvalsh', 'inv', 'lstsq', 'matmul',
           'matrix_norm', 'matrix_power', 'matrix_rank', 'matrix_transpose', 'multi_dot', 'norm', 'outer', 'pinv', 'qr', 'slogdet', 'solve',
           'svd', 'svdvals', 'tensordot', 'tensorinv', 'tensorsolve', 'trace', 'vecdot', 'vector_norm']


class LinAlgError(ValueError):
    """Raised when a linear algebra-related condition prevents further correct execution."""


EigResult = namedtuple('EigResult', 'eigenvalues eigenvectors')
EighResult = namedtuple('EighResult', 'eigenvalues eigenvectors')
QRResult = namedtuple('QRResult', 'Q R')
SlogdetResult = namedtuple('SlogdetResult', 'sign logabsdet')
SVDResult = namedtuple('SVDResult', 'U S Vh')


# ---- stacks of matrices ----------------------------------------------------------------------------------------------------

def _working(*arrays):
    """The dtype that LAPACK works in for these arrays."""
    for a in arrays:
        if a.dtype.kind in 'fc' and a.dtype.char not in 'fdFD':
            raise TypeError(f'array type {a.dtype.name} is unsupported in linalg')
    single = all(a.dtype.char in 'fF' for a in arrays)
    if any(a.dtype.kind == 'c' for a in arrays):
        return np.dtype('complex64' if single else 'complex128')
    return np.dtype('float32' if single else 'float64')


def _matrices(a):
    a = asarray(a)
    if a.ndim < 2:
        raise LinAlgError(f'{a.ndim}-dimensional array given. Array must be at least two-dimensional')
    return a


def _squares(a):
    a = _matrices(a)
    if a.shape[-1] != a.shape[-2]:
        raise LinAlgError('Last 2 dimensions of the array must be square')
    return a


def _turned(a, dtype):
    """A copy in which the columns of each matrix lie one after the other, as LAPACK has them."""
    return np.array(a.swapaxes(-1, -2), dtype=dtype, order='C', copy=True)


def _back(a):
    return np.array(a.swapaxes(-1, -2), order='C', copy=True)


def _check(result, text):
    if result is None:
        raise LinAlgError(text)
    return result


def _check_finite(a):
    if not np.all(np.isfinite(a)):
        raise LinAlgError('Array must not contain infs or NaNs')


def _real(dtype):
    return np.dtype('float32' if dtype.char in 'fF' else 'float64')


# ---- systems of linear equations -------------------------------------------------------------------------------------------

def solve(a, b):
    """Solve a linear matrix equation, or system of linear scalar equations."""
    a, b = _squares(a), asarray(b)
    dtype = _working(a, b)
    vector = b.ndim == 1
    if vector:
        b = b.reshape(-1, 1)
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        name, signature = ('solve1', '(m,m),(m)->(m)') if vector or b.ndim < 1 else ('solve', '(m,m),(m,n)->(m,n)')
        if b.ndim < 2:
            raise ValueError(f'{name}: Input operand 1 does not have enough dimensions (has {b.ndim}, gufunc core with signature {signature} '
                             f'requires {signature.count("n") + 1})')
        raise ValueError(f'{name}: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature {signature} '
                         f'(size {b.shape[-2]} is different from {a.shape[-1]})')
    if a.ndim > 2 or b.ndim > 2:
        from numpy._core.shape_base import broadcast_shapes
        stack = broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = np.broadcast_to(a, stack + a.shape[-2:]), np.broadcast_to(b, stack + b.shape[-2:])
    x = _back(_check(_lapack.solve(_turned(a, dtype), _turned(b, dtype)), 'Singular matrix'))
    return x[..., 0].copy() if vector else x


def inv(a):
    """Compute the inverse of a matrix."""
    a = _squares(a)
    dtype = _working(a)
    units = np.zeros(a.shape, dtype)
    n = a.shape[-1]
    units.reshape(-1, max(n * n, 1))[:, ::n + 1] = 1
    return _back(_check(_lapack.solve(_turned(a, dtype), units), 'Singular matrix'))


def tensorsolve(a, b, axes=None):
    """Solve the tensor equation ``a x = b`` for x."""
    a, b = asarray(a), asarray(b)
    if axes is not None:
        order = list(range(a.ndim))
        for k in axes:
            order.remove(k)
            order.insert(a.ndim, k)
        a = a.transpose(order)
    shape = a.shape[-(a.ndim - b.ndim):] if a.ndim != b.ndim else a.shape
    n = math.prod(shape)
    if a.size != n ** 2:
        raise LinAlgError('Input arrays must satisfy the requirement             prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])')
    return solve(a.reshape(n, n), b.ravel()).reshape(shape).copy()


def tensorinv(a, ind=2):
    """Compute the 'inverse' of an N-dimensional array."""
    a = asarray(a)
    if ind <= 0:
        raise ValueError('Invalid ind argument.')
    shape = a.shape[ind:] + a.shape[:ind]
    return inv(a.reshape(math.prod(a.shape[ind:]), -1)).reshape(shape)


def lstsq(a, b, rcond=None):
    """Return the least-squares solution to a linear matrix equation."""
    a, b = asarray(a), asarray(b)
    vector = b.ndim == 1
    if vector:
        b = b.reshape(-1, 1)
    for x in (a, b):
        if x.ndim != 2:
            raise LinAlgError(f'{x.ndim}-dimensional array given. Array must be two-dimensional')
    m, n = a.shape
    sides = b.shape[1]
    if m != b.shape[0]:
        raise LinAlgError('Incompatible dimensions')
    dtype = _working(a, b)
    if rcond is None:
        from numpy import finfo
        rcond = float(finfo(dtype).eps) * max(n, m)
    room = np.zeros((max(sides, 1), max(m, n)), dtype)
    room[:sides, :m] = b.T
    rank, values = _check(_lapack.least_squares(_turned(a, dtype), room, rcond), 'SVD did not converge in Linear Least Squares') if m and n else (
        0, np.zeros(0, _real(dtype)))
    if m == 0:
        room[...] = 0
    x = np.ascontiguousarray(room[:sides, :n].T)
    if rank != n or m <= n:
        residuals = np.zeros(0, _real(dtype))
    else:
        rest = room[:sides, n:m]
        residuals = np.add.reduce((rest.real ** 2 + rest.imag ** 2) if dtype.kind == 'c' else rest ** 2, axis=1)
    return (x[:, 0].copy() if vector else x), residuals, np.int32(rank), values


# ---- determinants ----------------------------------------------------------------------------------------------------------

def slogdet(a):
    """Compute the sign and (natural) logarithm of the determinant of an array."""
    a = _squares(a)
    sign, size = _lapack.determinant(_turned(a, _working(a)))
    return SlogdetResult(sign[()], size[()])


def det(a):
    """Compute the determinant of an array."""
    sign, size = slogdet(a)
    return sign * np.exp(size)


# ---- factorisations --------------------------------------------------------------------------------------------------------

def cholesky(a, /, *, upper=False):
    """Cholesky decomposition."""
    a = _squares(a)
    return _back(_check(_lapack.cholesky(_turned(a, _working(a)), upper), 'Matrix is not positive definite'))


def qr(a, mode='reduced'):
    """Compute the qr factorization of a matrix."""
    if mode not in ('reduced', 'complete', 'r', 'raw'):
        import warnings
        if mode in ('f', 'full'):
            warnings.warn("The 'full' option is deprecated in favor of 'reduced'.\nFor backward compatibility let mode default.", DeprecationWarning, stacklevel=2)
            mode = 'reduced'
        elif mode in ('e', 'economic'):
            warnings.warn("The 'economic' option is deprecated.", DeprecationWarning, stacklevel=2)
            mode = 'economic'
        else:
            raise ValueError(f"Unrecognized mode '{mode}'")
    a = _matrices(a)
    m, n = a.shape[-2:]
    least = min(m, n)
    factors = _turned(a, _working(a))
    tau = _lapack.qr_factor(factors)
    if mode == 'raw':
        return factors, tau
    if mode == 'economic':
        return _back(factors)
    columns = m if mode == 'complete' and m > n else least
    r = _numeric.triu(factors.swapaxes(-1, -2)[..., :columns, :])
    if mode == 'r':
        return r
    q = np.zeros(a.shape[:-2] + (columns, m), factors.dtype)
    q[..., :least, :] = factors[..., :least, :]
    return QRResult(_back(_lapack.qr_form(q, tau)), r)


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Singular Value Decomposition."""
    a = _matrices(a)
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    job = 'N' if not compute_uv else 'A' if full_matrices else 'S'
    dtype = _working(a)
    m, n = a.shape[-2:]
    if 0 in (m, n):
        s = np.zeros(a.shape[:-2] + (0,), _real(dtype))
        if not compute_uv:
            return s
        rows, columns = (m, n) if full_matrices else (0, 0)
        return SVDResult(_units(a.shape[:-2], m, rows, dtype), s, _units(a.shape[:-2], columns, n, dtype))
    result = _check(_lapack.svd(_turned(a, dtype), job), 'SVD did not converge')
    if job == 'N':
        return result
    u, s, vh = result
    return SVDResult(_back(u), s, _back(vh))


def _units(stack, rows, columns, dtype):
    result = np.zeros(stack + (rows, columns), dtype)
    result[...] = _numeric.eye(rows, columns, dtype=dtype)
    return result


def _svd_of_hermitian(a, compute_uv):
    if not compute_uv:
        s = abs(eigvalsh(a))
        s.sort(axis=-1)
        return np.ascontiguousarray(s[..., ::-1])
    from numpy._core.choosing import take_along_axis
    s, u = eigh(a)
    sign, s = np.sign(s), abs(s)
    order = s.argsort(axis=-1)[..., ::-1]
    sign, s = take_along_axis(sign, order, axis=-1), take_along_axis(s, order, axis=-1)
    u = take_along_axis(u, order[..., None, :], axis=-1)
    return SVDResult(u, s, (u * sign[..., None, :]).swapaxes(-2, -1).conj())


def svdvals(x, /):
    """Returns the singular values of a matrix (or a stack of matrices) ``x``."""
    return svd(x, compute_uv=False, hermitian=False)


# ---- eigenvalues -----------------------------------------------------------------------------------------------------------

def _real_if_all_are(values, *more):
    """The parts that count: real ones if no eigenvalue of a real matrix has another."""
    if np.all(values.imag == 0.0):
        return tuple(np.ascontiguousarray(x.real) for x in (values, *more))
    return values, *more


def eig(a):
    """Compute the eigenvalues and right eigenvectors of a square array."""
    a = _squares(a)
    _check_finite(a)
    values, vectors = _check(_lapack.eigen(_turned(a, _working(a)), True), 'Eigenvalues did not converge')
    vectors = _back(vectors)
    return EigResult(values, vectors) if _working(a).kind == 'c' else EigResult(*_real_if_all_are(values, vectors))


def eigvals(a):
    """Compute the eigenvalues of a general matrix."""
    a = _squares(a)
    _check_finite(a)
    values = _check(_lapack.eigen(_turned(a, _working(a)), False), 'Eigenvalues did not converge')
    return values if _working(a).kind == 'c' else _real_if_all_are(values)[0]


def _lower(UPLO):
    UPLO = UPLO.upper()
    if UPLO not in ('L', 'U'):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO == 'L'


def eigh(a, UPLO='L'):
    """Return the eigenvalues and eigenvectors of a complex Hermitian (conjugate symmetric) or a real symmetric matrix."""
    lower = _lower(UPLO)
    a = _squares(a)
    vectors = _turned(a, _working(a))
    values = _check(_lapack.eigen_symmetric(vectors, lower, True), 'Eigenvalues did not converge')
    return EighResult(values, _back(vectors))


def eigvalsh(a, UPLO='L'):
    """Compute the eigenvalues of a complex Hermitian or real symmetric matrix."""
    lower = _lower(UPLO)
    a = _squares(a)
    return _check(_lapack.eigen_symmetric(_turned(a, _working(a)), lower, False), 'Eigenvalues did not converge')


# ---- by singular values ----------------------------------------------------------------------------------------------------

def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    """Return matrix rank of array using SVD method."""
    if rtol is not None and tol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    A = asarray(A)
    if A.ndim < 2:
        return int(not np.all(A == 0))
    s = svd(A, compute_uv=False, hermitian=hermitian)
    if tol is None:
        from numpy import finfo
        rtol = max(A.shape[-2:]) * finfo(s.dtype).eps if rtol is None else asarray(rtol)[..., None]
        tol = s.max(axis=-1, keepdims=True) * rtol
    else:
        tol = asarray(tol)[..., None]
    return np.count_nonzero(s > tol, axis=-1)


def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    """Compute the (Moore-Penrose) pseudo-inverse of a matrix."""
    a = asarray(a)
    if rcond is None:
        if rtol is None:
            rcond = 1e-15
        else:
            rcond = rtol
    elif rtol is not None:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    if a.size == 0:
        m, n = a.shape[-2:]
        return np.empty(a.shape[:-2] + (n, m), dtype=a.dtype)
    u, s, vh = svd(a.conj(), full_matrices=False, hermitian=hermitian)
    cutoff = asarray(rcond)[..., None] * s.max(axis=-1, keepdims=True)
    large = s > cutoff
    s = np.divide(1, s, where=large, out=s)
    s[~large] = 0
    return np.matmul(vh.swapaxes(-1, -2), np.multiply(s[..., None], u.swapaxes(-1, -2)))


def cond(x, p=None):
    """Compute the condition number of a matrix."""
    from numpy import errstate
    x = asarray(x)
    if x.size == 0 and 0 in x.shape[-2:]:
        raise LinAlgError('cond is not defined on empty arrays')
    if p is None or p in (2, -2):
        s = svd(x, compute_uv=False)
        with errstate(all='ignore'):
            r = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        x = _squares(x)
        dtype = _working(x)
        inverse = _lapack.solve(_turned(x, dtype), _turned(_units(x.shape[:-2], *x.shape[-2:], dtype), dtype))
        if inverse is None:
            inverse = _inverses_one_by_one(x)
        else:
            inverse = _back(inverse)
        with errstate(all='ignore'):
            r = norm(x, p, axis=(-2, -1)) * norm(inverse, p, axis=(-2, -1))
    r = asarray(r)
    undefined = np.isnan(r)
    if np.any(undefined):
        undefined &= ~np.any(np.isnan(x), axis=(-2, -1))
        r = np.where(undefined, math.inf, r)
    return r[()]


def _inverses_one_by_one(x):
    """Inverses of a stack, infinite where a matrix is singular."""
    flat = x.reshape((-1,) + x.shape[-2:])
    result = np.full(flat.shape, math.inf, _working(x))
    for k in range(len(flat)):
        try:
            result[k] = inv(flat[k])
        except LinAlgError:
            pass
    return result.reshape(x.shape)


# ---- norms -----------------------------------------------------------------------------------------------------------------

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
        try:
            axis = int(axis)
        except Exception as error:
            raise TypeError("'axis' must be None, an integer or a tuple of integers") from error
        axis = (axis,)
    if len(axis) == 1:
        return _vector_norm(x, ord, axis, keepdims)
    if len(axis) != 2:
        raise ValueError('Improper number of dimensions to norm.')
    row, column = (_axis(a, x.ndim) for a in axis)
    if row == column:
        raise ValueError('Duplicate axes given.')
    if ord in (None, 'fro', 'f'):
        result = np.sqrt(np.add.reduce((x.conj() * x).real, axis=axis))
    elif ord in (2, -2, 'nuc'):
        s = svd(_numeric.moveaxis(x, (row, column), (-2, -1)), compute_uv=False)
        result = s.max(axis=-1, initial=0) if ord == 2 else s.min(axis=-1) if ord == -2 else s.sum(axis=-1)
    elif ord in (1, -1, math.inf, -math.inf):
        first, second = (row, column) if abs(ord) == 1 else (column, row)
        if second > first:
            second -= 1
        sums = np.add.reduce(np.abs(x), axis=first)
        result = sums.max(axis=second, initial=0) if ord > 0 else sums.min(axis=second)
    else:
        raise ValueError('Invalid norm order for matrices.')
    if keepdims:
        shape = list(x.shape)
        shape[row] = shape[column] = 1
        result = asarray(result).reshape(shape)
    return result


def _vector_norm(x, ord, axis, keepdims):
    if ord == math.inf:
        return np.abs(x).max(axis=axis, keepdims=keepdims, initial=0)
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


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """Computes the vector norm of a vector (or batch of vectors) x."""
    x = asarray(x)
    if axis is None:
        result = norm(x.ravel(), ord)
        return asarray(result).reshape((1,) * x.ndim) if keepdims else result
    if isinstance(axis, tuple):
        # The axes together as one.
        axis = tuple(_axis(a, x.ndim) for a in axis)
        rest = tuple(i for i in range(x.ndim) if i not in axis)
        shape = tuple(x.shape[i] for i in rest)
        flat = x.transpose(axis + rest).reshape((math.prod(x.shape[i] for i in axis),) + shape)
        result = norm(flat, ord, 0)
        return asarray(result).reshape([1 if i in axis else x.shape[i] for i in range(x.ndim)]) if keepdims else result
    return norm(x, ord, axis, keepdims)


def matrix_norm(x, /, *, keepdims=False, ord='fro'):
    """Computes the matrix norm of a matrix (or a stack of matrices) x."""
    return norm(asanyarray(x), ord, (-2, -1), keepdims)


# ---- products --------------------------------------------------------------------------------------------------------------

def matrix_power(a, n):
    """Raise a square matrix to the (integer) power n."""
    a = asanyarray(a)
    _squares(a)
    try:
        n = operator.index(n)
    except TypeError as error:
        raise TypeError('exponent must be an integer') from error
    if n == 0:
        return _units(a.shape[:-2], *a.shape[-2:], a.dtype)
    if n < 0:
        a, n = inv(a), -n
    if n == 3:
        return np.matmul(np.matmul(a, a), a)
    result = None
    while n:
        if n & 1:
            result = a if result is None else np.matmul(result, a)
        n >>= 1
        if n:
            a = np.matmul(a, a)
    return result


def multi_dot(arrays, *, out=None):
    """Compute the dot product of two or more arrays in a single function call."""
    if len(arrays) < 2:
        raise ValueError('Expecting at least two arrays.')
    if len(arrays) == 2:
        return np.dot(arrays[0], arrays[1], out)
    arrays = [asanyarray(a) for a in arrays]
    first, last = arrays[0].ndim, arrays[-1].ndim
    if first == 1:
        arrays[0] = arrays[0].reshape(1, -1)
    if last == 1:
        arrays[-1] = arrays[-1].reshape(-1, 1)
    for a in arrays:
        if a.ndim != 2:
            raise LinAlgError(f'{a.ndim}-dimensional array given. Array must be two-dimensional')
    split = _multi_dot_matrix_chain_order(arrays)

    def product(i, j, out=None):
        if i == j:
            return arrays[i]
        return np.dot(product(i, split[i, j]), product(split[i, j] + 1, j), out)

    result = product(0, len(arrays) - 1, out)
    if first == 1 and last == 1:
        return result[0, 0]
    return result.ravel() if first == 1 or last == 1 else result


def _multi_dot_matrix_chain_order(arrays, return_costs=False):
    """Where to split each run of factors so that the fewest multiplications are needed."""
    extents = [a.shape[0] for a in arrays] + [arrays[-1].shape[1]]
    n = len(arrays)
    cost, split = np.zeros((n, n)), np.empty((n, n), dtype=np.int64)
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min((cost[i, k] + cost[k + 1, j] + extents[i] * extents[k + 1] * extents[j + 1], k) for k in range(i, j))
    return (split, cost) if return_costs else split


def outer(x1, x2, /):
    """Compute the outer product of two vectors."""
    x1, x2 = asanyarray(x1), asanyarray(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f'Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and x2.ndim={x2.ndim}.')
    return _numeric.outer(x1, x2)


def cross(x1, x2, /, *, axis=-1):
    """Returns the cross product of 3-element vectors."""
    x1, x2 = asanyarray(x1), asanyarray(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError('Both input arrays must be (arrays of) 3-dimensional vectors, '
                         f'but they are {x1.shape[axis]} and {x2.shape[axis]} dimensional instead.')
    return _numeric.cross(x1, x2, axis=axis)


def diagonal(x, /, *, offset=0):
    """Returns specified diagonals of a matrix (or a stack of matrices) ``x``."""
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


def trace(x, /, *, offset=0, dtype=None):
    """Returns the sum along the specified diagonals of a matrix (or a stack of matrices) ``x``."""
    return np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)
