# Programs for tools/run_tests.py: each section runs on its own; what goes to stderr and the exit status count too.
# --- uncaught
def f(x):
    return g(x) + 1
def g(x):
    return x / 0
f(5)
# --- carets
class A: pass
a = A()
a.b = {"k": [1, 2]}
print(a.b["k"][5] + 1)
# --- carets in calls
def f(*a, **k): raise ValueError("deep")
def g(): return [f(1, 2, x=3)
    for _ in range(1)]
g()
# --- carets in binary operations
x, y, z = 1, "2", 3
print((x +
       z) * (z - y))
# --- chained
try:
    try: 1 / 0
    except ZeroDivisionError as e: raise ValueError("second") from e
except ValueError:
    raise KeyError("third")
# --- from None
try: 1 / 0
except ZeroDivisionError: raise ValueError("alone") from None
# --- repeated frames
def f(n):
    return f(n - 1) if n else 1 / 0
f(20)
# --- recursion error
def f(): f()
f()
# --- syntax errors
for text in ("x = ", "if x", "def f(:", "(1, 2", "1 = x", "f(x for x in y, 1)", "print 1", "a b", "return 1", "yield", "break", "'abc", "x = 5 +* 3",
             "class A\n  pass", "if 1:\npass", "  x", "for x in y z: pass", "f(a=1, 2)", "def f(a, a): pass", "lambda x=1, y: 0", "import a.b as", "x: int: 5",
             "f'{x'", "f'{}'", "{1: 2, 3}", "a, b += 1", "del f()", "nonlocal x", "async x", "await x", "with a as 1: pass", "try: pass", "else: pass", "0777", "1__0", "x = yield = 1",
             "from __future__ import nope", "from x import *, y", "global x; x = 1; global x", "a if b", "not", "[x for x]", "*a", "print(*)", "def f():\n\tx\n        y", "\\ x", "x = $", "'\\N{nope}'", "b'é'", "match x:\n case a: pass\n case b: pass", "x = (yield)", "f(**a, *b)", "class A: return 1", "def f(): x = 1; global x", "None = 1", "f() = 1", "x + 1 = 2", "(a, b): int = 1", "a := 1", "if x = 1: pass", "elif x: pass", "5.x", "1_a", "raise from x", "except: pass", "try: pass\nexcept: pass\nexcept A: pass", "def f(*): pass", "def f(**a, b): pass", "return", "continue", "import", "from . import", "@", "x = [1, 2", "x = {", "foo(", "))", "(]"):
    try: compile(text, "f", "exec")
    except SyntaxError as e: print(repr(text), type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, repr(e.text))
    else: print(repr(text), "fine")
# --- syntax error uncaught
exec("x = 1\ny = (1 +\n  2]")
# --- raise forms
for r in ("raise ValueError", "raise ValueError(1, 2)", "raise 5", "raise", "raise ValueError from 5", "raise None", "raise (ValueError, 1)", "raise KeyError('k') from IndexError"):
    try: exec(r)
    except BaseException as e: print(r, "->", repr(e), repr(e.__cause__), e.__suppress_context__)
# --- except matching
class A(Exception): pass
class B(A): pass
for ex in (B("b"), A("a"), KeyError(1), StopIteration(), OSError(2, "No such", "file"), UnicodeDecodeError("utf-8", b"x", 0, 1, "bad")):
    try: raise ex
    except (KeyError, StopIteration) as e: print("tuple", repr(e))
    except B as e: print("B", e)
    except A as e: print("A", e)
    except Exception as e: print(type(e).__name__, e, e.args)
try:
    try: raise A
    except 5: pass
except TypeError as e: print(e)
# --- exception variable is deleted
try: 1 / 0
except ZeroDivisionError as e: pass
try: e
except NameError as n: print(n)
# --- context
try:
    try: raise ValueError(1)
    except ValueError:
        try: raise KeyError(2)
        finally: print("f")
except KeyError as e: print(repr(e.__context__), e.__cause__)
import sys
try: 1 / 0
except Exception: print(sys.exc_info()[0].__name__, sys.exception())
print(sys.exc_info())
# --- traceback module
import traceback
def f(): 1 / 0
try: f()
except ZeroDivisionError as e:
    print(traceback.format_exc().replace(__file__, "FILE"))
    print([(s.name, s.lineno, s.line) for s in traceback.extract_tb(e.__traceback__)], e.__traceback__.tb_next.tb_lineno)
