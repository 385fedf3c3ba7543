"""What a trace function may do to the frame it watches: move it to another line, take its locals away, raise."""

import gc
import sys
import unittest


class Manager:
    def __init__(self, out, name):
        self.out, self.name = out, name

    def __enter__(self):
        self.out.append(f"enter {self.name}")

    def __exit__(self, *what):
        self.out.append(f"exit {self.name}")


def plain(out):
    out.append(1)
    x = 2
    out.append(x)
    return out


def cells(out, kept):
    def inner():
        return kept
    out.append(inner())
    return inner


def loops(out):
    for i in (1, 2):
        out.append(i)
    for j in (3,):
        out.append(j)
    out.append(5)


def handlers(out):
    try:
        out.append(2)
        1 / 0
    except ZeroDivisionError:
        out.append(5)
        out.append(6)
    finally:
        out.append(8)
    out.append(9)


def managers(out):
    with Manager(out, 1):
        out.append(2)
    with Manager(out, 3):
        out.append(4)
    out.append(5)


def arguments(out):
    print(
        out.append(2),
    )
    (
        (
            out
            +
            out
        )
        +
        out
    )


def generator(out):
    out.append(1)
    yield 2
    out.append(3)


def trace(function, act, *arguments):
    """Calls the function; act(frame, event, line) sees each of its events, with lines counted from its `def`."""
    code = function.__code__

    def tracer(frame, event, arg):
        if frame.f_code is code:
            act(frame, event, frame.f_lineno - code.co_firstlineno)
            return tracer

    out = []
    sys.settrace(tracer)
    try:
        result = function(out, *arguments)
        if function is generator:
            result = next(result)
    finally:
        sys.settrace(None)
    return out, result


class Jumps(unittest.TestCase):
    def jump(self, function, start, to, *arguments, event="line"):
        """The output of the function and the lines it went through after the jump."""
        lines = []
        done = False

        def act(frame, what, line):
            nonlocal done
            if done:
                if what == "line":
                    lines.append(line)
            elif (what, line) == (event, start):
                done = True
                frame.f_lineno = frame.f_code.co_firstlineno + to

        out, _ = trace(function, act, *arguments)
        return out, lines

    def refuse(self, why, function, start, to, event="line"):
        with self.assertRaises(ValueError) as caught:
            self.jump(function, start, to, event=event)
        self.assertEqual(str(caught.exception).replace(str(function.__code__.co_firstlineno + to), "N"), why)

    def test_within_a_block(self):
        self.assertEqual(self.jump(plain, 3, 1), ([1, 1, 2], [2, 3, 4]))
        self.assertEqual(self.jump(loops, 2, 5), ([5], []))

    def test_to_the_def(self):
        self.assertEqual(self.jump(plain, 3, 0), ([1, 1, 2], [1, 2, 3, 4]))
        self.assertEqual(self.jump(cells, 4, 0, "kept"), (["kept", "kept"], [1, 3, 4]))

    def test_unbound_locals(self):
        with self.assertRaises(UnboundLocalError):
            self.jump(plain, 2, 3)

    def test_unbound_locals_once_tracing_ended(self):
        def act(frame, event, line):
            if (event, line) == ("line", 2):
                frame.f_lineno += 1
                sys.settrace(None)
                frame.f_trace = None

        try:
            out, _ = trace(plain, act)
        except UnboundLocalError:
            return  # CPython 3.11; later ones bind the local to None
        self.assertEqual(out, [1, None])

    def test_local_taken_away(self):
        def act(frame, event, line):
            if (event, line) == ("line", 3):
                del frame.f_locals["x"]

        with self.assertRaises(UnboundLocalError):
            trace(plain, act)

    def test_locals_bound_before_the_code_binds_them(self):
        kept = []

        def f(out):
            x = [kept]
            return x

        def act(frame, event, line):
            if (event, line) == ("line", 1):
                frame.f_locals["x"] = [kept]

        before = sys.getrefcount(kept)
        for _ in range(5):
            self.jump(f, 2, 1)
        self.assertEqual(sys.getrefcount(kept), before)
        for _ in range(5):
            self.assertEqual(trace(f, act)[1], [kept])
        self.assertEqual(sys.getrefcount(kept), before)

    def test_out_of_blocks(self):
        self.assertEqual(self.jump(managers, 2, 5), (["enter 1", 5], []))
        self.assertEqual(self.jump(handlers, 5, 9)[0], [2, 9])

    def test_among_the_lines_of_a_clause(self):
        self.assertEqual(self.jump(handlers, 4, 6)[0], [2, 6, 8, 9])
        self.assertEqual(self.jump(handlers, 5, 8)[0], [2, 8, 9])

    def test_refused(self):
        self.refuse("can't jump into the body of a for loop", loops, 5, 2)
        self.refuse("can't jump into an 'except' block as there's no exception", handlers, 2, 5)
        self.refuse("incompatible stacks", managers, 5, 2)
        self.refuse("incompatible stacks", arguments, 2, 5)
        self.refuse("line N comes before the current code block", plain, 2, -1)
        self.refuse("line N comes after the current code block", plain, 2, 5)
        self.refuse("can't jump from the 'call' trace event of a new frame", plain, 0, 2, "call")
        self.refuse("can only jump from a 'line' trace event", plain, 4, 2, "return")
        self.refuse("can only jump from a 'line' trace event", handlers, 3, 2, "exception")
        with self.assertRaisesRegex(ValueError, "lineno must be an integer"):
            trace(plain, lambda frame, event, line: setattr(frame, "f_lineno", "x"))
        with self.assertRaisesRegex(ValueError, "f_lineno can only be set by a trace function"):
            trace(plain, lambda frame, event, line: event == "line" and setattr(frame.f_back, "f_lineno", 1))
        with self.assertRaisesRegex(ValueError, "can't jump from the 'call' trace event of a new frame"):
            sys._getframe().f_lineno += 1

    def test_behind_a_yield(self):
        self.assertEqual(self.jump(generator, 2, 3, event="return"), ([1], []))


class Raising(unittest.TestCase):
    def test_temporaries_are_let_go(self):
        kept = []

        def f(out):
            g(
                kept,
                [1][0],
            )

        def g(*a):
            pass

        def act(frame, event, line):
            if (event, line) == ("line", 1) and len(seen) == 1:
                raise KeyError
            seen.append(line)

        before = sys.getrefcount(kept)
        for _ in range(10):
            seen = []
            try:
                trace(f, act)
            except KeyError:
                pass
        gc.collect()
        self.assertEqual(sys.getrefcount(kept), before)


if __name__ == "__main__":
    unittest.main()
