"""Structured arrays: their fields renamed, dropped, added, joined, and turned into plain arrays and back."""

import itertools
import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

__all__ = [
    'append_fields', 'apply_along_fields', 'assign_fields_by_name', 'drop_fields', 'find_duplicates', 'flatten_descr', 'get_fieldstructure', 'get_names',
    'get_names_flat', 'join_by', 'merge_arrays', 'rec_append_fields', 'rec_drop_fields', 'rec_join', 'recursive_fill_fields', 'rename_fields',
    'repack_fields', 'require_fields', 'stack_arrays', 'structured_to_unstructured', 'unstructured_to_structured']


# ---- what fields there are -------------------------------------------------------------------------------------------------

def _get_fieldspec(dtype):
    """(name, or (title, name), and dtype) of each field; one nameless field for a plain dtype."""
    if dtype.names is None:
        return [('', dtype)]
    fields = ((name, dtype.fields[name]) for name in dtype.names)
    return [(name if len(f) == 2 else (f[2], name), f[0]) for name, f in fields]


def get_names(adtype):
    """Returns the field names of the input datatype as a tuple."""
    return tuple((name, get_names(adtype[name])) if adtype[name].names is not None else name for name in adtype.names)


def get_names_flat(adtype):
    """Returns the field names of the input datatype as a tuple, those of nested structures after their own."""
    names = []
    for name in adtype.names:
        names.append(name)
        if adtype[name].names is not None:
            names.extend(get_names_flat(adtype[name]))
    return tuple(names)


def flatten_descr(ndtype):
    """Flatten a structured data-type description."""
    if ndtype.names is None:
        return (('', ndtype),)
    flat = []
    for name in ndtype.names:
        kind = ndtype[name]
        flat.extend(flatten_descr(kind) if kind.names is not None else [(name, kind)])
    return tuple(flat)


def get_fieldstructure(adtype, lastname=None, parents=None):
    """Returns a dictionary with fields indexing lists of their parent fields."""
    if parents is None:
        parents = {}
    for name in adtype.names:
        above = [] if lastname is None else parents.get(lastname, []) + [lastname]
        parents[name] = above
        if adtype[name].names is not None:
            get_fieldstructure(adtype[name], name, parents)
    return parents


def _zip_dtype(seqarrays, flatten=False):
    """The dtype of several arrays' fields side by side."""
    spec = []
    for a in seqarrays:
        names = a.dtype.names
        if flatten:
            spec.extend(flatten_descr(a.dtype))
        elif names is not None and len(names) == 1:
            spec.extend(_get_fieldspec(a.dtype))
        else:
            spec.append(('', a.dtype))
    return np.dtype(spec)


def _zip_descr(seqarrays, flatten=False):
    return _zip_dtype(seqarrays, flatten).descr


# ---- plain and masked results ----------------------------------------------------------------------------------------------

def _finished(output, usemask=True, asrecarray=False):
    """A result as the caller wants it: masked or filled, with fields as attributes or not."""
    import numpy.ma as ma
    if not isinstance(output, ma.MaskedArray):
        usemask = False
    if usemask:
        if asrecarray:
            from numpy.ma.mrecords import MaskedRecords
            output = output.view(MaskedRecords)
    else:
        output = ma.filled(output)
        if asrecarray:
            output = output.view(np.recarray)
    return output


def _fix_defaults(output, defaults=None):
    """Fills what is masked by the defaults of fields."""
    names, data, mask, filler = output.dtype.names, output.data, output.mask, output.fill_value
    for name, value in (defaults or {}).items():
        if name in names:
            filler[name] = value
            data[name][mask[name]] = value
    return output


def recursive_fill_fields(input, output):
    """Fills fields from output with fields from input, with support for nested structures."""
    kind = output.dtype
    for name in kind.names:
        try:
            current = input[name]
        except ValueError:
            continue
        if current.dtype.names is not None:
            recursive_fill_fields(current, output[name])
        else:
            output[name][:len(current)] = current
    return output


