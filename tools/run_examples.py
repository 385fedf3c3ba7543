"""Runs the examples under Adder and, where it is on the machine, under python3.11; prints results and times.

    python3.11 tools/run_examples.py [--adder PATH]
"""

import argparse
import os
import re
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


def with_numpy():
    """An interpreter of 3.11 that has NumPy, the pinned one by preference; None if there is none."""
    for python in (os.path.join(ROOT, "build", "reference", "bin", "python"), REFERENCE):
        if os.access(python, os.X_OK) and can_import(python, "numpy"):
            return python
    return None


# Runs under Adder: the largest differences between two files of floats, as such and in units in the last place of the float.
COMPARE = """
import sys
import numpy as np
a, b = (np.load(name) for name in sys.argv[1:])
apart, ulps = np.abs(a - b), np.abs(a.view(np.int64) - b.view(np.int64))
at = int(ulps.argmax())
print(f"largest difference of a price: {apart.max():.1e}; in ulp: {ulps.max()} (of a price of {a[at]:.2g}), {(ulps <= 2).mean():.3%} within 2")
"""


def price_options(adder):
    """The program of README.md: times of both parts under both, what was fused, and how far the results lie apart."""
    print("--- examples/options.py: a calibration in plain Python, 5 million options in NumPy", flush=True)
    folder = os.path.join(ROOT, "build", "examples")
    os.makedirs(folder, exist_ok=True)
    rows, outputs, files = [], [], []
    peer = with_numpy()
    for name, python in (("adder", adder), ("python3.11 + NumPy", peer)):
        if python is None:
            continue
        files.append(os.path.join(folder, f"prices-{len(files)}.npy"))
        done = subprocess.run([python, "examples/options.py", "--save", files[-1]], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr)
            return 1
        outputs.append(done.stdout)
        rows.append((name, *re.search(r"calibration ([\d.]+), valuation ([\d.]+)", done.stderr).groups()))
        if found := re.search(r"^fused: (\d+) operations in (\d+) passes", done.stderr, re.M):
            fused = f"fused {found[1]} operations into {found[2]} passes, 0 temporaries"
    print(outputs[0], end="")
    print(f"{'seconds':<20}{'calibration':>12}{'valuation':>12}")
    for name, *seconds in rows:
        print(f"{name:<20}" + "".join(f"{s:>12}" for s in seconds))
    if peer:
        print(f"{'times as fast':<20}" + "".join(f"{float(theirs) / float(ours):>12.1f}" for ours, theirs in zip(rows[0][1:], rows[1][1:])))
    print(fused)
    if not peer:
        print("(python3.11 has no NumPy here to compare with; package python3-numpy)\n")
        return 0
    print(subprocess.run([adder, "-c", COMPARE, *files], capture_output=True, text=True).stdout)
    if outputs[0] != outputs[1]:
        print("python3.11 prints something else:", outputs[1], sep="\n")
    return outputs[0] != outputs[1]


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
    failed = bool(price_options(options.adder))
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
