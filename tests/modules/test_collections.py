"""_collections, _functools, _operator, itertools, _weakref, _contextvars, _abc: what their Python tests elsewhere do not pin."""

import collections
import contextvars
import copy
import functools
import gc
import itertools
import operator
import pickle
import types
import unittest
import weakref


class Deque(unittest.TestCase):
    def test_against_a_list(self):
        import random
        rng = random.Random(1)
        d, l = collections.deque(), []
        for _ in range(3000):
            op = rng.randrange(9)
            x = rng.random() if rng.random() < 0.5 else rng.randrange(100)
            if op == 0: d.append(x); l.append(x)
            elif op == 1: d.appendleft(x); l.insert(0, x)
            elif op == 2 and l: self.assertEqual(d.pop(), l.pop())
            elif op == 3 and l: self.assertEqual(d.popleft(), l.pop(0))
            elif op == 4 and l:
                n = rng.randrange(-5, 6)
                d.rotate(n)
                k = n % len(l)
                l[:] = l[-k:] + l[:-k] if k else l
            elif op == 5:
                i = rng.randrange(-len(l) - 2, len(l) + 2)
                d.insert(i, x); l.insert(i, x)
            elif op == 6 and l:
                i = rng.randrange(len(l))
                del d[i]; del l[i]
            elif op == 7 and l:
                i = rng.randrange(-len(l), len(l))
                d[i] = x; l[i] = x
            elif op == 8:
                d.reverse(); l.reverse()
            self.assertEqual(list(d), l)
        self.assertEqual(list(reversed(d)), l[::-1])

    def test_bounded(self):
        d = collections.deque(range(5), 3)
        self.assertEqual(repr(d), "deque([2, 3, 4], maxlen=3)")
        d.appendleft(9)
        self.assertEqual(list(d), [9, 2, 3])
        self.assertEqual(list(d * 2), [9, 2, 3])
        self.assertRaises(IndexError, d.insert, 1, 1)

    def test_changed_while_iterated(self):
        d = collections.deque([1, 2])
        it = iter(d)
        d.append(3)
        with self.assertRaises(RuntimeError) as caught:
            next(it)
        self.assertEqual(str(caught.exception), "deque mutated during iteration")


class OrderedDict(unittest.TestCase):
    def test_order(self):
        d = collections.OrderedDict.fromkeys("abcd")
        d.move_to_end("b")
        d.move_to_end("d", last=False)
        self.assertEqual(list(d), list("dacb"))
        self.assertEqual(d.popitem(last=False), ("d", None))
        self.assertEqual(d.popitem(), ("b", None))
        self.assertEqual(list(reversed(d)), ["c", "a"])
        self.assertNotEqual(collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1))
        self.assertEqual(collections.OrderedDict(a=1, b=2), dict(b=2, a=1))

    def test_as_a_queue(self):
        d = collections.OrderedDict()
        for i in range(20000):
            d[i] = i
            if len(d) > 100:
                self.assertEqual(d.popitem(last=False), (i - 100, i - 100))
        self.assertEqual(list(d), list(range(19900, 20000)))


class Defaults(unittest.TestCase):
    def test_missing(self):
        d = collections.defaultdict(list)
        d["a"].append(1)
        self.assertEqual(repr(d), "defaultdict(<class 'list'>, {'a': [1]})")
        self.assertEqual(pickle.loads(pickle.dumps(d)), d)
        self.assertEqual(copy.copy(d).default_factory, list)
        self.assertEqual((d | {"b": 2})["c"], [])
        with self.assertRaises(KeyError):
            collections.defaultdict()[1]

    def test_counter(self):
        self.assertEqual(collections.Counter("abca"), {"a": 2, "b": 1, "c": 1})
        P = collections.namedtuple("P", "x y")
        self.assertEqual((P(1, 2.5).x, P(1, 2.5).y), (1, 2.5))
        with self.assertRaises(AttributeError) as caught:
            P(1, 2).x = 3
        self.assertEqual(str(caught.exception), "can't set attribute")


class Functools(unittest.TestCase):
    def test_cache(self):
        calls = []
        @functools.lru_cache(maxsize=2)
        def f(x, *, k=0):
            calls.append(x)
            return x * 2
        self.assertEqual([f(1), f(1.0), f(2), f(1), f(3), f(2), f(1, k=1)], [2, 2, 4, 2, 6, 4, 2])
        f.cache_clear()
        self.assertEqual(f.cache_info()[3], 0)
        class C:
            @functools.lru_cache(None)
            def m(self, x): return x
        self.assertEqual(C().m(3), 3)

    def test_partial(self):
        p = functools.partial(functools.partial(int, "11"), base=2)
        self.assertEqual(p(), 3)
        self.assertEqual(p(base=3), 4)
        self.assertEqual(repr(p), "functools.partial(<class 'int'>, '11', base=2)")
        self.assertEqual(pickle.loads(pickle.dumps(p))(), 3)

    def test_keys(self):
        self.assertEqual(sorted([3, 1, 2], key=functools.cmp_to_key(lambda a, b: b - a)), [3, 2, 1])
        with self.assertRaises(TypeError) as caught:
            functools.reduce(operator.add, [])
        self.assertEqual(str(caught.exception), "reduce() of empty iterable with no initial value")


