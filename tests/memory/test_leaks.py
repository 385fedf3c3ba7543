"""Operations repeated many times leave no memory behind: each kind of object is made, used and let go."""

import gc
import os
import unittest

ROUNDS = 20_000
ALLOWED = 4.0  # bytes a round: noise of the allocator; the smallest object leaked would be four times that

PAGE = os.sysconf("SC_PAGE_SIZE")

PROGRAMS = {
    "large ints": "x = 2 ** 70; y = x * x; z = y // x; w = str(z); v = int(w)",
    "floats in containers": "a = [1.5, 2.5]; b = (a[0] + a[1],); c = {1.5: b}; d = {2.5, 3.5}",
    "strings": "s = 'abc' * 10; t = s.upper() + s[2:5]; u = f'{t!r:>40}'; v = u.split('C'); w = '-'.join(v)",
    "bytes": "b = b'abc' * 9; c = bytearray(b); c += b; d = memoryview(c)[3:]; e = bytes(d)",
    "lists": "a = list(range(20)); a.append(a[3:7]); a[2:5] = [1]; a.sort(key=str); b = a * 2 + a; del b[::2]; a.clear()",
    "tuples": "a, *b = (1, 'x', [2]); t = (a, b); u = t + t; hash((1, 'x'))",
    "dicts": "d = {i: str(i) for i in range(20)}; d.update(x=1); del d[3]; e = {**d}; f = list(e.items()); d.popitem(); d.setdefault('k', [])",
    "sets": "s = {i for i in range(20)}; t = s | {99}; u = t - s; s.add('x'); s.discard(3); frozenset(t)",
    "functions": "def f(a, b=1, *c, d=2, **e): return a, b, c, d, e\nf(1); f(1, 2, 3, d=4, z=5); f(*[1, 2], **{'q': 1})",
    "closures": "def outer(x):\n  def inner(): return x\n  return inner\nf = outer([1]); f(); g = outer(f); g()",
    "cells that change": "def f():\n  n = 0\n  def g():\n    nonlocal n\n    n = [n]\n  g(); g()\n  return n\nf()",
    "classes": "class A:\n  x = 1\n  def f(self): return self.x\nclass B(A): pass\nB().f(); gc.collect(0)",
    "instances": "o = Plain(1, 'x'); o.c = [o.a]; o.a += 1; del o.b; o.__dict__['d'] = 1; vars(o)",
    "slots": "o = Slotted(); o.x = [1]; o.x = 'y'; del o.x",
    "bound methods": "m = Plain(1, 2).method; m(); n = [].append; n(1); k = 'a'.join; k('bc')",
    "properties": "o = Plain(1, 2); o.prop; o.prop = [3]; o.prop",
    "missing attributes": "o = Plain(1, 2)\ntry: o.nope\nexcept AttributeError as e: x = e\nhasattr(o, 'zz'); getattr(o, 'zz', [])\nx = None",
    "generators": "g = gen(5); next(g); g.send([1]); list(g); h = gen(3); next(h); h.close(); del h",
    "unfinished generators": "g = gen(5); next(g); del g",
    "yield from": "def g():\n  r = yield from gen(3)\n  yield r\nlist(g()); x = g(); next(x); x = None",
    "throw": "g = gen(3); next(g)\ntry: g.throw(ValueError('x'))\nexcept ValueError: pass",
    "throw into a delegate": "g = delegating(); next(g)\ntry: g.throw(ValueError)\nexcept StopIteration as e: e.value",
    "coroutines": "async def f(): return [1]\nasync def g(): return await f()\nc = g()\ntry: c.send(None)\nexcept StopIteration as e: e.value",
    "exceptions": "try: 1 / 0\nexcept ZeroDivisionError as e: x = e.__traceback__\nx = None",
    "chained exceptions": "try:\n  try: raise KeyError('k')\n  except KeyError as e: raise ValueError('v') from e\nexcept ValueError as f: str(f.__cause__)",
    "finally": "def f():\n  for i in range(3):\n    try:\n      if i == 1: continue\n      if i == 2: return [i]\n    finally: x = [i]\nf()",
    "with": "with Manager() as m: x = [m]\ntry:\n  with Manager(): raise ValueError\nexcept ValueError: pass",
    "exception groups": "try: raise ExceptionGroup('g', [ValueError(1), KeyError(2)])\nexcept* ValueError: pass\nexcept* KeyError: pass",
    "comprehensions": "[x for x in [[1], [2]]]; {x: [x] for x in 'abc'}; {x for x in 'abc'}; list(y for y in [[1]]); [[j for j in range(i)] for i in range(4)]",
    "unpacking errors": "try:\n  a, b = [[1], [2], [3]]\nexcept ValueError: pass\ntry:\n  a, *b, c = [1]\nexcept ValueError: pass",
    "call errors": "try: len([1], [2])\nexcept TypeError: pass\ntry: gen()\nexcept TypeError: pass\ntry: gen(1, x=[2])\nexcept TypeError: pass",
    "operator errors": "try: [1] + (2,)\nexcept TypeError: pass\ntry: {}[[1]]\nexcept TypeError: pass\ntry: [1][5]\nexcept IndexError: pass\ntry: {}['k']\nexcept KeyError: pass",
    "match": "match [1, [2], {'k': [3]}]:\n  case [a, [b], {'k': [c], **d}]: x = (a, b, c, d)\nmatch Plain([1], [2]):\n  case Plain(a=x, b=[y]): pass",
    "iterators": "list(zip([1], ['a'])); list(map(str, [1])); list(filter(None, [[], [1]])); list(enumerate('ab')); list(reversed([1])); sorted([3, 1], key=lambda v: [v]); iter([1]).__reduce__()",
    "half-used iterators": "i = iter([[1], [2]]); next(i); j = zip([[1]], [[2]]); next(j); k = map(list, ['a', 'b']); next(k); del i, j, k",
    "weak references": "o = Plain(1, 2); r = weakref.ref(o, lambda r: None); r(); p = weakref.proxy(o); p.a; del o; r()",
    "cycles": "a = [1]; a.append(a); o = Plain(a, 2); o.me = o; d = {}; d['d'] = d; del a, o, d; gc.collect(0)",
    "exec and compile": "c = compile('x = [1]\\ndef f(a): return a + x', 'n', 'exec'); ns = {}; exec(c, ns); ns['f']([2]); eval('[i for i in (1, 2)]')",
    "names that the compiler makes": "i = next(fresh); compile(f'import a{i}.b{i}.c\\nimport a.d{i}.e as e\\nclass C{i}:\\n  def f(self): return self.__x', 'n', 'exec')",
    "syntax errors": "try: compile('x = (1,\\n', 'n', 'exec')\nexcept SyntaxError as e: str(e)\ntry: compile('def f(:', 'n', 'exec')\nexcept SyntaxError: pass",
    "super": "Child(1, 2).method(); Child.make()",
    "string formatting": "'%s %r %5.2f' % ('a', [1], 2.5); '{} {x}'.format([1], x=2); f'{[1]!s} {2.5:10.3e}'; format(12345, ',')",
    "star arguments": "f = lambda *a, **k: (a, k)\nf(*[1, 2], *(3,), **{'a': 1}, **{'b': [2]}); print(*[], end='')",
    "slices": "a = [[i] for i in range(9)]; a[1:3]; a[::-2]; a[slice(1, 5)]; 'abcdef'[1:4]; (1, 2, 3)[::-1]; x = slice([1], [2])",
    "decorators": "def d(f): return lambda *a: f(*a)\n@d\n@d\ndef g(x): return [x]\ng(1)",
    "types": "T = type('T', (Plain,), {'z': 1}); T(1, 2).z; gc.collect(0)",
    "descriptors": "class D:\n  def __get__(s, o, t): return [1]\nclass C: d = D()\nC().d; C.d; gc.collect(0)",
    "sorting errors": "try: sorted([1, 'a', [2]])\nexcept TypeError: pass\ntry: max([], key=str)\nexcept ValueError: pass",
    "recursion": "def f(n): return f(n - 1) + [n] if n else []\nf(50)",
    "recursion errors": "def f(x): return f([x])\nif number % 500 == 0:\n  try: f(1)\n  except RecursionError: pass",
    "frames": "def f():\n  x = [1]\n  return sys._getframe()\nfr = f(); fr.f_locals; fr.f_back; fr = None",
    "global names": "global some_global\nsome_global = [1]\ndel some_global",
    "int cache and dict of ints": "d = {}\nfor i in range(30): d[i] = i * 1.5\nfor i in range(30): d[i] += i\nsum(d.values())",
    "regular expressions": "m = re.match(r'(\\w+)-(?P<n>\\d+)', 'abc-12 x'); m.groups(); m.groupdict(); re.sub('a', lambda m: m[0] * 2, 'banana'); re.findall('a.', 'banana'); re.split('n', 'banana')",
    "json": "json.loads(json.dumps({'a': [1, 2.5, None, 'x', {'b': [True]}]}))",
    "struct": "struct.unpack('<id4s', struct.pack('<id4s', 1, 2.5, b'ab'))",
    "itertools": "list(itertools.chain([1], [[2]])); list(itertools.product('ab', repeat=2)); [list(g) for k, g in itertools.groupby('aab')]; list(itertools.islice(itertools.count(), 3)); list(itertools.permutations([1, 2, 3]))",
    "collections": "d = collections.deque([[1], 2], 3); d.append([3]); d.rotate(1); d.popleft(); c = collections.defaultdict(list); c['x'].append(1); collections.OrderedDict(a=1).popitem(); collections.Counter('abca').most_common(1)",
    "io": "s = io.StringIO('a\\nb'); s.readlines(); b = io.BytesIO(b'xy'); b.read(1); t = io.TextIOWrapper(io.BytesIO()); t.write('é'); t.flush()",
    "partial and caches": "p = functools.partial(int, base=2); p('101'); c = functools.lru_cache(4)(lambda v: [v]); [c(i) for i in range(8)]; functools.reduce(lambda a, b: a + b, [[1], [2]])",
    "modules": "m = types.ModuleType('m'); m.x = [1]; m.__dict__['y'] = m; del m; gc.collect(0)",
}

