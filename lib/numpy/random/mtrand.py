"""RandomState, whose streams are frozen, and the functions of the one that all share."""

import math
import operator
import warnings

import _numpy as np
from _numpy_random import LegacyDraws
from numpy.random import _common
from numpy.random.bit_generator import BitGenerator, MT19937


class RandomState(LegacyDraws):
    """Container for the slow Mersenne Twister pseudo-random number generator."""

    _poisson_lam_max = 9.223372006484771e+18

    def __init__(self, seed=None):
        if seed is None:
            bits = MT19937()
        elif isinstance(seed, BitGenerator):
            bits = seed
        elif isinstance(seed, type):
            raise ValueError('Invalid bit generator. The bit generator must be instantized.')
        else:
            bits = MT19937(0)
            bits._legacy_seeding(seed)
        self._adopt(bits)

    def _adopt(self, bits):
        self._bit_generator = bits
        self._set_source(bits)

    def __repr__(self):
        return f'{self} at 0x{id(self):X}'

    def __str__(self):
        return f'{type(self).__name__}({type(self._bit_generator).__name__})'

    def __getstate__(self):
        return self.get_state(legacy=False)

    def __setstate__(self, state):
        self.set_state(state)

    def __reduce__(self):
        from numpy.random._pickle import __randomstate_ctor
        return __randomstate_ctor, (self._bit_generator,), self.get_state(legacy=False)

    def seed(self, seed=None):
        """Reseed a legacy MT19937 BitGenerator"""
        if not isinstance(self._bit_generator, MT19937):
            raise TypeError('can only re-seed a MT19937 BitGenerator')
        self._bit_generator._legacy_seeding(seed)
        self._bit_generator._forget_normal()

    def get_state(self, legacy=True):
        """Return a tuple representing the internal state of the generator."""
        state = self._bit_generator.state
        if not isinstance(self._bit_generator, MT19937) and legacy:
            warnings.warn('get_state and legacy can only be used with the MT19937 BitGenerator. To silence this warning, set `legacy` to False.',
                          RuntimeWarning, stacklevel=2)
            legacy = False
        *_, has_normal, normal = self._bit_generator._get()
        if legacy:
            return state['bit_generator'], state['state']['key'], state['state']['pos'], has_normal, normal
        state['has_gauss'], state['gauss'] = has_normal, normal
        return state

    def set_state(self, state):
        """Set the internal state of the generator from a tuple."""
        bits = self._bit_generator
        if isinstance(state, dict):
            if 'bit_generator' not in state or 'state' not in state:
                raise ValueError('state dictionary is not valid.')
            full = state
        else:
            if not isinstance(state, (tuple, list)):
                raise TypeError('state must be a dict or a tuple.')
            if state[0] != 'MT19937':
                raise ValueError('set_state can only be used with legacy MT19937 state instances.')
            full = {'bit_generator': state[0], 'state': {'key': state[1], 'pos': state[2]}}
            if len(state) > 3:
                full['has_gauss'], full['gauss'] = state[3], state[4]
        bits.state = full
        content, has_half, half, _, _ = bits._get()
        bits._set(bits._kind, content, has_half, half, int(full.get('has_gauss', 0)), float(full.get('gauss', 0.0)))

    def _integers_of_arrays(self, low, high, size, dtype, closed):
        return _common.integers_of_arrays(self, low, high, size, dtype, closed)

    def tomaxint(self, size=None):
        """Return a sample of uniformly distributed random integers in the interval [0, ``np.iinfo("long").max``]."""
        drawn = self.randint(0, 2 ** 64, size=size, dtype=np.uint64)
        return int(drawn) >> 1 if size is None else (drawn >> 1).astype(np.int64)

    def rand(self, *args):
        """Random values in a given shape."""
        return self.random_sample(size=args) if args else self.random_sample()

    def randn(self, *args):
        """Return a sample (or samples) from the "standard normal" distribution."""
        return self.standard_normal(size=args) if args else self.standard_normal()

    def random_integers(self, low, high=None, size=None):
        """Random integers of type `numpy.int_` between `low` and `high`, inclusive."""
        if high is None:
            warnings.warn('This function is deprecated. Please call randint(1, {low} + 1) instead'.format(low=low), DeprecationWarning, stacklevel=2)
            low, high = 1, low
        else:
            warnings.warn(f'This function is deprecated. Please call randint({low}, {high} + 1) instead', DeprecationWarning, stacklevel=2)
        return self.randint(low, int(high) + 1, size=size, dtype='l')

    def choice(self, a, size=None, replace=True, p=None):
        """Generates a random sample from a given 1-D array"""
        a = np.asarray(a)
        if a.ndim == 0:
            try:
                pop_size = operator.index(a.item())
            except TypeError as error:
                raise ValueError('a must be 1-dimensional or an integer') from error
            if pop_size <= 0 and (size is None or _common.total(size) != 0):
                raise ValueError('a must be greater than 0 unless no samples are taken')
        elif a.ndim != 1:
            raise ValueError("a must be 1-dimensional")
        else:
            pop_size = a.shape[0]
            if pop_size == 0 and (size is None or _common.total(size) != 0):
                raise ValueError("'a' cannot be empty unless no samples are taken")
        if p is not None:
            p = _common.checked_probabilities(p, pop_size, False)
        is_scalar = size is None
        shape = () if is_scalar else _common.with_size(size)
        count = math.prod(shape)
        if replace:
            if p is not None:
                index = np.asarray(_common.distribution_function(p).searchsorted(self.random_sample(None if is_scalar else shape), side='right'))
            else:
                index = self.randint(0, pop_size, size=None if is_scalar else shape)
        else:
            if count > pop_size:
                raise ValueError("Cannot take a larger sample than population when 'replace=False'")
            if any(k < 0 for k in shape):
                raise ValueError('negative dimensions are not allowed')
            if p is not None:
                index = _common.chosen_without_repeats(p, shape, count, self.rand)
            else:
                index = self.permutation(pop_size)[:count].reshape(shape)
        return _common.picked(a, index, is_scalar)

    def shuffle(self, x):
        """Modify a sequence in-place by shuffling its contents."""
        _common.shuffle(self, x, 0)

    def permutation(self, x):
        """Randomly permute a sequence, or return a permuted range."""
        return _common.permutation(self, x, 0)

    def multinomial(self, n, pvals, size=None):
        """Draw samples from a multinomial distribution."""
        given = np.asarray(pvals)
        pvals = np.ascontiguousarray(given.astype(np.float64, copy=False))
        if given.ndim != 1:
            raise TypeError('pvals must be a 1-d sequence')
        n = int(n)
        if n < 0:
            raise ValueError('n < 0')
        if pvals.size and (np.any(pvals < 0) or np.any(pvals > 1) or np.any(np.isnan(pvals))):
            raise ValueError('pvals < 0, pvals > 1 or pvals contains NaNs')
        if pvals.size and math.fsum(pvals[:-1].tolist()) > 1.0 + 1e-12:
            raise ValueError(_common.too_probable(given))
        result = np.zeros(_common.with_size(size, pvals.size), np.int64)
        self._multinomial(np.array([n], np.int64), pvals, result)
        return result

    def dirichlet(self, alpha, size=None):
        """Draw samples from the Dirichlet distribution."""
        alpha = np.ascontiguousarray(np.asarray(alpha, dtype=np.float64))
        if alpha.ndim != 1:
            raise ValueError('object too deep for desired array' if alpha.ndim else 'object of too small depth for desired array')
        if np.any(alpha <= 0):
            raise ValueError('alpha <= 0')
        result = np.zeros(_common.with_size(size, alpha.size), np.float64)
        if alpha.size:
            self._dirichlet(alpha, result)
        return result

    def multivariate_normal(self, mean, cov, size=None, check_valid='warn', tol=1e-8):
        """Draw random samples from a multivariate normal distribution."""
        mean, cov = np.array(mean), np.array(cov)
        if mean.ndim != 1:
            raise ValueError('mean must be 1 dimensional')
        if cov.ndim != 2 or cov.shape[0] != cov.shape[1]:
            raise ValueError('cov must be 2 dimensional and square')
        if mean.shape[0] != cov.shape[0]:
            raise ValueError('mean and cov must have same length')
        shape = _common.with_size(size, mean.shape[0])
        x = self.standard_normal(shape).reshape(-1, mean.shape[0])
        cov = cov.astype(np.float64)
        from numpy import allclose
        from numpy.linalg import svd
        u, s, v = svd(cov)
        if check_valid != 'ignore':
            if check_valid not in ('warn', 'raise'):
                raise ValueError("check_valid must equal 'warn', 'raise', or 'ignore'")
            if not allclose(np.dot(v.T * s, v), cov, rtol=tol, atol=tol):
                if check_valid == 'raise':
                    raise ValueError('covariance is not symmetric positive-semidefinite.')
                warnings.warn('covariance is not symmetric positive-semidefinite.', RuntimeWarning, stacklevel=2)
        x = np.dot(x, np.sqrt(s)[:, None] * v)
        x += mean
        return x.reshape(shape)


_rand = RandomState()


def _shared():
    """The functions of the shared state, by name."""
    names = ('beta binomial bytes chisquare choice dirichlet exponential f gamma geometric get_state gumbel hypergeometric laplace logistic '
             'lognormal logseries multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal pareto '
             'permutation poisson power rand randint randn random random_integers random_sample rayleigh set_state shuffle '
             'standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular uniform vonmises wald weibull zipf')
    return {name: getattr(_rand, name) for name in names.split()}


globals().update(_shared())
sample = ranf = _rand.random_sample


def seed(seed=None):
    """Reseed the singleton RandomState instance."""
    if isinstance(_rand._bit_generator, MT19937):
        return _rand.seed(seed)
    _rand._bit_generator.state = type(_rand._bit_generator)(seed).state


def get_bit_generator():
    """Returns the singleton RandomState's bit generator"""
    return _rand._bit_generator


def set_bit_generator(bitgen):
    """Sets the singleton RandomState's bit generator"""
    _rand._adopt(bitgen)
