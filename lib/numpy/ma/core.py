"""MaskedArray, its masks and its fill values.

An array's mask is `nomask`, or an array of bools of its shape (of structures of bools for a structured array). Views share the mask; a mask that
other arrays may share is copied before it is written (`_sharedmask`). A hard mask is never taken off by assignments.
"""

import numpy as np
from numpy import ndarray
from numpy._core.naming import names_of

__all__ = [
    'MAError', 'MaskError', 'MaskType', 'MaskedArray', 'masked_array', 'array', 'asarray', 'asanyarray', 'bool_', 'common_fill_value', 'default_fill_value',
    'filled', 'fix_invalid', 'flatten_mask', 'flatten_structured_array', 'fromflex', 'getdata', 'getmask', 'getmaskarray', 'isMA', 'isMaskedArray', 'isarray',
    'is_mask', 'is_masked', 'make_mask', 'make_mask_descr', 'make_mask_none', 'mask_or', 'masked', 'masked_equal', 'masked_greater', 'masked_greater_equal',
    'masked_inside', 'masked_invalid', 'masked_less', 'masked_less_equal', 'masked_not_equal', 'masked_object', 'masked_outside', 'masked_print_option',
    'masked_singleton', 'masked_values', 'masked_where', 'maximum_fill_value', 'minimum_fill_value', 'mvoid', 'nomask', 'set_fill_value',
]

__getattr__ = names_of(__name__, 'numpy.ma.operations')  # where NumPy does not divide them

MaskType = np.bool
bool_ = np.bool
nomask = MaskType(0)


class MAError(Exception):
    """Class for masked array related errors."""


class MaskError(MAError):
    """Class for mask related errors."""


class MaskedArrayFutureWarning(FutureWarning):
    """Announces changes of masked arrays."""


# ---- fill values --------------------------------------------------------------------------------------------------------

_FILLERS = {'b': True, 'c': 1.e20 + 0.0j, 'f': 1.e20, 'i': 999999, 'O': '?', 'S': b'N/A', 'u': 999999, 'V': b'???', 'U': 'N/A'}


def _for_fields(dtype, function):
    """A value per leaf of a dtype: a tuple for a structure, an array for a sub-array."""
    if dtype.names is not None:
        return tuple(_for_fields(dtype[name], function) for name in dtype.names)
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return np.full(shape, _for_fields(base, function))
    return function(dtype)


def _scalar_filler(dtype):
    if dtype.kind in 'Mm':
        return np.array('NaT', dtype)[()] if dtype.kind == 'M' else np.timedelta64('NaT', np.datetime_data(dtype)[0])
    return _FILLERS[dtype.kind]


def _dtype_of(obj):
    own = getattr(obj, 'dtype', None)
    if isinstance(obj, np.dtype):
        return obj
    return own if own is not None else np.asarray(obj).dtype


def default_fill_value(obj):
    """Return the default fill value for the argument object."""
    dtype = _dtype_of(obj)
    value = _for_fields(dtype, _scalar_filler)
    return np.array(value, dtype)[()] if dtype.names is not None else value


def _extremes(largest):
    def limit(dtype):
        kind = dtype.kind
        if kind == 'b':
            return largest
        if kind in 'iu':
            info = np.iinfo(dtype)
            return info.max if largest else info.min
        if kind == 'f':
            return np.inf if largest else -np.inf
        if kind == 'c':
            return complex(np.inf, np.inf) if largest else complex(-np.inf, -np.inf)
        if kind in 'Mm':
            return np.array(2**63 - 1 if largest else -2**63 + 1, 'int64').view(dtype)[()]
        raise TypeError(f'Unsuitable type {dtype} for calculating {"minimum" if largest else "maximum"}.')
    return limit


def minimum_fill_value(obj):
    """Return the maximum value that can be represented by the dtype of an object."""
    return _for_fields(_dtype_of(obj), _extremes(True))


def maximum_fill_value(obj):
    """Return the minimum value that can be represented by the dtype of an object."""
    return _for_fields(_dtype_of(obj), _extremes(False))


def _fill_value_check(fill_value, dtype):
    """A fill value as an array of no dimensions of that dtype."""
    dtype = np.dtype(dtype)
    if fill_value is None:
        # A default keeps its own dtype: 'N/A' is longer than many a text.
        return np.array(default_fill_value(dtype))
    if dtype.names is not None:
        if isinstance(fill_value, (ndarray, np.void)):
            return np.array(fill_value, copy=True).astype(dtype)
        try:
            return np.array(tuple(fill_value) if isinstance(fill_value, (list, tuple)) else fill_value, dtype)
        except ValueError as error:
            raise ValueError(f'Unable to transform {fill_value} to dtype {dtype}') from error
    if isinstance(fill_value, str) and dtype.char not in 'OSVU':
        raise TypeError(f'Cannot set fill value of string with array of dtype {dtype}')
    try:
        return np.asarray(fill_value, dtype)
    except (OverflowError, ValueError) as error:
        raise TypeError(f'Cannot convert fill_value {fill_value} to dtype {dtype}') from error


def set_fill_value(a, fill_value):
    """Set the filling value of a, if a is a masked array."""
    if isinstance(a, MaskedArray):
        a.fill_value = fill_value


def common_fill_value(a, b):
    """Return the common filling value of two masked arrays, if any."""
    x, y = (v.fill_value if isinstance(v, MaskedArray) else default_fill_value(np.asarray(v)) for v in (a, b))
    return x if x == y else None


def filled(a, fill_value=None):
    """Return input as an ndarray, with masked values replaced by `fill_value`."""
    if hasattr(a, 'filled'):
        return a.filled(fill_value)
    return a if isinstance(a, ndarray) else np.array(a)


