# requires: numpy
"""Expressions over arrays give what NumPy 2.3 gave: bits, dtype, shape, strides, flags, text, warnings, error text.

The expressions stand in cases/*.txt, what NumPy gave in cases/*.json; tools/record_array_cases.py makes the latter.
"""

import glob
import json
import os
import unittest

import numpy as np

import describe

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")


def make_case(setup, expression, ulp, expected):
    def case(self):
        if ulp is None:
            self.skipTest("of a dtype that is not there yet")
        found = describe.evaluate(np, setup, expression)
        differences = describe.differences(expected, found, ulp)
        if differences:
            self.fail("; ".join(differences) + f"\n{expression}\n[{'; '.join(setup)}]")
    return case


def make_class(path):
    with open(path[:-4] + ".json", encoding="utf-8") as file:
        recorded = json.load(file)
    members = {}
    for number, (setup, expression, ulp) in enumerate(describe.read_cases(path)):
        key = "; ".join(setup + [expression])
        if key not in recorded:
            raise KeyError(f"{key} is not recorded: run tools/record_array_cases.py")
        members[f"test_{number:03d} {expression}"] = make_case(setup, expression, ulp, recorded[key])
    return type(os.path.basename(path)[:-4].title(), (unittest.TestCase,), members)


for path in sorted(glob.glob(os.path.join(FOLDER, "*.txt"))):
    made = make_class(path)
    made.__module__ = __name__
    globals()[made.__name__] = made
del made

if __name__ == "__main__":
    unittest.main()
