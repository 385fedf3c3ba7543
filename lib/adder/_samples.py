"""What the sampler noted of a run, made ready for showing: stacks from the outermost function on, without the tool's own."""

import linecache
import os
from dataclasses import dataclass

import _adder

PERIOD = 1000  # microseconds between samples
DOING = ("interpreter", "kernels", "allocation", "collector", "waiting", "waiting for the lock")
OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


@dataclass(frozen=True)
class Function:
    name: str
    file: str
    line: int

    @property
    def place(self):
        return f"{self.name} ({os.path.basename(self.file)}:{self.line})"


@dataclass
class Sample:
    time: int       # nanoseconds
    thread: int
    doing: int
    stack: list     # (Function, line), outermost first
    weight: float = 0.0  # milliseconds that it stands for: those since the thread's last one


@dataclass
class Recording:
    samples: list
    events: list    # as _adder.end_sampling gives them
    lost: int
    begin: int      # nanoseconds
    end: int


def is_own(function):
    return function.file.startswith(OWN_FOLDER) or function.file == "<frozen runpy>"


def record(program, code, events):
    """Runs a program under the sampler: its exit status, and what was seen."""
    import time
    process = os.getpid()
    begin = time.monotonic_ns()
    _adder.sample(PERIOD, events)
    try:
        status = program.run(code)
    finally:
        end = time.monotonic_ns()
        seen = _adder.end_sampling()
    if os.getpid() != process:  # a child of the program's that came back here
        os._exit(status)
    functions = [Function(*row) for row in seen["functions"]]
    samples, last = [], {}
    for moment, thread, doing, frames in sorted(seen["samples"], key=lambda row: row[0]):
        weight = (moment - last.get(thread, moment - PERIOD * 1000)) / 1e6
        last[thread] = moment
        stack = [(functions[number], line) for number, line in reversed(frames)]
        while stack and is_own(stack[0][0]):
            del stack[0]
        if stack:
            samples.append(Sample(moment, thread, doing, stack, weight))
    return status, Recording(samples, seen["events"], seen["lost"], begin, end)


def source_of(file, line):
    return linecache.getline(file, line).strip()
