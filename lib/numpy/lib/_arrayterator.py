"""Iteration over large arrays block by block."""

import math


class Arrayterator:
    """Buffered iterator for big arrays."""

    __module__ = 'numpy.lib'

    def __init__(self, var, buf_size=None):
        self.var, self.buf_size = var, buf_size
        self.start = [0] * var.ndim
        self.stop = list(var.shape)
        self.step = [1] * var.ndim

    def __getattr__(self, attr):
        return getattr(self.var, attr)

    def __getitem__(self, index):
        if not isinstance(index, tuple):
            index = (index,)
        full, length, dims = [], len(index), self.ndim
        for piece in index:
            if piece is Ellipsis:
                full.extend([slice(None)] * (dims - length + 1))
                length = len(index) + dims - length
            elif isinstance(piece, int):
                full.append(slice(piece, piece + 1, 1))
            else:
                full.append(piece)
        full += [slice(None)] * (dims - len(full))
        found = self.__class__(self.var, self.buf_size)
        for i, (start, stop, step, piece) in enumerate(zip(self.start, self.stop, self.step, full)):
            found.start[i] = start + (piece.start or 0)
            found.step[i] = step * (piece.step or 1)
            found.stop[i] = min(start + (piece.stop or stop - start), stop)
        return found

    def __array__(self, dtype=None, copy=None):
        return self.var[tuple(slice(*part) for part in zip(self.start, self.stop, self.step))]

    @property
    def flat(self):
        """A 1-D flat iterator for Arrayterator objects."""
        for block in self:
            yield from block.flat

    @property
    def shape(self):
        """The shape of the array to be iterated over."""
        return tuple((stop - start - 1) // step + 1 for start, stop, step in zip(self.start, self.stop, self.step))

    def __iter__(self):
        if 0 in self.shape:
            return
        start, stop, step = self.start[:], self.stop[:], self.step[:]
        ndim = self.var.ndim
        while True:
            count = self.buf_size or math.prod(self.shape)
            # From the last axis on as much as the buffer holds; the axis where it ends is the one that runs.
            running = 0
            for i in range(ndim - 1, -1, -1):
                if count == 0:
                    stop[i] = start[i] + 1
                elif count <= self.shape[i]:
                    stop[i] = start[i] + count * step[i]
                    running = i
                else:
                    stop[i] = self.stop[i]
                stop[i] = min(self.stop[i], stop[i])
                count //= self.shape[i]
            yield self.var[tuple(slice(*part) for part in zip(start, stop, step))]
            start[running] = stop[running]
            for i in range(ndim - 1, 0, -1):
                if start[i] >= self.stop[i]:
                    start[i] = self.start[i]
                    start[i - 1] += self.step[i - 1]
            if start[0] >= self.stop[0]:
                return
