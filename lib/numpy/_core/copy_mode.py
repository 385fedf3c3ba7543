"""Whether to copy, as a value of its own."""

import enum


class _CopyMode(enum.Enum):
    """An enumeration for the copy modes supported by numpy.copy() and numpy.array()."""

    ALWAYS = True
    NEVER = False
    IF_NEEDED = 2

    @property
    def _copy(self):
        """What the functions of arrays go by: -1 for "if needed"."""
        return -1 if self is _CopyMode.IF_NEEDED else int(self.value)

    def __bool__(self):
        if self is _CopyMode.IF_NEEDED:
            raise ValueError(f'{self} is neither True nor False.')
        return self.value


_CopyMode.__module__ = 'numpy'
