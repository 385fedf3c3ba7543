"""The interpreter's own reports of exceptions, on stderr."""

import ctypes
import io
import subprocess
import sys
import textwrap
import unittest


def report_of(source, *options):
    run = subprocess.run([sys.executable, *options, "-c", textwrap.dedent(source)], capture_output=True, text=True)
    return run.stderr


class Reports(unittest.TestCase):
    def test_deep_groups_are_cut(self):
        report = report_of("""
            e = TypeError("innermost")
            for i in range(1000):
                e = ExceptionGroup(f"group {i}", [ValueError(i), e])
            raise e
        """)
        self.assertIn("ExceptionGroup: group 999", report)
        self.assertIn("... (max_group_depth is 10)", report)
        self.assertNotIn("innermost", report)

    def test_long_chain_of_contexts(self):
        report = report_of("""
            e = None
            for i in range(500):
                f = ValueError(i)
                f.__context__ = e
                e = f
            raise e
        """)
        self.assertEqual(report.count("ValueError: "), 500)

    def test_no_columns(self):
        source = "import sys\ndef f():\n    return (1 /\n            0)\nprint(set(f.__code__.co_positions()) , file=sys.stderr)\nf()"
        report = report_of(source, "-X", "no_debug_ranges")
        positions = eval(report.splitlines()[0])
        self.assertTrue({p[2:] for p in positions} == {(None, None)}, positions)
        self.assertTrue(all(a == b for a, b, *_ in positions), positions)
        self.assertNotIn("^", report)
        self.assertIn("ZeroDivisionError", report)

    def test_traceback_print_of_c(self):
        def f():
            raise KeyError(1)
        try:
            f()
        except KeyError as e:
            tb = e.__traceback__
        out = io.StringIO()
        show = ctypes.pythonapi.PyTraceBack_Print
        show.argtypes = [ctypes.py_object, ctypes.py_object]
        self.assertEqual(show(tb, out), 0)
        lines = out.getvalue().splitlines()
        self.assertEqual(lines[0], "Traceback (most recent call last):")
        self.assertEqual([line.split(", in ")[1] for line in lines if line.startswith("  File")], ["test_traceback_print_of_c", "f"])
        with self.assertRaises(SystemError):
            show(1, out)


if __name__ == "__main__":
    unittest.main()
