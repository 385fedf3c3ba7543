"""Records what NumPy 2.3 gives for the expressions in tests/numpy/cases/*.txt.

    build/reference/bin/python tools/record_array_cases.py     (tools/setup_reference.sh makes that interpreter)
"""

import glob
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "numpy"))

import numpy as np

import describe


def main():
    if not np.__version__.startswith("2.3."):
        sys.exit(f"this is NumPy {np.__version__}; the pinned one is 2.3")
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "numpy", "cases", "*.txt"))):
        recorded = {}
        for setup, expression, _ in describe.read_cases(path):
            recorded["; ".join(setup + [expression])] = describe.evaluate(np, setup, expression)
        with open(path[:-4] + ".json", "w", encoding="utf-8") as file:
            lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in recorded.items()]
            file.write("{\n" + ",\n".join(lines) + "\n}\n")
        errors = [key for key, value in recorded.items() if value["kind"] == "error"]
        print(f"{os.path.basename(path)}: {len(recorded)} expressions, {len(errors)} of them errors")


if __name__ == "__main__":
    main()
