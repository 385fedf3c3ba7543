"""Statements on items of lists of numbers, which run as one instruction once they have run, give the same for everything else that comes to them."""

import operator
import sys
import unittest
from fractions import Fraction

INF, NAN = float("inf"), float("nan")
NUMBERS = [0, 1, -3, 2**40, 2**49 - 1, -2**49, 2**70, 0.0, -0.0, 1.5, -2.25, 1e308, INF, -INF, NAN, True, Fraction(1, 3), 2j]


def both_add(a, b, i, j):
    return a[i] + b[j]


def both_subtract(a, b, i, j):
    return a[i] - b[j]


def both_multiply(a, b, i, j):
    return a[i] * b[j]


def first_subtract(a, b, i, j):
    return a[0] - b[1]


def update_add(a, i, x, y):
    a[i] += x


def update_subtract(a, i, x, y):
    a[i] -= x


def update_multiply(a, i, x, y):
    a[i] *= x


def update_constant(a, i, x, y):
    a[i] += 1


def update_first(a, i, x, y):
    a[0] = a[0] - x


def update_by_product(a, i, x, y):
    a[i] += x * y


def update_first_by_product(a, i, x, y):
    a[0] -= x * y


UPDATES = [(update_add, lambda v, x, y: v + x), (update_subtract, lambda v, x, y: v - x), (update_multiply, lambda v, x, y: v * x),
           (update_constant, lambda v, x, y: v + 1), (update_first, lambda v, x, y: v - x), (update_by_product, lambda v, x, y: v + x * y),
           (update_first_by_product, lambda v, x, y: v - x * y)]


def outcome(function, *args):
    try:
        return repr(function(*args))
    except Exception as e:
        return repr(e)


class ItemFormsTest(unittest.TestCase):
    def test_two_items(self):
        for function, by_definition in (both_add, operator.add), (both_subtract, operator.sub), (both_multiply, operator.mul), (first_subtract, operator.sub):
            for x in NUMBERS:
                for y in NUMBERS:
                    for _ in range(3):
                        function([1.5, 2.5], [3.5, 4.5], 0, 1)
                    self.assertEqual(outcome(function, [x, x], [y, y], 0, 1), outcome(by_definition, x, y))

    def test_other_containers_and_indices(self):
        for function in both_add, both_subtract, first_subtract:
            for _ in range(3):
                function([1.5, 2.5], [3.5, 4.5], 0, 1)
        for _ in range(40):
            self.assertEqual(both_add((1, 2), [3, 4], 1, -1), 6)
            self.assertEqual(both_add({"k": 1}, {2: 3}, "k", 2), 4)
            self.assertEqual(both_add("ab", ["c"], 1, False), "bc")
            self.assertEqual(outcome(both_add, [1], [2], 0, 1), "IndexError('list index out of range')")
            self.assertEqual(outcome(both_add, [1], [2], 2**60, 0), "IndexError('list index out of range')")
            self.assertEqual(outcome(both_add, [None], [2], 0, 0), 'TypeError("unsupported operand type(s) for +: \'NoneType\' and \'int\'")')
            self.assertEqual(both_subtract([5], [2], 0, 0), 3)
            self.assertEqual(first_subtract([5, 0], [0, 2.0], 0, 0), 3.0)

    def test_updates(self):
        for function, by_definition in UPDATES:
            for v in NUMBERS:
                for x in NUMBERS:
                    for y in 2.0, 3, NAN, None:
                        for _ in range(3):
                            function([1.5, 2.5], 1, 2.0, 0.5)
                        i = 0
                        items = [v, v]
                        expected = outcome(by_definition, v, x, y)
                        found = outcome(function, items, i, x, y)
                        self.assertEqual(found if found != "None" else repr(items[0]), expected, (function.__name__, v, x, y))
                        self.assertIs(items[1], v)

    def test_updates_of_other_containers(self):
        class Both(list):
            def __setitem__(self, i, v):
                list.__setitem__(self, i, v * 100)

        for _ in range(40):
            for function in update_add, update_first, update_by_product, update_constant:
                table = {0: 1, "k": 2}
                function(table, 0, 1, 1)
                self.assertIn(table[0], (0, 2))
                self.assertEqual(outcome(function, (1, 2), 0, 1, 1), 'TypeError("\'tuple\' object does not support item assignment")')
                both = Both([1, 2])
                function(both, 0, 1, 1)
                self.assertIn(both[0], (0, 200))
            items = [[1], "a"]
            update_add(items, 0, [2], None)
            update_add(items, 1, "b", None)
            self.assertEqual(items, [[1, 2], "ab"])
            update_add(items, -1, "c", None)
            self.assertEqual(items[1], "abc")
            self.assertEqual(outcome(update_add, [1], 1, 1, 1), "IndexError('list index out of range')")

    def test_operand_that_changes_the_list(self):
        class Shrinks:
            def __init__(self, items):
                self.items = items

            def __radd__(self, v):
                self.items.clear()
                self.items.append(None)
                return v + 1

        for _ in range(20):
            update_add([1], 0, 1, 1)
            items = [1, 2]
            update_add(items, 0, Shrinks(items), None)
            self.assertEqual(items, [2])

    def test_tracing_sees_the_lines_of_a_statement_on_several(self):
        def spread(a, x, y):
            a[0] += x * y
            return (a[0] -
                    a[1])

        for _ in range(20):
            spread([1.0, 2.0], 2.0, 3.0)
        lines = []

        def trace(frame, event, arg):
            if event == "line":
                lines.append(frame.f_lineno - spread.__code__.co_firstlineno)
            return trace

        sys.settrace(trace)
        try:
            result = spread([1.0, 2.0], 2.0, 3.0)
        finally:
            sys.settrace(None)
        self.assertEqual(result, 5.0)
        self.assertEqual(lines, [1, 2, 3, 2])


if __name__ == "__main__":
    unittest.main()
