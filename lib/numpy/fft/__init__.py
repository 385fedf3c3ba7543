"""Discrete Fourier transforms over any axes; the transforms of rows are native (`_numpy_fft`)."""

import math
import operator

import _numpy as np
import _numpy_fft as _rows
from _numpy import asarray

__all__ = ['fft', 'ifft', 'rfft', 'irfft', 'hfft', 'ihfft', 'rfftn', 'irfftn', 'rfft2', 'irfft2', 'fft2', 'ifft2', 'fftn', 'ifftn', 'fftshift',
           'ifftshift', 'fftfreq', 'rfftfreq']

_OPPOSITE = {'backward': 'forward', None: 'forward', 'ortho': 'ortho', 'forward': 'backward'}


def _swapped(norm):
    try:
        return _OPPOSITE[norm]
    except KeyError:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".') from None


def _scale(n, norm, forward):
    """What the results are multiplied by."""
    norm = norm if forward else _swapped(norm)
    if norm is None or norm == 'backward':
        return 1.0
    if norm == 'ortho':
        return 1.0 / math.sqrt(n)
    if norm == 'forward':
        return 1.0 / n
    raise ValueError(f'Invalid norm value {norm}; should be "backward","ortho" or "forward".')


def _checked_axis(axis, ndim):
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.AxisError(f'axis {axis} is out of bounds for array of dimension {ndim}')
    return axis % ndim


def _numbers(a, kind, n):
    """The array as complex ('c') or real ('f') numbers of a precision that the transforms have."""
    if kind == 'f' and a.dtype.kind == 'c':
        raise TypeError(f"ufunc 'rfft_n_{'odd' if n % 2 else 'even'}' not supported for the input types, and the inputs could not be safely coerced to any "
                        "supported types according to the casting rule ''safe''")
    single = a.dtype.char in 'efF'
    return a.astype(('complex64' if single else 'complex128') if kind == 'c' else ('float32' if single else 'float64'), copy=False)


def _transform(run, a, n, axis, scale, kind, out):
    """Runs `run` along one axis."""
    a = _numbers(a, kind, n)
    axis = _checked_axis(axis, a.ndim)
    last = axis == a.ndim - 1
    result = run(np.ascontiguousarray(a if last else a.swapaxes(axis, -1)), n, scale)
    if not last:
        result = np.ascontiguousarray(result.swapaxes(axis, -1))
    if out is None:
        return result
    if not isinstance(out, np.ndarray):
        raise TypeError('return arrays must be of ArrayType')
    if out.shape != result.shape:
        raise ValueError('output array has wrong shape.')
    np.copyto(out, result)
    return out


def _length(n, a, axis):
    if n is None:
        n = a.shape[axis]
    n = operator.index(n)
    if n < 1:
        raise ValueError(f'Invalid number of FFT data points ({n}) specified.')
    return n


def fft(a, n=None, axis=-1, norm=None, out=None):
    """Compute the one-dimensional discrete Fourier Transform."""
    a = asarray(a)
    n = _length(n, a, axis)
    if a.dtype.kind in 'fiub':
        return _transform(_rows.real_whole, a, n, axis, _scale(n, norm, True), 'f', out)
    return _transform(_rows.forward, a, n, axis, _scale(n, norm, True), 'c', out)


def ifft(a, n=None, axis=-1, norm=None, out=None):
    """Compute the one-dimensional inverse discrete Fourier Transform."""
    a = asarray(a)
    n = _length(n, a, axis)
    return _transform(_rows.backward, a, n, axis, _scale(n, norm, False), 'c', out)


def rfft(a, n=None, axis=-1, norm=None, out=None):
    """Compute the one-dimensional discrete Fourier Transform for real input."""
    a = asarray(a)
    n = _length(n, a, axis)
    return _transform(_rows.real, a, n, axis, _scale(n, norm, True), 'f', out)


def irfft(a, n=None, axis=-1, norm=None, out=None):
    """Computes the inverse of `rfft`."""
    a = asarray(a)
    if n is None:
        n = (a.shape[axis] - 1) * 2
    n = _length(n, a, axis)
    return _transform(_rows.to_real, a, n, axis, _scale(n, norm, False), 'c', out)


def hfft(a, n=None, axis=-1, norm=None, out=None):
    """Compute the FFT of a signal that has Hermitian symmetry, i.e., a real spectrum."""
    a = asarray(a)
    if n is None:
        n = (a.shape[axis] - 1) * 2
    return irfft(np.conjugate(a), n, axis, norm=_swapped(norm), out=out)


def ihfft(a, n=None, axis=-1, norm=None, out=None):
    """Compute the inverse FFT of a signal that has Hermitian symmetry."""
    a = asarray(a)
    if n is None:
        n = a.shape[axis]
    result = rfft(a, n, axis, norm=_swapped(norm), out=out)
    return np.conjugate(result, out=result)


# ---- several axes ----------------------------------------------------------------------------------------------------------

