"""Runs the project's tests and closes with a line 'N passed, N failed, N skipped'.

    python3.11 tools/run_tests.py [--build DIR] [--only PART]… [--no-reference] [NAME…]

Parts:
    cpp          GoogleTest binaries of the build
    python       tests/**/test_*.py, unittest files; under Adder and, to prove the test itself, under python3.11
    language     the programs of tests/language print under Adder what they print under python3.11
    examples     print under Adder what they print under python3.11
    conformance  the modules of CPython's own suite that tests/cpython/quick.txt lists

A word on one of the first ten lines of a Python test changes where it runs:
    # requires: numpy     the reference must have NumPy 2.3 ($ADDER_REFERENCE_NUMPY, or tools/setup_reference.sh)
    # adder-only: REASON  no reference run
    # unlimited: REASON   as much address space as it likes

NAME (part of a path) picks some of the Python tests.
"""

import argparse
import concurrent.futures
import glob
import hashlib
import os
import re
import subprocess
import sys

import conformance
import run_examples
import run_programs

ROOT = conformance.ROOT
REFERENCE = run_examples.REFERENCE
OUTPUT = os.path.join(ROOT, "build", "test-results")
PARTS = ["cpp", "language", "python", "examples", "conformance"]
LIMIT = 300


class Tally:
    """What all parts together came to."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def report(name, passed, failed, skipped, note=""):
    print(f"{name:<52} {passed:>5} passed {failed:>4} failed {skipped:>4} skipped" + (f"  {note}" if note else ""),
          flush=True)


# ------------------------------------------------------------------ C++

def run_gtest(binary, tally):
    try:
        done = subprocess.run([binary, "--gtest_color=no"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=ROOT, timeout=LIMIT)
        output, status = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b"").decode("utf-8", "replace"), -1
    passed = len(re.findall(r"^\[       OK \]", output, re.M))
    failed = set(re.findall(r"^\[  FAILED  \] (\S+\.\S+)(?: \(\d+ ms\))?$", output, re.M))
    skipped = len(re.findall(r"^\[  SKIPPED \] \S+ \(", output, re.M))
    begun = re.findall(r"^\[ RUN      \] (\S+)", output, re.M)
    lost = 0
    if status != 0 and not failed:
        lost = 1
        print(output[-3000:])
        print(f"{binary}: ended with status {status}" + (f" in {begun[-1]}" if begun else ""))
    elif failed:
        print(output[-6000:])
    report(os.path.relpath(binary, ROOT), passed, len(failed) + lost, skipped)
    tally.add(passed, len(failed) + lost, skipped)


# ------------------------------------------------------------------ Python

class PythonTest:
    """A file of unittest cases of our own, and what its first lines ask for."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.relpath(path, ROOT)
        with open(path, "rb") as file:
            content = file.read()
        head = b"\n".join(content.split(b"\n")[:10]).decode("utf-8", "replace")
        self.digest = hashlib.sha256(content).hexdigest()
        self.numpy = "# requires: numpy" in head
        self.adder_only = "# adder-only" in head
        self.unlimited = "# unlimited: " in head

    def slug(self):
        return self.name.replace(os.sep, ".").removesuffix(".py")


def numpy_reference():
    """An interpreter of 3.11 with the pinned NumPy, or None."""
    for python in (os.environ.get("ADDER_REFERENCE_NUMPY"), os.path.join(ROOT, "build", "reference", "bin", "python")):
        if python and os.access(python, os.X_OK):
            check = "import numpy, sys; sys.exit(not numpy.__version__.startswith('2.3.'))"
            if subprocess.run([python, "-c", check], stderr=subprocess.DEVNULL).returncode == 0:
                return python
    return None


def settings(python, memory):
    return argparse.Namespace(python=python, limit=LIMIT, memory=memory, match=None)


def run_python_test(test, options):
    """Returns the outcome under Adder and a list of what the reference says against the test."""
    memory = 0 if test.unlimited else options.memory
    outcome = conformance.run_module(test.path, settings(options.adder, memory), OUTPUT, test.slug())
    return outcome, *prove(test, options)


def prove(test, options):
    """Runs the test under the reference unless it has passed there unchanged. Returns trouble and whether it ran."""
    reference = options.numpy_reference if test.numpy else REFERENCE
    if test.adder_only or options.no_reference or not reference or not os.access(reference, os.X_OK):
        return [], False
    stamp = os.path.join(OUTPUT, "proven", f"{test.slug()}-{test.digest[:20]}")
    if os.path.exists(stamp):
        return [], True
    outcome = conformance.run_module(test.path, settings(reference, 0), os.path.join(OUTPUT, "reference"), test.slug())
    trouble = [f"{name}: {case.reason}" for name, case in outcome.cases.items() if case.outcome in ("fail", "error")]
    if outcome.trouble:
        trouble.append(outcome.trouble)
    if not trouble:
        os.makedirs(os.path.dirname(stamp), exist_ok=True)
        open(stamp, "w").close()
    return trouble, True


