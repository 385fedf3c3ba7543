"""Orders: stable argsort by digits, partition by passes of vectors, membership by table, on keys that try each of their ways."""
# requires: numpy

import unittest

import numpy as np

LENGTHS = (0, 1, 2, 127, 128, 129, 300, 5000)


def keys(n, dtype, rng):
    """Arrays of n elements: spread, few values, in order, all alike, alike in their upper bits; with NaN and both zeros."""
    dtype = np.dtype(dtype)
    if dtype.kind == 'b':
        yield rng.integers(0, 2, n).astype(bool)
        yield np.ones(n, bool)
    elif dtype.kind == 'f':
        spread = rng.standard_normal(n)
        yield spread.astype(dtype)
        yield np.round(spread * 3).astype(dtype)
        yield np.where(rng.random(n) < 0.3, np.nan, spread).astype(dtype)
        yield np.where(rng.random(n) < 0.5, -0.0, 0.0).astype(dtype)
        yield np.where(rng.random(n) < 0.1, np.inf, -np.inf).astype(dtype)
        yield (1 + rng.integers(0, 1000, n) * np.finfo(dtype).eps).astype(dtype)
        yield np.full(n, np.nan, dtype)
    else:
        info = np.iinfo(dtype)
        yield rng.integers(info.min, info.max, n, dtype=dtype, endpoint=True)
        yield rng.integers(0, 5, n).astype(dtype)
        yield np.arange(n).astype(dtype)
        yield np.arange(n)[::-1].astype(dtype)
        yield np.full(n, info.max, dtype)
        yield (rng.integers(0, 3, n) << (8 * dtype.itemsize - 9)).astype(dtype) + rng.integers(0, 2, n).astype(dtype)


def less(a, b):
    return (a < b) | ((a == a) & (b != b))


class Orders(unittest.TestCase):
    def test_argsort_is_stable(self):
        rng = np.random.default_rng(1)
        for dtype in '?bBhHiIqQefd':
            for n in LENGTHS:
                for a in keys(n, dtype, rng):
                    order = np.argsort(a, kind='stable')
                    x, y = a[order[:-1]], a[order[1:]]
                    self.assertFalse(less(y, x).any(), (dtype, n))
                    self.assertTrue((less(x, y) | (order[:-1] < order[1:])).all(), (dtype, n))
                    self.assertEqual(np.bincount(order, minlength=n).tolist(), [1] * n)

    def test_argsort_of_long_runs_alike_in_their_upper_halves(self):
        a = 1 + np.random.default_rng(2).integers(0, 40000, 40000) * 2.0 ** -52
        order = np.argsort(a, kind='stable')
        x, y = a[order[:-1]], a[order[1:]]
        self.assertTrue(((x < y) | ((x == y) & (order[:-1] < order[1:]))).all())

    def test_argsort_along_axes(self):
        a = np.random.default_rng(3).standard_normal((150, 140, 2))
        for axis in (0, 1, 2):
            self.assertTrue((np.take_along_axis(a, np.argsort(a, axis=axis), axis) == np.sort(a, axis=axis)).all())

    def test_partition(self):
        rng = np.random.default_rng(4)
        for dtype in '?bBhHiIqQefdFD':
            for n in LENGTHS[1:]:
                for a in keys(n, 'd' if dtype in 'FD' else dtype, rng):
                    a = a.astype(dtype, copy=False)
                    whole = np.sort(a)
                    for ranks in (0, n - 1, n // 2, -1, [0, n // 3, n - 1, n // 3], sorted({int(k) for k in rng.integers(0, n, 20)})):
                        b = np.partition(a, ranks)
                        ranks = np.atleast_1d(ranks) % n
                        for k in ranks.tolist():
                            self.assertTrue(b[k] == whole[k] or (b[k] != b[k] and whole[k] != whole[k]), (dtype, n, k))
                            self.assertFalse(dtype not in 'FD' and (less(b[k], b[:k]).any() or less(b[k:], b[k]).any()), (dtype, n, k))
                        if dtype != 'e':  # of which NumPy 2.3 loses some where the machine has AVX-512
                            self.assertTrue(np.array_equal(np.sort(b), whole, equal_nan=dtype in 'fdFD'), (dtype, n, ranks))

    def test_partition_of_long_lines(self):
        rng = np.random.default_rng(5)
        for a in (rng.standard_normal(100000), np.arange(100000.0), np.arange(100000.0)[::-1], np.tile([1.0, 2.0], 50000),
                  np.concatenate((np.arange(50000.0), np.arange(50000.0)[::-1])), rng.integers(0, 3, 100000)):
            whole = np.sort(a)
            for ranks in (0, 500, 50000, 99999, [10, 20, 99990]):
                self.assertEqual(np.partition(a, ranks)[ranks].tolist(), whole[ranks].tolist())
        b = rng.standard_normal((300, 400))[::2, ::-1]
        self.assertTrue((np.partition(b, 70, axis=0)[70] == np.sort(b, axis=0)[70]).all())

    def test_what_partition_refuses(self):
        a = np.arange(10.0)
        for kth, error, text in ((20, ValueError, r"kth\(=20\) out of bounds \(10\)"), (-11, ValueError, r"kth\(=-1\) out of bounds \(10\)"),
                                 (1.5, TypeError, "Partition index must be integer"), ([[1, 2]], ValueError, "object too deep for desired array"),
                                 (True, ValueError, "Booleans unacceptable as partition index")):
            for function in (a.partition, a.argpartition):
                with self.assertRaisesRegex(error, text):
                    function(kth)
        with self.assertRaisesRegex(ValueError, r"select kind must be 'introselect' \(got 'quicksort'\)"):
            np.partition(a, 2, kind='quicksort')

    def test_isin_finds_integers_of_other_widths(self):
        rng = np.random.default_rng(7)

        def some(dtype, n, where):
            info = np.iinfo(dtype)
            low = {'small': max(info.min, -20), 'lowest': info.min, 'highest': info.max - 39}[where]
            return (rng.integers(0, 40, n).astype(object) + low).astype(dtype)
        for a in 'bBhHiIqQ':
            for b in 'bBhHiIqQ':
                for where in ('small', 'lowest', 'highest'):
                    for x, y in ((some(a, 50, 'small'), some(b, 9, where)), (some(a, 50, where), some(b, 9, where))):
                        wanted = [v in y.tolist() for v in x.tolist()]
                        for kind in (None, 'sort'):
                            self.assertEqual(np.isin(x, y, kind=kind).tolist(), wanted, (a, b, where, kind))
                            self.assertEqual(np.isin(x, y, kind=kind, invert=True).tolist(), [not v for v in wanted], (a, b, where, kind))
        for kind, text in (('x', "Invalid kind: 'x'"), ('table', "The 'table' method is only supported for boolean or integer arrays")):
            with self.assertRaisesRegex(ValueError, text):
                np.isin([1.5], [1], kind=kind)

    def test_medians_and_percentiles(self):
        rng = np.random.default_rng(6)
        for n in (1, 2, 3, 1000, 4001):
            a = rng.standard_normal(n)
            whole = np.sort(a)
            self.assertEqual(np.median(a), (whole[(n - 1) // 2] + whole[n // 2]) / 2)
            for q in (0, 0.1, 0.5, 0.99, 1):
                self.assertEqual(np.quantile(a, q, method='lower'), whole[int(q * (n - 1))])
            a[n // 2] = np.nan
            self.assertTrue(np.isnan(np.median(a)) and np.isnan(np.percentile(a, [0, 50])).all())


if __name__ == '__main__':
    unittest.main()