# ---- masks --------------------------------------------------------------------------------------------------------------

def make_mask_descr(ndtype):
    """Construct a dtype description list from a given dtype, with the type of all fields replaced by `MaskType`."""
    ndtype = np.dtype(ndtype)
    if ndtype.names is not None:
        rows = []
        for name in ndtype.names:
            field = ndtype.fields[name]
            rows.append(((field[2], name) if len(field) > 2 else name, make_mask_descr(field[0])))
        return np.dtype(rows)
    if ndtype.subdtype is not None:
        return np.dtype((make_mask_descr(ndtype.subdtype[0]), ndtype.subdtype[1]))
    return np.dtype(MaskType)


def getmask(a):
    """Return the mask of a masked array, or nomask."""
    return getattr(a, '_mask', nomask)


get_mask = getmask


def getmaskarray(arr):
    """Return the mask of a masked array, or full boolean array of False."""
    mask = getmask(arr)
    if mask is nomask:
        mask = make_mask_none(np.shape(arr), getattr(arr, 'dtype', None))
    return mask


def getdata(a, subok=True):
    """Return the data of a masked array as an ndarray."""
    data = a._data if isinstance(a, MaskedArray) else np.asanyarray(a) if subok else np.asarray(a)
    return data if subok else data.view(ndarray)


get_data = getdata


def is_mask(m):
    """Return True if m is a valid, standard mask."""
    try:
        return m.dtype.type is MaskType
    except AttributeError:
        return False


def make_mask_none(newshape, dtype=None):
    """Return a boolean mask of the given shape, filled with False."""
    return np.zeros(newshape, dtype=MaskType if dtype is None else make_mask_descr(dtype))


def _shrink(m):
    return m if m.dtype.names is not None or m.any() else nomask


def make_mask(m, copy=False, shrink=True, dtype=MaskType):
    """Create a boolean mask from an array."""
    if m is nomask:
        return nomask
    dtype = make_mask_descr(dtype)
    if isinstance(m, ndarray) and m.dtype.fields and dtype == np.bool:
        return np.ones(m.shape, dtype=dtype)
    made = np.array(filled(m, True), copy=copy or None, dtype=dtype, subok=True)
    return _shrink(made) if shrink else made


def mask_or(m1, m2, copy=False, shrink=True):
    """Combine two masks with the ``logical_or`` operator."""
    if m1 is nomask or m1 is False:
        return make_mask(m2, copy=copy, shrink=shrink, dtype=getattr(m2, 'dtype', MaskType))
    if m2 is nomask or m2 is False:
        return make_mask(m1, copy=copy, shrink=shrink, dtype=getattr(m1, 'dtype', MaskType))
    if m1 is m2 and is_mask(m1):
        return _shrink(m1) if shrink else m1
    x, y = getattr(m1, 'dtype', None), getattr(m2, 'dtype', None)
    if x != y:
        raise ValueError(f"Incompatible dtypes '{x}'<>'{y}'")
    if x.names is not None:
        made = np.empty(np.broadcast_shapes(m1.shape, m2.shape), x)
        for name in x.names:
            made[name] = mask_or(m1[name], m2[name], shrink=False)
        return made
    return make_mask(np.logical_or(m1, m2), copy=copy, shrink=shrink)


def flatten_mask(mask):
    """Returns a completely flattened version of the mask, where nested fields are collapsed."""
    def leaves(m):
        if m.dtype.names is not None:
            return [x for row in m.ravel().tolist() for x in flat(row)]
        return m.ravel().tolist()

    def flat(row):
        return [x for part in row for x in (flat(part) if isinstance(part, tuple) else np.ravel(part).tolist())]
    return np.array(leaves(np.asarray(mask)), dtype=bool)


def _set_mask_where(mask, value):
    """Sets all fields of a mask."""
    if mask.dtype.names is None:
        mask[...] = value
    else:
        for name in mask.dtype.names:
            _set_mask_where(mask[name], value)


def _any_field(mask):
    """A mask of structures as a plain one: True where a field is masked."""
    if mask.dtype.names is None:
        return mask
    answer = False
    for name in mask.dtype.names:
        part = _any_field(mask[name])
        extra = part.ndim - mask.ndim
        answer = answer | (part.any(axis=tuple(range(mask.ndim, part.ndim))) if extra else part)
    return answer


# ---- printing -----------------------------------------------------------------------------------------------------------

class _MaskedPrintOption:
    """Handle the string used to represent missing data in a masked array."""

    def __init__(self, display):
        self._display, self._enabled = display, True

    def display(self):
        return self._display

    def set_display(self, s):
        self._display = s

    def enabled(self):
        return self._enabled

    def enable(self, shrink=1):
        self._enabled = shrink

    def __str__(self):
        return str(self._display)

    __repr__ = __str__


masked_print_option = _MaskedPrintOption('--')


def _with_marks(data, mask):
    """The data as objects, with the mark of what is masked in its place."""
    if data.dtype.names is None:
        shown = data.astype('O')
        if mask.ndim == data.ndim:
            shown[mask] = masked_print_option
        return shown
    rows = np.empty(data.shape, np.dtype([(name, 'O', data.dtype[name].shape) for name in data.dtype.names]))
    for name in data.dtype.names:
        rows[name] = _with_marks(data[name], mask[name])
    return rows


# ---- the array ----------------------------------------------------------------------------------------------------------

