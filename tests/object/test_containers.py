"""list, tuple, dict, set, slice and range, where order, growth and interference matter."""

import random
import sys
import unittest


class Lists(unittest.TestCase):
    def test_slices_of_itself(self):
        a = [1, 2, 3]
        a[1:1] = a
        self.assertEqual(a, [1, 1, 2, 3, 2, 3])
        a[::-1] = a
        self.assertEqual(a, [3, 2, 3, 2, 1, 1])
        a.extend(a)
        self.assertEqual(len(a), 12)

    def test_stepped_stores_over_every_kind_of_item(self):
        class Item:
            pass

        for kinds in [(True, False), (1, 2.5), (True, None, "a" * 3), (False, 1, Item()), (Item(), True), ([], [1])]:
            for n in 1, 2, 7, 40:
                for step in 1, 2, 3, -1, -2:
                    old = [kinds[i * i % len(kinds)] for i in range(n)]
                    items = list(old)
                    fresh = [object() for _ in items[::step]]
                    items[::step] = list(fresh)
                    expected = list(old)
                    for i, v in zip(range(n)[::step], fresh):
                        expected[i] = v
                    self.assertEqual(items, expected)
                    items[::step] = [True] * len(fresh)
                    self.assertTrue(all(v is True for v in items[::step]))
        before = sys.getrefcount(True), sys.getrefcount(False)
        for _ in range(50):
            items = [True, False, False] * 20
            items[::2] = [False] * 30
            items[1::2] = [True] * 30
            del items
        self.assertLess(abs(sys.getrefcount(True) - before[0]), 40)
        self.assertLess(abs(sys.getrefcount(False) - before[1]), 40)

    def test_extended_deletion(self):
        for step in (1, 2, 3, -1, -2, -5):
            for start in (None, 0, 3, -1):
                a = list(range(20))
                expected = [x for x in a if x not in a[start::step]]
                del a[start::step]
                self.assertEqual(a, expected)

    def test_steps_beyond_the_end(self):
        for kind in (list, tuple, bytes, bytearray):
            self.assertEqual(kind(range(9))[3::sys.maxsize], kind([3]))
            self.assertEqual(kind(range(9))[3::-sys.maxsize], kind([3]))
        self.assertEqual("abcdef"[3::sys.maxsize], "d")
        for a in (list(range(9)), bytearray(range(9))):
            a[3::sys.maxsize] = b"\0"
            del a[5::sys.maxsize]
            self.assertEqual(list(a), [0, 1, 2, 0, 4, 6, 7, 8])

    def test_clear_during_comparison(self):
        class Clearing:
            def __eq__(self, other):
                items.clear()
                return NotImplemented

        items = [Clearing()]
        other = [Clearing()]
        self.assertFalse(items == other)

    def test_repr_of_itself(self):
        a = []
        a.append((a, {1: a}))
        self.assertEqual(repr(a), "[([...], {1: [...]})]")

    def test_deep_nesting(self):
        a, t, d = [], (), {}
        for _ in range(50_000):
            a, t, d = [a], (t,), {1: d}
        self.assertRaises(RecursionError, repr, a)
        del a, t, d  # taken apart without deep recursion


