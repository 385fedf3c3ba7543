"""Signals, polynomials, parts of numbers, machine limits, error handling."""

import builtins
import operator

import _numpy as np
from _numpy import asarray, asanyarray, arange, concatenate, empty, zeros


class errstate:
    """Context manager for floating-point error handling; also a decorator."""

    def __init__(self, *, call=None, all=None, divide=None, over=None, under=None, invalid=None):
        self._modes = (all, divide, over, under, invalid)
        self._call = call
        self._saved = None

    def __enter__(self):
        self._saved = np.seterr(*self._modes)
        if self._call is not None:
            self._saved_call = np.seterrcall(self._call)

    def __exit__(self, *exception):
        np.seterr(**self._saved)
        if self._call is not None:
            np.seterrcall(self._saved_call)

    def __call__(self, function):
        import functools

        @functools.wraps(function)
        def inner(*args, **kwargs):
            with errstate(call=self._call, **dict(zip(('all', 'divide', 'over', 'under', 'invalid'), self._modes))):
                return function(*args, **kwargs)
        return inner


class finfo:
    """Machine limits for floating point types."""

    _known = {}

    def __new__(cls, dtype):
        if not isinstance(dtype, (type, str, np.dtype)):
            dtype = getattr(dtype, 'dtype', None) or type(dtype)
        dtype = np.dtype(dtype)
        if dtype in cls._known:
            return cls._known[dtype]
        if dtype.kind == 'c':  # the limits of its parts
            self = cls._known[dtype] = cls(f'f{dtype.itemsize // 2}')
            return self
        if dtype.kind != 'f':
            raise ValueError(f'data type {dtype.type!r} not inexact')
        self = object.__new__(cls)
        bits, exponent = {2: (10, 5), 4: (23, 8), 8: (52, 11), 16: (63, 15)}[dtype.itemsize]
        t = dtype.type
        self.dtype, self.bits, self.nmant, self.nexp, self.iexp = dtype, 8 * dtype.itemsize, bits, exponent, exponent
        top = 1 << (exponent - 1)
        self.maxexp, self.minexp = top, -(top - 2)
        two = t(2)
        self.eps, self.epsneg = t(2.0 ** -bits), t(2.0 ** -(bits + 1))
        self.machep, self.negep = -bits, -(bits + 1)
        self.max = t((2.0 - 2.0 ** -bits) * 2.0 ** (top - 1)) if bits < 63 else (two - two ** -bits) * two ** (top - 1)
        self.min = -self.max
        self.tiny = self.smallest_normal = t(2.0 ** self.minexp) if bits < 63 else two ** self.minexp
        self.smallest_subnormal = t(2.0 ** (self.minexp - bits)) if bits < 63 else two ** (self.minexp - bits)
        self.precision = {10: 3, 23: 6, 52: 15, 63: 18}[bits]
        self.resolution = t(10.0 ** -self.precision) if bits < 63 else t(10) ** -self.precision
        cls._known[dtype] = self
        return self

    def __str__(self):
        line = '---------------------------------------------------------------\n'
        form = {16: '{:.5e}', 32: '{:.7e}', 64: '{:.16e}'}[self.bits].format
        return (f'Machine parameters for {self.dtype}\n{line}'
                f'precision = {self.precision:3}   resolution = {form(self.resolution)}\n'
                f'machep = {self.machep:6}   eps =        {form(self.eps)}\n'
                f'negep =  {self.negep:6}   epsneg =     {form(self.epsneg)}\n'
                f'minexp = {self.minexp:6}   tiny =       {form(self.tiny)}\n'
                f'maxexp = {self.maxexp:6}   max =        {form(self.max)}\n'
                f'nexp =   {self.nexp:6}   min =        -max\n'
                f'smallest_normal = {form(self.smallest_normal)}   smallest_subnormal = {form(self.smallest_subnormal)}\n'
                f'{line}')

    def __repr__(self):
        low, high = (f'{self.min:.5e}', f'{self.max:.5e}') if self.bits == 16 else (self.min, self.max)
        return f'finfo(resolution={self.resolution!s}, min={low!s}, max={high!s}, dtype={self.dtype})'


class iinfo:
    """Machine limits for integer types."""

    def __init__(self, type):
        if not hasattr(type, 'newbyteorder') and not isinstance(type, (builtins.type, str)):
            type = builtins.type(type)
        if type is np.ndarray:  # which is no number's type
            raise ValueError("Invalid integer data type 'O'.")
        self.dtype = np.dtype(type)
        self.kind, self.bits = self.dtype.kind, 8 * self.dtype.itemsize
        self.key = f'{self.kind}{self.bits}'
        if self.kind not in 'iu':
            raise ValueError(f'Invalid integer data type {self.kind!r}.')

    @property
    def min(self):
        return 0 if self.kind == 'u' else -(1 << (self.bits - 1))

    @property
    def max(self):
        return (1 << self.bits) - 1 if self.kind == 'u' else (1 << (self.bits - 1)) - 1

    def __str__(self):
        line = '---------------------------------------------------------------\n'
        return f'Machine parameters for {self.dtype}\n{line}min = {self.min}\nmax = {self.max}\n{line}'

    def __repr__(self):
        return f'iinfo(min={self.min}, max={self.max}, dtype={self.dtype})'


