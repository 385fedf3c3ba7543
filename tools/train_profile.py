"""Runs the benchmarks under a build that counts what runs and puts the counts together, for the build that goes by them.

    python3.11 tools/train_profile.py BUILD/counting/adder OUTPUT.profdata

The programs run smaller than for measuring: counts need no long runs. Each part of the benchmarks is in it, and every start of
a process, so that what a start needs lies together.
"""

import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BENCH = os.path.join(ROOT, "bench")
sys.path.insert(0, BENCH)

import library
import run
import startup

SCALE = "0.2"


def commands():
    for program in run.PROGRAMS:
        yield [os.path.join(BENCH, program + ".py"), SCALE]
    yield [os.path.join(BENCH, "library.py"), *library.OPERATIONS]
    yield [os.path.join(BENCH, "arrays", "small.py"), "numpy"]
    for _, arguments in startup.COMMANDS:
        yield arguments


def main():
    counting, output = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(output))) as folder:
        environment = dict(os.environ, PYTHONHASHSEED="0", LLVM_PROFILE_FILE=os.path.join(folder, "%m.profraw"))
        for command in commands():
            subprocess.run([counting, *command], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, check=True)
        raw = [os.path.join(folder, name) for name in os.listdir(folder)]
        subprocess.run(["llvm-profdata-19", "merge", "-o", output, *raw], check=True)


if __name__ == "__main__":
    main()
