# requires: numpy
"""What array objects do beyond giving values: views and their bases, buffers, scalars, error state, in-place work."""

import copy
import numbers
import pickle
import threading
import unittest
import warnings

import numpy as np


class Names(unittest.TestCase):
    def test_star_brings_what_the_package_lists(self):
        scope = {}
        exec("from numpy import *", scope)
        self.assertTrue(set(np.__all__) <= set(scope))
        self.assertIs(scope["linspace"], np.linspace)
        self.assertIs(scope["max"], np.max)
        self.assertNotIn("AxisError", scope)


class Views(unittest.TestCase):
    def test_base_is_the_owner(self):
        a = np.arange(12)
        self.assertIs(a[2:][1:].base, a)
        self.assertIs(a[2:].reshape(5, 2).base, a)
        self.assertIsNone(a.base)
        self.assertIsNone(a[[1, 2]].base)

    def test_a_view_keeps_the_memory(self):
        view = np.arange(100000)[10:20]
        self.assertEqual(view.sum(), sum(range(10, 20)))

    def test_overlapping_assignment_is_as_if_copied(self):
        for shift in (1, 3):
            a = np.arange(50)
            a[shift:] = a[:-shift]
            self.assertEqual(a.tolist(), list(range(shift)) + list(range(50 - shift)))
            a = np.arange(50)
            a[:-shift] = a[shift:]
            self.assertEqual(a.tolist(), list(range(shift, 50)) + list(range(50 - shift, 50)))
        a = np.arange(9).reshape(3, 3)
        a += a.T
        self.assertEqual(a.tolist(), [[0, 4, 8], [4, 8, 12], [8, 12, 16]])

    def test_flags(self):
        a = np.zeros((3, 4))
        self.assertTrue(a.flags.c_contiguous)
        self.assertFalse(a.T.flags['C'])
        self.assertTrue(a.T.flags.f_contiguous)
        self.assertFalse(a[:, 1].flags.contiguous)
        self.assertFalse(a[1].flags.owndata)

    def test_read_only(self):
        a = np.arange(3)
        a.flags.writeable = False
        with self.assertRaisesRegex(ValueError, 'assignment destination is read-only'):
            a[0] = 1
        with self.assertRaisesRegex(ValueError, 'output array is read-only'):
            a += 1
        with self.assertRaises(ValueError):
            np.broadcast_to(1, (3,))[0] = 2

    def test_shape_may_be_set(self):
        a = np.arange(6)
        a.shape = 2, 3
        self.assertEqual(a.tolist(), [[0, 1, 2], [3, 4, 5]])
        a.shape = (1, 1, 2, 1, 3, 1)
        self.assertEqual(a.ndim, 6)
        with self.assertRaises(AttributeError):
            a.T.shape = 6

    def test_many_dimensions(self):
        a = np.arange(64).reshape((1, 2) * 6)
        self.assertEqual(a.sum(axis=tuple(range(12))), 64 * 63 // 2)
        self.assertEqual(a.T.shape, (2, 1) * 6)
        self.assertEqual(np.zeros((1,) * 64).ndim, 64)
        with self.assertRaises(ValueError):
            np.zeros((1,) * 65)

    def test_iteration_and_containment(self):
        self.assertEqual([row.tolist() for row in np.arange(4).reshape(2, 2)], [[0, 1], [2, 3]])
        self.assertIn(3, np.arange(5))
        self.assertNotIn(7, np.arange(5))
        with self.assertRaises(TypeError):
            iter(np.array(1))

    def test_flat(self):
        a = np.arange(6).reshape(2, 3).T
        self.assertEqual(list(a.flat), [0, 3, 1, 4, 2, 5])
        a.flat[1] = 9
        self.assertEqual(a[0, 1], 9)
        self.assertEqual(a.flat[2:4].tolist(), [1, 4])


class Buffers(unittest.TestCase):
    def test_memoryview(self):
        a = np.arange(6.0).reshape(2, 3)
        m = memoryview(a)
        self.assertEqual((m.format, m.shape, m.strides, m.itemsize), ('d', (2, 3), (24, 8), 8))
        self.assertEqual(m.tolist(), a.tolist())
        self.assertEqual(bytes(a), a.tobytes())

    def test_from_buffers(self):
        data = bytearray(b'\1\0\2\0\3\0')
        a = np.frombuffer(data, dtype='<i2')
        a[0] = 7
        self.assertEqual(data[0], 7)
        self.assertEqual(np.asarray(memoryview(b'abc')).tolist(), [97, 98, 99])
        with self.assertRaises(ValueError):
            np.frombuffer(b'abc', dtype='i2')
        with self.assertRaises(ValueError):
            np.frombuffer(b'abc', dtype='u1')[0] = 1

    def test_a_strided_array_is_no_plain_buffer(self):
        with self.assertRaises(TypeError):
            memoryview(np.arange(6)[::2]).cast('B')

    def test_elements_of_a_given_buffer_lie_within_it(self):
        memory = bytearray(24)
        self.assertEqual(np.ndarray((3,), 'f8', memory, 16, (-8,)).tolist(), [0, 0, 0])
        for arguments in [((4,), 'f8', memory), ((3,), 'f8', memory, 8)]:
            with self.assertRaisesRegex(TypeError, 'buffer is too small for requested array'):
                np.ndarray(*arguments)
        for shape, offset, strides in [((3,), 8, (-8,)), ((2**40,), 0, (2**40,)), ((2, 2), 0, (16, 8))]:
            with self.assertRaisesRegex(ValueError, 'strides is incompatible with shape'):
                np.ndarray(shape, 'f8', memory, offset, strides)
        with self.assertRaises(TypeError):
            np.ndarray((3,), 'f8', np.arange(3.0), 8)


class Scalars(unittest.TestCase):
    def test_types(self):
        self.assertIsInstance(np.float64(1), float)
        self.assertNotIsInstance(np.int64(1), int)
        self.assertIsInstance(np.int64(1), np.signedinteger)
        self.assertIsInstance(np.arange(3.0)[1], np.float64)
        self.assertIs(type(np.arange(3).sum()), np.int64)
        self.assertIs(np.array([True])[0], np.True_)

    def test_text(self):
        self.assertEqual(repr(np.float64(0.1)), 'np.float64(0.1)')
        self.assertEqual(str(np.float32(0.1)), '0.1')
        self.assertEqual(repr(np.True_), 'np.True_')
        self.assertEqual(f'{np.float64(2.5):8.3f}|{np.int64(7):04d}', '   2.500|0007')

    def test_arithmetic_with_python_numbers(self):
        self.assertIs(type(np.float64(1) + 1), np.float64)
        self.assertIs(type(1 + np.float64(1)), np.float64)
        self.assertIs(type(np.int64(1) * 2.0), np.float64)
        self.assertIs(type(np.float32(1) * 2.0), np.float32)
        self.assertEqual(np.int64(7) // -2, -4)
        self.assertEqual([10, 20, 30][np.int64(1)], 20)
        self.assertEqual(hash(np.int64(5)), hash(5))
        self.assertEqual({1.5: 'x'}[np.float64(1.5)], 'x')

    def test_the_abstract_numbers_know_them(self):
        abstract = (numbers.Number, numbers.Complex, numbers.Real, numbers.Rational, numbers.Integral)
        for scalar, known in ((np.int64(1), "NCRRI"), (np.uint8(1), "NCRRI"), (np.float32(1), "NCR"),
                              (np.float64(1), "NCR"), (np.complex64(1), "NC"), (np.bool(1), "")):
            with self.subTest(type(scalar)):
                self.assertEqual("".join(a.__name__[0] for a in abstract if isinstance(scalar, a)), known)

    def test_int_overflow_warns(self):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter('always')
            self.assertEqual(np.int64(2**62) + np.int64(2**62), -2**63)
        self.assertEqual([str(w.message) for w in seen], ['overflow encountered in scalar add'])


class ErrorState(unittest.TestCase):
    def test_warnings_name_the_operation_and_the_line(self):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter('always')
            np.array([1.0, 0.0]) / 0
        self.assertEqual([str(w.message) for w in seen],
                         ['divide by zero encountered in divide', 'invalid value encountered in divide'])
        self.assertEqual(seen[0].filename, __file__)

    def test_errstate_nests_and_restores(self):
        before = np.geterr()
        with np.errstate(divide='raise'):
            with self.assertRaisesRegex(FloatingPointError, 'divide by zero encountered in divide'):
                np.ones(3) / 0
            with np.errstate(divide='ignore'):
                np.ones(3) / 0
            self.assertEqual(np.geterr()['divide'], 'raise')
        self.assertEqual(np.geterr(), before)

    def test_handler(self):
        calls = []
        with np.errstate(over='call', call=lambda text, flag: calls.append((text, flag))):
            np.exp(np.array([1000.0]))
        self.assertEqual(calls, [('overflow', 2)])

    def test_every_thread_has_its_own(self):
        seen = []
        with np.errstate(all='ignore'):
            thread = threading.Thread(target=lambda: seen.append(np.geterr()['divide']))
            thread.start()
            thread.join()
        self.assertEqual(seen, ['warn'])


class Tagged(np.ndarray):
    def __new__(cls, values, tag):
        self = np.asarray(values).view(cls)
        self.tag = tag
        return self

    def __array_finalize__(self, source):
        if source is not None:
            self.tag = getattr(source, 'tag', None)


class Subclasses(unittest.TestCase):
    def test_views_and_results_stay_in_the_subclass(self):
        a = Tagged([1.0, 2.0, 3.0], 'x')
        for b in (a[1:], a + 1, 2 * a, np.sqrt(a), a.reshape(3, 1), a.T, np.arange(3) + a, a == 1):
            self.assertIs(type(b), Tagged)
            self.assertEqual(b.tag, 'x')
        self.assertIs(type(np.asarray(a)), np.ndarray)
        a += 1
        self.assertIs(type(a), Tagged)
        self.assertEqual(a.tolist(), [2.0, 3.0, 4.0])


class Copies(unittest.TestCase):
    def test_copy_and_pickle(self):
        for a in (np.arange(6).reshape(2, 3), np.asfortranarray(np.ones((2, 3))), np.array(2.5), np.zeros((0, 3))):
            for b in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
                self.assertTrue(np.array_equal(a, b))
                self.assertEqual(a.dtype, b.dtype)
                self.assertEqual(a.flags.f_contiguous, b.flags.f_contiguous)
        for s in (np.float64(1.5), np.int32(4), np.True_):
            self.assertEqual(pickle.loads(pickle.dumps(s)), s)
        self.assertEqual(pickle.loads(pickle.dumps(np.dtype('f4'))), np.dtype('f4'))


class LargeArrays(unittest.TestCase):
    """Sizes at which work is split, streamed past the caches, or taken from the cache of blocks."""

    def test_arithmetic_agrees_with_small_pieces(self):
        n = 5_000_000
        a = np.arange(float(n)) % 1000 + 0.5
        b = a * 2.0 - a / 4.0
        for start in (0, 123_457, n - 10):
            piece = a[start:start + 10]
            self.assertEqual(b[start:start + 10].tolist(), (piece * 2.0 - piece / 4.0).tolist())
        self.assertEqual(float((a > 500).sum()), n / 2)
        c = np.exp(a / 1000.0)
        self.assertEqual(c[777:790].tolist(), np.exp(a[777:790] / 1000.0).tolist())

    def test_zeros_are_zero_after_reuse(self):
        for _ in range(3):
            a = np.ones(2_000_000)
            del a
            self.assertEqual(np.zeros(2_000_000).sum(), 0.0)

    def test_memory_that_cannot_be_had(self):
        with self.assertRaises(MemoryError):
            np.ones((1 << 40,))
        with self.assertRaises(ValueError):
            np.zeros((1 << 40, 1 << 40))
        self.assertEqual(np.ones(3).sum(), 3)

    def test_threads_side_by_side(self):
        a = np.arange(300_000.0)
        results = [None] * 4

        def work(i):
            for _ in range(5):
                results[i] = float((a * i).sum())

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(results, [float((a * i).sum()) for i in range(4)])


class Sums(unittest.TestCase):
    """Float sums are pairwise, in the memory's order, as NumPy's."""

    @staticmethod
    def pairwise(a):
        n = len(a)
        if n < 8:
            total = -0.0
            for x in a:
                total += x
            return total
        if n <= 128:
            r = list(a[:8])
            i = 8
            while i < n - n % 8:
                for j in range(8):
                    r[j] += a[i + j]
                i += 8
            total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
            for x in a[i:]:
                total += x
            return total
        half = n // 2
        half -= half % 8
        return Sums.pairwise(a[:half]) + Sums.pairwise(a[half:])

    def numbers(self, n):
        x, out = 1, []
        for _ in range(n):
            x = (x * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            out.append((x >> 11) / 2.0**53 - 0.5)
        return out

    def test_lines(self):
        for n in (0, 1, 7, 8, 9, 127, 128, 129, 1000, 9001):
            a = self.numbers(n)
            self.assertEqual(np.array(a).sum(), 0.0 + self.pairwise(a), n)
            self.assertEqual(np.array(a)[::-1].sum(), 0.0 + self.pairwise(a[::-1]), n)

    def test_axes(self):
        values = self.numbers(30 * 40)
        a = np.array(values).reshape(30, 40)
        rows = [values[i * 40:(i + 1) * 40] for i in range(30)]
        self.assertEqual(a.sum(axis=1).tolist(), [0.0 + self.pairwise(r) for r in rows])
        self.assertEqual(a.T.sum(axis=0).tolist(), [0.0 + self.pairwise(r) for r in rows])
        columns = [0.0] * 40
        for r in rows:
            columns = [x + y for x, y in zip(columns, r)]
        self.assertEqual(a.sum(axis=0).tolist(), columns)
        self.assertEqual(a.T.sum(), 0.0 + self.pairwise(values))


if __name__ == '__main__':
    unittest.main()
