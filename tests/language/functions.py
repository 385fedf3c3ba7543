# Programs for tools/run_tests.py: each section runs on its own.
# --- arguments
def f(a, b=2, /, c=3, *args, d, e=5, **kw): return a, b, c, args, d, e, kw
print(f(1, d=4), f(1, 2, 3, 4, 5, d=6, z=7), f(*[1, 2], **{"d": 3, "a": 9}))
# --- argument errors
def f(a, b, /, c, *, d): pass
def g(a, b=1): pass
def h(*, x, y): pass
for call in ("f()", "f(1)", "f(1, 2)", "f(1, 2, 3)", "f(1, 2, 3, 4, d=5)", "f(1, 2, c=3, d=4, e=5)", "f(a=1, b=2, c=3, d=4)",
             "g()", "g(1, 2, 3)", "g(1, a=2)", "g(1, c=2)", "h()", "h(1)", "h(x=1)", "g(*5)", "g(**5)", "g(**{1: 2})",
             "g(1, **{'b': 2}, **{'b': 3})", "len()", "len(1, 2)", "len(x=1)", "int('x', 'y')", "print(foo=1)", "f.x.y", "5()"):
    try: eval(call)
    except Exception as e: print(call, "->", type(e).__name__, e)
# --- defaults are evaluated once
def f(x, acc=[]):
    acc.append(x)
    return acc
print(f(1), f(2), f.__defaults__)
# --- closures
def counter():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    def get(): return n
    return inc, get
inc, get = counter()
inc(); inc(5)
print(get(), inc.__closure__[0].cell_contents, inc.__code__.co_freevars)
# --- late binding
fs = []
for i in range(3):
    def f(i=i): return i
    fs.append(f)
print([f() for f in fs])
def outer():
    def inner(): return x
    x = 10
    return inner()
print(outer())
def free():
    def inner(): return y
    inner()
    y = 1
try: free()
except NameError as e: print(e)
# --- recursion
def fact(n): return 1 if n <= 1 else n * fact(n - 1)
def ack(m, n): return n + 1 if m == 0 else ack(m - 1, 1) if n == 0 else ack(m - 1, ack(m, n - 1))
print(fact(30), ack(2, 3))
def depth(n):
    try: return depth(n + 1)
    except RecursionError: return n
print(800 < depth(0) < 1010)
# --- function attributes
def f(a, b=1):
    "doc"
    return a
f.x = 5
print(f.__name__, f.__qualname__, f.__doc__, f.__module__, f.x, f.__dict__, f.__code__.co_varnames, f.__code__.co_argcount)
f.__name__ = "g"; f.__defaults__ = (7,)
print(f.__name__, f(1), repr(f)[:12])
class A:
    def m(self): pass
    class B:
        def n(self):
            def inner(): pass
            return inner
print(A.m.__qualname__, A.B().n().__qualname__, (lambda: 0).__qualname__)
# --- lambda forms
print((lambda *a, **k: (a, k))(1, x=2), (lambda a, /, b=2, *, c=3: (a, b, c))(1), sorted("bca", key=lambda c: -ord(c)))
# --- builtin functions
print(sum([1, 2, 3], 10), min(3, 1, 2), max([1, 5, 2], key=lambda x: -x), max([], default=0), all([1, 0]), any([0, 1]))
print(list(map(lambda x, y: x + y, [1, 2], [10, 20])), list(filter(None, [0, 1, "", 2])), list(zip("ab", [1, 2, 3])))
print(list(enumerate("ab", 5)), list(reversed([1, 2])), sorted([3, 1, 2], reverse=True), iter([1]).__next__(), next(iter([]), "d"))
print(callable(len), isinstance(1, (str, int)), issubclass(bool, int), getattr(1, "real"), getattr(1, "nope", None), hasattr("", "upper"))
print(vars(type("T", (), {"a": 1}))["a"], id(None) == id(None), hash("a") == hash("a"), type(type).__name__)
# --- sum and friends raise
for text in ("sum(['a'])", "sum(5)", "min()", "min([])", "max(1, 'a')", "sorted([1, 'a'])", "list(zip([1], [1, 2], strict=True))",
             "next(iter([]))", "int('12x')", "float('abc')", "chr(-1)", "ord('ab')", "range(1, 2, 0)", "iter(5)", "reversed({1})",
             "len(5)", "abs('a')", "round('a')", "hash([])", "open('/no/such/file')", "getattr(1, 'x')", "setattr(1, 'x', 2)", "isinstance(1, 5)"):
    try: print(eval(text))
    except Exception as e: print(text, "->", type(e).__name__, e)
# --- methods
class A:
    def m(self, x): return self, x
    @classmethod
    def c(cls, x): return cls, x
    @staticmethod
    def s(x): return x
a = A()
bound = a.m
print(bound(1)[1], bound.__self__ is a, A.m(a, 2)[1], A.c(3)[1], a.c(4)[0] is A, a.s(5), A.s(6), bound == a.m, bound is a.m)
# --- keyword-only and positional through partial and wraps
import functools
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), fib.cache_info())
p = functools.partial(print, "a", sep="-")
p("b", "c")
@functools.wraps(fib)
def w(): pass
print(w.__name__, functools.reduce(lambda a, b: a * b, range(1, 6)))
# --- signature
import inspect
def f(a, b: int = 1, /, *c, d=(), **e) -> str: pass
print(inspect.signature(f), inspect.signature(len), inspect.signature(sorted), inspect.getfullargspec(f).kwonlydefaults)
# --- many locals and arguments
names = ", ".join(f"a{i}" for i in range(300))
exec(f"def many({names}): return sum(({names}))")
print(many(*range(300)))
exec("def locals_():\n" + "".join(f"  v{i} = {i}\n" for i in range(400)) + "  return " + "+".join(f"v{i}" for i in range(400)))
print(locals_())
print(eval("[" + ",".join(str(i) for i in range(3000)) + "]")[-1], eval("max(" + ",".join("%d" % i for i in range(700)) + ")"))
# --- frames
import sys
def f():
    fr = sys._getframe()
    return fr.f_code.co_name, fr.f_lineno, fr.f_back.f_code.co_name, sorted(fr.f_locals)
print(f())
# --- tracing
import sys
events = []
def tracer(frame, event, arg):
    if frame.f_code.co_name in ("traced", "callee"):
        events.append((event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer
def callee(x):
    return x + 1
def traced():
    total = 0
    for i in range(2):
        total += callee(i)
    try:
        raise ValueError
    except ValueError:
        pass
    return total
sys.settrace(tracer); traced(); sys.settrace(None)
print(events)
# --- code objects
def f(a, b=1, *c, d, **e):
    x = 1
    def g(): return x
    return g
c = f.__code__
print(c.co_name, c.co_argcount, c.co_kwonlyargcount, c.co_varnames, c.co_cellvars, c.co_flags & 0xF, c.co_filename.endswith(".py"))
print(f.__code__.replace(co_name="h").co_name, [l for _, _, l in f.__code__.co_lines() if l][-1] - c.co_firstlineno)