def _filler(a, fill_value):
    """What stands for missing elements of an array."""
    if a.dtype.names is None or len(a.dtype) == 0:
        return np.array(fill_value, dtype=a.dtype)[()] if fill_value is not None else a.dtype.type()
    return np.array(tuple(_filler(np.empty(0, a.dtype[name]), fill_value) for name in a.dtype.names), a.dtype)[()]


def merge_arrays(seqarrays, fill_value=-1, flatten=False, usemask=False, asrecarray=False):
    """Merge arrays field by field."""
    import numpy.ma as ma
    if isinstance(seqarrays, (tuple, list)) and len(seqarrays) == 1:
        seqarrays = np.asanyarray(seqarrays[0])
    if isinstance(seqarrays, (np.ndarray, np.void)):
        kind = seqarrays.dtype
        if kind.names is None:
            kind = np.dtype([('', kind)])
        if not flatten or _zip_dtype((seqarrays,), flatten=True) == kind:
            seqarrays = seqarrays.ravel()
            made = seqarrays.view(ma.MaskedArray if usemask else np.ndarray) if not isinstance(seqarrays, ma.MaskedArray) or usemask else seqarrays.filled()
            made = made.view(dtype=kind) if made.dtype != kind else made
            return _finished(made, usemask, asrecarray)
        seqarrays = (seqarrays,)
    else:
        seqarrays = tuple(np.asanyarray(a) for a in seqarrays)
    n = max(a.size for a in seqarrays)
    kind = _zip_dtype(seqarrays, flatten=flatten)
    data, masks = np.zeros(n, kind), np.zeros(n, ma.make_mask_descr(kind))
    at = 0
    for a in seqarrays:
        flat = a.ravel()
        whole = np.empty(n, flat.dtype)
        whole[:flat.size] = ma.getdata(flat)
        if flat.size < n:
            whole[flat.size:] = _filler(flat, a.fill_value if isinstance(a, ma.MaskedArray) and a.dtype.names is None else fill_value)
        gone = np.ones(n, ma.make_mask_descr(flat.dtype)) if flat.dtype.names is None else np.full(n, _truths(flat.dtype), ma.make_mask_descr(flat.dtype))
        gone[:flat.size] = ma.getmaskarray(flat)
        if flatten:
            for leaf, leaf_mask in zip(_leaves(whole), _leaves(gone)):
                data[kind.names[at]], masks[kind.names[at]] = leaf, leaf_mask
                at += 1
        else:
            single = flat.dtype.names is not None and len(flat.dtype.names) == 1
            data[kind.names[at]] = whole[flat.dtype.names[0]] if single else whole
            masks[kind.names[at]] = gone[flat.dtype.names[0]] if single else gone
            at += 1
    if usemask:
        return _finished(ma.array(data, mask=masks), True, asrecarray)
    return _finished(data, False, asrecarray)


def _truths(kind):
    """True for every leaf of a dtype."""
    if kind.names is not None:
        return tuple(_truths(kind[name]) for name in kind.names)
    return True


def _leaves(a):
    if a.dtype.names is None:
        yield a
    else:
        for name in a.dtype.names:
            yield from _leaves(a[name])


def drop_fields(base, drop_names, usemask=True, asrecarray=False):
    """Return a new array with fields in `drop_names` dropped."""
    drop_names = {drop_names} if isinstance(drop_names, str) else set(drop_names)

    def kept(kind):
        spec = []
        for name in kind.names:
            if name in drop_names:
                continue
            if kind[name].names is not None:
                inner = kept(kind[name])
                if inner:
                    spec.append((name, inner))
            else:
                spec.append((name, kind[name]))
        return spec

    output = np.empty(base.shape, dtype=kept(base.dtype))
    return _finished(recursive_fill_fields(base, output), usemask, asrecarray)


