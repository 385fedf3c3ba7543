"""Arrays in files: .npy and .npz, raw binary, text."""

import io
import os
import struct

import _numpy as np
from _numpy import asarray, asanyarray

_MAGIC = b'\x93NUMPY'


def _opened(file, mode):
    """An open file and whether it is ours to close."""
    if hasattr(file, 'read') or hasattr(file, 'write'):
        return file, False
    return open(os.fspath(file), mode), True


def _opened_text(source, encoding):
    """The lines of a file, unpacked if its name says so, and whether it is ours to close."""
    if not isinstance(source, (str, os.PathLike)):
        return source, False
    name = os.fspath(source)
    if name.endswith('.gz'):
        import gzip
        return gzip.open(name, 'rt', encoding=encoding), True
    return open(name, encoding=encoding), True


def _write_array(file, array):
    fortran = bool(array.flags.f_contiguous and not array.flags.c_contiguous)
    header = f"{{'descr': {array.dtype.str!r}, 'fortran_order': {fortran}, 'shape': {array.shape!r}, }}"
    length = len(_MAGIC) + 2 + 2
    padding = -(length + len(header) + 1) % 64
    header = header.encode('latin1') + b' ' * padding + b'\n'
    if len(header) > 65535:
        raise ValueError('header of the array does not fit')
    file.write(_MAGIC + b'\x01\x00' + struct.pack('<H', len(header)) + header)
    file.write(array.tobytes('F' if fortran else 'C'))


def _exactly(file, n, what):
    data = b''
    while len(data) < n:
        piece = file.read(n - len(data))
        if not piece:
            raise ValueError(f'EOF: reading {what}, expected {n} bytes got {len(data)}')
        data += piece
    return data


def _read_array(file, allow_pickle=False):
    magic = _exactly(file, 8, 'magic string')
    if magic[:6] != _MAGIC:
        raise ValueError(f'the magic string is not correct; expected {_MAGIC!r}, got {magic[:6]!r}')
    version = (magic[6], magic[7])
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f'we only support format version (1,0), (2,0), and (3,0), not {version}')
    form = '<H' if version == (1, 0) else '<I'
    length, = struct.unpack(form, _exactly(file, struct.calcsize(form), 'array header length'))
    if length > 10000:
        raise ValueError(f'Header info length ({length}) is large and may not be safe to load securely.')
    text = _exactly(file, length, 'array header').decode('utf-8' if version == (3, 0) else 'latin1')
    from ast import literal_eval
    try:
        header = literal_eval(text)
    except SyntaxError as error:
        raise ValueError(f'Cannot parse header: {text!r}') from error
    if not isinstance(header, dict) or header.keys() != {'descr', 'fortran_order', 'shape'}:
        raise ValueError(f'Header is not a dictionary with the right keys: {text!r}')
    shape, descr = header['shape'], header['descr']
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError(f'shape is not valid: {shape!r}')
    if not isinstance(header['fortran_order'], bool):
        raise ValueError(f"fortran_order is not a valid bool: {header['fortran_order']!r}")
    if '|O' in str(descr):
        if not allow_pickle:
            raise ValueError('Object arrays cannot be loaded when allow_pickle=False')
        raise NotImplementedError('arrays of dtype object are not supported yet')
    swapped = isinstance(descr, str) and descr[0] == '>'
    dtype = np.dtype('<' + descr[1:] if swapped else descr)
    count = 1
    for n in shape:
        count *= n
    data = _exactly(file, count * dtype.itemsize, 'array data')
    array = np.frombuffer(bytearray(data), dtype=dtype) if count else np.zeros(0, dtype)
    if swapped:
        array = array.byteswap()
    if header['fortran_order']:
        return array.reshape(shape[::-1]).transpose()
    return array.reshape(shape)


def save(file, arr, allow_pickle=True):
    """Save an array to a binary file in NumPy ``.npy`` format."""
    if not hasattr(file, 'write'):
        file = os.fspath(file)
        if not file.endswith('.npy'):
            file += '.npy'
    file, ours = _opened(file, 'wb')
    try:
        _write_array(file, asanyarray(arr))
    finally:
        if ours:
            file.close()


