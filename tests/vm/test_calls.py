"""Calls of Python functions: binding of arguments, spreading, and what may happen to function and frame meanwhile."""

import gc
import sys
import unittest


class BindingTest(unittest.TestCase):
    def test_defaults_and_rest(self):
        def f(a, b=2, c=3, *rest):
            local = a
            return local, b, c, rest

        for _ in range(3):
            self.assertEqual(f(1), (1, 2, 3, ()))
            self.assertEqual(f(1, "b"), (1, "b", 3, ()))
            self.assertEqual(f(1, 5, 6, 7.5, "x"), (1, 5, 6, (7.5, "x")))
            self.assertEqual(f(c=0, a=9), (9, 2, 0, ()))
            with self.assertRaisesRegex(TypeError, r"f\(\) missing 1 required positional argument: 'a'"):
                f()

    def test_keywords(self):
        def f(a, /, b, *, c, d=4, **more):
            return a, b, c, d, more

        for _ in range(3):
            self.assertEqual(f(1, 2, c=3), (1, 2, 3, 4, {}))
            self.assertEqual(f(1, b=2, c=3, d=5, e=6, a=7), (1, 2, 3, 5, {"e": 6, "a": 7}))
            with self.assertRaisesRegex(TypeError, r"f\(\) missing 1 required positional argument: 'b'"):
                f(1, c=3)
            with self.assertRaisesRegex(TypeError, r"f\(\) missing 1 required keyword-only argument: 'c'"):
                f(1, 2)
            with self.assertRaisesRegex(TypeError, r"<lambda>\(\) missing 2 required keyword-only arguments: 'x' and 'y'"):
                (lambda *, x, y: 0)()
            with self.assertRaisesRegex(TypeError, "multiple values for argument 'b'"):
                f(1, 2, b=3, c=4)
        with self.assertRaisesRegex(TypeError, r"takes from 1 to 2 positional arguments but 3 were given"):
            (lambda a, b=1: None)(1, 2, 3)

    def test_calls_from_generators(self):
        def plain(a, b):
            return a + b

        def more(a, b=2, *rest):
            return a, b, rest

        class C:
            def __init__(self, x=1):
                self.x = x

            def method(self, a, *rest):
                return self.x, a, rest

        def nested(n):
            return plain(n, n) if n < 50 else nested(n - 50) + 1

        def generator(o):
            for i in range(4):
                yield plain(i, 1), more(i), more(i, 3), more(i, 3, 4, [5]), o.method(i), o.method(i, 6, 7), nested(i * 60), C(i).x, C().x

        async def coroutine(o):
            return [item for item in generator(o)], more(1), o.method(2)

        expected = [(i + 1, (i, 2, ()), (i, 3, ()), (i, 3, (4, [5])), (9, i, ()), (9, i, (6, 7)), nested(i * 60), i, 1) for i in range(4)]
        self.assertEqual(list(generator(C(9))), expected)
        with self.assertRaises(StopIteration) as stop:
            coroutine(C(9)).send(None)
        self.assertEqual(stop.exception.value, (expected, (1, 2, ()), (9, 2, ())))

        def failing():
            try:
                plain(1)
            except TypeError as error:
                yield str(error)
            yield more(*[], **{"a": 1})

        self.assertRegex(next(failing()), r"plain\(\) missing 1 required positional argument: 'b'")
        self.assertEqual(list(failing())[1], (1, 2, ()))

    def test_rest_and_collections(self):
        def f(a, *rest):
            return rest

        for n in range(20):
            items = [[i] for i in range(n)]
            rest = f(0, *items)
            self.assertEqual(rest, tuple(items))
            items.append(rest)
            gc.collect()
            self.assertEqual(rest, tuple(items[:-1]))

    def test_builtin_types(self):
        for _ in range(3):
            self.assertEqual((int("12"), int(2.5), str(1.5), float("2"), list((1, 2)), list(range(3)), bool([])), (12, 2, "1.5", 2.0, [1, 2], [0, 1, 2], False))
            self.assertIs(type(3), int)
            self.assertEqual(type("T", (), {}).__name__, "T")
            for wrong in (lambda: int("x"), lambda: range("x"), lambda: float(None), lambda: dict(1)):
                self.assertRaises((TypeError, ValueError), wrong)

    def test_arguments_are_released(self):
        class Item:
            alive = 0

            def __init__(self):
                Item.alive += 1

            def __del__(self):
                Item.alive -= 1

        def rest(a, *args, **kwargs):
            del a
            return len(args) + len(kwargs)

        def wrong(a):
            pass

        for _ in range(3):
            self.assertEqual(rest(Item(), Item(), Item(), k=Item()), 3)
            self.assertEqual(rest(*[Item(), Item()], **{"k": Item()}), 2)
            for call in (lambda: wrong(Item(), Item()), lambda: wrong(b=Item()), lambda: wrong(*(Item(), Item())), lambda: rest(k=Item())):
                self.assertRaises(TypeError, call)
            gc.collect()
            self.assertEqual(Item.alive, 0)


