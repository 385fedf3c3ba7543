"""What is read before a program starts and told after it has ended."""

import os
import subprocess
import sys
import tempfile
import unittest


def run(*arguments, program=sys.executable, **environment):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})
    return done.stdout, done.stderr


class PathFile(unittest.TestCase):
    def test_says_all_of_sys_path(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            program = os.path.join(folder, "program")
            os.symlink(os.path.realpath(sys.executable), program)
            with open(program + "._pth", "w") as file:
                file.write("# comment\n\nhere  # there\n%s\n..\nimport os\n" % os.path.dirname(os.__file__))
            out, err = run("-c", "import sys; print(*sys.path, sys.flags.no_site, sys.flags.isolated, sep='\\n')",
                           program=program, PYTHONPATH="elsewhere")
            self.assertEqual(out.split(), [folder + "/here", os.path.dirname(os.__file__), os.path.dirname(folder), "1", "1"])
            self.assertEqual(err, "unsupported 'import' line in ._pth file\n")


class SyntaxErrors(unittest.TestCase):
    def test_a_module_shows_the_line_of_its_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.py")
            for encoding in "latin-1", "utf-8":
                with open(path, "w", encoding=encoding) as file:
                    file.write("# coding: %s\né = f'''{}\nfoo'''\n" % encoding)
                _, err = run(path)
                self.assertEqual(err.splitlines()[-3:], ["    foo'''", "          ^", "SyntaxError: f-string: empty expression not allowed"])
            with self.assertRaises(SyntaxError) as caught:
                compile("x\ny z", path, "exec")
            self.assertEqual(caught.exception.text, "é = f'''{}\n")


class Garbage(unittest.TestCase):
    def test_what_is_left_at_the_end_is_told(self):
        program = "import gc; gc.garbage[:] = [7, 8]; gc.set_debug(%s)"
        self.assertEqual(run("-Wd", "-c", program % 0)[1],
                         "gc:0: ResourceWarning: gc: 2 uncollectable objects at shutdown; use gc.set_debug(gc.DEBUG_UNCOLLECTABLE) to list them\n")
        self.assertEqual(run("-Wd", "-c", program % "gc.DEBUG_UNCOLLECTABLE")[1],
                         "gc:0: ResourceWarning: gc: 2 uncollectable objects at shutdown\n      [7, 8]\n")
        self.assertEqual(run("-Wd", "-c", program % "gc.DEBUG_SAVEALL")[1], "")
        self.assertEqual(run("-c", program % 0)[1], "")


if __name__ == "__main__":
    unittest.main()