class MaskedArray(ndarray):
    """An array class with possibly masked values."""

    __module__ = 'numpy.ma'
    __array_priority__ = 15
    _defaultmask = nomask
    _defaulthardmask = False
    _baseclass = ndarray
    _print_width, _print_width_1d = 100, 1500

    def __new__(cls, data=None, mask=nomask, dtype=None, copy=False, subok=True, ndmin=0, fill_value=None, keep_mask=True, hard_mask=None,
                shrink=True, order=None):
        values = np.array(data, dtype=dtype, copy=copy or None, order=order or 'K', subok=True, ndmin=ndmin)
        base = getattr(data, '_baseclass', type(values))
        if isinstance(data, MaskedArray) and data.shape != values.shape:
            copy = True
        made = values.view(cls) if not (isinstance(data, cls) and subok and not isinstance(data, MaskedConstant)) else values.view(type(data))
        made._baseclass = base if not issubclass(base, MaskedArray) else ndarray
        own = getmask(data)
        if hasattr(data, '_mask') and not isinstance(data, ndarray):
            made._mask, made._sharedmask = data._mask, True
        descr = make_mask_descr(made.dtype)
        if mask is nomask:
            if not keep_mask:
                made._mask = nomask if shrink else np.zeros(made.shape, descr)
            elif isinstance(data, (list, tuple)) and any(isinstance(x, MaskedArray) for x in data):
                found = np.array([getmaskarray(np.asanyarray(x)) if isinstance(x, MaskedArray) else np.zeros(np.shape(x), bool) for x in data], dtype=descr)
                made._mask = found.reshape(made.shape) if found.size == made.size else np.zeros(made.shape, descr)
                made._sharedmask = False
            else:
                made._sharedmask = not copy
                made._mask = own if own is nomask or own.shape == made.shape else own.reshape(made.shape)
                if copy and made._mask is not nomask:
                    made._mask = made._mask.copy()
        else:
            if mask is None:
                mask = False
            if mask is True and descr == MaskType:
                mask = np.ones(made.shape, descr)
            elif mask is False and descr == MaskType:
                mask = np.zeros(made.shape, descr)
            else:
                try:
                    mask = np.array(mask, copy=copy or None, dtype=descr)
                except TypeError:
                    mask = np.array([tuple([m] * len(descr)) for m in mask], dtype=descr)
            if mask.shape != made.shape:
                if mask.size == 1:
                    mask = np.resize(mask, made.shape)
                elif mask.size == made.size:
                    mask = np.reshape(mask, made.shape)
                else:
                    raise MaskError(f'Mask and data not compatible: data size is {made.size}, mask size is {mask.size}.')
                copy = True
            if made._mask is nomask or not keep_mask:
                made._mask, made._sharedmask = mask, not copy
            else:
                if made.dtype.names is not None:
                    made._mask = mask_or(made._mask, mask, shrink=False)
                else:
                    made._mask = np.logical_or(mask, made._mask)
                made._sharedmask = False
        if fill_value is None:
            fill_value = getattr(data, '_fill_value', None)
        if fill_value is not None:
            made._fill_value = _fill_value_check(fill_value, made.dtype)
        made._hardmask = getattr(data, '_hardmask', False) if hard_mask is None else hard_mask
        return made

    def _update_from(self, obj):
        """Copies some attributes of obj to self."""
        self.__dict__.update({
            '_fill_value': getattr(obj, '_fill_value', None), '_hardmask': getattr(obj, '_hardmask', False),
            '_sharedmask': getattr(obj, '_sharedmask', False), '_isfield': getattr(obj, '_isfield', False),
            '_baseclass': getattr(obj, '_baseclass', ndarray if isinstance(obj, MaskedArray) else type(obj) if isinstance(obj, ndarray) else ndarray),
            '_optinfo': dict(getattr(obj, '_optinfo', None) or {}), '_basedict': getattr(obj, '_basedict', {})})

    def __array_finalize__(self, obj):
        self._update_from(obj)
        if isinstance(obj, ndarray):
            mask = getmask(obj) if obj.dtype.names is not None or self.dtype.names is None else nomask
            if mask is not nomask and mask.shape != self.shape:
                try:
                    mask = mask.reshape(self.shape) if mask.size == self.size else nomask
                except ValueError:
                    mask = nomask
        else:
            mask = nomask
        self._mask = mask
        if self._mask is nomask and self.dtype.names is not None:
            self._mask = make_mask_none(self.shape, self.dtype)
        elif mask is not nomask and self.dtype.names is not None and mask.dtype.names is None:
            self._mask = make_mask_none(self.shape, self.dtype)
        if self._fill_value is not None and self._fill_value.dtype != self.dtype:
            try:
                self._fill_value = _fill_value_check(self._fill_value[()], self.dtype)
            except (TypeError, ValueError):
                self._fill_value = None

    def __array_wrap__(self, obj, context=None, return_scalar=False):
        """What a ufunc makes of masked operands: masked where one of them is, or where the function is not defined."""
        result = obj if obj is self else obj.view(type(self))
        if obj is not self:
            result._update_from(self)
        if context is not None:
            from numpy.ma.operations import _domain_of
            func, args, _ = context
            args = args[:func.nin]
            mask = nomask
            for arg in args:
                mask = mask_or(mask, getmaskarray(arg) if getmask(arg) is not nomask else nomask)
            domain = _domain_of(func)
            if domain is not None:
                with np.errstate(divide='ignore', invalid='ignore'):
                    outside = filled(domain(*[getdata(a) for a in args]), True)
                if np.any(outside):
                    fill = args[-1]
                    np.copyto(result._data, getdata(fill) if np.shape(fill) == result.shape else np.asarray(_scalar_filler(result.dtype)), where=outside,
                              casting='unsafe')
                    mask = outside if mask is nomask else mask | outside
            if mask is not nomask and mask.shape != result.shape:
                mask = np.broadcast_to(mask, result.shape).copy()
            if result is not self and result.shape == () and mask is not nomask and mask:
                return masked
            result._mask = mask
            result._sharedmask = False
        return result

    # -- parts -----------------------------------------------------------------------------------------------------------

    @property
    def _data(self):
        return ndarray.view(self, self._baseclass)

    data = property(lambda self: ndarray.view(self, self._baseclass))
    baseclass = property(lambda self: self._baseclass)
    hardmask = property(lambda self: self._hardmask)
    sharedmask = property(lambda self: self._sharedmask)

    @property
    def mask(self):
        return self._mask.view() if self._mask is not nomask else nomask

    @mask.setter
    def mask(self, value):
        self.__setmask__(value)

    def __setmask__(self, mask, copy=False):
        descr = make_mask_descr(self.dtype)
        current = self._mask
        if mask is masked:
            mask = True
        if current is nomask:
            if mask is nomask:
                return
            current = self._mask = make_mask_none(self.shape, self.dtype)
        if descr.names is None:
            if self._hardmask:
                current |= np.asarray(mask, bool)
            elif isinstance(mask, (int, float, np.bool, np.number)):
                current[...] = mask
            else:
                given = np.asarray(mask, MaskType)
                if given.shape != current.shape and given.size == current.size:
                    given = given.reshape(current.shape)
                current.flat = given.ravel() if given.size == current.size else np.broadcast_to(given, current.shape).ravel()
        else:
            given = np.asarray(mask)
            if given.dtype.kind == 'b':
                given = np.array([tuple([m] * len(descr)) for m in given.ravel().tolist()], descr).reshape(given.shape)
            else:
                given = np.array(mask, dtype=descr)
            if self._hardmask:
                for name in descr.names:
                    current[name] |= given[name]
            else:
                current[...] = given
        if current.shape:
            current.shape = self.shape

    _set_mask = __setmask__

    @property
    def recordmask(self):
        mask = self._mask
        if mask.dtype.names is None:
            return mask
        answer = np.ones(mask.shape, bool)
        for name in mask.dtype.names:
            answer &= mask[name]
        return answer

    def harden_mask(self):
        self._hardmask = True
        return self

    def soften_mask(self):
        self._hardmask = False
        return self

    def unshare_mask(self):
        if self._sharedmask:
            if self._mask is not nomask:
                self._mask = self._mask.copy()
            self._sharedmask = False
        return self

    def shrink_mask(self):
        if self._mask is not nomask:
            self._mask = _shrink(self._mask)
        return self

    @property
    def fill_value(self):
        if self._fill_value is None:
            self._fill_value = _fill_value_check(None, self.dtype)
        return self._fill_value[()]

    @fill_value.setter
    def fill_value(self, value=None):
        target = _fill_value_check(value, self.dtype)
        self._fill_value = target

    def get_fill_value(self):
        return self.fill_value

    def set_fill_value(self, value=None):
        self.fill_value = value

    def filled(self, fill_value=None):
        """Return a copy of self, with masked values filled with a given value."""
        m = self._mask
        if m is nomask:
            return self._data
        fill_value = self.fill_value if fill_value is None else _fill_value_check(fill_value, self.dtype)
        if self is masked_singleton:
            return np.asanyarray(fill_value)
        if m.dtype.names is not None:
            result = self._data.copy('K')
            _fill_fields(result, m, np.asarray(fill_value))
            return result
        if not m.any():
            return self._data
        try:
            result = self._data.copy('K')
            np.copyto(result, fill_value, where=m, casting='unsafe' if result.dtype.kind in 'USO' else 'same_kind')
        except (TypeError, AttributeError):
            result = self._data.astype(object)
            result[m] = np.asarray(fill_value, object)
        return result

    def compressed(self):
        """Return all the non-masked data as a 1-D array."""
        data = ndarray.ravel(self._data)
        return data.compress(np.logical_not(ndarray.ravel(self._mask))) if self._mask is not nomask else data

    # -- items -----------------------------------------------------------------------------------------------------------

    def __getitem__(self, indx):
        data = self._data[indx]
        mask = self._mask
        if mask is not nomask:
            mask = mask[indx]
        if not isinstance(data, ndarray):
            if self.dtype.names is not None and isinstance(data, np.void):
                return mvoid(data, mask=mask, hardmask=self._hardmask)
            if mask is not nomask and mask:
                return masked
            return data
        made = data.view(type(self))
        made._update_from(self)
        if isinstance(indx, str):
            made._fill_value = np.asarray(self.fill_value[indx])
            made._isfield = True
        made._mask = nomask
        if mask is not nomask:
            made._mask = mask.reshape(made.shape) if mask.shape != made.shape and mask.size == made.size else mask
            made._sharedmask = True
        return made

    def __setitem__(self, indx, value):
        if self is masked:
            raise MaskError('Cannot alter the masked element.')
        data, mask = self._data, self._mask
        if isinstance(indx, str):
            data[indx] = getdata(value) if value is not masked else data[indx]
            if mask is nomask:
                self._mask = mask = make_mask_none(self.shape, self.dtype)
            mask[indx] = True if value is masked else getmask(value)
            return
        if value is masked:
            if mask is nomask:
                self._mask = mask = make_mask_none(self.shape, self.dtype)
            if mask.dtype.names is None:
                mask[indx] = True
            else:
                mask[indx] = _for_fields(mask.dtype, lambda d: True)
            return
        values = getattr(value, '_data', value)
        given = getmask(value)
        if self.dtype.names is not None and given is nomask:
            given = _for_fields(make_mask_descr(self.dtype), lambda d: False)
        if mask is nomask:
            data[indx] = values
            if given is not nomask:
                self._mask = mask = make_mask_none(self.shape, self.dtype)
                mask[indx] = given
        elif not self._hardmask:
            data[indx] = values
            mask[indx] = False if given is nomask else given
        elif hasattr(indx, 'dtype') and indx.dtype == MaskType:
            data[indx & ~mask] = values
        else:
            hidden = mask[indx]
            part = data[indx]
            if isinstance(part, ndarray) and part.ndim:
                kept = part.copy()
                np.copyto(kept, values, where=~_any_field(hidden), casting='unsafe')
                data[indx] = kept
                if given is not nomask:
                    mask[indx] = mask_or(hidden, np.broadcast_to(given, hidden.shape), shrink=False)
            elif not _any_field(np.asarray(hidden)):
                data[indx] = values
                if given is not nomask:
                    mask[indx] = given

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError('iteration over a 0-d array')
        return (self[i] for i in range(len(self)))

    @property
    def flat(self):
        return _MaskedIterator(self)

    @flat.setter
    def flat(self, value):
        y = self.ravel()
        y[:] = value
        if y.base is not self and not np.may_share_memory(y._data, self._data):
            self[...] = y.reshape(self.shape)

    # -- text -------------------------------------------------------------------------------------------------------------

    def _shown(self):
        if not masked_print_option.enabled():
            return self.filled(self.fill_value)
        mask, data = self._mask, self._data
        if mask is nomask:
            return data
        limit = self._print_width if self.ndim > 1 else self._print_width_1d
        for axis in range(self.ndim):
            if data.shape[axis] > limit:
                edge = limit // 2
                head, tail = [(slice(None),) * axis + (s,) for s in (slice(None, edge), slice(-edge, None))]
                data = np.concatenate((data[head], data[tail]), axis=axis)
                mask = np.concatenate((mask[head], mask[tail]), axis=axis)
        if data.ndim == 0:
            return np.array(masked_print_option if mask else data.astype('O')[()], object) if data.dtype.names is None else _with_marks(data, mask)
        return _with_marks(data, mask)

    def __str__(self):
        return str(self._shown())

    def __repr__(self):
        from numpy import array2string
        from numpy._core.arrayprint import _dtype_text
        name = 'array' if self._baseclass is ndarray else self._baseclass.__name__
        implied = self.dtype.isnative and self.dtype.name in ('int64', 'float64', 'bool', 'complex128') and self.size > 0 and self.dtype.names is None \
            and not np.all(self._mask)
        keys = ['data', 'mask', 'fill_value'] + ([] if implied else ['dtype'])
        prefix = f'masked_{name}('
        one_row = all(n == 1 for n in self.shape[:-1])
        if one_row:
            # Later keys end where the first does.
            indents = {k: max(0, len(prefix) + len('data') - len(k)) if i else len(prefix) for i, k in enumerate(keys)}
            lead = {k: ' ' * indents[k] if i else '' for i, k in enumerate(keys)}
        else:
            prefix += '\n'
            indents = {k: 2 for k in keys}
            lead = {k: '  ' for k in keys}
        parts = {
            'data': array2string(self._shown(), separator=', ', prefix=' ' * indents['data'] + 'data=', suffix=',') if self.size or self.ndim == 0 else '[]',
            'mask': array2string(self._mask, separator=', ', prefix=' ' * indents['mask'] + 'mask=', suffix=',') if self._mask is not nomask and (self._mask.size or self._mask.ndim == 0)
            else ('[]' if self._mask is not nomask else str(np.False_)),
        }
        fill = self.fill_value
        if self._fill_value.dtype.kind in 'SU' and self._fill_value.dtype.kind == self.dtype.kind:
            parts['fill_value'] = repr(fill.item())
        elif self._fill_value.dtype == self.dtype and self.dtype.kind != 'O':
            parts['fill_value'] = str(fill)
        else:
            parts['fill_value'] = repr(fill)
        if not implied:
            parts['dtype'] = _dtype_text(self.dtype)
        rows = [f'{lead[k]}{k}={parts[k]}' for k in keys]
        return prefix + ',\n'.join(rows) + ')'

    # -- shape ------------------------------------------------------------------------------------------------------------

    def _moved(self, name, *args, **kwargs):
        """The same move of data and mask."""
        made = getattr(self._data, name)(*args, **kwargs).view(type(self))
        made._update_from(self)
        made._mask = nomask if self._mask is nomask else getattr(self._mask, name)(*args, **kwargs)
        return made

    def reshape(self, *s, **kwargs):
        return self._moved('reshape', *s, **kwargs)

    def ravel(self, order='C'):
        made = self._moved('ravel', order=order)
        return made

    def flatten(self, order='C'):
        return self._moved('flatten', order)

    def transpose(self, *axes):
        return self._moved('transpose', *axes)

    def swapaxes(self, a, b):
        return self._moved('swapaxes', a, b)

    def squeeze(self, axis=None):
        return self._moved('squeeze', axis)

    def diagonal(self, offset=0, axis1=0, axis2=1):
        return self._moved('diagonal', offset, axis1, axis2)

    def repeat(self, repeats, axis=None):
        return self._moved('repeat', repeats, axis)

    def copy(self, order='C'):
        made = self._moved('copy', order)
        made._sharedmask = False
        return made

    __copy__ = copy

    def __deepcopy__(self, memo=None):
        import copy
        made = self.copy()
        if self.dtype.hasobject:
            made = array(copy.deepcopy(self._data, memo), mask=self._mask, fill_value=self._fill_value)
        return made

    T = property(lambda self: self.transpose())

    def astype(self, dtype, order='K', casting='unsafe', subok=True, copy=True):
        made = self._data.astype(dtype, order, casting, True, copy).view(type(self))
        made._update_from(self)
        made._fill_value = None
        if self._fill_value is not None:
            try:
                made._fill_value = _fill_value_check(self._fill_value[()], made.dtype)
            except (TypeError, ValueError, OverflowError):
                pass
        made._mask = self._mask
        if made.dtype.names is not None or self.dtype.names is not None:
            made._mask = make_mask_none(made.shape, made.dtype)
            if self._mask is not nomask:
                flags = _any_field(self._mask) if made.dtype.names is None else self._mask
                made._mask[...] = flags if made.dtype.names is None else (flags if flags.dtype == made._mask.dtype else False)
        elif self._mask is not nomask:
            made._mask = self._mask.copy()
        return made

    def view(self, dtype=None, type=None, fill_value=None):
        if dtype is None and type is None:
            made = ndarray.view(self)
        elif type is None:
            made = ndarray.view(self, dtype)
        elif dtype is None:
            made = ndarray.view(self, type)
        else:
            made = ndarray.view(self, dtype, type)
        if isinstance(made, MaskedArray):
            if made.dtype != self.dtype:
                made._fill_value = None
                if made.dtype.names is None and self.dtype.names is None and made.shape == self.shape:
                    made._mask = self._mask
                elif made.dtype.names is not None and self._mask is not nomask and made.shape == self.shape and self._mask.dtype.names is not None \
                        and len(made.dtype) == len(self.dtype):
                    made._mask = self._mask.view(make_mask_descr(made.dtype))
            else:
                made._mask = self._mask
            if fill_value is not None:
                made._fill_value = _fill_value_check(fill_value, made.dtype)
        return made

    def resize(self, newshape, refcheck=True, order=False):
        raise ValueError('A masked array does not own its data and therefore cannot be resized.\nUse the numpy.ma.resize function instead.')

    def take(self, indices, axis=None, out=None, mode='raise'):
        hidden = getmask(indices)
        places = indices.filled(0) if hidden is not nomask else indices
        made = self._data.take(places, axis=axis, mode=mode)
        if not isinstance(made, ndarray):
            if (self._mask is not nomask and self._mask.take(places, axis=axis, mode=mode)) or hidden is not nomask and hidden:
                return masked
            return made
        made = made.view(type(self))
        made._update_from(self)
        made._mask = nomask if self._mask is nomask else self._mask.take(places, axis=axis, mode=mode)
        if hidden is not nomask:
            made._mask = hidden if made._mask is nomask else made._mask | hidden
        if out is not None:
            out[...] = made
            return out
        return made

    def compress(self, condition, axis=None, out=None):
        condition = np.asarray(filled(condition, False))
        made = self._data.compress(condition, axis=axis).view(type(self))
        made._update_from(self)
        made._mask = nomask if self._mask is nomask else self._mask.compress(condition, axis=axis)
        return made

    def put(self, indices, values, mode='raise'):
        if self._hardmask and self._mask is not nomask:
            free = ~ndarray.ravel(self._mask)[indices]
            indices = np.array(indices)[free]
            values = np.resize(values, free.shape)[free] if np.size(values) > 1 else values
        self._data.put(indices, getdata(values), mode=mode)
        hidden = getmask(values)
        if self._mask is nomask and hidden is nomask:
            return
        mask = getmaskarray(self).copy()
        mask.put(indices, False if hidden is nomask else hidden, mode=mode)
        self._mask = _shrink(mask)

    def tolist(self, fill_value=None):
        if fill_value is not None:
            return self.filled(fill_value).tolist()
        if self._mask is nomask:
            return self._data.tolist()
        if self.dtype.names is not None:
            rows = self._data.astype([(n, object) for n in self.dtype.names])
            for name in self.dtype.names:
                rows[name][self._mask[name]] = None
            return rows.tolist()
        flat = self._data.astype(object)
        flat[self._mask] = None
        return flat.tolist()

    def tobytes(self, fill_value=None, order='C'):
        return self.filled(fill_value).tobytes(order=order)

    def item(self, *args):
        if self._mask is not nomask and (self._mask.item(*args) if self._mask.dtype.names is None else False):
            return masked
        return self._data.item(*args)

    def toflex(self):
        own = np.dtype([('_data', self.dtype), ('_mask', make_mask_descr(self.dtype))])
        record = np.empty(self.shape, own)
        record['_data'], record['_mask'] = self._data, getmaskarray(self)
        return record

    torecords = toflex

    def ids(self):
        if self._mask is nomask:
            return self._data.__array_interface__['data'][0], id(nomask)
        return self._data.__array_interface__['data'][0], self._mask.__array_interface__['data'][0]

    def iscontiguous(self):
        return self.flags['CONTIGUOUS']

    def __reduce__(self):
        return _reconstruct, (type(self), np.asarray(self._data), getmaskarray(self), self._fill_value, self._hardmask)

    def __int__(self):
        self._single()
        if self._mask is not nomask and self._mask.all():
            raise MaskError('Cannot convert masked element to a Python int.')
        return int(self._data.item())

    def __float__(self):
        self._single()
        if self._mask is not nomask and self._mask.all():
            import warnings
            warnings.warn('Warning: converting a masked element to nan.', stacklevel=2)
            return np.nan
        return float(self._data.item())

    def _single(self):
        if self.size > 1:
            raise TypeError('Only length-1 arrays can be converted to Python scalars')


