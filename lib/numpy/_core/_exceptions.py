"""Exceptions of ufuncs and of memory."""

from _numpy import _UFuncTypeError as UFuncTypeError, AxisError  # noqa: F401


class _UFuncNoLoopError(UFuncTypeError):
    """Thrown when a ufunc loop cannot be found"""

    def __init__(self, ufunc, dtypes):
        super().__init__(ufunc)
        self.ufunc, self.dtypes = ufunc, tuple(dtypes)

    def __str__(self):
        n = self.ufunc.nin
        results = ', '.join(map(repr, self.dtypes[n:]))
        return (f'ufunc {self.ufunc.__name__!r} did not contain a loop with signature matching types '
                f'({", ".join(map(repr, self.dtypes[:n]))}) -> ({results if len(self.dtypes) - n == 1 else results})')


class _ArrayMemoryError(MemoryError):
    """Thrown when an array cannot be allocated"""

    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, dtype

    @property
    def _total_size(self):
        size = self.dtype.itemsize
        for n in self.shape:
            size *= n
        return size

    @staticmethod
    def _size_to_string(num_bytes):
        """A number of bytes with three digits and a binary unit."""
        power, units = 0, ('bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')
        if num_bytes > 0:
            power = min((num_bytes.bit_length() - 1) // 10, len(units) - 1)
        scaled = num_bytes / 1024 ** power
        if power and round(scaled) == 1024 and power + 1 < len(units):
            power, scaled = power + 1, scaled / 1024
        return f'{scaled:.0f} {units[power]}' if power == 0 else f'{scaled:#.3g} {units[power]}'

    def __str__(self):
        return f'Unable to allocate {self._size_to_string(self._total_size)} for an array with shape {self.shape} and data type {self.dtype}'
