# Programs for tools/run_tests.py: each section runs on its own and prints under Adder what it prints under python3.11.
# --- arithmetic
print(1 + 2, 7 - 9, 3 * 4, 7 / 2, 7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, 2 ** 10, 2 ** -1)
print(1.5 + 2, 7.5 // 2, -7.5 % 2, 0.1 + 0.2, 1e308 * 10, -1e308 * 10)
print(5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 70, -1 >> 3, 1 << 0)
print(divmod(7, -2), divmod(-7.5, 2), pow(2, 100, 7), abs(-3), round(2.5), round(3.5), round(2.675, 2))
print(True + True, True * 3.5, -True, not 0, +False)
# --- large integers
a = 2 ** 49
print(a - 1, a, a + 1, -a, -a - 1, a * a, a * -a)
b = 2 ** 63
print(b - 1, b, -b, b * b, b // 3, b % 1000, (b + 1) >> 3, b ^ (b - 1))
print(12345678901234567890 * 98765432109876543210, 10 ** 50 // 7 ** 20, -10 ** 30 % 7)
print(int("123456789" * 5), hex(2 ** 100), (2 ** 200).bit_length(), (-5).bit_count())
x = 1
for i in range(1, 60):
    x *= i
print(x)
# --- overflow at the edges of a word
for base in (2 ** 48, 2 ** 49, 2 ** 50, 2 ** 62, 2 ** 63, 2 ** 64):
    for d in (-1, 0, 1):
        n = base + d
        print(n + n, n - 1, n * 3, -n, n + 1.0, n == float(n), hash(n), n & 255, n << 1, n >> 1)
# --- comparisons
print(1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, 1 is 1, "a" < "b", [1, 2] < [1, 3], (1,) < (1, 0), {1} < {1, 2})
print(1 != 2, None is None, not None, 3 in [1, 2, 3], "b" in "abc", 4 not in {4: 1}, 2 ** 70 == 2.0 ** 70)
nan = float("nan")
print(nan == nan, nan != nan, nan < 1, 1 < nan, [nan] == [nan], nan in [nan])
# --- chained comparison evaluates once
def f(x):
    print("f", x)
    return x
print(f(1) < f(2) < f(0) < f(9))
# --- boolean operators
print(0 or "x", 1 and "y", 0 and 1 / 0, 1 or 1 / 0, not [] and not {}, "" or None or 0)
print(1 if [] else 2, (lambda: 3)(), [x for x in range(5) if x % 2 or x == 4])
# --- walrus
if (n := len("abcd")) > 3:
    print(n)
print([y := 1, y ** 2, (z := y + 1)], y, z)
print([last := i for i in range(3)], last)
# --- literals
print(0x1F, 0b101, 0o17, 1_000_000, 1e3, 1.5j, .5, 5., 1E-5, 0xDEAD_BEEF)
print('a' "b" """c""", r'\n', b'\x00\xff', rb'\d', '\N{BULLET}\u00e9\U0001F600', '\x41\101\t|')
print(..., None, True, (), (1,), [], {}, {1, 2}, {1: 2})
# --- slices
a = list(range(10))
print(a[2:5], a[:3], a[7:], a[::2], a[::-1], a[8:2:-2], a[-3:], a[5:2], a[100:], a[:-100])
s = "hello world"
print(s[1:4], s[::-1], s[-5:], s[:0], s[3], s[-1], s[slice(1, 5, 2)])
print((1, 2, 3)[1:], b"abc"[0], b"abc"[1:], range(10)[2:8:3], slice(1, 2).indices(10))
# --- slice assignment
a = list(range(10))
a[2:5] = ["x"]
print(a)
a[::2] = [0] * len(a[::2])
print(a)
a[1:1] = [7, 8]
del a[::3]
print(a)
a[:] = []
print(a)
# --- unpacking in displays and calls
a, b = [1, 2], {"x": 1}
print([*a, 3, *a], (*a,), {*a, 5}, {**b, "y": 2}, *a, sep="-")
def f(*args, **kw): return args, kw
print(f(*a, 3, *"ab", k=1, **b))
# --- evaluation order
def t(x):
    print(x, end=" ")
    return x
d = {t(1): t(2), t(3): t(4)}
t([0, 0, 0])[t(1)] = t(9)
print(t(1) + t(2) * t(3), t(max)(t(4), t(5)))
[t(a) for a in (t(1), t(2))]
print()
# --- a local changed while it is being used
a = 1
print([a, (a := 2), a])
x = 5
y = x + (x := 10) + x
print(x, y)
def f():
    a = [1]
    return a + (a := [2]) + a
print(f())
# --- string formatting
x, w, p = 3.14159, 10, 2
print(f"{x:.2f}|{x:{w}.{p}f}|{x!r}|{'a':>5}|{'b':<5}|{'c':^5}|{x=:.1f}|{5:05d}|{-5:+}|{255:#x}|{1234567:,}")
print(f"{{}} {'nested ' + f'{1 + 1}'} {[1, 2][0]} {({'a': 1})['a']} {x if x else 0}")
print("%s %r %d %5.1f %x %c %% %-5s| %05d %+d %e" % ("s", "r", 42, 2.55, 255, "c", "l", 7, 7, 12345.678))
print("{} {1} {0}".format(1, 2) if False else "{0} {1} {0!r:>4} {a[0]} {b.real}".format(1, 2, a=[3], b=4))
print("%(a)s %(b)d" % {"a": 1, "b": 2}, "%s" % (1,), "%s" % [1], format(1e10, ","), format(0.5, "%"), f"{1e-7:g} {1e20:g} {100000:n}")
# --- conversions
print(int("  42 "), int("ff", 16), int("0b11", 0), int(3.99), int(-3.99), float("1e5"), float(" inf "), str(1.0), repr("it's"))
print(bool([]), bool("x"), list("ab"), tuple([1]), set("aa"), dict([(1, 2)]), complex(1, -2), bytes([65]), bytearray(3))
print(ord("a"), chr(8364), hex(-255), oct(8), bin(5), ascii("é"), "é".encode(), b"\xc3\xa9".decode())
# --- identity of small things
a = None
print(a is None, () is (), "abc" is "abc", True is (1 == 1), type(1) is int, [] is [])
# --- conditional expressions and nesting
f = lambda n: "neg" if n < 0 else "zero" if n == 0 else "pos"
print([f(i) for i in (-1, 0, 1)])
# --- comprehensions
print([i * j for i in range(3) for j in range(i)], {i: i * i for i in range(4)}, {c for c in "hello"} == set("helo"))
print(list(x + y for x in "ab" for y in "cd" if x + y != "bc"), [[i for i in range(j)] for j in range(4)])
fs = [lambda: i for i in range(3)]
print([f() for f in fs])
print([(a, b) for a, *b in [(1, 2, 3), (4,)]], [x for x in [1, 2] if (y := x) > 1], y)
# --- complex numbers
z = 3 + 4j
print(z, abs(z), z.conjugate(), z * 1j, z / 2, z ** 2, -z, z == 3 + 4j, complex("1-2j"), 1j * 1j, complex(-0.0, -0.0))
# --- attribute and item chains
class A: pass
a = A(); a.b = A(); a.b.c = [1, {"k": (5, 6)}]
print(a.b.c[1]["k"][-1])
a.b.c[1]["k"] += (7,)
a.b.c[0] += 10
print(a.b.c)
# --- arithmetic of immediate numbers: every pair of kinds, in place and with constants
import operator
numbers = [0, 1, -1, 2, 8, 3, -7, 2 ** 48, 2 ** 49 - 1, -2 ** 49, 2 ** 49, -2 ** 63, 2 ** 70, True, False, 0.0, -0.0, 1.5, -2.5, 1e308, 1e-320,
           float("inf"), -float("inf"), float("nan"), -float("nan")]
def show(f, *a):
    try:
        return repr(f(*a))
    except Exception as e:
        return f"{type(e).__name__}: {e}"
def add(a, b): a += b; return a
def sub(a, b): a -= b; return a
def mul(a, b): a *= b; return a
def less(a, b):
    if a < b: return "yes"
    return "no"
def equal(a, b):
    while a == b: return "same"
    return "other"
binary = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
          lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a // b, lambda a, b: a % b,
          lambda a, b: a << b if abs(b) < 100 else 0, lambda a, b: a >> b, lambda a, b: a & b, lambda a, b: a | b, lambda a, b: a ^ b,
          lambda a, b: a < b, lambda a, b: a >= b, lambda a, b: a != b, less, equal, add, sub, mul]
for a in numbers:
    for b in numbers:
        print(a, b, *(show(f, a, b) for f in binary))
constant = [lambda a: a + 1, lambda a: 1 - a, lambda a: a * 2.5, lambda a: 1.0 / a, lambda a: a % 7, lambda a: a // -2, lambda a: 2 ** a if abs(a) < 99 else 0,
            lambda a: a ** 2, lambda a: a ** 0.5, lambda a: a ** -1.5, lambda a: a < 0, lambda a: a == 1, lambda a: -a]
for a in numbers:
    print(a, *(show(f, a) for f in constant))
# --- powers of floats are the C library's
print([float.fromhex(x) ** 2 for x in ("0x1.9aca9a13df3ep+0", "0x1.60dd5d6d8d9c8p+0", "0x1.d26a8106a3005p+0")])
print([show_of for show_of in (2.0 ** 0.5, 4.0 ** -1.5, 0.0 ** 0, 1e200 ** -3, (-8) ** (1 / 3), 1.0 ** float("nan"))])
# --- a register that is overwritten lets go of what it held
class Noisy:
    def __init__(self, name): self.name = name
    def __del__(self): print("gone", self.name)
def overwrite():
    x = Noisy("a")
    x = 1 + len("b")
    print(x)
    x = Noisy("c")
    items = [Noisy("d"), 5]
    x = items[0]
    x = items[1]
    items[0] = x
    print(items)
    x = Noisy("e")
    for x in (1, 2):
        print(x)
    x = Noisy("f")
    x, items = (Noisy("g"), 3)
    print(items)
    for x in [Noisy("h"), 4]:
        pass
    x = Noisy("i")
    x = x.name < "j"
    print(x)
overwrite()
# --- a list that its own items change
class Popper:
    def __init__(self, l): self.l = l
    def __del__(self): self.l.clear()
def change():
    l = [1, 2, 3]
    l[0] = Popper(l)
    l[0] = 7
    print(l)
    l.extend([4, 5])
    l[1] = l
    l[1] = 8
    print(l, l[-1], l[True])
    x = l = [[1], 2]
    x = x[0]
    print(x, l)
change()
# --- loops over pairs
import sys
class Boom:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        self.n -= 1
        if self.n == 0: raise ValueError("boom")
        return self.n
class Tag:
    def __init__(self, name): self.name = name
    def __repr__(self): return self.name
    def __del__(self): print("gone", self.name)
def loops():
    for k, v in {"a": 1, "b": 2}.items(): print(k, v)
    for i, x in enumerate("xy", 2 ** 49 - 1): print(i, x)
    for a, b in zip([1, 2, 3], (4, 5)): print(a, b)
    try:
        for a, b in zip(Boom(4), Boom(3)): print(a, b)
    except ValueError as e: print(e)
    try:
        for a, b in zip([1], [2, 3], strict=True): print(a, b)
    except ValueError as e: print(e)
    try:
        for a, b in zip([1], [2], [3]): print(a, b)
    except ValueError as e: print(e)
    d = {1: 2, 3: 4}
    try:
        for k, v in d.items(): d[k + 10] = v
    except RuntimeError as e: print(e)
    for i, (a, b) in enumerate([(1, 2), "cd"]): print(i, a, b)
    it = iter(enumerate("pqr"))
    for i, x in it:
        print(i, x, next(it, None))
    for source in (enumerate("ab"), [[1, 2]], {5: 6}.items(), zip("c", "d"), iter([(7, 8)])):
        for a, b in source: print(a, b)
    pairs = [p for p in enumerate("kl")]
    print(pairs)
    for a, b in ((Tag("t1"), 1), (Tag("t2"), 2)): print(a)
    print("after")
    for a, b in zip([Tag("t3")], "z"): pass
    a = b = None
    print("end")
loops()
def traced():
    lines = []
    def trace(frame, event, arg):
        if event == "line": lines.append(frame.f_lineno - frame.f_code.co_firstlineno)
        return trace
    def work():
        total = 0
        for i, x in enumerate([5, 6]):
            total += i * x
        for y in range(2):
            total += y
        for z in [1, 2]:
            total += z
        return total
    work(); work()
    sys.settrace(trace)
    try: print(work())
    finally: sys.settrace(None)
    print(lines)
traced()
# --- two targets at once
def two():
    a, b = (1, 2)
    a, b = [b, a]
    print(a, b)
    a, a = "xy"
    print(a)
    a, l = 1, [0, 0, 0]
    a, l[a] = 2, 5
    print(a, l)
    t = (2, 7)
    l[a], a = t
    print(l, a)
    a, l[a % 3] = t
    print(l, a)
    a = (3, a)
    a, b = a
    print(a, b)
    b = [8, 9]
    a, b = b
    print(a, b)
    (a, b), c = [[1, 2], 3]
    print(a, b, c)
    for bad in ((1,), (1, 2, 3), 5, [], {1: 2, 3: 4}, {1, 2}, iter([1, 2])):
        try:
            a, b = bad
            print(a, b)
        except (ValueError, TypeError) as e: print(type(e).__name__, e, a, b)
    class C: pass
    o = C()
    o.x, y = 1, 2
    print(o.x, y)
two()
# --- items by small constants
class Keys:
    def __getitem__(self, key): return key
    def __setitem__(self, key, value): print("set", key, value)
k = Keys()
print(k[0], k[-1], k[32767], k[32768], k[-32768], k[-32769], k[True], k[1:2], k[1:2:3], k[::], k[::None])
k[0] = 1; k[-1] = 2; k[1:2] = 3; k[1:2:3] = 4; k[-2] += 5
d = {0: "zero", -1: "minus"}
print(d[0], d[-1]); d[0] += "!"; print(d)
l = [1, 2, 3]
t = (1, 2, 3)
print(l[0], l[-1], l[-3], t[2], t[-1], "abc"[-1], b"abc"[0], range(5)[-2])
nothing = None
for f in (lambda: l[3], lambda: l[-4], lambda: t[3], lambda: t[-4], lambda: "abc"[3], lambda: nothing[0], lambda: int[0]):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
def store(o, v):
    o[-1] = v
    o[1] += v
    return o
print(store([1, 2, 3], 9))
for o in ((1, 2), "ab", 5, [1]):
    try: print(store(o, 1))
    except Exception as e: print(type(e).__name__, e)
# --- slices stored into lists
class Tag:
    def __init__(self, name): self.name = name
    def __repr__(self): return self.name
    def __del__(self): print("gone", self.name)
class Once:
    def __init__(self, n): self.n = n
    def __index__(self):
        print("index", self.n)
        return self.n
def stores():
    l = list(range(10))
    l[::3] = [10, 13, 16, 19]; print(l)
    l[1:4] = l[3:0:-1]; print(l)
    l[1:4] = (7, 7, 7); print(l)
    l[1:4] = "ab"; print(l)
    l[5:2] = [0]; print(l)
    l[::-1] = l; print(l)
    l[2:] = l; print(l)
    l[::2] = iter(range(len(l[::2]))); print(l)
    l[Once(0):Once(4):Once(2)] = [1, 1]; print(l)
    l[Once(0):Once(2)] = [Once(5), 2]; print(len(l))
    print(l[Once(1):Once(5):Once(3)])
    for bad in (lambda: l.__setitem__(slice(None, None, 2), [1]), lambda: l.__setitem__(slice(0, 1), 5), lambda: l.__setitem__(slice(None, None, 0), [])):
        try: bad()
        except Exception as e: print(type(e).__name__, e)
    try: l[::2] = 5
    except TypeError as e: print(e)
    try: l[::2] = [1]
    except ValueError as e: print(e)
    try: l["a":] = []
    except TypeError as e: print(e)
    try: l[1::0]
    except ValueError as e: print(e)
    source = [Tag("a"), Tag("b")]
    m = [Tag("c"), Tag("d"), Tag("e")]
    m[0:2] = source
    print(m, source)
    m[0:2] = [Tag("f"), Tag("g")]
    print(m)
    m[::2] = [Tag("h"), Tag("i")]
    print(m)
    m[:] = []
    print(m, source)
stores()
print([1, 2, 3, 4][::-2], (1, 2, 3)[::2], "hello"[4:0:-1], b"hello"[::2], bytearray(b"abc")[::-1], range(10)[::3])
# --- digits of large integers
import random
random.seed(5)
def number():
    kind = random.randrange(4)
    bits = random.choice([1, 20, 30, 31, 59, 60, 61, 90, 119, 120, 121, 150, 240, 241, 480, 960, 961, 2000, 3001])
    n = random.getrandbits(bits)
    if kind == 1: n = (1 << bits) - 1 - (n & 7)
    if kind == 2: n = (1 << bits) + (n & 3)
    if kind == 3: n = ((1 << bits) - 1) ^ (1 << random.randrange(bits))
    return -n if random.random() < .3 else n
check = 0
for _ in range(3000):
    a, b, c = number(), number(), number() or 1
    small = random.choice([1, 2, 3, 10, 2 ** 30 - 1, 2 ** 30, 2 ** 59, 2 ** 60 - 1])
    results = [a + b, a - b, b - a, a * b, a * small, small * b, a // c, a % c, divmod(a * c + b, c), (a * small + (b & 1)) // (a or 1), (a * small - 1) // (a or 1),
               a < b, a == b, a * a, a ^ b, a & b, a << 37, a >> 31, (a + small) // small]
    check = hash(tuple([check] + [r % (2 ** 61 + 15) if isinstance(r, int) else r for r in results]))
print(check)