class Operator(unittest.TestCase):
    def test_getters(self):
        self.assertEqual(operator.itemgetter(1, -1)([1, 2, 3]), (2, 3))
        self.assertEqual(operator.attrgetter("real", "imag.real")(3), (3, 0))
        self.assertEqual(operator.methodcaller("split", ",", maxsplit=1)("a,b,c"), ["a", "b,c"])
        for getter in (operator.itemgetter(1, 2), operator.attrgetter("a.b", "c"), operator.methodcaller("f", 1, b=2)):
            self.assertEqual(repr(pickle.loads(pickle.dumps(getter))), repr(getter))


class Itertools(unittest.TestCase):
    def test_results_and_state(self):
        makers = [
            lambda: itertools.chain([1, 2], "ab", ()), lambda: itertools.islice(range(20), 2, 15, 3), lambda: itertools.accumulate([1, 2, 3]),
            lambda: itertools.accumulate([1, 2], initial=5), lambda: itertools.product("ab", range(2)), lambda: itertools.permutations(range(3), 2),
            lambda: itertools.combinations(range(4), 2), lambda: itertools.combinations_with_replacement("ab", 2),
            lambda: itertools.zip_longest("ab", [1], fillvalue=0), lambda: itertools.takewhile(bool, [1, 2, 0, 3]),
            lambda: itertools.dropwhile(bool, [1, 0, 2]), lambda: itertools.filterfalse(None, [0, 1, 2.0, 0.0]),
            lambda: itertools.starmap(pow, [(2, 3), [3, 2]]), lambda: itertools.compress("abc", [1, 0, 1]),
            lambda: itertools.repeat(7, 3), lambda: itertools.islice(itertools.count(2.5, 2), 3), lambda: itertools.islice(itertools.cycle("ab"), 5),
        ]
        for make in makers:
            whole = list(make())
            self.assertTrue(whole)
            for n in range(len(whole)):
                it = make()
                self.assertEqual([next(it) for _ in range(n)], whole[:n])
                again = copy.copy(it) if n % 2 else pickle.loads(pickle.dumps(it))
                self.assertEqual(list(again), whole[n:])

    def test_results_are_not_shared(self):
        for it in (itertools.product("ab", repeat=2), itertools.permutations("abc"), itertools.combinations("abc", 2), zip("abc", "def"),
                   enumerate("abc"), itertools.zip_longest("ab", "c"), itertools.pairwise("abc")):
            kept = list(it)
            self.assertEqual(len(set(kept)), len(kept))

    def test_groups(self):
        self.assertEqual([(k, list(g)) for k, g in itertools.groupby("aabca")], [("a", ["a", "a"]), ("b", ["b"]), ("c", ["c"]), ("a", ["a"])])
        groups = list(itertools.groupby([1, 1.0, 2]))
        self.assertEqual([list(g) for _, g in groups], [[], []])

    def test_tee(self):
        a, b, c = itertools.tee(iter(range(200)), 3)
        self.assertEqual(list(a), list(range(200)))
        next(b)
        d = copy.copy(b)
        self.assertEqual(list(b), list(d))
        self.assertEqual(sum(c), 19900)


class Weak(unittest.TestCase):
    def test_references(self):
        class C: pass
        o = C()
        seen = []
        r = weakref.ref(o, seen.append)
        self.assertIs(weakref.ref(o), weakref.ref(o))
        self.assertIs(r(), o)
        self.assertEqual(weakref.getweakrefcount(o), 1)
        p = weakref.proxy(o)
        p.x = 5
        self.assertEqual(o.x, 5)
        del o
        gc.collect()
        self.assertIsNone(r())
        self.assertEqual(seen, [r])
        with self.assertRaises(ReferenceError) as caught:
            p.x
        self.assertEqual(str(caught.exception), "weakly-referenced object no longer exists")
        with self.assertRaises(TypeError) as caught:
            weakref.ref(5)
        self.assertEqual(str(caught.exception), "cannot create weak reference to 'int' object")


class Contexts(unittest.TestCase):
    def test_many_variables(self):
        variables = [contextvars.ContextVar(f"v{i}") for i in range(200)]
        context = contextvars.copy_context()
        def fill():
            tokens = [v.set(i) for i, v in enumerate(variables)]
            self.assertEqual([v.get() for v in variables], list(range(200)))
            inner = contextvars.copy_context()
            for t, v in list(zip(tokens, variables))[::2]:
                v.reset(t)
            self.assertEqual([v.get(None) for v in variables], [None if i % 2 == 0 else i for i in range(200)])
            self.assertEqual([inner[v] for v in variables], list(range(200)))
        context.run(fill)
        self.assertEqual(len([v for v in variables if v in context]), 100)
        self.assertRaises(LookupError, variables[1].get)


class Aliases(unittest.TestCase):
    def test_texts(self):
        import typing
        T = typing.TypeVar("T")
        self.assertEqual(repr(list[int]), "list[int]")
        self.assertEqual(repr(dict[str, list[T]][int]), "dict[str, list[int]]")
        self.assertEqual(repr(int | None | list[int]), "int | None | list[int]")
        self.assertEqual((int | str), (str | int))
        self.assertEqual(list[T].__parameters__, (T,))
        with self.assertRaises(TypeError) as caught:
            list[int][str]
        self.assertEqual(str(caught.exception), "list[int] is not a generic class")
        with self.assertRaises(TypeError) as caught:
            dict[T, T][int, str]
        self.assertEqual(str(caught.exception), "Too many arguments for dict[~T, ~T]; actual 2, expected 1")
        self.assertEqual(next(iter(tuple[int, str])).__unpacked__, True)
        self.assertIsInstance(int | str, types.UnionType)


if __name__ == "__main__":
    unittest.main()
