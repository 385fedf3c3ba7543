"""Runs programs and test suites of third-party packages as the distribution installs them.

`make packages` installs them, and fetches into build/packages the sources of those whose own tests the distribution leaves
out. A test skips where what it needs is absent.
"""

import importlib.util
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = os.path.join(ROOT, "build", "packages")
sys.path.insert(0, os.path.join(ROOT, "tests", "shell"))
from running import ShellTest  # noqa: E402

# What these packages use if it is there. Both interpreters do without, whichever version is installed.
COMPANIONS = ["numpy", "scipy", "pandas", "matplotlib", "gmpy2", "lxml", "pydot", "pygraphviz"]


class PackageTest(ShellTest):
    package = ""  # its name in an import statement
    debian = ""   # the package of the distribution that holds it

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if importlib.util.find_spec(cls.package) is None:
            raise unittest.SkipTest(f"{cls.package} is not installed: make packages, or apt-get install {cls.debian}")

    def setUp(self):
        super().setUp()
        for name in COMPANIONS:
            self.write(f"hidden/{name}.py", f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n")
        self.hidden = os.path.join(self.folder, "hidden")

    def run_program(self, program, *arguments, stdin=b"", **env):
        """What a program prints; it must end well."""
        self.write("program.py", program)
        done = self.run_python("program.py", *arguments, stdin=stdin, timeout=200,
                               env={"PYTHONPATH": self.hidden, "PYTHONIOENCODING": "utf-8", **env})
        self.assertEqual((done.err, done.returncode), ("", 0))
        return done.out

    def check_program(self, program, **env):
        """Compares what a program prints with expected/NAME.txt, which python3.11 writes if ADDER_RECORD is set."""
        out = self.run_program(program, **env).replace(self.folder, "").replace("\x1b", "\\e")
        path = os.path.join(os.path.dirname(__file__), "expected", f"{self.package}.txt")
        with open(path, "w+" if "ADDER_RECORD" in os.environ else "r", encoding="utf-8") as file:
            if file.writable():
                file.write(out)
                file.seek(0)
            self.assertEqual(out, file.read())

    def run_suite(self, folder, *arguments, least, path="", timeout=280):
        """Runs a package's own tests by pytest: none may fail, and at least so many must pass."""
        if importlib.util.find_spec("pytest") is None:
            self.skipTest("pytest is not installed: make packages, or apt-get install python3-pytest")
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("PYTHON") and not name.lower().endswith("_proxy")}
        environment.update(PYTHONPATH=os.pathsep.join(filter(None, [self.hidden, path])), PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                               "-o", "addopts=", "-o", "filterwarnings=", *arguments], cwd=folder, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:])
        passed = int(re.search(r"(\d+) passed", done.stdout.splitlines()[-1])[1])
        self.assertGreaterEqual(passed, least, done.stdout[-500:])

    def source(self, name):
        """The unpacked source of a package, with its tests."""
        for found in sorted(os.listdir(SOURCES)) if os.path.isdir(SOURCES) else ():
            if found.lower().startswith(name + "-") and os.path.isdir(os.path.join(SOURCES, found)):
                return os.path.join(SOURCES, found)
        self.skipTest(f"the source of {name} is not in build/packages: make packages")

    def installed(self):
        """The folder that the package was installed into; its own tests are in it, and run where the others' do."""
        if not os.path.isdir(SOURCES):
            self.skipTest("long: runs where build/packages is: make packages")
        return os.path.dirname(importlib.util.find_spec(self.package).submodule_search_locations[0])
