"""Version strings of numpy, compared."""

import functools
import re


@functools.total_ordering
class NumpyVersion:
    """Parse and compare numpy version strings."""

    __module__ = 'numpy.lib'

    def __init__(self, vstring):
        self.vstring = vstring
        found = re.match(r'(\d+)\.(\d+)\.(\d+)', vstring)
        if not found:
            raise ValueError('Not a valid numpy version string')
        self.version = found.group()
        self.major, self.minor, self.bugfix = map(int, found.groups())
        rest = vstring[found.end():]
        stage = re.match(r'a\d|b\d|rc\d', rest)
        self.pre_release = stage.group() if stage else ''
        self.is_devversion = bool(re.search(r'\.dev', rest))

    def _key(self):
        # A release comes after all that led to it; a development version before what it leads to.
        stage = self.pre_release or 'z'
        return self.major, self.minor, self.bugfix, stage, not self.is_devversion

    @staticmethod
    def _of(other):
        if not isinstance(other, (str, NumpyVersion)):
            raise ValueError('Invalid object to compare with NumpyVersion.')
        return NumpyVersion(other) if isinstance(other, str) else other

    def __eq__(self, other):
        return self._key() == self._of(other)._key()

    def __lt__(self, other):
        return self._key() < self._of(other)._key()

    def __repr__(self):
        return f'NumpyVersion({self.vstring})'
