"""Writes the list by which the linker puts what a start executes into adjacent pages (src/shell/start_order.txt).

    python3.11 tools/start_order.py build/adder

A start maps the pages of code that it touches, sixteen at a time. Needs valgrind; names that a later build lacks do no harm.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = ["pass", "import typing, dataclasses, argparse, pathlib, subprocess"]
LIST = Path(__file__).resolve().parent.parent / "src/shell/start_order.txt"


def executed(binary, program):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "profile")
        subprocess.run(["valgrind", "--tool=callgrind", "--demangle=no", "--compress-strings=no", "--compress-pos=no",
                        f"--callgrind-out-file={out}", binary, "-c", program], check=True, stderr=subprocess.DEVNULL)
        found, inside = {}, False
        for line in out.read_text().splitlines():
            if line.startswith("ob="):
                inside = line.endswith("/" + Path(binary).name)
            elif line.startswith("fn=") and inside:
                found[re.sub(r"('\d+)?$", "", line[3:])] = None
    return found


def main():
    binary = str(Path(sys.argv[1]).resolve())
    names = {}
    for program in PROGRAMS:
        names |= executed(binary, program)
    # A number that the optimiser gave belongs to one build.
    plain = sorted(name for name in names if re.fullmatch(r"[A-Za-z_]\w*", name))
    LIST.write_text("\n".join(plain) + "\n")
    print(f"{len(plain)} of {len(names)} functions")


if __name__ == "__main__":
    main()