def _reconstruct(cls, data, mask, fill_value, hard):
    made = array(data, mask=mask, fill_value=fill_value, hard_mask=hard)
    return made if cls is MaskedArray else made.view(cls)


def _fill_fields(data, mask, fill):
    for name in data.dtype.names:
        part, hidden, value = data[name], mask[name], fill[name]
        if hidden.dtype.names is not None:
            _fill_fields(part, hidden, value)
        else:
            np.copyto(part, value, where=hidden)


class _MaskedIterator:
    """`flat` of a masked array."""

    def __init__(self, ma):
        self.ma = ma
        self._at = 0

    def _flat(self):
        return self.ma.ravel()

    def __iter__(self):
        return self

    def __next__(self):
        if self._at >= self.ma.size:
            raise StopIteration
        self._at += 1
        return self._flat()[self._at - 1]

    def __len__(self):
        return self.ma.size

    def __getitem__(self, index):
        return self._flat()[index]

    def __setitem__(self, index, value):
        self.ma._data.flat[index] = getdata(value) if value is not masked else self.ma._data.flat[index]
        hidden = True if value is masked else getmask(value)
        if self.ma._mask is nomask and hidden is nomask:
            return
        if self.ma._mask is nomask:
            self.ma._mask = make_mask_none(self.ma.shape, self.ma.dtype)
        self.ma._mask.flat[index] = hidden


