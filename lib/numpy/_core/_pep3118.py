"""Dtypes from the formats that buffers have (PEP 3118)."""

import math
import re

from _numpy import dtype

_NATIVE = {'?': '?', 'c': 'S1', 'b': 'b', 'B': 'B', 'h': 'h', 'H': 'H', 'i': 'i', 'I': 'I', 'l': 'l', 'L': 'L', 'q': 'q', 'Q': 'Q', 'n': 'p', 'N': 'P', 'e': 'e',
           'f': 'f', 'd': 'd', 'g': 'g', 'Zf': 'F', 'Zd': 'D', 'Zg': 'G', 's': 'S', 'w': 'U', 'O': 'O', 'x': 'V'}
_STANDARD = _NATIVE | {'h': 'i2', 'H': 'u2', 'i': 'i4', 'I': 'u4', 'l': 'i4', 'L': 'u4', 'q': 'i8', 'Q': 'u8'}
_REFUSED = {'u': 'UCS-2 strings', '&': 'pointers', 't': 'bitfields', 'X': 'function pointers'}


class _Reader:
    def __init__(self, text):
        self.text, self.at, self.order = text, 0, '@'

    def take(self, pattern):
        found = re.compile(pattern).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def structure(self, inner):
        """The dtype up to the closing brace or the end, and its alignment."""
        fields, offset, common = [], 0, 1
        while self.at < len(self.text):
            if inner and self.take(r'\}'):
                break
            shape = self.take(r'\(([^)]*)\)')
            shape = tuple(int(n) for n in shape.group(1).split(',')) if shape else None
            order = self.take('[@=<>^!]')
            if order:
                self.order = '>' if order.group() == '!' else order.group()
            native = self.order in '@^'
            count = self.take(r'\d+')
            count = int(count.group()) if count else 1
            padding = False
            if self.take(r'T\{'):
                value, align = self.structure(True)
            else:
                code = self.take('Z?.')
                code = code.group() if code else ''
                if code in _REFUSED:
                    raise NotImplementedError(f'Unrepresentable PEP 3118 data type {code!r} ({_REFUSED[code]})')
                if code not in _NATIVE:
                    raise ValueError(f'Unknown PEP 3118 data type specifier {self.text[self.at - len(code):]!r}')
                kind = (_NATIVE if native else _STANDARD)[code]
                padding = code == 'x'
                if code in 'swx':
                    kind, count = f'{kind}{count}', 1
                value = dtype(kind)
                if self.order in '<>':
                    value = value.newbyteorder(self.order)
                align = value.alignment
            after = 0
            if self.order == '@':
                offset += -offset % align
                rest = -value.itemsize % align
                if rest and (count != 1 or shape is not None and math.prod(shape) > 0):
                    value = dtype({'names': list(value.names), 'formats': [value.fields[n][0] for n in value.names],
                                   'offsets': [value.fields[n][1] for n in value.names], 'itemsize': value.itemsize + rest})
                else:
                    after = rest
                common = math.lcm(common, align)
            if count != 1:
                value = dtype((value, (count,)))
            if shape is not None:
                value = dtype((value, shape))
            name = self.take(':([^:]*):')
            name = name.group(1) if name else None
            if not padding or name is not None:
                if name is not None and any(name == other for other, _, _ in fields):
                    raise RuntimeError(f"Duplicate field name '{name}' in PEP3118 format")
                fields.append((name, value, offset))
            offset += value.itemsize + after
        if self.order == '@':
            offset += -offset % common
        if len(fields) == 1 and fields[0][0] is None and fields[0][2] == 0 and not inner and offset == fields[0][1].itemsize:
            return fields[0][1], common
        names, free = [name for name, _, _ in fields], 0
        for i, name in enumerate(names):
            if name is None:
                while f'f{free}' in names:
                    free += 1
                names[i] = f'f{free}'
        return dtype({'names': names, 'formats': [value for _, value, _ in fields], 'offsets': [at for _, _, at in fields], 'itemsize': offset}), common


def _dtype_from_pep3118(spec):
    """The dtype of a buffer's format."""
    return _Reader(re.sub(r'\s', '', spec)).structure(False)[0]