def load(file, mmap_mode=None, allow_pickle=False, fix_imports=True, encoding='ASCII', *, max_header_size=10000):
    """Load arrays from ``.npy`` or ``.npz`` files."""
    if mmap_mode is not None:
        raise NotImplementedError('memory maps are not supported yet')
    file, ours = _opened(file, 'rb')
    close = ours
    try:
        start = file.read(6)
        if not start:
            raise EOFError('No data left in file')
        file.seek(-len(start), 1)
        if start.startswith(b'PK\x03\x04') or start.startswith(b'PK\x05\x06'):
            close = False
            return NpzFile(file, ours)
        if start == _MAGIC:
            return _read_array(file, allow_pickle)
        if not allow_pickle:
            raise ValueError('Cannot load file containing pickled data when allow_pickle=False')
        import pickle
        return pickle.load(file)
    finally:
        if close:
            file.close()


class NpzFile:
    """A zip archive of arrays, loaded as they are asked for."""

    def __init__(self, fid, own_fid=False):
        import zipfile
        self.zip, self.fid = zipfile.ZipFile(fid), fid if own_fid else None
        self.files = [n[:-4] if n.endswith('.npy') else n for n in self.zip.namelist()]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.zip.close()
        if self.fid is not None:
            self.fid.close()

    def __iter__(self):
        return iter(self.files)

    def __len__(self):
        return len(self.files)

    def __contains__(self, key):
        return key in self.files or key in self.zip.namelist()

    def keys(self):
        return self.files

    def items(self):
        return [(k, self[k]) for k in self.files]

    def values(self):
        return [self[k] for k in self.files]

    def __getitem__(self, key):
        name = key if key in self.zip.namelist() else key + '.npy'
        if name not in self.zip.namelist():
            raise KeyError(f'{key} is not a file in the archive')
        with self.zip.open(name) as file:
            data = io.BytesIO(file.read())
        return _read_array(data) if data.getvalue()[:6] == _MAGIC else data.getvalue()


def _savez(file, args, kwds, compress):
    import zipfile
    if not hasattr(file, 'write'):
        file = os.fspath(file)
        if not file.endswith('.npz'):
            file += '.npz'
    arrays = dict(kwds)
    for i, value in enumerate(args):
        if f'arr_{i}' in arrays:
            raise ValueError(f'Cannot use un-named variables and keyword arr_{i}')
        arrays[f'arr_{i}'] = value
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            data = io.BytesIO()
            _write_array(data, asanyarray(value))
            archive.writestr(name + '.npy', data.getvalue())


def savez(file, *args, allow_pickle=True, **kwds):
    """Save several arrays into a single file in uncompressed ``.npz`` format."""
    _savez(file, args, kwds, False)


def savez_compressed(file, *args, allow_pickle=True, **kwds):
    """Save several arrays into a single file in compressed ``.npz`` format."""
    _savez(file, args, kwds, True)


def savetxt(fname, X, fmt='%.18e', delimiter=' ', newline='\n', header='', footer='', comments='# ', encoding=None):
    """Save an array to a text file."""
    X = asarray(X)
    if X.ndim == 0 or X.ndim > 2:
        raise ValueError(f'Expected 1D or 2D array, got {X.ndim}D array instead')
    rows = X[:, None] if X.ndim == 1 else X
    if isinstance(fmt, (list, tuple)):
        if len(fmt) != rows.shape[1]:
            raise AttributeError(f'fmt has wrong shape.  {fmt}')
        line = delimiter.join(fmt)
    elif fmt.count('%') == 1:
        line = delimiter.join([fmt] * rows.shape[1])
    else:
        line = fmt
    ours = not hasattr(fname, 'write')
    file = open(os.fspath(fname), 'w', encoding=encoding or 'latin1') if ours else fname

    def write(text):
        try:
            file.write(text)
        except TypeError:
            file.write(text.encode(encoding or 'latin1'))
    try:
        if header:
            write(comments + header.replace('\n', '\n' + comments) + newline)
        for row in rows.tolist():
            try:
                write(line % tuple(row) + newline)
            except TypeError as error:
                raise TypeError(f"Mismatch between array dtype ('{X.dtype}') and format specifier ('{line}')") from error
        if footer:
            write(comments + footer.replace('\n', '\n' + comments) + newline)
    finally:
        if ours:
            file.close()


