"""pytest: a project of fixtures, parameters, plugins and rewritten assertions, and its own tests."""

import os
import re
import sys
import unittest

from packages import PackageTest

CONFTEST = """\
import pytest

def pytest_addoption(parser):
    parser.addoption("--scale", type=int, default=2)

@pytest.fixture(scope="session")
def scale(request):
    yield request.config.getoption("--scale")
    print("session over")

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line("summary by conftest")
"""
TESTS = """\
import asyncio
import warnings
import pytest
from helpers import close_to

def f(x):
    return x + 1

def test_lists(): assert [1, 2, 3] == [1, 2, 4]
def test_dicts():
    got = {"a": 1, "b": {2, 3}}
    assert got == {"a": 1, "b": {2, 4}}, "they differ"
def test_calls(): assert f(3) == len("abc") and all(v for v in [1, 0])
def test_comparison_in_a_helper(): close_to(1.0, 1.5)
def test_text(): assert "one\\ntwo\\n" == "one\\ntoo\\n"
def test_good(tmp_path, capsys, monkeypatch, scale):
    monkeypatch.setenv("X", "y")
    print("out")
    (tmp_path / "file").write_text("t")
    assert capsys.readouterr().out == "out\\n" and scale == 3
@pytest.mark.parametrize("x, y", [(1, 2), pytest.param(2, 3, id="named"), (3, 5)])
def test_pairs(x, y): assert f(x) == y
def test_raises():
    with pytest.raises(ValueError, match="b+c") as caught:
        raise ValueError("abbc")
    assert str(caught.value) == "abbc"
@pytest.mark.xfail(raises=ZeroDivisionError)
def test_expected(): 1 / 0
@pytest.mark.skipif("sys.version_info > (3,)", reason="old")
def test_skipped(): pass
def test_no_fixture(absent): pass
def test_warns():
    with pytest.warns(DeprecationWarning):
        warnings.warn("old", DeprecationWarning)
    warnings.warn("kept")
def test_approx(): assert 0.1 + 0.2 == pytest.approx(0.3)
def test_deep():
    def inner(n):
        return inner(n - 1) if n else 1 / 0
    inner(2)
class TestGroup:
    @pytest.fixture(autouse=True)
    def ready(self): self.x = 1
    def test_member(self): assert self.x == 1
def test_asyncio():
    assert asyncio.run(asyncio.sleep(0, "slept")) == "slept"
"""
HELPERS = """\
def close_to(a, b):
    assert abs(a - b) < 0.1
"""


class Pytest(PackageTest):
    package, debian = "pytest", "python3-pytest"

    def setUp(self):
        super().setUp()
        self.write("conftest.py", CONFTEST)
        self.write("tests/test_project.py", TESTS)
        self.write("tests/helpers.py", HELPERS)
        self.write("tests/conftest.py", "import pytest\npytest.register_assert_rewrite('helpers')\n")

    def run_pytest(self, *arguments):
        return self.run_python("-m", "pytest", *arguments, env={"COLUMNS": "100", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})

    def test_a_project(self):
        done = self.run_pytest("--scale=3", "-v")
        self.assertEqual((done.err, done.returncode), ("", 1))
        outcomes = dict(re.findall(r"^tests/test_project\.py::(\S+) (\w+)", done.out, re.M))
        failed = ["test_lists", "test_dicts", "test_calls", "test_comparison_in_a_helper", "test_text", "test_pairs[3-5]",
                  "test_deep"]
        good = ["test_good", "test_pairs[1-2]", "test_pairs[named]", "test_raises", "test_warns", "test_approx",
                "TestGroup::test_member", "test_asyncio"]
        self.assertEqual(outcomes, {**dict.fromkeys(failed, "FAILED"), **dict.fromkeys(good, "PASSED"),
                                    "test_expected": "XFAIL", "test_skipped": "SKIPPED", "test_no_fixture": "ERROR"})
        report = re.sub("^E +", "E ", done.out, flags=re.M)
        for piece in ("E assert [1, 2, 3] == [1, 2, 4]\nE At index 2 diff: 3 != 4\n",
                      "E AssertionError: they differ\nE assert {'a': 1, 'b': {2, 3}} == {'a': 1, 'b': {2, 4}}\n",
                      "E AssertionError: assert (4 == 3)\nE +  where 4 = f(3)\nE +  and   3 = len('abc')\n",
                      "E assert 0.5 < 0.1\nE +  where 0.5 = abs((1.0 - 1.5))\n", "E - too\nE ?  ^\nE + two\nE ?  ^\n",
                      "E assert 4 == 5\nE +  where 4 = f(3)\n", "E fixture 'absent' not found\n",
                      "summary by conftest\n", "UserWarning: kept\n", "x = 3, y = 5\n",
                      ">       return inner(n - 1) if n else 1 / 0\nE ZeroDivisionError: division by zero\n"):
            self.assertIn(piece, report)
        self.assertRegex(done.out, r"=+ 7 failed, 8 passed, 1 skipped, 1 xfailed, 1 warning, 1 error in [\d.]+s =+\n$")
        cached = os.listdir(os.path.join(self.folder, "tests", "__pycache__"))
        tag = sys.implementation.cache_tag
        self.assertTrue(any(name.startswith(f"test_project.{tag}-pytest-") for name in cached), cached)

    def test_second_runs_and_choices(self):
        self.run_pytest("--scale=3")
        done = self.run_pytest("--scale=3", "--lf", "-q", "--tb=no")  # what failed before, out of the cache
        self.assertIn("\n7 failed, 1 deselected, 1 error in ", done.out)
        done = self.run_pytest("--scale=3", "-k", "pairs or group", "-q")
        self.assertIn("1 failed, 3 passed, 14 deselected", done.out)
        done = self.run_pytest("--collect-only", "-q")
        self.assertIn("tests/test_project.py::TestGroup::test_member\n", done.out)
        done = self.run_pytest("-x", "-q", "--tb=short")
        self.assertIn("!!!!!! stopping after 1 failures !!!!!!", done.out)
        done = self.run_pytest("--durations=2", "--junitxml=out.xml", "-q")
        with open(os.path.join(self.folder, "out.xml")) as file:
            self.assertIn('errors="1" failures="8" skipped="2" tests="18"', file.read())

    def test_doctests_and_unittests(self):
        self.write("other/mod.py", 'def f():\n    """\n    >>> f()\n    3\n    """\n    return 4\n')
        self.write("other/test_unit.py", "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.x = 1\n"
                   "    def test(self): assert self.x == 2\n    def test_sub(self):\n        with self.subTest(1): pass\n")
        done = self.run_pytest("--doctest-modules", "other", "-q")
        self.assertIn("Expected:\n    3\nGot:\n    4\n", done.out)
        self.assertRegex(done.out, r"E +assert 1 == 2\nE +\+  where 1 = <test_unit\.T testMethod=test>\.x\n")
        self.assertIn("2 failed, 1 passed", done.out)

    def test_own_suite(self):
        source = self.source("pytest")
        self.run_suite(source, "-p", "pytester", "testing/test_assertrewrite.py", "testing/test_assertion.py",
                       "testing/acceptance_test.py", "testing/code", "testing/python", least=970)


if __name__ == "__main__":
    unittest.main()