class mvoid(MaskedArray):
    """Fake a 'void' object to use for masked array with structured dtypes."""

    __module__ = 'numpy.ma.core'

    def __new__(cls, data, mask=nomask, dtype=None, fill_value=None, hardmask=False, copy=False, subok=True):
        made = np.array(data, dtype=dtype, copy=copy or None, subok=subok).view(cls)
        made._hardmask = hardmask
        if mask is not nomask:
            made._mask = mask if isinstance(mask, np.void) else np.array(mask, make_mask_descr(made.dtype))
        if fill_value is not None:
            made._fill_value = _fill_value_check(fill_value, made.dtype)
        return made

    def __getitem__(self, indx):
        mask = self._mask
        if isinstance(mask, np.void) or mask is not nomask and mask.dtype.names is not None:
            hidden = mask[indx]
            if isinstance(hidden, ndarray) and hidden.ndim:
                return masked_array(data=self._data[indx], mask=hidden)
            if hidden:
                return masked
        return self._data[indx] if self._data[indx].__class__ is not ndarray or self._data[indx].ndim else self._data[indx][()]

    def __setitem__(self, indx, value):
        self._data[indx] = getdata(value)
        self._mask[indx] |= getattr(value, '_mask', False)

    def __str__(self):
        if self._mask is nomask:
            return str(self._data[()])
        texts = [str(masked_print_option) if np.all(self._mask[n]) else str(self._data[n]) if not isinstance(self._data[()][n], (str, bytes)) else repr(self._data[()][n].item())
                 for n in self.dtype.names]
        return f'({texts[0]},)' if len(texts) == 1 else f"({', '.join(texts)})"

    __repr__ = __str__

    def __iter__(self):
        for name in self.dtype.names:
            yield masked if self._mask is not nomask and self._mask[name] else self._data[()][name]

    def __len__(self):
        return len(self.dtype.names)

    def filled(self, fill_value=None):
        return MaskedArray.filled(self, fill_value)[()]

    def tolist(self):
        if self._mask is nomask:
            return self._data.tolist()
        return tuple(None if np.all(self._mask[n]) else self._data[n].tolist() for n in self.dtype.names)


