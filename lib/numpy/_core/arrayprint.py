"""How arrays are printed: digits, alignment, line breaks, summaries, and the options that steer them."""

import contextlib

import numpy as np
from _numpy import _date_texts, _shortest_digits, _with_scalar, generic, ndarray

_options = {
    'edgeitems': 3,
    'threshold': 1000,
    'floatmode': 'maxprec',
    'precision': 8,
    'suppress': False,
    'linewidth': 75,
    'nanstr': 'nan',
    'infstr': 'inf',
    'sign': '-',
    'formatter': None,
    'legacy': False,
    'override_repr': None,
}

_typelessdata = [np.int64, np.float64, np.complex128, np.bool]  # whose arrays show no dtype
_FLOAT_MODES = ('fixed', 'unique', 'maxprec', 'maxprec_equal')


def _checked(**given):
    options = {name: value for name, value in given.items() if value is not None}
    if 'floatmode' in options and options['floatmode'] not in _FLOAT_MODES:
        raise ValueError("floatmode option must be one of " + ", ".join(f'"{m}"' for m in _FLOAT_MODES))
    if 'sign' in options and options['sign'] not in ('-', '+', ' '):
        raise ValueError("sign option must be one of ' ', '+', or '-'")
    if 'threshold' in options:
        threshold = options['threshold']
        if not isinstance(threshold, (int, float, generic)):
            raise TypeError("threshold must be numeric")
        if threshold != threshold:
            raise ValueError("threshold must be non-NAN, try sys.maxsize for untruncated representation")
    if 'precision' in options:
        options['precision'] = _index(options['precision'])
    return options


def _index(value):
    try:
        return value.__index__()
    except AttributeError:
        raise TypeError('precision must be an integer') from None


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, suppress=None, nanstr=None,
                     infstr=None, formatter=None, sign=None, floatmode=None, *, legacy=None, override_repr=None):
    """Set printing options."""
    changes = _checked(precision=precision, threshold=threshold, edgeitems=edgeitems, linewidth=linewidth,
                       suppress=suppress, nanstr=nanstr, infstr=infstr, sign=sign, floatmode=floatmode)
    _options.update(changes)
    # These two are reset by every call, as NumPy documents.
    _options['formatter'] = formatter
    _options['override_repr'] = override_repr


def get_printoptions():
    """Return the current print options."""
    return dict(_options)


@contextlib.contextmanager
def printoptions(*args, **kwargs):
    """Context manager for setting print options."""
    saved = dict(_options)
    try:
        set_printoptions(*args, **kwargs)
        yield get_printoptions()
    finally:
        _options.clear()
        _options.update(saved)


# ---- digits -----------------------------------------------------------------------------------------------------------

def _split(digits):
    """The parts of "-d.ddde+xx": sign, digits without the point, exponent."""
    mantissa, _, exponent = digits.partition('e')
    sign = ''
    if mantissa[0] == '-':
        sign, mantissa = '-', mantissa[1:]
    return sign, mantissa.replace('.', ''), int(exponent)


def _positional(value, digits, precision, unique=True):
    """(integer part with sign, fraction) with at most `precision` digits in the fraction, shortest if unique."""
    sign, d, e = _split(digits)
    if not unique or (precision is not None and len(d) - 1 - e > precision):
        whole, _, fraction = ('%.*f' % (precision, value)).partition('.')
        if unique:
            fraction = fraction.rstrip('0')
        return whole, fraction
    if d == '0':
        return sign + '0', ''
    if e < 0:
        return sign + '0', '0' * (-e - 1) + d
    if len(d) <= e + 1:
        return sign + d + '0' * (e + 1 - len(d)), ''
    return sign + d[:e + 1], d[e + 1:]


def _scientific(value, digits, precision, unique=True):
    """(first digit with sign, fraction, exponent with sign and at least two digits)."""
    sign, d, e = _split(digits)
    if not unique or (precision is not None and len(d) - 1 > precision):
        mantissa, _, exponent = ('%.*e' % (precision, value)).partition('e')
        whole, _, fraction = mantissa.partition('.')
        if unique:
            fraction = fraction.rstrip('0')
        return whole, fraction, exponent
    return sign + d[0], d[1:], '%+03d' % e


