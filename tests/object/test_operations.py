"""The abstract operations: arithmetic, comparison, items, iteration, conversion, and CPython's texts when they fail."""

import unittest
import warnings


class Texts(unittest.TestCase):
    def fails(self, rows):
        for kind, text, source in rows:
            with self.subTest(source):
                with self.assertRaises(kind) as caught:
                    exec(source, {"__builtins__": __builtins__, "make": make})
                self.assertEqual(str(caught.exception), text)


def make(**methods):
    """An instance of a class X with the given methods, each a constant result or a function."""
    return type("X", (), {f"__{name}__": v if callable(v) else (lambda *args, v=v: v) for name, v in methods.items()})()


class Arithmetic(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "unsupported operand type(s) for +: 'int' and 'str'", "1 + 'a'"),
            (TypeError, 'can only concatenate str (not "int") to str', "'a' + 1"),
            (TypeError, 'can only concatenate list (not "tuple") to list', "[] + ()"),
            (TypeError, "can't multiply sequence by non-int of type 'str'", "[] * 'a'"),
            (TypeError, "can't multiply sequence by non-int of type 'float'", "(1,) * 2.0"),
            (TypeError, "unsupported operand type(s) for ** or pow(): 'int' and 'str'", "2 ** 'a'"),
            (TypeError, "unsupported operand type(s) for ** or pow(): 'int', 'int', 'str'", "pow(2, 3, 'a')"),
            (TypeError, "bad operand type for unary -: 'str'", "-'a'"),
            (TypeError, "bad operand type for unary +: 'list'", "+[]"),
            (TypeError, "bad operand type for unary ~: 'float'", "~1.5"),
            (TypeError, "bad operand type for abs(): 'str'", "abs('a')"),
            (TypeError, "unsupported operand type(s) for divmod(): 'int' and 'str'", "divmod(1, 'a')"),
            (TypeError, "unsupported operand type(s) for @: 'int' and 'int'", "1 @ 2"),
            (TypeError, "unsupported operand type(s) for >>: 'builtin_function_or_method' and 'int'. "
                        'Did you mean "print(<message>, file=<output_stream>)"?', "print >> 2"),
            (TypeError, "unsupported operand type(s) for +=: 'int' and 'str'", "a = 5; a += 'a'"),
            (TypeError, "unsupported operand type(s) for **=: 'int' and 'str'", "a = 5; a **= 'a'"),
            (TypeError, "unsupported operand type(s) for @=: 'int' and 'str'", "a = 5; a @= 'a'"),
            (OverflowError, "cannot fit 'int' into an index-sized integer", "[1] * 10 ** 30"),
            (ZeroDivisionError, "integer division or modulo by zero", "divmod(1, 0)"),
            (ValueError, "base is not invertible for the given modulus", "pow(2, -1, 4)"),
            (ValueError, "pow() 3rd argument cannot be 0", "pow(1, 2, 0)"),
        ])

    def test_order_of_operands(self):
        log = []
        class A:
            def __add__(self, other): log.append("A.add"); return NotImplemented
            def __radd__(self, other): log.append("A.radd"); return "A"
        class B(A):
            def __radd__(self, other): log.append("B.radd"); return "B"
        self.assertEqual(A() + B(), "B")       # the subclass's reflected method goes first
        self.assertEqual(log, ["B.radd"])
        log.clear()
        self.assertEqual(1 + A(), "A")
        self.assertEqual(log, ["A.radd"])
        log.clear()
        with self.assertRaises(TypeError):
            A() + A()                          # of one type: not reflected
        self.assertEqual(log, ["A.add"])

    def test_in_place_falls_back(self):
        class A:
            def __iadd__(self, other): return NotImplemented
            def __add__(self, other): return "added"
        a = A()
        a += 1
        self.assertEqual(a, "added")

    def test_edges_of_the_immediate_range(self):
        top = 2 ** 49 - 1
        for a in (top, -top - 1, top + 1, -top - 2, 2 ** 62, 2 ** 63, -2 ** 63):
            self.assertEqual((a + 1) - 1, a)
            self.assertEqual((a * 3) // 3, a)
            self.assertEqual(-(-a), a)
            self.assertEqual((a << 5) >> 5, a)
            self.assertEqual(divmod(a, 7), (a // 7, a % 7))
            self.assertEqual(a ^ -1, ~a)
        self.assertEqual(-7 // 2, -4)
        self.assertEqual(-7 % 2, 1)
        self.assertEqual(7 % -2, -1)
        self.assertEqual(1 << 13, 8192)
        self.assertEqual(-1 >> 100, -1)
        self.assertEqual(5 / 2, 2.5)
        self.assertEqual(True + 1, 2)


class Conversion(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "int() argument must be a string, a bytes-like object or a real number, not 'list'", "int([])"),
            (TypeError, "float() argument must be a string or a real number, not 'list'", "float([])"),
            (TypeError, "__index__ returned non-int (type str)", "[1][make(index='a')]"),
            (TypeError, "__int__ returned non-int (type str)", "int(make(int='a'))"),
            (TypeError, "X.__float__ returned non-float (type str)", "float(make(float='a'))"),
            (TypeError, "__repr__ returned non-string (type int)", "repr(make(repr=1))"),
            (TypeError, "__str__ returned non-string (type int)", "str(make(str=1))"),
            (TypeError, "__format__ must return a str, not int", "format(make(format=1))"),
            (TypeError, "format() argument 2 must be str, not int", "format(1, 2)"),
            (TypeError, "__bytes__ returned non-bytes (type int)", "bytes(make(bytes=1))"),
            (TypeError, "__bool__ should return bool, returned int", "bool(make(bool=1))"),
            (TypeError, "__hash__ method should return an integer", "hash(make(hash='a'))"),
            (TypeError, "'str' object cannot be interpreted as an integer", "range('a')"),
        ])

    def test_deprecated_results(self):
        rows = [("int", True, int, "__int__ returned non-int (type bool)."), ("index", True, int, "__index__ returned non-int (type bool).")]
        for name, result, function, start in rows:
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                self.assertEqual(function(make(**{name: result})), 1)
            self.assertTrue(str(seen[0].message).startswith(start))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            bool(NotImplemented)
        self.assertEqual(str(seen[0].message), "NotImplemented should not be used in a boolean context")


class Comparison(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "'<' not supported between instances of 'int' and 'str'", "1 < 'a'"),
            (TypeError, "'>=' not supported between instances of 'dict' and 'dict'", "{} >= {}"),
            (TypeError, "unhashable type: 'list'", "hash([])"),
        ])

    def test_numbers(self):
        nan = float("nan")
        self.assertFalse(nan == nan)
        self.assertTrue(nan != nan)
        self.assertFalse(nan < 1 or nan > 1)
        self.assertIn(nan, [nan])              # identity first
        self.assertTrue(2 ** 53 + 1 > float(2 ** 53))
        self.assertTrue(1 == 1.0 == True)
        self.assertEqual(hash(1), hash(1.0))

    def test_deep_structures_raise(self):
        a, b = [], []
        for _ in range(100000):
            a, b = [a], [b]
        with self.assertRaises(RecursionError):
            a == b
        with self.assertRaises(RecursionError):
            repr(a)
        while a:
            a, b = a[0], b[0]

    def test_reflected_subclass_goes_first(self):
        class A(int):
            def __gt__(self, other): return "mine"
        self.assertEqual(1 < A(2), "mine")