def convolve(a, v, mode='full'):
    """Returns the discrete, linear convolution of two one-dimensional sequences."""
    a, v = np.array(a, copy=None, ndmin=1), np.array(v, copy=None, ndmin=1)
    if a.ndim > 1 or v.ndim > 1:
        raise ValueError('object too deep for desired array')
    if len(v) > len(a):
        a, v = v, a
    if len(a) == 0:
        raise ValueError('a cannot be empty')
    if len(v) == 0:
        raise ValueError('v cannot be empty')
    return _sliding(a, v[::-1], mode)


def correlate(a, v, mode='valid'):
    """Cross-correlation of two 1-dimensional sequences."""
    a, v = asarray(a), asarray(v)
    for x in (a, v):
        if x.ndim != 1:
            raise ValueError('object too deep for desired array' if x.ndim else 'object of too small depth for desired array')
    if len(a) == 0 or len(v) == 0:
        raise ValueError('first array argument cannot be empty' if len(a) == 0 else 'second array argument cannot be empty')
    if len(v) > len(a):
        return _sliding(v.conj(), a, mode)[::-1]
    return _sliding(a, v.conj(), mode)


def _sliding(a, v, mode):
    n, m = len(a), len(v)
    dtype = np.result_type(a, v)
    a, v = a.astype(dtype), v.astype(dtype)
    if mode in ('full', 2):
        before = after = m - 1
    elif mode in ('same', 1):
        before = m // 2
        after = m - 1 - before
    elif mode in ('valid', 0):
        before = after = 0
    else:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    padded = concatenate((zeros(before, dtype), a, zeros(after, dtype)))
    if dtype.char in '?e' or (m > 512 and dtype.kind in 'fc'):
        # Long ones are a matrix product.
        return np.dot(np._as_strided(padded, (len(padded) - m + 1, m), padded.strides * 2), v)
    return np._sliding_product(padded, np.ascontiguousarray(v))


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Replace NaN with zero and infinity with large finite numbers."""
    scalar = not isinstance(x, (np.ndarray, list, tuple))
    x = np.array(x, copy=True if copy else None)
    if x.dtype.kind not in 'fc':
        return x[()] if scalar else x
    limits = finfo(x.dtype)
    for part in (x.real, x.imag) if x.dtype.kind == 'c' else (x,):
        isnan, isposinf, isneginf = np.isnan(part), part == float('inf'), part == float('-inf')
        part[isnan] = nan
        part[isposinf] = limits.max if posinf is None else posinf
        part[isneginf] = limits.min if neginf is None else neginf
    return x[()] if scalar else x


def sinc(x):
    """Return the normalized sinc function."""
    y = asanyarray(x) * 3.141592653589793
    y = np.where(y == 0, 1.0e-20, y)
    return (np.sin(y) / y)[()]


def real(val):
    """Return the real part of the complex argument."""
    return asanyarray(val).real if not hasattr(val, 'real') else val.real


def imag(val):
    """Return the imaginary part of the complex argument."""
    return asanyarray(val).imag if not hasattr(val, 'imag') else val.imag


def iscomplex(x):
    """Returns a bool array, where True if input element is complex."""
    x = asanyarray(x)
    return x.imag != 0 if x.dtype.kind == 'c' else zeros(x.shape, bool)[()]


def isreal(x):
    """Returns a bool array, where True if input element is real."""
    return imag(x) == 0


def iscomplexobj(x):
    """Check for a complex type or an array of complex numbers."""
    return isinstance(x, complex) or asarray(x).dtype.kind == 'c'


def isrealobj(x):
    """Return True if x is a not complex type or an array of complex numbers."""
    return not iscomplexobj(x)


def real_if_close(a, tol=100):
    """If input is complex with all imaginary parts close to zero, return real parts."""
    a = asanyarray(a)
    if a.dtype.kind != 'c':
        return a
    if tol > 1:
        tol = finfo(a.dtype).eps * tol
    return a.real if np.all(np.abs(a.imag) < tol) else a


def angle(z, deg=False):
    """Return the angle of the complex argument."""
    z = asanyarray(z)
    zimag, zreal = (z.imag, z.real) if z.dtype.kind == 'c' else (0, z)
    a = np.arctan2(zimag, zreal)
    return a * (180 / 3.141592653589793) if deg else a


def fix(x, out=None):
    """Round to nearest integer towards zero."""
    return np.trunc(x, out=out)


def isposinf(x, out=None):
    """Test element-wise for positive infinity, return result as bool array."""
    return np.logical_and(np.isinf(x), ~np.signbit(asarray(x) * 1.0), out)


def isneginf(x, out=None):
    """Test element-wise for negative infinity, return result as bool array."""
    return np.logical_and(np.isinf(x), np.signbit(asarray(x) * 1.0), out)


def unwrap(p, discont=None, axis=-1, *, period=6.283185307179586):
    """Unwrap by taking the complement of large deltas with respect to the period."""
    from numpy._core.statistics import diff
    p = asarray(p)
    d = diff(p, axis=axis)
    discont = period / 2 if discont is None else discont
    kind = np.result_type(d, period)
    if kind.kind in 'iu':
        high, odd = divmod(period, 2)
        ambiguous = odd == 0
    else:
        high, ambiguous = period / 2, True
    low = -high
    wrapped = np.mod(d - low, period) + low
    if ambiguous:
        wrapped = np.where((wrapped == low) & (d > 0), high, wrapped)
    correction = np.where(np.abs(d) < discont, 0, wrapped - d)
    up = np.array(p, copy=True, dtype=kind)
    axis %= p.ndim
    at = (slice(None),) * axis + (slice(1, None),)
    up[at] = p[at] + correction.cumsum(axis)
    return up


class vectorize:
    """Returns an object that acts like pyfunc, but takes arrays as input."""

    def __init__(self, pyfunc=None, otypes=None, doc=None, excluded=None, cache=False, signature=None):
        self.pyfunc, self.otypes, self.excluded, self.signature = pyfunc, otypes, set(excluded or ()), signature
        self._cores = _signature(signature) if signature is not None else None
        if pyfunc is not None:
            self.__doc__ = doc or getattr(pyfunc, '__doc__', None)
            self.__name__ = getattr(pyfunc, '__name__', 'vectorize')

    def __call__(self, *args, **kwargs):
        if self.pyfunc is None:
            self.__init__(args[0], self.otypes, None, self.excluded, False, self.signature)
            return self
        if self._cores is not None:
            return self._call_with_signature(args, kwargs)
        from numpy._core.shape_base import broadcast_arrays
        names = [i for i in range(len(args)) if i not in self.excluded]
        keys = [k for k in kwargs if k not in self.excluded]
        given = [args[i] for i in names] + [kwargs[k] for k in keys]
        arrays = broadcast_arrays(*[asarray(x, None if isinstance(x, np.ndarray) else object) for x in given])
        shape = arrays[0].shape if arrays else ()
        if arrays and arrays[0].size == 0 and self.otypes is None:
            raise ValueError('cannot call `vectorize` on size 0 inputs unless `otypes` is set')
        function = self.pyfunc
        if kwargs or len(names) < len(args):
            def function(*values):
                call, named = list(args), dict(kwargs)
                for i, v in zip(names, values):
                    call[i] = v
                for k, v in zip(keys, values[len(names):]):
                    named[k] = v
                return self.pyfunc(*call, **named)
        results = list(map(function, *[a.ravel().tolist() for a in arrays])) if arrays else []
        if results and isinstance(results[0], tuple):
            types = self.otypes or [None] * len(results[0])
            return tuple(self._gathered([r[k] for r in results], types[k], shape) for k in range(len(results[0])))
        return self._gathered(results, self.otypes[0] if self.otypes else None, shape)

    @staticmethod
    def _gathered(results, dtype, shape):
        """An array of results; the first tells the type where none is given."""
        if dtype is None:
            dtype = asarray(results[0]).dtype.char
        made = np._object_array(results, shape)
        return made if dtype == 'O' else made.astype(dtype)

    def _call_with_signature(self, args, kwargs):
        from numpy._core.shape_base import broadcast_shapes, ndindex
        inputs, outputs = self._cores
        if len(args) != len(inputs):
            raise TypeError(f'wrong number of positional arguments: expected {len(inputs)}, got {len(args)}')
        arrays, extents, stacks = [asarray(a) for a in args], {}, []
        for k, (a, core) in enumerate(zip(arrays, inputs)):
            if a.ndim < len(core):
                raise ValueError(f'{a.ndim}-dimensional argument does not have enough dimensions for all core dimensions {core!r}')
            for name, n in zip(core, a.shape[a.ndim - len(core):]):
                if extents.setdefault(name, n) != n:
                    raise ValueError(f'inconsistent size for core dimension {name!r}: {n} vs {extents[name]}')
            stacks.append(a.shape[:a.ndim - len(core)])
        stack = broadcast_shapes(*stacks)
        wide = [np.broadcast_to(a, stack + a.shape[a.ndim - len(core):]) for a, core in zip(arrays, inputs)]
        results = None
        for place in ndindex(*stack):
            found = self.pyfunc(*[a[place] for a in wide], **kwargs)
            found = found if isinstance(found, tuple) else (found,)
            if len(found) != len(outputs):
                raise ValueError(f'wrong number of outputs from pyfunc: expected {len(outputs)}, got {len(found)}')
            found = [asarray(x) for x in found]
            if results is None:
                types = self.otypes or [x.dtype for x in found]
                for x, core in zip(found, outputs):
                    if x.ndim != len(core):
                        raise ValueError(f'output does not have the {len(core)} core dimensions {core!r}')
                    for name, n in zip(core, x.shape):
                        if extents.setdefault(name, n) != n:
                            raise ValueError(f'inconsistent size for core dimension {name!r}: {n} vs {extents[name]}')
                results = [np.empty(stack + x.shape, t) for x, t in zip(found, types)]
            for result, x in zip(results, found):
                result[place] = x
        if results is None:
            if self.otypes is None:
                raise ValueError('cannot call `vectorize` on size 0 inputs unless `otypes` is set')
            results = [np.empty(stack + tuple(extents[name] for name in core), t) for core, t in zip(outputs, self.otypes)]
        return results[0] if len(results) == 1 else tuple(results)


def _signature(text):
    """The names of the core axes of inputs and outputs: "(n,m),(m)->(n)"."""
    import re
    core = r'\((?:\w+(?:,\w+)*)?\)'
    plain = re.sub(r'\s+', '', text)
    if not re.fullmatch(f'{core}(?:,{core})*->{core}(?:,{core})*', plain):
        raise ValueError(f'not a valid gufunc signature: {text}')
    return tuple([tuple(x for x in part[1:-1].split(',') if x) for part in re.findall(core, side)] for side in plain.split('->'))


def _window(M, function):
    M = np.array([0.0, M])[1]
    if M < 1:
        return np.array([], dtype=M.dtype)
    if M == 1:
        return np.ones(1, dtype=M.dtype)
    return function(arange(1 - M, M, 2), M)


def hamming(M):
    """Return the Hamming window."""
    return _window(M, lambda n, M: 0.54 + 0.46 * np.cos(3.141592653589793 * n / (M - 1)))


def hanning(M):
    """Return the Hanning window."""
    return _window(M, lambda n, M: 0.5 + 0.5 * np.cos(3.141592653589793 * n / (M - 1)))


def bartlett(M):
    """Return the Bartlett window."""
    return _window(M, lambda n, M: np.where(n <= 0, 1 + n / (M - 1), 1 - n / (M - 1)))


def blackman(M):
    """Return the Blackman window."""
    pi = 3.141592653589793
    return _window(M, lambda n, M: 0.42 + 0.5 * np.cos(pi * n / (M - 1)) + 0.08 * np.cos(2.0 * pi * n / (M - 1)))


def i0(x):
    """Modified Bessel function of the first kind, order 0."""
    x = asanyarray(x)
    if x.dtype.kind == 'c':
        raise TypeError('i0 not supported for complex values')
    if x.dtype.kind != 'f':
        x = x.astype(float)
    x = np.abs(x)
    # The power series sums (x / 2)^2k / (k!)^2; beyond 30 the asymptotic one in 1 / 8x.
    small, quarter = np.minimum(x, 30.0), np.square(np.minimum(x, 30.0)) * 0.25
    term = np.ones_like(small)
    total = np.ones_like(small)
    for k in range(1, 80):
        term = term * quarter / (k * k)
        total = total + term
    if np.any(x > 30.0):
        large = np.maximum(x, 30.0)
        term = np.ones_like(large)
        series = np.ones_like(large)
        for k in range(1, 25):
            term = term * ((2 * k - 1) ** 2) / (8.0 * k * large)
            series = series + term
        total = np.where(x > 30.0, np.exp(large) / np.sqrt(6.283185307179586 * large) * series, total)
    return total


def kaiser(M, beta):
    """Return the Kaiser window."""
    if M == 1:
        return np.ones(1)
    n = arange(0, M)
    alpha = (M - 1) / 2.0
    return i0(beta * np.sqrt(1 - ((n - alpha) / alpha) ** 2.0)) / i0(np.float64(beta)) if M > 1 else np.array([], dtype=np.float64)


def sort_complex(a):
    """Sort a complex array using the real part first, then the imaginary part."""
    b = np.array(a, copy=True)
    b.sort()
    if b.dtype.kind != 'c':
        return b.astype('F' if b.dtype.char in 'bhBH' else 'D')
    return b


def iterable(y):
    """Check whether or not an object can be iterated over."""
    try:
        iter(y)
    except TypeError:
        return False
    return True


def show_config(mode='stdout'):
    """Show libraries and system information on which NumPy was built and is being used"""
    from numpy import __config__
    return __config__.show(mode)