class _FloatFormat:
    """Prints the elements of a float array in one layout, chosen from all of them."""

    def __init__(self, data, options):
        self.options = options
        precision, mode = options['precision'], options['floatmode']
        if mode == 'unique':
            precision = None
        unique = mode != 'fixed'
        self.sign = options['sign']
        flat = data.ravel()
        if not flat.dtype.isnative:
            flat = flat.astype(flat.dtype.newbyteorder('='))
        values = flat.tolist() if data.dtype.char != 'g' else flat.astype('f8').tolist()
        texts = _shortest_digits(flat)
        finite = [(v, t) for v, t in zip(values, texts) if v - v == 0]
        nonzero = [abs(v) for v, _ in finite if v != 0]
        exponential = False
        if nonzero:
            largest, smallest = max(nonzero), min(nonzero)
            if largest >= 10.0 ** {2: 3, 4: 6}.get(data.dtype.itemsize, 8) or (not options['suppress'] and (smallest < 0.0001 or largest / smallest > 1000.0)):
                exponential = True
        self.exponential = exponential
        self.left = self.right = 0
        self.exponent_digits = -1
        self.precision, self.unique, self.keep_zeros = 0, True, False
        if not finite:
            pass
        elif exponential:
            parts = [_scientific(v, t, precision, unique) for v, t in finite]
            self.left = max(len(p[0]) for p in parts)
            self.exponent_digits = max(len(p[2]) for p in parts) - 1
            if mode == 'fixed':
                self.precision, self.unique = precision, False
                self.right = precision
            else:
                self.precision = self.right = max(len(p[1]) for p in parts)
            self.limit = precision
            self.right += self.exponent_digits + 2
        else:
            parts = [_positional(v, t, precision, unique) for v, t in finite]
            self.left = max(len(p[0]) for p in parts)
            self.right = max(len(p[1]) for p in parts)
            self.limit = precision
            if mode == 'fixed':
                self.precision, self.unique, self.keep_zeros = precision, False, True
                self.right = precision
            else:
                self.precision = self.right
                self.keep_zeros = mode == 'maxprec_equal'
        if self.sign == ' ' and not any(v < 0 or str(v)[0] == '-' for v, _ in finite):
            self.left += 1
        elif self.sign == '+':
            self.left = max([self.left] + [len(p[0]) + (p[0][0] != '-') for p in parts]) if finite else self.left
        if len(finite) != len(values):
            infinite_minus = self.sign != '-' or any(v < 0 and v - v != 0 for v in values)
            offset = self.right + 1
            self.left = max(self.left, len(options['nanstr']) - offset, len(options['infstr']) + infinite_minus - offset)

    def __call__(self, x):
        value = float(x)
        options = self.options
        if value - value != 0:
            if value != value:
                text = ('+' if self.sign == '+' else '') + options['nanstr']
            else:
                text = ('-' if value < 0 else '+' if self.sign == '+' else '') + options['infstr']
            return ' ' * (self.left + self.right + 1 - len(text)) + text
        digits = _shortest_digits(x)[0]
        if self.exponential:
            whole, fraction, exponent = _scientific(value, digits, self.limit if self.unique else self.precision, self.unique)
            if len(fraction) < self.precision:
                # Further digits are the value's own, not zeros (it shows in float32).
                whole, fraction, exponent = _scientific(value, digits, self.precision, False)
            power = exponent[1:]
            power = '0' * (self.exponent_digits - len(power)) + power
            if self.sign == '+' and whole[0] != '-':
                whole = '+' + whole
            return whole.rjust(self.left) + '.' + fraction + 'e' + exponent[0] + power
        whole, fraction = _positional(value, digits, self.limit if self.unique else self.precision, self.unique)
        if self.keep_zeros and len(fraction) < self.right:
            whole, fraction = _positional(value, digits, self.right, False)
        if self.sign == '+' and whole[0] != '-':
            whole = '+' + whole
        return whole.rjust(self.left) + '.' + fraction.ljust(self.right)