class Sorting(unittest.TestCase):
    def kinds(self, n):
        r = random.Random(n)
        yield [r.randrange(n + 1) for _ in range(n)]
        yield [r.random() for _ in range(n)]
        yield [str(r.randrange(n + 1)) for _ in range(n)]
        yield [r.choice("aé€😀") * r.randrange(3) for _ in range(n)]
        yield [(r.randrange(3), r.random(), str(i)) for i in range(n)]
        yield [r.choice([r.randrange(100), r.random() * 100, 2**70, True]) for _ in range(n)]
        yield [2**62 + r.randrange(n + 1) for _ in range(n)]
        yield [i if i // 40 % 2 else -i for i in range(n)]

    def test_stable_and_ordered(self):
        for n in (0, 1, 2, 10, 32, 33, 64, 65, 200, 3000):
            for values in self.kinds(n):
                order = sorted(range(n), key=values.__getitem__)
                backwards = sorted(range(n), key=values.__getitem__, reverse=True)
                for i, k in zip(order, order[1:]):
                    self.assertTrue(values[i] < values[k] or (not values[k] < values[i] and i < k))
                for i, k in zip(backwards, backwards[1:]):
                    self.assertTrue(values[k] < values[i] or (not values[i] < values[k] and i < k))
                self.assertEqual(sorted(values), [values[i] for i in order])

    def test_a_failing_comparison_loses_nothing(self):
        class Item:
            def __init__(self, n):
                self.n = n

            def __lt__(self, other):
                if self.n == 50:
                    raise ZeroDivisionError
                return self.n < other.n

        items = [Item(i * 37 % 100) for i in range(100)]
        self.assertRaises(ZeroDivisionError, items.sort)
        self.assertEqual(sorted(i.n for i in items), list(range(100)))

    def test_changing_the_list_meanwhile(self):
        items = [3, 1, 2]

        def key(x):
            items.append(x)
            return x

        self.assertRaisesRegex(ValueError, "list modified during sort", items.sort, key=key)


class Dicts(unittest.TestCase):
    def test_int_keys_among_equal_ones(self):
        class Like:
            def __init__(self, n):
                self.n = n

            def __hash__(self):
                return hash(self.n)

            def __eq__(self, other):
                return other == self.n

        for first in (1.0, True, Like(1), 1):
            d = {first: "first"}
            d[1] = "second"
            self.assertEqual(list(d), [first])
            self.assertEqual((d[1], d.get(1), 1 in d, len(d)), ("second", "second", True, 1))
        big = 1 << 61
        d = {i: i for i in range(-3, 300)}
        d[big - 1] = "zero's hash"  # of another entry's hash, and no immediate
        for turn in range(3):
            self.assertEqual((d[0], d[-1], d[-2], d[299], d[big - 1]), (0, -1, -2, 299, "zero's hash"))
            for i in range(0, 300, 2):
                self.assertEqual(d.pop(i), i)
                self.assertRaises(KeyError, lambda: d[i])
                d[i] = i

    def test_keys_of_every_kind(self):
        d = {1: "int", "a": "str", (1, 2): "tuple", 2.5: "float", 2**80: "big", None: "none", True and "b": "bool"}
        self.assertEqual([d[1.0], d[True], d["a"], d[(1, 2)], d[2.5], d[2**80], d[None]], ["int", "int", "str", "tuple", "float", "big", "none"])

    def test_order_through_growth_and_deletion(self):
        r = random.Random(7)
        d, model = {}, []
        for _ in range(20_000):
            k = r.choice([r.randrange(500), str(r.randrange(500))])
            if r.random() < 0.4:
                if d.pop(k, None) is not None:
                    model.remove(k)
            else:
                if k not in d:
                    model.append(k)
                d[k] = 1
        self.assertEqual(list(d), model)
        self.assertEqual(list(reversed(d)), model[::-1])
        self.assertEqual(list(d.copy()), model)

    def test_index_widths(self):
        for n in (5, 6, 85, 86, 21845, 21846, 70_000):
            d = {f"k{i}": i for i in range(n)}
            self.assertEqual(d[f"k{n - 1}"], n - 1)
            d[n] = "general"
            self.assertEqual((d["k0"], d[n], len(d)), (0, "general", n + 1))

    def test_comparison_that_clears(self):
        class Key:
            clearing = None

            def __init__(self, n):
                self.n = n

            def __hash__(self):
                return 1

            def __eq__(self, other):
                if Key.clearing is not None:
                    Key.clearing.clear()
                return self.n == other.n

        d = {Key(i): i for i in range(20)}
        Key.clearing = d
        self.assertRaises(KeyError, d.__getitem__, Key(5))
        self.assertEqual(len(d), 0)

    def test_changes_during_iteration(self):
        d = {1: 1}
        with self.assertRaisesRegex(RuntimeError, "dictionary changed size during iteration"):
            for k in d:
                d[k + 1] = 1
        d = {1: 1, 2: 2}
        with self.assertRaisesRegex(RuntimeError, "dictionary keys changed during iteration"):
            for k in d:
                del d[k]
                d[k + 5] = 1

    def test_views_are_sets(self):
        d = {"a": 1, "b": 2}
        self.assertEqual(d.keys() & {"a", "z"}, {"a"})
        self.assertEqual(d.keys() - {"a"}, {"b"})
        self.assertEqual(d.items() | {("c", 3)}, {("a", 1), ("b", 2), ("c", 3)})
        self.assertTrue(d.keys() <= {"a", "b", "c"})
        self.assertFalse(("a", 2) in d.items())

    def test_missing(self):
        class D(dict):
            def __missing__(self, key):
                return key * 2

        self.assertEqual(D({1: 3})[1] + D()[5], 13)
        self.assertIsNone(D().get(5))


class Sets(unittest.TestCase):
    def test_against_dicts(self):
        r = random.Random(3)
        s, model = set(), {}
        for _ in range(20_000):
            k = r.choice([r.randrange(300), str(r.randrange(300)), (r.randrange(300),)])
            if r.random() < 0.5:
                s.add(k)
                model[k] = 1
            else:
                s.discard(k)
                model.pop(k, None)
        self.assertEqual(s, set(model))
        self.assertEqual(len(s), len(model))

    def test_small_ints_come_out_in_order(self):
        self.assertEqual(list({10, 20, 5, 3, 1}), [1, 3, 20, 5, 10])
        self.assertEqual(list(set(range(100))), list(range(100)))

    def test_frozenset_hash(self):
        self.assertEqual(hash(frozenset()), 133146708735736)
        self.assertEqual(hash(frozenset(range(5))), -6574606388428675546)
        self.assertTrue({1} in {frozenset([1])})

    def test_results_of_operators(self):
        class S(set):
            pass

        self.assertIs(type(S([1]) | {2}), set)
        self.assertIs(type(frozenset([1]) | {2}), frozenset)
        with self.assertRaisesRegex(TypeError, "unsupported operand"):
            {1} | [2]


class Ranges(unittest.TestCase):
    def test_beyond_machine_words(self):
        for r in (range(2**63 - 3, 2**63 + 3), range(0, 2**70, 2**68), range(5, -(2**65), -(2**63)), range(10, 0, -3)):
            items = list(r)
            self.assertEqual(list(reversed(r)), items[::-1])
            self.assertEqual([r[i] for i in range(len(r))], items)
            self.assertEqual(list(r[1:]), items[1:])
            self.assertTrue(all(x in r and r.index(x) == i for i, x in enumerate(items)))

    def test_slice_indices(self):
        self.assertEqual(slice(-(2**80), 2**80).indices(2**90), (2**90 - 2**80, 2**80, 1))
        self.assertEqual(slice(None, None, -1).indices(5), (4, -1, -1))

    def test_tuple_hashes(self):
        self.assertEqual((hash(()), hash((1, 2, 3))), (5740354900026072187, 529344067295497451))

    def test_zip_strict(self):
        self.assertRaisesRegex(ValueError, r"zip\(\) argument 3 is longer than arguments 1-2", list, zip([1], [1], [1, 2], strict=True))
        self.assertRaisesRegex(ValueError, r"zip\(\) argument 2 is shorter than argument 1", list, zip([1, 2], [1], strict=True))

    def test_reused_pairs_are_not_shared(self):
        for pairs in (zip([1, 2], "ab"), enumerate("ab", 1), {1: "a", 2: "b"}.items()):
            self.assertEqual([p for p in pairs], [(1, "a"), (2, "b")])


class Appending(unittest.TestCase):
    def test_returns_none_and_keeps_order(self):
        items, results = [], []
        for i in range(1000):
            results.append(items.append(str(i)))
        self.assertEqual((items, set(results)), ([str(i) for i in range(1000)], {None}))

    def test_to_itself_to_temporaries_and_to_subclasses(self):
        class Noting(list):
            def append(self, item):
                super().append((item, len(self)))

        class Plain(list):
            pass

        for kind in list, Noting, Plain, list:
            items = kind()
            for i in range(20):
                items.append(i)
            self.assertEqual(items[7], (7, 7) if kind is Noting else 7)
        own = []
        for _ in range(3):
            own.append(own)
            self.assertIsNone([1].append(2))
        self.assertTrue(all(item is own for item in own))

    def test_what_is_dropped_by_the_target_may_look_at_the_list(self):
        items = []

        class Last:
            def __del__(self):
                seen.append(len(items))

        seen = []
        for i in range(5):
            kept = Last()
            kept = items.append(i)
        self.assertEqual((seen, kept), ([1, 2, 3, 4, 5], None))

    def test_while_sorted(self):
        items = [3, 1, 2] * 5
        with self.assertRaisesRegex(ValueError, "^list modified during sort$"):
            items.sort(key=lambda item: items.append(0) or item)


if __name__ == "__main__":
    unittest.main()
