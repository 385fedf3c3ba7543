"""`-m pdb`, `-m trace`, `-m cProfile`, `-m profile`, `-m timeit`, `-m dis`: looking at a program while it runs."""

import os
import pstats
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "shell"))
from running import ShellTest  # noqa: E402

PROGRAM = """\
import sys

class Box:
    def __init__(self, x):
        self.x = x

    @property
    def double(self):
        return self.x * 2

def total(n):
    a = 0
    for i in range(n):
        a += i
    return a

def main():
    box = Box(4)
    for k in range(3):
        print(total(k + box.double))
    bad = [1, 2, 3]
    return bad[len(sys.argv) + 2]

main()
"""


class Debugger(ShellTest):
    def session(self, commands, *arguments, program=PROGRAM):
        """What pdb prints, prompt by prompt, for the commands typed; the folder's name taken out."""
        self.write("prog.py", program)
        done = self.run_python("-m", "pdb", *(arguments or ["prog.py"]), stdin="\n".join(commands).encode() + b"\n",
                               env={"HOME": self.folder})
        self.err = done.err
        return [part.strip() for part in done.out.replace(self.folder + "/", "").split("(Pdb) ")]

    def test_breakpoint_step_and_look(self):
        heard = self.session(["b total", "c", "p n", "w", "u", "p box.x", "d", "n", "n", "n", "s", "p a, i", "r", "q"])
        self.assertEqual(heard[:4], ["> prog.py(1)<module>()\n-> import sys", "Breakpoint 1 at prog.py:11",
                                     "> prog.py(12)total()\n-> a = 0", "8"])
        self.assertTrue(heard[4].endswith("prog.py(24)<module>()\n-> main()\n"
                                          "  prog.py(20)main()\n-> print(total(k + box.double))\n"
                                          "> prog.py(12)total()\n-> a = 0"), heard[4])
        self.assertEqual(heard[5:], [
            "> prog.py(20)main()\n-> print(total(k + box.double))", "4", "> prog.py(12)total()\n-> a = 0",
            "> prog.py(13)total()\n-> for i in range(n):", "> prog.py(14)total()\n-> a += i",
            "> prog.py(13)total()\n-> for i in range(n):", "> prog.py(14)total()\n-> a += i", "(0, 1)",
            "--Return--\n> prog.py(15)total()->28\n-> return a", ""])

    def test_conditions_counts_and_commands(self):
        heard = self.session(["b 14, i == 3", "commands", "p 'sum', a", "end", "ignore 1 1", "c", "b", "cl 1", "q"])
        self.assertEqual(heard[1], "Breakpoint 1 at prog.py:14")
        self.assertEqual(heard[2:4], ["(com) (com)", "Will ignore next 1 crossing of breakpoint 1."])
        self.assertIn("28\n('sum', 3)\n> prog.py(14)total()\n-> a += i", heard)
        listing = next(part for part in heard if part.startswith("Num"))
        self.assertEqual(listing, "Num Type         Disp Enb   Where\n1   breakpoint   keep yes   at prog.py:14\n"
                                  "\tstop only if i == 3\n\tbreakpoint already hit 12 times")
        self.assertEqual(heard[-2], "Deleted breakpoint 1 at prog.py:14")

    def test_variables_can_be_changed_and_lines_jumped(self):
        heard = self.session(["tbreak main", "c", "n", "n", "box.x = 0", "j 21", "n", "p box.double", "!k = 9", "p k",
                              "whatis Box", "args", "until", "q"])
        self.assertEqual(heard[1:3], ["Breakpoint 1 at prog.py:17", "Deleted breakpoint 1 at prog.py:17\n"
                                      "> prog.py(18)main()\n-> box = Box(4)"])
        self.assertEqual(heard[5:12], ["", "> prog.py(21)main()\n-> bad = [1, 2, 3]",
                                       "> prog.py(22)main()\n-> return bad[len(sys.argv) + 2]", "0", "", "9",
                                       "Class __main__.Box"])

    def test_post_mortem(self):
        heard = self.session(["c", "p bad", "u", "d", "l", "q"])
        self.assertIn("IndexError: list index out of range\n", self.err)
        self.assertIn("Uncaught exception. Entering post mortem debugging", heard[1])
        self.assertTrue(heard[1].endswith("> prog.py(22)main()\n-> return bad[len(sys.argv) + 2]"), heard[1])
        self.assertEqual(heard[2:5], ["[1, 2, 3]", "> prog.py(24)<module>()\n-> main()",
                                      "> prog.py(22)main()\n-> return bad[len(sys.argv) + 2]"])
        self.assertIn("\n 22  ->\t    return bad[len(sys.argv) + 2]\n", heard[5])

    def test_post_mortem_of_an_exception_that_a_program_kept(self):
        program = ("import pdb\ndef f(x):\n    y = x + 1\n    return y / 0\ntry:\n    f(1)\nexcept ZeroDivisionError as e:\n"
                   "    pdb.post_mortem(e.__traceback__)\n")
        self.write("keep.py", program)
        done = self.run_python("keep.py", stdin=b"p x, y\nw\nq\n", env={"HOME": self.folder})
        out = done.out.replace(self.folder + "/", "")
        self.assertEqual(out, "> keep.py(4)f()\n-> return y / 0\n(Pdb) (1, 2)\n(Pdb)   keep.py(6)<module>()\n-> f(1)\n"
                              "> keep.py(4)f()\n-> return y / 0\n(Pdb) ")

    def test_set_trace_and_display(self):
        self.write("stop.py", "def f():\n    x = 1\n    breakpoint()\n    x = 2\n    x = 3\nf()\n")
        done = self.run_python("stop.py", stdin=b"display x\nn\nn\nc\n", env={"HOME": self.folder})
        self.assertEqual(done.out.replace(self.folder + "/", ""),
                         "> stop.py(4)f()\n-> x = 2\n(Pdb) display x: 1\n(Pdb) > stop.py(5)f()\n-> x = 3\n"
                         "display x: 2  [old: 1]\n(Pdb) --Return--\n> stop.py(5)f()->None\n-> x = 3\n"
                         "display x: 3  [old: 2]\n(Pdb) ")

    def test_generators_and_recursion(self):
        program = ("def g(n):\n    if n:\n        yield n\n        yield from g(n - 1)\n"
                   "for x in g(2):\n    print(x)\n")
        heard = self.session(["b 3", "c", "w", "c", "p n", "u", "p n", "c", "q"], program=program)
        self.assertIn("1\n", [part[-1:] + "\n" for part in heard])
        self.assertIn("> prog.py(4)g()\n-> yield from g(n - 1)", heard)

    def test_commands_of_the_command_line_and_modules(self):
        heard = self.session(["p i, a", "q"], "-c", "b 14, i == 2", "-c", "c", "prog.py")
        self.assertIn("(2, 1)", heard)
        self.write("pack/__init__.py", "")
        self.write("pack/__main__.py", "import sys\nprint(sys.argv[1:])\n")
        heard = self.session(["n", "n", "q"], "-m", "pack", "x")
        self.assertEqual(heard[1:3], ["> pack/__main__.py(2)<module>()\n-> print(sys.argv[1:])",
                                      "['x']\n--Return--\n> pack/__main__.py(2)<module>()->None\n-> print(sys.argv[1:])"])

    def test_what_cannot_be_debugged(self):
        done = self.run_python("-m", "pdb", "absent.py")
        self.assertEqual((done.out, done.returncode), ("Error: absent.py does not exist\n", 1))
        self.session(["q"], program="def f(:\n")
        self.assertTrue(self.err.endswith("    def f(:\n          ^\nSyntaxError: invalid syntax\n"), self.err)


