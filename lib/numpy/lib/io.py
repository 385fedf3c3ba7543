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


def _descr_of(dtype):
    """What a header says of a dtype."""
    if dtype.names is not None:
        return repr(dtype.descr)
    return repr(dtype.str)


def _dtype_of(descr):
    """The dtype of a header; fields without a name are gaps."""
    if isinstance(descr, str):
        return np.dtype(descr)
    if isinstance(descr, tuple):
        return np.dtype((_dtype_of(descr[0]), descr[1]))
    spec = {'names': [], 'formats': [], 'offsets': [], 'titles': []}
    offset = 0
    for field in descr:
        name, inner = field[0], _dtype_of(field[1])
        if len(field) == 3:
            inner = np.dtype((inner, field[2]))
        if not (name == '' and inner.type is np.void and inner.names is None):
            title, name = name if isinstance(name, tuple) else (None, name)
            for key, value in zip(spec, (name, inner, offset, title)):
                spec[key].append(value)
        offset += inner.itemsize
    if not any(spec['titles']):
        del spec['titles']
    return np.dtype({**spec, 'itemsize': offset})


def _write_array(file, array, allow_pickle=True):
    fortran = bool(array.flags.f_contiguous and not array.flags.c_contiguous)
    header = f"{{'descr': {_descr_of(array.dtype)}, 'fortran_order': {fortran}, 'shape': {array.shape!r}, }}"
    try:
        version, header = 1, header.encode('latin1')
    except UnicodeEncodeError:
        version, header = 3, header.encode()
    if len(header) > 65000 and version == 1:
        version = 2
    length = len(_MAGIC) + 2 + (2 if version == 1 else 4)
    header += b' ' * (-(length + len(header) + 1) % 64) + b'\n'
    if array.dtype.hasobject and not allow_pickle:
        raise ValueError('Object arrays cannot be saved when allow_pickle=False')
    file.write(_MAGIC + bytes((version, 0)) + struct.pack('<H' if version == 1 else '<I', len(header)) + header)
    if array.dtype.hasobject:
        import pickle
        pickle.dump(array, file, protocol=4)
    else:
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
    try:
        dtype = _dtype_of(descr)
    except TypeError as error:
        raise ValueError(f'descr is not a valid dtype descriptor: {descr!r}') from error
    if dtype.hasobject:
        if not allow_pickle:
            raise ValueError('Object arrays cannot be loaded when allow_pickle=False')
        import pickle
        array = pickle.load(file)
        array.shape = shape
        return array
    count = 1
    for n in shape:
        count *= n
    data = _exactly(file, count * dtype.itemsize, 'array data')
    array = np.frombuffer(bytearray(data), dtype=dtype) if data else np.zeros(count, dtype)
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
        _write_array(file, asanyarray(arr), allow_pickle)
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
            return NpzFile(file, ours, allow_pickle)
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

    def __init__(self, fid, own_fid=False, allow_pickle=False):
        import zipfile
        self.allow_pickle = allow_pickle
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
        return _read_array(data, self.allow_pickle) if data.getvalue()[:6] == _MAGIC else data.getvalue()


def _savez(file, args, kwds, compress, allow_pickle=True):
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
            _write_array(data, asanyarray(value), allow_pickle)
            archive.writestr(name + '.npy', data.getvalue())


def savez(file, *args, allow_pickle=True, **kwds):
    """Save several arrays into a single file in uncompressed ``.npz`` format."""
    _savez(file, args, kwds, False, allow_pickle)


def savez_compressed(file, *args, allow_pickle=True, **kwds):
    """Save several arrays into a single file in compressed ``.npz`` format."""
    _savez(file, args, kwds, True, allow_pickle)


def savetxt(fname, X, fmt='%.18e', delimiter=' ', newline='\n', header='', footer='', comments='# ', encoding=None):
    """Save an array to a text file."""
    X = asarray(X)
    if X.ndim == 0 or X.ndim > 2:
        raise ValueError(f'Expected 1D or 2D array, got {X.ndim}D array instead')
    records = X.ndim == 1 and X.dtype.names is not None
    rows = X if records else X[:, None] if X.ndim == 1 else X
    width = len(X.dtype.names) if records else rows.shape[1]
    if isinstance(fmt, (list, tuple)):
        if len(fmt) != width:
            raise AttributeError(f'fmt has wrong shape.  {fmt}')
        line = delimiter.join(fmt)
    elif fmt.count('%') == 1:
        line = delimiter.join([fmt] * width)
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


