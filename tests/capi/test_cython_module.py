"""A module that Cython 3.0 wrote (from cython_sample.pyx; ext/cython_sample.c is what it generated) runs as it is."""

import inspect
import traceback
import unittest

import extensions


class CythonModule(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = extensions.load("cython_sample")

    def test_generators(self):
        self.assertEqual(list(self.module.squares(4)), [0, 1, 4, 9])
        self.assertEqual(list(self.module.fibonacci(30)), [0, 1, 1, 2, 3, 5, 8, 13, 21])
        large = list(self.module.fibonacci(10 ** 20))
        self.assertTrue(all(a + b == c for a, b, c in zip(large, large[1:], large[2:])))
        self.assertGreater(large[-1], 2 ** 65)

    def test_generator_protocol(self):
        generator = self.module.squares(3)
        self.assertEqual(next(generator), 0)
        self.assertEqual(generator.send(5), 1)
        self.assertEqual(generator.send(7), 4)
        with self.assertRaises(StopIteration) as caught:
            next(generator)
        self.assertEqual(caught.exception.value, 12)
        generator = self.module.squares(3)
        next(generator)
        with self.assertRaises(KeyError):
            generator.throw(KeyError("k"))
        generator.close()

    def test_delegation(self):
        self.assertEqual(list(self.module.delegated(2)), [0, 1, ("total", 0)])

        def outer():
            return (yield from self.module.squares(2))
        self.assertEqual(list(outer()), [0, 1])

    def test_extension_class(self):
        total = self.module.Accumulator("x", start=1.5)
        self.assertIs(total.add([1, 2, 3.5]), total)
        self.assertEqual(total.add(range(3)).sum, 11.0)
        self.assertEqual((total.label, len(total)), ("x", 11))
        self.assertEqual((total + 4).sum, 15.0)
        total.label = [1]
        self.assertEqual(total.label, [1])
        with self.assertRaises(AttributeError):
            total.sum = 1
        with self.assertRaises(TypeError):
            total.add(["x"])

    def test_traceback_names_the_source(self):
        try:
            self.module.divide(1, 0)
        except ZeroDivisionError as error:
            frames = [(frame.name, frame.filename.rpartition("/")[2], frame.lineno)
                      for frame in traceback.extract_tb(error.__traceback__)][1:]
            text = str(error)
        self.assertEqual(text, "division by zero")
        names = [name.rpartition(".")[2] for name, _, _ in frames]
        self.assertEqual(names, ["divide", "inner_division"])
        self.assertTrue(all(file == "cython_sample.pyx" for _, file, _ in frames))

    def test_arguments(self):
        describe = self.module.describe
        self.assertEqual(describe(1, 2.5, "x"), "1, 2.5, 'x'")
        self.assertEqual(describe(1, sep="; ", b=2, a=None), "1; a=None; b=2")
        with self.assertRaisesRegex(TypeError, "divide"):
            self.module.divide(1)
        self.assertEqual(self.module.divide(b=4, a=2), 0.5)

    def test_closures_and_lists(self):
        step = self.module.counter(10)
        self.assertEqual([step(), step(5), step(by=2)], [11, 16, 18])
        matrix = self.module.matrix(3, 4)
        self.assertEqual(matrix, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]])
        matrix[1][1] += 0.5
        self.assertEqual([sum(row) for row in matrix], [6, 22.5, 38])

    def test_exceptions(self):
        self.assertEqual(self.module.safe(self.module.divide, 1, 0), ("ZeroDivisionError", "division by zero"))
        self.assertEqual(self.module.safe(int, "x")[0], "ValueError")
        self.assertEqual(self.module.calls[-2:], ["divide", "int"])
        with self.assertRaises(TypeError):
            self.module.safe(len, 5)

    def test_python_class(self):
        plain = self.module.Plain(1.5)
        self.assertEqual((repr(plain), plain.kind), ("Plain(1.5)", "plain"))
        with self.assertRaises(StopIteration) as caught:
            plain.wait().send(None)
        self.assertEqual(caught.exception.value, 1.5)

        class Derived(self.module.Plain):
            def __init__(self):
                super().__init__("derived")
        self.assertEqual(repr(Derived()), "Plain('derived')")

    def test_introspection(self):
        self.assertEqual(self.module.divide.__name__, "divide")
        self.assertEqual(str(inspect.signature(self.module.describe)), "(*args, sep=', ', **options)")


if __name__ == "__main__":
    unittest.main()
