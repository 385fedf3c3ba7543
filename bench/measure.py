"""What every benchmark program ends with: time the work, check the result, print one line for bench/run.py."""

import sys
from time import perf_counter


def size(standard, scale=None):
    """The program's size: its standard one, times the factor on the command line if there is one."""
    factor = float(sys.argv[1]) if len(sys.argv) > 1 else scale or 1.0
    return max(1, int(standard * factor))


def is_standard():
    """Whether results can be compared with the constants that a program knows for its standard size."""
    return len(sys.argv) < 2


def measure(name, work, *arguments):
    """Runs the work once, prints `name seconds`, returns the result for the caller to check."""
    begin = perf_counter()
    result = work(*arguments)
    seconds = perf_counter() - begin
    print(f"{name} {seconds:.6f}")
    return result
