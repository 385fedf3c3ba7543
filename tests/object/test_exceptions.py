"""Exception classes: fields, texts, pickling, chaining, groups, notes."""

import errno
import pickle
import sys
import unittest


class Texts(unittest.TestCase):
    def fails(self, rows):
        for kind, text, source in rows:
            with self.subTest(source):
                with self.assertRaises(kind) as caught:
                    exec(source, globals())
                self.assertEqual(str(caught.exception), text)


class Making(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "'foo' is an invalid keyword argument for ImportError()", "ImportError(foo=1)"),
            (TypeError, "'foo' is an invalid keyword argument for AttributeError()", "AttributeError(1, foo=1)"),
            (TypeError, "ValueError() takes no keyword arguments", "ValueError(a=1)"),
            (TypeError, "function takes exactly 5 arguments (0 given)", "UnicodeDecodeError()"),
            (TypeError, "argument 1 must be str, not int", "UnicodeEncodeError(1, 2, 3, 4, 5)"),
            (TypeError, "'str' object cannot be interpreted as an integer", "UnicodeDecodeError('a', b'2', '3', 4, '5')"),
            (TypeError, "function takes at least 4 arguments (2 given)", "SyntaxError('a', (1, 2))"),
            (TypeError, "end_offset must be provided when end_lineno is provided", "SyntaxError('a', (1, 2, 3, 4, 5))"),
            (TypeError, "state is not a dictionary", "ValueError().__setstate__(1)"),
            (TypeError, "__traceback__ must be a traceback or None", "ValueError().with_traceback(1)"),
            (TypeError, "exception context must be None or derive from BaseException", "ValueError().__context__ = 1"),
            (TypeError, "exception cause must be None or derive from BaseException", "ValueError().__cause__ = 1"),
            (TypeError, "args may not be deleted", "del ValueError().args"),
            (TypeError, "note must be a str, not 'int'", "ValueError().add_note(1)"),
            (TypeError, "exceptions must derive from BaseException", "raise 1"),
            (TypeError, "exception causes must derive from BaseException", "raise ValueError from 1"),
        ])

    def test_str_and_repr(self):
        self.assertEqual(str(ValueError()), "")
        self.assertEqual(str(ValueError(1, "a")), "(1, 'a')")
        self.assertEqual(repr(ValueError(1)), "ValueError(1)")
        self.assertEqual(repr(ValueError(1, 2.5)), "ValueError(1, 2.5)")
        self.assertEqual(str(KeyError("")), "''")
        self.assertEqual(str(SyntaxError("m", ("dir/f.py", 3, 1, "x"))), "m (f.py, line 3)")
        self.assertEqual(str(UnicodeEncodeError("ascii", "a\u20ac", 1, 2, "no")), "'ascii' codec can't encode character '\\u20ac' in position 1: no")
        self.assertEqual(str(UnicodeDecodeError("utf-8", b"\xff\xfe", 0, 2, "no")), "'utf-8' codec can't decode bytes in position 0-1: no")
        self.assertEqual(str(UnicodeTranslateError("\xe9", 0, 1, "no")), "can't translate character '\\xe9' in position 0: no")

    def test_fields(self):
        e = StopIteration(5, 6)
        self.assertEqual((e.value, e.args), (5, (5, 6)))
        self.assertEqual(SystemExit(1, 2).code, (1, 2))
        self.assertIsNone(SystemExit().code)
        e = ImportError("m", name="n", path="p")
        self.assertEqual((e.msg, e.name, e.path), ("m", "n", "p"))
        try:
            (1).nothing
        except AttributeError as e:
            self.assertEqual((e.name, e.obj), ("nothing", 1))
        try:
            undefined_name
        except NameError as e:
            self.assertEqual(e.name, "undefined_name")
        e = ValueError(1)
        e.args = [2, 3]
        self.assertEqual(e.args, (2, 3))
        e.extra = 4
        self.assertEqual(e.__dict__, {"extra": 4})

    def test_pickles(self):
        for e in (ValueError(1, [2]), OSError(2, "x", "f"), OSError(2, "x", "f", None, "g"), KeyError("k"), StopIteration(3),
                  ImportError("m", name="n"), UnicodeDecodeError("a", b"b", 0, 1, "r"), ExceptionGroup("g", [TypeError(1)])):
            again = pickle.loads(pickle.dumps(e))
            self.assertIs(type(again), type(e))
            self.assertEqual(str(again), str(e))

    def test_os_errors(self):
        for code, kind in ((errno.ENOENT, FileNotFoundError), (errno.EACCES, PermissionError), (errno.EPIPE, BrokenPipeError),
                           (errno.EAGAIN, BlockingIOError), (errno.ECHILD, ChildProcessError), (errno.EINVAL, OSError)):
            self.assertIs(type(OSError(code, "text")), kind)
        self.assertIs(EnvironmentError, OSError)
        e = OSError(2, "text", "a", None, "b")
        self.assertEqual(str(e), "[Errno 2] text: 'a' -> 'b'")
        self.assertEqual(e.args, (2, "text"))
        e = BlockingIOError(11, "a", 3)
        self.assertEqual(e.characters_written, 3)
        with self.assertRaises(AttributeError):
            OSError().characters_written
        with self.assertRaises(FileNotFoundError) as caught:
            open("/nowhere/at/all")
        self.assertEqual(str(caught.exception), "[Errno 2] No such file or directory: '/nowhere/at/all'")


