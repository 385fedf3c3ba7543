# adder-only: CPython itself dies of some of these.
"""Programs known to take interpreters down: each ends in an exception or runs, with limits on time and memory.

The first group are the subjects of CPython's test/crashers, written anew; the others reach for the same weak spots.
"""

import os
import resource
import subprocess
import sys
import textwrap
import unittest

SECONDS = 60
MEMORY = 2 << 30

PROGRAMS = {
    # --- Code and collector ---------------------------------------------------------------------------------------------
    "bogus code": """
        import types
        code = (lambda: 0).__code__
        for text in (b"", b"\\0", b"\\xff" * 8, b"\\x04\\x00\\x71\\x00\\x00", b"\\0" * 64, bytes(range(256)), code.co_code[:-8], code.co_code[8:], code.co_code * 2):
            try:
                eval(code.replace(co_code=text))
            except (ValueError, RuntimeError):  # the latter: no instructions at all, which raise when run
                pass
    """,
    "unfinished tuple": """
        import gc
        def g():
            marker = object()
            yield marker
            for x in gc.get_referrers(marker):
                if type(x) is tuple:
                    repr(x), len(x), x[-1:], hash(x[:1])
        tuple(g())
    """,
    "dict of a class": """
        import gc
        thing = object()
        class A:
            x = thing
            def f(self): return 1
        def call(a):
            for _ in range(50): result = a.f()
            return result
        a = A()
        call(a)
        for d in gc.get_referrers(thing):
            if isinstance(d, dict) and "f" in d and "x" in d:
                d["f"] = lambda self: 2
                junk = [(lambda self: 3) for _ in range(100)]
                del d["x"]
        assert call(a) in (1, 2)
        assert getattr(a, "x", None) in (thing, None)
    """,
    "arguments that nobody takes": """
        class D:
            def __del__(self):
                def g(*a): x, y, z = a; return [x, [y], [z] * 3]
                g(1, [2], {3: 4})
        def f(): pass
        def g(a, *, k): pass
        def h(a, b=1, **k): pass
        for f in (f, g, h):
            for step in (lambda: f(D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D()),
                         lambda: f(D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), D(), q=D(), r=D(), s=D()),
                         lambda: f(x=D(), y=D(), z=D(), p=D(), q=D(), r=D(), s=D())):
                try: step()
                except TypeError: pass
    """,
    "class changed in a finalizer of the collector": """
        import gc, weakref
        class C: pass
        kept = []
        def collected(r):
            kept.append(gc.get_objects()[-50:])
            C.late = [0] * 10
            for o in kept[-1]:
                if isinstance(o, dict): len(o)
        for _ in range(20):
            a, b = C(), C()
            a.b, b.a = b, a
            r = weakref.ref(a, collected)
            kept.append(r)
            del a, b
            gc.collect()
    """,
    "containers changed by the collector while they are copied": """
        import gc, weakref
        class C: pass
        def clear(r):
            for c in (l, d, s): c.clear()
        l, d, s, kept = [], {}, set(), []
        gc.set_threshold(3)
        for step in (lambda: l[:], lambda: l[1:9:2], lambda: l[9:1:-1], lambda: l + l, lambda: l * 2, lambda: list(l), lambda: tuple(l), lambda: l.copy(), lambda: [*l],
                     lambda: (*l, 1), lambda: sorted(l), lambda: print(*l, file=None, end=""), lambda: "".join(l), lambda: dict.fromkeys(l), lambda: list(zip(l, l)),
                     lambda: list(map(str, l)), lambda: [[x] for x in l], lambda: dict(d), lambda: d | d, lambda: {**d}, lambda: d.copy(), lambda: list(d),
                     lambda: list(d.items()), lambda: list(d.values()), lambda: {k: [v] for k, v in d.items()}, lambda: (lambda **k: k)(**d), lambda: (lambda *a, **k: a)(*l, **d),
                     lambda: (lambda a=0, *b: b)(*l), lambda: set(s),
                     lambda: frozenset(s), lambda: s.copy(), lambda: s | s, lambda: s & s, lambda: s - d.keys(), lambda: l.__iadd__(l), lambda: l.__setitem__(slice(3), l)):
            for i in range(40):
                l[:] = [str(i + j) for j in range(20)]
                d.update({str(i + j): [j] for j in range(20)})
                s.update(d)
                c = C()
                c.c = c
                r = weakref.ref(c, clear)
                del c
                for _ in range(12):
                    try: kept.append(step())
                    except RuntimeError: pass
            del kept[:]
    """,
    "weak reference in __del__": """
        import gc, weakref
        refs = []
        class T:
            def __del__(self): refs.append(weakref.ref(self)); refs.append(weakref.proxy(self))
        T()
        t = T(); t.me = t; del t; gc.collect()
        for r in refs[::2]: assert r() is None
    """,
    "object revived many times": """
        import gc
        kept = []
        class T:
            def __del__(self): kept.append(self)
        for _ in range(100):
            t = T(); t.t = t; del t; gc.collect(); kept.clear()
        gc.collect()
    """,
    # --- Recursion --------------------------------------------------------------------------------------------------------
    "recursion without limit": """
        import sys
        sys.setrecursionlimit(1 << 30)
        f = lambda f: f(f)
        try: f(f)
        except (MemoryError, RecursionError): pass
    """,
    "trace function at the recursion limit": """
        import sys
        def x(): pass
        def tracer(*a):
            try: x()
            except BaseException: pass
            return tracer
        def f(): f()
        sys.settrace(tracer)
        f()
    """,
    "native recursion without limit": """
        import sys
        sys.setrecursionlimit(1 << 30)
        class A:
            def __getattr__(self, name): return getattr(self, name + "x"[:0])
            def __repr__(self): return repr(self)
            def __eq__(self, other): return self == other
            def __len__(self): return len(self)
            def __call__(self, *a): return map(self, [1]).__next__()
            def __hash__(self): return hash((self,))
            def __add__(self, o): return sum([self], o)
        for step in (lambda: A().x, lambda: repr(A()), lambda: A() == 1, lambda: len(A()), lambda: A()(), lambda: hash(A()), lambda: A() + 1):
            try: step()
            except (RecursionError, TypeError): pass
    """,
    "callables that call themselves": """
        import functools
        class A: pass
        A.__call__ = A()
        for f in (lambda: A()(),):
            try: f()
            except (RecursionError, TypeError): pass
        p = functools.partial(len); p.__setstate__((p, (), {}, {}))
        try: p()
        except (RecursionError, TypeError): pass
        try: repr(p)
        except RecursionError: pass
        class B: pass
        B.__getattribute__ = property(lambda self: self.x)
        try: B().x
        except (RecursionError, TypeError, AttributeError): pass
        class C: pass
        C.__get__ = C(); C.x = C()
        try: C().x
        except (RecursionError, TypeError): pass
        class D: pass
        D.__del__ = property(lambda self: D())
    """,
    "deep containers": """
        import copy, json, marshal, pickle
        n = 200_000
        def nest(wrap):
            x = ()
            for _ in range(n): x = wrap(x)
            return x
        for wrap in (lambda x: [x], lambda x: (x,), lambda x: {1: x}, lambda x: frozenset([x]) if isinstance(x, frozenset) else frozenset()):
            a = nest(wrap); b = nest(wrap)
            for step in (repr, hash, copy.deepcopy, json.dumps, marshal.dumps, pickle.dumps, lambda v: v == b, lambda v: str(v), lambda v: f"{v}",
                         lambda v: v < b, lambda v: isinstance(1, v)):
                try: step(a)
                except (RecursionError, TypeError, ValueError): pass
    """,
    "deep releases": """
        import collections, functools, itertools, operator, types, weakref
        n = 300_000
        class A: pass
        def linked(x): a = A(); a.next = x; return a
        def error(x): e = ValueError(); e.__context__ = x if isinstance(x, BaseException) else None; return e
        def closure(x): return lambda: x
        def generator(x): yield x
        def started(x): g = generator(x); next(g); return g
        class S: __slots__ = ("x",)
        def slotted(x): s = S(); s.x = x; return s
        class L(list): pass
        for wrap in (lambda x: [x], lambda x: (x,), lambda x: {0: x}, linked, error, closure, generator, started, slotted, lambda x: L([x]),
                     lambda x: itertools.chain([x]), lambda x: map(x, [x]), lambda x: zip([x]), lambda x: filter(x, []), lambda x: enumerate([x]),
                     lambda x: functools.partial(print, x), lambda x: collections.deque([x]), lambda x: types.MethodType(print, x) if x is not None else 0,
                     lambda x: iter([x]), lambda x: reversed([x]), lambda x: slice(x), lambda x: itertools.tee([x])[0], lambda x: property(x),
                     lambda x: staticmethod(x), lambda x: classmethod(x), lambda x: itertools.repeat(x), lambda x: types.SimpleNamespace(x=x),
                     lambda x: collections.OrderedDict(x=x), lambda x: collections.defaultdict(None, x=x), lambda x: itertools.cycle([x]),
                     lambda x: types.CellType(x), lambda x: types.MappingProxyType({0: x}), lambda x: itertools.islice([x], 1),
                     lambda x: itertools.starmap(print, [x]), lambda x: itertools.groupby([x]), lambda x: iter(lambda: 0, x),
                     lambda x: types.MethodType(x, 1) if x else print):
            x = None
            for _ in range(n): x = wrap(x)
            del x
    """,
    "iterators around iterators": """
        import itertools
        x = iter([])
        for _ in range(500_000): x = itertools.chain(x)
        try: next(x)
        except (RecursionError, StopIteration): pass
        for wrap in (lambda x: map(int, x), lambda x: filter(None, x), lambda x: zip(x), enumerate, lambda x: itertools.islice(x, 9), lambda x: iter(x).__iter__(),
                     lambda x: (y for y in x), itertools.cycle, itertools.accumulate, itertools.pairwise, itertools.groupby,
                     lambda x: itertools.takewhile(int, x), lambda x: itertools.compress(x, x), lambda x: itertools.starmap(int, x)):
            x = iter([1])
            for _ in range(500_000): x = wrap(x)
            try: next(x)
            except (RecursionError, StopIteration, TypeError): pass
    """,
    "deep source": """
        import ast
        for text in ("(" * 200, "[" * 100_000, "-" * 100_000 + "1", "not " * 100_000 + "1", "a" + "()" * 100_000, "a" + ".b" * 100_000, "a" + "[0]" * 100_000,
                     "(" * 100_000 + ")" * 100_000, "lambda: " * 50_000 + "1", "a if b else " * 50_000 + "c", "1" + "+1" * 100_000, "1" + "**1" * 50_000,
                     "f'{" * 500, "x = " * 50_000 + "1", "a < " * 50_000 + "b", "await " * 10_000 + "x", "*" * 10_000 + "a", "{1:" * 50_000, "yield " * 1000):
            for step in (lambda: compile(text, "s", "exec"), lambda: ast.dump(ast.parse(text)), lambda: ast.literal_eval(text)):
                try: step()
                except (SyntaxError, RecursionError, MemoryError, ValueError): pass
        for text in ("if a:\\n" + "".join(" " * i + "if a:\\n" for i in range(1, 99)) + " " * 99 + "pass", "if a: pass\\n" + "elif a: pass\\n" * 20_000,
                     "".join(" " * i + "def f():\\n" for i in range(90)) + " " * 90 + "pass"):
            try: compile(text, "s", "exec")
            except (SyntaxError, RecursionError, MemoryError): pass
        tree = ast.Constant(1)
        for _ in range(100_000): tree = ast.UnaryOp(ast.USub(), tree)
        expression = ast.fix_missing_locations(ast.Expression(ast.Constant(1))); expression.body = tree
        for step in (lambda: compile(expression, "s", "eval"), lambda: ast.dump(tree), lambda: ast.unparse(tree)):
            try: step()
            except (RecursionError, TypeError, MemoryError): pass
    """,
    "deep patterns": """
        import re
        for p in ("(" * 5000 + ")" * 5000, "(?:" * 50_000 + ")" * 50_000, "(a|b)" * 20_000, "(?=" * 3000 + ")" * 3000, "a" * 100_000 + "{2}"):
            try: re.compile(p).match("a" * 22)
            except (RecursionError, re.error, OverflowError, MemoryError): pass
        assert re.match("(?:a|b)*$", "ab" * 500_000)
        assert re.match("(a|b)*?$", "ab" * 100_000)
    """,
    "pattern that never comes to an end": """
        import re, signal
        def stop(*a): raise TimeoutError
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(1)
        try: re.match(r"(?:\\s*(\\w+)(=(\\w+))?)*>", "a" * 60)
        except TimeoutError: pass
        else: raise AssertionError("not interrupted")
    """,
    # --- What changes while it is looked at -----------------------------------------------------------------------------------
    "keys that change their dict": """
        class K:
            def __init__(self, h): self.h = h
            def __hash__(self): return self.h
            def __eq__(self, other):
                if turns[0] < 2000:
                    turns[0] += 1
                    for d in all: d.clear() if turns[0] % 3 else d.update({K(turns[0] % 7): 1, turns[0]: 2})
                return turns[0] % 5 == 0
        turns = [0]
        d, s = {}, set()
        all = [d]
        def fill(c):
            for i in range(50):
                try:
                    d[K(i % 7)] = i; d.get(K(3)); d.pop(K(4), 0); d.setdefault(K(5), 1); d == {K(2): 1}; d | {K(1): 2}; K(1) in d
                    s.add(K(i % 7)); s.discard(K(2)); s & {K(3)}; s.update(d)
                    for k in d: d[K(1)] = 2
                except (RuntimeError, KeyError): pass
        fill(d)
    """,
    "elements that change their list": """
        class E:
            def __eq__(self, other): a.clear(); a.extend([E() for _ in range(5)]); return False
            def __lt__(self, other): a.clear(); return True
            def __index__(self): a.clear(); return 3
            def __del__(self): a.append(1); del a[:1]
            def __repr__(self): a.clear(); return "E"
            def __hash__(self): a.clear(); return 1
        def fresh():
            a[:] = [E() for _ in range(20)]
            return a
        a = []
        steps = [lambda: a.index(1), lambda: a.remove(1), lambda: 1 in a, lambda: a.count(1), lambda: a == [0] * 20, lambda: a.sort(), lambda: a.pop(E()),
                 lambda: a.insert(E(), 1), lambda: repr(a), lambda: a.__setitem__(E(), 2), lambda: a.__setitem__(slice(E(), 9), [1]), lambda: a.__delitem__(slice(0, E())),
                 lambda: set(a), lambda: dict.fromkeys(a), lambda: max(a), lambda: sorted(a), lambda: a * E(), lambda: a[E()], lambda: a < [1] * 20,
                 lambda: "".join(map(repr, a)), lambda: a.__setitem__(slice(0, 20), a), lambda: a.extend(x for x in a if not a.clear())]
        for step in steps:
            fresh()
            try: step()
            except Exception: pass
    """,
    "buffers that shrink": """
        import array, io, struct
        b = bytearray(b"abc" * 100)
        class I:
            def __index__(self):
                try: b.clear()
                except BufferError: pass
                return 5
            def __iter__(self): b.clear(); return iter([1])
            def __float__(self): b.clear(); return 1.5
        def fresh(): b[:] = b"abc" * 100
        for step in (lambda: b.__setitem__(200, I()), lambda: b.__setitem__(slice(9), I()), lambda: b.find(b"b", I()), lambda: b.append(I()), lambda: b.insert(2, I()),
                     lambda: b.extend(I()), lambda: b.pop(I()), lambda: b[I()], lambda: b * I(), lambda: struct.pack_into("5d", b, I(), *[I()] * 5),
                     lambda: b.join([b, I()]), lambda: b.translate(b, I()), lambda: b.hex(":", I()), lambda: memoryview(b).__setitem__(250, I()),
                     lambda: memoryview(b)[I():].tobytes(), lambda: io.BytesIO(b).readinto(b), lambda: b.rjust(I()), lambda: b.split(b"b", I()),
                     lambda: memoryview(b).cast("d").__setitem__(3, I())):
            fresh()
            try: step()
            except Exception: pass
        a = array.array("d", range(100))
        class J:
            def __float__(self):
                try: del a[:]
                except BufferError: pass
                return 1.0
            def __index__(self): del a[:]; return 7
        for step in (lambda: a.__setitem__(90, J()), lambda: a.insert(3, J()), lambda: a.__setitem__(J(), 1.0), lambda: a.pop(J()), lambda: a.append(J()),
                     lambda: a.index(J()), lambda: a * J(), lambda: a[J():]):
            a[:] = array.array("d", range(100))
            try: step()
            except Exception: pass
        m = memoryview(bytearray(10)); n = m[2:]; m.release()
        try: m[0]
        except ValueError: pass
        n[0]
    """,
    "iterators whose source is gone": """
        import gc
        class C:
            def __init__(self): self.n = 0
            def __getitem__(self, i): gc.collect(); return i if i < 5 else ([] * 0)[9]
        list(C()); list(reversed([1, 2])); tuple(C())
        l = [1, 2, 3]; i = iter(l); next(i); l.clear(); list(i); l.extend([4] * 9); list(i); i.__setstate__(1 << 40); list(i)
        r = reversed(l); l.clear(); list(r); r.__setstate__(5); list(r)
        d = {1: 2}; i = iter(d.items()); d.clear()
        try: list(i)
        except RuntimeError: pass
        import itertools
        c = itertools.count(); c.__reduce__(); z = itertools.cycle([1]); next(z); z.__setstate__(([1, 2], 1)); [next(z) for _ in range(9)]
        t = itertools.tee([1, 2, 3])
        def again():
            for x in it[0]: next(it[0]); yield x
        it = [None]; it[0] = itertools.tee(again())[0]
        try: next(it[0])
        except (RuntimeError, TypeError, StopIteration): pass
    """,
    # --- Types ------------------------------------------------------------------------------------------------------------
    "bases that change during a lookup": """
        class K(str):
            def __hash__(self): return hash("attribute")
            def __eq__(self, other):
                try: X.__bases__ = (Base2,)
                except TypeError: pass
                return str.__eq__(self, other)
        class Base: attribute = "from Base"
        class Base2: attribute = "from Base2"
        X = type("X", (Base,), {K("other"): 5})
        for _ in range(20):
            X.__bases__ = (Base,)
            X.attribute, X().attribute
            try: del X.attribute
            except AttributeError: pass
    """,
    "mro that lies": """
        class M(type):
            def mro(cls):
                kind = kinds.pop() if kinds else 0
                if kind == 1: cls.__bases__ = (A,)
                if kind == 2: return [cls]
                if kind == 3: return (cls, int, object)
                if kind == 4: return []
                if kind == 5: return [1, 2]
                if kind == 6: C.__bases__ = (B,)
                return type.mro(cls)
        kinds = []
        class A(metaclass=M): a = 1
        class B(A): b = 2
        C = B
        for k in range(7):
            kinds[:] = [k]
            try:
                class C(B): c = 3
                C().a, C().b, C.__subclasses__(), B.__subclasses__()
                kinds[:] = [k]
                C.__bases__ = (A,)
                C().a, isinstance(C(), A), issubclass(C, B)
            except (TypeError, AttributeError, NameError): pass
        import gc; gc.collect()
    """,
    "layouts that do not fit": """
        class A: __slots__ = ("a", "b")
        class B: __slots__ = ("a",)
        class D: pass
        for x, c in ((A(), B), (B(), A), (D(), A), (A(), D), (D(), int), (1, D), (D(), list)):
            try: x.__class__ = c
            except TypeError: pass
        for f in (lambda: object.__new__(int), lambda: int.__new__(list), lambda: A.a.__get__(B(), B), lambda: A.a.__set__(D(), 1), lambda: list.append(1, 2), lambda: dict.keys([]),
                  lambda: type.__call__(1), lambda: type.mro(1), lambda: object.__reduce_ex__(A(), 2), lambda: tuple.__new__(D), lambda: type("x", (type, int), {}),
                  lambda: type("x", (), {"__slots__": ["a"] * 3000}), lambda: type("\\ud800", (), {}), lambda: type.__new__(type), lambda: super(A, 1).x, lambda: super().x,
                  lambda: type("x", (bool,), {}), lambda: type.__setattr__(int, "x", 1), lambda: type.__dict__["__bases__"].__set__(D, ()), lambda: type.__dict__["__mro__"].__get__(1),
                  lambda: D.__dict__["__dict__"].__get__(1), lambda: D.__dict__["__weakref__"].__get__(A()), lambda: Exception.args.__get__(1), lambda: BaseException.__setstate__(1, {})):
            try: f()
            except (TypeError, ValueError, AttributeError, RuntimeError, UnicodeEncodeError): pass
        f = type(lambda: 0)
        for step in (lambda: f.__code__.__set__(f.__new__, 1), lambda: f((lambda: 0).__code__, {}, "n", (), (1,)), lambda: setattr(lambda x: x, "__code__", (lambda y: lambda: y)(1).__code__),
                     lambda: setattr(lambda: 0, "__defaults__", [1]), lambda: f.__new__(f), lambda: type((lambda: (yield))())()):
            try: step()
            except (TypeError, ValueError): pass
    """,
    # --- Numbers and text ------------------------------------------------------------------------------------------------------
    "huge results": """
        for step in (lambda: [0] * (1 << 60), lambda: "x" * (1 << 62), lambda: b"x" * (1 << 60), lambda: 1 << (1 << 40), lambda: 10 ** 10 ** 12, lambda: "%*d" % (1 << 40, 1),
                     lambda: f"{1:{1 << 40}}", lambda: "a".ljust(1 << 60), lambda: bytearray(1 << 60), lambda: range(1 << 70)[1 << 69], lambda: list(range(1 << 50)), lambda: (0,) * (1 << 61),
                     lambda: "a".replace("", "b" * 1000) * (1 << 55), lambda: len(range(1 << 70)), lambda: [1] * 3 * (1 << 59), lambda: 2 ** 0.5 ** -1e308, lambda: int("9" * 10_000),
                     lambda: round(1.5, 1 << 60), lambda: round(10 ** 30, -(1 << 40)), lambda: (1 << 100) >> (1 << 200), lambda: bytes(1 << 62), lambda: "\\u1234".center(1 << 61)):
            try: step()
            except (MemoryError, OverflowError, ValueError, ZeroDivisionError): pass
    """,
    # --- Generators, frames, threads -------------------------------------------------------------------------------------------------
    "generators that run themselves": """
        def g():
            try:
                next(me[0])
            except ValueError: pass
            yield 1
            me[0].close()
        me = [None]; me[0] = g()
        try: list(me[0])
        except ValueError: pass
        def h():
            yield from again
        again = None
        def loop(): yield from me2
        me2 = loop()
        try: next(me2)
        except (ValueError, TypeError): pass
        def nest(n):
            if n: yield from nest(n - 1)
            else: yield 1
        try: list(nest(100_000))
        except RecursionError: pass
        async def a(n): await a(n + 1)
        try: a(0).send(None)
        except RecursionError: pass
        def k():
            try: yield 1
            finally: yield 2
        for _ in range(100): x = k(); next(x); del x
    """,
    "frames that are cleared and kept": """
        import sys, gc
        frames = []
        def f(n):
            x = [n]
            frames.append(sys._getframe())
            if n: f(n - 1)
            else:
                for fr in frames:
                    try: fr.clear()
                    except RuntimeError: pass
            return x
        assert f(50) == [50]
        for fr in frames: fr.clear(); fr.f_locals; fr.f_lineno; fr.f_back; repr(fr)
        def g():
            y = yield sys._getframe()
            yield y
        gen = g(); fr = next(gen); fr.clear(); list(gen); fr.f_locals
        gen = g(); fr = next(gen); del gen; gc.collect(); fr.f_locals, fr.f_lasti, fr.f_back
        try: raise ValueError
        except ValueError as e: tb = e.__traceback__
        tb.tb_next = None
        try: tb.tb_next = tb
        except ValueError: pass
        t = type(tb)(tb, frames[0], 1 << 20, -5)
        import traceback
        for bad in (type(tb)(None, frames[0], 1 << 20, 3), type(tb)(None, frames[0], -7, -3), t):
            try: traceback.format_tb(bad)
            except Exception: pass
            try: raise ValueError().with_traceback(bad)
            except ValueError: pass
    """,
    "threads and files": """
        import io, os, tempfile, threading
        with tempfile.TemporaryFile("w+") as f:
            def work():
                for i in range(200):
                    try: f.write("x" * 100); f.seek(0); f.read(10)
                    except ValueError: return
            threads = [threading.Thread(target=work) for _ in range(6)]
            for t in threads: t.start()
            f.close()
            for t in threads: t.join()
        class R(io.RawIOBase):
            def readinto(self, b): b[:] = b"x" * len(b); kept.append(b); return 1 << 40
            def readable(self): return True
        kept = []
        try: io.BufferedReader(R()).read(10)
        except (OSError, ValueError): pass
        for b in kept:
            try: bytes(b)
            except ValueError: pass
        d = {}
        def change():
            for i in range(3000): d[i % 50] = i; d.pop((i * 7) % 50, 0)
        threads = [threading.Thread(target=change) for _ in range(4)]
        for t in threads: t.start()
        for _ in range(300):
            try: list(d.items()), dict(d), sorted(d)
            except RuntimeError: pass
        for t in threads: t.join()
    """,
    "names of the interpreter gone": """
        import sys, builtins
        for name in ("stdout", "stderr", "excepthook", "displayhook", "unraisablehook", "modules", "path", "meta_path", "path_hooks"):
            kept = getattr(sys, name)
            delattr(sys, name)
            for step in ("print(1)", "import colorsys_missing", "exec('1', {})", "sys.exc_info()"):
                try: exec(step)
                except Exception: pass
            setattr(sys, name, kept)
        kept = builtins.__import__, builtins.__build_class__
        del builtins.__import__, builtins.__build_class__
        for step in ("import os", "class A: pass", "from sys import path"):
            try: exec(step)
            except (ImportError, NameError): pass
        builtins.__import__, builtins.__build_class__ = kept
        for scope in ({"__builtins__": {}}, {"__builtins__": None}, {"__builtins__": 5}, {"__builtins__": []}):
            for step in ("print(1)", "class A: pass", "import os", "[x for x in (1, 2)]", "raise ValueError"):
                try: exec(step, scope)
                except Exception: pass
        sys.stdout = None; print(2); sys.stdout = sys.__stdout__
    """,
    "errors about errors": """
        import sys
        class E(Exception):
            def __str__(self): raise E()
            def __repr__(self): raise E()
        class S(str):
            def __hash__(self): raise E()
        for step in (lambda: repr([E()]), lambda: {S("x"): 1}, lambda: getattr(1, S("x")), lambda: setattr(E, S("x"), 1), lambda: "%s" % E(), lambda: f"{E()!r}", lambda: print(E())):
            try: step()
            except (E, AttributeError): pass
        e = E()
        e.__context__ = e
        f = E(); f.__cause__ = e; e.__cause__ = f
        for x in (e, f):
            try: raise x
            except E: pass
            sys.excepthook(type(x), x, None)
        class H(Exception):
            def __class__(self): return int
            __class__ = property(lambda self: 1 / 0)
        try: raise H
        except Exception: pass
        class X(BaseException):
            def __new__(cls): return 5
        try: raise X
        except TypeError: pass
        class B:
            def __instancecheck__(self, o): raise E()
        try:
            try: raise ValueError
            except B(): pass
        except TypeError: pass
        raise e
    """,
}


def limits():
    if "ASAN_OPTIONS" not in os.environ:  # the sanitizer's shadow takes more; its options limit single blocks
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Crashers(unittest.TestCase):
    pass


def add(name, source):
    @unittest.skipIf(name == "recursion without limit" and "ASAN_OPTIONS" in os.environ, "ends when memory does")
    def test(self):
        run = subprocess.run([sys.executable, "-c", textwrap.dedent(source)], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                             timeout=SECONDS, preexec_fn=limits)
        self.assertIn(run.returncode, (0, 1), run.stderr[-2000:])
        if run.returncode:
            self.assertRegex(run.stderr, r"(RecursionError|<exception str\(\) failed>)")
    setattr(Crashers, "test_" + name.replace(" ", "_"), test)


for name_, source_ in PROGRAMS.items():
    add(name_, source_)


if __name__ == "__main__":
    unittest.main()
