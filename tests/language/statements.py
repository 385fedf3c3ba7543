# Programs for tools/run_tests.py: each section runs on its own.
# --- loops
for i in range(5):
    if i == 1: continue
    if i == 3: break
    print(i)
else:
    print("not reached")
for i in []: pass
else: print("empty")
n = 0
while n < 3:
    n += 1
else:
    print("while else", n)
for a, (b, *c) in [(1, (2, 3, 4)), (5, "xyz")]:
    print(a, b, c)
# --- nested loops and break
for i in range(3):
    for j in range(3):
        if j == i: break
        print(i, j)
    else:
        print("else", i)
# --- range loops keep the variable
for i in range(3): pass
print(i)
for i in range(3):
    i += 10
    print(i)
for i in range(0, -6, -2): print(i)
for x in range(2**49 - 2, 2**49 + 2): print(x)
# --- unpacking assignment
a, b = b, a = 1, 2
print(a, b)
a, *b = "hello"; *c, d = [1, 2, 3]; e, *f, g = range(5)
print(a, b, c, d, e, f, g)
(x, [y, z]), w = (1, (2, 3)), 4
print(x, y, z, w)
a = b = c = []
print(a is b is c)
l = [0, 1]
i = 0
i, l[i] = 1, 9
print(i, l)
# --- unpacking errors
for value in ([1], [1, 2, 3], 5, {}):
    try:
        a, b = value
    except Exception as e:
        print(type(e).__name__, e)
try:
    a, b, *c = [1]
except ValueError as e:
    print(e)
# --- augmented assignment
x = 5; x += 2; x -= 1; x *= 3; x //= 2; x **= 2; x %= 50; x <<= 2; x |= 1; x &= 0xFF; x ^= 3; x >>= 1
print(x)
l = l2 = [1]; l += [2]; l *= 2
print(l2)
t = t2 = (1,); t += (2,)
print(t, t2)
d = {"a": 1}; d["a"] += 5; d |= {"b": 2}
print(d)
class A: n = 1
a = A(); a.n += 1
print(a.n, A.n)
# --- del
a = [1, 2, 3, 4]; del a[0], a[-1]
d = {1: 2, 3: 4}; del d[1]
class A: pass
o = A(); o.x = 1; del o.x
print(a, d, hasattr(o, "x"))
x = 1; del x
try: x
except NameError as e: print(e)
def f():
    y = 1
    del y
    y
try: f()
except UnboundLocalError as e: print(e)
# --- global and nonlocal
g = 1
def f():
    global g, h
    g += 1; h = 5
def outer():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    inner(); inner()
    return n
f()
print(g, h, outer())
# --- try, except, else, finally
def f(x):
    try:
        print("try")
        if x == 1: raise ValueError("one")
        if x == 2: return "returned"
        if x == 3: raise KeyError("k")
    except ValueError as e:
        print("except", e)
    else:
        print("else")
    finally:
        print("finally")
    return "end"
print(f(0), f(1), f(2))
try: f(3)
except KeyError as e: print("outer", repr(e))
# --- finally overrides
def f():
    try: return 1
    finally: return 2
def g():
    for i in range(3):
        try: continue
        finally: print("f", i)
    while True:
        try: break
        finally: print("broken")
    try:
        1 / 0
    finally:
        return "swallowed"
print(f(), g())
# --- with
class C:
    def __init__(self, n, swallow=False): self.n, self.swallow = n, swallow
    def __enter__(self): print("enter", self.n); return self.n
    def __exit__(self, t, v, tb): print("exit", self.n, t and t.__name__); return self.swallow
with C(1) as a, C(2) as b: print(a, b)
with (C(3), C(4, True)): raise ValueError
def f():
    with C(5): return "r"
print(f())
for i in range(2):
    with C(6):
        if i: break
        continue
try:
    with C(7): 1 / 0
except ZeroDivisionError: print("out")
# --- assert
assert True
try: assert 1 == 2, "message"
except AssertionError as e: print(e)
try: assert []
except AssertionError as e: print(repr(e))
# --- match
def m(x):
    match x:
        case 0: return "zero"
        case 1 | 2: return "small"
        case int(n) if n > 100: return f"big {n}"
        case str() as s: return "str " + s
        case [a, b]: return f"pair {a} {b}"
        case [a, *rest]: return f"list {a} {rest}"
        case {"k": v, **rest}: return f"map {v} {rest}"
        case None: return "none"
        case (): return "never"
        case float(): return "float"
        case _: return "other"
for x in (0, 1, 2, 3, 101, "s", [1, 2], (1, 2, 3), [9], {"k": 1, "z": 2}, {}, None, 1.5, [], True, b"x", range(2)):
    print(m(x))
# --- match on classes
class P:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
def m(p):
    match p:
        case P(0, 0): return "origin"
        case P(x, y=0): return f"on x {x}"
        case P(x=0, y=y): return f"on y {y}"
        case P(P(a, b), _): return f"nested {a} {b}"
        case P(): return "P"
        case [P(x=1), *_]: return "list of P"
        case -1 | 1.5 | 1+2j: return "literal"
        case {"a": [P(), x]}: return x
for p in (P(0, 0), P(3, 0), P(0, 4), P(P(1, 2), 3), P(5, 5), [P(1, 1), 2], -1, 1.5, 1 + 2j, {"a": [P(1, 2), 7]}, 99):
    print(m(p))
# --- imports
import os.path as p, sys
from os import path, sep as s
import collections.abc
print(p is path, s, collections.abc.Sized.__name__, sys.modules["os"] is p.__class__ or True)
try: import no_such_thing
except ModuleNotFoundError as e: print(e, e.name)
try: from os import no_such_name
except ImportError as e: print(str(e).split(" (")[0])
# --- exec and eval
ns = {}
exec("x = 1\ndef f(a): return a + x", ns)
print(ns["f"](5), eval("x + y", {"x": 1}, {"y": 2}), eval(compile("1 + 1", "f", "eval")))
def f():
    a = 1
    exec("a = 2")
    return a, sorted(locals())
print(f())
class M(dict):
    def __missing__(self, k): return k + "!"
print(eval("a + b", {}, M()))
# --- class scope
x = "global"
class A:
    x = "class"
    y = x
    z = [x for _ in range(1)]
    def f(self): return x
    for i in range(2): pass
print(A.y, A.z, A().f(), A.i)
# --- annotations
x: int = 5
y: "str"
def f(a: int, *b: str, c: float = 1.0, **d: None) -> list: pass
class A:
    m: int
    n: str = "s"
print(__annotations__, f.__annotations__, A.__annotations__)
# --- decorators
def deco(n):
    print("deco", n)
    def wrap(f):
        print("wrap", n, f.__name__)
        return lambda *a: (n, f(*a))
    return wrap
@deco(1)
@deco(2)
def f(x): return x
print(f(5))
@(lambda c: "replaced")
class A: pass
print(A)
# --- lines joined
x = 1 + \
    2
y = (1,
     2,  # comment
     3)
if x: print(x); print(y)
# --- star targets in for and return
def f(): return *[1, 2], 3
print(f())
for x in *[1], 2: print(x)
# --- global statement in a comprehension's scope
def f():
    return [g for g in range(3)], "g" in globals()
print(f())
# --- print options
import sys
print(1, 2, sep=", ", end="!\n"); print("e", file=sys.stderr); print(); print(*[], sep="x"); print("a", flush=True)
