"""frompyfunc: a Python function over whole arrays, with what ufuncs offer."""

import _numpy as np
from _numpy import asarray, ndarray, ufunc


class _Vectorized:
    """A ufunc over a Python function; all its operands and results are objects."""

    __slots__ = ('_function', 'nin', 'nout', 'identity', '__name__')

    def __init__(self, function, nin, nout, identity):
        self._function, self.nin, self.nout, self.identity = function, nin, nout, identity
        self.__name__ = f"{getattr(function, '__name__', '?')} (vectorized)"

    __class__ = property(lambda self: ufunc)
    nargs = property(lambda self: self.nin + self.nout)
    ntypes = property(lambda self: 1)
    types = property(lambda self: ['O' * self.nin + '->' + 'O' * self.nout])
    signature = property(lambda self: None)

    def __repr__(self):
        return f"<ufunc '{self.__name__}'>"

    def __call__(self, *args, out=None, where=True, casting='same_kind', order='K', dtype=None, subok=True):
        if not self.nin <= len(args) <= self.nin + self.nout:
            raise TypeError(f'{self.__name__}() takes from {self.nin} to {self.nargs} positional arguments but {len(args)} were given')
        if len(args) > self.nin:
            out = args[self.nin:] + (None,) * (self.nargs - len(args))
        for x in args[:self.nin]:
            override = getattr(type(x), '__array_ufunc__', None)
            if override is not None and not isinstance(x, ndarray):
                return override(x, self, '__call__', *args)
        arrays = [asarray(x, object) for x in args[:self.nin]]
        if arrays:
            from numpy import broadcast_shapes
            shape = broadcast_shapes(*[a.shape for a in arrays], *([asarray(where).shape] if where is not True else []))
        else:
            shape = ()
        columns = [np.broadcast_to(a, shape).ravel().tolist() for a in arrays]
        count = 1
        for n in shape:
            count *= n
        masks = None if where is True else np.broadcast_to(asarray(where, bool), shape).ravel().tolist()
        if masks is None:
            found = list(map(self._function, *columns)) if columns else [self._function() for _ in range(count)]
        else:
            found = [self._function(*row) if allowed else None for allowed, row in zip(masks, zip(*columns))]
        if self.nout == 0:
            return None
        if self.nout > 1:
            for row in found:
                if not isinstance(row, tuple) or len(row) != self.nout:
                    raise ValueError('Object arrays require a tuple of as many results as the function has outputs')
            results = [np._object_array([row[k] for row in found], shape) for k in range(self.nout)]
        else:
            results = [np._object_array(found, shape)]
        if out is not None:
            outs = out if isinstance(out, tuple) else (out,)
            for k, target in enumerate(outs):
                if target is None:
                    continue
                np.copyto(target, results[k], casting='unsafe', where=where)
                results[k] = target
        elif not shape:
            results = [r[()] for r in results]
        return results[0] if self.nout == 1 else tuple(results)

    def _binary(self, what):
        if self.nin != 2 or self.nout != 1:
            raise ValueError(f'{what} only supported for binary functions')

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        self._binary('reduce')
        a = asarray(array, object)
        if axis is None:
            axes = tuple(range(a.ndim))
        else:
            axes = tuple(n % a.ndim if a.ndim else 0 for n in (axis if isinstance(axis, tuple) else (axis,)))
        shape = a.shape
        if a.ndim:
            rest = [n for n in range(a.ndim) if n not in axes]
            a = a.transpose(rest + list(axes))
            kept = tuple(shape[n] for n in rest)
            length = _product(tuple(shape[n] for n in axes))
            a = a.reshape((_product(kept), length))
        else:
            kept, a = (), a.reshape(1, 1)
        found = []
        for line in a.tolist():
            items = iter(line)
            if initial is not None:
                total = initial
            elif not line:
                if self.identity is None:
                    raise ValueError(f'zero-size array to reduction operation {self.__name__} which has no identity')
                total = self.identity
            else:
                total = next(items)
            for x in items:
                total = self._function(total, x)
            found.append(total)
        result = np._object_array(found, kept)
        if keepdims:
            result = result.reshape(tuple(1 if n in axes else m for n, m in enumerate(shape)))
        if dtype is not None:
            result = result.astype(dtype)
        if out is not None:
            target = out[0] if isinstance(out, tuple) else out
            target[...] = result
            return target
        return result if result.ndim else result[()]

    def accumulate(self, array, axis=0, dtype=None, out=None):
        self._binary('accumulate')
        from numpy import moveaxis
        a = asarray(array, object)
        moved = moveaxis(a, axis, -1)
        found = []
        for line in moved.reshape(-1, moved.shape[-1]).tolist() if moved.size else []:
            total = line[0]
            found.append(total)
            for x in line[1:]:
                total = self._function(total, x)
                found.append(total)
        result = moveaxis(np._object_array(found, moved.shape), -1, axis)
        if dtype is not None:
            result = result.astype(dtype)
        if out is not None:
            out[...] = result
            return out
        return result

    def reduceat(self, array, indices, axis=0, dtype=None, out=None):
        self._binary('reduceat')
        from numpy import moveaxis, stack
        a = moveaxis(asarray(array, object), axis, 0)
        bounds = list(indices) + [len(a)]
        parts = [self.reduce(a[i:j] if j > i else a[i:i + 1]) for i, j in zip(bounds, bounds[1:])]
        return moveaxis(stack([asarray(p, object) for p in parts]), 0, axis)

    def outer(self, A, B, /, **kwargs):
        self._binary('outer product')
        x, y = asarray(A, object), asarray(B, object)
        return self(x.reshape(x.shape + (1,) * y.ndim), y, **kwargs)

    def at(self, a, indices, b=None, /):
        places = np.arange(a.size).reshape(a.shape)[indices]
        values = np.broadcast_to(asarray(b, object), places.shape).ravel().tolist() if self.nin == 2 else [None] * places.size
        flat = a.reshape(-1) if a.flags.c_contiguous else a.flat
        for place, value in zip(places.ravel().tolist(), values):
            flat[place] = self._function(flat[place], value) if self.nin == 2 else self._function(flat[place])


def _product(shape):
    n = 1
    for m in shape:
        n *= m
    return n


def frompyfunc(func, /, nin, nout, *, identity=None):
    """Takes an arbitrary Python function and returns a NumPy ufunc."""
    if not callable(func):
        raise TypeError('function must be callable')
    return _Vectorized(func, nin, nout, identity)
