# requires: numpy
"""Who owns the references of object arrays: none is lost, none is kept."""

import gc
import pickle
import sys
import unittest
import weakref

import numpy as np


class Thing:
    pass


class Ownership(unittest.TestCase):
    def test_an_array_lets_go_of_its_objects(self):
        for n in (1, 3, 1000):
            thing = Thing()
            seen = weakref.ref(thing)
            a = np.empty(n, object)
            a[:] = [thing] * n
            view = a[::-1]
            del thing, a
            self.assertIsNotNone(seen())
            del view
            self.assertIsNone(seen())

    def check(self, make):
        """make(thing) gives an array that holds it; afterwards nothing does."""
        thing = Thing()
        seen = weakref.ref(thing)
        for _ in range(3):
            result = make(thing)
        self.assertIsNotNone(result)
        del result, thing
        gc.collect()
        self.assertIsNone(seen())

    def test_copies_and_views(self):
        def filled(thing, n=8):
            a = np.empty(n, object)
            a.fill(thing)
            return a
        for make in (lambda t: filled(t).copy(),
                     lambda t: filled(t)[[0, 2, 2]],
                     lambda t: filled(t)[np.arange(8) > 3],
                     lambda t: np.concatenate([filled(t), filled(t)]),
                     lambda t: np.repeat(filled(t), 2),
                     lambda t: np.where(np.arange(8) > 3, filled(t), None),
                     lambda t: filled(t).reshape(2, 4).T.copy(),
                     lambda t: filled(t) == t,
                     lambda t: filled(t).tolist(),
                     lambda t: np.take(filled(t), [1, 1]),
                     lambda t: filled(t).astype(object),
                     lambda t: np.array([t, [t, t]], dtype=object)):
            self.check(make)

    def test_stores_release_what_stood_there(self):
        thing = Thing()
        seen = weakref.ref(thing)
        a = np.empty(6, object)
        stores = (lambda: a.__setitem__(0, None), lambda: a.__setitem__(slice(None), 1), lambda: a.__setitem__([0, 1], None),
                  lambda: a.__setitem__(np.ones(6, bool), 2), lambda: a.fill(0), lambda: np.copyto(a, 5), lambda: a.put(range(6), [None]))
        for store in stores:
            a[0] = thing
            store()
            self.assertFalse(any(x is thing for x in a.tolist()))
        del thing
        self.assertIsNone(seen())

    def test_overlapping_stores(self):
        a = np.array([Thing() for _ in range(10)], dtype=object)
        ids = [id(x) for x in a.tolist()]
        a[1:] = a[:-1]
        self.assertEqual([id(x) for x in a.tolist()], ids[:1] + ids[:-1])
        a[::-1] = a.copy()
        a[:] = a[::-1]
        self.assertEqual(id(a[-1]), ids[-2])

    def test_counts_do_not_grow(self):
        marker = Thing()
        a = np.empty(100, object)
        a.fill(marker)
        before = sys.getrefcount(marker)
        for _ in range(20):
            np.sort(np.array([3, 1, 2] * 10, dtype=object))
            a.copy()
            a[::2].tolist()
            (a == marker).all()
            a[[5, 6, 7]]
            a.reshape(10, 10).T.copy()
            pickled = None
            np.array([a[0], [a[1]]], dtype=object)
        self.assertEqual(sys.getrefcount(marker), before)

    def test_an_operation_that_raises_keeps_the_rest(self):
        a = np.array([1, 2, 'x', 4], dtype=object)
        with self.assertRaises(TypeError):
            a + 1
        with self.assertRaises(TypeError):
            a += 1
        self.assertEqual(len(a), 4)
        with self.assertRaises(TypeError):
            np.sort(a)
        with self.assertRaises(ValueError):
            a.astype(float)

    def test_fields_that_are_objects(self):
        thing = Thing()
        seen = weakref.ref(thing)
        a = np.zeros(5, [('n', 'i4'), ('o', object)])
        a['o'] = thing
        b = a[[0, 1]].copy()
        c = a[0]
        a['o'][1:] = None
        del thing, a, b
        self.assertIsNotNone(seen())
        del c
        self.assertIsNone(seen())

    def test_pickling(self):
        a = np.array([1, 'x', None, [2]], dtype=object)
        b = pickle.loads(pickle.dumps(a))
        self.assertEqual(a.tolist(), b.tolist())
        c = np.array([(1, 'x', [2])], dtype=[('a', 'i4'), ('b', 'U3'), ('c', object)])
        d = pickle.loads(pickle.dumps(c))
        self.assertEqual(c.dtype, d.dtype)
        self.assertEqual(c.tolist(), d.tolist())


if __name__ == '__main__':
    unittest.main()
