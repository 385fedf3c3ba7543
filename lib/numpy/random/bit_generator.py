"""Seed sequences and bit generators; the draws themselves are native (`_numpy_random`)."""

import abc
import threading

import _numpy as np
from _numpy_random import Bits, generate_words, mix_entropy

__all__ = ['SeedSequence', 'BitGenerator']


def _words(value):
    """An int, a text or a nest of them as 32-bit words, lowest first, in bytes."""
    if isinstance(value, str):
        if not value.startswith('0x') and not value.isdecimal():
            raise ValueError('unrecognized seed string')
        value = int(value, 0)
    if isinstance(value, np.ndarray) and value.dtype == np.uint32:
        return value.tobytes()
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in 'biu':
            raise TypeError('seed must be integer')
        return b''.join(map(_words, value.ravel().tolist()))
    if hasattr(value, '__index__'):
        value = value.__index__()
        if value < 0:
            raise ValueError('expected non-negative integer')
        return value.to_bytes(4 * max(1, (value.bit_length() + 31) // 32), 'little')
    if isinstance(value, (float, np.inexact)):
        raise TypeError('seed must be integer')
    if hasattr(value, '__len__'):
        return b''.join(map(_words, value))
    raise TypeError(f'SeedSequence expects int or sequence of ints for entropy not {value}')


class ISeedSequence(abc.ABC):
    """Abstract base of seed sequences."""

    @abc.abstractmethod
    def generate_state(self, n_words, dtype=np.uint32):
        raise NotImplementedError


class ISpawnableSeedSequence(ISeedSequence):
    """Abstract base of seed sequences that can spawn."""

    @abc.abstractmethod
    def spawn(self, n_children):
        raise NotImplementedError


class SeedlessSeedSequence(ISpawnableSeedSequence):
    """A seed sequence that keeps no seed."""

    def generate_state(self, n_words, dtype=np.uint32):
        raise NotImplementedError('seedless SeedSequences cannot generate state')

    def spawn(self, n_children):
        return [self] * n_children


class SeedSequence(ISpawnableSeedSequence):
    """Mixes sources of entropy in a reproducible way to set the initial state for independent bit generators."""

    def __init__(self, entropy=None, *, spawn_key=(), pool_size=4, n_children_spawned=0):
        if pool_size < 4:
            raise ValueError(f'The size of the entropy pool should be at least 4, got {pool_size}')
        if entropy is None:
            import secrets
            entropy = secrets.randbits(pool_size * 32)
        elif not isinstance(entropy, (int, np.integer, list, tuple, range, np.ndarray)):
            raise TypeError(f'SeedSequence expects int or sequence of ints for entropy not {entropy}')
        self.entropy = entropy
        self.spawn_key = tuple(spawn_key)
        self.pool_size = pool_size
        self.n_children_spawned = n_children_spawned
        words, key = _words(entropy), _words(self.spawn_key)
        if key:
            # So that a key cannot be taken for entropy.
            words = words.ljust(4 * pool_size, b'\0')
        self.pool = mix_entropy(words + key, pool_size)

    @property
    def state(self):
        return {k: getattr(self, k) for k in ('entropy', 'spawn_key', 'pool_size', 'n_children_spawned') if getattr(self, k) is not None}

    def __repr__(self):
        lines = [f'{type(self).__name__}(', f'    entropy={self.entropy!r},']
        if self.spawn_key:
            lines.append(f'    spawn_key={self.spawn_key!r},')
        if self.pool_size != 4:
            lines.append(f'    pool_size={self.pool_size!r},')
        if self.n_children_spawned != 0:
            lines.append(f'    n_children_spawned={self.n_children_spawned!r},')
        lines.append(')')
        return '\n'.join(lines)

    def generate_state(self, n_words, dtype=np.uint32):
        """Return the requested number of words for PRNG seeding."""
        dtype = np.dtype(dtype)
        if dtype == np.uint32:
            return generate_words(self.pool, n_words)
        if dtype == np.uint64:
            return generate_words(self.pool, 2 * n_words).view(np.uint64).copy()
        raise ValueError('only support uint32 or uint64')

    def spawn(self, n_children):
        """Spawn a number of child `SeedSequence` s by extending the `spawn_key`."""
        first = self.n_children_spawned
        children = [type(self)(self.entropy, spawn_key=self.spawn_key + (i,), pool_size=self.pool_size) for i in range(first, first + n_children)]
        self.n_children_spawned += n_children
        return children


_SEED_WORDS = (4, 4, 312, 2, 3)


def _bit_generator(name):
    """A bit generator by the name of its class, as pickles have it."""
    if isinstance(name, type):
        return name
    if name in KINDS:
        return KINDS[name]
    raise ValueError(f'{name} is not a known BitGenerator module.')


class BitGenerator(Bits):
    """Base Class for generic BitGenerators, which provide a stream of random bits based on different algorithms. Must be overridden."""

    _kind = None

    def __init__(self, seed=None):
        if self._kind is None:
            raise NotImplementedError('BitGenerator is a base class and cannot be instantized')
        self.lock = threading.RLock()
        if not isinstance(seed, ISeedSequence):
            seed = SeedSequence(seed)
        self._seed_seq = seed
        self._seed(self._kind, seed.generate_state(_SEED_WORDS[self._kind], np.uint64).tobytes())

    @property
    def seed_seq(self):
        """Get the seed sequence used to initialize the bit generator."""
        return self._seed_seq

    @property
    def state(self):
        """Get or set the PRNG state"""
        content, has_half, half, _, _ = self._get()
        return {'bit_generator': type(self).__name__, **self._fields(content), **({} if self._kind == 2 else {'has_uint32': has_half, 'uinteger': half})}

    @state.setter
    def state(self, value):
        if isinstance(value, tuple) and self._kind == 2:
            if value[0] != 'MT19937' or len(value) not in (3, 5):
                raise ValueError('state is not a legacy MT19937 state')
            value = {'bit_generator': value[0], 'state': {'key': value[1], 'pos': value[2]}}
        if not isinstance(value, dict):
            raise TypeError('state must be a dict')
        name = type(self).__name__
        if value.get('bit_generator', '') != name:
            raise ValueError(f'state must be for a {name} RNG')
        self._set(self._kind, self._content(value), value.get('has_uint32', 0), value.get('uinteger', 0), 0, 0.0)

    def spawn(self, n_children):
        """Create new independent child bit generators."""
        if not isinstance(self._seed_seq, ISpawnableSeedSequence):
            raise TypeError('The underlying SeedSequence does not implement spawning.')
        return [type(self)(seed) for seed in self._seed_seq.spawn(n_children)]

    def __getstate__(self):
        return self.state, self._seed_seq

    def __setstate__(self, state_seed_seq):
        if isinstance(state_seed_seq, dict):
            self.state = state_seed_seq
        else:
            self._seed_seq = state_seed_seq[1]
            self.state = state_seed_seq[0]

    def __reduce__(self):
        from numpy.random._pickle import __bit_generator_ctor
        return __bit_generator_ctor, (type(self),), (self.state, self._seed_seq)

    @property
    def ctypes(self):
        raise NotImplementedError("a bit generator's C functions are not offered")

    cffi = capsule = ctypes

    def _copy(self):
        made = type(self)(0)
        made._seed_seq = self._seed_seq
        made.state = self.state
        return made


def _steps(n, bits):
    return (int(n) % (1 << bits)).to_bytes(32, 'little')


class PCG64(BitGenerator):
    """BitGenerator for the PCG-64 pseudo-random number generator."""

    _kind = 0

    @staticmethod
    def _fields(content):
        return {'state': {'state': int.from_bytes(content[:16], 'little'), 'inc': int.from_bytes(content[16:], 'little')}}

    @staticmethod
    def _content(value):
        state = value['state']
        return state['state'].to_bytes(16, 'little') + state['inc'].to_bytes(16, 'little')

    def advance(self, delta):
        """Advance the underlying RNG as-if delta draws have occurred."""
        self._advance(_steps(delta, 128))
        return self

    def jumped(self, jumps=1):
        """Returns a new bit generator with the state jumped."""
        return self._copy().advance(0x9E3779B97F4A7C15F39CC0605CEDC835 * int(jumps))


class PCG64DXSM(PCG64):
    """BitGenerator for the PCG-64 DXSM pseudo-random number generator."""

    _kind = 1


class MT19937(BitGenerator):
    """Container for the Mersenne Twister pseudo-random number generator."""

    _kind = 2

    @staticmethod
    def _fields(content):
        return {'state': {'key': np.frombuffer(content[:2496], np.uint32).copy(), 'pos': int.from_bytes(content[2496:], 'little')}}

    @staticmethod
    def _content(value):
        key = np.asarray(value['state']['key'])
        if key.shape != (624,):
            raise ValueError('state must contain 624 words')
        return key.astype(np.uint32).tobytes() + int(value['state']['pos']).to_bytes(4, 'little')

    def _legacy_seeding(self, seed):
        if seed is None:
            self._seed(2, SeedSequence().generate_state(312, np.uint64).tobytes())
            return
        try:
            word = (seed.squeeze() if hasattr(seed, 'squeeze') else seed).__index__()
        except (TypeError, AttributeError):
            words = np.asarray(seed)
            if words.size == 0:
                raise ValueError('Seed must be non-empty') from None
            words = words.astype(np.int64, casting='safe')
            if words.ndim != 1:
                raise ValueError('Seed array must be 1-d') from None
            if np.any(words > 0xFFFFFFFF) or np.any(words < 0):
                raise ValueError('Seed must be between 0 and 2**32 - 1') from None
            self._seed_legacy(words.astype(np.uint32).tobytes())
            return
        if not 0 <= word <= 0xFFFFFFFF:
            raise ValueError('Seed must be between 0 and 2**32 - 1')
        self._seed_legacy(word)

    def jumped(self, jumps=1):
        """Returns a new bit generator with the state jumped."""
        made = self._copy()
        for _ in range(jumps):
            made._jump()
        return made


class Philox(BitGenerator):
    """Container for the Philox (4x64) pseudo-random number generator."""

    _kind = 3

    def __init__(self, seed=None, counter=None, key=None):
        if seed is not None and key is not None:
            raise ValueError('seed and key cannot be both used')
        super().__init__(seed if key is None else 0)
        if key is not None:
            self._seed_seq = None
        if counter is not None or key is not None:
            content = self._get()[0]
            words = _array_words(counter, 'counter', 4) if counter is not None else bytes(32)
            keys = _array_words(key, 'key', 2) if key is not None else content[32:48]
            self._set(3, words + keys + content[48:], 0, 0, 0, 0.0)

    @staticmethod
    def _fields(content):
        words = np.frombuffer(content, np.uint64)
        return {'state': {'counter': words[:4].copy(), 'key': words[4:6].copy()}, 'buffer': words[6:10].copy(),
                'buffer_pos': int.from_bytes(content[80:84], 'little')}

    @staticmethod
    def _content(value):
        parts = value['state']['counter'], value['state']['key'], value['buffer']
        return b''.join(np.asarray(part).astype(np.uint64).tobytes() for part in parts) + int(value['buffer_pos']).to_bytes(8, 'little')

    def advance(self, delta):
        """Advance the underlying RNG as-if delta draws have occurred."""
        self._advance(_steps(delta, 256))
        return self

    def jumped(self, jumps=1):
        """Returns a new bit generator with the state jumped."""
        return self._copy().advance(int(jumps) << 128)


def _array_words(value, name, n):
    if isinstance(value, (int, np.integer)):
        value = int(value)
        if value < 0:
            raise ValueError(f'{name} must be positive')
        if value >> (64 * n):
            raise ValueError(f'{name} must be less than 2**{64 * n}')
        return value.to_bytes(8 * n, 'little')
    value = np.asarray(value)
    if value.shape != (n,):
        raise ValueError(f'{name} must have {n} elements when using array form')
    return value.astype(np.uint64).tobytes()


class SFC64(BitGenerator):
    """BitGenerator for Chris Doty-Humphrey's Small Fast Chaotic PRNG."""

    _kind = 4

    @staticmethod
    def _fields(content):
        return {'state': {'state': np.frombuffer(content, np.uint64).copy()}}

    @staticmethod
    def _content(value):
        return np.asarray(value['state']['state']).astype(np.uint64).tobytes()


KINDS = {kind.__name__: kind for kind in (PCG64, PCG64DXSM, MT19937, Philox, SFC64)}
