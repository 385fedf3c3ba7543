"""Operations on masked arrays: ufuncs that know masks and domains, the operators, and reductions that leave out what is masked."""

import builtins

import numpy as np
from numpy import ndarray
from numpy._core.naming import named
from numpy.ma.core import (MaskedArray, MaskError, _any_field, array, asanyarray, default_fill_value, filled, getdata, getmask, getmaskarray, make_mask_none, mask_or,
                           masked, masked_array, maximum_fill_value, minimum_fill_value, nomask)

__all__ = [
    'abs', 'absolute', 'add', 'all', 'allclose', 'allequal', 'alltrue', 'amax', 'amin', 'angle', 'anom', 'anomalies', 'any', 'append', 'arange', 'arccos',
    'arccosh', 'arcsin', 'arcsinh', 'arctan', 'arctan2', 'arctanh', 'argmax', 'argmin', 'argsort', 'around', 'bitwise_and', 'bitwise_or', 'bitwise_xor', 'ceil',
    'choose', 'clip', 'compress', 'compressed', 'concatenate', 'conjugate', 'convolve', 'copy', 'correlate', 'cos', 'cosh', 'count', 'cumprod', 'cumsum', 'diag',
    'diagonal', 'diff', 'divide', 'empty', 'empty_like', 'equal', 'exp', 'expand_dims', 'fabs', 'floor', 'floor_divide', 'fmod', 'frombuffer', 'fromfunction',
    'greater', 'greater_equal', 'harden_mask', 'hypot', 'identity', 'ids', 'indices', 'inner', 'innerproduct', 'left_shift', 'less', 'less_equal', 'log', 'log10',
    'log2', 'logical_and', 'logical_not', 'logical_or', 'logical_xor', 'max', 'maximum', 'mean', 'min', 'minimum', 'mod', 'multiply', 'ndim', 'negative',
    'nonzero', 'not_equal', 'ones', 'ones_like', 'outer', 'outerproduct', 'power', 'prod', 'product', 'ptp', 'put', 'putmask', 'ravel', 'remainder', 'repeat',
    'reshape', 'resize', 'right_shift', 'round', 'round_', 'shape', 'sin', 'sinh', 'size', 'soften_mask', 'sometrue', 'sort', 'sqrt', 'squeeze', 'std', 'subtract',
    'sum', 'swapaxes', 'take', 'tan', 'tanh', 'trace', 'transpose', 'true_divide', 'var', 'where', 'zeros', 'zeros_like',
]


# ---- domains: where a function is not defined ------------------------------------------------------------------------------

def _outside(low, high):
    return lambda x: (x < low) | (x > high)


_tiny = np.finfo(float).tiny
_DOMAINS = {
    'sqrt': lambda x: x < 0.0, 'log': lambda x: x <= 0.0, 'log2': lambda x: x <= 0.0, 'log10': lambda x: x <= 0.0,
    'tan': lambda x: np.absolute(np.cos(x)) < 1e-35, 'arcsin': _outside(-1.0, 1.0), 'arccos': _outside(-1.0, 1.0), 'arccosh': lambda x: x < 1.0,
    'arctanh': _outside(-1.0 + 1e-15, 1.0 - 1e-15),
}
_DIVISIONS = {name: (lambda a, b: np.absolute(a) * _tiny >= np.absolute(b)) for name in ('divide', 'true_divide', 'floor_divide', 'remainder', 'fmod', 'mod')}


def _domain_of(func):
    return _DOMAINS.get(func.__name__) or _DIVISIONS.get(func.__name__)


def _wrapped(data, mask, like):
    """A masked array of results; `like` gives its class and attributes."""
    if not isinstance(data, ndarray) or data.shape == ():
        if mask is not nomask and np.all(mask):
            return masked
        return data if not isinstance(data, ndarray) else data[()]
    cls = type(like) if isinstance(like, MaskedArray) and type(like) is not type(masked) else MaskedArray
    made = data.view(cls)
    if isinstance(like, MaskedArray):
        made._update_from(like)
        made._fill_value = None if like._fill_value is None or like.dtype != made.dtype else like._fill_value
    if mask is not nomask and mask.shape != made.shape:
        mask = np.broadcast_to(mask, made.shape).copy()
    made._mask = mask
    made._sharedmask = False
    return made


class _Unary:
    def __init__(self, func, domain=None, fill=0):
        self.f, self.domain, self.fill = func, domain, fill
        self.__name__, self.__doc__ = func.__name__, getattr(func, '__doc__', None)

    def __call__(self, a, *args, **kwargs):
        data, mask = getdata(a), getmask(a)
        if self.domain is not None:
            with np.errstate(divide='ignore', invalid='ignore'):
                result = self.f(data, *args, **kwargs)
                wrong = ~np.isfinite(result) | self.domain(data)
            mask = wrong | mask if mask is not nomask else wrong
        else:
            with np.errstate(divide='ignore', invalid='ignore'):
                result = self.f(data, *args, **kwargs)
        if not np.shape(result):
            return masked if mask is not nomask and mask else result
        if mask is not nomask:
            try:
                np.copyto(result, data, where=mask, casting='same_kind' if not isinstance(result.dtype, type(data.dtype)) else 'unsafe')
            except TypeError:
                pass
            mask = mask.copy() if mask is getmask(a) else mask
        return _wrapped(np.asarray(result), mask, a)

    def __repr__(self):
        return f'Masked version of {self.f!r}'