class _ComplexFormat:
    """Prints real and imaginary parts, each in the layout chosen from all of its kind."""

    def __init__(self, data, options):
        self.real = _FloatFormat(data.real, options)
        self.imag = _FloatFormat(data.imag, dict(options, sign='+'))

    def __call__(self, x):
        r, i = self.real(x.real), self.imag(x.imag)
        # The j comes right behind the digits; blanks that align them follow it.
        end = len(i.rstrip())
        return r + i[:end] + 'j' + i[end:]


class _IntegerFormat:
    def __init__(self, data, options):
        self.sign = options['sign']
        width = 0
        if data.size:
            low, high = int(data.min()), int(data.max())
            width = max(len(self.text(low)), len(self.text(high)))
        self.width = width

    def text(self, value):
        if self.sign == '+':
            return '%+d' % value
        if self.sign == ' ':
            return '% d' % value
        return '%d' % value

    def __call__(self, x):
        return self.text(int(x)).rjust(self.width)


class _BoolFormat:
    def __init__(self, data, options):
        self.true = ' True' if data.shape != () else 'True'

    def __call__(self, x):
        return self.true if x else 'False'


class _DateFormat:
    """Dates between quotes and spans as numbers, as wide as the widest."""

    def __init__(self, data, options):
        self.dates = data.dtype.kind == 'M'
        # All in the unit of the array.
        texts = [self.text(x) for x in data.ravel()]
        self.width = max(map(len, texts), default=0)

    def text(self, x):
        whole = np.array(x)
        if np.isnat(whole):
            return "'NaT'"
        if self.dates:
            return f"'{_date_texts(whole)[0]}'"
        return str(int(whole.view('int64')))

    def __call__(self, x):
        return self.text(x).rjust(self.width)


class _SubarrayFormat:
    """The items of a sub-array between brackets."""

    def __init__(self, one, options):
        self.one = one

    def __call__(self, a):
        if a.ndim <= 1:
            return '[' + ', '.join(self.one(x) for x in a) + ']'
        return '[' + ', '.join(self(row) for row in a) + ']'


class _StructureFormat:
    """Fields between parentheses, each in the layout chosen from all of its column."""

    def __init__(self, data, options):
        self.formats = []
        for name in data.dtype.names:
            one = _formatter_of(data[name], options)
            if data.dtype[name].shape:
                one = _SubarrayFormat(one, options)
            self.formats.append(one)

    def __call__(self, x):
        texts = [f(field) for f, field in zip(self.formats, x)]
        return f'({texts[0]},)' if len(texts) == 1 else f"({', '.join(texts)})"


def _format_object(x):
    return f'list({x!r})' if type(x) is list else repr(x)


def _format_text(x):
    return repr(x.item())


def _void_scalar_to_string(x, is_repr=True):
    """The text of a structured scalar."""
    options = dict(_options)
    options['formatter'] = {'float_kind': str, **(options['formatter'] or {})}
    text = _StructureFormat(np.array(x), options)(x)
    if not is_repr:
        return text
    name = f'{type(x).__module__}.{type(x).__name__}'.replace('numpy.', 'np.').replace('np.rec.', 'np.')
    return f'{name}({text}, dtype={_with_scalar(x.dtype, None)!s})'


