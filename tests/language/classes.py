# Programs for tools/run_tests.py: each section runs on its own.
# --- inheritance
class A:
    def f(self): return "A"
class B(A):
    def f(self): return "B" + super().f()
class C(A):
    def f(self): return "C" + super().f()
class D(B, C):
    def f(self): return "D" + super().f()
print(D().f(), [c.__name__ for c in D.__mro__], issubclass(D, A), D.__bases__ == (B, C))
try: type("X", (A, D), {})
except TypeError as e: print(e)
# --- instances
class P:
    count = 0
    def __init__(self, x, y=0):
        self.x, self.y = x, y
        P.count += 1
    def __repr__(self): return f"P({self.x}, {self.y})"
    def __eq__(self, o): return isinstance(o, P) and (self.x, self.y) == (o.x, o.y)
    def __hash__(self): return hash((self.x, self.y))
p = P(1)
p.z = 5
print(p, p == P(1), p != P(2), {P(1): "v"}[p], P.count, p.__dict__, vars(p) is p.__dict__)
p.__dict__["w"] = 6
del p.x
print(p.w, hasattr(p, "x"), sorted(p.__dict__))
# --- attribute errors
class A:
    __slots__ = ("a",)
for text in ("A().a", "A().b", "object().x", "A.zz", "setattr(A(), 'q', 1)", "None.x", "(1).x", "'s'.nope", "[].appendd", "delattr(A(), 'a')",
             "setattr(int, 'x', 1)", "A().__dict__", "type.foo", "print.x", "setattr(object(), 'x', 1)", "len.__name__", "A.a.__get__(1)"):
    try: print(eval(text))
    except Exception as e: print(text, "->", type(e).__name__, e)
# --- operators
class V:
    def __init__(self, *v): self.v = v
    def __add__(self, o): return V(*(a + b for a, b in zip(self.v, o.v))) if isinstance(o, V) else NotImplemented
    def __radd__(self, o): return "radd"
    def __mul__(self, k): return V(*(a * k for a in self.v))
    __rmul__ = __mul__
    def __neg__(self): return self * -1
    def __getitem__(self, i): return self.v[i]
    def __len__(self): return len(self.v)
    def __contains__(self, x): return x in self.v
    def __iadd__(self, o): self.v += ("iadd",); return self
    def __matmul__(self, o): return sum(a * b for a, b in zip(self.v, o.v))
    def __call__(self, *a): return a
    def __bool__(self): return False
    def __lt__(self, o): return len(self) < len(o)
    def __repr__(self): return f"V{self.v}"
    def __format__(self, spec): return f"<{spec}>"
    def __index__(self): return 3
    def __int__(self): return 4
    def __float__(self): return 4.5
v = V(1, 2)
print(v + V(3, 4), 1 + v, v * 2, 3 * v, -v, v[1], v[-1:], len(v), 2 in v, v @ v, v(1, 2), bool(v), v < V(1, 2, 3), v > V(1))
print(f"{v:abc}", [0, 1, 2, 9][v], int(v), float(v), list(v), hex(v), range(10)[v])
v += 1
print(v, v.v)
try: v + 1
except TypeError as e: print(e)
try: v - v
except TypeError as e: print(e)
# --- reflected operators prefer the subclass
class A:
    def __add__(s, o): return "A.add"
    def __radd__(s, o): return "A.radd"
    def __eq__(s, o): return NotImplemented
class B(A):
    def __radd__(s, o): return "B.radd"
print(A() + B(), B() + A(), A() + 1, 1 + A(), A() == A(), A() != 1)
# --- properties and descriptors
class D:
    def __get__(self, o, t=None): return ("get", o is not None, t.__name__)
    def __set__(self, o, v): o.__dict__["_d"] = v
    def __delete__(self, o): print("deleted")
    def __set_name__(self, t, n): print("named", t.__name__, n)
class A:
    d = D()
    @property
    def p(self): "doc p"; return self._p
    @p.setter
    def p(self, v): self._p = v * 2
    @p.deleter
    def p(self): del self._p
    ro = property(lambda s: 1)
a = A()
print(a.d, A.d); a.d = 5; del a.d
a.p = 4; print(a.p, A.p.__doc__); del a.p
for text in ("a.p", "setattr(a, 'ro', 1)", "delattr(a, 'ro')"):
    try: print(eval(text))
    except AttributeError as e: print(e)
# --- non-data descriptors give way
class N:
    def __get__(self, o, t): return "descriptor"
class A: n = N()
a = A(); print(a.n); a.n = 1; print(a.n); a.__dict__.clear(); print(a.n)
# --- __getattr__ and __getattribute__
class A:
    x = 1
    def __getattr__(self, n): return "missing " + n
class B:
    def __getattribute__(self, n): return "all " + n
class C:
    def __setattr__(self, n, v): object.__setattr__(self, n, v + 1)
    def __delattr__(self, n): print("del", n)
