"""Spans of time as programs give them to time, threads, select, signal and sockets."""

import _thread
import select
import signal
import socket
import time
import unittest

TOO_LARGE = "timestamp too large to convert to C _PyTime_t"


class DurationTests(unittest.TestCase):
    def setUp(self):
        r, w = socket.socketpair()
        self.addCleanup(r.close)
        self.addCleanup(w.close)
        w.send(b"x")
        self.poll = select.poll()
        self.poll.register(r, select.POLLIN)
        self.epoll = select.epoll()
        self.addCleanup(self.epoll.close)
        self.epoll.register(r, select.EPOLLIN)
        self.calls = [
            time.sleep, lambda v: _thread.allocate_lock().acquire(True, v), lambda v: _thread.RLock().acquire(True, v), r.settimeout,
            lambda v: select.select([r], [], [], v), self.poll.poll, self.epoll.poll, lambda v: signal.sigtimedwait([], v),
            lambda v: signal.setitimer(signal.ITIMER_VIRTUAL, v),
        ]

    def check(self, value, error, message):
        for i, call in enumerate(self.calls):
            with self.subTest(i), self.assertRaises(error) as caught:
                call(value)
            if isinstance(message, str):
                self.assertEqual(str(caught.exception), message)

    def test_not_a_number(self):
        self.check(float("nan"), ValueError, "Invalid value NaN (not a number)")

    def test_too_large(self):
        for value in 1e300, -1e300, float("inf"), 2**70, -2**70:
            self.check(value, OverflowError, TOO_LARGE)

    def test_no_number(self):
        self.check("a", TypeError, None)
        with self.assertRaisesRegex(TypeError, "^timeout must be a float or None$"):
            select.select([], [], [], "a")
        with self.assertRaisesRegex(TypeError, "^'str' object cannot be interpreted as an integer$"):
            _thread.allocate_lock().acquire(True, "a")

    def test_negative(self):
        for value in -5, -1e-10:
            for call, message in [(self.calls[0], "sleep length must be non-negative"), (self.calls[1], "timeout value must be positive"),
                                  (self.calls[3], "Timeout value out of range"), (self.calls[4], "timeout must be non-negative")]:
                with self.assertRaises(ValueError) as caught:
                    call(value)
                self.assertEqual(str(caught.exception), message)
            self.assertEqual(len(self.poll.poll(value)), 1)

    def test_poll_counts_milliseconds(self):
        for call, value in (self.poll.poll, 2**31), (self.epoll.poll, 2**31 / 1000):
            with self.assertRaisesRegex(OverflowError, "^timeout is too large$"):
                call(value)


if __name__ == "__main__":
    unittest.main()
