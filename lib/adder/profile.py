"""adder --profile[=OUT.svg] FILE | -c CODE | -m MODULE: where a program spends its time, line by line.

A thousand times a second each thread is asked what it does. The report, on stderr, tells for each line how long it ran itself and with
what it called, and how much of the former was the interpreter, kernels of arrays, allocation of large arrays, the cycle collector, and
waiting; all in percent of the time of all threads together. OUT.svg is a flame graph: a box is a function, its width the time spent in it, above it what it called.
"""

import sys
from collections import Counter

from adder._program import load
from adder._samples import DOING, record, source_of

SHOWN = 30  # lines of the report


class Tally:
    """Milliseconds by line."""

    def __init__(self, recording):
        self.all = sum(sample.weight for sample in recording.samples)
        self.doing = Counter()
        self.own, self.with_called, self.own_doing = Counter(), Counter(), Counter()
        for sample in recording.samples:
            self.doing[sample.doing] += sample.weight
            function, line = sample.stack[-1]
            self.own[function.file, line] += sample.weight
            self.own_doing[function.file, line, sample.doing] += sample.weight
            for place in {(function.file, line) for function, line in sample.stack}:
                self.with_called[place] += sample.weight


def percent(part, whole):
    return f"{100 * part / whole:.1f}" if part else ""


def report(recording, name):
    """The text, a line at a time."""
    tally = Tally(recording)
    seconds = (recording.end - recording.begin) / 1e9
    yield f"{name}: {seconds:.2f} s, {len(recording.samples)} samples" + (f", {recording.lost} more found no room" if recording.lost else "")
    if not tally.all:
        yield "too short to say more"
        return
    yield "  ".join(f"{what} {percent(tally.doing[number], tally.all)}%" for number, what in enumerate(DOING) if tally.doing[number])
    yield ""
    yield "  total   self  interp. kernels  alloc. collect waiting   line   (in % of all)"
    order = sorted(tally.with_called, key=lambda place: (-tally.own[place], -tally.with_called[place]))
    for place in order[:SHOWN]:
        shares = [tally.own_doing[(*place, number)] for number in range(len(DOING))]
        shares[4] += shares.pop()  # the lock is waited for as well
        columns = [percent(tally.with_called[place], tally.all), percent(tally.own[place], tally.all), *(percent(n, tally.all) for n in shares)]
        file, line = place
        yield " ".join(f"{text:>7}" for text in columns) + f"   {file}:{line}  {source_of(file, line)}"


def main(arguments):
    picture = None
    if arguments and arguments[0].startswith("--profile="):
        picture = arguments.pop(0).partition("=")[2]
        if not picture.endswith(".svg"):
            print(f"adder --profile: {picture!r} is no name of a flame graph: it ends with .svg", file=sys.stderr)
            return 2
    loaded = load(arguments, "profile")
    if loaded is None:
        return 2
    program, code = loaded
    status, recording = record(program, code, False)
    print("\n".join(report(recording, program.argv[0])), file=sys.stderr)
    if picture:
        from adder._flame import flame_graph
        with open(picture, "w", encoding="utf-8") as file:
            file.write(flame_graph(recording.samples, program.argv[0]))
        print(f"wrote {picture}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
