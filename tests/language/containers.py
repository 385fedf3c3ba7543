# Programs for tools/run_tests.py: each section runs on its own.
# --- list methods
a = [3, 1, 2]
a.append(5); a.extend((7, 8)); a.insert(1, 9); a.insert(-100, 0); a.insert(100, 6)
print(a, a.pop(), a.pop(0), a.index(9), a.count(1), a.copy() is a)
a.remove(9); a.reverse(); print(a); a.sort(); print(a); a.sort(key=lambda x: -x); print(a, a * 2, [0] * 3, a + [1])
print([1, [2, [3]]], [1, 2] == [1.0, 2.0], [1] < [2], [[]] * 2, list(range(3)) * 0)
a = [1]; a.append(a); print(a)
# --- list of numbers through every type
a = [1, 2.5, True, None, "s", 2**60, -0.0, 1e400, (1, 2)]
print(a, a[1:4], a[::-1], sum(a[:3]), a.index(2.5), a.count(1), 2**60 in a)
a[0] += 0.5; a[1] = 7; a[2] = [1]
print(a, sorted([3, 1.5, 2, -1]), max([1, 2.5]), min([2**60, 1.0]))
# --- list growing while iterated
a = [1, 2, 3]
for x in a:
    if len(a) < 6: a.append(x * 10)
print(a)
b = list(range(6))
for x in b: b.remove(x)
print(b)
# --- sorting
import random
r = random.Random(1)
d = [r.randrange(1000) for _ in range(500)]
print(sorted(d) == sorted(d, reverse=True)[::-1], sorted(["b", "A", "c"], key=str.lower), sorted([(1, "b"), (1, "a"), (0, "z")]))
print([x[1] for x in sorted([(1, "a"), (0, "b"), (1, "c"), (0, "d")], key=lambda t: t[0])], sorted("hello"), sorted({3: 1, 1: 2}))
class K:
    def __init__(s, v): s.v = v
    def __lt__(s, o): return s.v < o.v
print([k.v for k in sorted([K(3), K(1), K(2)])])
a = [3, 2, 1]
try: a.sort(key=lambda x: a.append(1) or x)
except ValueError as e: print(e, a)
# --- tuples
t = (1, 2, 3)
print(t, (1,), (), t + (4,), t * 2, t[1:], t.index(2), t.count(1), hash((1, 2)) == hash((1.0, 2)), t < (1, 3), 2 in t, len(t))
# --- dict methods
d = {"a": 1, "b": 2}
d["c"] = 3; d.update(d=4, a=9); d.setdefault("e", 5); d.setdefault("a", 0)
print(d, d.get("z"), d.get("z", 0), d.pop("b"), d.pop("z", None), d.popitem(), list(d), list(d.values()), list(d.items()))
print({**d, "a": 0} | {"q": 1}, dict(a=1, **{"b": 2}), dict(zip("ab", [1, 2])), dict.fromkeys("ab", 0), d == {"d": 4, "c": 3, "a": 9})
del d["a"]; d["a"] = 1; print(d, "a" in d, len(d), list(reversed(d))); d.clear(); print(d, bool(d))
# --- dict keys
d = {1: "int", 1.0: "float", True: "bool", "1": "str", (1,): "tuple", None: "none", 2**70: "big", 0.5: "half"}
print(d, d[1], d[2**70], d.get(0.5), d[(1.0,)])
class K:
    def __init__(s, h): s.h = h
    def __hash__(s): return s.h
    def __eq__(s, o): return isinstance(o, K)
print(len({K(1): 1, K(1): 2, K(2): 3}))
d = {i: i for i in range(1000)}
for i in range(0, 1000, 3): del d[i]
for i in range(0, 100): d[i] = -i
print(len(d), sum(d.values()), list(d)[:5], list(d)[-3:], d[500], 501 in d)
# --- dict views
d = {"a": 1, "b": 2}
k, v, i = d.keys(), d.values(), d.items()
d["c"] = 3
print(k, v, i, k & {"a", "z"}, k | {"z"}, k - {"a"}, k ^ {"a", "q"}, ("a", 1) in i, k == {"a", "b", "c"}, len(v), k.isdisjoint("xy"))
try:
    for x in d: d[x * 2] = 1
