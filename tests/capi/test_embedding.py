"""Programs written for libpython3.11 link libadder and run alike; setuptools builds extension modules."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = sys.implementation.name == "adder"
BUILD = os.path.dirname(os.path.realpath(sys.executable))


def run(*command, **keywords):
    done = subprocess.run(command, capture_output=True, text=True, **keywords)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def flags():
    if OURS:
        config = os.path.join(BUILD, "adder-config")
        return run(config, "--cflags", "--ldflags", "--embed").stdout.split()
    return run("/usr/bin/python3.11-config", "--includes", "--ldflags", "--embed").stdout.split()


@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class Embedding(unittest.TestCase):
    @unittest.skipUnless(not OURS or os.path.exists(os.path.join(BUILD, "libadder.so")), "libadder is not built")
    def test_program(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "simple")
            run("cc", os.path.join(HERE, "embed", "simple.c"), "-o", program, *flags())
            done = run(program, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.stdout.splitlines(), [
            "['script', 'wörd'] 45", "embedding-ä 1", "{'ours': '1'}", "command ['program', 'a', 'b'] 1"])
        self.assertIn("ZeroDivisionError: division by zero", done.stderr)


    @unittest.skipUnless(not OURS or os.path.exists(os.path.join(BUILD, "libadder.so")), "libadder is not built")
    def test_builtin_modules_and_several_interpreters(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "several")
            run("cc", os.path.join(HERE, "embed", "several.c"), "-o", program, *flags())
            done = run(program, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.stdout.splitlines(), ["1 2 phases single built-in True", "1 False False", "3 first", "second ends", "1.5", "2"])
        self.assertEqual(done.stderr, "")


@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class Building(unittest.TestCase):
    def test_names_and_headers(self):
        self.assertEqual(sysconfig.get_config_var("EXT_SUFFIX"), ".cpython-311-x86_64-linux-gnu.so")
        self.assertTrue(os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))

    def test_setuptools(self):
        try:
            import setuptools  # noqa: F401
        except ImportError:
            self.skipTest("no setuptools")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(HERE, "ext", "buffers.c"), folder)
            with open(os.path.join(folder, "setup.py"), "w") as file:
                file.write("from setuptools import Extension, setup\n"
                           "setup(name='sample', version='1', ext_modules=[Extension('buffers', ['buffers.c'])], py_modules=[])\n")
            run(sys.executable, "setup.py", "-q", "build_ext", "--inplace", cwd=folder)
            done = run(sys.executable, "-c", "import buffers; print(buffers.sum_bytes(b'abc'), buffers.__file__)", cwd=folder)
        self.assertTrue(done.stdout.startswith("294 "), done.stdout)
        self.assertTrue(done.stdout.rstrip().endswith("buffers.cpython-311-x86_64-linux-gnu.so"), done.stdout)


if __name__ == "__main__":
    unittest.main()
