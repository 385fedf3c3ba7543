"""The `flags` attribute of arrays."""

_BITS = (('C_CONTIGUOUS', 0x1), ('F_CONTIGUOUS', 0x2), ('OWNDATA', 0x4), ('WRITEABLE', 0x400), ('ALIGNED', 0x100),
         ('WRITEBACKIFCOPY', 0x2000))
_SHORT = {'C': 'C_CONTIGUOUS', 'CONTIGUOUS': 'C_CONTIGUOUS', 'F': 'F_CONTIGUOUS', 'FORTRAN': 'F_CONTIGUOUS', 'O': 'OWNDATA',
          'W': 'WRITEABLE', 'A': 'ALIGNED', 'X': 'WRITEBACKIFCOPY'}
_bit = dict(_BITS)


class flagsobj:
    """Information about the memory layout of an array."""

    __slots__ = ('_array', '_flags')

    def __init__(self, array, flags):
        object.__setattr__(self, '_array', array)
        object.__setattr__(self, '_flags', flags)

    def __getitem__(self, name):
        c, f = self._flags & 1 != 0, self._flags & 2 != 0
        special = {'FNC': f and not c, 'FORC': f or c, 'BEHAVED': self._flags & 0x500 == 0x500, 'B': self._flags & 0x500 == 0x500,
                   'CARRAY': self._flags & 0x501 == 0x501, 'CA': self._flags & 0x501 == 0x501,
                   'FARRAY': self._flags & 0x502 == 0x502 and not c, 'FA': self._flags & 0x502 == 0x502 and not c}
        if name in special:
            return special[name]
        bit = _bit.get(_SHORT.get(name, name))
        if bit is None:
            raise KeyError('Unknown flag')
        return self._flags & bit != 0

    def __setitem__(self, name, value):
        if _SHORT.get(name, name) != 'WRITEABLE':
            raise KeyError('Unknown flag')
        self._array.setflags(write=value)
        object.__setattr__(self, '_flags', self._flags & ~0x400 | (0x400 if value else 0))

    def __getattr__(self, name):
        try:
            return self[name.upper()]
        except KeyError:
            raise AttributeError(f"'numpy._core.multiarray.flagsobj' object has no attribute {name!r}") from None

    def __setattr__(self, name, value):
        try:
            self[name.upper()] = value
        except KeyError:
            raise AttributeError(f"'numpy._core.multiarray.flagsobj' object has no attribute {name!r}") from None

    @property
    def num(self):
        return self._flags & 0xFFFF

    def __eq__(self, other):
        return isinstance(other, flagsobj) and self._flags == other._flags

    __hash__ = None

    def __repr__(self):
        return ''.join(f'  {name} : {self._flags & bit != 0}\n' for name, bit in _BITS)
