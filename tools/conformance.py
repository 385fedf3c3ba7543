"""Runs CPython's own test suite under Adder and compares it, case by case, with what is expected to pass.

    python3.11 tools/conformance.py [MODULE…] [--group NAME] [--update] [--python PATH] [--jobs N] [--limit SECONDS]

The suite is the package libpython3.11-testsuite, untouched. Each module runs in a process of its own
(tests/cpython/run_module.py) with a time limit. What is expected stands in tests/cpython/MODULE.txt, a line a case:

    + ID                  passes; if it does not, this run fails
    - ID  # REASON        does not pass yet, or never will ("by design: …" is kept as written)
    ~ ID  # REASON        the suite itself skips it here

`--update` writes the file anew; a line with + stays even if the case fails now: that is for a person to take back.
Logs and results of the last run lie in build/conformance/.
"""

import argparse
import collections
import os
import queue
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXPECTED = os.path.join(ROOT, "tests", "cpython")
RUNNER = os.path.join(EXPECTED, "run_module.py")
OUTPUT = os.path.join(ROOT, "build", "conformance")
IGNORED = {"test_socket": ["*VSOCK*"]}
VERBOSE = {"test_math"}  # has a case that only verbose mode runs
RESOURCES = {"test_curses": "curses"}  # a terminal is not needed: its cases make do with a file
ENVIRONMENT = {"test_curses": {"TERM": "xterm"}}
OPTIONS = {"test_buffer": ["-X", "numpy=installed"]}  # it compares with the buffers of the distribution's numpy
PACKAGES = {"test_zoneinfo": "tzdata==2020.1"}  # that its cases were written for; fetched from PyPI once; without the network those cases are skipped and not missed
FETCHED = os.path.join(ROOT, "build", "packages")
REFERENCE = "/usr/bin/python3.11"
OUTCOMES = {"pass": "+", "skip": "~", "fail": "-", "error": "-"}
KEPT_REASON = "by design:"

Group = collections.namedtuple("Group", "name cases skipped")
Case = collections.namedtuple("Case", "outcome reason")


# ------------------------------------------------------------------ data files

def read_groups():
    """Module → its group and how many cases python3.11 ran and skipped."""
    groups = {}
    with open(os.path.join(EXPECTED, "groups.tsv"), encoding="utf-8") as file:
        for line in file:
            if line.startswith(("#", "group\t")):
                continue
            name, module, cases, skipped = line.split()
            groups[module] = Group(name, int(cases), int(skipped))
    return groups


def expectation_path(module):
    return os.path.join(EXPECTED, module + ".txt")


def read_expectations(module):
    """Case → (mark, reason)."""
    expected = {}
    try:
        with open(expectation_path(module), encoding="utf-8") as file:
            for line in file:
                if line[0] in "+-~":
                    name, _, reason = line[2:].rstrip("\n").partition("  # ")
                    expected[name] = (line[0], reason)
    except FileNotFoundError:
        pass
    return expected


def lasting(reason):
    """A reason without what differs from run to run: addresses, places, process numbers."""
    reason = re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", reason)
    return re.sub(r"/(?:tmp|work|home|root)/[^\s'\"]*|test_adder_\d+\w*|@test_\d+\w*", "…", reason)


def write_expectations(module, cases):
    expected = read_expectations(module)
    if not cases and not expected:
        return
    for name, case in cases.items():
        mark, reason = expected.get(name, ("", ""))
        if mark == "+" or (reason.startswith(KEPT_REASON) and case.outcome != "pass"):
            continue
        expected[name] = (OUTCOMES[case.outcome], "" if case.outcome == "pass" else lasting(case.reason))
    path = expectation_path(module)
    with open(path + ".new", "w", encoding="utf-8") as file:
        for name in sorted(expected):
            mark, reason = expected[name]
            file.write(f"{mark} {name}  # {reason}\n" if mark != "+" else f"+ {name}\n")
    os.replace(path + ".new", path)


# ------------------------------------------------------------------ one module

class Outcome:
    """What running a module gave: its cases, and a word on how the process ended if not well."""

    def __init__(self, module, cases, trouble, seconds):
        self.module, self.cases, self.trouble, self.seconds = module, cases, trouble, seconds
        count = collections.Counter(case.outcome for case in cases.values())
        self.passed, self.skipped = count["pass"], count["skip"]
        self.failed = count["fail"] + count["error"]

    def lost(self):
        """Cases that are expected to pass and did not: name and reason."""
        for name, (mark, _) in sorted(read_expectations(self.module).items()):
            if mark == "+":
                case = self.cases.get(name)
                if case and case.outcome == "skip" and package_missing(self.module):
                    continue
                if case is None:
                    yield name, self.trouble or "did not run"
                elif case.outcome != "pass":
                    yield name, case.reason or case.outcome

    def unlisted(self):
        """Cases that do not pass and stand in no list; a module that did not get as far as its cases is one."""
        expected = read_expectations(self.module)
        names = [name for name, case in self.cases.items()
                 if case.outcome in ("fail", "error") and name not in expected]
        return names if names or expected or not self.trouble else [self.module]

    def gained(self):
        expected = read_expectations(self.module)
        return [name for name, case in self.cases.items()
                if case.outcome == "pass" and expected.get(name, ("-",))[0] != "+"]


