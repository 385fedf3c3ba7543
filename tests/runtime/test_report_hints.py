# adder-only: CPython 3.11 has fewer suggestions and no colours.
"""What a report of an exception adds for its reader: suggestions, the arrays of the failing expression, colours on a terminal."""

import os
import pty
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)

    def write(self, source, name="program.py"):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(textwrap.dedent(source))
        return path

    def report(self, source, *options, **variables):
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS", "ADDER_HINTS", "TERM")}
        done = subprocess.run([sys.executable, *options, self.write(source)], capture_output=True, text=True, env={**environment, **variables}, timeout=60)
        return done.stderr

    def last(self, source, *options, **variables):
        return self.report(source, *options, **variables).splitlines()[-1]


class Suggestions(ReportTest):
    def test_forgotten_imports(self):
        self.assertEqual(self.last("np.zeros(3)"), "NameError: name 'np' is not defined. Did you forget 'import numpy as np'?")
        self.assertEqual(self.last("json.loads('1')"), "NameError: name 'json' is not defined. Did you forget to import 'json'?")
        self.assertEqual(self.last("tim = 1\ntime.time()"),
                         "NameError: name 'time' is not defined. Did you mean: 'tim'? Or did you forget to import 'time'?")
        self.assertEqual(self.last("qwertz"), "NameError: name 'qwertz' is not defined")

    def test_forgotten_self(self):
        self.assertEqual(self.last("""
            class C:
                def __init__(self): self.width = 1
                def area(self): return width * 2
            C().area()
        """), "NameError: name 'width' is not defined. Did you mean: 'self.width'?")
        self.assertEqual(self.last("""
            class C:
                def helper(self): pass
                def run(self): helper()
            C().run()
        """), "NameError: name 'helper' is not defined. Did you mean: 'self.helper'?")

    def test_no_code_of_the_program_runs_for_a_hint(self):
        out = self.report("""
            class C:
                def __getattr__(self, name): print('asked for', name)
                @property
                def width(self): print('ran')
                def area(self): return width * 2
            C().area()
        """)
        self.assertIn("Did you mean: 'self.width'?", out)
        self.assertNotIn("ran", out)

    def test_imports(self):
        self.assertEqual(self.last("from math import sqr"), "ImportError: cannot import name 'sqr' from 'math' (unknown location). Did you mean: 'sqrt'?")
        self.assertEqual(self.last("import nunpy"), "ModuleNotFoundError: No module named 'nunpy'. Did you mean: 'numpy'?")
        self.assertEqual(self.last("import json.decodr"), "ModuleNotFoundError: No module named 'json.decodr'. Did you mean: 'decoder'?")
        self.assertEqual(self.last("import wholly_unheard_of"), "ModuleNotFoundError: No module named 'wholly_unheard_of'")

    def test_keywords(self):
        message = "TypeError: paint() got an unexpected keyword argument 'color'. Did you mean: 'colour'?"
        self.assertEqual(self.last("def paint(what, *, colour=None): pass\npaint(1, color=2)"), message)
        self.assertEqual(self.last("import types\nm = types.SimpleNamespace()\ndef paint(colour): pass\nm.paint = paint\nm.paint(color=2)"), message)
        self.assertEqual(self.last("sorted([1], revers=True)"),
                         "TypeError: 'revers' is an invalid keyword argument for sort(). Did you mean: 'reverse'?")
        self.assertEqual(self.last("def f(a): pass\nf(zzz=1)"), "TypeError: f() got an unexpected keyword argument 'zzz'")

    def test_methods_without_self(self):
        self.assertEqual(self.last("class C:\n    def run(): pass\nC().run()"),
                         "TypeError: C.run() takes 0 positional arguments but 1 was given. Did you forget 'self' in the definition of 'run'?")
        self.assertEqual(self.last("class C:\n    def run(self): pass\nC().run(1)"), "TypeError: C.run() takes 1 positional argument but 2 were given")
        self.assertEqual(self.last("class C:\n    def run(self): pass\nC.run()"),
                         "TypeError: C.run() missing 1 required positional argument: 'self'. Did you forget to make an instance: 'C(...).run(...)'?")

    def test_module_that_hides_one_of_the_library(self):
        self.write("x = 1", "random.py")
        self.assertRegex(self.last("import random\nrandom.randint(1, 2)"),
                         r"^AttributeError: module 'random' has no attribute 'randint' \(consider renaming '.*/random.py' since it has the same name as the "
                         r"standard library module named 'random' and hides it\)$")

    def test_exceptions_and_the_traceback_module_keep_their_texts(self):
        out = subprocess.run([sys.executable, "-c", textwrap.dedent("""
            import traceback
            for program in ("np.x", "import nunpy", "(lambda a: a)(b=1)"):
                try:
                    exec(program)
                except Exception as e:
                    print(e)
                    print(traceback.format_exception_only(e)[-1], end='')
        """)], capture_output=True, text=True).stdout
        self.assertEqual(out.splitlines(), [
            "name 'np' is not defined", "NameError: name 'np' is not defined", "No module named 'nunpy'", "ModuleNotFoundError: No module named 'nunpy'",
            "<lambda>() got an unexpected keyword argument 'b'", "TypeError: <lambda>() got an unexpected keyword argument 'b'"])

    def test_causes_and_groups(self):
        out = self.report("try:\n    np\nexcept NameError as e:\n    raise ExceptionGroup('g', [e, ImportError('x')])")
        self.assertEqual(out.count("Did you forget 'import numpy as np'?"), 2)

    def test_hints_can_be_turned_off(self):
        self.assertEqual(self.last("np", ADDER_HINTS="0"), "NameError: name 'np' is not defined")
        self.assertEqual(self.last("prnt", ADDER_HINTS="0"), "NameError: name 'prnt' is not defined. Did you mean: 'print'?")


