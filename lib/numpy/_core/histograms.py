"""Histograms: bins given, counted, or chosen by a rule; in one dimension, two or many."""

import math
import operator

import _numpy as np
from _numpy import asarray
from numpy._core.numeric import linspace
from numpy._core.statistics import diff, ptp


# ---- bins chosen by a rule: each gives a width, 0 for none ---------------------------------------------------------------------

def _sqrt(x, range):
    return ptp(x) / math.sqrt(x.size)


def _sturges(x, range):
    return ptp(x) / (math.log2(x.size) + 1.0)


def _rice(x, range):
    return ptp(x) / (2.0 * x.size ** (1.0 / 3))


def _scott(x, range):
    return (24.0 * math.pi ** 0.5 / x.size) ** (1.0 / 3.0) * float(np.std(x))


def _stone(x, range):
    """The number of bins whose estimated loss by cross-validation is least."""
    n, extent = x.size, float(ptp(x))
    if n <= 1 or extent == 0:
        return 0

    def loss(bins):
        width = extent / bins
        share = histogram(x, bins=bins, range=range)[0] / n
        return (2 - (n + 1) * float(np.dot(share, share))) / width

    most = max(100, int(math.sqrt(n)))
    return extent / min(builtins_range(1, most + 1), key=loss)


def _doane(x, range):
    if x.size > 2:
        deviation = math.sqrt(6.0 * (x.size - 2) / ((x.size + 1.0) * (x.size + 3)))
        sigma = float(np.std(x))
        if sigma > 0.0:
            skew = float(np.mean(((x - np.mean(x)) / sigma) ** 3))
            return float(ptp(x)) / (1.0 + math.log2(x.size) + math.log2(1.0 + abs(skew) / deviation))
    return 0.0


def _fd(x, range):
    from numpy._core.statistics import percentile
    high, low = percentile(x, [75, 25])
    return 2.0 * float(high - low) * x.size ** (-1.0 / 3.0)


def _auto(x, range):
    fd, sturges = _fd(x, range), _sturges(x, range)
    root = _sqrt(x, range) / 2
    if fd:
        return min(max(fd, root), sturges)
    return sturges


builtins_range = range
_RULES = {'stone': _stone, 'auto': _auto, 'doane': _doane, 'fd': _fd, 'rice': _rice, 'scott': _scott, 'sqrt': _sqrt, 'sturges': _sturges}


# ---- edges ---------------------------------------------------------------------------------------------------------------------

def _outer_edges(a, range):
    if range is not None:
        low, high = range
        if low > high:
            raise ValueError('max must be larger than min in range parameter.')
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError(f'supplied range of [{low}, {high}] is not finite')
    elif a.size == 0:
        low, high = 0, 1
    else:
        low, high = a.min(), a.max()
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError(f'autodetected range of [{low}, {high}] is not finite')
    if low == high:
        low, high = low - 0.5, high + 0.5
    return low, high


def _bin_edges(a, bins, range, weights=None):
    """The edges, and (first, last, number) of bins of equal width."""
    if isinstance(bins, str):
        name = bins
        if name not in _RULES:
            raise ValueError(f'{name!r} is not a valid estimator for `bins`')
        if weights is not None:
            raise TypeError('Automated estimation of the number of bins is not supported for weighted data')
        low, high = _outer_edges(a, range)
        if range is not None:
            a = a[(a >= low) & (a <= high)]
        n = 1
        if a.size:
            width = _RULES[name](a, (low, high))
            if width:
                if a.dtype.kind in 'iu' and width < 1:
                    width = 1
                n = int(math.ceil((float(high) - float(low)) / float(width)))
    elif np.ndim(bins) == 1:
        edges = asarray(bins)
        if np.any(edges[:-1] > edges[1:]):
            raise ValueError('`bins` must increase monotonically, when an array')
        return edges, None
    elif np.ndim(bins) == 0:
        try:
            n = operator.index(bins)
        except TypeError as error:
            raise TypeError('`bins` must be an integer, a string, or an array') from error
        if n < 1:
            raise ValueError('`bins` must be positive, when an integer')
        low, high = _outer_edges(a, range)
    else:
        raise ValueError('`bins` must be 1d, when an array')
    kind = np.result_type(low, high, a)
    if kind.kind in 'iub':
        kind = np.result_type(kind, float)
    return linspace(low, high, n + 1, dtype=kind), (low, high, n)


def _values(a):
    a = asarray(a).ravel()
    if a.dtype.kind == 'b':
        import warnings
        warnings.warn(f'Converting input from {a.dtype} to {np.uint8} for compatibility.', RuntimeWarning, stacklevel=3)
        a = a.astype(np.uint8)
    return a


