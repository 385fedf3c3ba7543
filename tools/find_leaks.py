"""Finds which test of a module leaves references behind, and what is left.

    build/refs/adder tools/find_leaks.py test.test_list [PATTERN]

Needs a build that counts references (cmake --preset dev -B build/refs -DADDER_COUNT_REFS=ON). Each test runs a few times to fill
caches and then again: what grows each time is a leak, as `-m test -R` counts it. Prints the growth of references and blocks, and
the types of the objects that came and did not go.
"""

import collections
import doctest
import fnmatch
import gc
import importlib
import io
import sys
import unittest
import warnings
from test.libregrtest.utils import clear_caches

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
    if isinstance(test, doctest.DocTestCase) or not hasattr(test, test._testMethodName):
        return test
    return test.__class__(test._testMethodName)


def settle(finders):
    sys.path_importer_cache.clear()
    sys.path_importer_cache.update(finders)
    clear_caches()
    sys._clear_type_cache()
    for _ in range(3):
        gc.collect()


def growth(test, finders):
    """What each of ROUNDS runs adds: references, blocks."""
    references, blocks = [0] * (ROUNDS + 1), [0] * (ROUNDS + 1)  # made before anything is counted
    for i in range(ROUNDS + 1):
        if i:
            run(again(test))
        settle(finders)
        references[i], blocks[i] = sys.gettotalrefcount(), sys.getallocatedblocks()
    return [[new - old for old, new in zip(counts, counts[1:])] for counts in (references, blocks)]


def left_behind(test, finders):
    known = {id(o) for o in sys._getobjects()}
    for _ in range(ROUNDS):
        run(again(test))
    settle(finders)
    kinds = collections.Counter(type(o).__qualname__ for o in sys._getobjects() if id(o) not in known and o is not known)
    return dict(kinds.most_common(6))


def main():
    if not hasattr(sys, "gettotalrefcount"):
        sys.exit("find_leaks: this build does not count references; see the head of this file")
    module = importlib.import_module(sys.argv[1])
    pattern = sys.argv[2] if len(sys.argv) > 2 else "*"
    finders = sys.path_importer_cache.copy()
    for test in tests_of(unittest.defaultTestLoader.loadTestsFromModule(module)):
        if not fnmatch.fnmatch(test.id(), f"*{pattern}*"):
            continue
        for _ in range(ROUNDS):
            run(again(test))
        references, blocks = growth(test, finders)
        if min(references) > 0 or min(blocks) > 0:
            print(f"{test.id()}: {references} references, {blocks} blocks; {left_behind(test, finders)}", flush=True)


main()
