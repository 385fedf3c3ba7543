"""dtypes from their descriptions (lists, dicts, tuples, "i4,f8"), and how structured ones are written."""

import operator

from _numpy import _structure, _subarray, _with_scalar, dtype, void


def described(spec, align):
    """The dtype that a str, list, tuple or dict describes."""
    if isinstance(spec, str):
        return _from_commas(spec, align)
    if isinstance(spec, tuple):
        return _from_tuple(spec, align)
    if isinstance(spec, dict):
        return _from_dict(spec, align)
    if not isinstance(spec, list):
        raise TypeError(f"Cannot interpret '{spec!r}' as a data type")
    if not spec:
        return _structure([], 0, 1, align)
    fields = []
    for i, item in enumerate(spec):
        if not isinstance(item, tuple) or not 2 <= len(item) <= 3:
            raise TypeError(f'Field elements must be 2- or 3-tuples, got \'{item!r}\'')
        name, title = item[0], None
        if isinstance(name, tuple):
            if len(name) != 2:
                raise TypeError(f'Field elements must be tuples with at most 3 elements, got \'{item!r}\'')
            title, name = name
        if not isinstance(name, str):
            raise TypeError('First element of field tuple is neither a tuple nor str')
        own = _one(item[1], align)
        if len(item) == 3:
            own = _with_shape(own, item[2])
        fields.append((name, title, own))
    return _laid_out(fields, align)


def _one(spec, align):
    return dtype(spec, align) if align and isinstance(spec, (list, dict, tuple)) else dtype(spec)


def _with_shape(base, shape):
    if not isinstance(shape, tuple):
        shape = (operator.index(shape),)
    else:
        shape = tuple(operator.index(n) for n in shape)
    for n in shape:
        if n < 0:
            raise ValueError('invalid shape in fixed-type tuple: dimension smaller than zero.')
    return _subarray(base, shape) if shape else base


