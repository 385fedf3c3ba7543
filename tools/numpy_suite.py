"""Runs NumPy's own test suite over Adder's numpy and compares it, case by case, with what is expected to pass.

    python3.11 tools/numpy_suite.py [PACKAGE[/MODULE]…] [--update] [--python PATH] [--limit SECONDS] [--match PATTERN]

The suite is that of the reference's wheel (tools/setup_reference.sh), untouched; pytest and hypothesis are the distribution's.
Each module runs in a process of its own (tests/numpy_suite/run_numpy_module.py). What is expected stands in
tests/numpy_suite/PACKAGE/MODULE.txt, a line a case that passes under the reference:

    + ID                  passes; if it does not, this run fails
    + ID[*] COUNT         so do all of a function's COUNT cases
    - ID  # REASON        does not pass yet, or never will ("by design: …" is kept as written)
    - ID[*] COUNT  # …    none of its cases passes; the commonest reason

`--update` writes the files anew and runs the modules under the reference first if that has not been done (its results lie in
build/numpy_suite/reference/); a case with + stays even if it fails now. Logs and results of the last run lie in
build/numpy_suite/. Cases that pytest marks `slow` are left out.
"""

import argparse
import collections
import os
import sys

import conformance

ROOT = conformance.ROOT
EXPECTED = os.path.join(ROOT, "tests", "numpy_suite")
RUNNER = os.path.join(EXPECTED, "run_numpy_module.py")
OUTPUT = os.path.join(ROOT, "build", "numpy_suite")
REFERENCE = os.path.join(ROOT, "build", "reference")
SITE = os.path.join(REFERENCE, "lib", "python3.11", "site-packages")
PACKAGES = ["_core", "lib", "linalg", "fft", "random", "polynomial", "ma"]
# About compilers and the C API, or the wheel's own files: no cases of them count.
LEFT_OUT = {"_core/test_cython", "_core/test_limited_api", "_core/test_simd", "_core/test_simd_module", "_core/test_cpu_features",
            "_core/test_cpu_dispatcher", "random/test_extending"}
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "ADDER_NUMPY": "builtin", "PYTHONDONTWRITEBYTECODE": "1"}


def suite_modules():
    """PACKAGE/MODULE of every module of the suite."""
    for package in PACKAGES:
        for name in sorted(os.listdir(os.path.join(SITE, "numpy", package, "tests"))):
            if name.startswith("test_") and name.endswith(".py") and f"{package}/{name[:-3]}" not in LEFT_OUT:
                yield f"{package}/{name[:-3]}"


def expectation_path(module):
    return os.path.join(EXPECTED, module + ".txt")


def run(module, options, python, output):
    output = os.path.join(output, os.path.dirname(module))
    arguments = [argument for pattern in options.match or () for argument in ("--match", pattern)]
    outcome = conformance.run_runner(os.path.basename(module), options, output, [python, RUNNER, SITE, module], arguments, ENVIRONMENT)
    outcome.module = module
    return outcome


def reference_passes(module):
    """IDs of the cases that pass under the reference: from its last run, else from a new one."""
    results = os.path.join(OUTPUT, "reference", module + ".tsv")
    if os.path.exists(results):
        cases, _ = conformance.judge(conformance.read_results(results), "")
    else:
        every = argparse.Namespace(memory=0, limit=1800, match=None)
        cases = run(module, every, os.path.join(REFERENCE, "bin", "python"), os.path.join(OUTPUT, "reference")).cases
    return {name for name, case in cases.items() if case.outcome == "pass"}


# ------------------------------------------------------------------ expectation files

def function_of(case):
    return case.partition("[")[0]


