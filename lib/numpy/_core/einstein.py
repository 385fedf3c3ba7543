"""einsum: sums over named axes, two operands at a time as matrix products; and the order in which that is cheapest."""

import math

import _numpy as np
from _numpy import asarray

_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'


def _letter(k):
    return _LETTERS[k] if k < len(_LETTERS) else chr(k + 140)


def _from_lists(arguments):
    """Operands with lists of axes, as text."""
    arguments = list(arguments)
    operands, terms = [], []
    while len(arguments) >= 2:
        operands.append(arguments.pop(0))
        terms.append(arguments.pop(0))

    def text(term):
        result = ''
        for k in term:
            if k is Ellipsis:
                result += '...'
            else:
                try:
                    k = k.__index__()
                except AttributeError:
                    raise TypeError('each subscript must be either an integer or an ellipsis') from None
                if not 0 <= k < 52:
                    raise ValueError('subscript is not within the valid range [0, 52)')
                result += _letter(k)
        return result

    subscripts = ','.join(map(text, terms))
    if arguments:
        subscripts += '->' + text(arguments[0])
    return subscripts, operands


def _parse(subscripts, operands):
    """(terms, output, arrays): a letter for each axis of each operand, and of the result."""
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists((subscripts, *operands))
    arrays = [asarray(x) for x in operands]
    text = subscripts.replace(' ', '')
    for c in text.replace('...', '').replace('->', ''):
        if c != ',' and not c.isalpha():
            if c == '.':
                raise ValueError('einstein sum subscripts string contains a \'.\' that is not part of an ellipsis (\'...\') in operand 0')
            raise ValueError(f'invalid subscript \'{c}\' in einstein sum subscripts string, subscripts must be letters')
    left, arrow, right = text.partition('->')
    terms = left.split(',')
    if len(terms) != len(arrays):
        raise ValueError(f'{"fewer" if len(arrays) > len(terms) else "more"} operands provided to einstein sum function than specified in the subscripts string')
    wide = max([a.ndim - len(t.replace('...', '')) for a, t in zip(arrays, terms) if '...' in t], default=0)
    spare = [chr(0x2460 + i) for i in range(wide)]
    for k, (a, t) in enumerate(zip(arrays, terms)):
        if '...' in t:
            n = a.ndim - len(t) + 3
            if n >= 0:
                terms[k] = t.replace('...', ''.join(spare[wide - n:]))
        elif len(t) < a.ndim:
            raise ValueError("operand has more dimensions than subscripts given in einstein sum, but no '...' ellipsis provided to broadcast the extra dimensions.")
        if len(terms[k]) > a.ndim:
            raise ValueError(f'einstein sum subscripts string contains too many subscripts for operand {k}')
    if arrow:
        if wide and '...' not in right:
            raise ValueError("output has more dimensions than subscripts given in einstein sum, but no '...' ellipsis provided to broadcast the "
                             'extra dimensions.')
        right = right.replace('...', ''.join(spare))
        for c in right:
            if right.count(c) > 1:
                raise ValueError(f"einstein sum subscripts string includes output subscript '{c}' multiple times")
            if not any(c in t for t in terms):
                raise ValueError(f"einstein sum subscripts string included output subscript '{c}' which never appeared in an input")
    else:
        joined = ''.join(terms)
        right = ''.join(spare) + ''.join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in spare))
    return terms, right, arrays


def _check_extents(terms, output, arrays):
    extents = {}
    for k, (a, t) in enumerate(zip(arrays, terms)):
        for c, n in zip(t, a.shape):
            have = extents.setdefault(c, n)
            if have == 1:
                extents[c] = n
            elif n not in (1, have):
                raise ValueError('operands could not be broadcast together with remapped shapes [original->remapped]: '
                                 + ' '.join(f'{_shape(x.shape)}->{_remapped(x.shape, u, output, terms)}' for x, u in zip(arrays, terms)) + ' ')
    return extents


def _shape(shape):
    return '(' + ','.join(map(str, shape)) + (',)' if len(shape) == 1 else ')')


def _remapped(shape, term, output, terms):
    """An operand's shape on the axes of the whole: those of the output, then those that are summed."""
    summed = dict.fromkeys(c for c in ''.join(terms) if c not in output)
    parts = [str(shape[term.index(c)]) if c in term else 'newaxis' for c in (*output, *summed)]
    while parts and parts[0] == 'newaxis':
        parts.pop(0)
    return '(' + ','.join(parts) + ')'


# ---- the cheapest order --------------------------------------------------------------------------------------------------------

def _cost(letters, inner, terms, extents):
    size = math.prod(extents[c] for c in letters)
    return size * (max(1, terms - 1) + inner)


def _contracted(pair, sets, output):
    """(result, what is left, letters summed, all letters) of joining two or more operands."""
    joined, rest = frozenset(), output
    left = []
    for k, letters in enumerate(sets):
        if k in pair:
            joined |= letters
        else:
            left.append(letters)
            rest |= letters
    result = rest & joined
    left.append(result)
    return result, left, joined - result, joined


