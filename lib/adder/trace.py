"""adder --trace OUT FILE | -c CODE | -m MODULE: a time line of a program, in the trace-event format that Perfetto
(https://ui.perfetto.dev) and Chrome (chrome://tracing) open.

Each thread has lanes: Python functions, as a thousand samples a second show them; kernels of arrays, allocation of large arrays and the
cycle collector, each exactly; imports; and the lock, held and waited for.
"""

import json
import os
import sys

from adder._program import load
from adder._samples import PERIOD, record

LANES = ("Python", "kernels and memory", "imports", "lock")


def function_slices(samples):
    """(begin, end, name, arguments) of the functions that the samples of one thread show, callers before what they call."""
    slices, open_, last = [], [], 0

    def close(depth, moment):
        while len(open_) > depth:
            function, begin = open_.pop()
            slices.append((begin, moment, function.name, {"file": function.file, "line": function.line}))

    for sample in samples:
        same = 0
        while same < min(len(open_), len(sample.stack)) and open_[same][0] == sample.stack[same][0]:
            same += 1
        close(same, sample.time)
        open_ += [(function, sample.time) for function, _ in sample.stack[same:]]
        last = sample.time
    close(0, last + PERIOD * 1000)
    return slices


def event_slices(events, end):
    """The same of one lane's exact events; what has not ended by then ends with the program."""
    slices, open_ = [], []
    for moment, begins, name, size in events:
        if begins:
            open_.append((moment, name, size))
        elif any(row[1] == name for row in open_):
            while open_:
                begin, what, size = open_.pop()
                slices.append((begin, moment, what, arguments_of(what, size)))
                if what == name:
                    break
    slices += [(begin, end, what, arguments_of(what, size)) for begin, what, size in open_]
    return slices


def arguments_of(name, size):
    if name in ("allocate", "release"):
        return {"bytes": size}
    return {"elements": size} if size else {}


def trace_events(recording, name):
    """The time line as a list of trace events."""
    process = os.getpid()
    out = [{"ph": "M", "name": "process_name", "pid": process, "args": {"name": name}}]
    threads = sorted({sample.thread for sample in recording.samples} | {event[1] for event in recording.events}, key=lambda t: (t != process, t))
    for number, thread in enumerate(threads):
        title = "main" if thread == process else f"thread {thread}"
        samples = sorted((sample for sample in recording.samples if sample.thread == thread), key=lambda sample: sample.time)
        lanes = {"Python": function_slices(samples)}
        for lane, key in (("kernels and memory", None), ("imports", "imports"), ("lock", "lock")):
            events = sorted((event[0], event[2], event[3], event[5]) for event in recording.events if event[1] == thread and event[4] == key)
            lanes[lane] = event_slices(sorted(events, key=lambda event: event[0]), recording.end)
        for place, lane in enumerate(LANES):
            if not lanes[lane]:
                continue
            track = number * len(LANES) + place + 1
            out.append({"ph": "M", "name": "thread_name", "pid": process, "tid": track, "args": {"name": f"{title}: {lane}"}})
            out.append({"ph": "M", "name": "thread_sort_index", "pid": process, "tid": track, "args": {"sort_index": track}})
            for begin, end, what, arguments in sorted(lanes[lane], key=lambda row: (row[0], -row[1])):
                out.append({"ph": "X", "name": what, "cat": lane, "pid": process, "tid": track, "ts": (begin - recording.begin) / 1000,
                            "dur": max(end - begin, 0) / 1000, "args": arguments})
    return out


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print("adder --trace: no name of a file to write\nusage: adder --trace OUT FILE | -c CODE | -m MODULE, and its arguments", file=sys.stderr)
        return 2
    out = os.path.abspath(arguments.pop(0))
    loaded = load(arguments, "trace")
    if loaded is None:
        return 2
    program, code = loaded
    try:
        file = open(out, "w", encoding="utf-8")
    except OSError as error:
        print(f"adder --trace: can't write '{out}': [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        return 2
    with file:
        status, recording = record(program, code, True)
        if recording.lost:
            print(f"adder --trace: {recording.lost} samples and events found no room", file=sys.stderr)
        json.dump({"traceEvents": trace_events(recording, program.argv[0]), "displayTimeUnit": "ms"}, file, separators=(",", ":"))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