def unescape(field):
    return field.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\\\\", "\\")


def read_results(path):
    """Events of the runner as lists of fields; an unfinished last line is left out."""
    try:
        with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
            return [line[:-1].split("\t") for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def judge(events, ended):
    """Cases by name, from the runner's events; `ended` says why the process ended early, or is empty."""
    cases, fixtures, listed, running = {}, [], [], None
    for event in events:
        kind = event[0]
        if kind == "case":
            listed.append(event[1])
        elif kind == "start":
            running = event[1]
        elif kind in OUTCOMES:
            cases[event[1]] = Case(kind, event[2])
            running = None
        elif kind == "fixture":
            fixtures.append(event[1:])
        elif kind == "module" and event[1] == "error" and not ended:
            ended = event[2]
    for name in listed:
        if name in cases:
            continue
        if name == running and ended:
            cases[name] = Case("error", ended)
            continue
        fixture = next((f for f in fixtures if covers(f[1], name)), None)
        if fixture:
            cases[name] = Case(fixture[0], fixture[2])
        elif ended:
            cases[name] = Case("error", f"not reached: {ended}" + (f" in {running}" if running else ""))
        else:
            cases[name] = Case("error", "not reached")
    for outcome, name, reason in fixtures:
        if name.startswith("tearDown") and outcome != "skip":
            cases[name] = Case(outcome, reason)
    if running and ended:
        ended += f" in {running}"
    return cases, ended


def covers(fixture, case):
    """Whether `setUpClass (test.test_x.Class)` is the fixture of test.test_x.Class.test_y."""
    kind, _, scope = fixture.partition(" (")
    return kind.startswith("setUp") and case.startswith(scope.rstrip(")") + ".")


def package_missing(module):
    return module in PACKAGES and not os.path.isdir(os.path.join(FETCHED, PACKAGES[module]))


def fetch_package(module):
    """What a module needs that the distribution does not have; in vain without the network."""
    if package_missing(module):
        target = os.path.join(FETCHED, PACKAGES[module])
        done = subprocess.run([REFERENCE, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target + ".new", PACKAGES[module]],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            os.rename(target + ".new", target)
        else:
            shutil.rmtree(target + ".new", ignore_errors=True)


def clean_environment():
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("PYTHON", "LC_")) and name != "LANGUAGE"}
    environment["LANG"] = "C.UTF-8"
    return environment


def run_module(module, options, output=OUTPUT, name=None):
    """Runs a module of the suite, or the file of that path; results and log go to the folder `output`."""
    fetch_package(module)
    arguments = []
    if module in VERBOSE:
        arguments += ["--verbose", "1"]
    for pattern in IGNORED.get(module, ()):
        arguments += ["--ignore", pattern]
    if module in RESOURCES:
        arguments += ["--resource", RESOURCES[module]]
    if module in PACKAGES and not package_missing(module):
        arguments += ["--path", os.path.join(FETCHED, PACKAGES[module])]
    for pattern in options.match or ():
        arguments += ["--match", pattern]
    return run_runner(name or module, options, output, [options.python, *OPTIONS.get(module, ()), RUNNER, module], arguments,
                      ENVIRONMENT.get(module, {}))


def run_runner(name, options, output, command, arguments, environment):
    """Runs `command RESULTS arguments` in a process of its own within the limits, and reads what it wrote."""
    os.makedirs(output, exist_ok=True)
    results = os.path.join(output, name + ".tsv")
    log = os.path.join(output, name + ".log")
    if os.path.exists(results):
        os.remove(results)
    place = tempfile.mkdtemp(prefix="adder-conformance-")

    def prepare():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if options.memory:
            resource.setrlimit(resource.RLIMIT_AS, (options.memory << 30, options.memory << 30))

    begin = time.monotonic()
    ended = ""
    try:
        with open(log, "wb") as file:
            process = subprocess.Popen([*command, results, *arguments], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                       cwd=place, env=clean_environment() | environment, preexec_fn=prepare,
                                       start_new_session=True)
            try:
                status = process.wait(options.limit)
            except subprocess.TimeoutExpired:
                status = None
                ended = f"time limit of {options.limit} s"
            finally:
                stop_group(process)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    events = read_results(results)
    if status is not None and status < 0:
        ended = f"crash: {signal.Signals(-status).name}"
    elif not ended and not (events and events[-1][0] == "end"):
        ended = f"exit status {status}{last_line(log)}"
    cases, ended = judge(events, ended)
    return Outcome(name, cases, ended, time.monotonic() - begin)