except RuntimeError as e: print(e)
try:
    for x in d: del d[x]
except RuntimeError as e: print(e)
# --- dict subclasses
class D(dict):
    def __missing__(s, k): return k * 2
d = D(a=1)
print(d["a"], d["zz"], d.get("q"), "q" in d, d)
from collections import OrderedDict, defaultdict, Counter, deque, namedtuple, ChainMap
dd = defaultdict(list); dd["x"].append(1); print(dd, dd.get("y"))
od = OrderedDict(a=1, b=2); od.move_to_end("a"); print(od, od.popitem(last=False))
c = Counter("hello"); c.update("l"); print(c, c.most_common(1), c["zz"], c + Counter("h"), c - Counter("lll"))
q = deque([1, 2, 3], maxlen=3); q.append(4); q.appendleft(0); q.rotate(1); print(q, q[0], q.pop(), q.popleft())
P = namedtuple("P", "x y", defaults=[5]); p = P(1); print(p, p.x, p._replace(y=2), p._asdict(), p == (1, 5), P._fields)
print(ChainMap({"a": 1}, {"a": 2, "b": 3})["b"])
# --- sets
s = {1, 2, 3}
s.add(4); s.discard(9); s.remove(1); s |= {7}; s -= {2}; s ^= {3, 8}; s &= {4, 7, 8}
print(sorted(s), {1, 2} | {3}, {1, 2} & {2}, {1, 2} - {2}, {1} <= {1, 2}, {1, 2} > {1}, {1}.isdisjoint({2}), set(), frozenset([1]), {1.0} == {1})
print(sorted(set("abc") ^ set("bcd")), len({1, 1.0, True}), {frozenset([1]): 2}[frozenset([1])], sorted({i % 7 for i in range(100)}))
try: {1}.remove(5)
except KeyError as e: print(repr(e))
# --- ranges
r = range(10, 0, -3)
print(r, list(r), len(r), 7 in r, r[1], r[-1], r[1:], r.index(4), range(0) == range(5, 5), hash(range(3)) == hash(range(0, 3)), range(10**20)[-1], len(range(5, 2)), range(3) == [0, 1, 2])
# --- bytes and bytearray
b = b"hello\x00\xff"
print(b, b[1], b[1:3], b.hex(), bytes.fromhex("ff 00"), b.find(b"l"), b.replace(b"l", b"L"), b"a,b".split(b","), b" x ".strip(), b"%d %s" % (5, b"x"))
ba = bytearray(b"abc"); ba[0] = 122; ba.append(33); ba += b"!!"; ba[1:2] = b"YY"; del ba[-1]; print(ba, bytes(ba), ba.upper(), ba.pop(), b"a" in ba)
print(int.from_bytes(b"\x01\x02", "big"), (258).to_bytes(2, "little"), b"abc" < b"abd", b"a" * 3, b"a" + bytearray(b"b"), b"\\" b'"')
# --- memoryview
m = memoryview(bytearray(b"abcdef"))
m[0] = 90; m[1:3] = b"YY"
print(m.tobytes(), m[2:4].tolist(), m.nbytes, m.readonly, m[::2].tobytes(), m.format, m.shape, memoryview(b"ab") == b"ab")
import array
a = array.array("d", [1.5, 2.5]); a.append(3); print(a, a.tolist(), memoryview(a)[1], a.itemsize, sum(a), array.array("i", range(3)).tobytes())
# --- containers hold what they hold
a = [1.5] * 3; a[1] = a; print(a[1] is a, len(a))
d = {}; d["self"] = d; print(d)
s = [[0] * 2 for _ in range(2)]; s[0][0] = 1; print(s)
x = y = [1, 2]; x += [3]; print(y is x, y); x = x + [4]; print(y is x, y)
# --- copying
import copy
a = [1, [2, 3], {"k": (4, [5])}]
b, c = copy.copy(a), copy.deepcopy(a)
a[1].append(9); a[2]["k"][1].append(6)
print(b, c)
# --- comparison of nested and mixed
print([1, (2, {"a": 1.0})] == [1.0, (2, {"a": 1})], {1: [2]} == {1.0: [2.0]}, (1, "a") < (1, "b"), [1, 2, 3] > [1, 2], [] == (), {1, 2} == frozenset([2, 1]))
# --- pickling and json
import pickle, json
o = {"a": [1, 2.5, None, True, "é", b"x", (1, 2)], "b": {1, 2}, 3: 2**70, "c": 1 + 2j, "d": float("inf")}
for p in range(6): assert pickle.loads(pickle.dumps(o, p)) == o
print(json.dumps({"a": [1, 2.5, None, True, "é\n"], "b": {"c": {}}}, indent=1), json.loads('[1, 2.0, "\\u00e9", null, {"a": [true]}]'), json.dumps("é", ensure_ascii=False))
# --- heap and bisect
import heapq, bisect
h = [5, 1, 4]; heapq.heapify(h); heapq.heappush(h, 0); print(heapq.heappop(h), heapq.nlargest(2, h), heapq.nsmallest(2, h), bisect.bisect([1, 2, 2, 3], 2), bisect.bisect_left([1, 2, 2, 3], 2))
# --- sorting of many str and tuples
import random
random.seed(11)
def word():
    n = random.choice([0, 1, 3, 6, 7, 7, 8, 9, 20])
    return "".join(random.choice("ab\0z") for _ in range(n))
