#!/usr/bin/env python3
"""Writes docs/bytecode.md from src/compile/opcodes.def, so that the instruction set is described in one place only."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
EFFECTS = {"R": "can raise", "P": "can run Python code", "J": "jumps", "E": "ends its block", "S": "pending-safe"}


def rows(text):
    """Expands the families and yields (section, name, operands, data, cache, effects, meaning)."""
    families, section, current = {}, "", None
    call = re.compile(r'(\w+)\((\w+), "([^"]*)"\)\s*$')
    row = re.compile(r'ADDER_OP\(\s*([^,]+),\s*([^,]+),\s*([^,]+),\s*([^,]+),\s*(\d+),\s*(\d+),\s*(\w+),\s*(.*)\)\s*\\?\s*$')
    for line in text.splitlines():
        if m := re.match(r"// --- (.*?) -*$", line):
            section = m[1]
        elif m := re.match(r"#define (ADDER_\w+)\(NAME, TEXT\)", line):
            current = families.setdefault(m[1], [])
            continue
        elif m := row.match(line.strip()):
            fields = [f.strip() for f in m.groups()]
            (current.append(fields) if current is not None else None)
            if current is None:
                yield section, fields[0], fields[1:4], *fields[4:7], fields[7].strip('"')
        elif (m := call.match(line)) and m[1] in families:
            for fields in families[m[1]]:
                name = fields[0].replace("##NAME", m[2]).replace("NAME##", m[2]).replace("NAME", m[2]).replace("##", "")
                meaning = "".join(re.findall(r'"([^"]*)"', fields[7].replace("TEXT", f'"{m[3]}"')))
                yield section, name, fields[1:4], *fields[4:7], meaning
        if current is not None and not line.rstrip().endswith("\\"):
            current = None


def main():
    text = (root / "src/compile/opcodes.def").read_text()
    head = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        head.append(line[3:] if line.startswith("// ") else line[2:])
    out = ["# Bytecode", "", "Made from `src/compile/opcodes.def` by `tools/bytecode_doc.py`; do not edit.", "", "```text"]
    out += head + ["```"]
    last = None
    for section, name, operands, data, cache, effects, meaning in rows(text):
        if section != last:
            out += ["", f"## {section}", "", "| instruction | a | b | c | data | cache | effects | meaning |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
            last = section
        meaning = meaning.replace("|", "\\|")
        shown = [o if o != "_" else "" for o in operands]
        out.append(f"| `{name}` | {shown[0]} | {shown[1]} | {shown[2]} | {data if data != '0' else ''} | {cache if cache != '0' else ''} | {effects} | {meaning} |")
    out += ["", "Effects: " + "; ".join(f"{k} {v}" for k, v in EFFECTS.items()) + ".", ""]
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "docs/bytecode.md"
    target.write_text("\n".join(out))


if __name__ == "__main__":
    main()
