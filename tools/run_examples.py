"""Runs the three examples under Adder and, where it is on the machine, under python3.11; prints results and times.

    python3.11 tools/run_examples.py [--adder PATH]
"""

import argparse
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REFERENCE = "/usr/bin/python3.11"
EXAMPLES = ["csv_totals.py", "orbits.py", "heat.py"]


def run(interpreter, script):
    """Returns exit status, output and seconds."""
    begin = time.perf_counter()
    done = subprocess.run([interpreter, script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    return done.returncode, done.stdout.decode("utf-8", "replace"), time.perf_counter() - begin


def can_import(interpreter, module):
    return subprocess.run([interpreter, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode == 0


def make_data():
    """The CSV file is made before any clock runs."""
    path = os.path.join(ROOT, "build", "examples", "orders.csv")
    if not os.path.exists(path):
        subprocess.run([sys.executable, os.path.join(ROOT, "examples", "make_csv.py"), path], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--adder", default=os.path.join(ROOT, "build", "adder"))
    options = parser.parse_args()

    make_data()
    reference = os.access(REFERENCE, os.X_OK)
    numpy = reference and can_import(REFERENCE, "numpy")
    failed = False
    times = []
    for example in EXAMPLES:
        script = os.path.join("examples", example)
        print(f"--- {script}", flush=True)
        status, output, seconds = run(options.adder, script)
        print(output, end="", flush=True)
        failed |= status != 0
        theirs = None
        if status != 0:
            print(f"exit status {status}")
        elif reference and (numpy or example != "heat.py"):
            peer_status, peer_output, theirs = run(REFERENCE, script)
            if peer_status != 0:
                theirs = None
                print("python3.11 fails on this one:", peer_output, sep="\n")
            elif peer_output != output:
                failed = True
                print("python3.11 prints something else:", peer_output, sep="\n")
        times.append((example, seconds, theirs, status))
        print()

    print(f"{'':<16} {'adder':>9} {'python3.11':>11}")
    for example, seconds, theirs, status in times:
        mine = f"{seconds:8.2f}s" if status == 0 else "   failed"
        peer = f"{theirs:10.2f}s" if theirs is not None else "          -"
        ratio = f"   {theirs / seconds:.2f} times as fast" if theirs is not None and status == 0 else ""
        print(f"{example:<16} {mine} {peer}{ratio}")
    if reference and not numpy:
        print("(python3.11 has no NumPy here, so heat.py ran under Adder alone; package python3-numpy)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