def _greedy(sets, output, extents, limit):
    """Joins the pair next that shrinks its operands most, and among those the cheapest."""
    n = len(sets)
    if n == 1:
        return [(0,)]
    if n == 2:
        return [(0, 1)]
    _, _, summed, joined = _contracted(range(n), sets, output)
    naive = _cost(joined, bool(summed), n, extents)
    path, total = [], 0
    sets = list(sets)
    for _ in range(n - 1):
        best = None
        pairs = [(i, j) for i in range(len(sets)) for j in range(i + 1, len(sets))]
        for share in (True, False):
            for i, j in pairs:
                if share and sets[i].isdisjoint(sets[j]):
                    continue
                result, left, summed, joined = _contracted((i, j), sets, output)
                size = math.prod(extents[c] for c in result)
                if size > limit:
                    continue
                shrinks = sum(math.prod(extents[c] for c in sets[k]) for k in (i, j)) - size
                cost = _cost(joined, bool(summed), 2, extents)
                if total + cost > naive:
                    continue
                if best is None or (-shrinks, cost) < best[0]:
                    best = (-shrinks, cost), (i, j), left
            if best is not None:
                break
        if best is None:
            path.append(tuple(range(len(sets))))
            break
        path.append(best[1])
        sets = best[2]
        total += best[0][1]
    return path


def _optimal(sets, output, extents, limit):
    """Tries every order."""
    results = [(0, [], list(sets))]
    for _ in range(len(sets) - 1):
        grown = []
        for cost, path, have in results:
            for i in range(len(have)):
                for j in range(i + 1, len(have)):
                    result, left, summed, joined = _contracted((i, j), have, output)
                    if math.prod(extents[c] for c in result) > limit:
                        continue
                    grown.append((cost + _cost(joined, bool(summed), 2, extents), path + [(i, j)], left))
        if not grown:
            path = min(results, key=lambda x: x[0])[1]
            return path + [tuple(range(len(sets) - len(path)))]
        results = grown
    return min(results, key=lambda x: x[0])[1]


def _path(terms, output, extents, optimize):
    sets, result = [frozenset(t) for t in terms], frozenset(output)
    limit = math.inf
    if isinstance(optimize, (tuple, list)) and len(optimize) and optimize[0] == 'einsum_path':
        return [tuple(p) for p in optimize[1:]]
    if isinstance(optimize, (tuple, list)) and len(optimize) == 2 and isinstance(optimize[0], str):
        optimize, limit = optimize[0], int(optimize[1])
    if optimize is True:
        optimize = 'greedy'
    if optimize in (False, None) or len(terms) in (1, 2):
        return [tuple(range(len(terms)))]
    if optimize == 'greedy':
        return _greedy(sets, result, extents, limit)
    if optimize == 'optimal':
        return _optimal(sets, result, extents, limit)
    raise KeyError('Path name %s not found', optimize)


def einsum_path(subscripts, *operands, optimize='greedy', einsum_call=False):
    """Evaluates the lowest cost contraction order for an einsum expression by considering the creation of intermediate arrays."""
    terms, output, arrays = _parse(subscripts, operands)
    extents = _check_extents(terms, output, arrays)
    path = _path(terms, output, extents, optimize)
    sets, have = [frozenset(t) for t in terms], list(terms)
    whole = frozenset().union(*sets)
    naive_inner = sum(map(len, terms)) - len(whole) > 0
    naive = _cost(whole, naive_inner, len(terms), extents)
    cost, scaling, largest, rows = 0, 0, 0, []
    for step, places in enumerate(path):
        places = tuple(sorted(places, reverse=True))
        result, sets, summed, joined = _contracted(places, sets, frozenset(output))
        cost += _cost(joined, bool(summed), len(places), extents)
        largest = max(largest, math.prod(extents[c] for c in result))
        scaling = max(scaling, len(joined))
        taken = [have.pop(k) for k in places]
        made = output if step == len(path) - 1 else ''.join(sorted(result, key=lambda c: (extents[c], c)))
        have.append(made)
        rows.append((len(joined), ','.join(taken) + '->' + made, ','.join(have) + '->' + output))
    cost += 1
    text = (f'  Complete contraction:  {",".join(terms)}->{output}\n'
            f'         Naive scaling:  {len(whole)}\n'
            f'     Optimized scaling:  {scaling}\n'
            f'      Naive FLOP count:  {naive:.3e}\n'
            f'  Optimized FLOP count:  {cost:.3e}\n'
            f'   Theoretical speedup:  {naive / cost:3.3f}\n'
            f'  Largest intermediate:  {largest:.3e} elements\n'
            + '-' * 74 + '\n' + 'scaling                  current                                remaining\n' + '-' * 74)
    for size, current, remaining in rows:
        text += f'\n{size:4d}    {current:>24} {remaining:>40}'
    return ['einsum_path', *path], text


# ---- the sums --------------------------------------------------------------------------------------------------------------------

