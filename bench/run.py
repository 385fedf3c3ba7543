"""Runs the benchmarks under Adder and its peers, interleaved on one core, and prints medians, ratios and memory.

    python3.11 bench/run.py [--only NAME,…] [--rounds N] [--peers NAME,…] [--scale F] [--json FILE]

NAME of --only: a program (fib), or a part: python, library, border, arrays, small, startup, memory.
Figures of other machines or other days say little: compare only within one run.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

import library
import memory
import startup

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
REFERENCE = "/usr/bin/python3.11"
PARTS = ["python", "library", "border", "startup", "memory", "arrays", "small"]

PROGRAMS = ["fib", "whilesum", "rangemod", "nbody", "fannkuch", "spectral_norm", "mandelbrot", "richards", "attributes",
            "closures", "exceptions", "generators", "listcomp", "matmul_lists", "sieve", "dict_int", "wordcount",
            "str_join", "str_concat", "sort_key", "json_roundtrip", "regex", "csv_totals", "bigint", "asyncio_queue",
            "compile_library"]
BASELINE = PROGRAMS[:25]

ARRAYS = ["expression", "distance", "polynomial", "black_scholes", "haversine", "softmax", "elementary", "reductions",
          "folds", "masks", "take", "sort", "cumsum", "heat", "mandelbrot", "kmeans", "life", "pairwise", "matmul", "normal",
          "scalar_reads"]


class Run:
    """One process: its exit status, output, wall time and peak memory."""

    def __init__(self, command, limit, core):
        environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMEXPR_NUM_THREADS="1",
                           NUMBA_NUM_THREADS="1", NUMEXPR_MAX_THREADS="1", PYTHONHASHSEED="0")
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            begin = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=ROOT,
                                       env=environment, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
            self.status, usage = wait(process, begin + limit)
            self.seconds = time.perf_counter() - begin
            self.peak = usage.ru_maxrss * 1024
            output.seek(0)
            errors.seek(0)
            self.output = output.read().decode("utf-8", "replace")
            self.errors = errors.read().decode("utf-8", "replace")

    def figures(self):
        """Lines `name figure` of the output."""
        result = {}
        for line in self.output.splitlines():
            name, _, figure = line.rpartition(" ")
            try:
                result[name] = float(figure)
            except ValueError:
                pass
        return result

    def complaint(self):
        lines = self.errors.strip().splitlines()
        return lines[-1][:100] if lines else f"exit status {self.status}"


def wait(process, deadline):
    """Waits for the end of the process and its resource usage; kills it at the deadline."""
    pause = 0.0005
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.perf_counter() > deadline:
            process.kill()
        time.sleep(pause)
        pause = min(pause * 1.2, 0.01)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def find_peers(options):
    """Name → interpreter, those that are on this machine, Adder first."""
    candidates = {"adder": options.adder, "python3.11": REFERENCE, "pypy3": shutil.which("pypy3")}
    for name, path in candidates.items():
        if not path or not os.access(path, os.X_OK):
            print(f"({name} is not here)", file=sys.stderr)
    wanted = options.peers.split(",") if options.peers else list(candidates)
    return {name: path for name, path in candidates.items()
            if name in wanted and path and os.access(path, os.X_OK)}


def has_module(interpreter, module):
    return subprocess.run([interpreter, "-c", f"import {module}"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


# ------------------------------------------------------------------ interleaved rounds

class Table:
    """Figures of several subjects under several peers, gathered over rounds."""

    def __init__(self, title, peers, scale, options):
        self.title, self.peers, self.scale, self.options = title, list(peers), scale, options
        self.figures, self.memory, self.complaints = {}, {}, {}

    def gather(self, subject, commands, own_time=True):
        """Runs the peers' commands in turn, `rounds` times. A peer that fails is left out from then on."""
        failed = set()
        for _ in range(self.options.rounds):
            for peer, command in commands.items():
                if peer in failed:
                    continue
                run = Run(command, self.options.limit, self.options.core)
                figures = run.figures() if own_time else {subject: run.seconds}
                if run.status != 0 and (own_time is True or not figures):
                    failed.add(peer)
                    if run.status != 4:  # the program has no such variant
                        self.complaints[subject, peer] = run.complaint()
                for name, figure in figures.items():
                    self.figures.setdefault(name, {}).setdefault(peer, []).append(figure)
                    self.memory.setdefault(name, {}).setdefault(peer, []).append(run.peak)
        if len(failed) == len(commands):
            self.figures.setdefault(subject, {})
        self.show_new(subject)

    def medians(self):
        return {name: {peer: median(values) for peer, values in peers.items()} for name, peers in self.figures.items()}

    def header(self):
        columns = "".join(f"{peer:>13}" for peer in self.peers)
        ratios = "".join(f"{'× ' + peer:>14}" for peer in self.peers[1:])
        print(f"\n{self.title}\n{'':<24}{columns}{ratios}", flush=True)
        self.shown = set()

    def show_new(self, subject):
        for name, row in self.medians().items():
            if name in self.shown:
                continue
            self.shown.add(name)
            cells = "".join(f"{self.text(row[peer]) if peer in row else '-':>13}" for peer in self.peers)
            ratios = ""
            for peer in self.peers[1:]:
                known = peer in row and self.peers[0] in row and row[self.peers[0]] > 0
                ratios += f"{row[peer] / row[self.peers[0]]:>14.2f}" if known else f"{'-':>14}"
            print(f"{name:<24}{cells}{ratios}", flush=True)
        for (name, peer), text in self.complaints.items():
            if name == subject:
                print(f"    {peer}: {text}", flush=True)

    def text(self, figure):
        figure *= self.scale
        return f"{figure:.{0 if figure >= 1000 else 1 if figure >= 100 else 2 if figure >= 10 else 3}f}"

    def show_means(self, subjects=None):
        medians = self.medians()
        first = self.peers[0]
        for peer in self.peers[1:]:
            ratios = [row[peer] / row[first] for name, row in medians.items()
                      if (subjects is None or name in subjects) and peer in row and row.get(first)]
            if ratios:
                slower = [name for name, row in medians.items() if (subjects is None or name in subjects)
                          and peer in row and row.get(first, 0) > row[peer]]
                print(f"{first} is {geometric_mean(ratios):.2f} times {peer} in the geometric mean of {len(ratios)}"
                      + (f"; slower: {', '.join(slower)}" if slower else ""))

    def show_memory(self):
        print("\npeak memory, MB")
        for name, row in self.memory.items():
            cells = "".join(f"{max(row[peer]) / 1e6:>13.1f}" if peer in row else f"{'-':>13}" for peer in self.peers)
            print(f"{name:<24}{cells}")

    def as_json(self):
        return {name: {peer: {"median": median(values), "rounds": values,
                              "peak_memory": max(self.memory[name][peer])} for peer, values in row.items()}
                for name, row in self.figures.items()}


