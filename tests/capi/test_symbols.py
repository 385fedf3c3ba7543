"""What extension modules import from the executable is there: the 796 names that 344 modules of Debian 12 import (symbols.tsv)."""

import ctypes
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def rows():
    with open(os.path.join(HERE, "symbols.tsv"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                name, modules, left_out = line.rstrip("\n").split("\t")
                yield name, int(modules), left_out


class Symbols(unittest.TestCase):
    def test_each_is_exported_or_left_out_with_a_reason(self):
        here = ctypes.CDLL(None)
        missing = [name for name, _, left_out in rows() if not left_out and not hasattr(here, name)]
        self.assertEqual(missing, [])

    @unittest.skipUnless(sys.implementation.name == "adder", "about Adder's own list")
    def test_what_is_left_out_is_not_there(self):
        here = ctypes.CDLL(None)
        self.assertEqual([name for name, _, left_out in rows() if left_out and hasattr(here, name)], [])

    def test_number(self):
        self.assertEqual(len(list(rows())), 796)


if __name__ == "__main__":
    unittest.main()