class Items(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "'int' object is not subscriptable", "a = 5; a[1]"),
            (TypeError, "type 'int' is not subscriptable", "int[1]"),
            (TypeError, "list indices must be integers or slices, not float", "[][1.5]"),
            (TypeError, "'int' object does not support item assignment", "a = 5; a[1] = 2"),
            (TypeError, "'int' object does not support item deletion", "a = 5; del a[1]"),
            (TypeError, "'str' object does not support item assignment", "a = 'a'; a[0] = 5"),
            (TypeError, "'tuple' object doesn't support item deletion", "a = (1,); del a[0]"),
            (TypeError, "object of type 'int' has no len()", "len(5)"),
            (ValueError, "__len__() should return >= 0", "len(make(len=-1))"),
            (TypeError, "'str' object cannot be interpreted as an integer", "len(make(len='a'))"),
            (TypeError, "argument of type 'int' is not iterable", "5 in 5"),
        ])

    def test_slices_without_slice_objects(self):
        for seq in ([1, 2, 3, 4], (1, 2, 3, 4), "abcd", b"abcd"):
            for lo in (None, 0, 1, -2, 10, -10):
                for hi in (None, 0, 3, -1, 10, -10):
                    self.assertEqual(seq[lo:hi], seq[slice(lo, hi)])
        with self.assertRaises(TypeError) as caught:
            [1]["a":]
        self.assertEqual(str(caught.exception), "slice indices must be integers or None or have an __index__ method")


class Iteration(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "'int' object is not iterable", "iter(5)"),
            (TypeError, "'int' object is not an iterator", "next(5)"),
            (TypeError, "iter() returned non-iterator of type 'int'", "iter(make(iter=1))"),
            (TypeError, "iter(v, w): v must be callable", "iter(1, 2)"),
            (TypeError, "__length_hint__ must be an integer, not str", "list(make(iter=lambda s: iter(()), length_hint='a'))"),
            (ValueError, "__length_hint__() should return >= 0", "list(make(iter=lambda s: iter(()), length_hint=-1))"),
        ])

    def test_old_protocol(self):
        class Squares:
            def __getitem__(self, i):
                if i > 3: raise IndexError
                return i * i
        self.assertEqual(list(Squares()), [0, 1, 4, 9])
        self.assertIn(9, Squares())
        self.assertNotIn(5, Squares())

    def test_sentinel(self):
        values = iter([1, 2, 3, 4])
        self.assertEqual(list(iter(lambda: next(values), 3)), [1, 2])


class Instances(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "isinstance() arg 2 must be a type, a tuple of types, or a union", "isinstance(1, 1)"),
            (TypeError, "issubclass() arg 1 must be a class", "issubclass(1, int)"),
            (TypeError, "issubclass() arg 2 must be a class, a tuple of classes, or a union", "issubclass(int, 1)"),
            (TypeError, "isinstance() argument 2 cannot be a parameterized generic", "isinstance([], list[int])"),
        ])

    def test_kinds(self):
        self.assertTrue(isinstance(1, (str, (int, float))))
        self.assertTrue(isinstance(1, int | str))
        self.assertTrue(issubclass(bool, int | None))
        self.assertFalse(isinstance(1.5, int))
        class Meta(type):
            def __instancecheck__(cls, x): return x == 7
        class C(metaclass=Meta): pass
        self.assertTrue(isinstance(7, C))
        self.assertFalse(isinstance(8, C))


if __name__ == "__main__":
    unittest.main()
