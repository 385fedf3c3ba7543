"""_tracemalloc: where memory was allocated, how much of it is in use, and start-up options."""

import subprocess
import sys
import tracemalloc
import unittest


class Tracing(unittest.TestCase):
    def setUp(self):
        tracemalloc.start(5)
        self.addCleanup(tracemalloc.stop)

    def test_line_and_size_of_an_object(self):
        block = bytes(100000)
        line = sys._getframe().f_lineno - 1
        frame = tracemalloc.get_object_traceback(block)[-1]
        self.assertEqual((frame.filename, frame.lineno), (__file__, line))
        sizes = {t[1] for t in tracemalloc._get_traces() if t[2][0] == (__file__, line)}
        self.assertIn(sys.getsizeof(block), sizes)

    def test_traced_memory_falls_when_objects_die(self):
        tracemalloc.clear_traces()
        block = bytearray(1 << 20)
        now, peak = tracemalloc.get_traced_memory()
        self.assertGreaterEqual(now, 1 << 20)
        del block
        self.assertLess(tracemalloc.get_traced_memory()[0], 1 << 19)
        self.assertGreaterEqual(tracemalloc.get_traced_memory()[1], peak)
        tracemalloc.reset_peak()
        self.assertLess(tracemalloc.get_traced_memory()[1], 1 << 19)

    def test_snapshots(self):
        before = tracemalloc.take_snapshot()
        kept = [bytes(1000) for _ in range(200)]
        after = tracemalloc.take_snapshot()
        most = max(after.compare_to(before, "lineno"), key=lambda s: s.size_diff)
        self.assertGreater(most.size_diff, 200000)
        self.assertEqual(len(kept), 200)


class Off(unittest.TestCase):
    def test_nothing_is_traced(self):
        self.assertFalse(tracemalloc.is_tracing())
        self.assertEqual(tracemalloc.get_traced_memory(), (0, 0))
        self.assertIsNone(tracemalloc.get_object_traceback(object()))
        with self.assertRaisesRegex(ValueError, r"the number of frames must be in range \[1; 65535\]"):
            tracemalloc.start(0)

    def test_option(self):
        code = "import tracemalloc; print(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit())"
        out = subprocess.run([sys.executable, "-X", "tracemalloc=7", "-c", code], capture_output=True, text=True)
        self.assertEqual(out.stdout, "True 7\n")


if __name__ == "__main__":
    unittest.main()
