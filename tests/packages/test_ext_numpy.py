"""The distribution's numpy, with all its extension modules, in place of the built-in one."""

import os
import pickle
import subprocess
import sys
import unittest

from installed import PackageTest


class Numpy(PackageTest):
    needs = ("numpy.core",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global np
        import numpy as np

    def test_it_is_the_installed_one(self):
        self.assertTrue(np.core._multiarray_umath.__file__.endswith(".so"))

    def test_arithmetic_and_views(self):
        a = np.arange(24.0).reshape(2, 3, 4)
        self.assertEqual((a[:, 1, ::2] * 2).tolist(), [[8.0, 12.0], [32.0, 36.0]])
        self.assertEqual(np.einsum("ijk,ijk->i", a, a).tolist(), [506.0, 3818.0])
        self.assertEqual(a.sum(axis=(0, 2)).tolist(), [60.0, 92.0, 124.0])

    def test_scalars_are_numbers_and_numbers_scalars(self):
        x = np.float64(2.5)
        self.assertEqual([x + 1, 1 + x, x * 2.0, 2.0 ** x, int(x), round(x, 1)], [3.5, 3.5, 5.0, 2.0 ** 2.5, 2, 2.5])
        self.assertIsInstance(x, float)
        self.assertEqual({np.int64(3): "a"}[3], "a")
        self.assertEqual([1, 2, 3][np.int64(1)], 2)
        self.assertEqual(list(range(np.int32(3))), [0, 1, 2])
        self.assertEqual(sum(np.arange(5)), 10)

    def test_objects_in_arrays(self):
        class Money:
            def __init__(self, cents):
                self.cents = cents

            def __add__(self, other):
                return Money(self.cents + other.cents)

        a = np.array([Money(1), Money(2), Money(3)], dtype=object)
        self.assertEqual(a.sum().cents, 6)
        self.assertEqual([m.cents for m in a + a], [2, 4, 6])
        mixed = np.array([1, 2.5, "x", None, [3]], dtype=object)
        self.assertEqual(mixed.tolist(), [1, 2.5, "x", None, [3]])

    def test_lists_back_and_forth(self):
        rows = [[i * 0.5, i, -i] for i in range(100)]
        a = np.array(rows)
        rows[3][0] = 7.0  # Python goes on with what C has read
        self.assertEqual(rows[3], [7.0, 3, -3])
        self.assertEqual(a[3].tolist(), [1.5, 3.0, -3.0])
        back = a.tolist()
        back[0].append(1)
        self.assertEqual(back[0], [0.0, 0.0, 0.0, 1])

    def test_temporaries_are_not_taken_from_their_names(self):
        # NumPy computes into a temporary operand when it believes that nobody else has it.
        a, b = np.ones(300_000), np.full(300_000, 2.0)
        named = a + b
        more = named + b
        chained = (named * b) + (named - a) * named
        self.assertEqual((named[0], more[0], chained[0]), (3.0, 5.0, 12.0))
        self.assertTrue((named == 3.0).all() and (a == 1.0).all() and (b == 2.0).all())

    def test_subclass(self):
        class Tagged(np.ndarray):
            def __array_finalize__(self, parent):
                self.tag = getattr(parent, "tag", None)

            def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
                inputs = [np.asarray(i) for i in inputs]
                return getattr(ufunc, method)(*inputs, **kwargs).view(Tagged)

        t = np.arange(3).view(Tagged)
        t.tag = "metres"
        self.assertEqual(t[1:].tag, "metres")
        self.assertIsInstance(t + 1, Tagged)

    def test_callbacks(self):
        f = np.frompyfunc(lambda x, y: x * 10 + y, 2, 1)
        self.assertEqual(f([1, 2], [3, 4]).tolist(), [13, 24])
        self.assertEqual(np.apply_along_axis(lambda r: r[::-1], 1, np.arange(4).reshape(2, 2)).tolist(), [[1, 0], [3, 2]])
        self.assertEqual(np.vectorize(lambda x: x + 0.5)([1, 2]).tolist(), [1.5, 2.5])

    def test_random_and_linear_algebra(self):
        rng = np.random.default_rng(42)
        self.assertEqual(rng.integers(0, 100, 5).tolist(), [8, 77, 65, 43, 43])
        m = rng.normal(size=(20, 20))
        self.assertLess(abs(np.linalg.inv(m) @ m - np.eye(20)).max(), 1e-9)
        w, v = np.linalg.eigh(m + m.T)
        self.assertLess(abs(v @ np.diag(w) @ v.T - (m + m.T)).max(), 1e-9)

    def test_errors(self):
        with self.assertRaisesRegex(ValueError, r"operands could not be broadcast together with shapes \(2,\) \(3,\)"):
            np.ones(2) + np.ones(3)
        with np.errstate(divide="raise"), self.assertRaises(FloatingPointError):
            np.ones(2) / 0

    def test_dates_structures_and_pickles(self):
        days = np.arange("2024-02-27", "2024-03-02", dtype="datetime64[D]")
        self.assertEqual(days[2].item().isoformat(), "2024-02-29")
        table = np.array([(1, 2.5, b"x"), (3, 4.5, b"yz")], dtype=[("a", "i4"), ("b", "f8"), ("c", "S2")])
        self.assertEqual(table[table["a"] > 1]["c"].tolist(), [b"yz"])
        for a in (days, table, np.array(["ä", "bc"])):
            self.assertTrue((pickle.loads(pickle.dumps(a, 5)) == a).all())

    def test_buffers_are_shared(self):
        data = bytearray(8)
        np.frombuffer(data, dtype="<i4")[:] = 1, -1
        self.assertEqual(data, b"\1\0\0\0\xff\xff\xff\xff")
        view = memoryview(np.arange(6, dtype="i2").reshape(2, 3))
        self.assertEqual((view.shape, view.format, view.tolist()), ((2, 3), "h", [[0, 1, 2], [3, 4, 5]]))

    def test_child_processes_use_the_same(self):
        code = "import numpy; print(numpy.__version__)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual(done.stdout.strip(), np.__version__)


class Choice(unittest.TestCase):
    @unittest.skipUnless(sys.implementation.name == "adder", "a choice that Adder offers")
    def test_wrong_choice(self):
        done = subprocess.run([sys.executable, "-c", "import numpy"], env={**os.environ, "ADDER_NUMPY": "other"},
                              capture_output=True, text=True)
        self.assertIn("ImportError: ADDER_NUMPY=other: expected 'builtin' or 'installed'", done.stderr)


if __name__ == "__main__":
    unittest.main()