def einsum(subscripts, *operands, out=None, optimize=False, dtype=None, order='K', casting='safe'):
    """Evaluates the Einstein summation convention on the operands."""
    terms, right, arrays = _parse(subscripts, operands)
    if dtype is not None:
        arrays = [a.astype(dtype, casting=casting) for a in arrays]
    for k in range(len(terms)):
        arrays[k], terms[k] = _diagonal(arrays[k], terms[k], k)
    extents = _check_extents(terms, right, arrays)
    if len(arrays) == 1 and set(terms[0]) == set(right):
        # A view: writing to it writes to the operand.
        result = arrays[0].transpose([terms[0].index(c) for c in right])
        if out is not None:
            out[...] = result
            return out
        return result
    path = _path(terms, right, extents, optimize) if optimize is not False and len(arrays) > 2 else None
    for places in path or ():
        if len(places) != 2:
            break
        i, j = sorted(places)
        b, tb = arrays.pop(j), terms.pop(j)
        a, ta = arrays.pop(i), terms.pop(i)
        made, letters = _contract(a, ta, b, tb, ''.join(terms) + right)
        arrays.append(made)
        terms.append(letters)
    result, have = arrays[0], terms[0]
    for k in range(1, len(arrays)):
        result, have = _contract(result, have, arrays[k], terms[k], ''.join(terms[k + 1:]) + right)
    drop = tuple(i for i, c in enumerate(have) if c not in right)
    if drop:
        result = result.sum(axis=drop)
        have = ''.join(c for c in have if c in right)
    result = asarray(result).transpose([have.index(c) for c in right])
    if out is not None:
        out[...] = result
        return out
    return result[()] if result.ndim == 0 else result


def _diagonal(a, term, operand):
    """One axis for each letter: of repeated ones the diagonal, as a view that can be written to."""
    if len(set(term)) == len(term):
        return a, term
    letters = ''.join(dict.fromkeys(term))
    shape, strides = [], []
    for c in letters:
        extents = {n for n, x in zip(a.shape, term) if x == c}
        if len(extents) > 1:
            raise ValueError(f"dimensions in single operand for collapsing index '{c}' don't match ({min(extents)} != {max(extents)})")
        shape.append(extents.pop())
        strides.append(sum(s for s, x in zip(a.strides, term) if x == c))
    return np._as_strided(a, tuple(shape), tuple(strides)), letters


def _contract(a, ta, b, tb, later):
    """Joins two operands: letters that nobody needs later are summed, as one matrix product."""
    lone = tuple(i for i, c in enumerate(ta) if c not in tb and c not in later)
    if lone:
        a, ta = asarray(a.sum(axis=lone)), ''.join(c for i, c in enumerate(ta) if i not in lone)
    lone = tuple(i for i, c in enumerate(tb) if c not in ta and c not in later)
    if lone:
        b, tb = asarray(b.sum(axis=lone)), ''.join(c for i, c in enumerate(tb) if i not in lone)
    summed = [c for c in ta if c in tb and c not in later]
    batch = [c for c in ta if c in tb and c in later]
    only_a, only_b = [c for c in ta if c not in tb], [c for c in tb if c not in ta]
    if summed and any(a.shape[ta.index(c)] != b.shape[tb.index(c)] for c in summed):
        # An extent of 1 goes with any other.
        wide = [max(a.shape[ta.index(c)], b.shape[tb.index(c)]) for c in summed]
        a = np.broadcast_to(a, [wide[summed.index(c)] if c in summed else n for c, n in zip(ta, a.shape)])
        b = np.broadcast_to(b, [wide[summed.index(c)] if c in summed else n for c, n in zip(tb, b.shape)])
    a = a.transpose([ta.index(c) for c in batch + only_a + summed])
    b = b.transpose([tb.index(c) for c in batch + summed + only_b])
    nb, ns = len(batch), len(summed)
    shape_a, shape_b = a.shape[nb:a.ndim - ns], b.shape[nb + ns:]
    shape_batch = tuple(max(x, y) for x, y in zip(a.shape[:nb], b.shape[:nb]))
    letters = ''.join(batch + only_a + only_b)
    if not summed:
        return a.reshape(a.shape[:nb] + shape_a + (1,) * len(shape_b)) * b.reshape(b.shape[:nb] + (1,) * len(shape_a) + shape_b), letters
    if nb and a.ndim == b.ndim == nb + ns and a.dtype == b.dtype and a.dtype.kind in 'fc' and a.strides[-1] != a.itemsize:
        # The elements of each sum lie apart: all sums at once, in one pass.
        return asarray((a * b).sum(axis=tuple(range(nb, nb + ns)))), letters
    n = math.prod(a.shape[a.ndim - ns:])
    product = np.matmul(a.reshape(a.shape[:nb] + (math.prod(shape_a), n)), b.reshape(b.shape[:nb] + (n, math.prod(shape_b))))
    return asarray(product).reshape(shape_batch + shape_a + shape_b), letters
