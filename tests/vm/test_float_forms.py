"""Arithmetic that has become a form for two floats gives the same for everything else that comes to it."""

import dis
import math
import operator
import sys
import unittest
from fractions import Fraction


def add(x, y):
    return x + y


def subtract(x, y):
    return x - y


def multiply(x, y):
    return x * y


def add_in_place(x, y):
    x += y
    return x


def subtract_in_place(x, y):
    x -= y
    return x


def multiply_in_place(x, y):
    x *= y
    return x


FUNCTIONS = [(add, operator.add), (subtract, operator.sub), (multiply, operator.mul),
             (add_in_place, operator.add), (subtract_in_place, operator.sub), (multiply_in_place, operator.mul)]
NAN, INF = float("nan"), float("inf")
OTHERS = [(1, 2), (1.5, 2), (2, 1.5), (2**48, 2**48), (2**70, 1.0), (True, 0.5), (1.0, Fraction(1, 3)), (2j, 1.5), (INF, INF), (INF, -INF),
          (INF, 0.0), (NAN, 1.0), (1.0, NAN), (-0.0, 0.0), (0.0, -1.0), (1e308, 1e308), (5e-324, 0.5)]


def same(a, b):
    return type(a) is type(b) and (repr(a) == repr(b))


class FloatFormTest(unittest.TestCase):
    def warm(self, function):
        for _ in range(20):
            function(1.5, 2.25)

    def test_other_operands(self):
        for function, by_definition in FUNCTIONS:
            for x, y in OTHERS:
                self.warm(function)
                for _ in range(3):
                    self.assertTrue(same(function(x, y), by_definition(x, y)), (function.__name__, x, y))
                self.assertTrue(same(function(3.5, -1.25), by_definition(3.5, -1.25)))

    def test_sequences_and_errors(self):
        for function in (add, add_in_place):
            self.warm(function)
            self.assertEqual(function("a", "b"), "ab")
            self.assertEqual(function([1], [2]), [1, 2])
        for function in (multiply, multiply_in_place):
            self.warm(function)
            self.assertEqual(function("ab", 2), "abab")
        for function, _ in FUNCTIONS:
            self.warm(function)
            for x, y in ((1.0, "a"), (None, 1.0), ([], 1.0)):
                self.assertRaises(TypeError, function, x, y)
            self.assertEqual(function(1.5, 0.0), {"multiply": 0.0, "multiply_in_place": 0.0}.get(function.__name__, 1.5))

    def test_outputs_that_hold_objects(self):
        class Item:
            alive = 0

            def __init__(self):
                Item.alive += 1

            def __del__(self):
                Item.alive -= 1

        for turn in range(30):
            x = Item()
            x = float(turn) + 0.5 if turn % 3 else Item()
            if turn % 3:
                x = x * 2.0
        del x
        self.assertEqual(Item.alive, 0)

    def test_alternating_operands(self):
        total = 0
        for i in range(200):
            total += i if i % 2 else i / 2
        self.assertEqual(total, 10000 + 4950.0)
        values = [1, 2.5, -3, NAN, 4.0, 2**60] * 5
        product = 1
        for v in values:
            product = product * v
        self.assertTrue(math.isnan(product))

    def test_tracing(self):
        lines = []

        def trace(frame, event, argument):
            if event == "line":
                lines.append(frame.f_lineno - multiply_in_place.__code__.co_firstlineno)
            return trace

        self.warm(multiply_in_place)
        sys.settrace(trace)
        try:
            result = multiply_in_place(1.5, 3.0), multiply_in_place(2, 3)
        finally:
            sys.settrace(None)
        self.assertEqual(result, (4.5, 6))
        self.assertEqual(lines, [1, 2, 1, 2])

    def test_code_is_shown_general(self):
        before = add.__code__.co_code
        self.warm(add)
        self.assertEqual(add.__code__.co_code, before)
        if sys.implementation.name == "adder":
            self.assertIn("ADD_FLOAT", [i.opname for i in dis.get_instructions(add, adaptive=True)])
            self.assertIn("ADD", [i.opname for i in dis.get_instructions(add)])
            for _ in range(3):
                add(1, 2)
            self.assertIn("ADD", [i.opname for i in dis.get_instructions(add, adaptive=True)])


if __name__ == "__main__":
    unittest.main()