# --- notes and groups
e = ValueError("v"); e.add_note("a note"); e.add_note("two\nlines")
raise ExceptionGroup("group", [e, TypeError("t"), ExceptionGroup("inner", [KeyError("k")])])
# --- except star
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError(2), KeyError(3), ExceptionGroup("n", [ValueError(4)])])
except* ValueError as eg: print("V", eg.exceptions)
except* (TypeError, KeyError) as eg: print("TK", [repr(x) for x in eg.exceptions])
try:
    try: raise ValueError("plain")
    except* TypeError: print("no")
except ValueError as e: print(repr(e))
try:
    try: raise ValueError("plain")
    except* ValueError as e: raise KeyError("new")
except BaseException as e: print(repr(e), repr(e.__context__))
# --- split and subgroup
g = ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [KeyError(2), ValueError(3)])])
print(g.split(ValueError), g.subgroup(lambda e: isinstance(e, KeyError)), g.derive([OSError()]))
# --- error attributes and suggestions
class P: colour = 1
try: P().color
except AttributeError as e: print(e.name, type(e.obj).__name__, e)
try: lenn
except NameError as e: print(e.name, e)
try: import jsonn
except ImportError as e: print(e.name, e.msg)
try: {}["k"]
except KeyError as e: print(e, repr(e))
try: open("/nope/x")
except OSError as e: print(e.errno, e.strerror, e.filename, type(e).__name__)
# --- suggestion printed
class P: colour = 1
P().color
# --- name suggestion printed
def function():
    variable = 1
    print(varable)
function()
# --- finally runs in order
def f():
    try:
        try: raise ValueError("a")
        finally: print(1)
    except ValueError: print(2); raise
    finally: print(3)
try: f()
except ValueError: print(4)
# --- exceptions in __del__ and callbacks go to stderr
class A:
    def __del__(self): raise ValueError("in del")
A()
print("goes on")
# --- sys.excepthook
import sys
sys.excepthook = lambda t, v, tb: print("hook", t.__name__, v)
1 / 0
# --- warnings
import warnings
warnings.warn("first")
def f(): warnings.warn("deprecated", DeprecationWarning, stacklevel=2)
f()
warnings.simplefilter("error")
try: warnings.warn("x", RuntimeWarning)
except RuntimeWarning as e: print(repr(e))
# --- messages of operators
for text in ("1 + 'a'", "'a' + 1", "[] + ()", "1 - None", "'a' * 'b'", "{} + {}", "-'a'", "~1.5", "1 < 'a'", "[] < ()", "1 in 5", "5[0]", "5[0:1]", "'a'['b']", "[1]['a']", "(1,)[5]", "[][0]", "{}[[]]", "None + 1", "1 @ 2",
             "1 << -1", "2 ** 'a'", "1 // 0", "1 % 0", "1.0 / 0", "1.0 // 0", "1.0 % 0", "0 ** -1", "0.0 ** -1", "(-8) ** (1/3) if 0 else 1", "divmod(1, 0)", "int(float('nan'))", "int(float('inf'))", "10.0 ** 400", "'%d' % 'a'", "'%s %s' % 1", "'%s' % (1, 2)", "'%z' % 1", "f'{1:z}'", "'{}'.format()", "'{x}'.format()", "'{0.y}'.format(1)", "b'a' + 'a'", "set([[]])", "{}.x", "().append", "len(1)", "1()", "'a'()", "None()", "del_", "[1, 2].index(5)", "[].pop()", "{}.pop(1)", "set().pop()", "'a'.index('b')", "[].remove(1)", "bytes([256])", "bytes(-1)", "'a'.join([1])", "int('')", "'\\ud800'.encode()", "b'\\xff'.decode()", "memoryview(1)", "range(1.5)", "round(1.5, 'a')", "sorted(1)", "dict([1])", "dict([(1, 2, 3)])", "tuple(1)", "list(1)", "float([])", "complex('x')", "type('a', 1, {})", "object(1)", "int(1, 2)", "str(b'a', 'utf-8', 'x', 'y')"):
    try: print(text, "=", eval(text))
    except Exception as e: print(text, "->", type(e).__name__, e)
