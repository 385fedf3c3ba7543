"""Lists made of dicts and of their views at once, sorts of objects by their own comparisons, and what may happen meanwhile."""

import gc
import unittest


class ListsOfDicts(unittest.TestCase):
    def test_elements_in_order_with_holes(self):
        mapping = {i: str(i) for i in range(50)}
        for i in range(0, 50, 3):
            del mapping[i]
        keys = [i for i in range(50) if i % 3]
        self.assertEqual(list(mapping), keys)
        self.assertEqual(list(mapping.keys()), keys)
        self.assertEqual(list(mapping.values()), [str(i) for i in keys])
        self.assertEqual(list(mapping.items()), [(i, str(i)) for i in keys])
        self.assertEqual([0, *mapping.items()][1:], list(mapping.items()))
        self.assertEqual(list(reversed(mapping.items())), list(mapping.items())[::-1])
        self.assertEqual((list({}), list({}.items()), list({}.values())), ([], [], []))

    def test_subclasses_iterate_as_they_say(self):
        class Backwards(dict):
            def __iter__(self):
                return iter(["own"])

        mapping = Backwards(a=1, b=2)
        self.assertEqual(list(mapping), ["own"])
        self.assertEqual(list(mapping.items()), [("a", 1), ("b", 2)])

    def test_a_list_extends_by_the_dict_that_holds_it(self):
        items = []
        mapping = {1: items, 2: None}
        items.extend(mapping.values())
        self.assertEqual(len(items), 2)
        self.assertIs(items[0], items)

    def test_change_during_iteration(self):
        mapping = {i: i for i in range(10)}
        with self.assertRaisesRegex(RuntimeError, "^dictionary changed size during iteration$"):
            for key in mapping:
                mapping[key + 100] = 0
        one = {0: 0}
        with self.assertRaisesRegex(RuntimeError, "^dictionary keys changed during iteration$"):
            for _ in one:
                del one[0]
                one[0] = 0
        iterator = iter(mapping)
        for _ in mapping:
            next(iterator)
        self.assertRaises(StopIteration, next, iterator)
        mapping["more"] = 1
        self.assertRaises(StopIteration, next, iterator)

    def test_iterators_count_what_remains(self):
        mapping = {i: i for i in range(5)}
        for iterator in (iter(mapping), iter(mapping.items()), reversed(mapping.values())):
            for left in (5, 4, 3, 2, 1, 0):
                self.assertEqual(iterator.__length_hint__(), left)
                next(iterator, None)

    def test_merging_keeps_places_and_takes_values(self):
        one, other = {i: i for i in range(40)}, {i: -i for i in range(20, 60)}
        merged = one | other
        self.assertEqual(list(merged), list(range(60)))
        self.assertEqual(list(merged.values()), [*range(20), *range(-20, -60, -1)])


class SortsOfObjects(unittest.TestCase):
    def test_by_less_than_of_a_class(self):
        class Item:
            def __init__(self, number):
                self.number = number

            def __lt__(self, other):
                return self.number < other.number

        items = [Item(i * 37 % 101) for i in range(101)]
        self.assertEqual([item.number for item in sorted(items)], list(range(101)))
        self.assertEqual([item.number for item in sorted(items, reverse=True)], list(range(100, -1, -1)))

    def test_tuples_by_what_decides(self):
        words = ["", "a", "a\0", "ab", "abcdefg", "abcdefgh", "abcdefgi", "abcdefg\0", "b", "zzzzzzzzzz", "\x7f"]
        for one in ([1, 2], [0.5, -0.0, 0.0, 1e300], words, ["\u00e9", "e"], [None, None]):
            items = [(first, second, third) for third in (2, 1) for second in words for first in one for _ in range(2)]
            expected = list(items)
            if None in one:
                items = expected = [item[1:] for item in items]
            # One by one, so that no comparison is chosen for all.
            order = []
            for item in expected:
                at = next((i for i, other in enumerate(order) if item < other), len(order))
                order.insert(at, item)
            self.assertEqual(sorted(items), order)

    def test_types_may_change_and_comparisons_decline(self):
        class Other:
            def __init__(self, number):
                self.number = number

            def __gt__(self, other):
                return self.number > other.number

        class Item(Other):
            def __lt__(self, other):
                self.__class__ = Other
                return NotImplemented

        items = [Item(i * 7 % 31) for i in range(31)]
        self.assertEqual([item.number for item in sorted(items)], list(range(31)))

    def test_errors_and_any_truth(self):
        class Item:
            def __init__(self, number):
                self.number = number

            def __lt__(self, other):
                return [1] if self.number < other.number else []

        self.assertEqual([item.number for item in sorted([Item(3), Item(1), Item(2)])], [1, 2, 3])
        with self.assertRaisesRegex(TypeError, "^'<' not supported between instances of 'object' and 'object'$"):
            sorted([object(), object()])
        with self.assertRaisesRegex(TypeError, "^'<' not supported between instances of 'dict' and 'dict'$"):
            sorted([{}, {}])
        gc.collect()


if __name__ == "__main__":
    unittest.main()
