# requires: numpy
"""Arrays in pickles of protocol 5, whose data may stay outside, and their `ctypes` attribute."""

import copy
import ctypes
import pickle
import unittest
import warnings

import numpy as np


class Buffers(unittest.TestCase):
    def arrays(self):
        base = np.arange(12.0).reshape(3, 4)
        return {"C": base, "F": base.T, "strided": base[::2], "0-d": np.array(5), "empty": np.ones((0, 3)), "text": np.array(["ab", "\u00e9"]),
                "swapped": np.arange(3, dtype=">i4"), "fields": np.zeros(2, [("a", "i4"), ("b", "f8")]), "bool": np.array([True, False]),
                "complex": np.array([1j, 2.5])}

    def same(self, one, other):
        self.assertEqual((one.dtype.newbyteorder("="), one.shape, one.tolist(), one.flags.f_contiguous), (other.dtype.newbyteorder("="), other.shape, other.tolist(), other.flags.f_contiguous))

    def test_kept_outside(self):
        for name, array in self.arrays().items():
            with self.subTest(name):
                buffers = []
                data = pickle.dumps(array, 5, buffer_callback=buffers.append)
                self.assertEqual(len(buffers), name != "strided")
                again = pickle.loads(data, buffers=buffers)
                self.same(again, array if name != "strided" else array.copy())
                self.assertEqual(again.ctypes.data == array.ctypes.data, name != "strided")

    def test_kept_inside_is_a_copy_that_may_be_written(self):
        for name, array in self.arrays().items():
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with self.subTest(name, protocol=protocol):
                    again = pickle.loads(pickle.dumps(array, protocol))
                    self.same(again, array if name != "strided" else array.copy())
                    self.assertTrue(again.flags.writeable)

    def test_read_only_data_stays_so(self):
        array = np.arange(4)
        array.setflags(write=False)
        buffers = []
        data = pickle.dumps(array, 5, buffer_callback=buffers.append)
        self.assertFalse(pickle.loads(data, buffers=buffers).flags.writeable)

    def test_what_goes_the_old_way(self):
        class Mine(np.ndarray):
            pass

        old = [np.array([None, "x"]), np.zeros(2, "M8[s]"), np.arange(6).reshape(2, 3)[:, ::2], np.zeros(3).view(Mine)]
        for array in old:
            self.assertEqual(array.__reduce_ex__(5)[0].__name__, "_reconstruct")
            self.assertEqual(type(pickle.loads(pickle.dumps(array, 5))) if type(array) is np.ndarray else Mine, type(array))
        self.assertEqual(np.arange(3).__reduce_ex__(4)[0].__name__, "_reconstruct")
        self.assertEqual(np.arange(3).__reduce_ex__(5)[0].__name__, "_frombuffer")
        self.assertRaises(TypeError, np.arange(3).__reduce_ex__, "5")
        self.assertEqual(copy.deepcopy(np.arange(3)).tolist(), [0, 1, 2])


class Ctypes(unittest.TestCase):
    def test_pointers(self):
        array = np.arange(6, dtype=np.int64).reshape(2, 3)
        self.assertEqual(array.ctypes.data, array.__array_interface__["data"][0])
        pointer = array.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
        pointer[4] = 70
        self.assertEqual(array[1, 1], 70)
        self.assertIs(pointer._arr, array)
        self.assertEqual(array[1:].ctypes.data, array.ctypes.data + 24)

    def test_shape_and_strides(self):
        given = np.arange(6, dtype=np.int64).reshape(2, 3).T.ctypes
        self.assertEqual((given.shape[:], given.strides[:]), ([3, 2], [8, 24]))
        self.assertEqual((given.shape_as(ctypes.c_short)[:], given.strides_as(ctypes.c_int)[:]), ([3, 2], [8, 24]))
        self.assertIs(given.shape._type_, ctypes.c_long)
        self.assertEqual((np.array(1).ctypes.shape, np.array(1).ctypes.strides), (None, None))

    def test_as_an_argument(self):
        libc = ctypes.CDLL(None)
        target, source = np.zeros(4), np.arange(4.0)
        libc.memcpy(target.ctypes, source.ctypes, ctypes.c_size_t(32))
        self.assertEqual(target.tolist(), [0, 1, 2, 3])

    def test_old_names(self):
        given = np.arange(3).ctypes
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.assertEqual(given.get_data(), given.data)
            self.assertEqual(given.get_shape()[:], [3])
        self.assertEqual([str(w.message) for w in caught],
                         ['"get_data" is deprecated. Use "data" instead', '"get_shape" is deprecated. Use "shape" instead'])

    def test_cannot_be_set(self):
        with self.assertRaisesRegex(AttributeError, "^attribute 'ctypes' of 'numpy.ndarray' objects is not writable$"):
            np.arange(3).ctypes = None


if __name__ == "__main__":
    unittest.main()
