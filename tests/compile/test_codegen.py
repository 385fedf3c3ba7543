"""What the code generator must keep whatever it makes of registers, branches and windows."""

import unittest


class Order(unittest.TestCase):
    def test_walrus_rebinds_between_reads(self):
        a = 1
        self.assertEqual([a, (a := 2), a], [1, 2, 2])
        self.assertEqual(a + (a := 10) + a, 22)
        self.assertEqual((a, (a := 3) + a, a), (10, 6, 3))
        x = [0, 0, 0]
        i = 0
        x[i], x[(i := 1)] = i, (i := 2)
        self.assertEqual((i, x), (1, [0, 2, 0]))
        b = 5
        b += (b := 1)
        self.assertEqual(b, 6)
        self.assertTrue(b < (b := 100) < 200)
        self.assertEqual({b: (b := 2), b: b}, {100: 2, 2: 2})

    def test_parallel_assignment(self):
        a, b, c = 1, 2, 3
        a, b, c = c, a, b
        self.assertEqual((a, b, c), (3, 1, 2))
        a, b = b, a + b
        self.assertEqual((a, b), (1, 4))
        x = [0, 1]
        i = 0
        i, x[i] = 1, 9
        self.assertEqual((i, x), (1, [0, 9]))
        (a, b), c = (b, a), (a, b)
        self.assertEqual((a, b, c), (4, 1, (1, 4)))
        a = b = c = []
        self.assertIs(a, c)
        x = y, z = 1, 2
        self.assertEqual((x, y, z), ((1, 2), 1, 2))

    def test_evaluation_order(self):
        log = []

        def f(x, r=None):
            log.append(x)
            return x if r is None else r

        f(1, {})[f(2)] = f(3)
        f(4, lambda *a, **k: 0)(f(5), *f(6, []), x=f(7), **f(8, {}))
        {f(9): f(10), f(11): f(12)}
        f(13) < f(14) < f(15)
        f(20) and f(21) or f(22)
        [f(16), f(17)][f(18, 0):f(19)]
        self.assertEqual(log, [3, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 16, 17, 18, 19])

    def test_result_is_written_last(self):
        x = "old"
        x = None or x
        self.assertEqual(x, "old")
        x = [x, *[x], x]
        self.assertEqual(x, ["old"] * 3)
        x = len(x) > 2 and x
        self.assertEqual(x, ["old"] * 3)
        try:
            x = [1 / 0, x]
        except ZeroDivisionError:
            pass
        self.assertEqual(x, ["old"] * 3)
        x = 1 < len(x) < 2 or x
        self.assertEqual(x, ["old"] * 3)
        x = {"k": x, **{"z": x}}
        self.assertEqual(sorted(x), ["k", "z"])

    def test_a_constant_of_a_tree_stays_the_object_that_it_is(self):
        import ast
        for value in frozenset(), (), b"", ...:
            tree = ast.fix_missing_locations(ast.Expression(body=ast.Constant(value)))
            self.assertIs(eval(compile(tree, "", "eval")), value)


class Conditions(unittest.TestCase):
    def test_chained_comparisons(self):
        calls = []

        def v(x):
            calls.append(x)
            return x

        self.assertIs(v(1) < v(2) < v(3), True)
        self.assertIs(v(3) < v(2) < v(1), False)
        self.assertEqual(calls, [1, 2, 3, 3, 2])
        self.assertTrue(1 < 2 <= 2 != 3 == 3 > 2 >= 2)
        self.assertTrue(not 1 < 2 < 2)
        n = 0
        while 0 <= n < 5 and not n == 3:
            n += 1
        self.assertEqual(n, 3)
        self.assertEqual([i for i in range(10) if 2 < i <= 5 or i in (8, 9)], [3, 4, 5, 8, 9])
        self.assertEqual("in" if v(2) in [1, 2] in [[1, 2]] else "out", "in")

    def test_boolean_operators(self):
        for a in (0, 1):
            for b in (0, 1):
                for c in (0, 1):
                    self.assertEqual(1 if a and b or not c else 0, int(bool(a and b) or not c))
                    self.assertEqual(1 if not (a or (b and not c)) else 0, int(not (a or (b and not c))))
                    if (a if b else c) and not (b and c):
                        r = 1
                    else:
                        r = 0
                    self.assertEqual(r, int(bool((a if b else c) and not (b and c))))

    def test_none_and_identity(self):
        x = None
        seen = []
        while x is not None:
            seen.append(x)
        while True:
            if x is None:
                x = 0
                continue
            if x is not None and x > 3:
                break
            x += 1
        self.assertEqual(x, 4)

    def test_unordered(self):
        nan = float("nan")
        self.assertEqual([nan < 1, nan >= 1, not nan < 1, not nan == nan, 1 if nan < 1 else 2], [False, False, True, True, 2])


