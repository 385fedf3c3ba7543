"""A generator's frame stays in its object: what it calls, what calls it, and what is seen of it from outside."""

import inspect
import sys
import unittest


def plain(a, b=2, *rest, k=4, **more):
    return a, b, rest, k, more


class Point:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y

    def total(self, *more):
        return self.x + self.y + sum(more)


class CallsOfGenerators(unittest.TestCase):
    def test_locals_before_the_first_step_have_the_closure(self):
        def make(x):
            def inner(a):
                def read():
                    return a
                yield x, read
            return inner

        g = make(1)(2)
        self.assertEqual(g.gi_frame.f_locals, {"a": 2, "x": 1})
        next(g)
        self.assertEqual({k: v for k, v in g.gi_frame.f_locals.items() if k != "read"}, {"a": 2, "x": 1})

    def test_every_form_of_call(self):
        def run():
            p = Point(1, y=2)
            yield plain(1)
            yield plain(1, 3, 5, k=6, z=7)
            yield p.total()
            yield p.total(3, 4)
            yield Point.total(p, 5)
            yield (lambda f: f(6))(p.total)
            yield plain(*(1, 2, 3), **{"k": 0})
            yield [plain(i)[0] for i in range(3)]
            yield sorted([3, 1, 2], key=lambda v: -v)

        self.assertEqual(list(run()), [(1, 2, (), 4, {}), (1, 3, (5,), 6, {"z": 7}), 3, 10, 8, 9, (1, 2, (3,), 0, {}), [0, 1, 2], [3, 2, 1]])

    def test_failing_calls(self):
        def run():
            for wrong in (lambda: plain(), lambda: plain(1, a=2), lambda: Point()):
                try:
                    wrong()
                except TypeError as e:
                    yield str(e)
            try:
                plain()
            except TypeError as e:
                yield str(e)

        self.assertEqual(list(run()), ["plain() missing 1 required positional argument: 'a'", "plain() got multiple values for argument 'a'",
                                       "Point.__init__() missing 1 required positional argument: 'x'", "plain() missing 1 required positional argument: 'a'"])

    def test_recursion_inside(self):
        def down(n, *rest):
            return down(n - 1, *rest) + 1 if n else len(rest)

        def run():
            for n in (1, 200, 3, 150):
                yield down(n, 0, 0)

        def outer():
            yield from run()

        self.assertEqual(list(outer()), [3, 202, 5, 152])

    def test_deep_recursion_fills_stack_chunks(self):
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(20000)
        self.addCleanup(sys.setrecursionlimit, limit)

        def down(n):
            return down(n - 1) + 1 if n else 0

        def run(levels):
            if levels:
                yield down(1000)
                yield from run(levels - 1)
                yield down(1500)

        self.assertEqual(list(run(20)), [1000] * 20 + [1500] * 20)

    def test_deep_chain_ends_in_recursion_error(self):
        def chain(n):
            if n:
                yield from chain(n - 1)
            else:
                yield "bottom"

        self.assertEqual(list(chain(300)), ["bottom"])
        with self.assertRaises(RecursionError):
            list(chain(100000))

        def loops(n):
            for v in loops(n - 1) if n else "x":
                yield v

        self.assertEqual(list(loops(300)), ["x"])
        with self.assertRaises(RecursionError):
            list(loops(100000))

    def test_running_itself(self):
        def run():
            try:
                next(me)
            except ValueError as e:
                yield str(e)
            for _ in me:
                pass

        me = run()
        self.assertEqual(next(me), "generator already executing")
        self.assertRaisesRegex(ValueError, "already executing", next, me)

    def test_last_reference_dropped_while_running(self):
        def run():
            holder.clear()
            yield plain(1)
            yield 2

        holder = [run()]
        self.assertEqual(next(holder[0]), (1, 2, (), 4, {}))

        async def drop():
            tasks.clear()
            return plain(2)

        tasks = [drop()]
        with self.assertRaises(StopIteration) as caught:
            tasks[0].send(None)
        self.assertEqual(caught.exception.value, (2, 2, (), 4, {}))