class MaskedConstant(MaskedArray):
    """The value of a masked element."""

    __module__ = 'numpy.ma.core'
    __singleton = None

    def __new__(cls):
        if cls.__singleton is None:
            data, mask = np.array(0.), np.array(True)
            data.flags.writeable = mask.flags.writeable = False
            made = data.view(cls)
            made._mask = mask
            cls.__singleton = made
        return cls.__singleton

    def __array_finalize__(self, obj):
        if self.__singleton is None or obj is None:
            super().__array_finalize__(obj)
            return
        self.__class__ = MaskedArray
        MaskedArray.__array_finalize__(self, obj)

    def __array_wrap__(self, obj, context=None, return_scalar=False):
        return self.view(MaskedArray).__array_wrap__(obj, context)

    def __str__(self):
        return str(masked_print_option._display)

    def __repr__(self):
        return 'masked'

    def __format__(self, spec):
        try:
            return object.__format__(self, spec)
        except TypeError:
            import warnings
            warnings.warn('Format strings passed to MaskedConstant are ignored, but in future may error or produce different behavior', FutureWarning, stacklevel=2)
            return object.__format__(self, '')

    def __reduce__(self):
        return self.__class__, ()

    def copy(self, *args, **kwargs):
        return self

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __setattr__(self, attr, value):
        if self.__singleton is not None and self is self.__singleton and attr not in ('_fill_value', '_sharedmask', '_mask', '__class__'):
            raise AttributeError(f"attributes of {self!r} are not writeable")
        return super().__setattr__(attr, value)


