"""Array methods that are written in Python."""

import _numpy


def compress(a, condition, axis=None, out=None):
    from numpy._core.choosing import compress
    return compress(condition, a, axis, out)


def choose(a, choices, out=None, mode='raise'):
    from numpy._core.choosing import choose
    return choose(a, choices, out, mode)


def imatmul(a, b):
    """a @= b"""
    b = _numpy.asanyarray(b)
    if a.ndim < 1 or b.ndim < (1 if a.ndim == 1 else 2):
        raise ValueError('inplace matrix multiplication requires the first operand to have at least one and the second at least two dimensions.')
    product = _numpy.matmul(a, b)
    if product.shape != a.shape:
        raise ValueError(f'non-broadcastable output operand with shape {a.shape} doesn\'t match the broadcast shape {product.shape}'.replace(', ', ','))
    if not _numpy.can_cast(product.dtype, a.dtype, 'same_kind'):
        from numpy._core._exceptions import UFuncTypeError
        raise UFuncTypeError(f"Cannot cast ufunc 'matmul' output from {product.dtype!r} to {a.dtype!r} with casting rule 'same_kind'")
    a[...] = product
    return a


def tofile(a, fid, sep='', format='%s'):
    if hasattr(fid, 'write'):
        _write(a, fid, sep, format)
    else:
        with open(fid, 'wb') as file:
            _write(a, file, sep, format)


def _write(a, file, sep, format):
    if sep == '':
        file.write(a.tobytes())
    else:
        text = sep.join(format % x for x in a.ravel().tolist())
        try:
            file.write(text.encode())
        except TypeError:
            file.write(text)


def dump(a, file):
    import pickle
    if hasattr(file, 'write'):
        pickle.dump(a, file, protocol=2)
    else:
        with open(file, 'wb') as f:
            pickle.dump(a, f, protocol=2)


def dumps(a):
    import pickle
    return pickle.dumps(a, protocol=2)


def byteswap(a, inplace=False):
    """The same bytes, each word the other way round."""
    if a.dtype.hasobject:
        raise TypeError('cannot swap the bytes of objects')
    swapped = a.view(a.dtype.newbyteorder('S')).astype(a.dtype)
    if inplace:
        a[...] = swapped
        return a
    return swapped