def run_python_tests(options, tally):
    paths = sorted(glob.glob(os.path.join(ROOT, "tests", "**", "test_*.py"), recursive=True))
    tests = [PythonTest(path) for path in paths
             if not options.names or any(name in os.path.relpath(path, ROOT) for name in options.names)]
    if any("capi" in test.name for test in tests):
        # Compiled beforehand, so that what the C API's tests say is about the C API.
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "capi", "extensions.py")],
                       stdout=subprocess.DEVNULL)
    options.numpy_reference = numpy_reference() if any(test.numpy for test in tests) else None
    unproven = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for test, (outcome, objections, proven) in zip(tests, pool.map(lambda t: run_python_test(t, options), tests)):
            failed = outcome.failed
            lines = [f"    {case.outcome.upper()} {name}: {case.reason}" for name, case in outcome.cases.items()
                     if case.outcome in ("fail", "error")]
            if outcome.trouble:
                lines.append(f"    {outcome.trouble}")
                failed = failed or 1
            lines += [f"    REFERENCE DISAGREES {objection}" for objection in objections]
            unproven += test.numpy and not proven
            report(test.name, outcome.passed, failed + len(objections), outcome.skipped)
            if lines:
                print("\n".join(lines), f"\n    log: {os.path.relpath(OUTPUT, ROOT)}/{test.slug()}.log")
            tally.add(outcome.passed, failed + len(objections), outcome.skipped)
    if unproven and not options.no_reference:
        print(f"({unproven} tests want NumPy 2.3 as reference, which is not here: run tools/setup_reference.sh)")


# ------------------------------------------------------------------ examples and CPython's suite

def run_example_tests(options, tally):
    run_examples.make_data()
    have_numpy = run_examples.can_import(REFERENCE, "numpy")
    for example in run_examples.EXAMPLES:
        script = os.path.join("examples", example)
        reference = REFERENCE
        if example == "heat.py" and not have_numpy:
            reference = numpy_reference()
        if not reference or not os.access(reference, os.X_OK):
            report(script, 0, 0, 1, "no reference to compare with")
            tally.add(0, 0, 1)
            continue
        status, output, _ = run_examples.run(options.adder, script)
        expected_status, expected, _ = run_examples.run(reference, script)
        good = status == expected_status == 0 and output == expected
        report(script, int(good), int(not good), 0)
        if not good:
            print(f"    exit status {status}, output:\n{output[-2000:]}\n    expected:\n{expected[-2000:]}")
        tally.add(int(good), int(not good), 0)


def run_conformance(options, tally):
    modules = conformance.read_list(os.path.join(conformance.EXPECTED, "quick.txt"))
    chosen = conformance.parse_options(["--python", options.adder, "--jobs", str(options.jobs),
                                        "--memory", str(options.memory)])
    known = 0
    for outcome in conformance.run_modules(modules, chosen).values():
        lost = sum(1 for _ in outcome.lost())
        unlisted = outcome.unlisted()
        for name in unlisted:
            case = outcome.cases.get(name)
            print(f"    FAILED {name}: {case.reason if case else outcome.trouble}")
        known += max(0, outcome.failed - lost - len(unlisted))
        tally.add(outcome.passed, lost + len(unlisted), outcome.skipped)
    if known:
        print(f"({known} cases that are listed as not passing yet, with a reason, are counted as skipped)")
        tally.add(0, 0, known)


def main():
    parser = argparse.ArgumentParser(description="Runs the project's tests.")
    parser.add_argument("names", nargs="*", help="parts of paths of Python tests")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build folder to test")
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--no-reference", action="store_true", help="do not run tests under python3.11")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--memory", type=int, default=8, help="GiB of address space for a test; 0: no limit (asan)")
    options = parser.parse_args()
    options.adder = os.path.join(os.path.abspath(options.build), "adder")
    parts = options.only or (["python"] if options.names else PARTS)

    tally = Tally()
    if not os.access(options.adder, os.X_OK):
        print(f"{options.adder} is not there: build first")
        tally.add(0, 1, 0)
        parts = []
    if "cpp" in parts:
        for binary in ("array_tests", "runtime_tests"):
            path = os.path.join(options.build, binary)
            if os.access(path, os.X_OK):
                run_gtest(path, tally)
    if "language" in parts:
        passed, failed = run_programs.run_all(options.adder, jobs=options.jobs)
        report("tests/language", passed, failed, 0)
        tally.add(passed, failed, 0)
    if "python" in parts:
        run_python_tests(options, tally)
    if "examples" in parts:
        run_example_tests(options, tally)
    if "conformance" in parts:
        run_conformance(options, tally)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