def rec_drop_fields(base, drop_names):
    """Returns a new numpy.recarray with fields in `drop_names` dropped."""
    return drop_fields(base, drop_names, usemask=False, asrecarray=True)


def rename_fields(base, namemapper):
    """Rename the fields from a flexible-datatype ndarray or recarray."""
    def renamed(kind):
        spec = []
        for name in kind.names:
            new = namemapper.get(name, name)
            spec.append((new, renamed(kind[name])) if kind[name].names is not None else (new, kind[name]))
        return spec
    return base.view(renamed(base.dtype))


def append_fields(base, names, data, dtypes=None, fill_value=-1, usemask=True, asrecarray=False):
    """Add new fields to an existing array."""
    import numpy.ma as ma
    if isinstance(names, (tuple, list)):
        if len(names) != len(data):
            raise ValueError('The number of arrays does not match the number of names')
    elif isinstance(names, str):
        names, data = [names], [data]
    if dtypes is None:
        data = [np.array(a, copy=None, subok=True) for a in data]
        data = [a.view([(name, a.dtype)]) for name, a in zip(names, data)]
    else:
        if not isinstance(dtypes, (tuple, list)):
            dtypes = [dtypes]
        if len(data) != len(dtypes):
            if len(dtypes) != 1:
                raise ValueError('The dtypes argument must be None, a dtype, or a list.')
            dtypes = dtypes * len(data)
        data = [np.array(a, copy=None, subok=True, dtype=d).view([(n, d)]) for a, n, d in zip(data, names, dtypes)]
    base = merge_arrays(base, usemask=usemask, fill_value=fill_value)
    data = merge_arrays(data, flatten=True, usemask=usemask, fill_value=fill_value) if len(data) > 1 else data.pop()
    output = ma.masked_all(max(len(base), len(data)), dtype=_get_fieldspec(base.dtype) + _get_fieldspec(data.dtype))
    output = recursive_fill_fields(base, output)
    output = recursive_fill_fields(data, output)
    return _finished(output, usemask, asrecarray)


def rec_append_fields(base, names, data, dtypes=None):
    """Add new fields to an existing array."""
    return append_fields(base, names, data=data, dtypes=dtypes, asrecarray=True, usemask=False)


# ---- layout and conversion -------------------------------------------------------------------------------------------------

def repack_fields(a, align=False, recurse=False):
    """Re-pack the fields of a structured array or dtype in memory."""
    if not isinstance(a, np.dtype):
        return a.astype(repack_fields(a.dtype, align=align, recurse=recurse), copy=False)
    if a.names is None:
        return a
    spec = []
    for name in a.names:
        field = a.fields[name]
        kind = repack_fields(field[0], align=align, recurse=True) if recurse else field[0]
        spec.append(((field[2], name) if len(field) == 3 else name, kind))
    return np.dtype((a.type, np.dtype(spec, align=align)))


def _fields_of(kind, offset=0):
    """(base dtype, number, offset) of each leaf of a dtype."""
    def leaves_of(field):
        count = 1
        while field.subdtype is not None:
            count *= math.prod(field.subdtype[1])
            field = field.subdtype[0]
        return field, count

    found = []
    for name in kind.names:
        field = kind.fields[name]
        base, count = leaves_of(field[0])
        if base.names is None:
            found.append((base, count, field[1] + offset))
        else:
            for i in range(count):
                found.extend(_fields_of(base, field[1] + offset + i * base.itemsize))
    return found


def _uniform_step(fields):
    """The distance between the leaves of a dtype if it is the same between all."""
    step, at = None, None
    for base, count, offset in fields:
        if count > 1:
            if step is None:
                step = base.itemsize
            elif step != base.itemsize:
                return None
        if at is not None:
            if step is None:
                step = offset - at
            elif offset != at + step:
                return None
        at = offset + (count - 1) * base.itemsize
    return step if step is not None else 0