masked = masked_singleton = MaskedConstant()
masked_array = MaskedArray


def isMaskedArray(x):
    """Test whether input is an instance of MaskedArray."""
    return isinstance(x, MaskedArray)


isarray = isMA = isMaskedArray


def is_masked(x):
    """Determine whether input has masked values."""
    m = getmask(x)
    return m is not nomask and bool(_any_field(np.asarray(m)).any())


def array(data, dtype=None, copy=False, order=None, mask=nomask, fill_value=None, keep_mask=True, hard_mask=False, shrink=True, subok=True, ndmin=0):
    """Shortcut to MaskedArray."""
    return MaskedArray(data, mask=mask, dtype=dtype, copy=copy, subok=subok, keep_mask=keep_mask, hard_mask=hard_mask, fill_value=fill_value, ndmin=ndmin,
                       shrink=shrink, order=order)


def asarray(a, dtype=None, order=None):
    """Convert the input to a masked array of the given data-type."""
    return MaskedArray(a, dtype=dtype, copy=False, keep_mask=True, subok=False, order=order or 'C')


def asanyarray(a, dtype=None):
    """Convert the input to a masked array, conserving subclasses."""
    if isinstance(a, MaskedArray) and (dtype is None or dtype == a.dtype):
        return a
    return MaskedArray(a, dtype=dtype, copy=False, keep_mask=True, subok=True)


