"""Finds which test of a module leaves references behind, and what is left.

    build/refs/adder tools/find_leaks.py test.test_list [PATTERN]

Needs a build that counts references (cmake --preset dev -B build/refs -DADDER_COUNT_REFS=ON). Each test runs a few times to fill
caches and then again: what grows each time is a leak. Prints the growth of references and blocks, and the types of the objects
that came and did not go.
"""

import collections
import fnmatch
import gc
import importlib
import io
import sys
import unittest
import warnings

ROUNDS = 3


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def run(test):
    result = unittest.TestResult()
    saved = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = io.StringIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            unittest.TestSuite([test]).run(result)
    finally:
        sys.stdout, sys.stderr = saved


def again(test):
    """A test that can run anew: a case is taken apart after its run."""
    return test.__class__(test._testMethodName) if hasattr(test, test._testMethodName) else test


def settle():
    sys._clear_type_cache()
    for _ in range(3):
        gc.collect()


def main():
    if not hasattr(sys, "gettotalrefcount"):
        sys.exit("find_leaks: this build does not count references; see the head of this file")
    module = importlib.import_module(sys.argv[1])
    pattern = sys.argv[2] if len(sys.argv) > 2 else "*"
    for test in tests_of(unittest.defaultTestLoader.loadTestsFromModule(module)):
        if not fnmatch.fnmatch(test.id(), f"*{pattern}*"):
            continue
        for _ in range(ROUNDS):
            run(again(test))
        settle()
        known = {id(o) for o in sys._getobjects()}
        references, blocks = sys.gettotalrefcount(), sys.getallocatedblocks()
        for _ in range(ROUNDS):
            run(again(test))
        settle()
        references = sys.gettotalrefcount() - references
        blocks = sys.getallocatedblocks() - blocks
        if references < ROUNDS and blocks < ROUNDS:
            continue
        left = [o for o in sys._getobjects() if id(o) not in known and o is not known]
        kinds = collections.Counter(type(o).__qualname__ for o in left)
        print(f"{test.id()}: {references} references, {blocks} blocks in {ROUNDS} rounds; {dict(kinds.most_common(6))}")
        del left, kinds


main()