def _leaf_names(n):
    return [f'f{i}' for i in range(n)]


def structured_to_unstructured(arr, dtype=None, copy=False, casting='unsafe'):
    """Converts an n-D structured array into an (n+1)-D unstructured array."""
    if arr.dtype.names is None:
        raise ValueError('arr must be a structured array')
    fields = _fields_of(arr.dtype)
    if not fields and dtype is None:
        raise ValueError('arr has no fields. Unable to guess dtype')
    if not fields:
        raise NotImplementedError('arr has no fields. Unable to guess dtype')
    kinds = [base for base, _, _ in fields]
    out_dtype = np.result_type(*(kind.base for kind in kinds)) if dtype is None else np.dtype(dtype)
    same = all(kind == out_dtype for kind in kinds)
    step = _uniform_step(fields)
    if same and not copy and step is not None and not out_dtype.hasobject and type(arr) in (np.ndarray, np.recarray, np.memmap):
        memory = arr.view(np.ndarray)
        while isinstance(memory.base, np.ndarray):
            memory = memory.base
        start = arr.__array_interface__['data'][0] - memory.__array_interface__['data'][0] + fields[0][2]
        view = np.ndarray(arr.shape + (1,), out_dtype, memory, start, arr.strides + (out_dtype.itemsize,))
        view = as_strided(view, shape=arr.shape + (sum(count for _, count, _ in fields),), strides=arr.strides + (step,))
        return view.view(type(arr))
    # One field a leaf, all of the result's dtype, without gaps: then a view of that.
    names = _leaf_names(len(fields))
    spread = np.dtype({'names': names, 'formats': [(base, (count,)) if count > 1 else base for base, count, _ in fields],
                       'offsets': [offset for _, _, offset in fields], 'itemsize': arr.dtype.itemsize})
    arr = arr.view(spread)
    packed = np.dtype([(name, out_dtype, (count,)) for name, (_, count, _) in zip(names, fields)])
    arr = arr.astype(packed, copy=copy, casting=casting)
    return arr.view((out_dtype, (sum(count for _, count, _ in fields),)))


def unstructured_to_structured(arr, dtype=None, names=None, align=False, copy=False, casting='unsafe'):
    """Converts an n-D unstructured array into an (n-1)-D structured array."""
    if arr.shape == ():
        raise ValueError('arr must have at least one dimension')
    n = arr.shape[-1]
    if n == 0:
        raise NotImplementedError('last axis with size 0 is not supported')
    if dtype is None:
        names = _leaf_names(n) if names is None else names
        out_dtype = np.dtype([(name, arr.dtype) for name in names], align=align)
        fields = _fields_of(out_dtype)
    else:
        if names is not None:
            raise ValueError("don't supply both dtype and names")
        dtype = np.dtype(dtype)
        fields = _fields_of(dtype)
        if n != sum(count for _, count, _ in fields):
            raise ValueError('The length of the last dimension of arr must be equal to the number of fields in dtype')
        out_dtype = dtype
        if align and not out_dtype.isalignedstruct:
            raise ValueError('align was True but dtype is not aligned')
    names = _leaf_names(len(fields))
    packed = np.dtype([(name, arr.dtype, (count,)) for name, (_, count, _) in zip(names, fields)])
    arr = np.ascontiguousarray(arr).view(packed)
    spread = np.dtype({'names': names, 'formats': [(base, (count,)) if count > 1 else base for base, count, _ in fields],
                       'offsets': [offset for _, _, offset in fields], 'itemsize': out_dtype.itemsize})
    return arr.astype(spread, copy=copy, casting=casting).view(out_dtype)[..., 0]


def apply_along_fields(func, arr):
    """Apply function 'func' as a reduction across fields of a structured array."""
    if arr.dtype.names is None:
        raise ValueError('arr must be a structured array')
    return func(structured_to_unstructured(arr), axis=-1)


