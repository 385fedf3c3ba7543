"""Random numbers: generators of bits, Generator with current algorithms, RandomState and functions with frozen streams."""

from numpy.random import bit_generator, mtrand
from numpy.random._generator import Generator, default_rng
from numpy.random.bit_generator import MT19937, PCG64, PCG64DXSM, SFC64, BitGenerator, Philox, SeedSequence
from numpy.random.mtrand import RandomState, get_bit_generator, ranf, sample, seed, set_bit_generator

globals().update(mtrand._shared())

__all__ = ['BitGenerator', 'Generator', 'MT19937', 'PCG64', 'PCG64DXSM', 'Philox', 'RandomState', 'SFC64', 'SeedSequence', 'default_rng', 'ranf',
           'sample', 'seed', *mtrand._shared()]
