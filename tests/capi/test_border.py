"""Calls of C functions and methods from Python code, in each calling convention: arguments, results, counts, failures."""

import sys
import unittest

import extensions

VALUES = (None, True, "text", "caf\u00e9", b"bytes", 0, 1, -1, 256, 257, 2 ** 30, -2 ** 30, 2 ** 49, 2 ** 80, 0.0, -0.5, 1e300, (1, 2.5),
          [1, [2.5]], {1: 2}, int, object())


class Conventions(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("border")

    def test_functions(self):
        m = self.module
        for value in VALUES:
            for _ in range(3):
                self.assertIs(type(m.identity(value)), type(value))
                self.assertEqual(m.identity(value), value)
                self.assertEqual(m.first(value, 1.5), value)
                self.assertEqual(m.last(1.5, value), value)
                self.assertEqual(m.last(1.5, x=value), value)
                self.assertEqual(m.arguments(value, 2), (value, 2))
        self.assertIsNone(m.nothing())
        self.assertIs(m.itself(), m)

    def test_methods(self):
        class Derived(self.module.Thing):
            pass
        for thing in (self.module.Thing(), Derived()):
            for value in VALUES:
                self.assertEqual(thing.identity(value), value)
                self.assertEqual(thing.first(value, 1.5), value)
                self.assertEqual(thing.last(1.5, value), value)
                self.assertEqual(thing.arguments(value, 2), (value, 2))
            self.assertIsNone(thing.nothing())
            self.assertIs(thing.itself(), thing)
            bound = thing.itself
            self.assertIs(bound(), thing)
            self.assertIs(type(thing).itself(thing), thing)

    def test_module_of_instances(self):
        thing = self.module.Thing()
        self.assertEqual(thing.__module__, "of the instance")
        self.assertNotIsInstance(type(thing).__dict__["__module__"], str)

    def test_methods_of_a_list(self):
        items = self.module.Items([1, 2.5])
        itself = items.itself
        items.append(3)
        self.assertIs(items.itself(), items)
        self.assertIs(itself(), items)
        self.assertEqual(self.module.total(items), 6.5)
        self.assertEqual(items.identity(4), 4)

    def test_keywords_in_a_dict(self):
        keywords = self.module.keywords
        given = {"x": 1, "y": 2.5}
        self.assertEqual(keywords(1, *(2, 3), **given), given)
        self.assertEqual(keywords(**given, z=3), given | {"z": 3})
        self.assertIsNot(keywords(**given), given)
        self.assertEqual(keywords(**{}), {})  # as far as a function of C's can tell, not the same as none
        self.assertIsNone(keywords())
        self.assertIsNone(keywords(*()))

    def test_many_arguments(self):
        for n in (1, 2, 5, 6, 7, 8, 9, 40):
            given = [i * 1.5 if i % 2 else i for i in range(n)]
            self.assertEqual(self.module.last(*given), given[-1])
            self.assertEqual(self.module.arguments(*given), tuple(given))
        self.assertEqual(self.module.last(1, 2, 3, 4, 5, 6, 7.5, 8.5), 8.5)

    def test_same_objects(self):
        text = "".join(["a", "b"])
        self.assertIs(self.module.identity(text), text)
        self.assertIs(self.module.interned(0), self.module.interned(1))
        self.assertIs(self.module.interned(0), sys.intern("word"))
        self.assertIs(self.module.seven(None), 7)

    def test_numbers(self):
        for n in (0, 1, -1, 255, 256, 257, 2 ** 30 - 1, 2 ** 30, -2 ** 30, 2 ** 60 - 1, 2 ** 60, -2 ** 60, 2 ** 63 - 2, -2 ** 63):
            self.assertEqual(self.module.next_int(n), n + 1)
        self.assertEqual(self.module.next_int(True), 2)
        with self.assertRaises(OverflowError):
            self.module.next_int(2 ** 63)
        with self.assertRaises(TypeError):
            self.module.next_int(1.5)
        self.assertEqual(self.module.twice(1.25), 2.5)
        self.assertEqual(self.module.twice(3), 6.0)
        with self.assertRaises(TypeError):
            self.module.twice("x")

    def test_counts(self):
        thing = object()
        before = self.module.counts(thing, thing)
        self.assertEqual(before[0], before[1])
        for _ in range(100):
            self.module.identity(thing)
            self.module.first(thing, 5, 2.5)
        self.assertEqual(self.module.counts(thing, thing), before)
        number = 10 ** 6
        self.assertGreaterEqual(self.module.counts(number, 2.5)[1], 1)

    def test_list_read_by_macros(self):
        numbers = [i / 2 for i in range(10)]
        self.assertEqual(self.module.total(numbers), 22.5)
        numbers.append(7)
        numbers[0] = 100
        self.assertEqual(self.module.total(numbers), 129.5)
        self.assertEqual(self.module.total([]), 0)

    def test_failures(self):
        m = self.module
        with self.assertRaisesRegex(ValueError, "failed with 2.5"):
            m.fail(2.5)
        with self.assertRaisesRegex(SystemError, "returned NULL without setting an exception"):
            m.silent(1)
        with self.assertRaisesRegex(SystemError, "returned a result with an exception set"):
            m.untold("x")
        with self.assertRaisesRegex(SystemError, "returned a result with an exception set"):
            m.untold(5)
        with self.assertRaisesRegex(TypeError, r"border.identity\(\) takes exactly one argument \(2 given\)"):
            m.identity(1, 2)
        with self.assertRaisesRegex(TypeError, r"border.nothing\(\) takes no arguments \(1 given\)"):
            m.nothing(1)
        with self.assertRaisesRegex(TypeError, "takes no keyword arguments"):
            m.identity(x=1)
        with self.assertRaises(TypeError):
            m.Thing.identity(1, 2)
        with self.assertRaises(TypeError):
            m.Thing.identity()

    def test_recursion(self):
        depth = 0

        def again():
            nonlocal depth
            depth += 1
            return self.module.call(again)
        with self.assertRaises(RecursionError):
            again()
        self.assertGreater(depth, 100)
        self.assertLess(depth, sys.getrecursionlimit())
        self.assertEqual(self.module.call(int), 0)


if __name__ == "__main__":
    unittest.main()
