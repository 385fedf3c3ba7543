"""What pickles of generators name."""

from numpy.random._generator import Generator
from numpy.random.bit_generator import _bit_generator
from numpy.random.mtrand import RandomState


def __bit_generator_ctor(bit_generator='MT19937'):
    return _bit_generator(bit_generator)()


def __generator_ctor(bit_generator_name='MT19937', bit_generator_ctor=__bit_generator_ctor):
    if isinstance(bit_generator_name, str) or isinstance(bit_generator_name, type):
        return Generator(bit_generator_ctor(bit_generator_name))
    return Generator(bit_generator_name)


def __randomstate_ctor(bit_generator_name='MT19937', bit_generator_ctor=__bit_generator_ctor):
    if isinstance(bit_generator_name, str) or isinstance(bit_generator_name, type):
        return RandomState(bit_generator_ctor(bit_generator_name))
    return RandomState(bit_generator_name)