class SpreadTest(unittest.TestCase):
    def test_functions_and_methods(self):
        def f(*args, **kwargs):
            return args, kwargs

        class C:
            def __init__(self, *args, **kwargs):
                self.got = args, kwargs

            def method(self, *args, **kwargs):
                return type(self), args, kwargs

        def wrapper(function, *args, **kwargs):
            return function(*args, **kwargs)

        def generator(function, *args):
            for _ in range(3):
                yield function(*args)

        for args in ((), (1,), (1, 2.5, "x"), tuple(range(300))):
            for kwargs in ({}, {"a": 1}, {"a": 1, "b": [2]}):
                for _ in range(3):
                    self.assertEqual(wrapper(f, *args, **kwargs), (args, kwargs))
                    self.assertEqual(wrapper(C().method, *args, **kwargs), (C, args, kwargs))
                    self.assertEqual(wrapper(C, *args, **kwargs).got, (args, kwargs))
                self.assertEqual(list(generator(f, *args)), [(args, {})] * 3)
        self.assertEqual(wrapper(dict, a=1), {"a": 1})
        self.assertEqual(wrapper(max, 3, 7), 7)

    def test_wrong_arguments(self):
        def f(a):
            return a

        for _ in range(3):
            with self.assertRaisesRegex(TypeError, r"f\(\) takes 1 positional argument but 2 were given"):
                f(*(1, 2))
            with self.assertRaisesRegex(TypeError, "keywords must be strings"):
                f(**{1: 2})
            with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'z'"):
                f(1, **{"z": 2})

    def test_recursion(self):
        def down(n, *args):
            return down(*(n - 1, *args)) + 1 if n else len(args)

        self.assertEqual(down(200, 1, 2), 202)
        self.assertRaises(RecursionError, down, 10 ** 6)


def replaces_its_code(n):
    if n:
        replaces_its_code.__code__ = takes_over.__code__
        result = replaces_its_code(n - 1)
        return "first", result, n
    return "first", 0


def takes_over(n):
    text = "other"
    gc.collect()
    return text, n


class FrameTest(unittest.TestCase):
    def test_code_is_replaced_while_it_runs(self):
        f = replaces_its_code
        self.assertEqual(f(2), ("first", ("other", 1), 2))
        self.assertEqual(f(2), ("other", 2))

    def test_destructor_looks_at_the_frame_that_ends(self):
        frames = []

        class Loud:
            def __del__(self):
                frame = sys._getframe(1)
                frames.append(frame)
                frame.f_locals

        def f(number):
            first = [number]
            loud = Loud()
            last = [first]
            return number

        for i in range(3):
            self.assertEqual(f(i), i)
        for frame in frames:  # CPython's destructor sees the caller already
            self.assertIn(frame.f_code.co_name, ("f", "test_destructor_looks_at_the_frame_that_ends"))
            self.assertNotIn("loud", frame.f_locals)

    def test_function_dies_while_it_runs(self):
        def make(n):
            def inner(default=[n]):
                nonlocal holder
                holder = None
                gc.collect()
                return default[0] + n
            holder = inner
            del inner
            return holder()

        for n in range(3):
            self.assertEqual(make(n), 2 * n)
        self.assertEqual((lambda x: x + 1)(1), 2)

    def test_constructor(self):
        class Meta(type):
            pass

        class C(metaclass=Meta):
            def __init__(self, a, b=2):
                self.sum = a + b

        class Wrong(metaclass=Meta):
            def __init__(self):
                return 1

        for _ in range(3):
            self.assertEqual((C(1).sum, C(1, b=5).sum, C(*(3,)).sum), (3, 6, 5))
            with self.assertRaisesRegex(TypeError, r"__init__\(\) should return None, not 'int'"):
                Wrong()
            with self.assertRaisesRegex(TypeError, "missing 1 required positional argument: 'a'"):
                C()

        class Calls(type):
            def __call__(cls, *args):
                return "called", args

        class D(metaclass=Calls):
            def __init__(self):
                raise AssertionError

        self.assertEqual(D(1), ("called", (1,)))


class LeavingTest(unittest.TestCase):
    def test_destructors_of_locals_see_the_caller(self):
        seen = []

        class Last:
            def __del__(self):
                frame = sys._getframe(1)
                seen.append((frame.f_code.co_name, frame.f_back.f_code.co_name, "items" in frame.f_locals))

        def callee(fails):
            items = [1, 2, 3]
            last = Last()
            more = {1: items}
            if fails:
                raise ValueError
            return 7

        def caller():
            return callee(False) + 1

        def generator():
            items = []
            last = Last()
            yield 1

        def outer():
            for _ in generator():
                pass
            return caller()

        self.assertEqual(outer(), 8)
        self.assertEqual(seen, [("outer", "test_destructors_of_locals_see_the_caller", False), ("caller", "outer", False)])

    def test_frames_whose_locals_look_at_them_are_freed(self):
        class Last:
            def __del__(self):
                frames.append(sys._getframe(1).f_code.co_name)

        def callee():
            last = Last()
            return last

        frames = []
        for _ in range(1000):
            callee()
        self.assertEqual(frames, ["test_frames_whose_locals_look_at_them_are_freed"] * 1000)


class GlobalsTest(unittest.TestCase):
    def test_globals_change(self):
        space = {"__builtins__": {"len": len, "name": "builtin"}}
        exec("def f(): return name", space)
        f = space["f"]
        for _ in range(3):
            self.assertEqual(f(), "builtin")
        space["name"] = "global"
        for _ in range(3):
            self.assertEqual(f(), "global")
        for i in range(100):
            space[f"more{i}"] = i
            self.assertEqual(f(), "global")
        del space["name"]
        self.assertEqual(f(), "builtin")
        del space["__builtins__"]["name"]
        self.assertRaises(NameError, f)


if __name__ == "__main__":
    unittest.main()