def _converter(dtype):
    """What a word becomes in a column of a dtype."""
    if dtype.kind in 'iu':
        return int
    if dtype.kind == 'f':
        return float
    if dtype.kind == 'c':
        return complex
    if dtype.kind == 'b':
        return lambda word: bool(int(word))
    return str.strip if dtype.kind in 'mM' else str


def _leaves(dtype):
    """The dtypes of the columns that make up a structure."""
    if dtype.names is not None:
        return [leaf for name in dtype.names for leaf in _leaves(dtype[name])]
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        count = 1
        for n in shape:
            count *= n
        return _leaves(base) * count
    return [dtype]


def _nested(dtype, words):
    """The words of a row as the nested value of a dtype."""
    if dtype.names is not None:
        return tuple([_nested(dtype[name], words) for name in dtype.names])
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return [_nested(np.dtype((base, shape[1:])) if shape[1:] else base, words) for _ in range(shape[0])]
    return next(words)


def _simple_table(lines, dtype, delimiter, marks, skip, columns, most):
    """The numbers in lines of text as a 2-d array, if they are read without a second look; or None."""
    if dtype.char not in 'fdil':
        return None
    table = np._read_table(lines, delimiter, marks, skip, columns, most, dtype.kind == 'i')
    if table is None or table.dtype == dtype:
        return table
    if dtype.char == 'i' and (table.min() < -1 << 31 or table.max() >= 1 << 31):
        return None
    return table.astype(dtype)


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
    fields = _leaves(dtype) if dtype.names is not None else None
    number = _converter(dtype)
    rows, width, lines, table = [], None, source, None
    try:
        if converters is None and (max_rows is None or type(source) is list):
            lines = source if type(source) is list else list(source)
            table = _simple_table(lines, dtype, delimiter, marks, skiprows, None if columns is None else tuple(columns), -1 if max_rows is None else max_rows)
        for at, text in enumerate(lines if table is None else ()):
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
                    elif fields is not None:
                        row.append(_converter(fields[len(row)])(word) if len(row) < len(fields) else word)
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
    if table is not None:
        array = table.squeeze() if ndmin < 2 else table
    elif not rows:
        import warnings
        warnings.warn(f'loadtxt: input contained no data: "{fname}"', category=UserWarning, stacklevel=2)
        array = np.empty((0, len(columns) if columns else 0) if ndmin == 2 else (0,), dtype)
    else:
        if fields is not None:
            if len(rows[0]) != len(fields):
                raise ValueError(f'the dtype passed requires {len(fields)} columns but {len(rows[0])} were found at row 1; use `usecols` to select a subset and avoid this error')
            array = np.array([_nested(dtype, iter(row)) for row in rows], dtype)
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


def _guess(words):
    """The kind of a column of words: 'bool', 'int64', 'float64', 'complex128', or text."""
    given = [w for w in words if w != '']
    if given and all(w.upper() in ('TRUE', 'FALSE') for w in given):
        return 'bool'
    for kind, read in (('int64', int), ('float64', float), ('complex128', complex)):
        try:
            for word in given:
                read(word)
        except ValueError:
            continue
        return kind if given else 'bool'
    return f'U{max(map(len, words))}'


def _mixed(lines, places):
    """Whether the columns are not of one kind of numbers."""
    kinds = {_guess([words[k] for _, words in lines]) for k in places}
    return len(kinds) > 1 or any(kind[0] in 'Ub' for kind in kinds)


