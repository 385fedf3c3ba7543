"""What is known of types, layout and the build; arrays that must have certain properties."""

import _numpy as np
from _numpy import asanyarray, asarray

ScalarType = (int, float, complex, bool, bytes, str, memoryview, np.bool, np.complex64, np.complex128, np.float16, np.float32, np.float64, np.int8, np.int16,
              np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)

typecodes = {
    'Character': 'c',
    'Integer': 'bhilqnp',
    'UnsignedInteger': 'BHILQNP',
    'Float': 'efdg',
    'Complex': 'FDG',
    'AllInteger': 'bBhHiIlLqQnNpP',
    'AllFloat': 'efdgFDG',
    'Datetime': 'Mm',
    'All': '?bhilqnpBHILQNPefdgFDGSUVOMm',
}

sctypeDict = {name: getattr(np, of) for of, names in {
    'bool': 'bool bool_', 'int8': 'int8 byte', 'int16': 'int16 short', 'int32': 'int32 intc', 'int64': 'int64 int int_ intp long longlong',
    'uint8': 'uint8 ubyte', 'uint16': 'uint16 ushort', 'uint32': 'uint32 uintc', 'uint64': 'uint64 uint uintp ulong ulonglong', 'float16': 'float16 half',
    'float32': 'float32 single', 'float64': 'float64 double float', 'complex64': 'complex64 csingle', 'complex128': 'complex128 cdouble complex'}.items()
    for name in names.split()}

_NAMES = {'S1': 'character', '?': 'bool', 'b': 'signed char', 'B': 'unsigned char', 'h': 'short', 'H': 'unsigned short', 'i': 'integer', 'I': 'unsigned integer',
          'l': 'long integer', 'L': 'unsigned long integer', 'q': 'long long integer', 'Q': 'unsigned long long integer', 'f': 'single precision',
          'd': 'double precision', 'g': 'long precision', 'F': 'complex single precision', 'D': 'complex double precision',
          'G': 'complex long double precision', 'S': 'string', 'U': 'unicode', 'V': 'void', 'O': 'object'}


def typename(char):
    """Return a description for the given data type code."""
    return _NAMES[char]


def isfortran(a):
    """Check if the array is Fortran contiguous but *not* C contiguous."""
    return a.flags.fnc


def asarray_chkfinite(a, dtype=None, order=None):
    """Convert the input to an array, checking for NaNs or Infs."""
    a = asarray(a, dtype=dtype, order=order)
    if a.dtype.char in 'efdgFDG' and not np.all(np.isfinite(a)):
        raise ValueError('array must not contain infs or NaNs')
    return a


_REQUIREMENTS = {'C': 'C', 'C_CONTIGUOUS': 'C', 'CONTIGUOUS': 'C', 'F': 'F', 'F_CONTIGUOUS': 'F', 'FORTRAN': 'F', 'A': 'A', 'ALIGNED': 'A', 'W': 'W',
                 'WRITEABLE': 'W', 'O': 'O', 'OWNDATA': 'O', 'E': 'E', 'ENSUREARRAY': 'E'}


def require(a, dtype=None, requirements=None, *, like=None):
    """Return an ndarray of the provided type that satisfies requirements."""
    if not requirements:
        return asanyarray(a, dtype=dtype)
    wanted = {_REQUIREMENTS[x.upper()] for x in requirements}
    subok = 'E' not in wanted
    order = 'A'
    if {'C', 'F'} <= wanted:
        raise ValueError('Cannot specify both "C" and "F" order')
    if 'F' in wanted:
        order = 'F'
    elif 'C' in wanted:
        order = 'C'
    made = np.array(a, dtype=dtype, order=order, copy=None, subok=subok)
    for name, flag in (('A', 'aligned'), ('W', 'writeable'), ('O', 'owndata')):
        if name in wanted and not getattr(made.flags, flag):
            return made.copy(order)
    return made


def get_include():
    """Return the directory that contains the NumPy *.h header files."""
    raise NotImplementedError("NumPy's C API is not offered yet; with -X numpy=installed an installed numpy is used instead")


_buffer_size = 8192


def getbufsize():
    """Return the size of the buffer used in ufuncs."""
    return _buffer_size


def setbufsize(size):
    """Set the size of the buffer used in ufuncs."""
    global _buffer_size
    if size < 5:
        raise ValueError(f'Buffer size, {size}, is too small')
    if size > 10e6:
        raise ValueError(f'Buffer size, {size}, is too big')
    old, _buffer_size = _buffer_size, int(size)
    return old


def show_runtime():
    """Print information about various resources in the system including available intrinsic support and BLAS/LAPACK library in use"""
    import platform
    import sys
    from pprint import pprint
    pprint([{'numpy_version': '2.3.5', 'python': sys.version, 'uname': platform.uname()}, {'simd_extensions': np._instruction_set()}])


def info(object=None, maxwidth=76, output=None, toplevel='numpy'):
    """Get help information for an array, function, class, or module."""
    import inspect
    import sys
    output = output or sys.stdout
    if object is None:
        object = info
    if isinstance(object, np.ndarray):
        lines = [('class', type(object).__name__), ('shape', object.shape), ('strides', object.strides), ('itemsize', object.itemsize),
                 ('aligned', object.flags.aligned), ('contiguous', object.flags.contiguous), ('fortran', object.flags.fortran),
                 ('data pointer', hex(object.ctypes.data) if hasattr(object, 'ctypes') else '?'), ('byteorder', 'little'), ('byteswap', False),
                 ('type', object.dtype)]
        for name, value in lines:
            print(f'{name}:  {value}', file=output)
        return
    print(inspect.getdoc(object), file=output)


def test(*args, **kwargs):
    """The tests of the array library are not part of it."""
    raise NotImplementedError('the tests are not installed')


class _ArrayNamespaceInfo:
    """What the array API standard asks about a namespace."""

    __module__ = 'numpy'

    def capabilities(self):
        return {'boolean indexing': True, 'data-dependent shapes': True, 'max dimensions': 64}

    def default_device(self):
        return 'cpu'

    def devices(self):
        return ['cpu']

    def _check(self, device):
        if device not in ('cpu', None):
            raise ValueError(f'Device not understood. Only "cpu" is allowed, but received: {device}')

    def default_dtypes(self, *, device=None):
        self._check(device)
        return {'real floating': np.dtype('float64'), 'complex floating': np.dtype('complex128'), 'integral': np.dtype('int64'), 'indexing': np.dtype('int64')}

    _KINDS = {'bool': 'bool', 'signed integer': 'int8 int16 int32 int64', 'unsigned integer': 'uint8 uint16 uint32 uint64', 'real floating': 'float32 float64',
              'complex floating': 'complex64 complex128'}

    def dtypes(self, *, device=None, kind=None):
        self._check(device)
        groups = {'integral': ('signed integer', 'unsigned integer'),
                  'numeric': ('signed integer', 'unsigned integer', 'real floating', 'complex floating'), None: tuple(self._KINDS)}
        kinds = kind if isinstance(kind, tuple) else groups.get(kind, (kind,))
        found = {}
        for one in kinds:
            for single in groups.get(one, (one,)):
                if single not in self._KINDS:
                    raise ValueError(f'unsupported kind: {kind!r}')
                found.update({name: np.dtype(name) for name in self._KINDS[single].split()})
        return found


def __array_namespace_info__():
    """Get the array API inspection namespace."""
    return _ArrayNamespaceInfo()