class Tracing(ShellTest):
    def setUp(self):
        super().setUp()
        self.write("prog.py", PROGRAM.replace("+ 2]", "- 1]"))

    def test_counts(self):
        done = self.run_python("-m", "trace", "--count", "--summary", "--missing", "-C", "cover", "prog.py")
        self.assertEqual(done.out, "28\n36\n45\nlines   cov%   module   (path)\n"
                                   "   19   100%   prog   (prog.py)\n")
        with open(os.path.join(self.folder, "cover", "prog.cover")) as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[13], "   27:         a += i")
        self.assertEqual(lines[19], "    3:         print(total(k + box.double))")

    def test_lines_functions_and_callers(self):
        done = self.run_python("-m", "trace", "--trace", "prog.py")
        lines = done.out.splitlines()
        self.assertEqual(lines[:3], [" --- modulename: prog, funcname: <module>", "prog.py(1): import sys",
                                     "prog.py(3): class Box:"])
        self.assertEqual(lines.count("prog.py(14):         a += i"), 27)
        self.assertEqual(lines.count(" --- modulename: prog, funcname: double"), 3)
        done = self.run_python("-m", "trace", "--listfuncs", "prog.py")
        self.assertIn("filename: prog.py, modulename: prog, funcname: total\n", done.out.replace(self.folder + "/", ""))
        done = self.run_python("-m", "trace", "--trackcalls", "prog.py")
        self.assertIn("    prog.main -> prog.total\n", done.out)


