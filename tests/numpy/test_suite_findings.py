# requires: numpy
"""What NumPy's own suite showed: memory that was overrun, arguments that were not looked at."""

import pickle
import unittest
import warnings

import numpy as np


class Shuffling(unittest.TestCase):
    def test_elements_of_any_size_change_places(self):
        for kind in ('U5', 'S3', 'S20', [('a', 'i4'), ('b', object)]):
            rows = np.array([(i, str(i)) for i in range(50)], kind) if isinstance(kind, list) else np.arange(50).astype(kind)
            expected = rows.tolist()
            np.random.RandomState(1).shuffle(rows)
            self.assertNotEqual(rows.tolist(), expected)
            self.assertCountEqual(rows.tolist(), expected)


class Extrema(unittest.TestCase):
    def test_output_of_another_shape_is_refused(self):
        a = np.arange(12.).reshape(3, 4)
        for axis, keepdims, shape in ((0, True, (2, 4)), (1, False, (4,)), (None, True, (1, 2)), (None, False, (1,))):
            with self.assertRaisesRegex(ValueError, 'output array does not match result of np.argmax'):
                np.argmax(a, axis=axis, keepdims=keepdims, out=np.empty(shape, np.intp))
        out = np.empty((1, 1), np.intp)
        self.assertIs(np.argmin(a, keepdims=True, out=out), out)
        self.assertEqual(out.tolist(), [[0]])


class Sorting(unittest.TestCase):
    def test_ways_to_sort_are_checked(self):
        a = np.arange(4.)
        for kind in ('', 'foo', '\u03c3'):
            self.assertRaises(ValueError, a.sort, kind=kind)
        self.assertRaises(ValueError, a.sort, kind='quicksort', stable=True)
        self.assertRaisesRegex(ValueError, 'Cannot specify order', a.argsort, order='x')

    def test_partition_looks_at_its_indices(self):
        a = np.arange(10)
        for function in (a.partition, a.argpartition):
            self.assertRaisesRegex(ValueError, r'kth\(=10\) out of bounds \(10\)', function, 10)
            self.assertRaisesRegex(TypeError, 'Partition index must be integer', function, 2.)
            self.assertRaises(ValueError, function, 2, kind='quick')
        self.assertEqual(np.partition(np.ones((3, 0)), 2).shape, (3, 0))


class Objects(unittest.TestCase):
    def test_variance(self):
        self.assertEqual(np.array([1, 2, 3, 6], object).var(), 3.5)
        self.assertEqual(np.array(5, object).var(), 0)


    def test_arrays_that_hold_themselves(self):
        a = np.array([None], object)
        a[0] = a
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            for convert in (bool, int, float):
                self.assertRaises(RecursionError, convert, a)
        a[0] = None
        inner = []
        inner.append([inner])
        a[0] = inner
        self.assertRaises((RecursionError, ValueError), a.astype, 'M8')

    def test_fields_of_objects_are_refused(self):
        a = np.array([1, 2, 3], object)
        self.assertRaises(TypeError, a.setfield, 4, np.int32, 0)
        self.assertRaises(TypeError, a.getfield, np.int32, 0)


class Resizing(unittest.TestCase):
    def test_in_place(self):
        for dtype in (float, object, 'U3', [('a', 'i4'), ('b', 'f8')]):
            a = np.zeros(3, dtype)
            a.resize(5, refcheck=False)
            self.assertEqual((a.shape, a[4]), ((5,), np.zeros(1, dtype)[0]))
            a.resize((2, 1), refcheck=False)
            self.assertEqual((a.shape, a.strides), ((2, 1), (a.itemsize, a.itemsize)))
        a = np.arange(6)
        view = a[:3]
        self.assertRaisesRegex(ValueError, 'does not own its data', view.resize, 4)
        del view
        a.resize(100, refcheck=False)
        self.assertEqual(a.tolist(), list(range(6)) + [0] * 94)

    def test_products_in_place(self):
        a = np.arange(4.).reshape(2, 2)
        same = a
        a @= np.array([[0, 1], [1, 0]])
        self.assertIs(a, same)
        self.assertEqual(a.tolist(), [[1, 0], [3, 2]])
        with self.assertRaises(ValueError):
            a @= np.ones((2, 1))


class Attributes(unittest.TestCase):
    def test_they_cannot_be_deleted(self):
        for name in ('shape', 'strides', 'dtype', 'real', 'imag', 'flat'):
            with self.assertRaises(AttributeError):
                delattr(np.zeros(2, complex), name)


class Scalars(unittest.TestCase):
    def test_complex_of_two_parts(self):
        self.assertEqual(np.complex64(1, 2), 1 + 2j)

    def test_subclasses_compare_first(self):
        class Always(np.ndarray):
            def __eq__(self, other):
                return 'theirs'
        self.assertEqual(np.int64(1) == np.arange(2).view(Always), 'theirs')


    def test_text_becomes_numbers(self):
        self.assertEqual((np.bytes_(b'5').__int__(), np.str_('6').__int__()), (5, 6))

    def test_subclasses_of_long_doubles(self):
        class Long(np.longdouble):
            pass
        self.assertTrue(Long(1) < Long(2))


class Quantiles(unittest.TestCase):
    def test_closest_observation(self):
        a = np.arange(5)
        self.assertEqual([int(np.quantile(a, k / 10, method='closest_observation')) for k in range(11)], [0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 4])


class AxisErrors(unittest.TestCase):
    def test_attributes_and_pickles(self):
        error = np.exceptions.AxisError(2, 1, 'prefix')
        self.assertEqual((error.axis, error.ndim, str(error)), (2, 1, 'prefix: axis 2 is out of bounds for array of dimension 1'))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((again.axis, again.ndim, again.args), (2, 1, error.args))
        plain = np.exceptions.AxisError('text')
        self.assertEqual((plain.axis, plain.ndim, str(plain)), (None, None, 'text'))


if __name__ == '__main__':
    unittest.main()
