"""The `flat` attribute: an array seen as one row of elements, whatever its strides."""

import operator

import _numpy


class flatiter:
    """Flat iterator object to iterate over arrays."""

    def __init__(self, array):
        self.base = array
        self._next = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self._next >= self.base.size:
            raise StopIteration
        value = self.base[self.coords]
        self._next += 1
        return value

    @property
    def index(self):
        return self._next

    @property
    def coords(self):
        return self._place(self._next)

    def _place(self, i):
        place = []
        for n in reversed(self.base.shape):
            i, rest = divmod(i, n)
            place.append(rest)
        return tuple(reversed(place))

    def __len__(self):
        return self.base.size

    def copy(self):
        return self.base.flatten()

    def __array__(self, dtype=None, copy=None):
        flat = self.base.reshape(-1)
        return flat if dtype is None else flat.astype(dtype)

    def _single(self, key):
        if isinstance(key, (slice, tuple, list, type(Ellipsis), _numpy.ndarray)):
            return None
        i, size = operator.index(key), self.base.size
        if not -size <= i < size:
            raise IndexError(f'index {i} is out of bounds for size {size}')
        return self._place(i % size)

    def __getitem__(self, key):
        place = self._single(key)
        if place is not None:
            return self.base[place]
        return self.base.flatten()[key]

    def __setitem__(self, key, value):
        place = self._single(key)
        if place is not None:
            self.base[place] = value
            return
        flat = self.base.reshape(-1)
        targets = _numpy.arange(flat.size)[key]
        if targets.ndim == 0:
            targets = targets.reshape(1)
        values = _numpy.asarray(value).reshape(-1)
        if values.size != targets.size:
            if values.size == 0:
                raise ValueError('Error setting single item of array.')
            repeats = -(-targets.size // values.size) if targets.size else 0
            values = _numpy.concatenate((values,) * repeats)[:targets.size] if repeats else values[:0]
        flat[targets] = values
        if not _numpy.may_share_memory(flat, self.base):
            self.base[...] = flat.reshape(self.base.shape)

    def __eq__(self, other):
        return self.__array__() == other

    def __ne__(self, other):
        return self.__array__() != other

    __hash__ = None