def _validated(names, excludelist, deletechars, replace_space, case_sensitive):
    """Names that can be fields: without signs, told apart by numbers."""
    bad = set(r"""~!@#$%^&*()-=+~\|]}[{';: /?.>,<""") if deletechars is None else set(deletechars)
    bad.add('"')
    reserved = {'return', 'file', 'print'} | set(excludelist or ())
    seen, out = {}, []
    for i, name in enumerate(names):
        if case_sensitive in (False, 'upper'):
            name = name.upper()
        elif case_sensitive == 'lower':
            name = name.lower()
        name = name.strip()
        if replace_space:
            name = name.replace(' ', replace_space)
        name = ''.join(c for c in name if c not in bad)
        if name == '':
            name = f'f{i}'
        elif name in reserved:
            name += '_'
        count = seen.get(name, 0)
        out.append(f'{name}_{count}' if count else name)
        seen[name] = count + 1
    return out


def _columns(lines, places, dtype, names, converters, filling, missing, of_column, defaultfmt, excludelist, deletechars, replace_space, case_sensitive):
    """An array of records, or of text, column by column."""
    places = list(places)
    if names is not None:
        names = _validated(names, excludelist, deletechars, replace_space, case_sensitive)
        if len(names) > len(places):
            names = [names[k] for k in places]
    if dtype is not None and dtype.names is not None:
        leaves = _leaves(dtype)
    elif dtype is not None:
        leaves = [dtype] * len(places)
    else:
        leaves = [np.dtype(_guess([words[k] for _, words in lines])) for k in places]
    columns = []
    for at, (k, leaf) in enumerate(zip(places, leaves)):
        convert = (converters or {}).get(k, (converters or {}).get(names[at] if names and at < len(names) else None))
        usual = {'i': -1, 'u': -1, 'f': float('nan'), 'c': complex('nan'), 'b': False}.get(leaf.kind, '???' if leaf.kind in 'US' else 'NaT')
        fill = of_column(filling, k, usual)
        none = of_column(missing, k, None)
        none = none if isinstance(none, (list, tuple, set)) else [none]
        read = (lambda w: w.upper() == 'TRUE' if w.upper() in ('TRUE', 'FALSE') else bool(int(w))) if leaf.kind == 'b' else _converter(leaf)
        column = []
        for _, words in lines:
            word = words[k]
            if convert is not None:
                column.append(convert(word))
            elif word in none or (word == '' and leaf.kind not in 'US'):
                column.append(fill)
            else:
                try:
                    column.append(read(word))
                except ValueError:
                    column.append(fill)
        columns.append(column)
    if dtype is not None and dtype.names is None and names is None:
        return np.array(list(map(list, zip(*columns))), dtype)
    if dtype is None or dtype.names is None:
        own = [np.array(c).dtype if (converters or {}).get(k) is not None and dtype is None else leaf for k, leaf, c in zip(places, leaves, columns)]
        names = (names or []) + [defaultfmt % i for i in range(len(names or []), len(own))]
        dtype = np.dtype(list(zip(names, own)))
    elif names is not None:
        dtype = np.dtype([(n, dtype[i]) for i, n in enumerate(names)])
    return np.array([_nested(dtype, iter(row)) for row in zip(*columns)], dtype)


