"""The runner's report: every way in which a case can end comes out as one line."""

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

RUNNER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cpython", "run_module.py")


class CaseReport(unittest.TestCase):
    def events(self, source):
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "sample.py")
            with open(path, "w") as file:
                file.write("import os, unittest\n" + textwrap.dedent(source))
            results = os.path.join(place, "results")
            subprocess.run([sys.executable, RUNNER, path, results], capture_output=True)
            with open(results) as file:
                return [line.rstrip("\n").split("\t") for line in file]

    def test_outcomes(self):
        events = self.events("""
            class T(unittest.TestCase):
                def test_pass(self): pass
                def test_fail(self): self.assertEqual(1, 2)
                def test_error(self): raise KeyError('x')
                def test_skip(self): self.skipTest('why\\nnot')
                @unittest.expectedFailure
                def test_expected(self): self.fail()
        """)
        outcomes = {event[1]: (event[0], event[2]) for event in events if event[0] in ("pass", "fail", "error", "skip")}
        self.assertEqual(outcomes, {
            "sample.T.test_pass": ("pass", ""),
            "sample.T.test_fail": ("fail", "AssertionError: 1 != 2"),
            "sample.T.test_error": ("error", "KeyError: 'x'"),
            "sample.T.test_skip": ("skip", "why"),
            "sample.T.test_expected": ("pass", ""),
        })
        self.assertEqual(events[-1], ["end"])

    def test_failing_subtest_fails_its_case(self):
        events = self.events("""
            class T(unittest.TestCase):
                def test_parts(self):
                    for i in range(3):
                        with self.subTest(i=i):
                            self.assertNotEqual(i, 1)
        """)
        self.assertIn(["fail", "sample.T.test_parts", "AssertionError: 1 == 1"], events)

    def test_fixture_that_skips(self):
        events = self.events("""
            class T(unittest.TestCase):
                @classmethod
                def setUpClass(cls): raise unittest.SkipTest('no')
                def test_never(self): pass
        """)
        self.assertIn(["fixture", "skip", "setUpClass (sample.T)", "no"], events)

    def test_death_leaves_what_was_reached(self):
        events = self.events("""
            class T(unittest.TestCase):
                def test_a(self): pass
                def test_b(self): os._exit(3)
        """)
        self.assertEqual(events[-1], ["start", "sample.T.test_b"])


if __name__ == "__main__":
    unittest.main()
