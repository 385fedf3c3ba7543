"""ufunc.at and ufunc.reduceat: repeated, negative and nested places, other dtypes, and the bits of sums."""
# requires: numpy

import unittest
import warnings

import numpy as np


class At(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(7)

    def expected(self, function, target, places, values):
        result = target.copy()
        for place, value in zip(places, np.broadcast_to(values, len(places))):
            result[place] = function(result[place], value)
        return result

    def test_every_operation_and_dtype(self):
        places = self.rng.integers(-20, 20, 200)
        for code in 'bBhHiIlLefdFD':
            dtype = np.dtype(code)
            target = self.rng.integers(0, 5, 20).astype(dtype)
            values = self.rng.integers(0, 5, 200).astype(dtype)
            for function in (np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin):
                with self.subTest(dtype=code, function=function.__name__), np.errstate(all='ignore'):
                    have = target.copy()
                    function.at(have, places, values)
                    np.testing.assert_array_equal(have, self.expected(function, target, places, values))
        for function in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.floor_divide, np.left_shift):
            have = np.arange(20)
            function.at(have, places, 3)
            np.testing.assert_array_equal(have, self.expected(function, np.arange(20), places, 3))
        flags = np.zeros(20, bool)
        np.logical_or.at(flags, [1, 1, -1], True)
        self.assertEqual(np.flatnonzero(flags).tolist(), [1, 19])

    def test_kinds_of_indices(self):
        x = np.zeros((3, 4))
        np.add.at(x, (np.array([0, 0, -1]), np.array([1, 1, -2])), [1, 2, 4])
        np.add.at(x, (slice(None), 0), 1)
        np.add.at(x, np.array([0, 0]), np.arange(4.))
        np.add.at(x, x > 3, 100)
        self.assertEqual(x.tolist(), [[1, 105, 104, 106], [1, 0, 0, 0], [1, 0, 104, 0]])
        np.add.at(x.T[::2], (np.array([0, 1]), np.array([0, 0], 'u1')), 1)
        self.assertEqual(x[0].tolist(), [2, 105, 105, 106])
        line = np.zeros(4)
        np.add.at(line[::-1], np.array([[0, 0], [1, 3]]), [[1, 2], [3, 4]])
        self.assertEqual(line.tolist(), [4, 0, 3, 3])
        scalar = np.array(3.)
        np.add.at(scalar, (), 2)
        self.assertEqual(scalar, 5)

    def test_unary(self):
        x = np.arange(5.)
        np.negative.at(x, np.array([1, 1, 2, -1]))
        self.assertEqual(x.tolist(), [0, 1, -2, 3, -4])

    def test_casts(self):
        x = np.zeros(3, 'f4')
        np.add.at(x, np.array([0, 0, 2]), np.array([1, 2, 3]).astype('f8'))
        self.assertEqual((x.tolist(), x.dtype), ([3, 0, 3], np.float32))
        y = np.zeros(3, int)
        np.add.at(y, np.array([0, 0]), 1.5)
        self.assertEqual(y.tolist(), [2, 0, 0])

    def test_nothing_is_written_where_a_place_is_outside(self):
        x = np.zeros(3)
        for places in ([0, 3], [0, -4], [0, 2 ** 62], [0, -2 ** 63]):
            with self.assertRaises(IndexError):
                np.add.at(x, np.array(places), 1)
        self.assertEqual(x.tolist(), [0, 0, 0])

    def test_operands_that_share_memory(self):
        x = np.arange(4)
        np.add.at(x, x, x)
        self.assertEqual(x.tolist(), [0, 2, 4, 6])

    def test_conditions(self):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter('always')
            np.add.at(np.full(1, 1e308), np.array([0, 0]), 1e308)
        self.assertEqual([str(w.message) for w in seen], ['overflow encountered in add'])


class ReduceAt(unittest.TestCase):
    def test_sums_start_from_the_first_element(self):
        rng = np.random.default_rng(3)
        for dtype in 'fd':
            x = rng.standard_normal(3000).astype(dtype)
            at = np.sort(rng.integers(0, 3000, 40))
            want = [x[i] + x[i + 1:j].sum() if j > i + 1 else x[i] for i, j in zip(at, [*at[1:], 3000])]
            self.assertEqual(np.add.reduceat(x, at).tolist(), want)

    def test_sums_of_columns_are_those_of_lines(self):
        x = np.random.default_rng(3).standard_normal((300, 4))
        got = np.add.reduceat(x, [0, 50, 100], axis=0)
        np.testing.assert_array_equal(got, np.add.reduceat(x.T.copy(), [0, 50, 100], axis=1).T)
        np.testing.assert_array_equal(got[0], [x[0, j] + x[1:50, j].sum() for j in range(4)])
        np.testing.assert_array_equal(np.maximum.reduceat(x, [0, 50, 100])[1], x[50:100].max(axis=0))
        np.testing.assert_array_equal(np.multiply.reduceat(x, [0, 50, 100])[1], x[50:100].prod(axis=0))

    def test_axes(self):
        x = np.random.default_rng(4).integers(0, 9, (5, 6, 7))
        for axis in range(3):
            got = np.add.reduceat(x, [0, 3, 1, 1, 4], axis=axis)
            cut = np.moveaxis(x, axis, 0)
            want = [cut[0:3].sum(0), cut[3], cut[1], cut[1:4].sum(0), cut[4:].sum(0)]
            np.testing.assert_array_equal(np.moveaxis(got, axis, 0), want)

    def test_operations_and_dtypes(self):
        x = np.array([3, 1, 2, 5, 4], 'i1')
        self.assertEqual(np.add.reduceat(x, [0, 2]).dtype, np.int64)
        self.assertEqual(np.maximum.reduceat(x, [0, 2]).tolist(), [3, 5])
        self.assertEqual(np.maximum.reduceat(x, [0, 2]).dtype, np.int8)
        self.assertEqual(np.subtract.reduceat(x, [0, 2]).tolist(), [2, -7])
        self.assertEqual(np.add.reduceat(x, [1, 3], dtype='f4').tolist(), [3, 9])
        self.assertEqual(np.logical_and.reduceat(np.array([1, 0, 2, 3]), [0, 2]).tolist(), [False, True])
        self.assertEqual(np.add.reduceat(np.array(['a', 'b', 'c'], object), [0, 2]).tolist(), ['ab', 'c'])
        self.assertEqual(np.add.reduceat(x[:4:2], [0]).tolist(), [5])
        with self.assertRaises(IndexError):
            np.add.reduceat(x, [0, 5])


if __name__ == '__main__':
    unittest.main()