class Exits(unittest.TestCase):
    def test_finally_sees_every_exit(self):
        log = []

        def f(how):
            for i in range(3):
                try:
                    try:
                        if how == "return": return "r"
                        if how == "break": break
                        if how == "continue": continue
                        if how == "raise": raise KeyError(i)
                    finally:
                        log.append(i)
                except KeyError as e:
                    log.append(repr(e))
            else:
                log.append("else")
            return "end"

        self.assertEqual([f(h) for h in ("return", "break", "continue", "raise")], ["r", "end", "end", "end"])
        self.assertEqual(log, [0, 0, 0, 1, 2, "else", 0, "KeyError(0)", 1, "KeyError(1)", 2, "KeyError(2)", "else"])

    def test_finally_overrides(self):
        def f():
            for i in [1]:
                try:
                    return 1
                finally:
                    break
            return 2

        def g():
            try:
                return 1
            finally:
                return 3

        def h():
            while True:
                try:
                    1 / 0
                finally:
                    return 4

        self.assertEqual((f(), g(), h()), (2, 3, 4))

    def test_handler_name_is_unbound(self):
        def f():
            try:
                raise ValueError("x")
            except ValueError as e:
                saved = e
                return e
            finally:
                try:
                    e
                except UnboundLocalError:
                    log.append("unbound")

        log = []
        self.assertEqual(str(f()), "x")
        self.assertEqual(log, ["unbound"])

    def test_with_exits(self):
        log = []

        class C:
            def __init__(self, name, swallow=False):
                self.name, self.swallow = name, swallow

            def __enter__(self):
                log.append(self.name)
                return self

            def __exit__(self, t, v, tb):
                log.append((self.name, t and t.__name__))
                return self.swallow

        def f():
            for i in range(2):
                with C("a"), C("b", True) as b:
                    if i:
                        return b.name
                    raise KeyError

        self.assertEqual(f(), "b")
        self.assertEqual(log, ["a", "b", ("b", "KeyError"), ("a", None), "a", "b", ("b", None), ("a", None)])

    def test_exception_groups(self):
        log = []
        try:
            try:
                raise ExceptionGroup("g", [ValueError(1), KeyError(2), TypeError(3)])
            except* ValueError as e:
                log.append(e.exceptions)
            except* KeyError:
                raise RuntimeError("again")
        except ExceptionGroup as e:
            self.assertEqual(sorted(type(x).__name__ for x in e.exceptions), ["ExceptionGroup", "RuntimeError"])
        self.assertEqual(len(log), 1)
        try:
            raise OSError("bare")
        except* OSError as e:
            self.assertEqual(str(e.exceptions[0]), "bare")