def loadtxt(fname, dtype=float, comments='#', delimiter=None, converters=None, skiprows=0, usecols=None, unpack=False, ndmin=0,
            encoding=None, max_rows=None, *, quotechar=None, like=None):
    """Load data from a text file."""
    if quotechar is not None:
        raise NotImplementedError('quotechar is not supported yet')
    dtype = np.dtype(dtype)
    source, ours = _opened_text(fname, encoding)
    marks = () if comments is None else (comments,) if isinstance(comments, (str, bytes)) else tuple(comments)
    marks = tuple(m.decode('latin1') if isinstance(m, bytes) else m for m in marks)
    columns = None if usecols is None else [usecols] if isinstance(usecols, int) else list(usecols)
    number = (lambda t: int(t)) if dtype.kind in 'iu' else float
    rows, width = [], None
    try:
        for at, text in enumerate(source):
            if at < skiprows:
                continue
            if max_rows is not None and len(rows) >= max_rows:
                break
            if isinstance(text, bytes):
                text = text.decode(encoding or 'latin1')
            for mark in marks:
                text = text.partition(mark)[0]
            text = text.strip('\r\n') if delimiter is not None else text.strip()
            if not text.strip():
                continue
            words = text.split(delimiter)
            if columns is None and width is not None and len(words) != width:
                raise ValueError(f'the number of columns changed from {width} to {len(words)} at row {len(rows) + 1}; use `usecols` to select a '
                                 'subset and avoid this error')
            width = len(words)
            chosen = range(len(words)) if columns is None else columns
            row = []
            for k in chosen:
                try:
                    word = words[k]
                except IndexError:
                    raise ValueError(f'invalid column index {k} at row {len(rows) + 1} with {len(words)} columns') from None
                try:
                    if converters is not None and (callable(converters) or k in converters):
                        row.append((converters if callable(converters) else converters[k])(word))
                    else:
                        row.append(number(word))
                except ValueError as error:
                    if converters is not None:
                        raise
                    raise ValueError(f'could not convert string {word!r} to {dtype} at row {len(rows)}, column {k + 1}.') from error
            rows.append(row)
    finally:
        if ours:
            source.close()
    if not rows:
        import warnings
        warnings.warn(f'loadtxt: input contained no data: "{fname}"', category=UserWarning, stacklevel=2)
        array = np.empty((0, len(columns) if columns else 0) if ndmin == 2 else (0,), dtype)
    else:
        array = np.array(rows, dtype=dtype)
        if array.ndim > ndmin:
            array = array.squeeze()
    if array.ndim < ndmin:
        if ndmin == 1:
            array = array.reshape(1) if array.ndim == 0 else array
        elif ndmin == 2:
            array = array.reshape(1, -1) if array.ndim < 2 else array
            if columns is not None and len(columns) == 1:
                array = array.T
    return array.T if unpack else array


class ConversionWarning(UserWarning):
    """Issued when a text file has lines that are left out."""


def _splitter(delimiter):
    """Takes a line apart: at a delimiter, at white space, or into fields of given widths."""
    if delimiter is None or isinstance(delimiter, str):
        return lambda text: text.split(delimiter)
    if isinstance(delimiter, bytes):
        return lambda text: text.split(delimiter.decode('latin1'))
    if hasattr(delimiter, '__index__'):
        return lambda text: [text[k:k + delimiter] for k in range(0, len(text), delimiter)]
    ends = [0]
    for width in delimiter:
        ends.append(ends[-1] + width)
    return lambda text: [text[a:b] for a, b in zip(ends, ends[1:])]


