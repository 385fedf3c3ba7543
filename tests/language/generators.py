# Programs for tools/run_tests.py: each section runs on its own.
# --- basics
def g(n):
    for i in range(n):
        got = yield i
        if got: print("got", got)
    return "done"
it = g(3)
print(next(it), it.send("x"), it.send(None))
try: next(it)
except StopIteration as e: print(e.value)
print(list(g(3)), sum(g(5)), [*g(2)], max(g(4)))
# --- throw and close
def g():
    try:
        yield 1
        yield 2
    except ValueError as e:
        yield ("caught", str(e))
    finally:
        print("cleanup")
a = g(); next(a); print(a.throw(ValueError("v"))); a.close()
b = g(); next(b); b.close(); print(list(b))
c = g(); next(c)
try: c.throw(KeyError("k"))
except KeyError as e: print(repr(e))
d = g()
try: d.throw(ValueError("early"))
except ValueError as e: print(e)
# --- yield from
def inner():
    x = yield 1
    print("inner got", x)
    try: yield 2
    except ValueError: yield "handled"
    return "result"
def outer():
    r = yield from inner()
    print("r", r)
    yield from [10, 20]
    yield from "ab"
o = outer()
print(next(o), o.send("hi"), o.throw(ValueError), next(o), list(o))
# --- generator expressions
e = (i * j for i in range(3) for j in range(3) if i != j)
print(next(e), list(e), list(x for x in []))
n = 10
print(list(n + i for i in range(2)))
g = (x for x in 5) if False else None
try: (x for x in 5)
except TypeError as t: print(t)
# --- state
import inspect
def g(): yield inspect.getgeneratorstate(me)
me = g()
print(inspect.getgeneratorstate(me), next(me), inspect.getgeneratorstate(me)); list(me); print(inspect.getgeneratorstate(me))
def r(): yield from me2
me2 = r()
try: next(me2)
except ValueError as e: print(e)
try: g().send(1)
except TypeError as e: print(e)
# --- StopIteration inside becomes RuntimeError
def g():
    yield 1
    raise StopIteration(5)
try: list(g())
except RuntimeError as e: print(e, repr(e.__cause__))
# --- ignoring GeneratorExit
def g():
    try: yield 1
    except GeneratorExit: yield 2
a = g(); next(a)
try: a.close()
except RuntimeError as e: print(e)
# --- deep delegation
def deep(n):
    if n: yield from deep(n - 1)
    yield n
print(sum(deep(200)))
# --- coroutines by hand
class Awaitable:
    def __init__(s, v): s.v = v
    def __await__(s):
        r = yield s.v
        return r
async def add(a, b): return await Awaitable(a) + await Awaitable(b)
async def main():
    x = await add(1, 2)
    print("x", x)
    return x * 2
c = main()
print(c.send(None), c.send(10))
try: c.send(20)
except StopIteration as e: print("value", e.value)
# --- async for, async with, async comprehensions
async def agen(n):
    for i in range(n): yield i
class CM:
    async def __aenter__(s): print("aenter"); return s
    async def __aexit__(s, *a): print("aexit", a[0] and a[0].__name__); return True
async def main():
    async for i in agen(3): print(i)
    else: print("else")
    print([i async for i in agen(4) if i % 2], {i: i async for i in agen(2)}, [x for x in [1] if await one()])
    async with CM() as c, CM():
        raise ValueError
    async with CM(): return "returned"
async def one(): return 1
def run(c):
    try:
        while True: c.send(None)
    except StopIteration as e: return e.value
print(run(main()))
# --- asynchronous generators
async def agen():
    try:
        x = yield 1
        print("got", x)
        yield 2
    finally:
        print("finally")
def run(c):
    try:
        while True: c.send(None)
    except StopIteration as e: return e.value
a = agen()
print(run(a.asend(None)), run(a.asend("s")))
try: run(a.asend(None))
except StopAsyncIteration: print("stop")
b = agen(); run(b.__anext__()); run(b.aclose())
# --- asyncio
import asyncio
async def w(n, t):
    await asyncio.sleep(t)
    return n
async def main():
    print(await asyncio.gather(w(1, .02), w(2, .01)))
    t = asyncio.create_task(w(3, .01))
    print(await t)
    try: await asyncio.wait_for(asyncio.sleep(5), .01)
    except asyncio.TimeoutError: print("timeout")
    q = asyncio.Queue(); await q.put(5); print(await q.get())
    async with asyncio.TaskGroup() as g: a = g.create_task(w(4, 0))
    print(a.result())
asyncio.run(main())
# --- never awaited
import warnings
async def f(): pass
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    f()
print([(w.category.__name__, str(w.message), w.lineno) for w in caught])
# --- generators keep locals alive and let them go
class A:
    def __del__(s): print("del")
def g():
    a = A()
    yield 1
    a = None
    yield 2
x = g(); next(x); print("1"); next(x); print("2"); y = g(); next(y); del y; print("3")
# --- itertools
import itertools as it
print(list(it.chain([1], "ab")), list(it.islice(it.count(5, 2), 3)), list(it.product("ab", repeat=2))[:3], list(it.permutations([1, 2, 3], 2))[:3])
print([(k, list(g)) for k, g in it.groupby("aabbc")], list(it.accumulate([1, 2, 3])), list(it.zip_longest([1], [2, 3], fillvalue=0)))
print(list(it.combinations("abc", 2)), list(it.takewhile(lambda x: x < 3, range(9))), list(it.starmap(pow, [(2, 3)])), list(it.pairwise([1, 2, 3])))
