"""Code objects: what they tell about themselves, copies of them, comparison, and that bad ones are refused."""

import types
import unittest


def sample(a, b=1, *c, d=2, **e):
    """doc"""
    x = a + b
    for i in c:
        x += i

    def inner():
        return x + d
    return inner


class CodeObjects(unittest.TestCase):
    def test_fields(self):
        code = sample.__code__
        self.assertEqual((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount), (2, 0, 1))
        self.assertEqual(code.co_varnames, ("a", "b", "d", "c", "e", "i", "inner"))
        self.assertEqual((code.co_cellvars, code.co_freevars), (("d", "x"), ()))
        self.assertEqual(code.co_nlocals, 7)
        self.assertEqual(code.co_name, "sample")
        self.assertEqual(code.co_flags & 0xF, 0xF)
        self.assertEqual(code.co_consts[0], "doc")
        inner = next(k for k in code.co_consts if isinstance(k, types.CodeType))
        self.assertEqual(inner.co_qualname, "sample.<locals>.inner")
        self.assertEqual(inner.co_freevars, ("d", "x"))
        self.assertIn("<code object inner at 0x", repr(inner))

    def test_lines_and_positions(self):
        code = sample.__code__
        lines = [(s, e, l) for s, e, l in code.co_lines()]
        self.assertEqual(lines[0][0], 0)
        for (_, end, _), (start, _, _) in zip(lines, lines[1:]):
            self.assertEqual(end, start)
        self.assertEqual(lines[-1][1], len(code.co_code))
        positions = list(code.co_positions())
        self.assertEqual(len(positions), len(code.co_code) // 2)
        self.assertTrue({code.co_firstlineno + n for n in (2, 3, 4, 6, 8)} <= {p[0] for p in positions})
        add = [p for p in positions if p[0] == code.co_firstlineno + 2]
        self.assertIn((code.co_firstlineno + 2, code.co_firstlineno + 2, 8, 13), add)

    def test_replace(self):
        code = sample.__code__
        other = code.replace(co_name="other", co_filename="f.py", co_firstlineno=100)
        self.assertEqual((other.co_name, other.co_filename, other.co_firstlineno), ("other", "f.py", 100))
        self.assertNotEqual(code, other)
        same = code.replace()
        self.assertEqual(code, same)
        self.assertEqual(hash(code), hash(same))
        function = types.FunctionType(same, globals(), "s", (1,))
        self.assertEqual(function(4, 2, 10, d=3)(), 19)

    def test_equal_parts_are_shared(self):
        space = {}
        exec("def f(x): return x.some.attributes, ('not a name', 1.5)\ndef g(y): return y.some.attributes, ('not a name', 1.5)\n"
             "def h(y): return y in {('not a name', 1.5), 2}, 'not a name'", space)
        f, g, h = (space[name].__code__ for name in "fgh")
        self.assertIs(f.co_consts, g.co_consts)
        self.assertIs(f.co_linetable, g.co_linetable)
        self.assertIs(f.co_names, g.co_names)
        pair = next(k for k in f.co_consts if isinstance(k, tuple))
        self.assertIs(next(k for k in next(k for k in h.co_consts if isinstance(k, frozenset)) if isinstance(k, tuple)), pair)
        self.assertIs(next(k for k in h.co_consts if isinstance(k, str)), pair[0])
        exec("a = lambda: (1, 'x')\nb = lambda: (1.0, 'x')\nc = lambda: (True, 'x')", space)
        self.assertEqual([repr(space[name]()) for name in "abc"], ["(1, 'x')", "(1.0, 'x')", "(True, 'x')"])

    def test_equal_code(self):
        a, b, c = (compile(s, "f", "exec") for s in ("x = 1", "x = 1", "x = 1.0"))
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)
        a, b = (compile(s, "f", "eval") for s in ("0.0", "-0.0"))
        self.assertNotEqual(a, b)

    def test_constructor(self):
        def f(x, y):
            return x * y
        c = f.__code__
        made = types.CodeType(c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_nlocals, c.co_stacksize, c.co_flags,
                              c.co_code, c.co_consts, c.co_names, c.co_varnames, c.co_filename, c.co_name, c.co_qualname,
                              c.co_firstlineno, c.co_linetable, c.co_exceptiontable, c.co_freevars, c.co_cellvars)
        self.assertEqual(made, c)
        self.assertEqual(types.FunctionType(made, {})(6, 7), 42)

    def test_bad_code_is_refused(self):
        c = sample.__code__
        with self.assertRaises(ValueError):
            c.replace(co_code=b"x")
        with self.assertRaises(ValueError):
            c.replace(co_nlocals=99)
        with self.assertRaises(TypeError):
            c.replace(co_code="text")

    def test_without_instructions(self):
        # As compilers to C make them for tracebacks.
        def f(a, b):
            return a + b

        c = f.__code__.replace(co_code=b"", co_name="g", co_varnames=("x", "y"))
        self.assertEqual((c.co_code, c.co_name, c.co_varnames, c.co_argcount), (b"", "g", ("x", "y"), 2))
        self.assertEqual(c.replace(co_name="h").co_code, b"")

    def test_docstrings_and_optimization(self):
        source = "def f():\n    'doc'\n    assert 0, 'never'\n    return __debug__\n"
        seen = []
        for level in (0, 1, 2):
            space = {}
            exec(compile(source, "f", "exec", optimize=level), space)
            try:
                result = space["f"]()
            except AssertionError as e:
                result = str(e)
            seen.append((space["f"].__doc__, result))
        self.assertEqual(seen, [("doc", "never"), ("doc", False), (None, False)])

    def test_folding_keeps_values(self):
        self.assertEqual(eval("2 ** 10 + 3 * -4 // 5"), 1021)
        self.assertEqual(eval("'ab' * 3 + 'c'"), "abababc")
        self.assertEqual(eval("(1, 2, (3,))[2][0]"), 3)
        self.assertEqual(eval("'%s-%5r|%-4a%%' % (1, 'x', 'é')"), "1-  'x'|'\\xe9'%")
        self.assertTrue(eval("5 in {1, 5} and 6 not in [1, 5]"))
        for source, error in (("1 / 0", ZeroDivisionError), ("1 << -1", ValueError), ("'a' + 1", TypeError), ("()[0]", IndexError)):
            with self.assertRaises(error):
                eval(compile(source, "f", "eval"))


if __name__ == "__main__":
    unittest.main()
