"""What to run and how, as the command line says it: files, -c, -m, stdin, folders, archives, options."""

import os
import sys
import unittest
import zipfile

from running import ShellTest

SHOW = "import sys; print(__name__, sys.argv)\n"


class WhatToRun(ShellTest):
    def test_command(self):
        self.check(["-c", "import sys; print(sys.argv, __name__)", "a", "-b"], "['-c', 'a', '-b'] __main__\n")
        self.check(["-c", "x = 1\nif x:\n  print('two lines')"], "two lines\n")

    def test_script(self):
        self.write("script.py", SHOW + "print(__file__, sys.path[0])\n")
        self.check(["script.py", "1", "-c"], f"__main__ ['script.py', '1', '-c']\n{self.folder}/script.py {self.folder}\n")

    def test_script_that_removes_its_module_or_file_name(self):
        self.write("a.py", "import sys; del sys.modules['__main__']; print('gone')")
        self.check(["a.py"], "gone\n")
        self.write("b.py", "del __file__; 1 / 0")
        done = self.run_python("b.py")
        self.assertTrue(done.err.endswith("ZeroDivisionError: division by zero\n"), done.err)
        self.assertEqual(done.returncode, 1)

    def test_script_imports_its_neighbours(self):
        self.write("sub/script.py", "import neighbour; print(neighbour.value)")
        self.write("sub/neighbour.py", "value = 7")
        self.check(["sub/script.py"], "7\n")

    def test_module(self):
        self.write("package/__init__.py", "")
        self.write("package/part.py", SHOW + "print(__package__, __spec__.name)\n")
        done = self.check(["-m", "package.part", "x"],
                          f"__main__ ['{self.folder}/package/part.py', 'x']\npackage package.part\n")
        self.assertEqual(done.err, "")

    def test_package_main(self):
        self.write("package/__init__.py", "print('init')")
        self.write("package/__main__.py", "print('main', __name__)")
        self.check(["-m", "package"], "init\nmain __main__\n")

    def test_module_that_is_not_there(self):
        done = self.run_python("-m", "no_such_module")
        self.assertEqual(done.err, f"{sys.executable}: No module named no_such_module\n")
        self.assertEqual(done.returncode, 1)

    def test_package_without_main(self):
        self.write("package/__init__.py", "")
        done = self.run_python("-m", "package")
        self.assertIn("No module named package.__main__; 'package' is a package and cannot be directly executed", done.err)
        self.assertEqual(done.returncode, 1)

    def test_standard_input(self):
        self.check(["-", "a"], "['-', 'a']\n", stdin=b"import sys\nprint(sys.argv)\n")
        self.check([], "[''] __main__\n", stdin=b"import sys\nprint(sys.argv, __name__)\n")

    def test_folder(self):
        self.write("app/__main__.py", SHOW + "import helper\n")
        self.write("app/helper.py", "print('helper', __name__)")
        self.check(["app", "x"], "__main__ ['app', 'x']\nhelper helper\n")

    def test_archive(self):
        path = os.path.join(self.folder, "app.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__main__.py", SHOW + "import inside; print(inside.value)\n")
            archive.writestr("inside.py", "value = 'from the archive'")
        self.check(["app.zip"], "__main__ ['app.zip']\nfrom the archive\n")

    def test_folder_without_main(self):
        os.mkdir(os.path.join(self.folder, "empty"))
        done = self.run_python("empty")
        self.assertEqual(done.err, f"{sys.executable}: can't find '__main__' module in '{self.folder}/empty'\n")
        self.assertEqual(done.returncode, 1)

    def test_version(self):
        done = self.run_python("--version")
        self.assertTrue(done.out.startswith("Python 3.11."), done.out)
        self.assertEqual(self.run_python("-V").out, done.out)

    def test_unknown_option(self):
        done = self.run_python("-Y")
        self.assertTrue(done.err.startswith("Unknown option: -Y\nusage: "), done.err)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.run_python("-c").returncode, 2)
        self.assertIn("Argument expected for the -c option", self.run_python("-c").err)