class _Binary:
    def __init__(self, func, fillx=0, filly=0):
        self.f, self.fillx, self.filly = func, fillx, filly
        self.__name__, self.__doc__ = func.__name__, getattr(func, '__doc__', None)

    def __call__(self, a, b, *args, **kwargs):
        da, db = getdata(a), getdata(b)
        with np.errstate(divide='ignore', invalid='ignore'):
            result = self.f(a if not isinstance(a, (ndarray, list, tuple)) else da, b if not isinstance(b, (ndarray, list, tuple)) else db, *args, **kwargs)
        ma, mb = getmask(a), getmask(b)
        if ma is nomask:
            mask = nomask if mb is nomask else mask_or(getmaskarray(a), mb) if np.shape(a) else mb
        elif mb is nomask:
            mask = ma
        else:
            mask = np.logical_or(ma, mb)
        if not np.shape(result):
            return masked if mask is not nomask and np.all(mask) and np.size(mask) else result
        result = np.asarray(result)
        if mask is not nomask:
            mask = np.broadcast_to(mask, result.shape).copy() if mask.shape != result.shape else mask.copy() if mask is ma or mask is mb else mask
            if mask.any():
                try:
                    np.copyto(result, da, casting='unsafe', where=mask)
                except (TypeError, ValueError):
                    pass
        return _wrapped(result, mask, a if isinstance(a, MaskedArray) else b)

    def reduce(self, target, axis=0, dtype=None):
        data, mask = filled(target, self.filly), getmask(target)
        if mask is nomask:
            return _wrapped(self.f.reduce(data, axis), nomask, target)
        result = self.f.reduce(data, axis)
        hidden = np.logical_and.reduce(mask, axis)
        if not np.shape(result):
            return masked if hidden else result
        return _wrapped(np.asarray(result), np.asarray(hidden), target)

    def outer(self, a, b):
        da, db = getdata(a), getdata(b)
        ma, mb = getmask(a), getmask(b)
        mask = nomask if ma is nomask and mb is nomask else np.logical_or.outer(getmaskarray(a), getmaskarray(b))
        result = self.f.outer(da, db)
        if mask is not nomask:
            np.copyto(result, np.broadcast_to(np.reshape(da, da.shape + (1,) * db.ndim), result.shape), where=mask, casting='unsafe')
        return _wrapped(result, mask, a if isinstance(a, MaskedArray) else b)

    def accumulate(self, target, axis=0):
        return _wrapped(self.f.accumulate(filled(target, self.filly), axis), nomask, target)


class _Division(_Binary):
    """An operation with a domain of two arguments."""

    def __init__(self, func, domain):
        super().__init__(func, 0, 1)
        self.domain = domain

    def __call__(self, a, b, *args, **kwargs):
        da, db = getdata(a), getdata(b)
        with np.errstate(divide='ignore', invalid='ignore'):
            result = self.f(da if isinstance(a, (ndarray, list, tuple)) else a, db if isinstance(b, (ndarray, list, tuple)) else b, *args, **kwargs)
            mask = ~np.isfinite(result) | self.domain(da, db)
        mask = mask | getmask(a) | getmask(b)
        if not np.shape(result):
            return masked if mask else result
        result, mask = np.asarray(result), np.broadcast_to(mask, np.shape(result))
        if mask is not nomask and mask.any():
            np.copyto(result, 0, casting='unsafe', where=mask)
            hidden = np.multiply(mask, da)
            if np.can_cast(hidden.dtype, result.dtype, casting='safe'):
                result += hidden
        return _wrapped(result, np.array(mask), a if isinstance(a, MaskedArray) else b)


def _comparison(func):
    def compare(a, b):
        return _compare(a, b, func)
    compare.__name__, compare.__doc__ = func.__name__, func.__doc__
    compare.f = func
    return compare


def _compare(a, b, func):
    """Masked elements compare by their masks for equality, and are masked in the result."""
    ma, mb = getmask(a), getmask(b)
    mask = nomask
    if ma is not nomask and mb is not nomask:
        mask = mask_or(np.broadcast_to(ma, np.broadcast_shapes(ma.shape, mb.shape)), np.broadcast_to(mb, np.broadcast_shapes(ma.shape, mb.shape)), copy=True, shrink=False)
    elif ma is not nomask:
        mask = ma.copy()
    elif mb is not nomask:
        mask = mb.copy()
    da, db = getdata(a), getdata(b)
    if mask is not nomask and mask.dtype.names is not None:
        mask = _any_field(mask)
    with np.errstate(invalid='ignore'):
        check = func(da, db if isinstance(b, (ndarray, list, tuple)) else b)
    if check is NotImplemented:
        return check
    if not np.shape(check):
        return masked if mask is not nomask and np.all(mask) and np.size(mask) else check
    check = np.asarray(check)
    if mask is not nomask:
        if mask.shape != check.shape:
            mask = np.broadcast_to(mask, check.shape).copy()
        if func in (np.equal, np.not_equal):
            sides = [np.broadcast_to(getmaskarray(x) if getmask(x) is not nomask and getmaskarray(x).dtype.names is None else False, check.shape) for x in (a, b)]
            check = np.where(mask, func(*sides), check)
    made = check.view(type(a) if isinstance(a, MaskedArray) else type(b) if isinstance(b, MaskedArray) else MaskedArray)
    made._mask = mask
    if isinstance(a, MaskedArray):
        made._hardmask = a._hardmask
    if made._fill_value is not None:
        made._fill_value = None
    return made