def _laid_out(fields, align):
    """Fields one behind the other, at multiples of their alignments if `align`."""
    names, rows, at, widest = set(), [], 0, 1
    for i, (name, title, own) in enumerate(fields):
        if name == '':
            name = f'f{i}'
        if name in names or (title is not None and title in names):
            raise ValueError(f"field '{name}' occurs more than once")
        names.add(name)
        if title is not None:
            names.add(title)
        if align:
            at = -(-at // own.alignment) * own.alignment
            widest = max(widest, own.alignment)
        rows.append((name, title, own, at))
        at += own.itemsize
    return _structure(rows, -(-at // widest) * widest, widest, align)


def _from_commas(text, align):
    """"i4, (2,3)f8, 3U5": a structure of fields f0, f1 …; one alone is a dtype or sub-array."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c == '(' or c == '[':
            depth += 1
        elif c == ')' or c == ']':
            depth -= 1
        elif c == ',' and not depth:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    listed = len(parts) > 1
    if listed and not parts[-1].strip():
        parts.pop()
    found = []
    for part in parts:
        part = part.strip()
        shape = None
        order = ''
        if part[:1] in ('<', '>', '=', '|'):
            order, part = part[0], part[1:]
        if part.startswith('('):
            inside, _, part = part[1:].partition(')')
            shape = tuple(int(n) for n in inside.split(',') if n.strip())
            part = part.strip()
        else:
            digits = len(part) - len(part.lstrip('0123456789'))
            if digits:
                shape, part = int(part[:digits]), part[digits:]
        if part[:1] in ('<', '>', '=', '|'):
            order, part = part[0], part[1:]
        if not part or part[0] in '()[],':
            raise TypeError(f"data type '{text}' not understood" if not listed else f'format number {len(found) + 1} of "{text}" is not recognized')
        try:
            own = dtype(order + part)
        except TypeError:
            if listed:
                raise
            raise TypeError(f"data type '{text}' not understood") from None
        if shape is not None and shape != 1:
            own = _with_shape(own, shape)
        found.append(own)
    if not listed:
        return found[0]
    return _laid_out([(f'f{i}', None, own) for i, own in enumerate(found)], align)


def _from_tuple(spec, align):
    """(dtype, shape), (flexible dtype, length), (dtype, structure over the same bytes)."""
    if len(spec) != 2:
        raise TypeError(f'Tuple must have size 2, but has size {len(spec)}')
    second = spec[1]
    if isinstance(spec[0], type) and issubclass(spec[0], void) and spec[0] is not void:
        return _with_scalar(dtype(second, align), spec[0])
    base = _one(spec[0], align)
    if base.itemsize == 0 and base.kind in 'USV' and base.names is None:
        length = operator.index(second)
        return dtype(f'{base.byteorder if base.byteorder == ">" else ""}{base.char}{length}')
    if base.kind in 'mM' and isinstance(second, tuple):
        return dtype(f'{base.char}8[{second[1]}{second[0]}]')
    if isinstance(second, (int, tuple)) or hasattr(second, '__index__'):
        return _with_shape(base, second)
    other = dtype(second)
    if other.itemsize != base.itemsize:
        raise ValueError('mismatch in size of old and new data-descriptor')
    return other


def _from_dict(spec, align):
    if 'names' not in spec and 'formats' not in spec:
        # {name: (dtype, offset[, title])}
        rows = sorted(((name, row) for name, row in spec.items()), key=lambda pair: pair[1][1])
        spec = {'names': [name for name, _ in rows], 'formats': [row[0] for _, row in rows], 'offsets': [row[1] for _, row in rows]}
        titles = [row[2] if len(row) > 2 else None for _, row in rows]
        if any(titles):
            spec['titles'] = titles
    if 'names' not in spec or 'formats' not in spec:
        raise ValueError("missing required 'names' or 'formats' in the description of a dtype")
    names, formats = list(spec['names']), list(spec['formats'])
    offsets, titles = spec.get('offsets'), spec.get('titles')
    align = bool(spec.get('aligned', align))
    if len(names) > len(formats) or (offsets is not None and len(offsets) != len(names)) or (titles is not None and len(titles) != len(names)):
        raise ValueError("'names', 'formats', 'offsets', and 'titles' dict entries must have the same length")
    formats = [_one(f, align) for f in formats]
    seen, rows, at, widest = set(), [], 0, 1
    for i, (name, own) in enumerate(zip(names, formats)):
        title = titles[i] if titles is not None else None
        if not isinstance(name, str):
            raise TypeError('field names must be strings')
        for one in (name,) if title is None else (name, title):
            if one in seen:
                raise ValueError('name already used as a name or title')
            seen.add(one)
        if align:
            widest = max(widest, own.alignment)
        if offsets is not None:
            offset = operator.index(offsets[i])
            if offset < 0:
                raise ValueError('offset cannot be negative')
            if align and offset % own.alignment:
                raise ValueError(f'offset {offset} for NumPy dtype with fields is not divisible by the field alignment {own.alignment} with align=True')
        else:
            offset = -(-at // own.alignment) * own.alignment if align else at
        rows.append((name, title, own, offset))
        at = max(at, offset + own.itemsize)
    size = -(-at // widest) * widest
    if spec.get('itemsize') is not None:
        size = operator.index(spec['itemsize'])
        if size < at:
            raise ValueError(f"NumPy dtype descriptor requires {at} bytes, cannot override to smaller itemsize of {size}")
        if align and size % widest:
            raise ValueError(f'NumPy dtype descriptor requires alignment of {widest} bytes, which is not divisible into the specified itemsize {size}')
    return _structure(rows, size, widest, align)


def chosen(pair):
    """dtype[['a', 'b']]: those fields where they are."""
    own, names = pair
    rows = []
    for name in names:
        field = own.fields[name]
        rows.append((name, field[2] if len(field) > 2 else None, field[0], field[1]))
    return _structure(rows, own.itemsize, 1, False)


def _packed(own):
    at = 0
    for name in own.names:
        field = own.fields[name]
        if field[1] != at:
            return False
        at += field[0].itemsize
    return at == own.itemsize


def descr(own):
    """What `__array_interface__` and .npy files say of the fields."""
    if own.names is None:
        base, shape = own.subdtype
        return [('', base.descr if base.names else base.str, shape)]
    rows, at = [], 0
    for name in sorted(own.names, key=lambda n: own.fields[n][1]):
        field = own.fields[name]
        inner, offset = field[:2]
        if offset < at:
            raise ValueError('dtype.descr is not defined for types with overlapping or out-of-order fields')
        if offset > at:
            rows.append(('', f'|V{offset - at}'))
        key = (field[2], name) if len(field) > 2 else name
        shape = ()
        at = offset + inner.itemsize
        if inner.subdtype is not None:
            inner, shape = inner.subdtype
        rows.append((key, inner.descr if inner.names is not None else inner.str) + ((shape,) if shape else ()))
    if own.itemsize > at:
        rows.append(('', f'|V{own.itemsize - at}'))
    return rows


def _as_dict(own):
    rows = [own.fields[name] for name in own.names]
    spec = {'names': list(own.names), 'formats': [row[0] for row in rows], 'offsets': [row[1] for row in rows], 'itemsize': own.itemsize}
    if any(len(row) > 2 for row in rows):
        spec['titles'] = [row[2] if len(row) > 2 else None for row in rows]
    return spec


def pickled(own):
    if own.names is None:
        return dtype, (own.subdtype,)
    return dtype, (_as_dict(own), own.isalignedstruct)


def from_state(pair):
    """What a pickle of NumPy says of a dtype after it is made: (version, order, sub-array, names, fields, size, alignment, flags[, unit])."""
    own, state = pair
    order, sub, names, fields = state[1:5]
    if names is not None:
        spec = {'names': list(names), 'formats': [fields[n][0] for n in names], 'offsets': [fields[n][1] for n in names], 'itemsize': state[5]}
        if any(len(fields[n]) > 2 for n in names):
            spec['titles'] = [fields[n][2] if len(fields[n]) > 2 else None for n in names]
        return dtype(spec, bool(state[7] & 0x80 if state[7] > 0 else False))
    if sub is not None:
        return _with_shape(*sub)
    if own.kind in 'mM' and len(state) > 8 and state[8]:
        unit, multiple = state[8][1][:2]
        own = dtype(f'{own.char}8[{multiple}{unit.decode() if isinstance(unit, bytes) else unit}]')
    return own.newbyteorder('>') if order == '>' and own.isnative else own


def _inner(own):
    if own.subdtype is not None:
        base, shape = own.subdtype
        return f'{_inner(base)}, {shape}'
    if own.names is not None:
        return str(own)
    return repr('?' if own.kind == 'b' else own.str.lstrip('|'))


def aligned_repr(own):
    """dtype([…], align=True)."""
    at = 0
    for name in own.names:
        inner, offset = own.fields[name][:2]
        at = -(-at // inner.alignment) * inner.alignment
        if offset != at:
            break
        at += inner.itemsize
    else:
        if -(-at // own.alignment) * own.alignment == own.itemsize:
            rows = ', '.join(f'({(own.fields[n][2], n) if len(own.fields[n]) > 2 else n!r}, {_inner(own.fields[n][0])})' for n in own.names)
            return f'dtype([{rows}], align=True)'
    text = str(own)
    return 'dtype(' + text.replace(", 'aligned': True}", '}') + ', align=True)'


def buffer_format(own, state=None):
    """The format of PEP 3118. `state`: the byte order in force, of fields."""
    if own.names is not None:
        parts, at = [], 0
        state = ['@'] if state is None else state
        for name in sorted(own.names, key=lambda n: own.fields[n][1]):
            inner, offset = own.fields[name][:2]
            if offset > at:
                parts.append('x' * (offset - at) if offset - at < 4 else f'{offset - at}x')
            shape = ''
            at = offset + inner.itemsize
            if inner.subdtype is not None:
                inner, dims = inner.subdtype
                shape = '(' + ','.join(map(str, dims)) + ')'
            text = buffer_format(inner, state)
            if inner.names is None and inner.kind in 'biufc':
                # Aligned fields are native ones.
                order = inner.byteorder if inner.byteorder == '>' else '=' if offset % inner.alignment or own.itemsize % inner.alignment else '@'
                if order != state[0]:
                    state[0] = order
                    text = order + text.lstrip('>')
                else:
                    text = text.lstrip('>')
            parts.append(f'{shape}{text}:{name}:')
        if own.itemsize > at:
            parts.append(f'{own.itemsize - at}x')
        return 'T{' + ''.join(parts) + '}'
    order = '>' if own.byteorder == '>' else ''
    if own.kind == 'S':
        return f'{own.itemsize}s'
    if own.kind == 'U':
        return f'{order}{own.itemsize // 4}w'
    if own.kind == 'V':
        return f'{own.itemsize}x'
    if own.kind in 'mM':
        raise ValueError(f"cannot include dtype '{own.char}' in a buffer")
    if own.kind == 'c':
        return order + 'Z' + {8: 'f', 16: 'd', 32: 'g'}[own.itemsize]
    return order + own.char