class Options(ShellTest):
    def test_optimisation(self):
        program = "assert False\ndef f():\n  'doc'\nprint(__debug__, f.__doc__)"
        self.assertEqual(self.run_python("-c", program).returncode, 1)
        self.check(["-O", "-c", program], "False doc\n")
        self.check(["-OO", "-c", program], "False None\n")
        self.check(["-c", program], "False None\n", env={"PYTHONOPTIMIZE": "2"})

    def test_isolation(self):
        program = "import sys; print(sys.flags.isolated, sys.flags.ignore_environment, sys.flags.no_user_site, sys.flags.safe_path)"
        self.check(["-I", "-c", program], "1 1 1 True\n")
        self.check(["-E", "-c", program], "0 1 0 False\n")
        self.check(["-P", "-c", program], "0 0 0 True\n")

    def test_no_site(self):
        self.check(["-S", "-c", "import sys; print('site' in sys.modules, sys.flags.no_site)"], "False 1\n")

    def test_path_from_the_environment(self):
        self.write("extra/additional.py", "value = 5")
        extra = os.path.join(self.folder, "extra")
        self.check(["-c", "import additional; print(additional.value)"], "5\n", env={"PYTHONPATH": extra})
        done = self.run_python("-E", "-c", "import additional", env={"PYTHONPATH": extra})
        self.assertIn("ModuleNotFoundError: No module named 'additional'", done.err)

    def test_warnings(self):
        program = "import warnings; warnings.warn('careful'); print('on')"
        done = self.run_python("-c", program)
        self.assertEqual((done.out, done.err), ("on\n", "<string>:1: UserWarning: careful\n"))
        self.check(["-W", "ignore", "-c", program], "on\n")
        done = self.run_python("-W", "error", "-c", program)
        self.assertTrue(done.err.endswith("UserWarning: careful\n") and done.returncode == 1)
        self.check(["-c", program], "on\n", env={"PYTHONWARNINGS": "ignore"})

    def test_no_bytecode(self):
        self.write("module.py", "value = 1")
        self.check(["-B", "-c", "import module, sys; print(sys.dont_write_bytecode)"], "True\n")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "__pycache__")))
        self.check(["-c", "import module"])
        self.assertEqual(len(os.listdir(os.path.join(self.folder, "__pycache__"))), 1)

    def test_unbuffered(self):
        self.check(["-u", "-c", "import sys, os; sys.stdout.write('kept'); sys.stdout.flush(); os._exit(0)"], "kept")

    def test_extra(self):
        self.check(["-X", "utf8", "-X", "name=value", "-c", "import sys; print(sys._xoptions['name'], sys.flags.utf8_mode)"],
                   "value 1\n")

    def test_bytes_warning(self):
        done = self.run_python("-bb", "-c", "str(b'x')")
        self.assertIn("BytesWarning: str() on a bytes instance", done.err)

    def test_hash_seed(self):
        program = "print(hash('text'), hash(b'x'))"
        first = self.run_python("-c", program, env={"PYTHONHASHSEED": "1"}).out
        self.assertEqual(self.run_python("-c", program, env={"PYTHONHASHSEED": "1"}).out, first)
        self.assertNotEqual(self.run_python("-c", program, env={"PYTHONHASHSEED": "2"}).out, first)

    def test_first_line_skipped(self):
        self.write("script", "rem this is no Python\nprint('second')\n")
        self.check(["-x", "script"], "second\n")

    def test_inspect_afterwards(self):
        done = self.run_python("-i", "-c", "x = 41", stdin=b"print(x + 1)\n")
        self.assertEqual(done.out, "42\n")
        self.assertEqual(done.returncode, 0)


class ExitStatus(ShellTest):
    def test_values(self):
        for argument, status, err in (("", 0, ""), ("None", 0, ""), ("3", 3, ""), ("0", 0, ""), ("'gone'", 1, "gone\n"),
                                      ("256 + 7", 7, ""), ("-1", 255, ""), ("(1, 2)", 1, "(1, 2)\n"), ("2.5", 1, "2.5\n")):
            with self.subTest(argument=argument):
                self.check(["-c", f"import sys; sys.exit({argument})"], "", err, status)

    def test_raise_system_exit(self):
        self.check(["-c", "raise SystemExit(4)"], status=4)
        self.check(["-c", "raise SystemExit"], status=0)

    def test_uncaught(self):
        self.check(["-c", "1/0"], "", 'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
                   "ZeroDivisionError: division by zero\n", 1)

    def test_exit_functions(self):
        self.check(["-c", "import atexit; atexit.register(print, 'last'); print('first')"], "first\nlast\n")
        self.check(["-c", "import atexit; atexit.register(print, 'last'); 1/0"], "last\n",
                   'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
                   "ZeroDivisionError: division by zero\n", 1)

    def test_output_is_flushed(self):
        self.check(["-c", "import sys; sys.stdout.write('no newline'); sys.stderr.write('error')"], "no newline", "error")

    def test_objects_die_at_exit(self):
        self.check(["-c", "class C:\n  def __del__(self): print('gone')\nc = C()\nprint('end')"], "end\ngone\n")

    def test_threads_are_waited_for(self):
        self.check(["-c", "import threading, time\nthreading.Thread(target=lambda: (time.sleep(.1), print('thread'))).start()\n"
                    "print('main')"], "main\nthread\n")


class Prompt(ShellTest):
    """The interactive loop, fed from a pipe with -i: prompts go to stderr."""

    def interact(self, text):
        done = self.run_python("-i", "-q", stdin=text.encode())
        self.assertEqual(done.returncode, 0)
        return done.out, done.err.replace(">>> ", "").replace("... ", "").strip()

    def test_expressions_are_shown(self):
        self.assertEqual(self.interact("1 + 1\nNone\n'text'\n"), ("2\n'text'\n", ""))

    def test_underscore(self):
        self.assertEqual(self.interact("6 * 7\n_ + 1\n"), ("42\n43\n", ""))

    def test_blocks(self):
        self.assertEqual(self.interact("for i in range(2):\n  i\n\nprint('after')\n"), ("0\n1\nafter\n", ""))
        self.assertEqual(self.interact("(1 +\n2)\n"), ("3\n", ""))

    def test_errors_do_not_end_it(self):
        out, err = self.interact("1/0\nx = \nprint('alive')\n")
        self.assertEqual(out, "alive\n")
        self.assertIn('  File "<stdin>", line 1, in <module>\nZeroDivisionError: division by zero', err)
        self.assertIn("SyntaxError: invalid syntax", err)

    def test_display_hook(self):
        self.assertEqual(self.interact("import sys\nsys.displayhook = lambda x: print('shown', x)\n5\n"), ("shown 5\n", ""))

    def test_exit(self):
        done = self.run_python("-i", "-q", stdin=b"import sys\nsys.exit(3)\nprint('never')\n")
        self.assertEqual((done.out, done.returncode), ("", 3))


if __name__ == "__main__":
    unittest.main()