def stop_group(process):
    """Ends the module's process and whatever it left running."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def last_line(log):
    with open(log, "rb") as file:
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1][:160]}" if lines else ""


# ------------------------------------------------------------------ many modules

def run_modules(modules, options, show=print):
    """Runs `options.jobs` modules at a time, longest first where known; yields nothing, returns all outcomes."""
    os.makedirs(OUTPUT, exist_ok=True)
    waiting = queue.SimpleQueue()
    for module in modules:
        waiting.put(module)
    outcomes, lock = {}, threading.Lock()

    def work():
        while True:
            try:
                module = waiting.get_nowait()
            except queue.Empty:
                return
            outcome = run_module(module, options)
            with lock:
                outcomes[module] = outcome
                describe(outcome, options, show)

    threads = [threading.Thread(target=work) for _ in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def summary(outcome):
    line = f"{outcome.module:<32} {outcome.passed:>5} passed {outcome.failed:>5} failed {outcome.skipped:>4} skipped"
    return f"{line}  {outcome.seconds:6.1f} s" + (f"  [{outcome.trouble}]" if outcome.trouble else "")


def describe(outcome, options, show):
    show(summary(outcome))
    if options.verbose:
        for name, case in outcome.cases.items():
            if case.outcome in ("fail", "error"):
                show(f"    {case.outcome} {name}: {case.reason}")
    if not options.match:
        for name, reason in outcome.lost():
            show(f"    LOST {name}: {reason}")


def totals(outcomes, groups, show=print):
    show("")
    show(f"{'group':<14} {'modules':>7} {'cases':>7} {'passed':>7} {'failed':>7} {'skipped':>7}  {'of all':>7}")
    rows = collections.OrderedDict()
    for module, outcome in outcomes.items():
        group = groups.get(module, Group("other", 0, 0))
        row = rows.setdefault(group.name, [0] * 5)
        for i, figure in enumerate((1, group.cases, outcome.passed, outcome.failed, outcome.skipped)):
            row[i] += figure
    order = ["core", "library", "extension", "cpython-only", "other"]
    for name in sorted(rows, key=order.index):
        show_row(name, rows[name], show)
    if len(rows) > 1:
        show_row("all", [sum(column) for column in zip(*rows.values())], show)


def show_row(name, row, show):
    modules, cases, passed, failed, skipped = row
    share = f"{passed / cases:7.1%}" if cases else "      -"
    show(f"{name:<14} {modules:>7} {cases:>7} {passed:>7} {failed:>7} {skipped:>7}  {share}")


def write_summary(outcomes):
    with open(os.path.join(OUTPUT, "summary.tsv"), "w", encoding="utf-8") as file:
        file.write("module\tpassed\tfailed\tskipped\tseconds\ttrouble\n")
        for module in sorted(outcomes):
            o = outcomes[module]
            file.write(f"{module}\t{o.passed}\t{o.failed}\t{o.skipped}\t{o.seconds:.1f}\t{o.trouble}\n")


def parse_options(arguments=None):
    parser = argparse.ArgumentParser(description="CPython's own test suite under Adder, case by case.")
    parser.add_argument("modules", nargs="*", help="such as test_list; all of groups.tsv where none is named")
    parser.add_argument("--group", action="append", help="core, library, extension or cpython-only")
    parser.add_argument("--list", help="a file that names the modules, one a line")
    parser.add_argument("--python", default=os.path.join(ROOT, "build", "adder"), help="the interpreter to test")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds a module may take")
    parser.add_argument("--memory", type=int, default=8, help="GiB of address space a module may use; 0: no limit")
    parser.add_argument("--match", action="append", help="only cases whose name fits this pattern")
    parser.add_argument("--update", action="store_true", help="write the expectation files")
    parser.add_argument("--verbose", "-v", action="store_true", help="name every case that does not pass")
    options = parser.parse_args(arguments)
    # Not resolved: an environment's python is a link, and what it links to is another interpreter.
    options.python = os.path.abspath(options.python)
    if options.update and options.match:
        parser.error("--update wants whole modules: leave --match out")
    return options


def read_list(path):
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def main():
    options = parse_options()
    groups = read_groups()
    modules = options.modules
    if options.list:
        modules = modules + read_list(options.list)
    if not modules:
        modules = [m for m, group in groups.items() if not options.group or group.name in options.group]
    outcomes = run_modules(modules, options)
    if options.update:
        for outcome in outcomes.values():
            write_expectations(outcome.module, outcome.cases)
    write_summary(outcomes)
    totals(outcomes, groups)
    lost = 0 if options.match else sum(1 for outcome in outcomes.values() for _ in outcome.lost())
    gained = sum(len(outcome.gained()) for outcome in outcomes.values())
    if gained and not options.update:
        print(f"\n{gained} cases pass that are not listed yet: run again with --update")
    if lost:
        print(f"\n{lost} cases that passed before do not pass now")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