class Lifetime(unittest.TestCase):
    def test_instance_whose_init_fails_dies(self):
        died = []
        class A:
            def __init__(self): raise ValueError
            def __del__(self): died.append(self.__class__.__name__)
        class B(A):
            def __init__(self): super().__init__()
        for cls in (A, B):
            with self.assertRaises(ValueError):
                cls()
        self.assertEqual(died, ["A", "B"])


class Chaining(unittest.TestCase):
    def test_context_and_cause(self):
        try:
            try:
                raise ValueError(1)
            except ValueError:
                raise KeyError(2)
        except KeyError as e:
            self.assertIsInstance(e.__context__, ValueError)
            self.assertIsNone(e.__cause__)
            self.assertFalse(e.__suppress_context__)
        try:
            raise KeyError(2) from None
        except KeyError as e:
            self.assertTrue(e.__suppress_context__)

    def test_no_cycle(self):
        a, b = ValueError("a"), ValueError("b")
        try:
            try:
                raise a
            except ValueError:
                try:
                    raise b
                except ValueError:
                    raise a
        except ValueError as e:
            self.assertIs(e, a)
            self.assertIs(a.__context__, b)
            self.assertIsNone(b.__context__)

    def test_recursion_is_an_error(self):
        def f(): return f()
        with self.assertRaises(RecursionError) as caught:
            f()
        self.assertTrue(str(caught.exception).startswith("maximum recursion depth exceeded"))
        class A:
            def __repr__(self): return repr([self])
        with self.assertRaises(RecursionError):
            repr(A())
        class B:
            def __getattr__(self, name): return getattr(self, name + "x")
        with self.assertRaises(RecursionError):
            B().a

    def test_notes(self):
        e = ValueError()
        e.add_note("one")
        e.add_note("two")
        self.assertEqual(e.__notes__, ["one", "two"])
        e.__notes__ = 1
        with self.assertRaises(TypeError) as caught:
            e.add_note("three")
        self.assertEqual(str(caught.exception), "Cannot add note: __notes__ is not a list")


class Groups(Texts):
    def test_texts(self):
        self.fails([
            (TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments (0 given)", "BaseExceptionGroup()"),
            (TypeError, "BaseExceptionGroup.__new__() argument 1 must be str, not int", "ExceptionGroup(1, 2)"),
            (TypeError, "second argument (exceptions) must be a sequence", "ExceptionGroup('a', 2)"),
            (ValueError, "second argument (exceptions) must be a non-empty sequence", "ExceptionGroup('a', [])"),
            (ValueError, "Item 0 of second argument (exceptions) is not an exception", "ExceptionGroup('a', [2])"),
            (TypeError, "Cannot nest BaseExceptions in an ExceptionGroup", "ExceptionGroup('a', [KeyboardInterrupt()])"),
            (TypeError, "expected a function, exception type or tuple of exception types", "ExceptionGroup('a', [ValueError()]).split(2)"),
        ])

    def test_split(self):
        g = ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2), ValueError(3)])])
        self.assertEqual(str(g), "g (2 sub-exceptions)")
        self.assertIs(type(BaseExceptionGroup("x", [ValueError()])), ExceptionGroup)
        match, rest = g.split(ValueError)
        self.assertEqual(repr(match), "ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [ValueError(3)])])")
        self.assertEqual(repr(rest), "ExceptionGroup('g', [ExceptionGroup('h', [TypeError(2)])])")
        self.assertIsNone(g.subgroup(OSError))
        self.assertIs(g.subgroup(ExceptionGroup), g)
        self.assertEqual(repr(g.subgroup(lambda e: e.args == (3,))), "ExceptionGroup('g', [ExceptionGroup('h', [ValueError(3)])])")

    def test_except_star(self):
        seen = []
        try:
            try:
                raise ExceptionGroup("g", [ValueError(1), TypeError(2), OSError(3)])
            except* ValueError as e:
                seen.append(repr(e))
            except* TypeError:
                raise KeyError(4)
        except ExceptionGroup as e:
            self.assertEqual(repr(e), "ExceptionGroup('', [KeyError(4), ExceptionGroup('g', [OSError(3)])])")
        self.assertEqual(seen, ["ExceptionGroup('g', [ValueError(1)])"])


if __name__ == "__main__":
    unittest.main()
