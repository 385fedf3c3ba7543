"""Record arrays: structured arrays whose fields are attributes as well."""

import _numpy as np
from _numpy import _with_scalar, dtype, ndarray, void

__all__ = ['record', 'recarray', 'format_parser', 'fromarrays', 'fromrecords', 'fromstring', 'fromfile', 'array', 'find_duplicate']


def find_duplicate(list):
    """Find duplication in a list, return a list of duplicated elements"""
    seen, twice = set(), []
    for item in list:
        if item in seen and item not in twice:
            twice.append(item)
        seen.add(item)
    return twice


class format_parser:
    """Class to convert formats, names, titles description to a dtype."""

    def __init__(self, formats, names, titles, aligned=False, byteorder=None):
        if formats is None:
            raise ValueError('Need formats argument')
        if isinstance(formats, list):
            own = dtype([(f'f{i}', f) for i, f in enumerate(formats)], aligned)
        else:
            own = dtype(formats, aligned)
        if own.fields is None:
            own = dtype([('f1', own)], aligned)
        kinds = [own.fields[name][0] for name in own.names]
        self._offsets = [own.fields[name][1] for name in own.names]
        self._nfields = len(kinds)
        if names:
            if isinstance(names, str):
                names = names.split(',')
            if not isinstance(names, (list, tuple)):
                raise NameError(f'illegal input names {names!r}')
            self._names = [n.strip() for n in names[:self._nfields]]
        else:
            self._names = []
        self._names += [f'f{i}' for i in range(len(self._names), self._nfields)]
        twice = find_duplicate(self._names)
        if twice:
            raise ValueError(f'Duplicate field names: {twice}')
        self._titles = [n.strip() for n in titles[:self._nfields]] if titles else []
        self._titles += [None] * (self._nfields - len(self._titles))
        spec = {'names': self._names, 'formats': kinds, 'offsets': self._offsets}
        if any(self._titles):
            spec['titles'] = self._titles
        made = dtype(spec) if not own.isalignedstruct else dtype({**spec, 'itemsize': own.itemsize, 'aligned': True})
        if byteorder is not None:
            made = made.newbyteorder({'b': '>', 'l': '<', 'n': '=', 'B': '>', 'L': '<', 'N': '=', 'S': 's', 's': 's', '>': '>', '<': '<', '=': '=',
                                      '|': '|', 'I': '|', 'i': '|'}[byteorder[0]])
        self.dtype = made


class record(void):
    """A data-type scalar that allows field access as attribute lookup."""

    __module__ = 'numpy'

    def __repr__(self):
        if self.dtype.names is not None:
            from numpy._core.arrayprint import _void_scalar_to_string
            return _void_scalar_to_string(self)
        return super().__repr__()

    def __str__(self):
        if self.dtype.names is not None:
            from numpy._core.arrayprint import _void_scalar_to_string
            return _void_scalar_to_string(self, is_repr=False)
        return super().__str__()

    def __getattribute__(self, attr):
        if attr in ('setfield', 'getfield', 'dtype'):
            return void.__getattribute__(self, attr)
        try:
            return void.__getattribute__(self, attr)
        except AttributeError:
            pass
        field = void.__getattribute__(self, 'dtype').fields.get(attr)
        if field:
            return self[attr]
        raise AttributeError(f"'record' object has no attribute '{attr}'")

    def __setattr__(self, attr, value):
        if attr in ('setfield', 'getfield', 'dtype'):
            raise AttributeError(f"Cannot set '{attr}' attribute")
        fields = void.__getattribute__(self, 'dtype').fields
        if attr in fields:
            self[attr] = value
        elif getattr(self, attr, None):
            void.__setattr__(self, attr, value)
        else:
            raise AttributeError(f"'record' object has no attribute '{attr}'")

    def pprint(self):
        """Pretty-print all fields."""
        names = self.dtype.names
        width = max(len(name) for name in names)
        return '\n'.join(f'{name:>{width}}: {getattr(self, name)}' for name in names)