exp, conjugate, sin, cos, arctan, arcsinh, sinh, cosh, tanh = (_Unary(f) for f in (np.exp, np.conjugate, np.sin, np.cos, np.arctan, np.arcsinh, np.sinh, np.cosh, np.tanh))
abs = absolute = _Unary(np.absolute)
fabs, negative, floor, ceil, logical_not = (_Unary(f) for f in (np.fabs, np.negative, np.floor, np.ceil, np.logical_not))
angle = _Unary(np.angle)
around = round_ = _Unary(np.around)
sqrt, log, log2, log10, tan, arcsin, arccos, arccosh, arctanh = (
    _Unary(getattr(np, name), _DOMAINS[name]) for name in ('sqrt', 'log', 'log2', 'log10', 'tan', 'arcsin', 'arccos', 'arccosh', 'arctanh'))
add, subtract = _Binary(np.add), _Binary(np.subtract)
multiply = _Binary(np.multiply, 1, 1)
arctan2, hypot = _Binary(np.arctan2, 0.0, 1.0), _Binary(np.hypot)
bitwise_and, bitwise_or, bitwise_xor = _Binary(np.bitwise_and), _Binary(np.bitwise_or), _Binary(np.bitwise_xor)
logical_and, logical_or, logical_xor = _Binary(np.logical_and, 1, 1), _Binary(np.logical_or), _Binary(np.logical_xor)
divide = true_divide = _Division(np.divide, _DIVISIONS['divide'])
floor_divide, remainder, fmod = (_Division(f, _DIVISIONS['divide']) for f in (np.floor_divide, np.remainder, np.fmod))
mod = remainder
equal, not_equal, less, less_equal, greater, greater_equal = (_comparison(f) for f in (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal))
alltrue, sometrue = logical_and.reduce, logical_or.reduce


def _shifter(func):
    def shift(a, n):
        mask = getmask(a)
        if mask is nomask:
            return masked_array(func(filled(a), n))
        return masked_array(func(filled(a, 0), n), mask=mask)
    shift.__name__ = func.__name__
    return shift


left_shift, right_shift = _shifter(np.left_shift), _shifter(np.right_shift)


def power(a, b, third=None):
    """Returns element-wise base array raised to power from second array."""
    if third is not None:
        raise MaskError('3-argument power not supported.')
    fa, fb = getdata(a), getdata(b)
    mask = mask_or(getmaskarray(a) if getmask(a) is not nomask else nomask, getmaskarray(b) if getmask(b) is not nomask and np.shape(b) else nomask) \
        if np.shape(a) == np.shape(b) else getmaskarray(a) | getmaskarray(b)
    with np.errstate(divide='ignore', invalid='ignore'):
        result = np.where(mask, fa, np.power(fa, fb)) if mask is not nomask and np.any(mask) else np.asarray(np.power(fa, fb))
    wrong = ~np.isfinite(result)
    if result.shape == ():
        return masked if (mask is not nomask and np.all(mask)) or wrong else result[()]
    made = _wrapped(result, mask if mask is nomask else np.array(mask), a if isinstance(a, MaskedArray) else b)
    if wrong.any():
        made._mask = wrong if made._mask is nomask else made._mask | wrong
        made._data[wrong] = made.fill_value
    return made


class _Extremum:
    def __init__(self, name, func, beats, filler):
        self.__name__, self.f, self.beats, self.filler = name, func, beats, filler

    def __call__(self, a, b=None):
        if b is None:
            return self.reduce(a)
        return where(self.beats(a, b), a, b)

    def reduce(self, target, axis=None):
        mask = getmask(target)
        if axis is None:
            target = np.ravel(getdata(target))
            mask = mask if mask is nomask else mask.ravel()
            axis = 0
        if mask is nomask:
            return self.f.reduce(getdata(target), axis)
        result = self.f.reduce(masked_array(target, mask=mask).filled(self.filler(target)), axis)
        hidden = np.logical_and.reduce(mask, axis)
        if not np.shape(result):
            return masked if hidden else result
        return _wrapped(np.asarray(result), np.asarray(hidden), target)

    def outer(self, a, b):
        made = masked_array(self.f.outer(filled(a), filled(b)))
        made._mask = nomask if getmask(a) is nomask and getmask(b) is nomask else np.logical_or.outer(getmaskarray(a), getmaskarray(b))
        return made


minimum = _Extremum('minimum', np.minimum, less, minimum_fill_value)
maximum = _Extremum('maximum', np.maximum, greater, maximum_fill_value)


# ---- operators ---------------------------------------------------------------------------------------------------------------

def _operator(function):
    def forward(self, other):
        return NotImplemented if _knows_better(self, other) else function(self, other)

    def backward(self, other):
        return function(other, self)
    return forward, backward


