"""Writes the linker script that puts what a start executes into adjacent pages (src/shell/start_order.ld).

    python3.11 tools/start_order.py build/adder

A start maps the pages of code that it touches, sixteen at a time. Needs valgrind; names that a later build lacks do no harm.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = ["pass", "import typing, dataclasses, argparse, pathlib, subprocess"]
SCRIPT = Path(__file__).resolve().parent.parent / "src/shell/start_order.ld"


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
    return dict(sorted(found.items()))


def main():
    binary = str(Path(sys.argv[1]).resolve())
    names = {}
    for program in PROGRAMS:
        names |= executed(binary, program)
    # The optimiser marks functions of one file that it needs in others with a number that changes with the file: any will do.
    plain = dict.fromkeys(name.partition(".llvm.")[0] for name in names)
    plain = [name for name in plain if re.fullmatch(r"[A-Za-z_][\w$]*", name)]
    lines = [f"    *(.text.{name} .text.{name}.llvm.* .text.hot.{name} .text.hot.{name}.llvm.*)" for name in plain]
    SCRIPT.write_text("/* What a start executes. Written by tools/start_order.py. */\n"
                      "SECTIONS {\n  .text : {\n    *(.text.startup .text.startup.*)\n" + "\n".join(lines) + "\n  }\n}\nINSERT BEFORE .init;\n")
    print(f"{len(plain)} of {len(names)} functions")


if __name__ == "__main__":
    main()