class recarray(ndarray):
    """Construct an ndarray that allows field access using attributes."""

    __module__ = 'numpy.rec'

    def __new__(subtype, shape, dtype=None, buf=None, offset=0, strides=None, formats=None, names=None, titles=None, byteorder=None,
                aligned=False, order='C'):
        own = np.dtype(dtype) if dtype is not None else format_parser(formats, names, titles, aligned, byteorder).dtype
        if own.names is not None:
            own = _with_scalar(own, record)
        if buf is None:
            return ndarray.__new__(subtype, shape, own, order=order)
        return ndarray.__new__(subtype, shape, own, buffer=buf, offset=offset, strides=strides, order=order)

    def __array_finalize__(self, obj):
        if self.dtype.type is not record and self.dtype.names is not None:
            self.dtype = self.dtype

    def __getattribute__(self, attr):
        try:
            return object.__getattribute__(self, attr)
        except AttributeError:
            pass
        fields = ndarray.__getattribute__(self, 'dtype').fields
        if fields is None or attr not in fields:
            raise AttributeError(f'recarray has no attribute {attr}')
        return self._field(ndarray.__getitem__(self, attr))

    def _field(self, found):
        """A field: records stay records, anything else is a plain array."""
        if found.dtype.names is not None:
            if issubclass(found.dtype.type, void):
                return found.view(dtype=_with_scalar(found.dtype, self.dtype.type))
            return found
        return found.view(ndarray)

    def __setattr__(self, attr, value):
        if attr == 'dtype':
            value = np.dtype(value)
            if issubclass(value.type, void) and value.names is not None:
                value = _with_scalar(value, record)
        fields = ndarray.__getattribute__(self, 'dtype').fields or {}
        if attr in fields and attr not in ('dtype', 'shape', 'strides', 'flat'):
            return ndarray.__setitem__(self, attr, value)
        try:
            object.__setattr__(self, attr, value)
        except Exception:
            if attr not in fields:
                raise
        if attr in fields:
            ndarray.__setitem__(self, attr, value)

    def __getitem__(self, index):
        found = ndarray.__getitem__(self, index)
        if isinstance(found, ndarray):
            if found.dtype.names is not None:
                found = found.view(type(self))
                if issubclass(found.dtype.type, void):
                    return found.view(dtype=_with_scalar(found.dtype, self.dtype.type if issubclass(self.dtype.type, void) and self.dtype.names else record))
                return found
            return found.view(type=ndarray)
        return found

    def __repr__(self):
        own = self.dtype
        if own.type is record or not issubclass(own.type, void):
            if own.type is record:
                own = _with_scalar(own, void)
            prefix, form = 'rec.array(', 'rec.array(%s,%sdtype=%s)'
        else:
            prefix, form = 'array(', 'array(%s,%sdtype=%s).view(numpy.recarray)'
        from numpy import array2string
        text = array2string(self, separator=', ', prefix=prefix, suffix=',') if self.size > 0 or self.shape == (0,) else f'[], shape={self.shape!r}'
        return form % (text, '\n' + ' ' * len(prefix), own)

    def field(self, attr, val=None):
        if isinstance(attr, int):
            attr = ndarray.__getattribute__(self, 'dtype').names[attr]
        if val is None:
            found = ndarray.__getitem__(self, attr)
            return found if found.dtype.names is not None else found.view(ndarray)
        ndarray.__setitem__(self, attr, val)


def fromarrays(arrayList, dtype=None, shape=None, formats=None, names=None, titles=None, aligned=False, byteorder=None):
    """Create a record array from a (flat) list of arrays"""
    arrays = [np.asarray(x) for x in arrayList]
    if shape is None:
        shape = arrays[0].shape
    elif isinstance(shape, int):
        shape = (shape,)
    if formats is None and dtype is None:
        formats = [a.dtype for a in arrays]
    own = np.dtype(dtype) if dtype is not None else format_parser(formats, names, titles, aligned, byteorder).dtype
    if len(own) != len(arrays):
        raise ValueError('mismatch between the number of fields and the number of arrays')
    d0 = own[0].shape
    if d0:
        shape = shape[:-len(d0)]
    made = recarray(shape, own)
    for name, a in zip(own.names, arrays):
        inner = own[name].shape
        if a.shape[:a.ndim - len(inner)] != tuple(shape):
            raise ValueError(f'array-shape mismatch in array {list(own.names).index(name)} ("{name}")')
        made[name] = a
    return made