def _knows_better(self, other):
    if isinstance(other, type(self)):
        return False
    if getattr(other, '__array_ufunc__', False) is None:
        return True
    return getattr(other, '__array_priority__', -1000000) > self.__array_priority__ and not isinstance(other, ndarray)


for _name, _function in (('add', add), ('sub', subtract), ('mul', multiply), ('truediv', true_divide), ('floordiv', floor_divide), ('mod', remainder), ('pow', power),
                         ('and', bitwise_and), ('or', bitwise_or), ('xor', bitwise_xor), ('lshift', _Binary(np.left_shift)), ('rshift', _Binary(np.right_shift))):
    _forward, _backward = _operator(_function)
    setattr(MaskedArray, f'__{_name}__', _forward)
    setattr(MaskedArray, f'__r{_name}__', _backward)
for _name, _function in (('eq', np.equal), ('ne', np.not_equal), ('lt', np.less), ('le', np.less_equal), ('gt', np.greater), ('ge', np.greater_equal)):
    setattr(MaskedArray, f'__{_name}__', (lambda f: lambda self, other: _compare(self, other, f))(_function))
MaskedArray.__hash__ = None
MaskedArray.__neg__ = lambda self: negative(self)
MaskedArray.__pos__ = lambda self: _Unary(np.positive)(self)
MaskedArray.__abs__ = lambda self: absolute(self)
MaskedArray.__invert__ = lambda self: _Unary(np.invert)(self)


def _inplace(func, domain, filler):
    def operate(self, other):
        hidden = getmask(other)
        values = getdata(other)
        if domain is not None:
            with np.errstate(all='ignore'):
                wrong = domain(self._data, values)
            hidden = wrong if hidden is nomask else wrong | hidden
            if np.any(wrong):
                values = np.where(wrong, 1, values)
        own = self._mask
        if own is nomask:
            if hidden is not nomask and np.any(hidden):
                self._mask = make_mask_none(self.shape, self.dtype)
                self._mask += np.broadcast_to(hidden, self.shape)
        elif hidden is not nomask:
            self._mask += np.broadcast_to(hidden, self.shape)
        if self._mask is not nomask:
            values = np.where(self._mask, values.dtype.type(filler) if values.dtype.kind in 'biufc' else values, values)
        out = self._data
        func(out, values, out=out)
        return self
    return operate


for _name, _function, _domain, _filler in (('add', np.add, None, 0), ('sub', np.subtract, None, 0), ('mul', np.multiply, None, 1),
                                           ('truediv', np.true_divide, _DIVISIONS['divide'], 1), ('floordiv', np.floor_divide, _DIVISIONS['divide'], 1)):
    setattr(MaskedArray, f'__i{_name}__', _inplace(_function, _domain, _filler))


def _ipow(self, other):
    values = getdata(other)
    with np.errstate(divide='ignore', invalid='ignore'):
        self._data[...] = np.where(getmaskarray(self), self._data, np.power(self._data, values))
    wrong = ~np.isfinite(self._data)
    mask = mask_or(getmask(self), getmask(other)) if getmask(other) is not nomask else getmask(self)
    if wrong.any():
        mask = wrong if mask is nomask else mask | wrong
        np.copyto(self._data, self.fill_value, where=wrong)
    self._mask = mask
    return self


MaskedArray.__ipow__ = _ipow


# ---- reductions ----------------------------------------------------------------------------------------------------------------

def _kept(keepdims):
    return {} if keepdims is np._NoValue or not keepdims else {'keepdims': True}


def _hidden(mask, axis, **kept):
    return mask if mask is nomask else mask.all(axis=axis, **kept)


def _placed(result, hidden, self, out):
    """A result with its mask, in `out` if given."""
    if out is not None:
        if isinstance(out, MaskedArray):
            out._data[...] = result
            if out._mask is nomask:
                out._mask = make_mask_none(out.shape)
            out._mask[...] = hidden
        else:
            out[...] = result
            if hidden is not nomask and np.any(hidden):
                out[hidden] = np.nan if out.dtype.kind == 'f' else out[hidden]
        return out
    if not np.shape(result):
        return masked if hidden is not nomask and hidden else result
    return _wrapped(np.asarray(result), hidden if hidden is nomask else np.asarray(hidden), self)


def _count(self, axis=None, keepdims=np._NoValue):
    kept = _kept(keepdims)
    mask = self._mask
    if mask is nomask or self.dtype.names is not None and not _any_field(mask).any():
        if self.shape == ():
            if axis not in (None, 0):
                raise np.exceptions.AxisError(axis=axis, ndim=self.ndim)
            return 1
        if axis is None:
            return np.array(self.size, dtype=np.intp, ndmin=self.ndim) if kept else self.size
        axes = axis if isinstance(axis, tuple) else (axis,)
        axes = tuple(_normal(a, self.ndim) for a in axes)
        items = 1
        for a in axes:
            items *= self.shape[a]
        if kept:
            shape = tuple(1 if i in axes else n for i, n in enumerate(self.shape))
        else:
            shape = tuple(n for i, n in enumerate(self.shape) if i not in axes)
        return np.full(shape, items, dtype=np.intp)[()]
    if self is masked:
        return 0
    if mask.dtype.names is not None:
        mask = _any_field(mask)
    return (~mask).sum(axis=axis, dtype=np.intp, **kept)