def genfromtxt(fname, dtype=float, comments='#', delimiter=None, skip_header=0, skip_footer=0, converters=None, missing_values=None,
               filling_values=None, usecols=None, names=None, excludelist=None, deletechars=None, replace_space='_', autostrip=False,
               case_sensitive=True, defaultfmt='f%i', unpack=None, usemask=False, loose=True, invalid_raise=True, max_rows=None, encoding=None, *,
               ndmin=0, like=None):
    """Load data from a text file, with missing values handled as specified."""
    import warnings
    if usemask:
        raise NotImplementedError('genfromtxt with masks is not supported yet')
    if max_rows is not None:
        if skip_footer:
            raise ValueError("The keywords 'skip_footer' and 'max_rows' can not be specified at the same time.")
        if max_rows < 1:
            raise ValueError("'max_rows' must be at least 1.")
    guessed = dtype is None
    dtype = None if guessed else np.dtype(dtype)
    source, ours = _opened_text(fname, encoding)
    split = _splitter(delimiter)
    titles = None
    mark = comments.decode('latin1') if isinstance(comments, bytes) else comments
    lines = []
    plain = not (guessed or names or converters or missing_values or filling_values is not None or skip_footer or max_rows) and (delimiter is None or isinstance(delimiter, str))
    try:
        if plain:
            source, file = source if type(source) is list else list(source), source
            columns = None if usecols is None else tuple(usecols) if isinstance(usecols, (list, tuple)) else (usecols,)
            table = None
            if columns is None or all(isinstance(k, int) and k >= 0 for k in columns):
                table = _simple_table(source, dtype, delimiter, () if mark is None else (mark,), skip_header, columns, -1)
            if ours:
                file.close()
                ours = False
            if table is not None:
                return _finished(table, len(table), ndmin, unpack)
        for number, text in enumerate(source, 1):
            if isinstance(text, bytes):
                text = text.decode(encoding or 'latin1')
            if number <= skip_header:
                continue
            text = text.strip('\r\n')
            if names is True and titles is None:
                # The first line names the columns, be it a comment or not.
                head = text.lstrip()
                if mark is not None and head.startswith(mark):
                    text = head[len(mark):]
                elif mark is not None:
                    text = text.partition(mark)[0]
                if text.strip() == '':
                    continue
                titles = [word.strip() for word in split(text)]
                continue
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

    if names is not True and names:
        titles = [n.strip() for n in names.split(',')] if isinstance(names, str) else list(names)
    if (dtype is not None and dtype.names is not None) or titles is not None or (guessed and _mixed(lines, places)) or (dtype is not None and dtype.kind in 'USOmM'):
        array = _columns(lines, places, dtype, titles, converters, filling_values, missing_values, of_column, defaultfmt, excludelist, deletechars,
                         replace_space, case_sensitive)
        array = array.squeeze()
        if array.ndim < ndmin:
            array = array.reshape((1,) * (ndmin - array.ndim) + array.shape)
        if unpack and array.dtype.names is not None:
            return [array[name] for name in array.dtype.names]
        return array.T if unpack else array

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
        array = numbers(dtype)
    return _finished(array, len(lines), ndmin, unpack)


def _finished(array, count, ndmin, unpack):
    """What genfromtxt gives of the numbers in `count` lines."""
    array = array.squeeze()
    if array.ndim < ndmin:
        array = array.reshape((1,) * (ndmin - array.ndim) + array.shape) if count == 1 or ndmin == 1 else array.reshape(-1, 1)
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
    dtype = np.dtype(dtype)
    delimiter = None if sep.isspace() else sep.strip()
    table = _simple_table([string], dtype, delimiter, (), 0, None, -1)
    if table is not None and (count < 0 or table.size == count):
        return table.reshape(-1)
    words = string.split() if sep.isspace() else [w for w in string.split(sep.strip()) if w.strip()]
    if count >= 0:
        if len(words) < count:
            raise ValueError('string is smaller than requested size')
        words = words[:count]
    return np.array([int(w) if dtype.kind in 'iu' else float(w) for w in words], dtype=dtype)


def fromregex(file, regexp, dtype, encoding=None):
    """Construct an array from a text file, using regular expression parsing."""
    import re
    ours = not hasattr(file, 'read')
    if ours:
        file, _ = _opened_text(file, encoding)
    try:
        dtype = np.dtype(dtype)
        if dtype.names is None:
            raise TypeError('dtype must be a structured datatype.')
        content = file.read()
        if isinstance(content, bytes) and isinstance(regexp, str):
            regexp = regexp.encode('latin1')
        elif isinstance(content, str) and isinstance(regexp, bytes):
            regexp = regexp.decode('latin1')
        if not hasattr(regexp, 'match'):
            regexp = re.compile(regexp)
        found = regexp.findall(content)
        if found and not isinstance(found[0], tuple):
            return np.array([(x,) for x in _read(found, dtype[0])], dtype)
        kinds = [dtype[name] for name in dtype.names]
        return np.array([tuple(_read([w], kind)[0] for w, kind in zip(row, kinds)) for row in found], dtype)
    finally:
        if ours:
            file.close()


def _read(words, dtype):
    """Words as values of a dtype."""
    convert = _converter(dtype)
    return [w if dtype.kind in 'US' else convert(w.decode() if isinstance(w, bytes) else w) for w in words]