class Expected:
    """What a module's file says: cases by mark; groups of a function's cases by mark, with their number."""

    def __init__(self, module):
        self.marks, self.groups = {}, {}
        try:
            with open(expectation_path(module), encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            lines = []
        for line in lines:
            name, _, reason = line[2:].partition("  # ")
            function, group, count = name.rpartition("[*] ")
            if group:
                self.groups[function] = (line[0], int(count), reason)
            elif line[0] in "+-":
                self.marks[name] = (line[0], reason)

    def mark(self, case):
        if case in self.marks:
            return self.marks[case]
        mark, _, reason = self.groups.get(function_of(case), ("", 0, ""))
        return mark, reason

    def counts(self):
        """How many pass, of how many."""
        count = collections.Counter(mark for mark, _ in self.marks.values())
        for mark, cases, _ in self.groups.values():
            count[mark] += cases
        return count["+"], count["+"] + count["-"]

    def lost(self, outcome):
        """Cases that are expected to pass and did not: name and reason."""
        trouble = outcome.trouble or "did not run"
        passing, failing = collections.Counter(), {}
        for name, case in outcome.cases.items():
            if case.outcome == "pass":
                passing[function_of(name)] += 1
            else:
                failing.setdefault(function_of(name), case.reason)
        for name, (mark, _) in self.marks.items():
            case = outcome.cases.get(name)
            if mark == "+" and (case is None or case.outcome != "pass"):
                yield name, trouble if case is None else case.reason or case.outcome
        for function, (mark, count, _) in self.groups.items():
            if mark == "+" and passing[function] < count:
                yield f"{function}[*] ({passing[function]} of {count})", failing.get(function, trouble)


def write_expectations(module, outcome, passing):
    """A line for each case of `passing`, those that the reference passes; one for all of a function that fare alike."""
    before = Expected(module)
    functions = collections.defaultdict(list)
    for name in passing:
        case = outcome.cases.get(name) or conformance.Case("error", "module: " + outcome.trouble if outcome.trouble else "no such case here")
        mark, reason = before.mark(name)
        if mark != "+" and case.outcome != "pass":
            kept = reason.startswith(conformance.KEPT_REASON)
            entry = ("-", reason if kept else conformance.lasting(case.reason) or case.outcome)
        else:
            entry = ("+", "")
        functions[function_of(name)].append((name, *entry))
    lines = []
    for function, cases in functions.items():
        marks = {mark for _, mark, _ in cases}
        if len(cases) > 1 and len(marks) == 1:
            mark, = marks
            reason = collections.Counter(reason for _, _, reason in sorted(cases)).most_common(1)[0][0]
            lines.append(line(mark, f"{function}[*] {len(cases)}", reason))
        else:
            lines += [line(mark, name, reason) for name, mark, reason in cases]
    path = expectation_path(module)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(sorted(lines, key=lambda text: text[2:]))


def line(mark, name, reason):
    return f"{mark} {name}  # {reason}\n" if reason else f"{mark} {name}\n"


# ------------------------------------------------------------------ all of it

def totals(show=print):
    """What the expectation files say of each package: NumPy's cases, and those that pass here."""
    sums = {package: [0, 0] for package in PACKAGES}
    for module in suite_modules():
        passed, cases = Expected(module).counts()
        row = sums[module.partition("/")[0]]
        row[0] += passed
        row[1] += cases
    sums["all"] = [sum(column) for column in zip(*sums.values())]
    show(f"\n{'package':<12} {'passed':>7} {'of':>7}")
    for package, (passed, cases) in sums.items():
        show(f"{package:<12} {passed:>7} {cases:>7}  {passed / cases:7.1%}" if cases else f"{package:<12} {passed:>7} {cases:>7}")


def parse_options():
    parser = argparse.ArgumentParser(description="NumPy's own test suite over Adder's numpy, case by case.")
    parser.add_argument("modules", nargs="*", help="such as lib or lib/test_io; all where none is named")
    parser.add_argument("--python", default=os.path.join(ROOT, "build", "adder"), help="the interpreter to test")
    parser.add_argument("--limit", type=int, default=900, help="seconds a module may take")
    parser.add_argument("--memory", type=int, default=12, help="GiB of address space a module may use; 0: no limit")
    parser.add_argument("--match", action="append", help="only cases whose name fits this pattern")
    parser.add_argument("--update", action="store_true", help="write the expectation files")
    parser.add_argument("--verbose", "-v", action="store_true", help="name every case that passes under the reference and not here")
    options = parser.parse_args()
    options.python = os.path.abspath(options.python)
    if options.update and options.match:
        parser.error("--update wants whole modules: leave --match out")
    return options


def main():
    options = parse_options()
    if not os.path.isdir(SITE):
        print("numpy_suite: tools/setup_reference.sh first, which fetches NumPy's wheel", file=sys.stderr)
        return 2
    every = list(suite_modules())
    modules = [m for m in every if not options.modules or m in options.modules or m.partition("/")[0] in options.modules]
    lost = 0
    for module in modules:
        passing = reference_passes(module) if options.update or options.verbose else ()
        outcome = run(module, options, options.python, OUTPUT)
        print(conformance.summary(outcome), flush=True)
        if options.verbose:
            for name in sorted(passing):
                case = outcome.cases.get(name)
                if case and case.outcome != "pass":
                    print(f"    {case.outcome} {name}: {case.reason}")
        if not options.match:
            for name, reason in Expected(module).lost(outcome):
                lost += 1
                print(f"    LOST {name}: {reason}")
        if options.update:
            write_expectations(module, outcome, passing)
    totals()
    if lost:
        print(f"\n{lost} cases that passed before do not pass now")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