def genfromtxt(fname, dtype=float, comments='#', delimiter=None, skip_header=0, skip_footer=0, converters=None, missing_values=None,
               filling_values=None, usecols=None, names=None, excludelist=None, deletechars=None, replace_space='_', autostrip=False,
               case_sensitive=True, defaultfmt='f%i', unpack=None, usemask=False, loose=True, invalid_raise=True, max_rows=None, encoding=None, *,
               ndmin=0, like=None):
    """Load data from a text file, with missing values handled as specified."""
    import warnings
    if names or usemask:
        raise NotImplementedError('genfromtxt with names or masks is not supported yet')
    if max_rows is not None:
        if skip_footer:
            raise ValueError("The keywords 'skip_footer' and 'max_rows' can not be specified at the same time.")
        if max_rows < 1:
            raise ValueError("'max_rows' must be at least 1.")
    guessed = dtype is None
    dtype = None if guessed else np.dtype(dtype)
    source, ours = _opened_text(fname, encoding)
    split = _splitter(delimiter)
    mark = comments.decode('latin1') if isinstance(comments, bytes) else comments
    lines = []
    try:
        for number, text in enumerate(source, 1):
            if isinstance(text, bytes):
                text = text.decode(encoding or 'latin1')
            if number <= skip_header:
                continue
            text = text.strip('\r\n')
            if mark is not None:
                text = text.partition(mark)[0]
            if text.strip() == '':
                continue
            lines.append((number, [word.strip() for word in split(text)]))
            if max_rows is not None and len(lines) == max_rows:
                break
    finally:
        if ours:
            source.close()
    if skip_footer:
        lines = lines[:-skip_footer]
    if not lines:
        warnings.warn(f'genfromtxt: Empty input file: "{fname}"', stacklevel=2)
        return np.empty(0, dtype or float)
    width = len(lines[0][1])
    columns = None
    if usecols is not None:
        columns = [usecols] if hasattr(usecols, '__index__') else [int(x) for x in usecols.split(',')] if isinstance(usecols, str) else list(usecols)
    wrong = [(n, len(words)) for n, words in lines if (len(words) != width if columns is None else len(words) <= max(columns))]
    if wrong:
        text = 'Some errors were detected !' + ''.join(f'\n    Line #{n} (got {k} columns instead of {width})' for n, k in wrong)
        if invalid_raise:
            raise ValueError(text)
        warnings.warn(text, ConversionWarning, stacklevel=2)
        bad = {n for n, _ in wrong}
        lines = [line for line in lines if line[0] not in bad]
    places = range(width) if columns is None else [k % width for k in columns]

    def of_column(value, k, default):
        if isinstance(value, dict):
            return value.get(k, default)
        if isinstance(value, (list, tuple)):
            return value[k] if k < len(value) else default
        return default if value is None else value

    def numbers(dtype):
        whole = dtype.kind in 'iu'
        usual = -1 if whole else float('nan')
        rows = []
        for _, words in lines:
            row = []
            for k in places:
                word, convert = words[k], (converters or {}).get(k)
                fill = of_column(filling_values, k, usual)
                missing = of_column(missing_values, k, None)
                missing = missing if isinstance(missing, (list, tuple, set)) else [missing]
                if convert is not None:
                    row.append(convert(word))
                elif word == '' or word in missing:
                    row.append(fill)
                else:
                    try:
                        row.append(int(word) if whole else complex(word) if dtype.kind == 'c' else float(word))
                    except ValueError:
                        if guessed or not loose:
                            raise
                        row.append(fill)
            rows.append(row)
        return np.array(rows, dtype=dtype)

    if guessed:
        for kind in ('int64', 'float64', 'complex128'):
            try:
                array = numbers(np.dtype(kind))
                break
            except ValueError:
                continue
        else:
            raise NotImplementedError('genfromtxt of text is not supported yet')
    else:
        array = numbers(dtype)
    array = array.squeeze()
    if array.ndim < ndmin:
        array = array.reshape((1,) * (ndmin - array.ndim) + array.shape) if len(lines) == 1 or ndmin == 1 else array.reshape(-1, 1)
    return array.T if unpack else array


def fromfile(file, dtype=float, count=-1, sep='', offset=0, *, like=None):
    """Construct an array from data in a text or binary file."""
    dtype = np.dtype(dtype)
    file, ours = _opened(file, 'rb')
    try:
        if sep:
            return fromstring(file.read().decode(), dtype, count, sep=sep)
        if offset:
            file.seek(offset, 1)
        data = file.read() if count < 0 else file.read(count * dtype.itemsize)
    finally:
        if ours:
            file.close()
    whole = len(data) // dtype.itemsize
    return np.frombuffer(bytearray(data[:whole * dtype.itemsize]), dtype=dtype) if whole else np.empty(0, dtype)


def fromstring(string, dtype=float, count=-1, *, sep, like=None):
    """A new 1-D array initialized from text data in a string."""
    if sep == '':
        raise ValueError('The binary mode of fromstring is removed, use frombuffer instead')
    words = string.split() if sep.isspace() else [w for w in string.split(sep.strip()) if w.strip()]
    if count >= 0:
        if len(words) < count:
            raise ValueError('string is smaller than requested size')
        words = words[:count]
    dtype = np.dtype(dtype)
    return np.array([int(w) if dtype.kind in 'iu' else float(w) for w in words], dtype=dtype)