class Size(unittest.TestCase):
    def run_source(self, source):
        space = {}
        exec(source, space)
        return space

    def test_many_elements(self):
        n = 300
        names = ", ".join(f"f({i})" for i in range(n))
        space = self.run_source(f"def f(x): return x\nt = ({names},)\nl = [{names}]\ns = {{{names}}}\n"
                                f"d = {{{', '.join(f'f({i}): {i}' for i in range(n))}}}\nj = f\"{''.join('{f(%d)}' % i for i in range(n))}\"\n"
                                f"c = (lambda *a: a)({names})\nk = (lambda **k: k)({', '.join(f'a{i}={i}' for i in range(n))})\n")
        self.assertEqual(space["t"], tuple(range(n)))
        self.assertEqual(space["l"], list(range(n)))
        self.assertEqual(space["s"], set(range(n)))
        self.assertEqual(space["d"], {i: i for i in range(n)})
        self.assertEqual(space["j"], "".join(map(str, range(n))))
        self.assertEqual(space["c"], tuple(range(n)))
        self.assertEqual(space["k"], {f"a{i}": i for i in range(n)})

    def test_many_arguments_among_stars(self):
        n = 40
        many = ", ".join(f"a{i}=f({i})" for i in range(n))
        space = self.run_source(f"order = []\ndef f(x): order.append(x); return x\ndef g(*a, **k): return a, k\nmore = {{'z': 1}}\n"
                                f"r = g(*[7, 8], **more, {many}, y=f(50))\nclass C:\n    def m(self, *a, **k): return a, k\n"
                                f"m = C().m({', '.join(f'f({i})' for i in range(n))}, b=f(60))\n")
        self.assertEqual(space["r"], ((7, 8), {"z": 1, **{f"a{i}": i for i in range(n)}, "y": 50}))
        self.assertEqual(list(space["r"][1])[-2:], ["a39", "y"])
        self.assertEqual(space["m"], (tuple(range(n)), {"b": 60}))
        self.assertEqual(space["order"], [*range(n), 50, *range(n), 60])
        with self.assertRaisesRegex(TypeError, "multiple values for keyword argument 'a3'"):
            exec(f"g(**more, {many})", {**space, "more": {"a3": 1}})

    def test_registers_stay_few(self):
        names = "x, " * 300
        for source in (f"[{names}]", f"({names})", f"{{{names}}}", f"{{{'x: x, ' * 300}}}", f"f({names})", f"f.m({names})",
                       f"f({', '.join(f'a{i}=x' for i in range(300))})"):
            self.assertLess(compile(source, "<s>", "eval").co_stacksize, 40, source[:20])

    def test_far_jumps(self):
        body = "".join(f"        x = x + {i} - y\n" for i in range(20000))
        space = self.run_source(f"def f(y, n):\n    x = 0\n    turns = 0\n    for i in range(n):\n        turns += 1\n"
                                f"        if i > y and i != 7:\n            continue\n{body}    return turns\n"
                                f"def g(y):\n    x = 0\n    while x < 1:\n{body}        x = 5\n    return x\n")
        self.assertEqual(space["f"](2, 5), 5)
        self.assertEqual(space["g"](0), 5)

    def test_many_locals(self):
        lines = "".join(f"    v{i} = {i}\n" for i in range(1000))
        space = self.run_source(f"def f():\n{lines}    del v3\n    try: v3\n    except UnboundLocalError: return sum(v for k, v in locals().items() if k[0] == 'v')\n")
        self.assertEqual(space["f"](), sum(range(1000)) - 3)

    def test_many_constants(self):
        n = 70000
        space = self.run_source("x = 0\n" + "".join(f"x += {i}.5\n" for i in range(n)) + "y = x < 70001.5\nz = [1][0] if x == 70002.5 else x")
        self.assertEqual(space["x"], sum(i + .5 for i in range(n)))

    def test_deep_nesting(self):
        with self.assertRaises((RecursionError, MemoryError, SyntaxError)):
            compile("-" * 100000 + "1", "<s>", "eval")
        self.assertEqual(eval("+".join(["1"] * 2000)), 2000)


