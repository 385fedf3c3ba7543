"""memmap: arrays whose memory is a file."""

import operator
import os

import _numpy as np

_MODES = {'readonly': 'r', 'copyonwrite': 'c', 'readwrite': 'r+', 'write': 'w+'}
_VALID = ['r', 'c', 'r+', 'w+']


class memmap(np.ndarray):
    """Create a memory-map to an array stored in a *binary* file on disk."""

    __array_priority__ = -100.0

    def __new__(subtype, filename, dtype=np.uint8, mode='r+', offset=0, shape=None, order='C'):
        import mmap
        mode = _MODES.get(mode, mode)
        if mode not in _VALID:
            raise ValueError(f'mode must be one of {_VALID + list(_MODES)!r} (got {mode!r})')
        if mode == 'w+' and shape is None:
            raise ValueError("shape must be given if mode == 'w+'")
        opened = not hasattr(filename, 'read')
        file = open(os.fspath(filename), {'c': 'rb', 'r': 'rb', 'r+': 'r+b', 'w+': 'w+b'}[mode]) if opened else filename
        try:
            file.seek(0, 2)
            length = file.tell()
            dtype = np.dtype(dtype)
            if shape is None:
                rest = length - offset
                if rest % dtype.itemsize:
                    raise ValueError('Size of available data is not a multiple of the data-type size.')
                shape = (rest // dtype.itemsize,)
                size = shape[0]
            else:
                if not isinstance(shape, (tuple, list)):
                    try:
                        shape = [operator.index(shape)]
                    except TypeError:
                        pass
                shape = tuple(shape)
                size = 1
                for n in shape:
                    size *= n
            end = offset + size * dtype.itemsize
            if mode in ('w+', 'r+'):
                # A mapping of nothing is refused.
                end = max(end, 1)
                if length < end:
                    file.seek(end - 1, 0)
                    file.write(b'\0')
                    file.flush()
            access = {'c': mmap.ACCESS_COPY, 'r': mmap.ACCESS_READ}.get(mode, mmap.ACCESS_WRITE)
            start = offset - offset % mmap.ALLOCATIONGRANULARITY
            end -= start
            if end == 0 and start > 0:
                end += mmap.ALLOCATIONGRANULARITY
                start -= mmap.ALLOCATIONGRANULARITY
            mapping = mmap.mmap(file.fileno(), end, access=access, offset=start)
            self = np.ndarray(shape, dtype=dtype, buffer=mapping, offset=offset - start, order=order).view(subtype)
            self._mmap, self.offset, self.mode = mapping, offset, mode
            if isinstance(filename, os.PathLike):
                self.filename = filename.resolve()
            elif isinstance(getattr(file, 'name', None), str):
                self.filename = os.path.abspath(file.name)
            else:
                self.filename = None
        finally:
            if opened:
                file.close()
        return self

    def __array_finalize__(self, obj):
        if hasattr(obj, '_mmap') and np.may_share_memory(self, obj):
            self._mmap, self.filename, self.offset, self.mode = obj._mmap, obj.filename, obj.offset, obj.mode
        else:
            self._mmap = self.filename = self.offset = self.mode = None

    def flush(self):
        """Write any changes in the array to the file on disk."""
        if self._mmap is not None:
            self._mmap.flush()

    def __getitem__(self, index):
        found = super().__getitem__(index)
        if type(found) is memmap and found._mmap is None:
            return found.view(np.ndarray)
        return found


memmap.__module__ = 'numpy'
