"""Bytes an element in containers of a million: grows one, looks at the process's resident size.

    INTERPRETER memory.py KIND     one of the kinds below; prints `KIND bytes`
    INTERPRETER memory.py start    the resident size itself
"""

import gc
import sys

COUNT = 1_000_000


class Plain:
    def __init__(self, a, b, c):
        self.a = a
        self.b = b
        self.c = c


class Slotted:
    __slots__ = ("a", "b", "c")

    def __init__(self, a, b, c):
        self.a = a
        self.b = b
        self.c = c


KINDS = {
    "ints": lambda n: [i + 1000 for i in range(n)],
    "floats": lambda n: [i + 0.5 for i in range(n)],
    "strings": lambda n: [f"text{i}" for i in range(n)],
    "pairs": lambda n: [(i, i + 1) for i in range(n)],
    "instances": lambda n: [Plain(i, i + 1, i + 2) for i in range(n)],
    "slotted": lambda n: [Slotted(i, i + 1, i + 2) for i in range(n)],
    "dict_int_int": lambda n: {i: i + 1 for i in range(n)},
    "dict_str_int": lambda n: {f"text{i}": i for i in range(n)},
    "set_int": lambda n: set(range(n)),
}


def resident():
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024


def main():
    kind = sys.argv[1]
    if kind == "start":
        print(f"start {resident()}")
        return
    KINDS[kind](1000)
    gc.collect()
    before = resident()
    container = KINDS[kind](COUNT)
    after = resident()
    assert len(container) == COUNT
    print(f"{kind} {(after - before) / COUNT:.1f}")


if __name__ == "__main__":
    main()
