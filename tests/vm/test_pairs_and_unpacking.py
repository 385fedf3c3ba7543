"""Loops over enumerate and zip of lists, and unpacking into locals: who holds what, and until when."""

import sys
import unittest

TURNS = 6


class Watched:
    def __init__(self, name, log):
        self.name = name
        self.log = log

    def __del__(self):
        self.log.append(self.name)


class PairTest(unittest.TestCase):
    def test_one_site_meets_many_iterators(self):
        def pairs(iterable):
            return [(a, b) for a, b in iterable]

        for _ in range(TURNS):
            self.assertEqual(pairs(enumerate([1, None, "a"], 5)), [(5, 1), (6, None), (7, "a")])
            self.assertEqual(pairs(zip([1, 2], [True, 3.5])), [(1, True), (2, 3.5)])
            self.assertEqual(pairs(zip("ab", [1, 2])), [("a", 1), ("b", 2)])
            self.assertEqual(pairs(enumerate("ab")), [(0, "a"), (1, "b")])
            self.assertEqual(pairs({1: 2}.items()), [(1, 2)])
            self.assertEqual(pairs([(3, 4)]), [(3, 4)])
            self.assertEqual(pairs(enumerate([1], sys.maxsize)), [(sys.maxsize, 1)])
            both = iter([1, 2, 3, 4, 5])
            self.assertEqual(pairs(zip(both, both)), [(1, 2), (3, 4)])

    def test_list_of_pairs_and_of_others(self):
        def halves(rows):
            seen = []
            for a, b in rows:
                if a is None:
                    continue
                seen.append((b, a))
            return seen

        for _ in range(TURNS):
            self.assertEqual(halves([(1, 2), (None, 3), ("a", [4])]), [(2, 1), ([4], "a")])
            self.assertEqual(halves([(1, 2), [3, 4], "ab", (5, 6)]), [(2, 1), (4, 3), ("b", "a"), (6, 5)])
            self.assertEqual(halves([]), [])
            with self.assertRaisesRegex(ValueError, r"too many values to unpack \(expected 2\)"):
                halves([(1, 2), (1, 2, 3)])
            with self.assertRaisesRegex(TypeError, "cannot unpack non-iterable int object"):
                halves([(1, 2), 3])
        growing = [(1, 2)]
        for a, b in growing:
            if a < 5:
                growing.append((b, a + 2))
        self.assertEqual(growing, [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6)])
        log = []
        rows = [(Watched(i, log), i) for i in range(4)]
        for item, i in rows:
            rows[i] = None
            log.append(("in", i))
        item = None
        self.assertEqual(log, [("in", 0), 0, ("in", 1), 1, ("in", 2), 2, ("in", 3), 3])

    def test_stepping_by_hand_leaves_nothing_alive(self):
        log = []
        for make in enumerate, lambda items: zip(items, items):
            items = [Watched(i, log) for i in range(4)]
            pairs = make(items)
            next(pairs)
            for _, item in pairs:
                items[0] = None
                log.append("in")
            del items, item
            self.assertEqual(log[:2].count(0), 1)
            log.clear()

    def test_strict(self):
        def last(a, b):
            for x, y in zip(a, b, strict=True):
                pass
            return x, y

        for _ in range(TURNS):
            self.assertEqual(last([1, 2], [3, 4]), (2, 4))
            with self.assertRaisesRegex(ValueError, r"zip\(\) argument 2 is shorter than argument 1"):
                last([1, 2], [3])

    def test_stepping_by_hand_between(self):
        for _ in range(TURNS):
            items = [1.5, 2, "a", None, True]
            z, seen = zip(items, items), []
            for a, b in z:
                seen.append((a, b, next(z, "end")))
            self.assertEqual(seen, [(1.5, 1.5, (2, 2)), ("a", "a", (None, None)), (True, True, "end")])
            e, seen = enumerate(items), []
            for i, x in e:
                seen.append((i, x, next(e, "end")))
            self.assertEqual(seen, [(0, 1.5, (1, 2)), (2, "a", (3, None)), (4, True, "end")])

    def test_items_die_when_the_next_pair_comes(self):
        log = []

        def loop():
            items = [Watched(i, log) for i in range(3)]
            for i, item in enumerate(items):
                items[i] = None
                log.append(("in", i))
            log.append("end")

        expected = [("in", 0), ("in", 1), 0, ("in", 2), 1, "end", 2]
        for _ in range(TURNS):
            log.clear()
            loop()
            self.assertCountEqual(log, expected)
            self.assertLess(log.index(("in", 1)), log.index(1))
            self.assertLess(log.index("end"), log.index(2))


class UnpackTest(unittest.TestCase):
    def test_old_values_die_one_by_one(self):
        log = []

        def loop(rows):
            for a, b, c in rows:
                log.append((a if type(a) is int else a.name, b if type(b) is int else b.name, c))
            a = b = c = None

        for _ in range(TURNS):
            log.clear()
            loop([[Watched("x", log), Watched("y", log), 1], (2, Watched("z", log), 3), [4, 5, 6]])
            self.assertEqual(log, [("x", "y", 1), (2, "z", 3), (4, 5, 6), "z", "y", "x"])

            log.clear()
            loop(iter([[Watched(row, log), Watched(row + "'", log), 0] for row in "ab"]))
            self.assertEqual([e for e in log if type(e) is tuple], [("a", "a'", 0), ("b", "b'", 0)])
            self.assertEqual([e for e in log if type(e) is str], ["a'", "a", "b", "b'"])

    def test_targets_that_unpacking_frees(self):
        def loop():
            row = [[1, 2, 3], 2, 3]
            out = []
            for _ in range(2):
                row, b, c = row
                out.append((b, c))
            return row, out

        for _ in range(TURNS):
            self.assertEqual(loop(), (1, [(2, 3), (2, 3)]))

    def test_same_name_twice(self):
        for _ in range(TURNS):
            a, a, b = [1, "two", "three"]
            self.assertEqual((a, b), ("two", "three"))

    def test_wrong_length(self):
        def unpack(items):
            a, b, c = items
            return a, b, c

        for _ in range(TURNS):
            self.assertEqual(unpack((1, 2, 3)), (1, 2, 3))
            self.assertEqual(unpack("abc"), ("a", "b", "c"))
            with self.assertRaisesRegex(ValueError, r"not enough values to unpack \(expected 3, got 2\)"):
                unpack([1, 2])
            with self.assertRaisesRegex(ValueError, r"too many values to unpack \(expected 3\)"):
                unpack([1, 2, 3, 4])


if __name__ == "__main__":
    unittest.main()