def assign_fields_by_name(dst, src, zero_unassigned=True):
    """Assigns values from one structured array to another by field name."""
    if dst.dtype.names is None:
        dst[...] = src
        return
    for name in dst.dtype.names:
        if name not in src.dtype.names:
            if zero_unassigned:
                dst[name] = 0
        else:
            assign_fields_by_name(dst[name], src[name], zero_unassigned)


def require_fields(array, required_dtype):
    """Casts a structured array to a new dtype using assignment by field-name."""
    out = np.empty(array.shape, dtype=required_dtype)
    assign_fields_by_name(out, array)
    return out


# ---- tables: stacked, searched, joined -------------------------------------------------------------------------------------

def stack_arrays(arrays, defaults=None, usemask=True, asrecarray=False, autoconvert=False):
    """Superposes arrays fields by fields"""
    import numpy.ma as ma
    if isinstance(arrays, np.ndarray):
        return arrays
    if len(arrays) == 1:
        return arrays[0]
    arrays = [np.asanyarray(a).ravel() for a in arrays]
    counts = [len(a) for a in arrays]
    all_names = [a.dtype.names for a in arrays]
    spec = _get_fieldspec(arrays[0].dtype)
    known = [name for name, _ in spec]
    for a in arrays[1:]:
        for name, kind in _get_fieldspec(a.dtype):
            if name not in known:
                spec.append((name, kind))
                known.append(name)
            else:
                at = known.index(name)
                before = spec[at][1]
                if autoconvert:
                    spec[at] = (name, max(kind, before))
                elif kind != before:
                    raise TypeError(f"Incompatible type '{before}' <> '{kind}'")
    if len(spec) == 1 and spec[0][0] == '':
        output = ma.concatenate(arrays)
    else:
        output = ma.masked_all((sum(counts),), [(name or f'f{i}', kind) if not isinstance(name, tuple) else (name, kind) for i, (name, kind) in enumerate(spec)])
        ends = list(itertools.accumulate(counts))
        for a, names, end, count in zip(arrays, all_names, ends, counts):
            if names is None:
                output[f'f{known.index("")}'][end - count:end] = a
            else:
                for name in names:
                    output[name][end - count:end] = a[name]
    return _finished(_fix_defaults(output, defaults) if output.dtype.names else output, usemask, asrecarray)


def find_duplicates(a, key=None, ignoremask=True, return_index=False):
    """Find the duplicates in a structured array along a given key"""
    import numpy.ma as ma
    a = np.asanyarray(a).ravel()
    base = a
    if key:
        for name in get_fieldstructure(a.dtype)[key]:
            base = base[name]
        base = base[key]
    order = base.argsort()
    ordered = base[order]
    values = ma.filled(ordered)
    same = np.array([x == y for x, y in zip(values[:-1], values[1:])], dtype=bool)
    duplicate = np.concatenate(([False], same))
    if ignoremask:
        gone = np.array([_any_masked(x) for x in np.ravel(ma.getmaskarray(ordered))], dtype=bool)
        duplicate[gone] = False
    duplicate[:-1] |= duplicate[1:]
    found = a[order][duplicate]
    return (found, order[duplicate]) if return_index else found


def _any_masked(mark):
    return any(map(_any_masked, mark)) if isinstance(mark, (tuple, np.void)) and getattr(mark, 'dtype', None) is not None and mark.dtype.names else bool(np.any(mark))