def show(items): print(hash(tuple(items)) if all(isinstance(i, (int, float, tuple)) and "'" not in repr(i) for i in items) else sum(i * len(repr(x)) + i * ord((repr(x) + "  ")[1]) for i, x in enumerate(items)), items[:4], items[-3:])
words = [word() for _ in range(500)]
show(sorted(words)); show(sorted(words, reverse=True)); show(sorted(words + ["é", "aé"]))
def kind(n):
    return [[random.randrange(-5, 5)], [random.choice([2.5, -0.0, 0.0, -7.25, 1e300, float("-inf")])], [word()],
            [random.choice([2 ** 70, 3, -2 ** 63])], [random.choice([1, 1.5])], [random.choice([True, 0])]][n]
for first in range(6):
    for second in range(6):
        rows = [tuple(kind(first) + kind(second) + [i % 7]) for i in range(300)]
        show(sorted(rows)); show(sorted(rows, reverse=True))
        order = sorted(range(300), key=lambda i: rows[i][:2])
        print(order[:5], order[-5:], all(rows[i][:2] <= rows[k][:2] and (rows[i][:2] < rows[k][:2] or i < k) for i, k in zip(order, order[1:])))
        rows.sort(key=lambda row: row[:1]); print([row[2] for row in rows[:8]])
print(sorted([(1,), (0, 5), (0,), ()] * 20)[18:24])
nan = float("nan")
rows = [(random.choice([nan, 1.0, 2.0]), i) for i in range(100)]
print([i for _, i in sorted(rows)])
class Less:
    calls = 0
    def __init__(self, n): self.n = n
    def __lt__(self, other): Less.calls += 1; return self.n < other.n
    def __eq__(self, other): Less.calls += 1; return self.n == other.n
rows = [(random.choice("xyz"), Less(random.randrange(9))) for i in range(200)]
rows.sort(); print(Less.calls, [(a, b.n) for a, b in rows][::20])
try: sorted([(1, i % 3, None if i == 77 else i) for i in range(100)])
except TypeError as e: print(e)
try: sorted([("a", None) for i in range(100)])
except TypeError as e: print(e)
try: sorted([("a", {}) for i in range(50)] + [("a", {1: 2})])
except TypeError as e: print(e)