c = C(); c.v = 1; del c.v
print(A().x, A().y, B().z, c.v, getattr(A(), "q", None))
# --- metaclasses
class M(type):
    def __new__(m, name, bases, ns, **kw):
        ns["added"] = kw
        return super().__new__(m, name, bases, ns)
    def __init__(c, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __call__(c, *a): return ("called", super().__call__(*a))
    @classmethod
    def __prepare__(m, name, bases, **kw): print("prepare", name, kw); return {"prepared": 1}
    def __instancecheck__(c, o): return o == 5
    def __len__(c): return 42
class A(metaclass=M, opt=1): pass
print(A.added, A.prepared, A()[0], isinstance(5, A), len(A), type(A).__name__)
class B(A): pass
print(type(B).__name__, B.added)
# --- __init_subclass__ and __class_getitem__
class A:
    subs = []
    def __init_subclass__(cls, tag=None, **kw): cls.subs.append((cls.__name__, tag))
    def __class_getitem__(cls, k): return (cls.__name__, k)
class B(A, tag=1): pass
class C(B): pass
print(A.subs, A[int], B["x", 1], list[int], dict[str, int] | None)
# --- __new__
class S(str):
    def __new__(cls, v): return super().__new__(cls, v.upper())
class One:
    inst = None
    def __new__(cls):
        if cls.inst is None: cls.inst = super().__new__(cls)
        return cls.inst
class I(int):
    def __add__(self, o): return I(int(self) + o)
print(S("abc"), One() is One(), I(5) + 3, type(I(1) + 1).__name__, I(7) * 2, isinstance(I(1), int))
# --- slots
class A:
    __slots__ = ("x", "y")
    def __init__(self): self.x = 1
class B(A):
    __slots__ = ("z", "__dict__")
a, b = A(), B()
b.z = b.q = 2
print(a.x, hasattr(a, "y"), b.z, b.__dict__, A.x)
try: a.q = 1
except AttributeError as e: print(e)
try: type("T", (), {"__slots__": ("v",), "v": 1})
except ValueError as e: print(e)
# --- super and __class__
class A:
    @classmethod
    def make(cls): return cls.__name__
    @property
    def p(self): return "A.p"
class B(A):
    @classmethod
    def make(cls): return "B:" + super().make()
    @property
    def p(self): return "B." + super().p
    def c(self): return __class__
print(B.make(), B().p, B().c() is B, super(B, B()).p)
# --- class body order and dict
class A:
    b = 1; a = 2
    def z(self): pass
print([k for k in A.__dict__ if not k.startswith("__")], A.__module__, A.__qualname__, A.__doc__)
# --- type changes are seen
class A:
    def f(self): return 1
a = A()
def call(o): return o.f()
print(call(a), call(a))
A.f = lambda self: 2
print(call(a))
a.f = lambda: 3
print(call(a))
class B:
    def f(self): return 4
a.__class__ = B
print(call(a)); del a.f; print(call(a))
A.__len__ = lambda s: 7
print(len(A()))
# --- iteration protocols
class It:
    def __init__(s, n): s.n = n
    def __iter__(s): return s
    def __next__(s):
        if s.n == 0: raise StopIteration
        s.n -= 1
        return s.n
class Seq:
    def __getitem__(s, i):
        if i > 2: raise IndexError
        return i * 10
print(list(It(3)), list(Seq()), 20 in Seq(), sum(It(4)), [*Seq()], tuple(reversed([1, 2])))
# --- context of dunder methods with wrong results
class A:
    def __len__(s): return -1
    def __bool__(s): return 5
    def __str__(s): return 1
    def __hash__(s): return "x"
    def __iter__(s): return 1
    def __index__(s): return 1.5
    def __contains__(s, x): return []
for text in ("len(A())", "bool(A())", "str(A())", "hash(A())", "iter(A())", "[1][A()]", "1 in A()", "int(A())", "f'{A()}'"):
    try: print(eval(text))
    except Exception as e: print(text, "->", type(e).__name__, e)
# --- destruction
class A:
    def __init__(s, n): s.n = n
    def __del__(s): print("del", s.n)
a = A(1); a = A(2); del a
def f():
    x = A(3)
    return x.n
f()
[A(4), A(5)].pop()
l = [A(6)]; l[0] = None; l.append(A(7)); l.clear()
{1: A(8)}.clear()
A(9).n
print("end")
# --- cycles and weak references
import gc, weakref
class A: pass
a = A(); a.me = a
r = weakref.ref(a, lambda r: print("gone"))
print(r() is a); del a; gc.collect(); print(r())
d = weakref.WeakValueDictionary(); x = A(); d["k"] = x; print(len(d)); del x; print(len(d))
# --- dataclasses and enums
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
@dataclass(order=True, frozen=True)
class P:
    x: int
    y: list = field(default_factory=list, compare=False)
print(P(1), P(1) < P(2), P(1) == P(1, [5]), hash(P(3)) == hash(P(3)))
try: P(1).x = 2
except Exception as e: print(type(e).__name__, e)
class E(Enum):
    A = 1; B = 2; C = auto()
class F(Flag):
    R = 1; W = 2
print(E.A, E(2), E["C"], list(E), E.A.name, E.C.value, F.R | F.W, F.R in F(3))
# --- abstract classes
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def f(self): ...
    @abstractmethod
    def g(self): ...
try: A()
except TypeError as e: print(e)
class B(A):
    def f(self): pass
    g = f
print(isinstance(B(), A)); A.register(int); print(isinstance(5, A))
# --- many attributes
class A: pass
a = A()
for i in range(200): setattr(a, f"x{i}", i)
print(sum(getattr(a, f"x{i}") for i in range(200)), len(a.__dict__), list(a.__dict__)[:3])
for i in range(0, 200, 2): delattr(a, f"x{i}")
print(len(a.__dict__), a.x1, hasattr(a, "x2"))
