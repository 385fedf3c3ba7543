# requires: numpy
"""Tables of numbers in text: what the plain way reads is what the general way reads, and errors are NumPy's."""
import io
import math
import os
import random
import tempfile
import unittest

import numpy as np


class LoadText(unittest.TestCase):
    def test_numbers_are_read_to_the_last_bit(self):
        drawn = random.Random(1)
        texts = ['%.*e' % (drawn.randrange(20), drawn.uniform(-1, 1) * 10.0 ** drawn.randrange(-300, 300)) for _ in range(500)]
        texts += [repr(drawn.random()) for _ in range(500)] + ['%.6f' % drawn.uniform(-1e6, 1e6) for _ in range(500)]
        texts += ['0', '-0', '+1', '.5', '5.', '-.5e3', '1E5', '1e+05', '1e-400', '123456789012345678901234567890', '0.1e1', 'nan', 'inf', '-inf',
                  'Infinity', 'NaN', '9007199254740993', '1e22', '1e23', '0000000000000000000000001.5']
        found = np.loadtxt(texts)
        self.assertEqual(repr(found.tolist()), repr([float(t) for t in texts]))
        self.assertEqual(repr(np.loadtxt([','.join(texts)], delimiter=',').tolist()), repr(found.tolist()))
        self.assertEqual(repr(np.genfromtxt(texts).tolist()), repr(found.tolist()))

    def test_shapes(self):
        lines = ['# head', '1 2 3', '', '4\t5  6 # more', '   ', ' 7 8 9 ']
        table = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        self.assertEqual(np.loadtxt(lines).tolist(), table)
        self.assertEqual(np.loadtxt([l + '\n' for l in lines], dtype=int).tolist(), table)
        self.assertEqual(np.loadtxt(lines, dtype=np.int32).dtype, np.int32)
        self.assertEqual(np.loadtxt(lines, dtype=np.float32).dtype, np.float32)
        self.assertEqual(np.loadtxt(lines, skiprows=2).tolist(), table[1:])
        self.assertEqual(np.loadtxt(['1 2', '3 4', '5 6'], max_rows=2).tolist(), [[1, 2], [3, 4]])
        self.assertEqual(np.loadtxt(lines, usecols=(2, 0)).tolist(), [[3, 1], [6, 4], [9, 7]])
        self.assertEqual(np.loadtxt(lines, usecols=-1).tolist(), [3, 6, 9])
        self.assertEqual(np.loadtxt(['1', '2']).shape, (2,))
        self.assertEqual(np.loadtxt(['1 2']).shape, (2,))
        self.assertEqual(np.loadtxt(['1']).shape, ())
        self.assertEqual(np.loadtxt(['1 2'], ndmin=2).shape, (1, 2))
        self.assertEqual(np.loadtxt(['1', '2'], ndmin=2).shape, (2, 1))
        self.assertEqual([a.tolist() for a in np.loadtxt(['1 2', '3 4'], unpack=True)], [[1, 3], [2, 4]])
        self.assertTrue(np.loadtxt(lines).flags.owndata or np.loadtxt(lines).base is not None)

    def test_delimiters_and_comments(self):
        self.assertEqual(np.loadtxt(['1, 2 ,3', ' 4 ,5,6 '], delimiter=',').tolist(), [[1, 2, 3], [4, 5, 6]])
        self.assertEqual(np.loadtxt(['1;2', '3;4'], delimiter=';', dtype=int, usecols=1).tolist(), [2, 4])
        self.assertEqual(np.loadtxt(['1\t2', '3\t4'], delimiter='\t').tolist(), [[1, 2], [3, 4]])
        self.assertEqual(np.loadtxt(['1 2 // x', '% 3', '3 4'], comments=['//', '%']).tolist(), [[1, 2], [3, 4]])
        self.assertEqual(np.loadtxt(['1 2', '3 4'], comments=None).tolist(), [[1, 2], [3, 4]])

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'a.txt')
            np.savetxt(path, np.arange(12.).reshape(3, 4) / 7)
            self.assertTrue(np.array_equal(np.loadtxt(path), np.arange(12.).reshape(3, 4) / 7))
            self.assertTrue(np.array_equal(np.genfromtxt(path), np.arange(12.).reshape(3, 4) / 7))
            with open(path) as file:
                self.assertEqual(np.loadtxt(file, max_rows=1).shape, (4,))
            self.assertEqual(np.fromfile(path, sep=' ').shape, (12,))
        self.assertEqual(np.loadtxt(io.StringIO('1 2\n3 4')).tolist(), [[1, 2], [3, 4]])
        self.assertEqual(np.loadtxt([b'1 2', b'3 4']).tolist(), [[1, 2], [3, 4]])

    def test_errors(self):
        for lines, options, text in ((['1 2', '3'], {}, 'the number of columns changed from 2 to 1 at row 2; use `usecols` to select a subset and avoid this error'),
                                     (['1 2', '3 x'], {}, "could not convert string 'x' to float64 at row 1, column 2."),
                                     (['1 2'], {'usecols': 5}, 'invalid column index 5 at row 1 with 2 columns'),
                                     (['1,,2'], {'delimiter': ','}, "could not convert string '' to float64 at row 0, column 2."),
                                     (['1 0x10'], {}, "could not convert string '0x10' to float64 at row 0, column 2.")):
            with self.assertRaises(ValueError) as caught:
                np.loadtxt(lines, **options)
            self.assertEqual(str(caught.exception), text)

    def test_texts(self):
        self.assertEqual(np.fromstring('1, 2,3.5', sep=',').tolist(), [1, 2, 3.5])
        self.assertEqual(np.fromstring('1 2\n3', sep=' ', dtype=int).tolist(), [1, 2, 3])
        self.assertEqual(np.fromstring('1 2 3', sep=' ', count=2).tolist(), [1, 2])
        self.assertEqual(np.genfromtxt(['1,2', '3,'], delimiter=',').tolist()[0], [1, 2])
        self.assertTrue(math.isnan(np.genfromtxt(['1,2', '3,'], delimiter=',')[1, 1]))
        self.assertEqual(np.genfromtxt(['1,2', '3,4'], delimiter=',', usecols=(1,), dtype=int).tolist(), [2, 4])


if __name__ == '__main__':
    unittest.main()
