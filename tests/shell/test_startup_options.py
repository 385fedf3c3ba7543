"""Options and environment variables that the start looks at."""

import os
import subprocess
import sys
import unittest


def run(*arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}
    environment.update({"LANG": "C.UTF-8"}, **variables)
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, encoding="utf-8")


class StartupOptionTests(unittest.TestCase):
    def check(self, program, expected, *options, **variables):
        result = run(*options, "-c", f"import sys; print({program})", **variables)
        self.assertEqual((result.stdout.strip(), result.stderr, result.returncode), (expected, "", 0))

    def check_fatal(self, message, *options, **variables):
        result = run(*options, "-c", "pass", **variables)
        self.assertEqual((result.stderr.splitlines()[0], result.returncode), ("Fatal Python error: " + message, 1))

    def test_frozen_modules(self):
        self.check("sys.modules['os'].__spec__.origin", "frozen")
        self.check("sys.modules['os'].__spec__.origin.endswith('os.py')", "True", "-X", "frozen_modules=off")
        self.check_fatal('bad value for option -X frozen_modules (expected "on" or "off")', "-X", "frozen_modules=x")

    def test_utf8_mode(self):
        self.check("sys.flags.utf8_mode", "0")
        self.check("sys.flags.utf8_mode", "1", LC_ALL="C")
        self.check("sys.flags.utf8_mode", "1", "-X", "utf8", PYTHONUTF8="0")
        self.check("sys.flags.utf8_mode", "0", "-X", "utf8=0", PYTHONUTF8="1")
        self.check_fatal("preconfig_init_utf8_mode: invalid -X utf8 option value", "-X", "utf8=3")
        self.check_fatal("preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value", PYTHONUTF8="x")

    def test_c_locale_becomes_one_with_utf8(self):
        program = "__import__('os').environ.get('LC_CTYPE')"
        self.check(program, "C.UTF-8", LANG="C")
        self.check(program, "None", LANG="C", PYTHONCOERCECLOCALE="0")
        self.check(program, "None", LC_ALL="C")

    def test_digits_limit(self):
        self.check("(sys.flags.int_max_str_digits, sys.get_int_max_str_digits())", "(-1, 4300)")
        self.check("(sys.flags.int_max_str_digits, sys.get_int_max_str_digits())", "(6000, 6000)",
                   "-X", "int_max_str_digits=6000", PYTHONINTMAXSTRDIGITS="4000")
        self.check_fatal("config_init_int_max_str_digits: -X int_max_str_digits: invalid limit; must be >= 640 or 0 for unlimited.",
                         "-X", "int_max_str_digits")

    def test_pycache_prefix_without_value_undoes_the_variable(self):
        self.check("sys.pycache_prefix", "/x", PYTHONPYCACHEPREFIX="/x")
        self.check("sys.pycache_prefix", "None", "-X", "pycache_prefix", PYTHONPYCACHEPREFIX="/x")

    def test_random_hashes_in_spite_of_the_variable(self):
        self.check("sys.flags.hash_randomization", "0", PYTHONHASHSEED="0")
        self.check("sys.flags.hash_randomization", "1", "-R", PYTHONHASHSEED="0")

    def test_standard_streams(self):
        program = "' '.join((sys.stdin.encoding, sys.stdout.errors, sys.stderr.encoding, sys.stderr.errors))"
        self.check(program, "iso8859-1 strict iso8859-1 backslashreplace", PYTHONIOENCODING="latin1")
        self.check(program, "iso8859-1 strict iso8859-1 backslashreplace", PYTHONIOENCODING="latin1:")
        self.check(program, "utf-8 replace utf-8 backslashreplace", PYTHONIOENCODING=":replace")

    def test_help(self):
        for option, word in [("-h", "-E"), ("--help-env", "PYTHONPATH"), ("--help-xoptions", "-X dev"), ("--help-all", "-X utf8")]:
            result = run(option)
            self.assertIn(word, result.stdout)
            self.assertEqual(result.returncode, 0)

    def test_verbose_from_the_first_import(self):
        self.assertIn("import '_thread' # ", run("-v", "-c", "pass").stderr)

    def test_import_time(self):
        lines = run("-X", "importtime", "-c", "import colorsys").stderr.splitlines()
        self.assertEqual(lines[0], "import time: self [us] | cumulative | imported package")
        self.assertRegex(lines[-1], r"^import time: +\d+ \| +\d+ \| colorsys$")

    @unittest.skipUnless(sys.implementation.name == "adder", "Adder's own option")
    def test_stats(self):
        result = run("-X", "stats", "-c", "import gc; gc.collect(); print(1)")
        self.assertEqual((result.stdout, result.returncode), ("1\n", 0))
        self.assertRegex(result.stderr, r"(?m)^instructions")
        self.assertRegex(result.stderr, r"(?m)^  generation 2: [1-9]\d*, \d+, 0$")


if __name__ == "__main__":
    unittest.main()
