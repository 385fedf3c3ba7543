"""builtins: results and CPython's texts."""

import io
import sys
import unittest


class Texts(unittest.TestCase):
    def fails(self, rows):
        for kind, text, source in rows:
            with self.subTest(source):
                with self.assertRaises(kind) as caught:
                    exec(source, {"__builtins__": __builtins__})
                self.assertEqual(str(caught.exception), text)

    def test_texts(self):
        self.fails([
            (TypeError, "min expected at least 1 argument, got 0", "min()"),
            (ValueError, "max() arg is an empty sequence", "max([])"),
            (TypeError, "Cannot specify a default for min() with multiple positional arguments", "min(1, 2, default=3)"),
            (TypeError, "'foo' is an invalid keyword argument for min()", "min(1, foo=3)"),
            (TypeError, "sum() takes at least 1 positional argument (0 given)", "sum()"),
            (TypeError, "sum() can't sum strings [use ''.join(seq) instead]", "sum([], '')"),
            (TypeError, "sorted expected 1 argument, got 0", "sorted()"),
            (TypeError, "'foo' is an invalid keyword argument for sort()", "sorted([], foo=2)"),
            (TypeError, "getattr expected at least 2 arguments, got 1", "getattr(1)"),
            (TypeError, "attribute name must be string, not 'int'", "getattr(1, 2)"),
            (TypeError, "attribute name must be string, not 'int'", "setattr(1, 2, 3)"),
            (ValueError, "chr() arg not in range(0x110000)", "chr(-1)"),
            (OverflowError, "Python int too large to convert to C int", "chr(10 ** 30)"),
            (TypeError, "ord() expected string of length 1, but int found", "ord(1)"),
            (TypeError, "ord() expected a character, but string of length 2 found", "ord(b'ab')"),
            (TypeError, "'list' object is not an iterator", "next([])"),
            (StopIteration, "", "next(iter([]))"),
            (TypeError, "'int' object is not an async iterable", "aiter(1)"),
            (TypeError, "type str doesn't define __round__ method", "round('a')"),
            (TypeError, "round() missing required argument 'number' (pos 1)", "round()"),
            (TypeError, "sep must be None or a string, not int", "print(sep=1)"),
            (TypeError, "'foo' is an invalid keyword argument for print()", "print(foo=1)"),
            (TypeError, "vars() argument must have __dict__ attribute", "vars(1)"),
            (TypeError, "eval() arg 1 must be a string, bytes or code object", "eval(1)"),
            (TypeError, "globals must be a dict", "eval('1', 2)"),
            (TypeError, "exec() globals must be a dict, not int", "exec('1', 2)"),
            (TypeError, "locals must be a mapping or None, not int", "exec('1', {}, 2)"),
            (TypeError, "closure can only be used when source is a code object", "exec('1', closure=2)"),
            (ValueError, "compile() mode must be 'exec', 'eval' or 'single'", "compile('1', '', 'foo')"),
            (ValueError, "compile(): unrecognised flags", "compile('1', '', 'exec', flags=1 << 30)"),
            (TypeError, "__build_class__: func must be a function", "__build_class__(1, 2)"),
            (TypeError, "module name must be a string", "__import__(1)"),
            (ValueError, "level must be >= 0", "__import__('os', level=-1)"),
            (ValueError, "zip() argument 2 is longer than argument 1", "list(zip([1], [1, 2], strict=True))"),
            (ValueError, "zip() argument 3 is shorter than arguments 1-2", "list(zip([1, 2], [1, 2], [1], strict=True))"),
            (TypeError, "map() must have at least two arguments.", "map(1)"),
        ])


class Results(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(sum([]), 0)
        self.assertEqual(sum([1, True, 2.5, 3]), 7.5)
        self.assertEqual(sum([2 ** 62, 2 ** 62, 2 ** 62]), 3 * 2 ** 62)
        self.assertEqual(sum([2 ** 48] * 10, 5), 10 * 2 ** 48 + 5)
        self.assertEqual(sum([[1], [2]], []), [1, 2])
        self.assertEqual(sum([1, 2j]), 1 + 2j)
        start = [0]
        sum([[1]], start)
        self.assertEqual(start, [0])

    def test_min_max(self):
        self.assertEqual(max([3, 1, 2], key=lambda x: -x), 1)
        self.assertEqual(min([], default=None), None)
        self.assertEqual(max(1, 2.5, True), 2.5)
        self.assertIs(min(1, True), 1)

    def test_print(self):
        out = io.StringIO()
        print("a", 1, None, sep="-", end="!", file=out)
        print(file=out)
        self.assertEqual(out.getvalue(), "a-1-None!\n")
        class Writer:
            parts = []
            def write(self, s): self.parts.append(s)
        print("x", 2, file=Writer())
        self.assertEqual(Writer.parts, ["x", " ", "2", "\n"])

    def test_input(self):
        old = sys.stdin, sys.stdout
        sys.stdin, sys.stdout = io.StringIO("one\ntwo"), io.StringIO()
        try:
            self.assertEqual(input("? "), "one")
            self.assertEqual(input(), "two")
            self.assertRaises(EOFError, input)
            self.assertEqual(sys.stdout.getvalue(), "? ")
        finally:
            sys.stdin, sys.stdout = old

    def test_code(self):
        self.assertEqual(eval(" 1 + 2"), 3)
        self.assertEqual(eval(b"3"), 3)
        ns = {}
        exec("a = 1\nb = [a for _ in 'xy']", ns)
        self.assertEqual((ns["a"], ns["b"]), (1, [1, 1]))
        self.assertIn("__builtins__", ns)
        class Names(dict):
            def __missing__(self, key): return key.upper()
        self.assertEqual(eval("abc + 'd'", {}, Names()), "ABCd")

    def test_classes(self):
        class Base:
            def __mro_entries__(self, bases): return (dict,)
        class C(Base()): pass
        self.assertEqual(C.__bases__, (dict,))
        self.assertIsInstance(C.__orig_bases__[0], Base)
        class Meta(type):
            @classmethod
            def __prepare__(cls, name, bases, **kw): return {"made": (name, kw)}
            def __new__(cls, name, bases, ns, **kw): return super().__new__(cls, name, bases, ns)
            def __init__(self, *args, **kw): pass
        class D(metaclass=Meta, x=1): pass
        self.assertEqual(D.made, ("D", {"x": 1}))

    def test_dir_and_vars(self):
        def f(a):
            b = 1
            return dir(), sorted(vars())
        self.assertEqual(f(0), (["a", "b"], ["a", "b"]))
        self.assertEqual(dir(type("X", (), {"__dir__": lambda s: ["b", "a"]})()), ["a", "b"])


if __name__ == "__main__":
    unittest.main()