def fromrecords(recList, dtype=None, shape=None, formats=None, names=None, titles=None, aligned=False, byteorder=None):
    """Create a recarray from a list of records in text form."""
    if formats is None and dtype is None:
        objects = np.array(recList, dtype=object)
        columns = [np.array(objects[..., i].tolist()) for i in range(objects.shape[-1])]
        return fromarrays(columns, formats=formats, shape=shape, names=names, titles=titles, aligned=aligned, byteorder=byteorder)
    own = np.dtype(dtype) if dtype is not None else format_parser(formats, names, titles, aligned, byteorder).dtype
    own = _with_scalar(own, record)
    made = np.array([tuple(r) if isinstance(r, list) else r for r in recList], dtype=own)
    if shape is not None and made.shape != shape:
        made.shape = shape
    return made.view(recarray)


def fromstring(datastring, dtype=None, shape=None, offset=0, formats=None, names=None, titles=None, aligned=False, byteorder=None):
    """Create a record array from binary data"""
    if dtype is None and formats is None:
        raise TypeError("fromstring() needs a 'dtype' or 'formats' argument")
    own = np.dtype(dtype) if dtype is not None else format_parser(formats, names, titles, aligned, byteorder).dtype
    if shape in (None, -1):
        shape = (len(datastring) - offset) // own.itemsize
    return recarray(shape, own, buf=datastring, offset=offset)


def fromfile(fd, dtype=None, shape=None, offset=0, formats=None, names=None, titles=None, aligned=False, byteorder=None):
    """Create an array from binary file data"""
    if dtype is None and formats is None:
        raise TypeError("fromfile() needs a 'dtype' or 'formats' argument")
    own = np.dtype(dtype) if dtype is not None else format_parser(formats, names, titles, aligned, byteorder).dtype
    import os
    ours = not hasattr(fd, 'readinto')
    file = open(os.fspath(fd), 'rb') if ours else fd
    try:
        if offset > 0:
            file.seek(offset, 1)
        start = file.tell()
        file.seek(0, 2)
        size = file.tell() - start
        file.seek(start)
        shape = (-1,) if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        known = own.itemsize
        for n in shape:
            known *= n
        if known < 0:
            shape = tuple(size // -known if n == -1 else n for n in shape)
            known = own.itemsize
            for n in shape:
                known *= n
        if known > size:
            raise ValueError('Not enough bytes left in file for specified shape and type.')
        made = recarray(shape, own)
        data = file.read(known)
        if len(data) != known:
            raise OSError("Didn't read as many bytes as expected")
        made[...] = np.frombuffer(data, own).reshape(shape)
        return made
    finally:
        if ours:
            file.close()


def array(obj, dtype=None, shape=None, offset=0, strides=None, formats=None, names=None, titles=None, aligned=False, byteorder=None, copy=True):
    """Construct a record array from a wide-variety of objects."""
    if (isinstance(obj, (type(None), str)) or hasattr(obj, 'readinto')) and formats is None and dtype is None:
        raise ValueError('Must define formats (or dtype) if object is None, string, or an open file')
    options = {}
    if dtype is not None:
        own = np.dtype(dtype)
    elif formats is not None:
        own = format_parser(formats, names, titles, aligned, byteorder).dtype
    else:
        own = None
        options = {'formats': formats, 'names': names, 'titles': titles, 'aligned': aligned, 'byteorder': byteorder}
    if obj is None:
        if shape is None:
            raise ValueError('Must define a shape if obj is None')
        return recarray(shape, own, buf=obj, offset=offset, strides=strides)
    if isinstance(obj, bytes):
        return fromstring(obj, own, shape=shape, offset=offset, **options)
    if isinstance(obj, (list, tuple)):
        if isinstance(obj[0], (tuple, list)):
            return fromrecords(obj, dtype=own, shape=shape, **options)
        return fromarrays(obj, dtype=own, shape=shape, **options)
    if isinstance(obj, ndarray):
        new = obj.view(own) if own is not None and own != obj.dtype else obj
        if copy:
            new = new.copy()
        return new if isinstance(new, recarray) else new.view(recarray)
    if hasattr(obj, 'readinto'):
        return fromfile(obj, dtype=own, shape=shape, offset=offset)
    interface = getattr(obj, '__array_interface__', None)
    if interface is None or not isinstance(interface, dict):
        raise ValueError('Unknown input type')
    made = np.array(obj)
    if own is not None and made.dtype != own:
        made = made.view(own)
    return made.view(recarray)
