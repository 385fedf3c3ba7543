"""`-m unittest` and `-m doctest`: finding tests, running them, and saying what failed."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "shell"))
from running import ShellTest  # noqa: E402

CASES = """\
import asyncio
import unittest

class First(unittest.TestCase):
    def test_equal(self):
        self.assertEqual([1, 2, 3], [1, 2, 4])
    def test_error(self):
        1 / 0
    def test_good(self):
        pass
    @unittest.skip("later")
    def test_skipped(self):
        pass
    @unittest.expectedFailure
    def test_expected(self):
        self.fail()
    def test_parts(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)

class Second(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.loop = asyncio.get_running_loop()
    async def test_waits(self):
        await asyncio.sleep(0)
        self.assertIs(self.loop, asyncio.get_running_loop())
"""

EXAMPLES = '''\
"""
>>> double(4)
8
>>> double([1])  # doctest: +ELLIPSIS
[1, ...]
>>> double(None)
Traceback (most recent call last):
    ...
TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'
"""

def double(x):
    """Twice.

    >>> double('a')
    'aaa'
    >>> for x in range(2):
    ...     print(double(x))
    0
    2
    """
    return x * 2
'''


class Unittest(ShellTest):
    def setUp(self):
        super().setUp()
        self.write("test_cases.py", CASES)

    def test_all(self):
        done = self.run_python("-m", "unittest", "-v", "test_cases")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.out, "")
        head, _, reports = done.err.partition("\n\n======")
        self.assertEqual(head.splitlines(), [
            "test_equal (test_cases.First.test_equal) ... FAIL",
            "test_error (test_cases.First.test_error) ... ERROR",
            "test_expected (test_cases.First.test_expected) ... expected failure",
            "test_good (test_cases.First.test_good) ... ok",
            "test_parts (test_cases.First.test_parts) ... ",
            "  test_parts (test_cases.First.test_parts) (i=1) ... FAIL",
            "test_skipped (test_cases.First.test_skipped) ... skipped 'later'",
            "test_waits (test_cases.Second.test_waits) ... ok"])
        self.assertIn(f'  File "{self.folder}/test_cases.py", line 8, in test_error\n    1 / 0\n    ~~^~~\n'
                      "ZeroDivisionError: division by zero\n", reports)
        self.assertIn("AssertionError: Lists differ: [1, 2, 3] != [1, 2, 4]\n\nFirst differing element 2:\n3\n4\n\n"
                      "- [1, 2, 3]\n?        ^\n\n+ [1, 2, 4]\n?        ^\n", reports)
        self.assertRegex(reports, r"\nRan 7 tests in [\d.]+s\n\n"
                                  r"FAILED \(failures=2, errors=1, skipped=1, expected failures=1\)\n$")

    def test_choosing_and_stopping(self):
        done = self.run_python("-m", "unittest", "test_cases.First.test_good", "test_cases.Second")
        self.assertRegex(done.err, r"^\.\.\n-+\nRan 2 tests in [\d.]+s\n\nOK\n$")
        done = self.run_python("-m", "unittest", "-k", "good", "-k", "*wait*")
        self.assertIn("Ran 2 tests", done.err)
        done = self.run_python("-m", "unittest", "-f", "test_cases")
        self.assertIn("Ran 1 test in", done.err)
        done = self.run_python("-m", "unittest", "test_cases.Absent")
        self.assertIn("AttributeError: module 'test_cases' has no attribute 'Absent'\n", done.err)

    def test_discovery(self):
        self.write("pack/__init__.py", "")
        self.write("pack/test_more.py", "import unittest\nclass T(unittest.TestCase):\n    def test(self): print('more')\n")
        self.write("pack/test_broken.py", "import no_such_module\n")
        done = self.run_python("-m", "unittest", "discover", "-s", "pack", "-t", ".", "-b")
        self.assertEqual(done.out, "")
        self.assertIn("ModuleNotFoundError: No module named 'no_such_module'\n", done.err)
        self.assertRegex(done.err, r"Ran 2 tests in [\d.]+s\n\nFAILED \(errors=1\)\n$")

    def test_locals_and_catching_ctrl_c(self):
        done = self.run_python("-m", "unittest", "--locals", "test_cases.First.test_error")
        self.assertIn("    self = <test_cases.First testMethod=test_error>\n", done.err)
        self.write("test_stop.py", "import os, signal, unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n"
                   "        os.kill(os.getpid(), signal.SIGINT)\n    def test_b(self): pass\n")
        done = self.run_python("-m", "unittest", "-c", "test_stop")
        self.assertIn("Ran 1 test in", done.err)


class Doctest(ShellTest):
    def test_module(self):
        self.write("examples.py", EXAMPLES)
        done = self.run_python("-m", "doctest", "examples.py")
        stars = "*" * 70
        self.assertEqual(done.out, f"""{stars}
File "{self.folder}/examples.py", line 15, in examples.double
Failed example:
    double('a')
Expected:
    'aaa'
Got:
    'aa'
{stars}
1 items had failures:
   1 of   2 in examples.double
***Test Failed*** 1 failures.
""")
        self.assertEqual((done.err, done.returncode), ("", 1))

    def test_text_and_options(self):
        self.write("text.txt", "Text.\n\n>>> x = {'b': 1, 'a': 2}\n>>> x\n{'b': 1,\n 'a': 2}\n\n>>> 1/0\n"
                   "Traceback (most recent call last):\nZeroDivisionError: nothing like it\n")
        done = self.run_python("-m", "doctest", "-o", "NORMALIZE_WHITESPACE", "-o", "IGNORE_EXCEPTION_DETAIL", "-v",
                               "text.txt")
        self.assertTrue(done.out.endswith("3 tests in 1 items.\n3 passed and 0 failed.\nTest passed.\n"), done.out)
        self.assertEqual(self.run_python("-m", "doctest", "text.txt").returncode, 1)


if __name__ == "__main__":
    unittest.main()
