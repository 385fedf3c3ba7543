"""What loops with a short way give where that way must be left: ranges, missing values, odd lengths and layouts."""
# requires: numpy

import unittest

import numpy as np


class Magnitudes(unittest.TestCase):
    def test_within_an_ulp_or_two_over_the_whole_range(self):
        rng = np.random.default_rng(5)
        for dtype, low, high in (('D', -1074, 1022), ('F', -149, 126)):
            z = (rng.standard_normal(4000) * 2.0 ** rng.integers(low, high, 4000) + 1j * rng.standard_normal(4000) * 2.0 ** rng.integers(low, high, 4000)).astype(dtype)
            a = np.abs(z)
            want = np.hypot(z.real, z.imag)
            self.assertTrue(np.all(np.abs(a - want) <= 2 * np.spacing(want)))
            self.assertEqual(a[::3].tobytes(), np.abs(z[::3]).tobytes())
            self.assertEqual(a[7], np.abs(z[7]))

    def test_landmarks(self):
        inf, nan = np.inf, np.nan
        for dtype in 'FD':
            z = np.array([3 + 4j, 0, -0.0, complex(inf, nan), complex(nan, -inf), complex(nan, 1), -5j, complex(-inf, 0)] * 9, dtype)
            np.testing.assert_array_equal(np.abs(z)[:8], [5, 0, 0, inf, inf, nan, 5, inf])
        self.assertEqual(np.abs(np.array([1e300 + 1e300j]))[0], np.hypot(1e300, 1e300))
        self.assertEqual(np.abs(np.array([5e-324 + 0j]))[0], 5e-324)


class Extrema(unittest.TestCase):
    def test_places_in_lines_of_any_length(self):
        rng = np.random.default_rng(6)
        for code in 'bBhiqQfd':
            for n in (*range(1, 40), 127, 129, 511, 512, 513, 1100):
                x = rng.integers(0, 50, (3, n)).astype(code)
                lines = x.tolist()
                self.assertEqual(np.argmax(x, axis=1).tolist(), [r.index(max(r)) for r in lines])
                self.assertEqual(np.argmin(x, axis=1).tolist(), [r.index(min(r)) for r in lines])

    def test_the_first_nan_wins(self):
        for n in (1, 5, 33, 600):
            for k in range(0, n, 7):
                x = np.arange(float(n))
                x[k] = x[-1] = np.nan
                self.assertEqual((np.argmax(x), np.argmin(x)), (k, k))


class Dates(unittest.TestCase):
    def test_differences_with_missing_ones(self):
        d = np.arange(50).astype('M8[s]')
        d[[3, 20]] = 'NaT'
        got = np.diff(d).astype(int)
        want = [1] * 49
        for k in (2, 3, 19, 20):
            want[k] = -2 ** 63
        self.assertEqual(got.tolist(), want)
        self.assertEqual((d == d).sum(), 48)
        self.assertEqual((d[::-1] > d).sum(), 25 - 2)
        d[1:] -= d[1:] - d[1:]
        self.assertEqual(np.isnat(d).sum(), 2)


class Text(unittest.TestCase):
    def test_equality_of_any_lengths(self):
        words = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abd', 'b', 'abcdefghijk', 'abcdefghijl', '\0b']
        for kind in 'US':
            for i in range(1, 13):
                for j in range(1, 13):
                    x, y = np.array(words, f'{kind}{i}'), np.array(words, f'{kind}{j}')
                    want = [[p == q for q in y.tolist()] for p in x.tolist()]
                    self.assertEqual((x[:, None] == y).tolist(), want)
                    self.assertEqual((~(x[:, None] != y)).tolist(), want)


class Vectorize(unittest.TestCase):
    def test_arguments_of_all_kinds(self):
        f = np.vectorize(lambda x, y=1, *, z=0: x * y + z)
        self.assertEqual(f([1, 2, 3]).tolist(), [1, 2, 3])
        self.assertEqual(f([1, 2, 3], [[1], [2]]).tolist(), [[1, 2, 3], [2, 4, 6]])
        self.assertEqual(f([1, 2, 3], z=[10, 20, 30]).tolist(), [11, 22, 33])
        g = np.vectorize(lambda p, x: sum(p) * x, excluded=[0])
        self.assertEqual(g([1, 2], [1, 2]).tolist(), [3, 6])
        self.assertIs(type(np.vectorize(type, otypes='O')(np.array([1.5]))[0]), type)
        self.assertIs(np.vectorize(type, otypes='O')(np.array([1.5]))[0], float)
        self.assertEqual([a.tolist() for a in np.vectorize(divmod)([7, 8], 3)], [[2, 2], [1, 2]])


class Products(unittest.TestCase):
    def test_matrix_by_vector_in_all_layouts(self):
        rng = np.random.default_rng(8)
        for dtype in 'fdD':
            big = rng.integers(-9, 9, (40, 30)).astype(dtype)
            for m in (big, big.T, big[::2], big[:, ::3], big[::-1], big.T[:1], big[:, :1], big[3:3]):
                for v in (np.arange(m.shape[1]).astype(dtype), np.arange(m.shape[1]).astype(dtype)[::-1]):
                    want = [sum(p * q for p, q in zip(row, v.tolist())) for row in m.tolist()]
                    self.assertEqual((m @ v).tolist(), want)
                    self.assertEqual((v @ m.T).tolist(), want)
                    self.assertEqual((m @ v[:, None]).ravel().tolist(), want)
                    wide = np.zeros(2 * v.size, dtype)
                    wide[::2] = v
                    self.assertEqual((m @ wide[::2]).tolist(), want)
        stack = rng.integers(-9, 9, (5, 6, 7)).astype(float)
        self.assertEqual((stack @ np.arange(7.)).tolist(), (stack * np.arange(7.)).sum(axis=2).tolist())

    def test_inner_products_of_rows(self):
        x, y = np.arange(60.).reshape(3, 20), np.arange(60.)[::-1].reshape(3, 20)
        want = [sum(p * q for p, q in zip(r, s)) for r, s in zip(x.tolist(), y.tolist())]
        self.assertEqual(np.einsum('ij,ij->i', x, y).tolist(), want)
        self.assertEqual(np.einsum('ij,ij->i', x.astype(int), y.astype(int)).tolist(), want)
        self.assertEqual((x[:, None] @ y[:, :, None]).ravel().tolist(), want)
        self.assertEqual((x[:, None, ::-1] @ y[:, ::-1, None]).ravel().tolist(), want)
        self.assertEqual(np.einsum('ij,ij->j', x, y).tolist(), (x * y).sum(0).tolist())


class Equality(unittest.TestCase):
    def test_array_equal(self):
        x = np.arange(20000.)
        y = x.copy()
        self.assertIs(np.array_equal(x, y), True)
        y[-1] = np.nan
        self.assertIs(np.array_equal(x, y), False)
        self.assertIs(np.array_equal(y, y), False)
        self.assertIs(np.array_equal(y, y, equal_nan=True), True)
        self.assertIs(np.array_equal(x, x[1:]), False)


if __name__ == '__main__':
    unittest.main()
