"""What the tests of packages with extension modules (test_ext_*.py) share: they use the distribution's packages, or are skipped."""

import importlib.util
import os
import unittest

os.environ["ADDER_NUMPY"] = "installed"  # which numpy Adder takes; nothing to other interpreters


class PackageTest(unittest.TestCase):
    """Cases that need the modules named in `needs`."""

    needs = ()

    @classmethod
    def setUpClass(cls):
        for name in cls.needs:
            try:
                found = importlib.util.find_spec(name) is not None
            except ImportError:  # the package that the module would be in
                found = False
            if not found:
                raise unittest.SkipTest(f"{name} is not installed")
