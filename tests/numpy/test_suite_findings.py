# requires: numpy
"""What NumPy's own suite showed: memory that was overrun, arguments that were not looked at."""

import pickle
import unittest

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


class Scalars(unittest.TestCase):
    def test_complex_of_two_parts(self):
        self.assertEqual(np.complex64(1, 2), 1 + 2j)

    def test_subclasses_compare_first(self):
        class Always(np.ndarray):
            def __eq__(self, other):
                return 'theirs'
        self.assertEqual(np.int64(1) == np.arange(2).view(Always), 'theirs')


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
