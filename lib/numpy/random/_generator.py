"""Generator: draws by the current algorithms. Distributions are native; choosing and shuffling stand here."""

import math
import operator
import warnings

import _numpy as np
from _numpy_random import Draws
from numpy.random import _common
from numpy.random.bit_generator import BitGenerator, ISeedSequence, PCG64


class Generator(Draws):
    """Container for the BitGenerators."""

    _poisson_lam_max = 9.223372006484771e+18

    def __init__(self, bit_generator):
        if isinstance(bit_generator, type):
            raise ValueError('Invalid bit generator. The bit generator must be instantiated.')
        if not isinstance(bit_generator, BitGenerator):
            raise AttributeError(f"'{type(bit_generator).__name__}' object has no attribute 'capsule'")
        self._bit_generator = bit_generator

    @property
    def bit_generator(self):
        """Gets the bit generator instance used by the generator"""
        return self._bit_generator

    def __repr__(self):
        return f'{self} at 0x{id(self):X}'

    def __str__(self):
        return f'{type(self).__name__}({type(self._bit_generator).__name__})'

    def __getstate__(self):
        return None

    def __setstate__(self, bit_gen):
        if isinstance(bit_gen, dict):
            self._bit_generator.state = bit_gen

    def __reduce__(self):
        from numpy.random._pickle import __generator_ctor
        return __generator_ctor, (self._bit_generator,), None

    def spawn(self, n_children):
        """Create new independent child generators."""
        return [type(self)(bits) for bits in self._bit_generator.spawn(n_children)]

    def _integers_of_arrays(self, low, high, size, dtype, closed):
        return _common.integers_of_arrays(self, low, high, size, dtype, closed)

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
        """Generates a random sample from a given array"""
        a_original = a
        a = np.asarray(a)
        if a.ndim == 0:
            try:
                pop_size = operator.index(a.item())
            except TypeError as error:
                raise ValueError('a must be a sequence or an integer, '
                                 f'not {type(a_original)}') from error
            if pop_size <= 0 and (size is None or _common.total(size) != 0):
                raise ValueError('a must be a positive integer unless no samples are taken')
        else:
            pop_size = a.shape[axis]
            if pop_size == 0 and (size is None or _common.total(size) != 0):
                raise ValueError('a cannot be empty unless no samples are taken')
        if p is not None:
            p = _common.checked_probabilities(p, pop_size, True)
        is_scalar = size is None
        shape = () if is_scalar else _common.with_size(size)
        count = math.prod(shape)
        if replace:
            if p is not None:
                index = _common.distribution_function(p).searchsorted(self.random(None if is_scalar else shape), side='right')
            else:
                index = self.integers(0, pop_size, size=None if is_scalar else shape, dtype=np.int64)
        else:
            if count > pop_size:
                raise ValueError('Cannot take a larger sample than population when replace is False')
            if count < 0:
                raise ValueError('negative dimensions are not allowed')
            if p is not None:
                index = _common.chosen_without_repeats(p, shape, count, self.random)
            elif pop_size > 10000 and count > pop_size // (50 if shuffle else 20):
                index = np.arange(pop_size)
                self._shuffle_tail(index, max(pop_size - count, 1))
                index = index[pop_size - count:].copy().reshape(shape)
            else:
                index = self._sample(pop_size, count, shuffle).reshape(shape)
        return _common.picked(a, index, is_scalar, axis)

    def _sample(self, pop_size, count, shuffle):
        """Floyd's algorithm: numbers below pop_size, all different."""
        tops = np.arange(pop_size - count, pop_size, dtype=np.uint64)
        seen, order = set(), []
        for top, drawn in zip(range(pop_size - count, pop_size), self._bounded(np.zeros(count, np.uint64), tops, np.dtype(np.int64)).tolist()):
            if drawn in seen:
                drawn = top
            seen.add(drawn)
            order.append(drawn)
        index = np.array(order, np.int64)
        if shuffle:
            self._shuffle_tail(index, 1)
        return index

    def shuffle(self, x, axis=0):
        """Modify an array or sequence in-place by shuffling its contents."""
        _common.shuffle(self, x, axis)

    def permutation(self, x, axis=0):
        """Randomly permute a sequence, or return a permuted range."""
        return _common.permutation(self, x, axis)

    def permuted(self, x, axis=None, out=None):
        """Randomly permute `x` along axis `axis`."""
        x = np.asarray(x)
        if out is not None and (not isinstance(out, np.ndarray) or out.shape != x.shape):
            if not isinstance(out, np.ndarray):
                raise TypeError('out must be a numpy array')
            raise ValueError('out must have the same shape as x')
        if axis is None:
            rows = x.ravel() if x.ndim else x.reshape(1)
            rows = np.array(rows, copy=True)
            self._shuffle_rows(rows)
            result = rows.reshape(x.shape)
        else:
            if not -x.ndim <= operator.index(axis) < x.ndim:
                from numpy.exceptions import AxisError
                raise AxisError(f'axis {axis} is out of bounds for array of dimension {x.ndim}')
            from numpy import moveaxis
            rows = np.array(moveaxis(x, axis, -1), order='C', copy=True)
            if rows.size:
                self._shuffle_rows(rows)
            result = moveaxis(rows, -1, axis)
        if out is None:
            return np.array(result, order='C')
        out[...] = result
        return out

    def multinomial(self, n, pvals, size=None):
        """Draw samples from a multinomial distribution."""
        n, given = np.asarray(n), np.asarray(pvals)
        pvals = given.astype(np.float64, copy=False)
        if pvals.ndim < 1:
            raise ValueError('pvals must have at least 1 dimension and the last dimension of pvals must be greater than 0.')
        if n.size and np.any(n < 0):
            raise ValueError('n < 0')
        if pvals.size and (np.any(pvals < 0) or np.any(pvals > 1) or np.any(np.isnan(pvals))):
            raise ValueError('pvals < 0, pvals > 1 or pvals contains NaNs')
        sums = np.asarray(pvals[..., :-1].sum(axis=-1))
        if sums.size and np.any(sums > 1.0 + 1e-12):
            raise ValueError(_common.too_probable(given))
        from numpy import broadcast_shapes
        stack = broadcast_shapes(n.shape, pvals.shape[:-1])
        if size is not None:
            shape = _common.with_size(size)
            if broadcast_shapes(shape, stack) != shape:
                raise ValueError(f'Output size {shape} is not compatible with broadcast dimensions of inputs {stack}.')
            stack = shape
        classes = pvals.shape[-1]
        result = np.zeros(stack + (classes,), np.int64)
        counts = np.ascontiguousarray(np.broadcast_to(n.astype(np.int64), stack)) if n.ndim else n.astype(np.int64).reshape(1)
        rows = np.ascontiguousarray(np.broadcast_to(pvals, stack + (classes,)) if pvals.ndim > 1 else pvals)
        self._multinomial(counts, rows, result)
        return result

    def multivariate_hypergeometric(self, colors, nsample, size=None, method='marginals'):
        """Generate variates from a multivariate hypergeometric distribution."""
        if method not in ('count', 'marginals'):
            raise ValueError("method must be 'count' or 'marginals'.")
        nsample = operator.index(nsample)
        if nsample < 0:
            raise ValueError('nsample must be nonnegative.')
        invalid = ValueError('colors must be a one-dimensional sequence of nonnegative integers not exceeding 9223372036854775807.')
        colors = np.asarray(colors)
        if colors.ndim != 1 or (colors.size and colors.dtype.kind not in 'iu') or (colors.size and np.any(colors < 0)):
            raise invalid
        colors = np.ascontiguousarray(colors.astype(np.int64))
        population = sum(colors.tolist())
        if method == 'marginals' and population >= 1000000000:
            raise ValueError("When method is 'marginals', sum(colors) must be less than 1000000000.")
        if method == 'count' and population > (2 ** 63 - 1) // 8:
            raise ValueError(f"When method is 'count', sum(colors) must not exceed {(2 ** 63 - 1) // 8}")
        if nsample > population:
            raise ValueError('nsample > sum(colors)')
        result = np.zeros(_common.with_size(size, colors.size), np.int64)
        if nsample and colors.size:
            self._hypergeometrics(colors, nsample, result, method == 'count')
        return result

    def dirichlet(self, alpha, size=None):
        """Draw samples from the Dirichlet distribution."""
        alpha = np.ascontiguousarray(np.asarray(alpha, dtype=np.float64))
        if alpha.ndim != 1:
            raise ValueError('object too deep for desired array' if alpha.ndim else 'object of too small depth for desired array')
        if alpha.size and np.any(alpha < 0):
            raise ValueError('alpha < 0')
        result = np.zeros(_common.with_size(size, alpha.size), np.float64)
        if alpha.size:
            self._dirichlet(alpha, result)
        return result

    def multivariate_normal(self, mean, cov, size=None, check_valid='warn', tol=1e-8, *, method='svd'):
        """Draw random samples from a multivariate normal distribution."""
        if method not in ('eigh', 'svd', 'cholesky'):
            raise ValueError("method must be one of {'eigh', 'svd', 'cholesky'}")
        mean, cov = np.array(mean), np.array(cov)
        if mean.dtype.kind == 'c' or cov.dtype.kind == 'c':
            raise TypeError('mean and cov must not be complex')
        if mean.ndim != 1:
            raise ValueError('mean must be 1 dimensional')
        if cov.ndim != 2 or cov.shape[0] != cov.shape[1]:
            raise ValueError('cov must be 2 dimensional and square')
        if mean.shape[0] != cov.shape[0]:
            raise ValueError('mean and cov must have same length')
        x = self.standard_normal(_common.with_size(size, mean.shape[0]))
        cov = cov.astype(np.float64)
        from numpy.linalg import cholesky, eigh, svd
        if method == 'svd':
            u, s, vh = svd(cov)
        elif method == 'eigh':
            s, u = eigh(cov)
        else:
            factor = cholesky(cov)
        if check_valid != 'ignore' and method != 'cholesky':
            if check_valid not in ('warn', 'raise'):
                raise ValueError("check_valid must equal 'warn', 'raise', or 'ignore'")
            from numpy import allclose
            psd = allclose(np.dot(vh.T * s, vh), cov, rtol=tol, atol=tol) if method == 'svd' else not np.any(s < -tol)
            if not psd:
                if check_valid == 'raise':
                    raise ValueError('covariance is not symmetric positive-semidefinite.')
                warnings.warn('covariance is not symmetric positive-semidefinite.', RuntimeWarning, stacklevel=2)
        if method == 'eigh':
            factor = u * np.sqrt(abs(s))
        elif method == 'svd':
            factor = u * np.sqrt(s)
        return mean + np.dot(x, factor.T)


def default_rng(seed=None):
    """Construct a new Generator with the default BitGenerator (PCG64)."""
    if isinstance(seed, Generator):
        return seed
    if isinstance(seed, BitGenerator):
        return Generator(seed)
    from numpy.random.mtrand import RandomState
    if isinstance(seed, RandomState):
        return Generator(seed._bit_generator)
    return Generator(PCG64(seed))