class WhatOthersSee(unittest.TestCase):
    def test_frame_is_the_same_at_rest_and_running(self):
        def run():
            value = 1
            yield sys._getframe()
            value = 2
            yield sys._getframe().f_back.f_code.co_name, plain(value)[0]

        g = run()
        frame = g.gi_frame
        self.assertIsNone(frame.f_back)
        self.assertIs(next(g), frame)
        self.assertIsNone(frame.f_back)
        self.assertEqual(frame.f_locals, {"value": 1})
        self.assertEqual(next(g), ("test_frame_is_the_same_at_rest_and_running", 2))
        self.assertEqual(frame.f_locals, {"value": 2})
        self.assertEqual(frame.f_lineno, frame.f_code.co_firstlineno + 4)
        g.close()
        self.assertIsNone(g.gi_frame)
        self.assertEqual(frame.f_locals, {"value": 2})

    def test_stack_through_loops_and_delegation(self):
        def names():
            f, found = sys._getframe(1), []
            while f.f_code.co_name != "test_stack_through_loops_and_delegation":
                found.append(f.f_code.co_name)
                f = f.f_back
            return found

        def inner():
            yield names()
            return names()

        def middle():
            returned = yield from inner()
            yield returned

        def outer():
            for v in middle():
                yield v

        self.assertEqual(list(outer()), [["inner", "middle", "outer"]] * 2)
        self.assertEqual([v for v in outer()], [["inner", "middle", "outer", "<listcomp>"]] * 2)

    def test_states(self):
        def run():
            seen.append((inspect.getgeneratorstate(g), g.gi_running, g.gi_suspended, g.gi_frame is sys._getframe()))
            yield
            seen.append((inspect.getgeneratorstate(g), g.gi_running, g.gi_suspended, g.gi_frame is sys._getframe()))

        for drive in list, lambda g: [None for _ in g]:
            seen = []
            g = run()
            self.assertEqual(inspect.getgeneratorstate(g), "GEN_CREATED")
            drive(g)
            self.assertEqual(seen, [("GEN_RUNNING", True, False, True)] * 2)
            self.assertEqual(inspect.getgeneratorstate(g), "GEN_CLOSED")

    def test_clear(self):
        def run():
            try:
                frame.clear()
            except RuntimeError as e:
                yield str(e)
            yield 1

        g = run()
        frame = g.gi_frame
        self.assertEqual(next(g), "cannot clear an executing frame")
        frame.clear()
        self.assertEqual(list(g), [])

    def test_trace(self):
        def inner():
            x = yield 1
            return x

        def outer():
            got = yield from inner()
            yield got

        events = []

        def tracer(frame, event, arg):
            if frame.f_code in (inner.__code__, outer.__code__):
                events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno, arg if event == "return" else None))
            return tracer

        def drive():
            g = outer()
            next(g)
            g.send("sent")
            for _ in g:
                pass

        old = sys.gettrace()
        sys.settrace(tracer)
        try:
            drive()
        finally:
            sys.settrace(old)
        self.assertEqual(events, [
            ("outer", "call", 0, None), ("outer", "line", 1, None), ("inner", "call", 0, None), ("inner", "line", 1, None),
            ("inner", "return", 1, 1), ("outer", "return", 1, 1), ("outer", "call", 1, None), ("inner", "call", 1, None),
            ("inner", "line", 2, None), ("inner", "return", 2, "sent"), ("outer", "exception", 1, None), ("outer", "line", 2, None),
            ("outer", "return", 2, "sent"), ("outer", "call", 2, None), ("outer", "return", 2, None)])


class Delegation(unittest.TestCase):
    def test_sent_values_pass(self):
        def inner():
            got = []
            while len(got) < 3:
                got.append((yield len(got)))
            return got

        def outer():
            return (yield from inner())

        g = outer()
        self.assertEqual([next(g), g.send("a"), g.send("b")], [0, 1, 2])
        with self.assertRaises(StopIteration) as caught:
            g.send("c")
        self.assertEqual(caught.exception.value, ["a", "b", "c"])

    def test_exceptions_pass(self):
        def inner():
            while True:
                try:
                    yield plain(1)[0]
                except KeyError as e:
                    yield repr(e), plain(2)[0], sys.exc_info()[0] is KeyError
                if sys.exc_info()[0] is not None:
                    yield "still handled"

        def outer():
            try:
                yield from inner()
            except IndexError as e:
                yield repr(e.__context__), plain(3)[0]

        g = outer()
        self.assertEqual(next(g), 1)
        self.assertEqual(g.throw(KeyError("k")), ("KeyError('k')", 2, True))
        self.assertEqual(next(g), 1)
        self.assertEqual(g.throw(IndexError()), ("None", 3))
        self.assertEqual(list(g), [])

    def test_return_value_of_a_loop_is_dropped(self):
        def run():
            yield 1
            return object()

        self.assertEqual([v for v in run()], [1])

    def test_stop_iteration_inside(self):
        def run():
            yield 1
            raise StopIteration

        def loop():
            for v in run():
                yield v

        with self.assertRaisesRegex(RuntimeError, "generator raised StopIteration"):
            list(loop())

        async def coroutine():
            raise StopIteration

        async def awaits():
            await coroutine()

        with self.assertRaisesRegex(RuntimeError, "coroutine raised StopIteration"):
            awaits().send(None)

    def test_coroutines(self):
        class Pause:
            def __init__(self, value):
                self.value = value

            def __await__(self):
                return (yield self.value)

        async def inner(n):
            return [await Pause(i) for i in range(n)]

        async def outer():
            first = await inner(2)
            return first + await inner(1)

        c = outer()
        self.assertEqual([c.send(None), c.send("a"), c.send("b")], [0, 1, 0])
        with self.assertRaises(StopIteration) as caught:
            c.send("c")
        self.assertEqual(caught.exception.value, ["a", "b", "c"])
        self.assertRaisesRegex(RuntimeError, "cannot reuse already awaited coroutine", c.send, None)

        async def twice():
            c = inner(0)
            await c
            await c

        self.assertRaisesRegex(RuntimeError, "cannot reuse already awaited coroutine", twice().send, None)

    def test_handled_exceptions_are_a_generators_own(self):
        def run():
            try:
                raise KeyError
            except KeyError:
                yield sys.exc_info()[0]
                yield sys.exc_info()[0]
            yield sys.exc_info()[0]

        try:
            raise ValueError
        except ValueError:
            seen = []
            for v in run():
                seen.append((v, sys.exc_info()[0]))
        self.assertEqual(seen, [(KeyError, ValueError), (KeyError, ValueError), (ValueError, ValueError)])


if __name__ == "__main__":
    unittest.main()