def _normal(axis, ndim):
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def _folder(name, filler):
    def fold(self, axis=None, dtype=None, out=None, keepdims=np._NoValue):
        kept = _kept(keepdims)
        result = getattr(np.asarray(self.filled(filler)), name)(axis, dtype=dtype, **kept)
        return _placed(result, _hidden(self._mask, axis, **kept), self, out)
    fold.__name__ = name
    return fold


def _mean(self, axis=None, dtype=None, out=None, keepdims=np._NoValue):
    kept = _kept(keepdims)
    if self._mask is nomask:
        result = self._data.mean(axis=axis, dtype=dtype, **kept)
        return _placed(result, nomask, self, out)
    halves = dtype is None and self.dtype == np.float16
    if dtype is None and self.dtype.kind in 'biu':
        dtype = np.dtype('f8')
    elif halves:
        dtype = np.dtype('f4')
    total = _sum(self, axis, dtype, keepdims=keepdims)
    n = _count(self, axis, keepdims)
    if not np.shape(n) and n == 0:
        result = masked
    elif halves:
        result = self.dtype.type(total / n)
    else:
        result = total * 1. / n
    if out is not None:
        out.flat = result
        return out
    return result


def _var(self, axis=None, dtype=None, out=None, ddof=0, keepdims=np._NoValue, mean=np._NoValue):
    kept = _kept(keepdims)
    if self._mask is nomask:
        result = self._data.var(axis=axis, dtype=dtype, ddof=ddof, **kept)
        return _placed(result, nomask, self, out)
    n = _count(self, axis, keepdims) - ddof
    centre = mean if mean is not np._NoValue else _mean(self, axis, dtype, keepdims=True)
    danom = self - centre
    danom = absolute(danom) ** 2 if self.dtype.kind == 'c' else danom * danom
    total = danom.sum(axis, **kept)
    result = divide(total, n)
    if np.shape(result):
        hidden = mask_or(self._mask.all(axis, **kept), np.asarray(n <= 0))
        result = result.view(type(self))
        result._mask = hidden
    elif result is masked or n <= 0:
        result = masked
    if out is not None:
        out.flat = result
        return out
    return result


def _std(self, axis=None, dtype=None, out=None, ddof=0, keepdims=np._NoValue, mean=np._NoValue):
    result = _var(self, axis, dtype, None, ddof, keepdims, mean)
    if result is not masked:
        result = sqrt(result)
    if out is not None:
        out.flat = result
        return out
    return result


def _extreme(name, filler):
    def extreme(self, axis=None, out=None, fill_value=None, keepdims=np._NoValue):
        kept = _kept(keepdims)
        if fill_value is None:
            fill_value = filler(self)
        if self._mask is nomask:
            return _placed(getattr(self._data, name)(axis=axis, **kept), nomask, self, out)
        hidden = _hidden(self._mask, axis, **kept)
        result = getattr(np.asarray(self.filled(fill_value)), name)(axis=axis, **kept)
        if np.shape(result):
            np.copyto(result, self.fill_value if result.dtype.kind in 'biufc' else result, where=hidden, casting='unsafe')
        return _placed(result, hidden, self, out)
    extreme.__name__ = name
    return extreme


_sum, _prod = _folder('sum', 0), _folder('prod', 1)
_min, _max = _extreme('min', minimum_fill_value), _extreme('max', maximum_fill_value)


def _truth(name, filler):
    def test(self, axis=None, out=None, keepdims=np._NoValue):
        kept = _kept(keepdims)
        result = getattr(np.asarray(self.filled(filler)), name)(axis=axis, **kept)
        return _placed(result, _hidden(self._mask, axis, **kept), self, out)
    test.__name__ = name
    return test


def _running(name, filler):
    def run(self, axis=None, dtype=None, out=None):
        result = getattr(np.asarray(self.filled(filler)), name)(axis=axis, dtype=dtype)
        mask = self._mask if self._mask is nomask or axis is not None else self._mask.ravel()
        return _placed(result, mask, self, out)
    run.__name__ = name
    return run


def _ptp(self, axis=None, out=None, fill_value=None, keepdims=False):
    if out is None:
        return _max(self, axis, fill_value=fill_value, keepdims=keepdims) - _min(self, axis, fill_value=fill_value, keepdims=keepdims)
    out.flat = _max(self, axis, fill_value=fill_value, keepdims=keepdims) - _min(self, axis, fill_value=fill_value, keepdims=keepdims)
    return out


def _arg(name, filler):
    def find(self, axis=None, fill_value=None, out=None, *, keepdims=np._NoValue):
        if fill_value is None:
            fill_value = filler(getattr(self, '_data', self))
        return getattr(np.asarray(self.filled(fill_value)), name)(axis, out=out, **_kept(keepdims))
    find.__name__ = name
    return find


def _argsort(self, axis=np._NoValue, kind=None, order=None, endwith=True, fill_value=None, *, stable=False):
    if axis is np._NoValue:
        axis = -1
    if fill_value is None:
        fill_value = (np.nan if self.dtype.kind == 'f' else minimum_fill_value(self)) if endwith else maximum_fill_value(self)
    return np.asarray(self.filled(fill_value)).argsort(axis=axis, kind=kind, order=order)