class Profiling(ShellTest):
    def calls(self, path):
        """How often each function of the program was called."""
        return {name: row[:2] for (file, _, name), row in pstats.Stats(path).stats.items() if file.endswith("prog.py")}

    def check_profiler(self, module):
        self.write("prog.py", PROGRAM.replace("+ 2]", "- 1]"))
        done = self.run_python("-m", module, "-s", "calls", "prog.py")
        self.assertRegex(done.out, r"28\n36\n45\n +\d+ function calls in \d+\.\d+ seconds\n")
        self.assertIn("ncalls  tottime  percall  cumtime  percall filename:lineno(function)\n", done.out)
        self.assertRegex(done.out, r" 3 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ (\S*/)?prog\.py:11\(total\)\n")
        self.run_python("-m", module, "-o", "stats", "prog.py")
        self.assertEqual(self.calls(os.path.join(self.folder, "stats")),
                         {"<module>": (1, 1), "Box": (1, 1), "__init__": (1, 1), "double": (3, 3), "main": (1, 1),
                          "total": (3, 3)})
        done = self.run_python("-m", "pstats", "stats", stdin=b"sort calls\nstats 5\nquit\n")
        self.assertIn("(total)", done.out)

    def test_cprofile(self):
        self.check_profiler("cProfile")

    def test_profile(self):
        self.check_profiler("profile")

    def test_recursion_and_exceptions(self):
        self.write("prog.py", "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(10)\n"
                              "def bad():\n    raise ValueError\nfor i in range(3):\n    try:\n        bad()\n"
                              "    except ValueError:\n        pass\n")
        self.run_python("-m", "cProfile", "-o", "stats", "prog.py")
        calls = self.calls(os.path.join(self.folder, "stats"))
        self.assertEqual((calls["fib"], calls["bad"]), ((1, 177), (3, 3)))

    def test_timeit(self):
        done = self.run_python("-m", "timeit", "-n", "20", "-r", "3", "-s", "x = []", "x.append(1)")
        self.assertRegex(done.out, r"^20 loops, best of 3: [\d.]+ [num]?sec per loop\n")
        self.assertEqual(done.returncode, 0)
        done = self.run_python("-m", "timeit", "-n", "1", "-r", "1", "1 / 0")
        self.assertTrue(done.err.endswith('  File "<timeit-src>", line 6, in inner\n    1 / 0\n     ~~^~~\n'
                                          "ZeroDivisionError: division by zero\n"), done.err)
        self.assertEqual(done.returncode, 1)


class Disassembly(ShellTest):
    def test_dis(self):
        self.write("prog.py", PROGRAM)
        done = self.run_python("-m", "dis", "prog.py")
        self.assertEqual((done.err, done.returncode), ("", 0))
        names = re.findall(r"^Disassembly of <code object (\w+) at ", done.out, re.M)
        self.assertEqual(names, ["Box", "__init__", "double", "total", "main"])
        lines = {int(n) for n in re.findall(r"^ +(\d+) ", done.out, re.M)}
        self.assertTrue({1, 3, 5, 9, 12, 13, 14, 15, 18, 19, 20, 21, 22, 24} <= lines, lines)


if __name__ == "__main__":
    unittest.main()
