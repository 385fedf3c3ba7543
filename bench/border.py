"""What it costs to cross into C and back: seconds of a single call of functions of an extension module, by the same binary everywhere."""

import os
import sys
from time import process_time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "capi"))
import extensions

border = extensions.load("border")
thing = border.Thing()
text, number, fraction, pair = "text", 10 ** 6, 2.5, (1, 2)

# Name → the call; its value.
CALLS = {
    "identity(str)": ("f(x)", border.identity, text),
    "identity(1000000)": ("f(x)", border.identity, number),
    "identity(2.5)": ("f(x)", border.identity, fraction),
    "identity((1, 2))": ("f(x)", border.identity, pair),
    "nothing()": ("f()", border.nothing, None),
    "first(str, str)": ("f(x, x)", border.first, text),
    "last(str, str)": ("f(x, x)", border.last, text),
    "arguments(str)": ("f(x)", border.arguments, text),
    "interned(str)": ("f(x)", border.interned, text),
    "seven(str)": ("f(x)", border.seven, text),
    "next_int(1000000)": ("f(x)", border.next_int, number),
    "twice(2.5)": ("f(x)", border.twice, fraction),
    "module.identity(str)": ("f.identity(x)", border, text),
    "object.identity(str)": ("f.identity(x)", thing, text),
    "object.nothing()": ("f.nothing()", thing, None),
}
REPEATED = 10


def timer(call):
    """A function that makes the call n times, a few in a row so that the loop itself counts for little."""
    source = f"def run(f, x, n):\n    for _ in range(n):\n" + f"        {call}\n" * REPEATED
    names = {}
    exec(source, names)
    return names["run"]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    for name, (call, function, x) in CALLS.items():
        run = timer(call)
        best = float("inf")
        for _ in range(7):
            begin = process_time()
            run(function, x, rounds)
            best = min(best, process_time() - begin)
        print(f"{name} {best / (rounds * REPEATED):.12f}")


if __name__ == "__main__":
    main()
