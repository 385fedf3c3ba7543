"""Looks for reference leaks in modules of CPython's suite, and compares with what is known.

    python3.11 tools/run_leaks.py [MODULE…] [--group NAME] [--python build/refs/adder] [--limit SECONDS] [--update]

Needs a build that counts references (cmake --preset dev -B build/refs -DADDER_COUNT_REFS=ON). Each module runs in a process of its
own, `-m test -R 3:3`: six times, and what grows in the last three is a leak. What is known stands in tests/cpython/leaks.tsv, a line
a module: its name, `clean` or what grew, and the reason for what is let be. `--update` writes down what was found; reasons stay.
Without modules: those of the group (`core`), small files first. Which test it is, tools/find_leaks.py tells.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import conformance

KNOWN = os.path.join(conformance.EXPECTED, "leaks.tsv")
SUITE = "/usr/lib/python3.11/test"
# These take an interpreter with sys.gettotalrefcount() for CPython's debug build, which has no filters of warnings, can print its
# counts, and traces threads.
DEBUG_BUILD = {"test_cmd_line": ["test_showrefcount", "test_warnings_filter_precedence"],
               "test_threading": ["test_debug_deprecation"],
               "test_warnings": ["test_default_filter_configuration"]}


def read_known():
    """Module → (result, reason)."""
    known = {}
    if os.path.exists(KNOWN):
        with open(KNOWN, encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    module, result, reason = (line.rstrip("\n").split("\t") + ["", ""])[:3]
                    known[module] = result, reason
    return known


def write_known(known):
    with open(KNOWN, "w", encoding="utf-8") as file:
        file.write("# `-m test -R 3:3` with a build that counts references (tools/run_leaks.py): module, result, reason of a growth that is let be\n")
        for module, row in sorted(known.items()):
            file.write("\t".join((module, *row)).rstrip() + "\n")


def size_of(module):
    path = os.path.join(SUITE, module)
    return sum(entry.stat().st_size for entry in os.scandir(path)) if os.path.isdir(path) else os.path.getsize(path + ".py")


def look(module, options):
    """`clean`, what grew, or why that is not known."""
    with tempfile.TemporaryDirectory() as folder:
        # A failing case would end the run: those known not to pass are left out.
        failing = [case for case, (mark, _) in conformance.read_expectations(module).items() if mark == "-"]
        ignored = [f"--ignore={case}" for case in (*failing, *DEBUG_BUILD.get(module, ()))]
        process = subprocess.Popen([os.path.abspath(options.python), "-m", "test", "-v", "-R", "3:3", *ignored, module], cwd=folder, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                   env=conformance.clean_environment(), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            output, _ = process.communicate(timeout=options.limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return f"not done in {options.limit} s"
    grown = re.findall(r"leaked (\[.*?\]) (.*?), sum", output)
    if grown:
        return ", ".join(f"{numbers} {what}" for numbers, what in grown)
    if process.returncode == 0:
        return "clean"
    if process.returncode < 0:
        return f"ended by signal {-process.returncode}"
    failing = re.findall(r"^(?:FAIL|ERROR): (\S+)", output, re.MULTILINE)
    return "ends at " + (", ".join(sorted(set(failing))) or f"exit status {process.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--group", default="core")
    parser.add_argument("--python", default=os.path.join(conformance.ROOT, "build", "refs", "adder"))
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    modules = options.modules
    if not modules:
        modules = sorted((m for m, group in conformance.read_groups().items() if group.name == options.group), key=size_of)
    known = read_known()
    bad = 0
    for module in modules:
        result = look(module, options)
        reason = known.get(module, ("", ""))[1]
        bad += result != "clean" and not reason
        print(module, result, f"({reason})" if reason and result != "clean" else "", flush=True)
        if options.update:
            known[module] = result, "" if result == "clean" else reason
            write_known(known)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