# ---- masks by condition ---------------------------------------------------------------------------------------------------

def masked_where(condition, a, copy=True):
    """Mask an array where a condition is met."""
    cond = make_mask(condition, shrink=False)
    a = np.array(a, copy=copy or None, subok=True)
    if cond.shape and cond.shape != a.shape:
        raise IndexError(f'Inconsistent shape between the condition and the input (got {cond.shape} and {a.shape})')
    made = a.view(type(a) if isinstance(a, MaskedArray) else MaskedArray)
    if isinstance(a, MaskedArray) and copy and made._mask is not nomask:
        made._mask = made._mask.copy()
    own = make_mask(cond, shrink=False)
    if own.shape != made.shape:
        own = np.broadcast_to(own, made.shape).copy()
    made._mask = _shrink(own) if made._mask is nomask else mask_or(made._mask, own, shrink=True)
    return made


def masked_greater(x, value, copy=True):
    """Mask an array where greater than a given value."""
    return masked_where(filled(np.ma.greater(x, value), False), x, copy=copy)


def masked_greater_equal(x, value, copy=True):
    """Mask an array where greater than or equal to a given value."""
    return masked_where(filled(np.ma.greater_equal(x, value), False), x, copy=copy)


def masked_less(x, value, copy=True):
    """Mask an array where less than a given value."""
    return masked_where(filled(np.ma.less(x, value), False), x, copy=copy)


def masked_less_equal(x, value, copy=True):
    """Mask an array where less than or equal to a given value."""
    return masked_where(filled(np.ma.less_equal(x, value), False), x, copy=copy)


def masked_not_equal(x, value, copy=True):
    """Mask an array where *not* equal to a given value."""
    return masked_where(filled(np.ma.not_equal(x, value), False), x, copy=copy)


def masked_equal(x, value, copy=True):
    """Mask an array where equal to a given value."""
    made = masked_where(filled(np.ma.equal(x, value), False), x, copy=copy)
    made.fill_value = value
    return made


def masked_inside(x, v1, v2, copy=True):
    """Mask an array inside a given interval."""
    v1, v2 = (v2, v1) if v2 < v1 else (v1, v2)
    xf = filled(x)
    return masked_where((xf >= v1) & (xf <= v2), x, copy=copy)


def masked_outside(x, v1, v2, copy=True):
    """Mask an array outside a given interval."""
    v1, v2 = (v2, v1) if v2 < v1 else (v1, v2)
    xf = filled(x)
    return masked_where((xf < v1) | (xf > v2), x, copy=copy)


def masked_object(x, value, copy=True, shrink=True):
    """Mask the array `x` where the data are exactly equal to value."""
    if isMaskedArray(x):
        condition, mask = np.equal(x._data, value), x._mask
    else:
        condition, mask = np.equal(np.asarray(x), value), nomask
    mask = mask_or(mask, make_mask(condition, shrink=shrink))
    return masked_array(x, mask=mask, copy=copy, fill_value=value)


def masked_values(x, value, rtol=1e-5, atol=1e-8, copy=True, shrink=True):
    """Mask using floating point equality."""
    xnew = filled(x, value)
    if np.issubdtype(xnew.dtype, np.floating):
        mask = np.isclose(xnew, value, atol=atol, rtol=rtol)
    else:
        mask = np.equal(xnew, value)
    made = masked_array(xnew, mask=mask, copy=copy, fill_value=value)
    if shrink:
        made.shrink_mask()
    return made


def masked_invalid(a, copy=True):
    """Mask an array where invalid values occur (NaNs or infs)."""
    a = np.array(a, copy=copy or None, subok=True)
    made = masked_where(~np.isfinite(getdata(a)), a, copy=copy)
    if made._mask is nomask:
        made._mask = make_mask_none(made.shape, made.dtype)
    return made


def fix_invalid(a, mask=nomask, copy=True, fill_value=None):
    """Return input with invalid data masked and replaced by a fill value."""
    a = masked_array(a, mask=mask, copy=copy, subok=True)
    invalid = ~np.isfinite(a._data)
    if not invalid.any():
        return a
    a._mask = invalid if a._mask is nomask else a._mask | invalid
    a._data[invalid] = a.fill_value if fill_value is None else fill_value
    return a


def flatten_structured_array(a):
    """Flatten a structured array."""
    def flat(row):
        out = []
        for x in row:
            out += flat(x) if isinstance(x, tuple) else np.ravel(x).tolist()
        return out
    if isinstance(a, MaskedArray):
        data = np.array([flat(r) for r in a._data.ravel().tolist()])
        mask = np.array([flat(r) for r in getmaskarray(a).ravel().tolist()], bool)
        return masked_array(data, mask=mask)
    return np.array([flat(r) for r in np.asanyarray(a).ravel().tolist()])


def fromflex(fxarray):
    """Build a masked array from a suitable flexible-type array."""
    return masked_array(fxarray['_data'], mask=fxarray['_mask'])
