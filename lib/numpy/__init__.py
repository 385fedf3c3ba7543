"""NumPy's array type and functions, on Adder's own array engine.

What programs use most is native (`_numpy`); the rest is Python and is loaded when its name is first asked for, so that
importing the package costs little.
"""

import os
import sys

if 'numpy' in sys._xoptions or 'ADDER_NUMPY' in os.environ or sys.prefix != sys.base_prefix:
    from numpy._choice import installed_numpy, load_installed
    _path = installed_numpy()
    if _path is not None:
        load_installed(_path)  # what follows then fills a module that nobody sees

from _numpy import *
from _numpy import bool, abs, max, min, sum, any, all, round, pow, divmod  # noqa: F401  builtins' names, NumPy's meaning

if 'arrays' in sys._xoptions:
    from adder import arrays
    arrays.watch_process(sys._xoptions['arrays'])
    del arrays

del os, sys
__version__ = '2.3.5'

# Further names of the scalar types.
bool_ = bool
byte, short, intc, int_, longlong = int8, int16, int32, int64, int64
ubyte, ushort, uintc, uint, ulonglong = uint8, uint16, uint32, uint64, uint64
intp, uintp, long, ulong = int64, uint64, int64, uint64
half, single, double = float16, float32, float64
float128, complex256 = longdouble, clongdouble
csingle, cdouble = complex64, complex128

newaxis = None


class _NoValueType:
    """The value of an argument that was not given."""

    __slots__ = ()

    def __repr__(self):
        return '<no value>'

    def __reduce__(self):
        return '_NoValue'


_NoValue = _NoValueType()
pi = 3.141592653589793
e = 2.718281828459045
euler_gamma = 0.5772156649015329
inf = float('inf')
nan = float('nan')
little_endian = True

_MODULES = {
    '_core.numeric': 'linspace logspace geomspace eye identity tri diag diagflat tril triu vander meshgrid indices '
                     'fromfunction fromiter outer inner vdot tensordot cross kron roll rollaxis moveaxis isclose allclose '
                     'array_equal array_equiv flatnonzero argwhere isscalar astype copy size binary_repr base_repr '
                     'tril_indices triu_indices diag_indices tril_indices_from triu_indices_from diag_indices_from vecdot matvec vecmat matrix_transpose isdtype issubdtype mask_indices '
                     'common_type mintypecode min_scalar_type',
    '_core.shape_base': 'atleast_1d atleast_2d atleast_3d vstack row_stack hstack dstack stack unstack column_stack split array_split '
                        'hsplit vsplit dsplit block tile expand_dims apply_along_axis apply_over_axes append insert delete '
                        'resize flip fliplr flipud rot90 broadcast_arrays broadcast_shapes ix_ mgrid ogrid r_ c_ s_ '
                        'index_exp ndindex ndenumerate unravel_index ravel_multi_index broadcast',
    '_core.statistics': 'median average percentile quantile ptp cov corrcoef '
                        'digitize interp trapezoid trapz gradient diff ediff1d '
                        'cumulative_sum cumulative_prod',
    '_core.nan_statistics': 'nansum nanprod nanmean nanmedian nanstd nanvar nanmin nanmax nanargmin nanargmax nancumsum nancumprod nanpercentile nanquantile',
    '_core.choosing': 'sort partition lexsort unique unique_values unique_counts unique_inverse unique_all isin '
                      'in1d intersect1d union1d setdiff1d setxor1d extract place putmask select piecewise choose compress '
                      'trim_zeros take_along_axis put_along_axis fill_diagonal',
    '_core.functions': 'convolve correlate nan_to_num sinc real imag iscomplex isreal iscomplexobj isrealobj fix isposinf '
                       'isneginf vectorize unwrap '
                       'real_if_close angle hamming hanning bartlett blackman kaiser i0 sort_complex finfo iinfo errstate '
                       'show_config iterable',
    '_core.polynomials': 'poly roots polyfit polyval polyadd polysub polymul polydiv polyder polyint poly1d',
    '_core.histograms': 'histogram histogram_bin_edges histogram2d histogramdd',
    '_core.packing': 'packbits unpackbits',
    '_core.information': 'ScalarType typecodes sctypeDict typename isfortran asarray_chkfinite require get_include getbufsize setbufsize '
                         'show_runtime info test __array_namespace_info__',
    '_core.iteration': 'nditer nested_iters',
    'matrixlib': 'matrix asmatrix bmat',
    '_core.einstein': 'einsum einsum_path',
    '_core.memmap': 'memmap',
    '_core.padding': 'pad',
    '_core.arrayprint': 'array2string array_repr array_str set_printoptions get_printoptions printoptions '
                        'format_float_positional format_float_scientific',
    'lib.io': 'save load savez savez_compressed savetxt loadtxt genfromtxt fromfile fromstring fromregex',
    '_core.flatiter': 'flatiter',
    '_core.functional': 'frompyfunc',
    '_core.chararrays': 'chararray',
    '_core.dates': 'datetime_as_string busday_count busday_offset is_busday busdaycalendar',
    'rec': 'record recarray',
    '_core.dlpack': 'from_dlpack',
    '_core.copy_mode': '_CopyMode',
}
_SUBMODULES = {'__config__', '_utils', 'linalg', 'core', 'polynomial', 'emath', 'matrixlib', 'fft', 'random', 'lib', 'exceptions', 'testing', 'typing', 'dtypes', '_core', 'version', 'char', 'strings', 'rec', 'ma'}
_LATER = set('f2py ctypeslib'.split())
_where_is = None


def _register_scalars():
    """Makes the scalar types known to the abstract ones of the standard library."""
    import numbers
    numbers.Number.register(number)
    numbers.Complex.register(inexact)
    numbers.Real.register(floating)
    numbers.Integral.register(integer)


_register_scalars()


def __getattr__(name):
    global _where_is
    if _where_is is None:
        _where_is = {n: module for module, names in _MODULES.items() for n in names.split()}
    module = _where_is.get(name)
    if name == '__all__':
        return [name for name in __dir__() if name[0] != '_' and name not in ('AxisError', 'version')] + ['__version__']
    from importlib import import_module
    if module is not None:
        loaded = import_module('numpy.' + module)
        try:
            value = getattr(loaded, name)
        except AttributeError:
            raise AttributeError(f"module 'numpy' has no attribute {name!r}") from None
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module('numpy.' + name)
    if name in _LATER:
        raise AttributeError(f'numpy.{name} is not supported yet')
    if name == 'bool8' or name in ('float_', 'int0', 'complex_', 'Inf', 'NaN', 'product', 'cumproduct', 'sometrue', 'alltrue'):
        raise AttributeError(f"`np.{name}` was removed in the NumPy 2.0 release.")
    if name in ('float', 'int', 'object', 'str', 'complex', 'unicode'):
        raise AttributeError(f"module 'numpy' has no attribute '{name}'.\n`np.{name}` was a deprecated alias for the builtin `{name}`.")
    raise AttributeError(f"module 'numpy' has no attribute {name!r}")


def __dir__():
    names = set(globals())
    for more in _MODULES.values():
        names.update(name for name in more.split() if name[0] != '_')
    return sorted((names | _SUBMODULES) - {'__config__', '_utils'} - {'_MODULES', '_SUBMODULES', '_LATER', '_where_is'})
