"""Completes a fresh installation, run by the installed adder itself: DESTDIR PREFIX.

Makes the manual page out of the help texts, and compiles Adder's own Python code, which users may not be allowed to write beside.
"""

import compileall
import os
import py_compile
import re
import subprocess
import sys

destdir, prefix = sys.argv[1:]
root = destdir + prefix


def escape(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def entries(text):
    """(what, description) of each row of a help text; rows may go on indented. A line that ends with a colon is a heading: (None, it)."""
    found = []
    for line in text.splitlines():
        if line.startswith("   ") and found:
            what, description = found[-1]
            found[-1] = what, f"{description} {line.strip()}"
        elif line.endswith(":") and not line.startswith("-"):
            found.append((None, line[:-1]))
        else:
            what, colon, description = re.match(r"(.+?)(?:( *: )(.*))?$", line).groups()
            found.append((what.strip(), description or ""))
    return found


def manual(program):
    def help_of(option):
        return subprocess.run([program, option], capture_output=True, text=True, check=True).stdout

    version = subprocess.run([program, "-VV"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    out = ['.TH ADDER 1 "" "%s" "User Commands"' % version.partition("(")[2].partition(")")[0], ".SH NAME",
           "adder \\- a Python 3.11 runtime in which arrays are part of the runtime", ".SH SYNOPSIS", ".B adder",
           "[option] ... [\\-c cmd | \\-m mod | file | \\-] [arg] ...", ".SH DESCRIPTION",
           "Adder runs Python 3.11 programs. Numbers are values, not objects, and expressions over arrays run as one pass.",
           "The standard library is the distribution's; extension modules compiled for CPython 3.11 load as they are."]
    usage = help_of("--help").partition("\n")[2]
    for what, description in entries(usage + help_of("--help-env") + help_of("--help-xoptions")):
        if what is None:
            title = {"Options (and corresponding environment variables)": "OPTIONS", "Arguments": "ARGUMENTS",
                     "Environment variables that change behavior": "ENVIRONMENT"}.get(description, "IMPLEMENTATION-SPECIFIC OPTIONS")
            out.append(f".SH {title}")
        else:
            out += [".TP", f".B {escape(what)}", escape(description)]
    out += [".SH SEE ALSO", ".BR python3.11 (1)"]
    return "\n".join(out) + "\n"


folder = os.path.join(root, "share", "man", "man1")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "adder.1"), "w", encoding="utf-8") as file:
    file.write(manual(sys.executable))

own = os.path.join(root, "lib", "adder")
fine = compileall.compile_dir(own, quiet=1, stripdir=destdir or None, prependdir="/" if destdir else None,
                              invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
sys.exit(not fine)
