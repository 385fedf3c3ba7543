"""A family of polynomials, by what tells it from others: the recurrence x P_k = up P_(k+1) + middle P_k + down P_(k-1), and how
coefficients change under differentiation and integration. Everything else follows from these."""

import math

import _numpy as np
from _numpy import asarray
from numpy.polynomial import polyutils
from numpy.polynomial.polyutils import as_series, trimseq


class Family:
    """The functions of a family; `functions()` gives them the names of its module."""

    def __init__(self, prefix, recurrence, derivative, integral, domain=(-1.0, 1.0)):
        self.prefix, self.recurrence = prefix, recurrence
        self._derivative, self._integral = derivative, integral
        self.domain = np.array(domain)

    # -- arithmetic --------------------------------------------------------------------------------------------------------
    def line(self, off, scl):
        """Series whose graph is a straight line."""
        up, middle, _ = self.recurrence(0)
        if scl == 0:
            return np.array([off])
        return np.array([off + scl * middle, scl * up]) if middle else np.array([off, scl * up] if up != 1 else [off, scl])

    def add(self, c1, c2):
        """Add one series to another."""
        c1, c2 = as_series([c1, c2])
        if len(c1) < len(c2):
            c1, c2 = c2, c1
        c1[:len(c2)] += c2
        return trimseq(c1)

    def sub(self, c1, c2):
        """Subtract one series from another."""
        c1, c2 = as_series([c1, c2])
        if len(c1) > len(c2):
            c1[:len(c2)] -= c2
            return trimseq(c1)
        c2 = -c2
        c2[:len(c1)] += c1
        return trimseq(c2)

    def mulx(self, c):
        """Multiply a series by x."""
        [c] = as_series([c])
        if len(c) == 1 and c[0] == 0:
            return c
        return self._mulx(c)

    def _mulx(self, c):
        n = len(c)
        out = np.zeros(n + 1, c.dtype)
        for k in range(n):
            up, middle, down = self.recurrence(k)
            out[k + 1] += c[k] * up
            if middle:
                out[k] += c[k] * middle
            if k and down:
                out[k - 1] += c[k] * down
        return out

    def mul(self, c1, c2):
        """Multiply one series by another."""
        c1, c2 = as_series([c1, c2])
        if len(c1) > len(c2):
            c1, c2 = c2, c1
        # Clenshaw's scheme, in which x is the operator that multiplies by x.
        later, latest = np.zeros(1, c1.dtype), np.zeros(1, c1.dtype)
        for k in range(len(c1) - 1, -1, -1):
            up, middle, _ = self.recurrence(k)
            up_next, _, down_next = self.recurrence(k + 1)
            now = self.add(c1[k] * c2, self.sub(self._mulx(later) / up, later * (middle / up)) if middle else self._mulx(later) / up)
            if down_next:
                now = self.sub(now, latest * (down_next / up_next))
            later, latest = now, later
        return trimseq(later)

    def div(self, c1, c2):
        """Divide one series by another."""
        c1, c2 = as_series([c1, c2])
        if c2[-1] == 0:
            raise ZeroDivisionError
        n, m = len(c1), len(c2)
        if n < m:
            return c1[:1] * 0, c1
        if m == 1:
            return c1 / c2[-1], c1[:1] * 0
        quotient, rest = np.zeros(n - m + 1, c1.dtype), c1
        for i in range(n - m, -1, -1):
            p = self.mul([0] * i + [1], c2)
            q = rest[-1] / p[-1]
            rest = rest[:-1] - q * p[:-1]
            quotient[i] = q
        return quotient, trimseq(rest)

    def pow(self, c, pow, maxpower=16):
        """Raise a series to a power."""
        [c] = as_series([c])
        power = int(pow)
        if power != pow or power < 0:
            raise ValueError('Power must be a non-negative integer.')
        if maxpower is not None and power > maxpower:
            raise ValueError('Power is too large')
        result = np.array([1], c.dtype)
        for _ in range(power):
            result = self.mul(result, c)
        return result

    # -- values --------------------------------------------------------------------------------------------------------------
    def val(self, x, c, tensor=True):
        """Evaluate a series at points x."""
        c = np.array(c, ndmin=1, copy=None)
        if c.dtype.kind in 'biu':
            c = c.astype(float)
        if isinstance(x, (tuple, list)):
            x = asarray(x)
        if isinstance(x, np.ndarray) and tensor:
            c = c.reshape(c.shape + (1,) * x.ndim)
        later, latest = c[-1] + x * 0, 0
        for k in range(len(c) - 2, -1, -1):
            up, middle, _ = self.recurrence(k)
            up_next, _, down_next = self.recurrence(k + 1)
            now = c[k] + ((x - middle) * later if middle else x * later) / up if up != 1 else c[k] + (x - middle if middle else x) * later
            if down_next:
                now = now - latest * (down_next / up_next)
            later, latest = now, later
        return later

    def _val_of(self, c, *args):
        arrays = [np.asanyarray(a) for a in args]
        if any(a.shape != arrays[0].shape for a in arrays):
            raise ValueError('x, y, z are incompatible' if len(arrays) == 3 else 'x, y are incompatible')
        c = self.val(arrays[0], c)
        for x in arrays[1:]:
            c = self.val(x, c, tensor=False)
        return c

    def val2d(self, x, y, c):
        """Evaluate a 2-D series at points (x, y)."""
        return self._val_of(c, x, y)

    def val3d(self, x, y, z, c):
        """Evaluate a 3-D series at points (x, y, z)."""
        return self._val_of(c, x, y, z)

    def grid2d(self, x, y, c):
        """Evaluate a 2-D series on the Cartesian product of x and y."""
        return self.val(y, self.val(x, c))

    def grid3d(self, x, y, z, c):
        """Evaluate a 3-D series on the Cartesian product of x, y, and z."""
        return self.val(z, self.val(y, self.val(x, c)))

    def vander(self, x, deg):
        """Pseudo-Vandermonde matrix of given degree."""
        degree = polyutils._deprecated_as_int(deg, 'deg')
        if degree < 0:
            raise ValueError('deg must be non-negative')
        x = np.array(x, copy=None, ndmin=1) + 0.0
        v = np.empty((degree + 1,) + x.shape, x.dtype)
        v[0] = x * 0 + 1
        for k in range(degree):
            up, middle, down = self.recurrence(k)
            v[k + 1] = (v[k] * (x - middle) - (v[k - 1] * down if k and down else 0)) / up
        from numpy import moveaxis
        return moveaxis(v, 0, -1)

    def vander2d(self, x, y, deg):
        """Pseudo-Vandermonde matrix of given degrees."""
        return self._vander_of((x, y), deg)

    def vander3d(self, x, y, z, deg):
        """Pseudo-Vandermonde matrix of given degrees."""
        return self._vander_of((x, y, z), deg)

    def _vander_of(self, points, degrees):
        if len(degrees) != len(points):
            raise ValueError(f'Expected {len(points)} dimensions of degrees, got {len(degrees)}')
        points = tuple(np.array(points, copy=None) + 0.0)
        n = len(points)
        product = 1
        for k in range(n):
            v = self.vander(points[k], degrees[k])
            product = product * v.reshape(v.shape[:-1] + (1,) * k + (v.shape[-1],) + (1,) * (n - k - 1))
        return product.reshape(product.shape[:-n] + (-1,))

    # -- calculus --------------------------------------------------------------------------------------------------------------
    def der(self, c, m=1, scl=1, axis=0):
        """Differentiate a series."""
        count = polyutils._deprecated_as_int(m, 'the order of derivation')
        if count < 0:
            raise ValueError('The order of derivation must be non-negative')
        c, axis = self._axis_first(c, axis)
        if count == 0:
            return c if axis is None else np.array(c.swapaxes(0, 0))
        n = len(c)
        if count >= n:
            c = c[:1] * 0
        else:
            for _ in range(count):
                c = self._derivative(c * scl)
        return self._axis_back(c, axis)

    def int(self, c, m=1, k=[], lbnd=0, scl=1, axis=0):
        """Integrate a series."""
        count = polyutils._deprecated_as_int(m, 'the order of integration')
        if not hasattr(k, '__iter__'):
            k = [k]
        if count < 0:
            raise ValueError('The order of integration must be non-negative')
        if len(k) > count:
            raise ValueError('Too many integration constants')
        if np.ndim(lbnd) != 0:
            raise ValueError('lbnd must be a scalar.')
        if np.ndim(scl) != 0:
            raise ValueError('scl must be a scalar.')
        c, axis = self._axis_first(c, axis)
        k = list(k) + [0] * (count - len(k))
        for i in range(count):
            c = c * scl
            if len(c) == 1 and np.all(c[0] == 0):
                c[0] += k[i]
            else:
                c = self._integral(c)
                c[0] += k[i] - self.val(lbnd, c)
        return self._axis_back(c, axis)

    @staticmethod
    def _axis_first(c, axis):
        c = np.array(c, ndmin=1, copy=True)
        if c.dtype.kind in 'biu':
            c = c.astype(float)
        axis = polyutils._deprecated_as_int(axis, 'the axis')
        if not -c.ndim <= axis < c.ndim:
            raise np.AxisError(f'axis {axis} is out of bounds for array of dimension {c.ndim}')
        from numpy import moveaxis
        return moveaxis(c, axis, 0), axis

    @staticmethod
    def _axis_back(c, axis):
        from numpy import moveaxis
        return moveaxis(c, 0, axis)

    # -- roots, fits -----------------------------------------------------------------------------------------------------------
    def fromroots(self, roots):
        """Generate a series with given roots."""
        if len(roots) == 0:
            return np.ones(1)
        [roots] = as_series([roots], trim=False)
        roots.sort()
        parts = [self.line(-r, 1) for r in roots]
        while len(parts) > 1:
            half, odd = divmod(len(parts), 2)
            joined = [self.mul(parts[i], parts[i + half]) for i in range(half)]
            if odd:
                joined[0] = self.mul(joined[0], parts[-1])
            parts = joined
        return parts[0]

    def companion(self, c):
        """Return the scaled companion matrix of c."""
        [c] = as_series([c])
        n = len(c) - 1
        if n < 1:
            raise ValueError('Series must have maximum degree of at least 1.')
        terms = [self.recurrence(k) for k in range(n + 1)]
        if n == 1:
            return np.array([[terms[0][1] - terms[0][0] * c[0] / c[1]]])
        matrix = np.zeros((n, n), c.dtype)
        if self.prefix == 'poly':
            for k in range(n - 1):
                matrix[k + 1, k] = 1
            matrix[:, -1] -= c[:-1] / c[-1]
            return matrix
        # Symmetric but for the last column.
        scale = np.ones(n)
        for k in range(n):
            matrix[k, k] = terms[k][1]
            if k + 1 < n:
                side = terms[k][0] * terms[k + 1][2]
                matrix[k, k + 1] = matrix[k + 1, k] = math.copysign(math.sqrt(side), terms[k][0])
                scale[k + 1] = scale[k] * math.sqrt(terms[k + 1][2] / terms[k][0])
        matrix[:, -1] -= (c[:-1] / c[-1]) * (scale / scale[-1]) * terms[n - 1][0]
        return matrix

    def roots(self, c):
        """Compute the roots of a series."""
        [c] = as_series([c])
        if len(c) < 2:
            return np.array([], dtype=c.dtype)
        if len(c) == 2:
            up, middle, _ = self.recurrence(0)
            return np.array([middle - up * c[0] / c[1]])
        from numpy.linalg import eigvals
        found = np.array(eigvals(np.ascontiguousarray(self.companion(c)[::-1, ::-1])))
        found.sort()
        return found

    def fit(self, x, y, deg, rcond=None, full=False, w=None):
        """Least squares fit of series to data."""
        return polyutils.fit(self.vander, x, y, deg, rcond, full, w)

    def trim(self, c, tol=0):
        """Remove "small" "trailing" coefficients from a series."""
        return polyutils.trimcoef(c, tol)

    # -- conversion, quadrature ---------------------------------------------------------------------------------------------------
    def to_power(self, c):
        """Convert a series to a polynomial."""
        [c] = as_series([c])
        before, now = np.zeros(1), np.ones(1)
        result = c[:1] * 1
        from numpy.polynomial.polynomial import polyadd, polymulx, polysub
        for k in range(len(c) - 1):
            up, middle, down = self.recurrence(k)
            after = polymulx(now) if middle == 0 else polysub(polymulx(now), now * middle)
            if k and down:
                after = polysub(after, before * down)
            before, now = now, after / up
            result = polyadd(result, c[k + 1] * now)
        return result

    def from_power(self, pol):
        """Convert a polynomial to a series."""
        [pol] = as_series([pol])
        result = np.zeros(1)
        for x in pol[::-1]:
            result = self.add(self.mulx(result), [x])
        return result

    def gauss(self, deg, mass, symmetric):
        """Points and weights of the Gauss quadrature, whose weights sum to `mass`."""
        degree = polyutils._deprecated_as_int(deg, 'deg')
        if degree <= 0:
            raise ValueError('deg must be a positive integer')
        from numpy.linalg import eigvalsh
        c = np.array([0] * degree + [1])
        x = eigvalsh(self.companion(c))
        # One step of Newton's method, then weights from the derivative.
        x = x - self.val(x, c) / self.val(x, self.der(c))
        one_less, slope = self.val(x, c[1:]), self.val(x, self.der(c))
        w = 1 / (one_less / np.abs(one_less).max() * (slope / np.abs(slope).max()))
        if symmetric:
            x, w = (x - x[::-1]) / 2, (w + w[::-1]) / 2
        return x, w * (mass / w.sum())

    # -- the module ------------------------------------------------------------------------------------------------------------------
    def functions(self):
        up, middle, _ = self.recurrence(0)
        names = {'zero': np.array([0]), 'one': np.array([1]), 'domain': self.domain,
                 'x': np.array([0, 1]) if (up, middle) == (1, 0) else np.array([middle, up])}
        for name in ('line add sub mulx mul div pow val val2d val3d grid2d grid3d vander vander2d vander3d der int fromroots companion roots fit trim').split():
            names[name] = getattr(self, name)
        made = {self.prefix + name: value for name, value in names.items()}
        if self.prefix != 'poly':
            made[self.prefix + '2poly'], made['poly2' + self.prefix] = self.to_power, self.from_power
        return made
