"""Runs the small programs of tests/language under Adder and python3.11 and compares all that they print.

    python3.11 tools/run_programs.py [--python build/adder] [--show] [NAME…]

A file of tests/language holds many programs; a line `# --- name` begins one. NAME picks programs by part of `file:name`.
stdout, stderr and exit status must be the same; addresses of objects are masked.
"""

import argparse
import concurrent.futures
import difflib
import glob
import hashlib
import json
import os
import re
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REFERENCE = "/usr/bin/python3.11"
FOLDER = os.path.join(ROOT, "tests", "language")
OUTPUT = os.path.join(ROOT, "build", "test-results", "language")
LIMIT = 30


class Program:
    def __init__(self, file, name, text):
        self.name = f"{file}:{name}"
        self.text = text
        slug = re.sub(r"\W+", "_", name).strip("_")
        self.path = os.path.join(OUTPUT, file, f"program_{slug}.py")
        self.digest = hashlib.sha256(f"{self.path}\0{text}".encode()).hexdigest()

    def write(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.text)


def read_programs():
    programs = []
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.py"))):
        with open(path, encoding="utf-8") as file:
            parts = re.split(r"^# --- (.*)\n", file.read(), flags=re.M)
        stem = os.path.basename(path)[:-3]
        programs += [Program(stem, name, text) for name, text in zip(parts[1::2], parts[2::2])]
    return programs


def run(python, program):
    """What the program printed and how it ended, as [stdout, stderr, status]."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_"))}
    environment.update(LANG="C.UTF-8", PYTHONHASHSEED="0")
    try:
        done = subprocess.run([python, program.path], stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT,
                              cwd=os.path.dirname(program.path), env=environment)
        status = signal.Signals(-done.returncode).name if done.returncode < 0 else done.returncode
        return [mask(done.stdout), mask(done.stderr), status]
    except subprocess.TimeoutExpired as late:
        return [mask(late.stdout or b""), mask(late.stderr or b""), "time limit"]


def mask(output):
    return re.sub(r"0x[0-9a-f]{6,}", "0x…", output.decode("utf-8", "backslashreplace"))


def reference_results(programs, jobs):
    """What python3.11 says, kept between runs by the text of the program."""
    path = os.path.join(OUTPUT, "reference.json")
    try:
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    except (FileNotFoundError, ValueError):
        known = {}
    missing = [program for program in programs if program.digest not in known]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for program, result in zip(missing, pool.map(lambda p: run(REFERENCE, p), missing)):
            known[program.digest] = result
    if missing:
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({digest: result for digest, result in known.items() if result[2] != "time limit"}, file)
        os.replace(path + ".new", path)
    return known


def difference(expected, found):
    """The lines in which two results differ, a few of them."""
    lines = []
    for name, theirs, mine in zip(("stdout", "stderr", "status"), expected, found):
        if theirs != mine:
            lines.append(f"    {name}")
            diff = difflib.unified_diff(str(theirs).splitlines(), str(mine).splitlines(), "python3.11", "adder", n=0, lineterm="")
            lines += ["      " + line[:300] for line in list(diff)[2:14]]
    return lines


def run_all(python, names=(), jobs=2, show=print):
    """Runs the programs that fit; returns how many passed and failed."""
    programs = [program for program in read_programs() if not names or any(name in program.name for name in names)]
    for program in programs:
        program.write()
    expected = reference_results(programs, jobs)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for program, found in zip(programs, pool.map(lambda p: run(python, p), programs)):
            if found == expected[program.digest]:
                passed += 1
            else:
                failed += 1
                show(f"FAILED {program.name}   {os.path.relpath(program.path, ROOT)}")
                show("\n".join(difference(expected[program.digest], found)))
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description="Compares what small programs print.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--python", default=os.path.join(ROOT, "build", "adder"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print what python3.11 prints and end")
    options = parser.parse_args()
    if options.show:
        for program in read_programs():
            if not options.names or any(name in program.name for name in options.names):
                program.write()
                stdout, stderr, status = run(REFERENCE, program)
                print(f"# --- {program.name}: status {status}\n{stdout}{stderr}")
        return 0
    passed, failed = run_all(os.path.abspath(options.python), options.names, options.jobs)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