def _formatter_of(data, options):
    kind = data.dtype.kind
    custom = options['formatter']
    if custom:
        chosen = {name: f for name, f in custom.items() if f is not None}
        names = {'b': ['bool'], 'i': ['int'], 'u': ['int'], 'f': ['float', 'longfloat'], 'c': ['complexfloat', 'longcomplexfloat'], 'O': ['object'],
                 'U': ['numpystr'], 'S': ['numpystr'], 'V': ['void'], 'M': ['datetime'], 'm': ['timedelta']}.get(kind, [])
        for name in names[:1]:
            if name in chosen:
                return chosen[name]
        if kind in 'iu' and 'int_kind' in chosen:
            return chosen['int_kind']
        if kind == 'f' and 'float_kind' in chosen:
            return chosen['float_kind']
        if kind == 'c' and 'complex_kind' in chosen:
            return chosen['complex_kind']
        if kind in 'US' and 'str_kind' in chosen:
            return chosen['str_kind']
        if 'all' in chosen:
            return chosen['all']
    if kind == 'b':
        return _BoolFormat(data, options)
    if kind in 'iu':
        return _IntegerFormat(data, options)
    if kind == 'f':
        return _FloatFormat(data, options)
    if kind == 'c':
        return _ComplexFormat(data, options)
    if kind == 'O':
        return _format_object
    if kind in 'US':
        return _format_text
    if kind in 'mM':
        return _DateFormat(data, options)
    if data.dtype.names is not None:
        return _StructureFormat(data, options)
    return str


# ---- layout -----------------------------------------------------------------------------------------------------------

def _edges(a, edge, axis=0):
    """The elements that a summary shows, for choosing the format."""
    if axis == a.ndim:
        return a
    if a.shape[axis] > 2 * edge:
        before = (slice(None),) * axis
        a = np.concatenate((a[before + (slice(None, edge),)], a[before + (slice(-edge, None),)]), axis=axis)
    return _edges(a, edge, axis + 1)


class _Layout:
    def __init__(self, array, format_element, options, separator, width, prefix):
        self.array = array
        self.format = format_element
        self.separator = separator
        self.edge = options['edgeitems']
        self.summary = array.size > options['threshold']

    def places(self, length):
        """Indices along an axis; None stands for what is left out."""
        if self.summary and length > 2 * self.edge:
            return [*range(self.edge), None, *range(length - self.edge, length)]
        return range(length)

    def block(self, a, indent, width):
        if a.ndim == 0:
            return self.format(a[()])
        places = self.places(len(a))
        inner = indent + ' '
        if a.ndim > 1:
            parts = ['...' if i is None else self.block(a[i], inner, width - 1) for i in places]
            joint = self.separator.rstrip() + '\n' * (a.ndim - 1) + indent
            return '[' + joint.join(parts) + ']'
        limit = width - max(len(self.separator.rstrip()), 1)
        lines, line = [], indent
        last = len(places) - 1
        for n, i in enumerate(places):
            word = '...' if i is None else self.format(a[i])
            if i is None or '\n' not in word:
                if len(line) + len(word) > limit and len(line) > len(indent):
                    lines.append(line.rstrip())
                    line = indent
                line += word
            else:
                words = word.splitlines()
                if len(line) + max(map(len, words)) > limit and len(line) > len(indent):
                    lines.append(line.rstrip())
                    line = indent
                hang = line
                line += words[0]
                for more in words[1:]:
                    lines.append(line.rstrip())
                    line = ' ' * len(hang) + more
            if n != last:
                line += self.separator
        lines.append(line)
        return '[' + '\n'.join(lines)[len(indent):] + ']'


def _array2string(a, options, separator=' ', prefix=''):
    data = a
    if a.size > options['threshold']:
        data = _edges(a, options['edgeitems'])
    layout = _Layout(a, _formatter_of(data, options), options, separator, options['linewidth'], prefix)
    return layout.block(a, ' ' + ' ' * len(prefix), options['linewidth'])


def array2string(a, max_line_width=None, precision=None, suppress_small=None, separator=' ', prefix='', *, formatter=None,
                 threshold=None, edgeitems=None, sign=None, floatmode=None, suffix='', legacy=None):
    """Return a string representation of an array."""
    options = dict(_options)
    options.update(_checked(precision=precision, suppress=suppress_small, threshold=threshold, edgeitems=edgeitems,
                            linewidth=max_line_width, sign=sign, floatmode=floatmode))
    if formatter is not None:
        options['formatter'] = formatter
    options['linewidth'] -= len(suffix)
    if a.size == 0:
        return '[]'
    return _array2string(np.asarray(a), options, separator, prefix)


