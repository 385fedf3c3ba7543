"""The cycle collector: cycles of every kind, finalizers, weak references, generations, deep structures."""

import gc
import unittest
import weakref


class Collector(unittest.TestCase):
    def setUp(self):
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

    def test_a_finalizer_sees_the_line_that_let_go(self):
        import sys
        lines = []

        class Watched:
            def __del__(self):
                lines.append(sys._getframe(1).f_lineno - sys._getframe(1).f_code.co_firstlineno)

        def overwrite():
            x = Watched()
            y = None
            x = None
            x = Watched()

            x = y
            return x

        overwrite()
        self.assertEqual(lines, [3, 6])

    def test_a_full_collection_lets_go_of_dicts_that_lead_to_no_cycle(self):
        d = {1: []}
        d[1] = (int, None)
        gc.collect()
        self.assertFalse(gc.is_tracked(d))
        d[2] = d
        self.assertTrue(gc.is_tracked(d))

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

    def test_atomic_tuples_are_left_alone(self):
        t = tuple([1, 2.5, "a", (), (1, "b")])
        d = {1: t}
        gc.collect()
        self.assertFalse(gc.is_tracked(t))
        self.assertTrue(gc.is_tracked((1, [])))
        self.assertFalse(gc.is_tracked({1: 2, "a": ()}))
        d = {1: t, 2: []}
        self.assertTrue(gc.is_tracked(d))
        gc.collect()
        self.assertTrue(gc.is_tracked(d))

    def test_objects_that_come_and_go(self):
        # Most die between collections, in any order; those that stay are still known.
        from collections import deque
        queue, kept = deque(), []
        for i in range(50_000):
            queue.append([i])
            if len(queue) > 300:
                queue.popleft()
            if i % 5000 == 0:
                kept.append([i])
        self.assertTrue(all(map(gc.is_tracked, kept)))
        known = {id(o) for o in gc.get_objects()}
        self.assertTrue(all(id(o) in known for o in kept))
        self.assertTrue(all(id(o) in known for o in queue))
        gc.collect()
        known = {id(o) for o in gc.get_objects()}
        self.assertTrue(all(id(o) in known for o in kept))

    def test_generations(self):
        o = []
        self.assertIn(id(o), {id(x) for x in gc.get_objects(0)})
        gc.collect(0)
        self.assertIn(id(o), {id(x) for x in gc.get_objects(1)})
        gc.collect(1)
        self.assertIn(id(o), {id(x) for x in gc.get_objects(2)})
        frozen = gc.get_freeze_count()
        gc.freeze()
        self.assertGreater(gc.get_freeze_count(), frozen)
        self.assertNotIn(id(o), {id(x) for x in gc.get_objects()})
        cycle = []
        cycle.append(cycle)
        del cycle
        self.assertGreater(gc.collect(), 0)
        gc.unfreeze()
        self.assertIn(id(o), {id(x) for x in gc.get_objects(2)})

    def test_finalizers_that_make_objects(self):
        made = []
        class A:
            def __init__(self): self.me = self
            def __del__(self): made.append([A, [], {}]); made.append({1: []}); gc.collect()
        for _ in range(100):
            A()
        gc.collect()
        self.assertEqual(len(made), 200)
        self.assertTrue(all(map(gc.is_tracked, made)))
        known = {id(o) for o in gc.get_objects()}
        self.assertTrue(all(id(o) in known for o in made))

    def test_some_of_the_trash_returns(self):
        kept = []
        class A:
            def __init__(self, n): self.me, self.n, self.tail = self, n, [n]
            def __del__(self):
                if self.n % 3 == 0: kept.append(self)
        refs = [weakref.ref(A(n)) for n in range(90)]
        gc.collect()
        self.assertEqual(sorted(a.n for a in kept), list(range(0, 90, 3)))
        self.assertEqual({id(a) for a in kept} - {id(o) for o in gc.get_objects()}, set())
        self.assertEqual([r() for r in refs], [None] * 90)
        kept.clear()
        gc.collect()
        self.assertEqual(sum(isinstance(o, A) for o in gc.get_objects()), 0)

    def test_chains_in_both_directions(self):
        # Found reachable from the oldest to the youngest, and from the youngest to the oldest.
        first = last = []
        for _ in range(30_000):
            last.append([])
            last = last[0]
        chain = []
        for _ in range(30_000):
            chain = [chain]
        wide = [[[] for _ in range(20)] for _ in range(2000)]
        copy = [list(x) for x in wide]
        del wide
        gc.collect()
        n = 0
        while first:
            first, n = first[0], n + 1
        self.assertEqual(n, 30_000)
        while chain:
            chain, n = chain[0], n - 1
        self.assertEqual(n, 0)
        self.assertEqual(sum(map(len, copy)), 40_000)

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