PRELUDE = """
import collections, functools, gc, io, itertools, json, re, struct, sys, types, weakref
class Plain:
    def __init__(self, a, b): self.a, self.b = a, b
    def method(self): return [self.a]
    @property
    def prop(self): return self._p if hasattr(self, '_p') else None
    @prop.setter
    def prop(self, v): self._p = v
    @classmethod
    def make(cls): return cls([1], [2])
class Child(Plain):
    def __init__(self, *a): super().__init__(*a)
    def method(self): return super().method() + [2]
    @classmethod
    def make(cls): return super().make()
class Slotted: __slots__ = ('x', 'y')
class Manager:
    def __enter__(self): return [self]
    def __exit__(self, *a): self.last = None
def gen(n):
    for i in range(n):
        got = yield [i]
    return [n]
fresh = itertools.count()
def stubborn():
    try: yield
    except ValueError: return [1]
def delegating(): return (yield from stubborn())
"""


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


def growth(source):
    """Bytes that a round leaves behind: the least of several measurements, as a leak shows in every one of them
    and the allocator's settling (which earlier cases' free memory prolongs) does not."""
    names = {}
    exec(PRELUDE, names)
    body = "".join("    " + line + "\n" for line in source.split("\n"))
    exec(f"def round(number):\n{body}", names)
    work = names["round"]

    def repeat(count):
        for number in range(count):
            work(number)
        gc.collect()

    repeat(ROUNDS // 2)
    least = None
    for _ in range(8):
        before = resident()
        repeat(ROUNDS)
        grown = (resident() - before) / ROUNDS
        least = grown if least is None else min(least, grown)
        if least <= ALLOWED:
            break
    return least


def make_case(source):
    def case(self):
        grown = growth(source)
        self.assertLessEqual(grown, ALLOWED, f"{grown:.1f} bytes a round: {source}")
    return case


Leaks = type("Leaks", (unittest.TestCase,), {f"test_{name.replace(' ', '_').replace('-', '_')}": make_case(source)
                                             for name, source in PROGRAMS.items()})

if __name__ == "__main__":
    unittest.main()