def _dtype_text(dtype):
    """How repr() of an array names its dtype."""
    if dtype.names is not None:
        return str(dtype)
    if dtype.kind in 'USV' or not dtype.isnative:
        return f"'{dtype!s}'"
    name = dtype.name
    return name if name.isalnum() else repr(name)


def array_repr(arr, max_line_width=None, precision=None, suppress_small=None):
    """Return the string representation of an array."""
    name = 'array' if type(arr) is ndarray else type(arr).__name__
    override = _options['override_repr']
    if override is not None:
        return override(arr)
    width = _options['linewidth'] if max_line_width is None else max_line_width
    prefix = name + '('
    if arr.size == 0:
        text = '[]'
    else:
        text = array2string(arr, max_line_width, precision, suppress_small, ', ', prefix, suffix=')')
    extras = []
    if (arr.size == 0 and arr.shape != (0,)) or arr.size > _options['threshold']:
        extras.append(f'shape={arr.shape}')
    if arr.size == 0 or not arr.dtype.isnative or arr.dtype.name not in ('int64', 'float64', 'bool', 'complex128'):
        extras.append(f'dtype={_dtype_text(arr.dtype)}')
    head = prefix + text
    if not extras:
        return head + ')'
    tail = ', '.join(extras) + ')'
    last_line = len(head) + 1 - (head.rfind('\n') + 1)
    space = ' '
    if last_line + len(tail) + 1 > width:
        space = '\n' + ' ' * len(prefix)
    return head + ',' + space + tail


def array_str(a, max_line_width=None, precision=None, suppress_small=None):
    """Return a string representation of the data in an array."""
    if a.shape == ():
        return str(a[()])
    return array2string(a, max_line_width, precision, suppress_small, ' ', '')


_default_array_repr = array_repr
_default_array_str = array_str


def format_float_positional(x, precision=None, unique=True, fractional=True, trim='k', sign=False, pad_left=None,
                            pad_right=None, min_digits=None):
    """Format a floating-point scalar as a decimal string in positional notation."""
    if max(precision or 0, pad_left or 0, pad_right or 0) > 16384:
        raise RuntimeError('Float formatting result too large')
    value = float(x)
    if value - value != 0:
        return repr(value)
    if not fractional and precision is not None and value:
        exponent = _split(_shortest_digits(x)[0])[2]
        precision = max(precision - 1 - exponent, 0)
    whole, fraction = _positional(value, _shortest_digits(x)[0], precision if precision is not None or unique else 17, unique)
    return _trimmed(whole, fraction, precision if not unique else min_digits, trim, sign, pad_left, pad_right)


def _trimmed(whole, fraction, keep, trim, sign, pad_left, pad_right):
    if trim == 'k':
        fraction = fraction + '0' * ((keep or 0) - len(fraction))
        text = whole + '.' + fraction
    else:
        fraction = fraction.rstrip('0')
        fraction += '0' * ((keep or 0) - len(fraction)) if trim == '.' and keep else ''
        if trim == '0' and not fraction:
            fraction = '0'
        text = whole + ('' if trim == '-' and not fraction else '.' + fraction)
    if sign and not text.startswith('-'):
        text = '+' + text
    if pad_left is not None:
        head, dot, rest = text.partition('.')
        text = head.rjust(pad_left) + dot + rest
    if pad_right is not None:
        head, dot, rest = text.partition('.')
        text = head + (dot or ' ') + rest.ljust(pad_right)
    return text


def format_float_scientific(x, precision=None, unique=True, trim='k', sign=False, pad_left=None, exp_digits=None, min_digits=None):
    """Format a floating-point scalar as a decimal string in scientific notation."""
    value = float(x)
    if value - value != 0:
        return repr(value)
    whole, fraction, exponent = _scientific(value, _shortest_digits(x)[0], precision if precision is not None or unique else 17, unique)
    text = _trimmed(whole, fraction, precision if not unique else min_digits, trim, sign, pad_left, None)
    power = exponent[1:]
    return text + 'e' + exponent[0] + '0' * ((exp_digits or 2) - len(power)) + power
