"""What became of array expressions.

    adder.arrays.explain(function)    calls it and tells which of its array operations ran as one pass
    adder -X arrays program.py        tells so at the end of the program
    adder -X arrays=check program.py  compares each pass with its operations one by one, too; a difference is an AssertionError

In the text a0, a1, … are the arrays that a pass reads.
"""

import _numpy

__all__ = ["explain"]


def size_text(count):
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000


def report(programs, before):
    """Lines on the programs listed, and on all since `before`."""
    counts = {name: value - before.get(name, 0) for name, value in _numpy.deferral_counts().items()}
    passes = counts["programs"]
    yield (f"{counts['operations']} operations in {passes} pass{'es' * (passes != 1)}, {size_text(counts['bytes'])} of arrays not made; "
           f"kernels for {_numpy._instruction_set()}")
    times = {}
    for program in programs:
        times[program] = times.get(program, 0) + 1
    for (file, line, function, text, ending, operations, shape, dtype, threads), count in times.items():
        yield (f"    {file}:{line} in {function}: {text}, {ending}: {operations} operation{'s' * (operations != 1)}, {shape} {dtype}, "
               f"{threads} thread{'s' * (threads != 1)}{f', {count} times' if count > 1 else ''}")


def explain(function, *arguments):
    """Calls the function and returns a text on the array operations that ran together."""
    outer = _numpy.deferral_watch(True)
    before = _numpy.deferral_counts()
    try:
        function(*arguments)
    finally:
        programs = _numpy.deferral_watch()
        _numpy.deferral_watch(bool(outer))
    return "\n".join(report(programs, before)) + "\n"


def watch_process(option):
    """What -X arrays asks for; numpy calls it when it is imported."""
    import atexit
    import sys
    _numpy.deferral_watch(True, option == "check")

    def tell():
        for line in report(_numpy.deferral_watch(), {}):
            print("arrays:", line, file=sys.stderr)
    atexit.register(tell)