class Arrays(ReportTest):
    def notes(self, source):
        """The lines between carets (or source) and the message that tell of arrays."""
        return [" ".join(line.split()) for line in self.report(source).splitlines() if re.search(r" is \w+ \(", line)]

    def test_operands_of_the_failing_expression(self):
        out = self.report("import numpy as np\na = np.zeros((3, 4))\nb = np.ones((5, 6), dtype='int8')\nc = np.zeros(2)\nd = c + (a @ b)\n")
        self.assertEqual(out.splitlines()[2:6], ["    d = c + (a @ b)", "             ~~^~~", "    a is float64 (3, 4)", "    b is int8 (5, 6)"])

    def test_attributes_slices_and_arguments(self):
        self.assertEqual(self.notes("""
            import numpy as np
            class Model: pass
            m = Model()
            m.weights = np.zeros((4, 3))
            x = np.zeros((10, 7))
            m.weights.T @ x[1:3, :5]
        """), ["m.weights.T is float64 (3, 4)", "x[1:3, :5] is float64 (2, 5)"])
        self.assertEqual(self.notes("import numpy as np\na = np.zeros(3)\nb = np.zeros((2, 2))\nnp.concatenate([a, b])"),
                         ["a is float64 (3,)", "b is float64 (2, 2)"])

    def test_place_is_the_programs_own_line(self):
        # The exception comes from Python code of numpy's.
        out = self.report("import numpy as np\na = np.zeros(3)\nnp.linalg.inv(a)\n").splitlines()
        at = next(i for i, line in enumerate(out) if " is float64 (3,)" in line)
        self.assertTrue(any("np.linalg.inv(a)" in line for line in out[at - 2:at]), out)

    def test_nothing_runs_for_it(self):
        out = self.report("""
            import numpy as np
            class C:
                @property
                def data(self):
                    print('ran', flush=True)
                    return np.zeros(3)
            def make():
                return C()
            a = np.zeros(4)
            make().data + a
        """)
        self.assertEqual(len(re.findall(r" is float64 ", out)), 1)

    def test_no_arrays_no_notes(self):
        self.assertEqual(self.notes("import numpy as np\na = 1\na + ''"), [])
        self.assertEqual(self.notes("a = 1\na + ''"), [])


class Colours(ReportTest):
    SOURCE = "def f(x):\n    return 1 + x.y\nf(2)\n"
    PLAIN = ('Traceback (most recent call last):\n  File "%s", line 3, in <module>\n    f(2)\n  File "%s", line 2, in f\n    return 1 + x.y\n'
             "               ^^^\nAttributeError: 'int' object has no attribute 'y'\n")

    def plain(self):
        path = os.path.join(self.folder, "program.py")
        return self.PLAIN % (path, path)

    def test_none_where_nobody_looks(self):
        self.assertEqual(self.report(self.SOURCE), self.plain())

    def test_variables(self):
        for variables, coloured in [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ({"PYTHON_COLORS": "1"}, True),
                                    ({"PYTHON_COLORS": "0", "FORCE_COLOR": "1"}, False), ({"PYTHON_COLORS": "1", "NO_COLOR": "1"}, True)]:
            out = self.report(self.SOURCE, **variables)
            self.assertEqual("\x1b[" in out, coloured, variables)
            self.assertEqual(re.sub(r"\x1b\[[\d;]*m", "", out), self.plain())

    def test_places(self):
        out = self.report(self.SOURCE, FORCE_COLOR="1")
        path = os.path.join(self.folder, "program.py")
        self.assertIn(f'  File \x1b[35m"{path}"\x1b[0m, line \x1b[35m2\x1b[0m, in \x1b[35mf\x1b[0m\n'
                      "    return 1 + \x1b[1;31mx.y\x1b[0m\n               \x1b[1;31m^^^\x1b[0m\n"
                      "\x1b[1;35mAttributeError\x1b[0m: \x1b[35m'int' object has no attribute 'y'\x1b[0m\n", out)

    def test_syntax_errors(self):
        out = self.report("a = = 1\n", FORCE_COLOR="1")
        self.assertIn("\x1b[1;35mSyntaxError\x1b[0m: \x1b[35minvalid syntax\x1b[0m\n", out)
        self.assertIn("\x1b[1;31m^", out)

    def test_terminal(self):
        def on_terminal(**variables):
            master, slave = pty.openpty()
            environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS")}
            subprocess.run([sys.executable, self.write(self.SOURCE)], stderr=slave, env={**environment, "TERM": "xterm", **variables}, timeout=60)
            os.close(slave)
            out = b""
            while chunk := self.read(master):
                out += chunk
            os.close(master)
            return out
        self.assertIn(b"\x1b[1;35mAttributeError", on_terminal())
        self.assertNotIn(b"\x1b[", on_terminal(NO_COLOR="1"))
        self.assertNotIn(b"\x1b[", on_terminal(TERM="dumb"))

    @staticmethod
    def read(master):
        try:
            return os.read(master, 10_000)
        except OSError:  # the other end is closed
            return b""


if __name__ == "__main__":
    unittest.main()
