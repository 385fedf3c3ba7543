"""Creation of special arrays, products, comparison of whole arrays."""

import math
import operator

import _numpy as np
from _numpy import asarray, asanyarray, arange, zeros, ones, empty, ndarray
from numpy._core.axes import normalize_axis_index as _axis, normalize_axis_tuple


def _frombuffer(buf, dtype, shape, order):
    """An array over what a pickle of protocol 5 keeps of one."""
    return np.frombuffer(buf, dtype=dtype).reshape(shape, order=order)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """Return evenly spaced numbers over a specified interval."""
    num = operator.index(num)
    if num < 0:
        raise ValueError(f'Number of samples, {num}, must be non-negative.')
    div = num - 1 if endpoint else num
    start, stop = asanyarray(start) * 1.0, asanyarray(stop) * 1.0
    kind = np.result_type(start, stop, 1.0)
    out_dtype = kind if dtype is None else np.dtype(dtype)
    delta = np.subtract(stop, start, dtype=kind)
    y = arange(0, num, dtype=kind).reshape((-1,) + (1,) * np.ndim(delta))
    if div > 0:
        step = delta / div
        scalar = np.ndim(delta) == 0
        if np.any(asarray(step) == 0):
            y /= div
            y = np.multiply(y, delta, y if scalar else None)
        else:
            y = np.multiply(y, step, y if scalar else None)
    else:
        step = float('nan')
        y = y * delta
    y += start
    if endpoint and num > 1:
        y[-1, ...] = stop
    if axis != 0:
        y = moveaxis(y, 0, axis)
    if np.dtype(out_dtype).kind in 'iu':
        y = np.floor(y)
    y = y.astype(out_dtype, copy=False)
    return (y, step) if retstep else y


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """Return numbers spaced evenly on a log scale."""
    y = linspace(start, stop, num=num, endpoint=endpoint, axis=axis)
    result = np.power(base, y)
    return result if dtype is None else result.astype(dtype, copy=False)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Return numbers spaced evenly on a log scale (a geometric progression)."""
    start, stop = asanyarray(start) * 1.0, asanyarray(stop) * 1.0
    if np.any(asarray(start == 0)) or np.any(asarray(stop == 0)):
        raise ValueError('Geometric sequence cannot include zero')
    sign = np.sign(start)
    start, stop = start / sign, stop / sign
    result = logspace(np.log10(start), np.log10(stop), num=num, endpoint=endpoint, base=10.0)
    if num > 0:
        result[0] = start
        if num > 1 and endpoint:
            result[-1] = stop
    result = result * sign
    if axis != 0:
        result = moveaxis(result, 0, axis)
    return result if dtype is None else result.astype(dtype, copy=False)


def eye(N, M=None, k=0, dtype=float, order='C', *, device=None, like=None):
    """Return a 2-D array with ones on the diagonal and zeros elsewhere."""
    N = operator.index(N)
    M = N if M is None else operator.index(M)
    m = zeros((N, M), dtype=dtype, order=order)
    k = operator.index(k)
    if k >= M or -k >= N:
        return m
    for i in range(max(0, -k), min(N, M - k)):
        m[i, i + k] = 1
    return m


def identity(n, dtype=None, *, like=None):
    """Return the identity array."""
    return eye(n, dtype=float if dtype is None else dtype)


def tri(N, M=None, k=0, dtype=float, *, like=None):
    """An array with ones at and below the given diagonal and zeros elsewhere."""
    M = N if M is None else M
    return (arange(N)[:, None] >= arange(-k, M - k)).astype(dtype, copy=False)


def tril(m, k=0):
    """Lower triangle of an array."""
    m = asanyarray(m)
    return np.where(tri(*m.shape[-2:], k=k, dtype=bool), m, zeros(1, m.dtype))


def triu(m, k=0):
    """Upper triangle of an array."""
    m = asanyarray(m)
    return np.where(tri(*m.shape[-2:], k=k - 1, dtype=bool), zeros(1, m.dtype), m)


def tril_indices(n, k=0, m=None):
    """Return the indices for the lower-triangle of an (n, m) array."""
    return tri(n, m, k=k, dtype=bool).nonzero()


def triu_indices(n, k=0, m=None):
    """Return the indices for the upper-triangle of an (n, m) array."""
    return (~tri(n, m, k=k - 1, dtype=bool)).nonzero()


def diag_indices(n, ndim=2):
    """Return the indices to access the main diagonal of an array."""
    return (arange(n),) * ndim


def mask_indices(n, mask_func, k=0):
    """Return the indices to access (n, n) arrays, given a masking function."""
    return (mask_func(ones((n, n), int), k) != 0).nonzero()


def tril_indices_from(arr, k=0):
    """Return the indices for the lower-triangle of arr."""
    if arr.ndim != 2:
        raise ValueError('input array must be 2-d')
    return tril_indices(arr.shape[-2], k=k, m=arr.shape[-1])


def triu_indices_from(arr, k=0):
    """Return the indices for the upper-triangle of arr."""
    if arr.ndim != 2:
        raise ValueError('input array must be 2-d')
    return triu_indices(arr.shape[-2], k=k, m=arr.shape[-1])


def diag_indices_from(arr):
    """Return the indices to access the main diagonal of an n-dimensional array."""
    if not arr.ndim >= 2:
        raise ValueError('input array must be at least 2-d')
    if len(set(arr.shape)) != 1:
        raise ValueError('All dimensions of input must be of equal length')
    return diag_indices(arr.shape[0], arr.ndim)


def diag(v, k=0):
    """Extract a diagonal or construct a diagonal array."""
    v = asanyarray(v)
    if v.ndim == 1:
        n = v.shape[0] + abs(k)
        result = zeros((n, n), v.dtype)
        i = arange(v.shape[0])
        result[i + max(0, -k), i + max(0, k)] = v
        return result
    if v.ndim == 2:
        return v.diagonal(k)
    raise ValueError('Input must be 1- or 2-d.')


def diagflat(v, k=0):
    """Create a two-dimensional array with the flattened input as a diagonal."""
    return diag(asarray(v).ravel(), k)


def vander(x, N=None, increasing=False):
    """Generate a Vandermonde matrix."""
    x = asarray(x)
    if x.ndim != 1:
        raise ValueError('x must be a one-dimensional array or sequence.')
    N = len(x) if N is None else N
    v = empty((len(x), N), dtype=np.promote_types(x.dtype, np.int64))
    powers = range(N) if increasing else range(N - 1, -1, -1)
    for column, p in enumerate(powers):
        v[:, column] = x ** p if p else 1
    return v


def meshgrid(*xi, copy=True, sparse=False, indexing='xy'):
    """Return a tuple of coordinate matrices from coordinate vectors."""
    if indexing not in ('xy', 'ij'):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    n = len(xi)
    out = [asanyarray(x).reshape((1,) * i + (-1,) + (1,) * (n - 1 - i)) for i, x in enumerate(xi)]
    if indexing == 'xy' and n > 1:
        out[0] = out[0].reshape((1, -1) + (1,) * (n - 2))
        out[1] = out[1].reshape((-1, 1) + (1,) * (n - 2))
    if not sparse:
        from numpy._core.shape_base import broadcast_arrays
        out = list(broadcast_arrays(*out))
    return tuple(x.copy() for x in out) if copy else tuple(out)


def indices(dimensions, dtype=int, sparse=False):
    """Return an array representing the indices of a grid."""
    dimensions = tuple(dimensions)
    n = len(dimensions)
    grids = [arange(d, dtype=dtype).reshape((1,) * i + (d,) + (1,) * (n - i - 1)) for i, d in enumerate(dimensions)]
    if sparse:
        return tuple(grids)
    result = empty((n,) + dimensions, dtype=dtype)
    for i, grid in enumerate(grids):
        result[i] = grid
    return result


def fromfunction(function, shape, *, dtype=float, like=None, **kwargs):
    """Construct an array by executing a function over each coordinate."""
    return function(*indices(shape, dtype=dtype), **kwargs)


def fromiter(iter, dtype, count=-1, *, like=None):
    """Create a new 1-dimensional array from an iterable object."""
    items = []
    for item in iter:
        if len(items) == count:
            break
        items.append(item)
    if count >= 0 and len(items) < count:
        raise ValueError(f'iterator too short: Expected {count} but iterator had only {len(items)} items.')
    return np.array(items, dtype=dtype)


def outer(a, b, out=None):
    """Compute the outer product of two vectors."""
    return np.multiply(asarray(a).ravel()[:, None], asarray(b).ravel()[None, :], out)


def inner(a, b, /):
    """Inner product of two arrays."""
    a, b = asarray(a), asarray(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        turned = b.shape if b.ndim < 2 else b.shape[:-2] + (b.shape[-1], b.shape[-2])
        raise ValueError(f'shapes {_text(a.shape)} and {_text(turned)} not aligned: '
                         f'{a.shape[-1]} (dim {a.ndim - 1}) != {b.shape[-1]} (dim {max(b.ndim - 2, 0)})')
    return tensordot(a, b, (-1, -1))[()]


def _text(shape):
    return '(' + ','.join(map(str, shape)) + (',)' if len(shape) == 1 else ')')


def vdot(a, b, /):
    """Return the dot product of two vectors."""
    return np.dot(asarray(a).ravel().conj(), asarray(b).ravel())


def _core_mismatch(name, operand, dimension, signature, size, other):
    return ValueError(f'{name}: Input operand {operand} has a mismatch in its core dimension {dimension}, with gufunc signature {signature} '
                      f'(size {size} is different from {other})')


def _with_core(name, operand, a, needed, signature):
    if a.ndim < needed:
        raise ValueError(f'{name}: Input operand {operand} does not have enough dimensions (has {a.ndim}, gufunc core with signature {signature} requires {needed})')
    return a


def vecdot(x1, x2, /, *, axis=-1):
    """Vector dot product of two arrays."""
    x1, x2 = asanyarray(x1), asanyarray(x2)
    for k, x in enumerate((x1, x2)):
        _with_core('vecdot', k, x, 1, '(n),(n)->()')
    if x1.shape[axis] != x2.shape[axis]:
        raise _core_mismatch('vecdot', 1, 0, '(n),(n)->()', x2.shape[axis], x1.shape[axis])
    if axis != -1:
        x1, x2 = moveaxis(x1, axis, -1), moveaxis(x2, axis, -1)
    return np.sum(np.multiply(x1.conj(), x2), axis=-1)


def matvec(x1, x2, /):
    """Matrix-vector dot product of two arrays."""
    x1, x2 = asanyarray(x1), asanyarray(x2)
    _with_core('matvec', 0, x1, 2, '(m,n),(n)->(m)')
    _with_core('matvec', 1, x2, 1, '(m,n),(n)->(m)')
    if x1.shape[-1] != x2.shape[-1]:
        raise _core_mismatch('matvec', 1, 0, '(m,n),(n)->(m)', x2.shape[-1], x1.shape[-1])
    return np.matmul(x1, x2[..., None])[..., 0]


def vecmat(x1, x2, /):
    """Vector-matrix dot product of two arrays."""
    x1, x2 = asanyarray(x1), asanyarray(x2)
    _with_core('vecmat', 0, x1, 1, '(n),(n,m)->(m)')
    _with_core('vecmat', 1, x2, 2, '(n),(n,m)->(m)')
    if x1.shape[-1] != x2.shape[-2]:
        raise _core_mismatch('vecmat', 1, 0, '(n),(n,m)->(m)', x2.shape[-2], x1.shape[-1])
    return np.matmul(x1.conj()[..., None, :], x2)[..., 0, :]


def matrix_transpose(x, /):
    """Transposes a matrix (or a stack of matrices) x."""
    x = asanyarray(x)
    if x.ndim < 2:
        raise ValueError(f'Input array must be at least 2-dimensional, but it is {x.ndim}')
    return x.swapaxes(-1, -2)


def tensordot(a, b, axes=2):
    """Compute tensor dot product along specified axes."""
    try:
        left, right = axes
    except TypeError:
        left, right = list(range(-axes, 0)), list(range(axes))
    left = list(left) if hasattr(left, '__iter__') else [left]
    right = list(right) if hasattr(right, '__iter__') else [right]
    a, b = asarray(a), asarray(b)
    left, right = [x % a.ndim if a.ndim else x for x in left], [x % b.ndim if b.ndim else x for x in right]
    if len(left) != len(right) or any(a.shape[x] != b.shape[y] for x, y in zip(left, right)):
        raise ValueError('shape-mismatch for sum')
    rest_a = [x for x in range(a.ndim) if x not in left]
    rest_b = [x for x in range(b.ndim) if x not in right]
    n = math.prod(a.shape[x] for x in left)
    shape_a, shape_b = [a.shape[x] for x in rest_a], [b.shape[x] for x in rest_b]
    flat_a = a.transpose(rest_a + left).reshape((math.prod(shape_a), n))
    flat_b = b.transpose(right + rest_b).reshape((n, math.prod(shape_b)))
    return asarray(np.dot(flat_a, flat_b)).reshape(shape_a + shape_b)


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Return the cross product of two (arrays of) vectors."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(asarray(a), axisa, -1), moveaxis(asarray(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError('incompatible dimensions for cross product\n(dimension must be 2 or 3)')
    if a.shape[-1] == 2 or b.shape[-1] == 2:
        import warnings
        warnings.warn('Arrays of 2-dimensional vectors are deprecated. Use arrays of 3-dimensional vectors instead. (deprecated in NumPy 2.0)',
                      DeprecationWarning, stacklevel=2)
    a0, a1, b0, b1 = a[..., 0], a[..., 1], b[..., 0], b[..., 1]
    if a.shape[-1] == 2 and b.shape[-1] == 2:
        return asarray(a0 * b1 - a1 * b0)
    a2 = a[..., 2] if a.shape[-1] == 3 else a0 * 0
    b2 = b[..., 2] if b.shape[-1] == 3 else b0 * 0
    from numpy._core.shape_base import stack
    return moveaxis(stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1), -1, axisc)


def kron(a, b):
    """Kronecker product of two arrays."""
    a, b = asanyarray(a), asanyarray(b)
    n = max(a.ndim, b.ndim)
    a, b = a.reshape((1,) * (n - a.ndim) + a.shape), b.reshape((1,) * (n - b.ndim) + b.shape)
    shape_a, shape_b = [], []
    for x, y in zip(a.shape, b.shape):
        shape_a += [x, 1]
        shape_b += [1, y]
    return (a.reshape(shape_a) * b.reshape(shape_b)).reshape([x * y for x, y in zip(a.shape, b.shape)])


def roll(a, shift, axis=None):
    """Roll array elements along a given axis."""
    a = asanyarray(a)
    if axis is None:
        return roll(a.ravel(), shift, 0).reshape(a.shape)
    axes = list(axis) if hasattr(axis, '__iter__') else [axis]
    shifts = list(shift) if hasattr(shift, '__iter__') else [shift]
    if len(shifts) == 1:
        shifts *= len(axes)
    elif len(axes) == 1:
        axes *= len(shifts)
    moved = {}
    for s, x in zip(shifts, axes):
        x = _axis(x, a.ndim)
        moved[x] = moved.get(x, 0) + s
    pieces = [((slice(None), slice(None)),)] * a.ndim
    for x, s in moved.items():
        s = s % a.shape[x] if a.shape[x] else 0
        if s:
            pieces[x] = ((slice(None, -s), slice(s, None)), (slice(-s, None), slice(None, s)))
    result = np.empty_like(a)
    import itertools
    for combination in itertools.product(*pieces):
        source, target = zip(*combination) if combination else ((), ())
        result[target] = a[source]
    return result


def rollaxis(a, axis, start=0):
    """Roll the specified axis backwards, until it lies in a given position."""
    n = a.ndim
    axis = _axis(axis, n)
    if start < 0:
        start += n
    if not 0 <= start < n + 1:
        raise np.AxisError(f"'start' arg requires {-n} <= start < {n + 1}, but {start} was passed in")
    if axis < start:
        start -= 1
    order = [x for x in range(n) if x != axis]
    order.insert(start, axis)
    return a.transpose(order)


def moveaxis(a, source, destination):
    """Move axes of an array to new positions."""
    a = asanyarray(a)
    source, destination = normalize_axis_tuple(source, a.ndim, 'source'), normalize_axis_tuple(destination, a.ndim, 'destination')
    if len(source) != len(destination):
        raise ValueError('`source` and `destination` arguments must have the same number of elements')
    order = [x for x in range(a.ndim) if x not in source]
    for target, x in sorted(zip(destination, source)):
        order.insert(target, x)
    return a.transpose(order)


def isclose(a, b, rtol=1.e-5, atol=1.e-8, equal_nan=False):
    """Returns a boolean array where two arrays are element-wise equal within a tolerance."""
    from numpy import errstate
    x, y = asanyarray(a), asanyarray(b)
    if y.dtype.kind != 'f':
        y = y.astype(np.result_type(y, 1.0))
    with errstate(invalid='ignore'):
        result = (np.less_equal(np.abs(x - y), atol + rtol * np.abs(y)) & np.isfinite(y)) | (x == y)
        if equal_nan:
            result = result | (np.isnan(x) & np.isnan(y))
    return result


def allclose(a, b, rtol=1.e-5, atol=1.e-8, equal_nan=False):
    """Returns True if two arrays are element-wise equal within a tolerance."""
    return bool(np.all(isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)))


def array_equal(a1, a2, equal_nan=False):
    """True if two arrays have the same shape and elements, False otherwise."""
    try:
        a1, a2 = asarray(a1), asarray(a2)
    except Exception:
        return False
    if a1.shape != a2.shape:
        return False
    if equal_nan and a1.dtype.kind in 'fc' and a2.dtype.kind in 'fc':
        return bool(np.all((a1 == a2) | (np.isnan(a1) & np.isnan(a2))))
    return bool(np.all(a1 == a2))


def array_equiv(a1, a2):
    """Returns True if input arrays are shape consistent and all elements equal."""
    try:
        a1, a2 = asarray(a1), asarray(a2)
        return bool(np.all(a1 == a2))
    except ValueError:
        return False


def flatnonzero(a):
    """Return indices that are non-zero in the flattened version of a."""
    return asarray(a).ravel().nonzero()[0]


def argwhere(a):
    """Find the indices of array elements that are non-zero, grouped by element."""
    a = asarray(a)
    if a.ndim == 0:
        return zeros((int(bool(a)), 0), int)
    return asarray(list(a.nonzero())).T


def isscalar(element):
    """Returns True if the type of `element` is a scalar type."""
    import numbers
    return isinstance(element, (np.generic, int, float, complex, str, bytes)) or isinstance(element, numbers.Number)


def astype(x, dtype, /, *, copy=True, device=None):
    """Copies an array to a specified data type."""
    if not isinstance(x, ndarray):
        raise TypeError(f'Input should be a NumPy array. It is a {type(x)} instead.')
    return x.astype(dtype, copy=copy)


def copy(a, order='K', subok=False):
    """Return an array copy of the given object."""
    return np.array(a, order=order, subok=subok, copy=True)


def size(a, axis=None):
    """Return the number of elements along a given axis."""
    a = asarray(a)
    return a.size if axis is None else a.shape[axis]


def binary_repr(num, width=None):
    """Return the binary representation of the input number as a string."""
    num = operator.index(num)
    if num >= 0:
        text = bin(num)[2:]
        return text if width is None else text.zfill(width)
    if width is None:
        return '-' + bin(-num)[2:]
    if width < (-num - 1).bit_length() + 1:
        raise ValueError(f'Insufficient bit width={width} provided for binwidth={(-num - 1).bit_length() + 1}')
    return bin((1 << width) + num)[2:]


def base_repr(number, base=2, padding=0):
    """Return a string representation of a number in the given base system."""
    if not 2 <= base <= 36:
        raise ValueError('Bases greater than 36 not handled in base_repr.' if base > 36 else 'Bases less than 2 not handled in base_repr.')
    digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    n, out = abs(int(number)), []
    while n:
        n, d = divmod(n, base)
        out.append(digits[d])
    out.append('0' * padding if padding else '')
    if number < 0:
        out.append('-')
    return ''.join(reversed(out)) or '0'


def issubdtype(arg1, arg2):
    """Returns True if first argument is a typecode lower/equal in type hierarchy."""
    def scalar(x):
        return x if isinstance(x, type) and issubclass(x, np.generic) else np.dtype(x).type
    return issubclass(scalar(arg1), scalar(arg2))


def isdtype(dtype, kind):
    """Determine if a provided dtype is of a specified data type ``kind``."""
    dtype = np.dtype(dtype)
    kinds = kind if isinstance(kind, tuple) else (kind,)
    named = {'bool': 'b', 'signed integer': 'i', 'unsigned integer': 'u', 'integral': 'iu', 'real floating': 'f',
             'complex floating': 'c', 'numeric': 'iufc'}
    for k in kinds:
        if isinstance(k, str):
            if k not in named:
                raise ValueError(f'kind argument is a string, but {k!r} is not a known kind name.')
            if dtype.kind in named[k]:
                return True
        elif np.dtype(k) == dtype:
            return True
    return False


def common_type(*arrays):
    """Return a scalar type which is common to the input arrays."""
    kinds = [asarray(a).dtype for a in arrays]
    return np.result_type(*[k if k.kind in 'fc' else np.float64 for k in kinds]).type if kinds else np.float16


def mintypecode(typechars, typeset='GDFgdf', default='d'):
    """Return the character for the minimum-size type to which given types can be safely cast."""
    found = [t if isinstance(t, str) else asarray(t).dtype.char for t in typechars]
    found = [t for t in found if t in typeset]
    return min(found, key='GDFgdf'.index) if found else default


def min_scalar_type(a, /):
    """For scalar ``a``, returns the data type with the smallest size that can hold its value."""
    a = asarray(a)
    if not a.ndim and a.dtype.kind in 'fc':
        # The smallest whose range holds the value; digits do not count.
        names = ('float16', 'float32') if a.dtype.kind == 'f' else ('complex64',)
        limits = {'float16': 65000, 'float32': 3.4e38, 'complex64': 3.4e38}
        for name in names:
            size = max(abs(float(a.real)), abs(float(a.imag)))
            if size < limits[name] or not size - size == 0:
                return np.dtype(name) if np.dtype(name).itemsize < a.dtype.itemsize else a.dtype
        return a.dtype
    if a.ndim or a.dtype.kind not in 'iu':
        return a.dtype
    value = int(a)
    for name in ('uint8', 'uint16', 'uint32', 'uint64') if value >= 0 else ('int8', 'int16', 'int32', 'int64'):
        bits = 8 * np.dtype(name).itemsize
        low, high = (0, 1 << bits) if value >= 0 else (-(1 << bits - 1), 1 << bits - 1)
        if low <= value < high:
            return np.dtype(name)
    return a.dtype