def _extents(a, s, axes, to_real=False):
    """The extents and axes of a transform over several axes."""
    short = s is None
    if short:
        s = list(a.shape) if axes is None else asarray(a.shape).take(list(axes)).tolist()
    s = list(s)
    if axes is None:
        if not short:
            import warnings
            warnings.warn('`axes` should not be `None` if `s` is not `None` (Deprecated in NumPy 2.0). In a future version of NumPy, this will '
                          'raise an error and `s[i]` will correspond to the size along the transformed axis specified by `axes[i]`. To retain '
                          'current behaviour, pass a sequence [0, ..., k-1] to `axes` for an array of dimension k.', DeprecationWarning, stacklevel=4)
        axes = list(range(-len(s), 0))
    if len(s) != len(axes):
        raise ValueError('Shape and axes have different lengths.')
    if to_real and short:
        s[-1] = (a.shape[axes[-1]] - 1) * 2
    if any(n is None for n in s):
        import warnings
        warnings.warn('Passing an array containing `None` values to `s` is deprecated in NumPy 2.0 and will raise an error in a future version '
                      'of NumPy. To use the default behaviour of the corresponding 1-D transform, pass the value matching the default for its '
                      '`n` parameter. To use the default behaviour for every axis, the `s` argument can be omitted.', DeprecationWarning, stacklevel=4)
    s = [a.shape[x] if n == -1 else n for n, x in zip(s, axes)]
    return s, list(axes)


def _over_axes(a, s, axes, function, norm, out=None):
    a = asarray(a)
    s, axes = _extents(a, s, axes)
    for k in reversed(range(len(axes))):
        a = function(a, n=s[k], axis=axes[k], norm=norm, out=out)
    return a


def fftn(a, s=None, axes=None, norm=None, out=None):
    """Compute the N-dimensional discrete Fourier Transform."""
    return _over_axes(a, s, axes, fft, norm, out)


def ifftn(a, s=None, axes=None, norm=None, out=None):
    """Compute the N-dimensional inverse discrete Fourier Transform."""
    return _over_axes(a, s, axes, ifft, norm, out)


def fft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """Compute the 2-dimensional discrete Fourier Transform."""
    return _over_axes(a, s, axes, fft, norm, out)


def ifft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """Compute the 2-dimensional inverse discrete Fourier Transform."""
    return _over_axes(a, s, axes, ifft, norm, out)


def rfftn(a, s=None, axes=None, norm=None, out=None):
    """Compute the N-dimensional discrete Fourier Transform for real input."""
    a = asarray(a)
    s, axes = _extents(a, s, axes)
    a = rfft(a, s[-1], axes[-1], norm, out=out)
    for k in range(len(axes) - 2, -1, -1):
        a = fft(a, s[k], axes[k], norm, out=out)
    return a


def rfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """Compute the 2-dimensional FFT of a real array."""
    return rfftn(a, s, axes, norm, out=out)


def irfftn(a, s=None, axes=None, norm=None, out=None):
    """Computes the inverse of `rfftn`."""
    a = asarray(a)
    s, axes = _extents(a, s, axes, to_real=True)
    for k in range(len(axes) - 1):
        a = ifft(a, s[k], axes[k], norm)
    return irfft(a, s[-1], axes[-1], norm, out=out)


def irfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """Computes the inverse of `rfft2`."""
    return irfftn(a, s, axes, norm, out=None)


# ---- frequencies -----------------------------------------------------------------------------------------------------------

def _shifted(x, axes, sign):
    from numpy._core.numeric import roll
    x = asarray(x)
    if axes is None:
        axes = tuple(range(x.ndim))
        shift = [n // 2 if sign > 0 else -(n // 2) for n in x.shape]
    elif hasattr(axes, '__index__'):
        n = x.shape[axes]
        shift = n // 2 if sign > 0 else -(n // 2)
    else:
        shift = [x.shape[axis] // 2 if sign > 0 else -(x.shape[axis] // 2) for axis in axes]
    return roll(x, shift, axes)


def fftshift(x, axes=None):
    """Shift the zero-frequency component to the center of the spectrum."""
    return _shifted(x, axes, 1)


def ifftshift(x, axes=None):
    """The inverse of `fftshift`."""
    return _shifted(x, axes, -1)


def fftfreq(n, d=1.0, device=None):
    """Return the Discrete Fourier Transform sample frequencies."""
    if not isinstance(n, (int, np.integer)):
        raise ValueError('n should be an integer')
    values = np.empty(n, int)
    middle = (n - 1) // 2 + 1
    values[:middle] = np.arange(0, middle)
    values[middle:] = np.arange(-(n // 2), 0)
    return values * (1.0 / (n * d))


def rfftfreq(n, d=1.0, device=None):
    """Return the Discrete Fourier Transform sample frequencies (for usage with rfft, irfft)."""
    if not isinstance(n, (int, np.integer)):
        raise ValueError('n should be an integer')
    return np.arange(0, n // 2 + 1) * (1.0 / (n * d))
