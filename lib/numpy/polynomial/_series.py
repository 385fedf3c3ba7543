"""The class of a series with its domain: what Polynomial, Chebyshev and the others have in common."""

import numbers
import os

import _numpy as np
from _numpy import asarray
from numpy.polynomial import polyutils as pu

_SUPERSCRIPTS = str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹')
_SUBSCRIPTS = str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉')


class ABCPolyBase:
    """An abstract base class for immutable series classes."""

    __hash__ = None
    __array_ufunc__ = None
    maxpower = 100
    _use_unicode = os.name != 'nt'
    _family = domain = window = basis_name = None

    def __init__(self, coef, domain=None, window=None, symbol='x'):
        [self.coef] = pu.as_series([coef], trim=False)
        if domain is not None:
            [domain] = pu.as_series([domain], trim=False)
            if len(domain) != 2:
                raise ValueError('Domain has wrong number of elements.')
            self.domain = domain
        if window is not None:
            [window] = pu.as_series([window], trim=False)
            if len(window) != 2:
                raise ValueError('Window has wrong number of elements.')
            self.window = window
        if not isinstance(symbol, str):
            raise TypeError('Symbol must be a non-empty string')
        if not symbol.isidentifier():
            raise ValueError('Symbol string must be a valid Python identifier')
        self._symbol = symbol

    @property
    def symbol(self):
        return self._symbol

    def _like(self, coef):
        return type(self)(coef, self.domain, self.window, self.symbol)

    # -- comparison -------------------------------------------------------------------------------------------------------------
    def has_samecoef(self, other):
        """Check if coefficients match."""
        return len(self.coef) == len(other.coef) and bool(np.all(self.coef == other.coef))

    def has_samedomain(self, other):
        """Check if domains match."""
        return bool(np.all(self.domain == other.domain))

    def has_samewindow(self, other):
        """Check if windows match."""
        return bool(np.all(self.window == other.window))

    def has_sametype(self, other):
        """Check if types match."""
        return isinstance(other, type(self))

    def _coefficients_of(self, other):
        if not isinstance(other, ABCPolyBase):
            return other
        if not isinstance(other, type(self)):
            raise TypeError('Polynomial types differ')
        if not np.all(self.domain == other.domain):
            raise TypeError('Domains differ')
        if not np.all(self.window == other.window):
            raise TypeError('Windows differ')
        if self.symbol != other.symbol:
            raise ValueError('Polynomial symbols differ')
        return other.coef

    def __eq__(self, other):
        return (isinstance(other, type(self)) and bool(np.all(self.domain == other.domain)) and bool(np.all(self.window == other.window))
                and self.coef.shape == other.coef.shape and bool(np.all(self.coef == other.coef)) and self.symbol == other.symbol)

    def __ne__(self, other):
        return not self.__eq__(other)

    # -- text -------------------------------------------------------------------------------------------------------------------
    def __repr__(self):
        coef, domain, window = repr(self.coef)[6:-1], repr(self.domain)[6:-1], repr(self.window)[6:-1]
        return f"{type(self).__name__}({coef}, domain={domain}, window={window}, symbol='{self.symbol}')"

    def __format__(self, spec):
        if spec == '':
            return str(self)
        if spec not in ('ascii', 'unicode'):
            raise ValueError(f"Unsupported format string '{spec}' passed to {type(self)}.__format__. Valid options are 'ascii' and 'unicode'")
        return self._text(spec == 'unicode')

    def __str__(self):
        return self._text(self._use_unicode)

    def _argument(self):
        offset, scale = self.mapparms()
        if offset == 0 and scale == 1:
            return self.symbol
        if offset == 0:
            return f'({pu.format_float(scale, parens=True)}{self.symbol})'
        if scale == 1:
            return f'({pu.format_float(offset, parens=True)} + {self.symbol})'
        return f'({pu.format_float(offset, parens=True)} + {pu.format_float(scale, parens=True)}{self.symbol})'

    def _term(self, power, argument, unicode):
        if self.basis_name is None:
            if unicode:
                return f'·{argument}' + (str(power).translate(_SUPERSCRIPTS) if power > 1 else '')
            return f' {argument}' + (f'**{power}' if power > 1 else '')
        if unicode:
            return f'·{self.basis_name}{str(power).translate(_SUBSCRIPTS)}({argument})'
        return f' {self.basis_name}_{power}({argument})'

    def _text(self, unicode):
        from numpy import get_printoptions
        width = get_printoptions().get('linewidth', 75)
        width = 75 if width < 1 else width
        argument = self._argument()
        lines = [pu.format_float(self.coef[0])]
        for power in range(1, len(self.coef)):
            c = self.coef[power]
            negative = c.dtype.kind != 'c' and not c >= 0
            term = pu.format_float(-c if negative else c, parens=True) + self._term(power, argument, unicode)
            sign = '-' if negative else '+'
            # A sign to follow needs room as well.
            length = len(lines[-1]) + 3 + len(term) + (2 if power < len(self.coef) - 1 else 0)
            if length >= width:
                lines[-1] += f' {sign}'
                lines.append(term)
            else:
                lines[-1] += f' {sign} {term}'
        return '\n'.join(lines)

    def __getstate__(self):
        state = self.__dict__.copy()
        state['coef'], state['domain'], state['window'] = self.coef.copy(), self.domain.copy(), self.window.copy()
        return state

    def __setstate__(self, state):
        self.__dict__ = state

    # -- arithmetic ---------------------------------------------------------------------------------------------------------------
    def __call__(self, arg):
        return self._family.val(pu.mapdomain(arg, self.domain, self.window), self.coef)

    def __iter__(self):
        return iter(self.coef)

    def __len__(self):
        return len(self.coef)

    def __neg__(self):
        return self._like(-self.coef)

    def __pos__(self):
        return self

    def _with(self, operation, other, turned=False):
        if not turned:
            other = self._coefficients_of(other)
        try:
            return self._like(operation(other, self.coef) if turned else operation(self.coef, other))
        except (ValueError, TypeError):
            return NotImplemented

    def __add__(self, other):
        return self._with(self._family.add, other)

    def __sub__(self, other):
        return self._with(self._family.sub, other)

    def __mul__(self, other):
        return self._with(self._family.mul, other)

    def __radd__(self, other):
        return self._with(self._family.add, other, True)

    def __rsub__(self, other):
        return self._with(self._family.sub, other, True)

    def __rmul__(self, other):
        return self._with(self._family.mul, other, True)

    def __truediv__(self, other):
        if not isinstance(other, numbers.Number) or isinstance(other, bool):
            raise TypeError(f"unsupported types for true division: '{type(self)}', '{type(other)}'")
        return self.__floordiv__(other)

    def __rtruediv__(self, other):
        return NotImplemented

    def __floordiv__(self, other):
        found = self.__divmod__(other)
        return found if found is NotImplemented else found[0]

    def __mod__(self, other):
        found = self.__divmod__(other)
        return found if found is NotImplemented else found[1]

    def __divmod__(self, other):
        other = self._coefficients_of(other)
        try:
            quotient, rest = self._family.div(self.coef, other)
        except ZeroDivisionError:
            raise
        except Exception:
            return NotImplemented
        return self._like(quotient), self._like(rest)

    def __rfloordiv__(self, other):
        found = self.__rdivmod__(other)
        return found if found is NotImplemented else found[0]

    def __rmod__(self, other):
        found = self.__rdivmod__(other)
        return found if found is NotImplemented else found[1]

    def __rdivmod__(self, other):
        try:
            quotient, rest = self._family.div(other, self.coef)
        except ZeroDivisionError:
            raise
        except Exception:
            return NotImplemented
        return self._like(quotient), self._like(rest)

    def __pow__(self, other):
        return self._like(self._family.pow(self.coef, other, maxpower=self.maxpower))

    # -- changes ------------------------------------------------------------------------------------------------------------------
    def copy(self):
        """Return a copy."""
        return self._like(self.coef)

    def degree(self):
        """The degree of the series."""
        return len(self) - 1

    def cutdeg(self, deg):
        """Truncate series to the given degree."""
        return self.truncate(deg + 1)

    def trim(self, tol=0):
        """Remove trailing coefficients"""
        return self._like(pu.trimcoef(self.coef, tol))

    def truncate(self, size):
        """Truncate series to length `size`."""
        whole = int(size)
        if whole != size or whole < 1:
            raise ValueError('size must be a positive integer')
        return self._like(self.coef if whole >= len(self.coef) else self.coef[:whole])

    def convert(self, domain=None, kind=None, window=None):
        """Convert series to a different kind and/or domain and/or window."""
        kind = type(self) if kind is None else kind
        domain = kind.domain if domain is None else domain
        window = kind.window if window is None else window
        return self(kind.identity(domain, window=window, symbol=self.symbol))

    def mapparms(self):
        """Return the mapping parameters."""
        return pu.mapparms(self.domain, self.window)

    def integ(self, m=1, k=[], lbnd=None):
        """Integrate."""
        offset, scale = self.mapparms()
        lbnd = 0 if lbnd is None else offset + scale * lbnd
        return self._like(self._family.int(self.coef, m, k, lbnd, 1.0 / scale))

    def deriv(self, m=1):
        """Differentiate."""
        return self._like(self._family.der(self.coef, m, self.mapparms()[1]))

    def roots(self):
        """Return the roots of the series polynomial."""
        return pu.mapdomain(self._family.roots(self.coef), self.window, self.domain)

    def linspace(self, n=100, domain=None):
        """Return x, y values at equally spaced points in domain."""
        from numpy import linspace
        domain = self.domain if domain is None else domain
        x = linspace(domain[0], domain[1], n)
        return x, self(x)

    # -- made anew ----------------------------------------------------------------------------------------------------------------
    @classmethod
    def fit(cls, x, y, deg, domain=None, rcond=None, full=False, w=None, window=None, symbol='x'):
        """Least squares fit to data."""
        if domain is None:
            domain = pu.getdomain(x)
            if domain[0] == domain[1]:
                domain[0] -= 1
                domain[1] += 1
        elif isinstance(domain, list) and len(domain) == 0:
            domain = cls.domain
        window = cls.window if window is None else window
        found = cls._family.fit(pu.mapdomain(asarray(x), domain, window), y, deg, w=w, rcond=rcond, full=full)
        if full:
            return cls(found[0], domain=domain, window=window, symbol=symbol), found[1]
        return cls(found, domain=domain, window=window, symbol=symbol)

    @classmethod
    def fromroots(cls, roots, domain=[], window=None, symbol='x'):
        """Return series instance that has the specified roots."""
        [roots] = pu.as_series([roots], trim=False)
        if domain is None:
            domain = pu.getdomain(roots)
        elif isinstance(domain, list) and len(domain) == 0:
            domain = cls.domain
        window = cls.window if window is None else window
        offset, scale = pu.mapparms(domain, window)
        return cls(cls._family.fromroots(offset + scale * roots) / scale ** len(roots), domain=domain, window=window, symbol=symbol)

    @classmethod
    def identity(cls, domain=None, window=None, symbol='x'):
        """Identity function."""
        domain = cls.domain if domain is None else domain
        window = cls.window if window is None else window
        offset, scale = pu.mapparms(window, domain)
        return cls(cls._family.line(offset, scale), domain, window, symbol)

    @classmethod
    def basis(cls, deg, domain=None, window=None, symbol='x'):
        """Series basis polynomial of degree `deg`."""
        domain = cls.domain if domain is None else domain
        window = cls.window if window is None else window
        degree = int(deg)
        if degree != deg or degree < 0:
            raise ValueError('deg must be non-negative integer')
        return cls([0] * degree + [1], domain, window, symbol)

    @classmethod
    def cast(cls, series, domain=None, window=None):
        """Convert series to series of this class."""
        domain = cls.domain if domain is None else domain
        window = cls.window if window is None else window
        return series.convert(domain, cls, window)
