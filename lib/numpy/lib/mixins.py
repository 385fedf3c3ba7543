"""A mixin that gives all operators of arrays to who implements __array_ufunc__."""

import numpy as np


def _disables(other):
    return getattr(other, '__array_ufunc__', False) is None


def _binary(ufunc, name):
    def operator(self, other):
        return NotImplemented if _disables(other) else ufunc(self, other)
    operator.__name__ = f'__{name}__'
    return operator


def _reflected(ufunc, name):
    def operator(self, other):
        return NotImplemented if _disables(other) else ufunc(other, self)
    operator.__name__ = f'__r{name}__'
    return operator


def _in_place(ufunc, name):
    def operator(self, other):
        return ufunc(self, other, out=(self,))
    operator.__name__ = f'__i{name}__'
    return operator


def _unary(ufunc, name):
    def operator(self):
        return ufunc(self)
    operator.__name__ = f'__{name}__'
    return operator


class NDArrayOperatorsMixin:
    """Mixin defining all operator special methods using __array_ufunc__."""

    __slots__ = ()


def _fill():
    def give(operator):
        operator.__qualname__ = f'NDArrayOperatorsMixin.{operator.__name__}'
        setattr(NDArrayOperatorsMixin, operator.__name__, operator)

    for name, ufunc in (('lt', np.less), ('le', np.less_equal), ('eq', np.equal), ('ne', np.not_equal), ('gt', np.greater), ('ge', np.greater_equal)):
        give(_binary(ufunc, name))
    for name, ufunc in (('add', np.add), ('sub', np.subtract), ('mul', np.multiply), ('matmul', np.matmul), ('truediv', np.true_divide),
                        ('floordiv', np.floor_divide), ('mod', np.remainder), ('divmod', np.divmod), ('pow', np.power), ('lshift', np.left_shift),
                        ('rshift', np.right_shift), ('and', np.bitwise_and), ('xor', np.bitwise_xor), ('or', np.bitwise_or)):
        for make in (_binary, _reflected) if name == 'divmod' else (_binary, _reflected, _in_place):
            give(make(ufunc, name))
    for name, ufunc in (('neg', np.negative), ('pos', np.positive), ('abs', np.absolute), ('invert', np.invert)):
        give(_unary(ufunc, name))


_fill()