def _sort(self, axis=-1, kind=None, order=None, endwith=True, fill_value=None, *, stable=False):
    if self._mask is nomask:
        data = self._data
        ndarray.sort(data, axis=axis, kind=kind, order=order)
        return
    places = _argsort(self, axis, kind, order, endwith, fill_value)
    from numpy import take_along_axis
    # What is masked goes last, whatever is beneath.
    mask = take_along_axis(getmaskarray(self), places, axis)
    data = take_along_axis(self._data, places, axis)
    if endwith and fill_value is None:
        again = mask.argsort(axis=axis, kind='stable')
        data, mask = take_along_axis(data, again, axis), take_along_axis(mask, again, axis)
    self._data[...] = data
    self._mask[...] = mask


def _nonzero(self):
    return np.asarray(self.filled(0)).nonzero()


def _trace(self, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    if self._mask is nomask:
        return self._data.trace(offset, axis1, axis2, dtype)
    return self.diagonal(offset, axis1, axis2).astype(dtype).filled(0).sum(axis=-1)


def _dot(self, b, out=None, strict=False):
    return dot(self, b, strict=strict, out=out)


def _round(self, decimals=0, out=None):
    result = self._data.round(decimals=decimals)
    return _placed(result, self._mask, self, out)


def _clip(self, min=None, max=None, out=None):
    return _placed(self._data.clip(getdata(min) if min is not None else None, getdata(max) if max is not None else None), self._mask, self, out)


def _anom(self, axis=None, dtype=None):
    m = _mean(self, axis, dtype)
    return self - m if not axis else self - expand_dims(m, axis)


def _choose(self, choices, out=None, mode='raise'):
    return choose(self, choices, out, mode)


for _name, _function in (('count', _count), ('sum', _sum), ('prod', _prod), ('product', _prod), ('mean', _mean), ('var', _var), ('std', _std), ('min', _min), ('max', _max),
                         ('all', _truth('all', True)), ('any', _truth('any', False)), ('cumsum', _running('cumsum', 0)), ('cumprod', _running('cumprod', 1)),
                         ('ptp', _ptp), ('argmin', _arg('argmin', minimum_fill_value)), ('argmax', _arg('argmax', maximum_fill_value)), ('argsort', _argsort),
                         ('sort', _sort), ('nonzero', _nonzero), ('trace', _trace), ('dot', _dot), ('round', _round), ('clip', _clip), ('anom', _anom), ('choose', _choose),
                         ('conj', lambda self: conjugate(self)), ('conjugate', lambda self: conjugate(self))):
    setattr(MaskedArray, _name, _function)
MaskedArray.real = property(lambda self: _wrapped(self._data.real, self._mask, self) if self.shape else self._data.real)
MaskedArray.imag = property(lambda self: _wrapped(self._data.imag, self._mask, self) if self.shape else self._data.imag)
MaskedArray.get_real = lambda self: self.real
MaskedArray.get_imag = lambda self: self.imag
MaskedArray.__matmul__ = lambda self, other: dot(self, other, strict=False) if np.ndim(self) < 3 and np.ndim(other) < 3 else _wrapped(np.matmul(self.filled(0), filled(other, 0)), nomask, self)
MaskedArray.__rmatmul__ = lambda self, other: dot(other, self, strict=False)


# ---- functions that are methods --------------------------------------------------------------------------------------------------

def _method(name):
    @named(name, f'The method `{name}` of a masked array.')
    def call(a, *args, **kwargs):
        return getattr(a if isinstance(a, MaskedArray) else asanyarray(a), name)(*args, **kwargs)
    return call


all, any, anom, anomalies = _method('all'), _method('any'), _method('anom'), _method('anom')
argmax, argmin, compress, count, cumprod, cumsum = (_method(n) for n in ('argmax', 'argmin', 'compress', 'count', 'cumprod', 'cumsum'))
diagonal, harden_mask, ids, mean, nonzero, prod, product, ravel, repeat = (
    _method(n) for n in ('diagonal', 'harden_mask', 'ids', 'mean', 'nonzero', 'prod', 'prod', 'ravel', 'repeat'))
soften_mask, squeeze, std, sum, swapaxes, trace, var, copy = (_method(n) for n in ('soften_mask', 'squeeze', 'std', 'sum', 'swapaxes', 'trace', 'var', 'copy'))
max = amax = _method('max')
min = amin = _method('min')
ptp = _method('ptp')
clip = _method('clip')


def take(a, indices, axis=None, out=None, mode='raise'):
    """Take elements of a masked array."""
    return asanyarray(a).take(indices, axis=axis, out=out, mode=mode)


def argsort(a, axis=np._NoValue, kind=None, order=None, endwith=True, fill_value=None, *, stable=None):
    """Return an ndarray of indices that sort the array along the specified axis."""
    a = np.asanyarray(a)
    if isinstance(a, MaskedArray):
        return a.argsort(axis, kind, order, endwith, fill_value)
    return a.argsort(-1 if axis is np._NoValue else axis, kind, order)


def sort(a, axis=-1, kind=None, order=None, endwith=True, fill_value=None, *, stable=None):
    """Return a sorted copy of the masked array."""
    a = np.array(a, copy=True, subok=True)
    if axis is None:
        a, axis = a.ravel(), 0
    if isinstance(a, MaskedArray):
        if a._mask is not nomask:
            a._mask = a._mask.copy()
        a.sort(axis=axis, kind=kind, order=order, endwith=endwith, fill_value=fill_value)
    else:
        a.sort(axis=axis, kind=kind, order=order)
    return a


def compressed(x):
    """Return all the non-masked data as a 1-D array."""
    return asanyarray(x).compressed()


def concatenate(arrays, axis=0):
    """Concatenate a sequence of arrays along the given axis."""
    data = np.concatenate([getdata(a) for a in arrays], axis)
    kinds = [a for a in arrays if isinstance(a, MaskedArray)]
    made = data.view(type(kinds[0]) if kinds else MaskedArray)
    if not builtins.any(getmask(a) is not nomask for a in arrays):
        made._mask = nomask if made.dtype.names is None else made._mask
        return made
    mask = np.concatenate([getmaskarray(a) for a in arrays], axis)
    made._mask = mask.reshape(made.shape) if mask.dtype.names is not None or mask.any() else nomask
    return made


def append(a, b, axis=None):
    """Append values to the end of an array."""
    return concatenate([ravel(a), ravel(b)] if axis is None else [a, b], axis or 0)


def diag(v, k=0):
    """Extract a diagonal or construct a diagonal array."""
    made = np.diag(getdata(v), k).view(MaskedArray)
    if getmask(v) is not nomask:
        made._mask = np.diag(getmask(v), k)
    return made


def expand_dims(x, axis):
    """Expand the shape of an array."""
    made = np.expand_dims(getdata(x), axis)
    return masked_array(made, mask=np.expand_dims(getmask(x), axis)) if getmask(x) is not nomask else masked_array(made)


def put(a, indices, values, mode='raise'):
    """Set storage-indexed locations to corresponding values."""
    return a.put(indices, values, mode=mode)


def putmask(a, mask, values):
    """Changes elements of an array based on conditional and input values."""
    if not isinstance(a, MaskedArray):
        a = a.view(MaskedArray)
    hidden = getmaskarray(values) if getmask(values) is not nomask else nomask
    if getmask(a) is nomask:
        if hidden is not nomask:
            a._mask = make_mask_none(a.shape, a.dtype)
            np.copyto(a._mask, hidden, where=mask)
    elif not a._hardmask:
        np.copyto(a._mask, False if hidden is nomask else hidden, where=mask)
    np.copyto(a._data, getdata(values), where=mask, casting='unsafe')


def transpose(a, axes=None):
    """Permute the dimensions of an array."""
    return a.transpose(axes) if hasattr(a, 'transpose') else asanyarray(a).transpose(axes)


def reshape(a, new_shape, order='C'):
    """Returns an array containing the same data with a new shape."""
    return asanyarray(a).reshape(new_shape, order=order)


def resize(x, new_shape):
    """Return a new masked array with the specified size and shape."""
    made = np.resize(getdata(x), new_shape).view(MaskedArray)
    if getmask(x) is not nomask:
        made._mask = np.resize(getmask(x), new_shape)
    return made


def ndim(obj):
    """Return the number of dimensions."""
    return np.ndim(getdata(obj))


def shape(obj):
    """Return the shape."""
    return np.shape(getdata(obj))


def size(obj, axis=None):
    """Return the number of elements along a given axis."""
    return np.size(getdata(obj), axis)


def where(condition, x=np._NoValue, y=np._NoValue):
    """Return a masked array with elements from `x` or `y`, depending on condition."""
    missing = (x is np._NoValue, y is np._NoValue)
    if missing == (True, True):
        return nonzero(condition)
    if missing != (False, False):
        raise ValueError('Must provide both \'x\' and \'y\' or neither.')
    cf = filled(condition, False)
    xd, yd = getdata(x), getdata(y)
    cm = getmaskarray(condition)
    xm, ym = getmaskarray(x), getmaskarray(y)
    if x is masked and y is not masked:
        xd, xm = np.zeros((), dtype=yd.dtype), np.ones((), dtype=ym.dtype)
    elif y is masked and x is not masked:
        yd, ym = np.zeros((), dtype=xd.dtype), np.ones((), dtype=xm.dtype)
    data = np.where(cf, xd, yd)
    mask = np.where(cf, xm, ym)
    mask = np.where(cm, np.ones((), dtype=mask.dtype), mask)
    return masked_array(data, mask=mask if np.any(mask) or mask.dtype.names is not None else nomask)


def choose(indices, choices, out=None, mode='raise'):
    """Use an index array to construct a new array from a list of choices."""
    c = filled(indices, 0)
    masks = [getmaskarray(x) if x is not masked else np.True_ for x in choices]
    data = [filled(x) if x is not masked else np.True_ for x in choices]
    outer = make_shape_mask(np.choose(c, masks, mode=mode), getmask(indices))
    made = np.choose(c, data, mode=mode).view(MaskedArray)
    if out is not None:
        out[...] = made
        return out
    made._mask = outer
    return made


def make_shape_mask(mask, other):
    mask = mask_or(np.asarray(mask, bool), other if other is not nomask else nomask)
    return mask


def round(a, decimals=0, out=None):
    """Return a copy of a, rounded to 'decimals' places."""
    return asanyarray(a).round(decimals, out)


def inner(a, b):
    """Returns the inner product of a and b for arrays of floating point types."""
    fa, fb = filled(a, 0), filled(b, 0)
    return np.inner(fa.reshape(1) if fa.ndim == 0 else fa, fb.reshape(1) if fb.ndim == 0 else fb).view(MaskedArray) if np.ndim(np.inner(fa, fb)) else np.inner(fa, fb)


innerproduct = inner


def outer(a, b):
    """maskedarray version of the numpy function."""
    fa, fb = filled(a, 0).ravel(), filled(b, 0).ravel()
    made = np.outer(fa, fb)
    if getmask(a) is nomask and getmask(b) is nomask:
        return masked_array(made)
    return masked_array(made, mask=1 - np.outer(1 - getmaskarray(a).ravel(), 1 - getmaskarray(b).ravel()))


outerproduct = outer


def dot(a, b, strict=False, out=None):
    """Return the dot product of two arrays."""
    am, bm = getmaskarray(a), getmaskarray(b)
    data = np.dot(filled(a, 0), filled(b, 0))
    mask = ~np.dot(~am, ~bm)
    if np.ndim(data) == 0:
        return masked_array(data, mask=mask)
    made = _wrapped(np.asarray(data), mask, a if isinstance(a, MaskedArray) else b)
    if out is not None:
        out[...] = made
        return out
    return made


def correlate(a, v, mode='valid', propagate_mask=True):
    """Cross-correlation of two 1-dimensional sequences."""
    return _convolved(np.correlate, a, v, mode, propagate_mask)


def convolve(a, v, mode='full', propagate_mask=True):
    """Returns the discrete, linear convolution of two one-dimensional sequences."""
    return _convolved(np.convolve, a, v, mode, propagate_mask)


def _convolved(f, a, v, mode, propagate_mask):
    if propagate_mask:
        mask = f(getmaskarray(a).astype(float), np.ones(np.shape(v)), mode=mode) + f(np.ones(np.shape(a)), getmaskarray(v).astype(float), mode=mode) > 0.5
        data = f(getdata(a), getdata(v), mode=mode)
    else:
        mask = ~(f((~getmaskarray(a)).astype(float), (~getmaskarray(v)).astype(float), mode=mode) > 0.5)
        data = f(filled(a, 0), filled(v, 0), mode=mode)
    return masked_array(data, mask=mask)


def allequal(a, b, fill_value=True):
    """Return True if all entries of a and b are equal, using fill_value as a truth value where either or both are masked."""
    mask = mask_or(getmaskarray(a), getmaskarray(b))
    same = np.equal(getdata(a), getdata(b))
    if mask is nomask:
        return same.all()
    return array(same, mask=mask, copy=False).filled(True).all() if fill_value else False


def allclose(a, b, masked_equal=True, rtol=1e-5, atol=1e-8):
    """Returns True if two arrays are element-wise equal within a tolerance."""
    x, y = asanyarray(a), asanyarray(b)
    hidden = getmaskarray(x) | getmaskarray(y)
    close = np.isclose(getdata(x), getdata(y), rtol=rtol, atol=atol)
    return np.where(hidden, masked_equal, close).all()


def diff(a, /, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    """Calculate the n-th discrete difference along the given axis."""
    if n == 0:
        return a
    if n < 0:
        raise ValueError('order must be non-negative but got ' + repr(n))
    a = asanyarray(a)
    if a.ndim == 0:
        raise ValueError('diff requires input that is at least one dimensional')
    parts = []
    for extra, first in ((prepend, True), (append, False)):
        if extra is np._NoValue:
            continue
        extra = asanyarray(extra)
        if extra.ndim == 0:
            shape_ = list(a.shape)
            shape_[axis] = 1
            extra = masked_array(np.broadcast_to(extra._data, tuple(shape_)))
        parts = [extra] + parts if first else parts + [extra]
        a = concatenate([extra, a] if first else [a, extra], axis)
    for _ in range(n):
        before = (slice(None),) * (axis % a.ndim)
        a = subtract(a[before + (slice(1, None),)], a[before + (slice(None, -1),)])
    return a


def _maker(name):
    @named(name, f'numpy.{name} as a masked array.')
    def make(*args, **kwargs):
        fill_value, hardmask = kwargs.pop('fill_value', None), kwargs.pop('hardmask', False)
        made = getattr(np, name)(*[getdata(a) if isinstance(a, MaskedArray) else a for a in args], **kwargs).view(MaskedArray)
        if fill_value is not None:
            made.fill_value = fill_value
        made._hardmask = hardmask
        if name.endswith('_like') and isinstance(args[0], MaskedArray):
            made._update_from(args[0])
            mask = getmask(args[0])
            if mask is not nomask:
                mask = mask.copy() if name == 'empty_like' else make_mask_none(made.shape, made.dtype)
            made._mask = mask
        return made
    return make


arange, empty, empty_like, frombuffer, fromfunction, identity, indices, ones, ones_like, zeros, zeros_like = (
    _maker(n) for n in ('arange', 'empty', 'empty_like', 'frombuffer', 'fromfunction', 'identity', 'indices', 'ones', 'ones_like', 'zeros', 'zeros_like'))
