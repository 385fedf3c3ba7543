# requires: numpy
"""Arrays of any dtype come back from .npy, .npz, pickles and raw files as they were."""

import copy
import io
import os
import pickle
import tempfile
import unittest

import numpy as np

ARRAYS = {
    'text': np.array(['a', 'bcd', '']),
    'bytes': np.array([b'a', b'bcd']),
    'swapped': np.array([1, 2, 3], '>i4'),
    'swapped_text': np.array(['ab'], '>U2'),
    'dates': np.array(['2020-01-01', 'NaT'], 'M8[D]'),
    'spans': np.array([1, 2], 'm8[ns]'),
    'structure': np.array([(1, 2.5, 'x')], dtype=[('a', 'i4'), ('b', 'f8'), ('c', 'U3')]),
    'nested': np.array([(1, (2, 3.5), [1, 2])], dtype=[('a', '>i4'), ('b', [('x', 'i4'), ('y', 'f4')]), ('v', 'i2', 2)]),
    'aligned': np.array([(1, 2)], dtype=np.dtype([('a', 'i1'), ('b', 'i4')], align=True)),
    'void': np.array([b'abc'], 'V3'),
    'columns': np.asfortranarray(np.array([['a', 'b'], ['c', 'd']])),
    'nothing': np.zeros((0, 3), 'U2'),
    'one': np.array('abc'),
}


class Saved(unittest.TestCase):
    def same(self, a, b):
        self.assertEqual(a.dtype, b.dtype)
        self.assertEqual(a.shape, b.shape)
        self.assertEqual(a.flags.f_contiguous, b.flags.f_contiguous)
        self.assertEqual(a.tobytes(), b.tobytes())

    def test_npy(self):
        for name, a in ARRAYS.items():
            with self.subTest(name):
                file = io.BytesIO()
                np.save(file, a)
                file.seek(0)
                self.same(a, np.load(file))

    def test_headers_are_numpys(self):
        for name, descr in (('text', "'<U3'"), ('swapped', "'>i4'"), ('dates', "'<M8[D]'"), ('structure', "[('a', '<i4'), ('b', '<f8'), ('c', '<U3')]"),
                            ('aligned', "[('a', '|i1'), ('', '|V3'), ('b', '<i4')]")):
            file = io.BytesIO()
            np.save(file, ARRAYS[name])
            self.assertIn(f"'descr': {descr}, 'fortran_order'".encode(), file.getvalue())

    def test_npz(self):
        file = io.BytesIO()
        np.savez(file, **ARRAYS)
        file.seek(0)
        with np.load(file) as loaded:
            self.assertEqual(sorted(loaded.files), sorted(ARRAYS))
            for name, a in ARRAYS.items():
                self.same(a, loaded[name])

    def test_pickles_and_copies(self):
        for name, a in ARRAYS.items():
            with self.subTest(name):
                native = a if a.dtype.names or a.dtype.isnative else a.astype(a.dtype.newbyteorder('='))
                self.same(native, pickle.loads(pickle.dumps(a)))
                self.same(a, copy.deepcopy(a))
                self.assertEqual(pickle.loads(pickle.dumps(a.dtype)), a.dtype)
                if a.size:
                    scalar = a.ravel()[0]
                    again = pickle.loads(pickle.dumps(scalar))
                    self.assertIs(type(again), type(scalar))
                    self.assertEqual(again.tobytes(), scalar.tobytes())

    def test_pickles_of_numpy(self):
        # np.dtype('>i4'), np.dtype('M8[D]') and a structure, pickled by NumPy with protocol 0.
        head = b'cnumpy\ndtype\np0\n'
        for text, dtype in ((b"(Vi4\np1\nI00\nI01\ntp2\nRp3\n(I3\nV>\np4\nNNNI-1\nI-1\nI0\ntp5\nb.", '>i4'),
                            (b"(VV5\np1\nI00\nI01\ntp2\nRp3\n(I3\nV|\np4\nN(Va\np5\nVb\np6\ntp7\n(dp8\ng5\n(g0\n(Vi1\nI00\nI01\ntRI0\ntsg6\n(g0\n(Vi4\nI00\nI01\ntR(I3\nV>\nNNNI-1\nI-1\nI0\ntbI1\nts"
                             b"I5\nI1\nI0\ntb.", [('a', 'i1'), ('b', '>i4')])):
            self.assertEqual(pickle.loads(head + text), np.dtype(dtype))
        self.assertEqual(np.dtype('i4').str, '<i4')

    def test_objects(self):
        a = np.array([1, 'x', None, [2]], dtype=object)
        file = io.BytesIO()
        np.save(file, a)
        file.seek(0)
        with self.assertRaisesRegex(ValueError, 'Object arrays cannot be loaded when allow_pickle=False'):
            np.load(file)
        file.seek(0)
        self.assertEqual(np.load(file, allow_pickle=True).tolist(), a.tolist())
        with self.assertRaisesRegex(ValueError, 'Object arrays cannot be saved when allow_pickle=False'):
            np.save(io.BytesIO(), a, allow_pickle=False)
        file = io.BytesIO()
        np.savez(file, a=a)
        file.seek(0)
        self.assertEqual(np.load(file, allow_pickle=True)['a'].tolist(), a.tolist())

    def test_raw_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'raw')
            for name in ('text', 'swapped', 'dates', 'structure', 'nested'):
                a = ARRAYS[name]
                a.tofile(path)
                self.same(a, np.fromfile(path, a.dtype))

    def test_truncated(self):
        file = io.BytesIO()
        np.save(file, ARRAYS['structure'])
        with self.assertRaises(ValueError):
            np.load(io.BytesIO(file.getvalue()[:-3]))

    def test_text_files(self):
        text = "# head\n1,2.5,abc\n2,3.5,de\n"
        a = np.genfromtxt(io.StringIO(text), delimiter=',', dtype=[('n', 'i4'), ('x', 'f8'), ('s', 'U5')])
        self.assertEqual(a.tolist(), [(1, 2.5, 'abc'), (2, 3.5, 'de')])
        b = np.genfromtxt(io.StringIO("n,x,s\n1,2.5,abc\n2,3.5,de\n"), delimiter=',', names=True, dtype=None, encoding='utf-8')
        self.assertEqual(b.dtype.names, ('n', 'x', 's'))
        self.assertEqual(b.tolist(), [(1, 2.5, 'abc'), (2, 3.5, 'de')])
        c = np.loadtxt(io.StringIO(text), delimiter=',', dtype=[('n', 'i4'), ('x', 'f8'), ('s', 'U5')])
        self.assertEqual(c.tolist(), [(1, 2.5, 'abc'), (2, 3.5, 'de')])
        self.assertEqual(np.loadtxt(io.StringIO("a b\nc d\n"), dtype=str).tolist(), [['a', 'b'], ['c', 'd']])
        out = io.StringIO()
        np.savetxt(out, c, fmt='%d %.1f %s')
        self.assertEqual(out.getvalue(), '1 2.5 abc\n2 3.5 de\n')
        out = io.StringIO()
        np.savetxt(out, np.array([['a', 'b']]), fmt='%s', delimiter=',')
        self.assertEqual(out.getvalue(), 'a,b\n')
        d = np.fromregex(io.StringIO('1312 foo\n1534  bar\n'), r'(\d+)\s+(...)', [('num', np.int64), ('key', 'S3')])
        self.assertEqual(d.tolist(), [(1312, b'foo'), (1534, b'bar')])


if __name__ == '__main__':
    unittest.main()
