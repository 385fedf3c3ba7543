"""Frames that an exception leaves: what their tracebacks keep, and for how long."""

import sys
import unittest
import weakref


class Witness:
    pass


def fail_with(witness, depth):
    if depth:
        local = depth
        fail_with(witness, depth - 1)
        return local
    raise ValueError("deep")


class LeftFrames(unittest.TestCase):
    def entries(self, tb):
        while tb:
            yield tb
            tb = tb.tb_next

    def test_the_traceback_keeps_locals_and_callers(self):
        witness = Witness()
        try:
            fail_with(witness, 3)
        except ValueError as error:
            entries = list(self.entries(error.__traceback__))
        self.assertEqual([e.tb_frame.f_code.co_name for e in entries], ["test_the_traceback_keeps_locals_and_callers"] + ["fail_with"] * 4)
        self.assertEqual([e.tb_frame.f_locals.get("local") for e in entries[1:]], [3, 2, 1, None])
        for outer, inner in zip(entries, entries[1:]):
            self.assertIs(inner.tb_frame.f_back, outer.tb_frame)
            self.assertIs(inner.tb_frame.f_locals["witness"], witness)
        self.assertEqual(entries[-1].tb_lineno, fail_with.__code__.co_firstlineno + 5)
        entries[-1].tb_frame.clear()
        self.assertEqual(entries[-1].tb_frame.f_locals, {})

    def test_locals_live_as_long_as_the_exception(self):
        def fail():
            local = Witness()
            seen.append(weakref.ref(local))
            raise KeyError(local is None)

        seen = []
        for _ in range(100):
            try:
                fail()
            except KeyError:
                self.assertIsNotNone(seen[-1]())
            self.assertIsNone(seen[-1]())

    def test_a_destructor_of_a_temporary_sees_the_frame_that_is_left(self):
        class Looks:
            def __del__(self):
                frames.append(sys._getframe(1))

        def fail(looks):
            raise ValueError

        def middle():
            return [Looks(), fail(1)]

        frames = []
        try:
            middle()
        except ValueError as error:
            entries = list(self.entries(error.__traceback__))
        self.assertEqual([f.f_code.co_name for f in frames], ["middle"])
        self.assertIs(frames[0], entries[1].tb_frame)

    def test_a_chain_of_very_many_frames_goes_at_once(self):
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(20_000)
        try:
            fail_with(None, 10_000)
        except ValueError as error:
            self.assertEqual(sum(1 for _ in self.entries(error.__traceback__)), 10_002)
        finally:
            sys.setrecursionlimit(before)

    def test_arguments_of_an_exception_are_real_objects(self):
        error = ValueError(1, 2.5, [1, 2], "x")
        self.assertEqual(error.args, (1, 2.5, [1, 2], "x"))
        self.assertEqual(repr(error), "ValueError(1, 2.5, [1, 2], 'x')")

    def test_a_class_that_makes_its_exceptions_itself_is_called(self):
        class Meta(type):
            def __call__(cls):
                calls.append(cls)
                return super().__call__()

        class Made(Exception, metaclass=Meta):
            pass

        class New(Exception):
            def __new__(cls):
                calls.append(cls)
                return super().__new__(cls)

        class Init(Exception):
            def __init__(self):
                calls.append(type(self))

        calls = []
        for cls in Made, New, Init, Exception:
            with self.assertRaises(cls):
                raise cls
        self.assertEqual(calls, [Made, New, Init])


if __name__ == "__main__":
    unittest.main()