# ------------------------------------------------------------------ parts

def python_part(peers, options, chosen):
    table = Table("Pure Python, seconds", peers, 1.0, options)
    table.header()
    arguments = [str(options.scale)] if options.scale != 1.0 else []
    names = set()
    for program in chosen:
        script = os.path.join(HERE, program + ".py")
        before = set(table.figures)
        table.gather(program, {peer: [path, script, *arguments] for peer, path in peers.items()})
        if program in BASELINE:
            names |= set(table.figures) - before
    table.show_means(names)
    table.show_memory()
    return table.as_json()


def library_part(peers, options):
    table = Table("The standard library, milliseconds of the processor", peers, 1e3, options)
    table.header()
    script = os.path.join(HERE, "library.py")
    for operation in library.OPERATIONS:
        table.gather(operation, {peer: [path, script, operation] for peer, path in peers.items()})
    table.show_means()
    return table.as_json()


def border_part(peers, options):
    able = {peer: path for peer, path in peers.items() if peer != "pypy3"}  # extension modules of CPython 3.11
    table = Table("Calls of C functions, nanoseconds", able, 1e9, options)
    table.header()
    table.gather("border", {peer: [path, os.path.join(HERE, "border.py")] for peer, path in able.items()})
    table.show_means()
    return table.as_json()


