# requires: numpy
"""Elementary functions over float32 and float64: within 4 ulp of the exact value everywhere, right at special values, the same wherever
an element lies, with the conditions that they report."""
import math
import random
import sys
import unittest

import numpy as np

nan, inf = math.nan, math.inf


def cbrt(x):
    r = math.copysign(abs(x) ** (1 / 3), x)
    return r - (r * r * r - x) / (3 * r * r) if x else x


# name: (exact function, from, to): where arguments are drawn
FUNCTIONS = {
    'exp': (math.exp, -80, 80), 'exp2': (lambda x: 2.0 ** x, -120, 120), 'expm1': (math.expm1, -30, 80), 'log': (math.log, 0, 1e6),
    'log2': (math.log2, 0, 1e6), 'log10': (math.log10, 0, 1e6), 'log1p': (math.log1p, -1, 1e6), 'sin': (math.sin, -20000, 20000),
    'cos': (math.cos, -20000, 20000), 'tan': (math.tan, -20000, 20000), 'arcsin': (math.asin, -1, 1), 'arccos': (math.acos, -1, 1),
    'arctan': (math.atan, -50, 50), 'sinh': (math.sinh, -80, 80), 'cosh': (math.cosh, -80, 80), 'tanh': (math.tanh, -12, 12),
    'arcsinh': (math.asinh, -1e6, 1e6), 'arccosh': (math.acosh, 1, 1e6), 'arctanh': (math.atanh, -1, 1), 'cbrt': (cbrt, -1e6, 1e6),
}
SPECIAL = {
    'expm1': [(inf, inf), (-inf, -1), (800, inf), (-800, -1), (-0.0, -0.0)],
    'log': [(inf, inf), (0.0, -inf), (-0.0, -inf), (-1, nan), (-inf, nan), (1, 0.0)],
    'log1p': [(inf, inf), (-1, -inf), (-2, nan), (-inf, nan), (-0.0, -0.0), (1e-30, 1e-30)],
    'log2': [(8, 3), (2.0 ** -100, -100), (0.0, -inf), (-1, nan)], 'log10': [(1, 0.0), (0.0, -inf), (-1, nan), (inf, inf)],
    'sinh': [(inf, inf), (-inf, -inf), (-0.0, -0.0), (800, inf), (-800, -inf), (1e-30, 1e-30)],
    'cosh': [(inf, inf), (-inf, inf), (0.0, 1), (800, inf)],
    'tanh': [(inf, 1), (-inf, -1), (-0.0, -0.0), (50, 1), (-1000, -1), (1e-30, 1e-30)],
    'arcsinh': [(inf, inf), (-inf, -inf), (-0.0, -0.0), (1e-30, 1e-30)],
    'arccosh': [(inf, inf), (1, 0.0), (0.5, nan), (-inf, nan)],
    'arctanh': [(1, inf), (-1, -inf), (-0.0, -0.0), (2, nan), (inf, nan), (1e-30, 1e-30)],
    'arctan': [(inf, math.pi / 2), (-inf, -math.pi / 2), (1, math.pi / 4), (-0.0, -0.0)],
    'cbrt': [(inf, inf), (-inf, -inf), (-0.0, -0.0), (-1000, -10), (2.0 ** -120, 2.0 ** -40)],
    'arcsin': [(1, math.pi / 2), (-1, -math.pi / 2), (2, nan), (-0.0, -0.0)], 'arccos': [(1, 0.0), (-1, math.pi), (0, math.pi / 2), (inf, nan)],
    'sin': [(inf, nan), (-0.0, -0.0)], 'cos': [(math.pi, -1), (-inf, nan), (0.0, 1)], 'tan': [(inf, nan), (-0.0, -0.0)],
    'exp': [(inf, inf), (-inf, 0.0), (0.0, 1), (800, inf), (-800, 0.0)], 'exp2': [(10, 1024), (-inf, 0.0), (2000, inf)],
}


def arguments(name, low, high):
    drawn = random.Random(name)
    values = [drawn.uniform(low, high) for _ in range(300)]
    values += [math.ldexp(drawn.uniform(-1, 1), -drawn.randrange(40)) for _ in range(300)]
    values += [1 + drawn.uniform(-0.5, 1) for _ in range(200)]
    return [v for v in values if low < v < high]


class Elementary(unittest.TestCase):
    def test_exact_within_four_ulp(self):
        for name, (exact, low, high) in FUNCTIONS.items():
            for dtype in (np.float32, np.float64):
                x = np.array(arguments(name, low, high), dtype)
                x = x[(x > low) & (x < high)]
                found = getattr(np, name)(x)
                self.assertEqual(found.dtype, dtype)
                want = np.array([exact(v) for v in x.tolist()])
                away = np.abs(found.astype(float) - want) / np.spacing(np.abs(want).astype(dtype)).astype(float)
                self.assertLessEqual(away.max(), 4.5, (name, dtype, x[away.argmax()]))

    def test_special_values(self):
        for name, rows in SPECIAL.items():
            for dtype in (np.float32, np.float64):
                with np.errstate(all='ignore'):
                    found = getattr(np, name)(np.array([x for x, _ in rows] + [nan], dtype))
                want = np.array([y for _, y in rows] + [nan], dtype)
                self.assertEqual(found.tolist().__repr__(), want.tolist().__repr__(), (name, dtype))

    @unittest.skipUnless(sys.implementation.name == 'adder', 'NumPy computes the last elements another way')
    def test_the_place_of_an_element_does_not_matter(self):
        for name, (_, low, high) in FUNCTIONS.items():
            for dtype in (np.float32, np.float64):
                x = np.array(arguments(name, low, high), dtype)
                with np.errstate(all='ignore'):
                    f = getattr(np, name)
                    whole = f(x)
                    for part in (x[3:20], x[::7], x[::-1], x[-5:-4]):
                        at = {v: r for v, r in zip(x.tolist(), whole.tolist())}
                        self.assertEqual(repr([at[v] for v in part.tolist()]), repr(f(part).tolist()), (name, dtype))

    def test_conditions(self):
        for dtype in (np.float32, np.float64):
            for name, x, text in (('exp', 1000, 'overflow'), ('expm1', 1000, 'overflow'), ('sinh', 1000, 'overflow'), ('cosh', -1000, 'overflow'),
                                  ('log', 0, 'divide by zero'), ('log1p', -1, 'divide by zero'), ('arctanh', 1, 'divide by zero'),
                                  ('log', -1, 'invalid value'), ('arccosh', 0, 'invalid value'), ('arctanh', 2, 'invalid value'),
                                  ('arcsin', 2, 'invalid value'), ('sin', inf, 'invalid value')):
                with np.errstate(all='raise'), self.assertRaisesRegex(FloatingPointError, f'^{text} encountered in {name}$'):
                    getattr(np, name)(np.array([x, nan], dtype))
                with np.errstate(all='raise', under='ignore'):
                    getattr(np, name)(np.array([nan, 1], dtype)[:1])

    def test_powers_of_floats(self):
        for dtype in (np.float32, np.float64):
            x = np.array(arguments('power', 0, 1e6), dtype)
            found = x ** dtype(1.7)
            want = np.array([math.pow(v, float(dtype(1.7))) for v in x.tolist()])
            away = np.abs(found.astype(float) - want) / np.spacing(want.astype(dtype)).astype(float)
            self.assertLessEqual(away.max(), 4.5)


if __name__ == '__main__':
    unittest.main()
