"""The cycle collector: cycles of every kind, finalizers, weak references, generations, deep structures."""

import gc
import unittest
import weakref


class Collector(unittest.TestCase):
    def setUp(self):
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

    def test_cycles_of_every_kind(self):
        class A:
            pass
        class S:
            __slots__ = ("me", "__weakref__")
        def instance():
            a = A()
            a.me = a
        def slots():
            s = S()
            s.me = s
        def a_list():
            l = []
            l.append(l)
        def a_dict():
            d = {}
            d[1] = d
        def a_tuple():
            l = []
            t = (l,)
            l.append(t)
        def function():
            def f(): return f
        def bound():
            a = A()
            a.f = a.__init__
        def in_dict_mode():
            a = A()
            vars(a)["me"] = a
        def a_class():
            class C:
                pass
        for make in (instance, slots, a_list, a_dict, a_tuple, function, bound, in_dict_mode, a_class):
            with self.subTest(make.__name__):
                gc.collect()
                make()
                self.assertGreater(gc.collect(), 0)
                self.assertEqual(gc.collect(), 0)

    def test_what_is_reachable_stays(self):
        class A:
            pass
        keep = A()
        keep.me = keep
        keep.other = [A(), {"a": keep}]
        ref = weakref.ref(keep.other[0])
        gc.collect()
        self.assertIs(ref(), keep.other[0])

    def test_finalizers_before_clearing(self):
        seen = []
        class A:
            def __init__(self, name): self.name = name
            def __del__(self): seen.append((self.name, self.other.name))
        a, b = A("a"), A("b")
        a.other, b.other = b, a
        del a, b
        gc.collect()
        self.assertEqual(sorted(seen), [("a", "b"), ("b", "a")])

    def test_resurrection(self):
        kept = []
        class A:
            def __del__(self): kept.append(self)
        a = A()
        a.me = a
        a.value = 5
        del a
        gc.collect()
        self.assertEqual([x.value for x in kept], [5])
        self.assertTrue(gc.is_finalized(kept[0]))
        kept.clear()
        gc.collect()
        self.assertEqual(kept, [])

    def test_weakref_callbacks(self):
        calls = []
        class A:
            pass
        a = A()
        a.me = a
        outside = weakref.ref(a, calls.append)
        a.inside = weakref.ref(a, lambda r: calls.append("never"))
        del a
        gc.collect()
        self.assertEqual((calls, outside()), ([outside], None))

    def test_callbacks_and_stats(self):
        phases = []
        def callback(phase, info): phases.append((phase, info["generation"]))
        gc.callbacks.append(callback)
        self.addCleanup(gc.callbacks.remove, callback)
        before = gc.get_stats()[1]["collections"]
        gc.collect(1)
        self.assertEqual(phases, [("start", 1), ("stop", 1)])
        self.assertEqual(gc.get_stats()[1]["collections"], before + 1)

    def test_automatic(self):
        gc.enable()
        class A:
            pass
        a = A()
        a.me = a
        ref = weakref.ref(a)
        del a
        for _ in range(10_000):
            keep = [[] for _ in range(10)]
            if ref() is None:
                break
        held = []
        for _ in range(3000):
            held.append([])
        self.assertIsNone(ref())

    def test_questions(self):
        l = []
        holder = [l, 1, 2.5]
        self.assertIn(holder, gc.get_referrers(l))
        self.assertEqual(sorted(map(repr, gc.get_referents(holder))), ["1", "2.5", "[]"])
        self.assertTrue(gc.is_tracked([]))
        self.assertFalse(gc.is_tracked(1))
        self.assertFalse(gc.is_tracked("a"))
        self.assertRaises(ValueError, gc.collect, 3)

    def test_deep_structures(self):
        l = []
        for _ in range(200_000):
            l = [l]
        del l
        t = ()
        for _ in range(200_000):
            t = (t,)
        del t
        d = {}
        for _ in range(200_000):
            d = {1: d}
        del d

    def test_freeze(self):
        gc.freeze()
        self.assertGreater(gc.get_freeze_count(), 0)
        gc.unfreeze()
        self.assertEqual(gc.get_freeze_count(), 0)


if __name__ == "__main__":
    unittest.main()