def startup_part(peers, options):
    table = Table("Start-up, milliseconds", peers, 1e3, options)
    table.header()
    rounds, options.rounds = options.rounds, max(options.rounds, 15)
    for name, arguments in startup.COMMANDS:
        able = {peer: path for peer, path in peers.items() if name != "numpy" or has_module(path, "numpy")}
        table.gather(name, {peer: [path, *arguments] for peer, path in able.items()}, own_time=False)
    options.rounds = rounds
    return table.as_json()


def memory_part(peers, options):
    table = Table("Bytes: resident after start, then of an element in containers of a million", peers, 1.0, options)
    table.header()
    script = os.path.join(HERE, "memory.py")
    rounds, options.rounds = options.rounds, 1
    for kind in ["start", *memory.KINDS]:
        table.gather(kind, {peer: [path, script, kind] for peer, path in peers.items()})
    options.rounds = rounds
    return table.as_json()


def array_peers(peers):
    """Adder's own numpy, and python3.11 with the distribution's NumPy, its `out=` form, numexpr and Numba, and with NumPy 2.3
    (tools/setup_reference.sh), as far as installed."""
    able = {}
    if "adder" in peers:
        able["adder"] = [peers["adder"], "numpy"]
    if "python3.11" in peers:
        python = peers["python3.11"]
        if has_module(python, "numpy"):
            able["numpy"] = [python, "numpy"]
            able["numpy out="] = [python, "out"]
        pinned = os.path.join(ROOT, "build", "reference", "bin", "python")
        if os.access(pinned, os.X_OK):
            able["numpy 2.3"] = [pinned, "numpy"]
        for module in ("numexpr", "numba"):
            if has_module(python, module):
                able[module] = [python, module]
    return able


def arrays_part(peers, options, chosen):
    able = array_peers(peers)
    table = Table("Arrays, milliseconds", able, 1e3, options)
    table.header()
    rounds, options.rounds = options.rounds, max(1, options.rounds // 2)
    for program in chosen:
        script = os.path.join(HERE, "arrays", program + ".py")
        table.gather(program, {peer: [python, script, variant, str(options.scale)]
                               for peer, (python, variant) in able.items()}, own_time="partly")
    options.rounds = rounds
    table.show_means()
    table.show_memory()
    return table.as_json()


def small_part(peers, options):
    able = {peer: value for peer, value in array_peers(peers).items() if peer in ("adder", "numpy")}
    table = Table("Small arrays, nanoseconds", able, 1e9, options)
    table.header()
    script = os.path.join(HERE, "arrays", "small.py")
    table.gather("small", {peer: [python, script, variant] for peer, (python, variant) in able.items()},
                 own_time="partly")
    table.show_means()
    return table.as_json()


def main():
    parser = argparse.ArgumentParser(description="Adder's benchmarks against its peers.")
    parser.add_argument("--only", help="programs or parts, separated by commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", help="of adder, python3.11, pypy3; separated by commas")
    parser.add_argument("--scale", type=float, default=1.0, help="a factor on the size of all programs")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a process may take")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--adder", default=os.path.join(ROOT, "build", "adder"))
    parser.add_argument("--json", help="write all figures to this file")
    options = parser.parse_args()

    wanted = options.only.split(",") if options.only else PARTS
    unknown = [name for name in wanted if name not in PARTS + PROGRAMS + ARRAYS]
    if unknown:
        parser.error(f"no such program or part: {', '.join(unknown)}")
    peers = find_peers(options)
    if not peers:
        parser.error("no interpreter to run")

    results = {}
    programs = PROGRAMS if "python" in wanted else [name for name in PROGRAMS if name in wanted]
    arrays = ARRAYS if "arrays" in wanted else [name for name in ARRAYS if name in wanted and name not in PROGRAMS]
    if programs:
        results["python"] = python_part(peers, options, programs)
    if "library" in wanted:
        results["library"] = library_part(peers, options)
    if "border" in wanted:
        results["border"] = border_part(peers, options)
    if "startup" in wanted:
        results["startup"] = startup_part(peers, options)
    if "memory" in wanted:
        results["memory"] = memory_part(peers, options)
    if arrays:
        results["arrays"] = arrays_part(peers, options, arrays)
    if "small" in wanted:
        results["small"] = small_part(peers, options)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
