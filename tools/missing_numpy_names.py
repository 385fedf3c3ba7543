"""Prints which of NumPy 2.3's public names are missing: of its main namespace, linalg, fft and random.

    build/adder tools/missing_numpy_names.py                        what stands and what is missing
    build/reference/bin/python tools/missing_numpy_names.py --record   writes tests/numpy/names.txt anew
"""

import importlib
import os
import sys

import numpy as np

NAMES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "numpy", "names.txt")
MODULES = ["numpy", "numpy.linalg", "numpy.fft", "numpy.random"]


def record():
    if not np.__version__.startswith("2.3."):
        sys.exit(f"this is NumPy {np.__version__}; the pinned one is 2.3")
    with open(NAMES, "w", encoding="utf-8") as file:
        for module in MODULES:
            for name in sorted(importlib.import_module(module).__all__):
                file.write(f"{module}.{name}\n")


def missing():
    """{module: (number of names, those missing)}."""
    found = {module: (0, []) for module in MODULES}
    with open(NAMES, encoding="utf-8") as file:
        for line in file:
            module, _, name = line.strip().rpartition(".")
            count, absent = found[module]
            try:
                getattr(importlib.import_module(module), name)
            except (AttributeError, ImportError):
                absent.append(name)
            found[module] = count + 1, absent
    return found


def main():
    if sys.argv[1:] == ["--record"]:
        return record()
    for module, (count, absent) in missing().items():
        print(f"{module}: {count - len(absent)} of {count}, {len(absent)} missing")
        if absent:
            print("   ", " ".join(absent))


if __name__ == "__main__":
    main()
