"""Starts the interpreter that runs the tests, as a user would from a shell."""

import os
import subprocess
import sys
import tempfile
import unittest


class ShellTest(unittest.TestCase):
    """Gives each case an empty folder and ways to run programs in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        with open(path, "wb") as file:
            file.write(content)
        return path

    def run_python(self, *arguments, stdin=b"", env=None, timeout=60, **options):
        """A finished process, with stdout and stderr as text."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment.update(env or {})
        done = subprocess.run([sys.executable, *arguments], input=stdin, stdout=options.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, cwd=self.folder, env=environment, timeout=timeout, **options)
        done.out = (done.stdout or b"").decode("utf-8", "backslashreplace")
        done.err = done.stderr.decode("utf-8", "backslashreplace")
        return done

    def check(self, arguments, out="", err="", status=0, **options):
        """Runs and compares all that a user sees."""
        done = self.run_python(*arguments, **options)
        self.assertEqual((done.out, done.err, done.returncode), (out, err, status))
        return done