def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """Function to calculate only the edges of the bins used by the `histogram` function."""
    return _bin_edges(_values(a), bins, range, weights)[0]


def histogram(a, bins=10, range=None, density=None, weights=None):
    """Compute the histogram of a dataset."""
    a = _values(a)
    if weights is not None:
        weights = asarray(weights)
        weights = weights.ravel()
        if weights.shape != a.shape:
            raise ValueError('weights should have the same shape as a.')
    edges, uniform = _bin_edges(a, bins, range, weights)
    n = len(edges) - 1
    if uniform and weights is None and a.dtype == edges.dtype == np.float64:
        counts = np._histogram(np.ascontiguousarray(a), edges)
        return (counts / diff(edges) / counts.sum() if density else counts), edges
    if uniform:
        low, high, _ = uniform
        keep = (a >= low) & (a <= high)
        if not keep.all():
            a = a[keep]
            weights = weights[keep] if weights is not None else None
        place = ((a - low) / (high - low) * n).astype(np.int64)
        place[place == n] -= 1
        place[a < edges[place]] -= 1
        place[(a >= edges[place + 1]) & (place != n - 1)] += 1
    else:
        place = edges.searchsorted(a, 'right') - 1
        place[a == edges[-1]] = n - 1
        keep = (place >= 0) & (place < n)
        place, weights = place[keep], weights[keep] if weights is not None else None
    if weights is not None and weights.dtype.kind == 'c':
        counts = np.bincount(place, weights.real, minlength=n) + 1j * np.bincount(place, weights.imag, minlength=n)
    else:
        counts = np.bincount(place, weights, minlength=n)
    if weights is not None and weights.dtype.kind in 'iu':
        counts = counts.astype(weights.dtype)
    if density:
        return counts / diff(edges) / counts.sum(), edges
    return counts, edges


def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    """Compute the multidimensional histogram of some data."""
    if isinstance(sample, np.ndarray) and sample.ndim == 2:
        columns = sample
    else:
        from numpy._core.shape_base import atleast_2d
        columns = atleast_2d(sample).T
    dimensions = columns.shape[1]
    if weights is not None:
        weights = asarray(weights)
    if hasattr(bins, '__len__') and not isinstance(bins, str):
        if len(bins) != dimensions:
            raise ValueError('The dimension of bins must be equal to the dimension of the sample x.')
    else:
        bins = dimensions * [bins]
    if range is None:
        range = (None,) * dimensions
    elif len(range) != dimensions:
        raise ValueError('range argument must have one entry per dimension')
    edges, flat, keep = [], 0, True
    for i in builtins_range(dimensions):
        values = columns[:, i]
        if np.ndim(bins[i]) == 0:
            if bins[i] < 1:
                raise ValueError(f'`bins[{i}]` must be positive, when an integer')
            low, high = _outer_edges(values, range[i])
            try:
                n = operator.index(bins[i])
            except TypeError as error:
                raise TypeError(f'`bins[{i}]` must be an integer, when a scalar') from error
            edge = linspace(low, high, n + 1)
        elif np.ndim(bins[i]) == 1:
            edge = asarray(bins[i])
            if np.any(edge[:-1] > edge[1:]):
                raise ValueError(f'`bins[{i}]` must be monotonically increasing, when an array')
        else:
            raise ValueError(f'`bins[{i}]` must be a scalar or 1d array')
        place = edge.searchsorted(values, 'right') - 1
        place[values == edge[-1]] -= 1
        keep = (place >= 0) & (place < len(edge) - 1) & keep
        flat = flat * (len(edge) - 1) + place
        edges.append(edge)
    shape = tuple(len(edge) - 1 for edge in edges)
    counts = np.bincount(flat[keep], None if weights is None else weights[keep], minlength=math.prod(shape)).reshape(shape).astype(float)
    if density:
        total = counts.sum()
        for i, edge in enumerate(edges):
            counts = counts / diff(edge).reshape([-1 if k == i else 1 for k in builtins_range(dimensions)])
        counts /= total
    return counts, tuple(edges)


def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    """Compute the bi-dimensional histogram of two data samples."""
    if len(x) != len(y):
        raise ValueError('x and y must have the same length.')
    count = len(bins) if hasattr(bins, '__len__') else 1
    if count not in (1, 2):
        edges = asarray(bins)
        bins = [edges, edges]
    counts, edges = histogramdd([x, y], bins, range, density, weights)
    return counts, edges[0], edges[1]
