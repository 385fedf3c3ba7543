"""Installers see an interpreter that takes what is made for CPython 3.11: wheels, and requirements that name it."""

import importlib
import unittest


def copies(name):
    """The modules packaging.<name> that there are, pip's own among them."""
    for package in ("packaging", "pip._vendor.packaging", "wheel.vendored.packaging", "setuptools._vendor.packaging"):
        try:
            yield importlib.import_module(f"{package}.{name}")
        except (ImportError, AssertionError):  # setuptools minds when distutils was imported before it
            pass


class Installers(unittest.TestCase):
    def test_tags(self):
        for tags in copies("tags"):
            with self.subTest(tags.__name__):
                known = {(t.interpreter, t.abi) for t in tags.sys_tags()}
                self.assertLessEqual({("cp311", "cp311"), ("cp311", "abi3"), ("cp37", "abi3"), ("py3", "none")}, known)

    def test_markers(self):
        for markers in copies("markers"):
            with self.subTest(markers.__name__):
                self.assertTrue(markers.Marker("platform_python_implementation == 'CPython'").evaluate())
                self.assertFalse(markers.Marker("implementation_name == 'pypy'").evaluate())
                self.assertTrue(markers.Marker("python_version == '3.11' and sys_platform == 'linux'").evaluate())


if __name__ == "__main__":
    unittest.main()