def join_by(key, r1, r2, jointype='inner', r1postfix='1', r2postfix='2', defaults=None, usemask=True, asrecarray=False):
    """Join arrays `r1` and `r2` on key `key`."""
    import numpy.ma as ma
    if jointype not in ('inner', 'outer', 'leftouter'):
        raise ValueError("The 'jointype' argument should be in 'inner', 'outer' or 'leftouter' (got '%s' instead)" % jointype)
    key = (key,) if isinstance(key, str) else key
    if len(set(key)) != len(key):
        raise ValueError(f'duplicate join key {next(x for n, x in enumerate(key) if x in key[n + 1:])!r}')
    for name in key:
        for which, r in (('r1', r1), ('r2', r2)):
            if name not in r.dtype.names:
                raise ValueError(f'{which} does not have key field {name!r}')
    r1, r2 = r1.ravel(), r2.ravel()
    n1 = len(r1)
    names1, names2 = r1.dtype.names, r2.dtype.names
    clashing = (set(names1) & set(names2)).difference(key)
    if clashing and not (r1postfix or r2postfix):
        raise ValueError('r1 and r2 contain common names, r1postfix and r2postfix can not both be empty')
    order1 = [name for name in names1 if name in key]
    keys1, keys2 = _keep_fields(r1, order1), _keep_fields(r2, order1)
    both = ma.concatenate((keys1, keys2))
    order = both.argsort(order=order1)
    both = both[order]
    same = np.concatenate((np.array(both[1:] == both[:-1], dtype=bool), [False]))
    same[1:] = same[:-1] | same[1:]
    if len(same):
        same[0] = bool(len(same) > 1 and same[1] and both[0] == both[1])
    chosen = order[same]
    at1, at2 = chosen[chosen < n1], chosen[chosen >= n1] - n1
    r1cmn, r2cmn = len(at1), len(at2)
    if jointype == 'inner':
        spare1 = spare2 = 0
    else:
        rest = order[~same]
        at1 = np.concatenate((at1, rest[rest < n1]))
        spare1 = len(at1) - r1cmn
        spare2 = 0
        if jointype == 'outer':
            at2 = np.concatenate((at2, rest[rest >= n1] - n1))
            spare2 = len(at2) - r2cmn
    s1, s2 = r1[at1], r2[at2]
    spec = _get_fieldspec(keys1.dtype)
    for name, kind in _get_fieldspec(r1.dtype):
        if name not in key:
            spec.append((name, kind))
    for name, kind in _get_fieldspec(r2.dtype):
        names = [n for n, _ in spec]
        if name not in names:
            spec.append((name, kind))
            continue
        at = names.index(name)
        if name in key:
            spec[at] = (name, max(kind, spec[at][1]))
        else:
            spec[at:at + 1] = [(name + r1postfix, spec[at][1]), (name + r2postfix, kind)]
    output = ma.masked_all((r1cmn + spare1 + spare2,), dtype=[tuple(x) for x in spec])
    names = output.dtype.names
    for f in names1:
        selected = s1[f]
        if f not in names or (f in names2 and not r1postfix and f not in key):
            f += r1postfix
        current = output[f]
        current[:r1cmn] = selected[:r1cmn]
        if jointype in ('outer', 'leftouter'):
            current[r1cmn:r1cmn + spare1] = selected[r1cmn:]
    for f in names2:
        selected = s2[f]
        if f not in names or (f in names1 and not r2postfix and f not in key):
            f += r2postfix
        current = output[f]
        current[:r2cmn] = selected[:r2cmn]
        if jointype == 'outer' and spare2:
            current[-spare2:] = selected[r2cmn:]
    output.sort(order=list(key))
    return _finished(_fix_defaults(output, defaults), usemask, asrecarray)


def _keep_fields(base, keep):
    """The fields `keep`, in their order, as an array of their own."""
    output = np.empty(base.shape, dtype=[(name, base.dtype[name]) for name in keep])
    return recursive_fill_fields(base, output)


def rec_join(key, r1, r2, jointype='inner', r1postfix='1', r2postfix='2', defaults=None):
    """Join arrays `r1` and `r2` on keys."""
    return join_by(key, r1, r2, jointype=jointype, r1postfix=r1postfix, r2postfix=r2postfix, defaults=defaults, usemask=False, asrecarray=True)