class Scopes(unittest.TestCase):
    def test_definite_assignment(self):
        def f(c):
            if c:
                x = 1
            return x

        def g(n):
            for i in range(n):
                pass
            return i

        def h():
            try:
                y = 1 / 0
            except ZeroDivisionError:
                return y

        self.assertEqual(f(1), 1)
        for call in (lambda: f(0), lambda: g(0), h):
            with self.assertRaises(UnboundLocalError):
                call()
        self.assertEqual(g(3), 2)

    def test_class_scope(self):
        x = v = "outer"

        class C:
            y = v
            x = "inner"
            z = [x for _ in range(1)]
            w = (lambda: x)()
            __private = 5

            def get(self):
                return self.__private, __class__

        self.assertEqual((C.y, C.x, C.z, C.w), ("outer", "inner", ["outer"], "outer"))
        self.assertEqual(C().get(), (5, C))

    def test_cells(self):
        def f(a, b=2):
            def g():
                nonlocal a
                a += b
                return a
            return g, lambda: a

        g, get = f(1)
        g()
        self.assertEqual((g(), get()), (5, 5))

    def test_augmented_targets(self):
        class A:
            pass
        a = A()
        a.x = [1]
        a.x += [2]
        d = {"k": 1}
        d["k"] *= 5
        l = [1, 2, 3, 4]
        l[1:3] += [9]
        l[::2] = l[:3]
        self.assertEqual((a.x, d, l), ([1, 2], {"k": 5}, [1, 2, 2, 9, 3]))


class Matching(unittest.TestCase):
    def classify(self, s):
        match s:
            case []: return "empty"
            case [x]: return ("one", x)
            case [1, _, *rest] | [2, *rest, _]: return ("rest", rest)
            case [[a, b], {"k": [c, *_]}] if a != b: return (a, b, c)
            case {"x": int(x), "y": None, **more}: return ("map", x, more)
            case str() as text if len(text) > 2: return ("long", text)
            case -1 | 1.5 | "ab": return "literal"
            case complex(real=r, imag=i): return (r, i)
            case True | False as flag: return ("flag", flag)
            case _: return "other"

    def test_patterns(self):
        c = self.classify
        self.assertEqual(c([]), "empty")
        self.assertEqual(c((5,)), ("one", 5))
        self.assertEqual(c([1, 2, 3, 4]), ("rest", [3, 4]))
        self.assertEqual(c([2, 3, 4, 5]), ("rest", [3, 4]))
        self.assertEqual(c([[1, 2], {"k": [3, 4]}]), (1, 2, 3))
        self.assertEqual(c([[1, 1], {"k": [3, 4]}]), "other")
        self.assertEqual(c({"x": 1, "y": None, "z": 3}), ("map", 1, {"z": 3}))
        self.assertEqual(c({"x": "1", "y": None}), "other")
        self.assertEqual(c("abc"), ("long", "abc"))
        self.assertEqual(c("ab"), "literal")
        self.assertEqual(c(-1), "literal")
        self.assertEqual(c(1 + 2j), (1.0, 2.0))
        self.assertEqual(c(True), ("flag", True))
        self.assertEqual(c(None), "other")


class Suspension(unittest.TestCase):
    def test_temporaries_live_across_yield(self):
        def g():
            r = [1, (yield "a"), max((yield "b"), *[(yield "c")]), {"k": (yield "d")}]
            return r

        it = g()
        self.assertEqual([next(it), it.send(2), it.send(3), it.send(4)], list("abcd"))
        with self.assertRaises(StopIteration) as caught:
            it.send(5)
        self.assertEqual(caught.exception.value, [1, 2, 4, {"k": 5}])

    def test_throw_into_expression(self):
        def g():
            try:
                print([1, 2, (yield 1)])
            except KeyError:
                yield "caught"

        it = g()
        next(it)
        self.assertEqual(it.throw(KeyError), "caught")
        it.close()

    def test_yield_from(self):
        def inner():
            x = yield 1
            return x * 2

        def outer():
            return [(yield from inner()), (yield from inner())]

        it = outer()
        next(it)
        it.send(5)
        with self.assertRaises(StopIteration) as caught:
            it.send(6)
        self.assertEqual(caught.exception.value, [10, 12])

    def test_await(self):
        class A:
            def __await__(self):
                return (yield "wait")

        async def f(x):
            return [x, await A(), await A()]

        c = f(1)
        c.send(None)
        c.send(2)
        with self.assertRaises(StopIteration) as caught:
            c.send(3)
        self.assertEqual(caught.exception.value, [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
