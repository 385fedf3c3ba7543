"""Feeds mutated source text to an interpreter's compile() and looks for crashes.

    python3.11 tools/fuzz_source.py [--python build/asan/adder] [--seconds N] [--seed N] [--compare] [--out DIR]

Seeds are files of the standard library and texts from a little grammar. Texts go to the interpreter in batches; when its
process dies, hangs, or compile() raises what it must not, the text is cut down to a small one and written to build/fuzz/.
`--compare` also reports texts that one of Adder and python3.11 accepts and the other rejects, or rejects with another message.
With a sanitizer build, a report of the sanitizer is a death like any other.
"""

import argparse
import glob
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REFERENCE = "/usr/bin/python3.11"
LIBRARY = "/usr/lib/python3.11"

# Runs in the interpreter under test. Reads texts with their lengths in front, writes a line for each.
WORKER = r"""
import sys
with open(sys.argv[1], 'rb') as file:
    data = file.read()
place = 0
number = 0
output = open(sys.argv[2], 'w', encoding='utf-8', errors='backslashreplace')
while place < len(data):
    end = data.index(b'\n', place)
    size = int(data[place:end])
    text = data[end + 1:end + 1 + size]
    place = end + 1 + size
    output.write('%d ' % number)
    output.flush()
    try:
        compile(text, 'fuzz', 'exec', dont_inherit=True)
        result = 'ok'
    except SyntaxError as error:
        result = '%s: %s (%s, %s)' % (type(error).__name__, error.msg, error.lineno, error.offset)
    except (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError) as error:
        result = '%s: %s' % (type(error).__name__, error)
    except BaseException as error:
        result = 'UNEXPECTED %s: %s' % (type(error).__name__, error)
    output.write(result.replace('\n', '\\n') + '\n')
    output.flush()
    number += 1
"""

TOKEN = re.compile(rb"[A-Za-z_]\w*|\d[\w.]*|\"\"\"|'''|\"[^\"\n]*\"|'[^'\n]*'|[<>=!*/&|^@%+-]+=?|[ \t]+|\r?\n|.", re.S)

WORDS = [word.encode() for word in """
False None True and as assert async await break class continue def del elif else except finally for from global if import
in is lambda nonlocal not or pass raise return try while with yield match case _ print self
( ) [ ] { } , : ; . = == != < > <= >= := -> + - * ** / // % @ & | ^ ~ << >> += -= *= @= //= ... \\
0 1 0x1F 0b12 0o8 1_000 1__0 1e5 1.5j 0777 1.e 10L 0x 99999999999999999999999999
'a' "b" f'{x}' f"{x!r:>{w}}" rb'\\x' b'\\x0' '\\N{DASH}' '\\u12' f'{' f'}' f'{x=}' f'{{' '''x r"\\" u'é' bf''
é ª ² \u200b \ufeff \u00a0 𝒳 $ ? ! ` \x0c
""".split()] + [b"\n", b"\n    ", b"\n\t", b"\n        ", b" ", b"\\\n", b"#", b"\0", b"\xff", b"\r", b"# -*- coding: latin-1 -*-\n",
                b"match x:\n  case [a, *b]:\n    pass\n", b"async def f():\n  await x\n", b"except* E:\n", b"lambda *a, b=1, /, **k: 0",
                b"def f(a, /, b, *, c=1, **d): pass\n", b"[*a, *b]", b"{**a, 'b': 1}", b"x[a:b, ::c, *d]", b"from . import (a as b,)\n",
                b"with (a as b, c): pass\n", b"global x\n", b"nonlocal x\n", b"yield from x", b"return\n", b"print 1\n", b"exec 'x'\n"]

NESTS = [(b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"not ", b""), (b"-", b""), (b"lambda: ", b""), (b"f(", b")"),
         (b"x[", b"]"), (b"a if ", b" else b"), (b"await ", b""), (b"[x for x in ", b"]"), (b"a.", b""), (b"1 + ", b""),
         (b"1 ** ", b""), (b"f'{", b"}'"), (b"{1: ", b"}"), (b"*", b""), (b"a and ", b"")]
BLOCKS = [b"if x:", b"for i in x:", b"while 1:", b"def f():", b"class C:", b"try:", b"with x:", b"match x:", b"async def g():"]


# ------------------------------------------------------------------ a little grammar

def expression(rng, depth=0):
    if depth > 5 or rng.random() < 0.3:
        return rng.choice(["x", "y", "0", "1.5", "'s'", "None", "True", "...", "b'b'", "f'{x}'", "self.a", "_"])
    def sub():
        return expression(rng, depth + 1)
    return rng.choice([
        lambda: f"{sub()} {rng.choice(['+', '-', '*', '/', '//', '%', '@', '**', '<<', '&', '|', '^'])} {sub()}",
        lambda: f"{sub()} {rng.choice(['<', '==', 'is not', 'not in', 'in', '>=', '!='])} {sub()}",
        lambda: f"{sub()} {rng.choice(['and', 'or'])} {sub()}",
        lambda: f"not {sub()}", lambda: f"-{sub()}", lambda: f"~{sub()}", lambda: f"({sub()})", lambda: f"(z := {sub()})",
        lambda: f"{sub()} if {sub()} else {sub()}", lambda: f"lambda a, *b, c={sub()}: {sub()}",
        lambda: f"f({sub()}, *{sub()}, k={sub()}, **{sub()})", lambda: f"x[{sub()}:{sub()}, {sub()}]",
        lambda: f"[{sub()} for i in {sub()} if {sub()}]", lambda: f"{{{sub()}: {sub()} for a, *b in {sub()}}}",
        lambda: f"({sub()} async for i in {sub()})", lambda: f"[{sub()}, *{sub()}]", lambda: f"{{{sub()}, {sub()}}}",
        lambda: f"f'{{{sub()}!r:>{{{sub()}}}}}'", lambda: f"(yield {sub()})", lambda: f"await {sub()}", lambda: f"x.y({sub()})",
    ])()


def statement(rng, depth=0, indent=""):
    def e():
        return expression(rng, 2)

    def block():
        return "".join(statement(rng, depth + 1, indent + "    ") for _ in range(rng.randint(1, 3)))
    simple = [lambda: e(), lambda: f"x = {e()}", lambda: f"x, *y = {e()}", lambda: f"x += {e()}", lambda: f"x: {e()} = {e()}",
              lambda: f"del x, y[{e()}]", lambda: f"return {e()}", lambda: f"raise {e()} from {e()}", lambda: "pass", lambda: "break",
              lambda: "continue", lambda: "global x", lambda: "nonlocal x", lambda: "import a.b as c, d", lambda: f"assert {e()}, {e()}",
              lambda: "from ..a import (b, c as d)", lambda: "from a import *", lambda: f"a = b = {e()}"]
    if depth > 3 or rng.random() < 0.5:
        return f"{indent}{rng.choice(simple)()}\n"
    return rng.choice([
        lambda: f"{indent}if {e()}:\n{block()}{indent}elif {e()}:\n{block()}{indent}else:\n{block()}",
        lambda: f"{indent}for i, j in {e()}:\n{block()}{indent}else:\n{block()}",
        lambda: f"{indent}while {e()}:\n{block()}",
        lambda: f"{indent}try:\n{block()}{indent}except {e()} as x:\n{block()}{indent}finally:\n{block()}",
        lambda: f"{indent}try:\n{block()}{indent}except* {e()}:\n{block()}",
        lambda: f"{indent}@{e()}\n{indent}def f(a, b={e()}, /, c: {e()} = 1, *d, e, **g) -> {e()}:\n{block()}",
        lambda: f"{indent}async def f():\n{block()}", lambda: f"{indent}class C({e()}, metaclass={e()}):\n{block()}",
        lambda: f"{indent}with {e()} as x, {e()}:\n{block()}", lambda: f"{indent}async with ({e()} as x, {e()}):\n{block()}",
        lambda: f"{indent}match {e()}:\n{indent}  case {pattern(rng)} if {e()}:\n"
                + "".join(statement(rng, depth + 1, indent + "    ") for _ in range(2)),
    ])()


def pattern(rng, depth=0):
    if depth > 3 or rng.random() < 0.4:
        return rng.choice(["_", "x", "1", "-1.5", "'s'", "None", "a.b", "1+2j", "*r", "**k", "b'x'"])
    def sub():
        return pattern(rng, depth + 1)
    return rng.choice([lambda: f"[{sub()}, {sub()}]", lambda: f"({sub()} | {sub()})", lambda: f"{{'k': {sub()}, **rest}}",
                       lambda: f"C({sub()}, a={sub()})", lambda: f"{sub()} as y", lambda: f"({sub()},)", lambda: f"{sub()} | {sub()}"])()


# ------------------------------------------------------------------ texts

class Texts:
    def __init__(self, rng):
        self.rng = rng
        paths = glob.glob(os.path.join(LIBRARY, "*.py")) + glob.glob(os.path.join(LIBRARY, "test", "test_*.py"))
        self.paths = sorted(path for path in paths if os.path.getsize(path) < 80_000)

    def seed(self):
        rng = self.rng
        if rng.random() < 0.35:
            return "".join(statement(rng) for _ in range(rng.randint(1, 5))).encode()
        with open(rng.choice(self.paths), "rb") as file:
            lines = file.read().splitlines(True)
        if rng.random() < 0.1 or len(lines) < 30:
            return b"".join(lines)
        start = rng.randrange(len(lines))
        return b"".join(lines[start:start + rng.randint(1, 40)])

    def mutated(self):
        rng = self.rng
        text = self.seed()
        if rng.random() < 0.03:
            return text
        tokens = TOKEN.findall(text)
        for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
            self.mutate(tokens)
        text = b"".join(tokens)
        if rng.random() < 0.05:
            text = text[:rng.randrange(len(text) + 1)]
        if rng.random() < 0.05 and text:
            place = rng.randrange(len(text))
            text = text[:place] + bytes([rng.randrange(256)]) + text[place + 1:]
        return text

    def mutate(self, tokens):
        rng = self.rng
        place = rng.randrange(len(tokens) + 1)
        length = rng.choice([1, 1, 1, 2, 5, 20])
        kind = rng.random()
        if kind < 0.25:
            del tokens[place:place + length]
        elif kind < 0.5:
            tokens.insert(place, rng.choice(WORDS))
        elif kind < 0.65:
            tokens[place:place + 1] = [rng.choice(WORDS)]
        elif kind < 0.75:
            tokens[place:place] = tokens[place:place + length]
        elif kind < 0.85 and tokens:
            other = rng.randrange(len(tokens))
            place = min(place, len(tokens) - 1)
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif kind < 0.92:
            tokens[place:place] = TOKEN.findall(self.seed())[:30]
        elif kind < 0.96:
            before, after = rng.choice(NESTS)
            depth = rng.choice([3, 30, 95, 150, 300, 5000])
            tokens.insert(place, before * depth + b"x" + after * (depth if rng.random() < 0.8 else depth - 1))
        else:
            depth = rng.choice([3, 20, 25, 101, 200])
            tokens.insert(place, b"\n" + b"".join(b" " * i + rng.choice(BLOCKS) + b"\n" for i in range(depth))
                          + b" " * depth + b"pass\n")


# ------------------------------------------------------------------ running

class Verdict:
    """How a batch went: a line a text as far as it came, and what ended it, if anything did."""

    def __init__(self, lines, trouble, log):
        self.lines, self.trouble, self.log = lines, trouble, log


def run_batch(python, texts, limit):
    with tempfile.TemporaryDirectory() as place:
        batch, results, worker = (os.path.join(place, name) for name in ("batch", "results", "worker.py"))
        with open(worker, "w") as file:
            file.write(WORKER)
        with open(batch, "wb") as file:
            for text in texts:
                file.write(b"%d\n" % len(text) + text)
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:abort_on_error=1", UBSAN_OPTIONS="print_stacktrace=1")
        log, trouble = b"", ""
        try:
            done = subprocess.run([python, "-W", "ignore", worker, batch, results], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=limit)
            log = done.stdout
            if done.returncode < 0:
                trouble = signal.Signals(-done.returncode).name
            elif done.returncode:
                trouble = f"exit status {done.returncode}"
        except subprocess.TimeoutExpired as late:
            log, trouble = late.stdout or b"", f"no end after {limit} s"
        try:
            with open(results, encoding="utf-8", errors="replace", newline="\n") as file:
                lines = [line.rstrip("\n").partition(" ")[2] for line in file]
        except FileNotFoundError:
            lines = []
        return Verdict(lines, trouble, log.decode("utf-8", "replace"))


def shrink(text, still_bad, seconds=20):
    """Takes out lines, then tokens, then halves runs, as long as what is left is still bad."""
    end = time.monotonic() + seconds
    for split in (lambda t: t.splitlines(True), TOKEN.findall):
        pieces = split(text)
        step = max(1, len(pieces) // 2)
        while step and time.monotonic() < end:
            place = 0
            while place < len(pieces) and time.monotonic() < end:
                shorter = pieces[:place] + pieces[place + step:]
                if shorter and still_bad(b"".join(shorter)):
                    pieces = shorter
                else:
                    place += step
            step //= 2
        text = b"".join(pieces)
    return text


class Findings:
    """Keeps one text for each kind of trouble."""

    def __init__(self, folder):
        self.folder, self.kinds = folder, {}

    def add(self, kind, text, log=""):
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] > 1:
            return
        os.makedirs(self.folder, exist_ok=True)
        name = hashlib.sha256(kind.encode() + text).hexdigest()[:10]
        path = os.path.join(self.folder, name + ".py")
        with open(path, "wb") as file:
            file.write(text)
        if log:
            with open(path[:-3] + ".log", "w") as file:
                file.write(log)
        print(f"{kind}\n    {os.path.relpath(path)}: {text[:200]!r}", flush=True)


def kind_of(trouble, log):
    """Trouble with the innermost frames of a sanitizer's report, so that one fault is reported once."""
    frames = re.findall(r"#\d+ 0x[0-9a-f]+ in ([\w:~]+)", log)
    own = [frame for frame in frames if not frame.startswith(("__", "abort", "raise"))][:3]
    summary = re.search(r"runtime error: .*", log)
    return " ".join(filter(None, [trouble, summary and summary.group(), " < ".join(own)]))


def message_of(line):
    return re.sub(r" \([^()]*\)$", "", line)


def main():
    parser = argparse.ArgumentParser(description="Fuzzes compile() with mutated source text.")
    parser.add_argument("--python", default=os.path.join(ROOT, "build", "adder"), help="the interpreter to test")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--compare", action="store_true", help="compare outcomes with python3.11")
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "fuzz"))
    options = parser.parse_args()
    python = os.path.abspath(options.python)
    seed = options.seed if options.seed is not None else random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)

    texts_of, findings = Texts(random.Random(seed)), Findings(options.out)
    end = time.monotonic() + options.seconds
    tried = 0
    while time.monotonic() < end:
        texts = [texts_of.mutated() for _ in range(options.batch)]
        place = 0
        while place < len(texts):
            verdict = run_batch(python, texts[place:], 60)
            compare(verdict, texts[place:], options, findings)
            if not verdict.trouble:
                break
            bad = max(0, len(verdict.lines) - 1)
            text = texts[place + bad]
            alone = run_batch(python, [text], 20)
            if alone.trouble:
                kind = kind_of(alone.trouble, alone.log)
                if kind not in findings.kinds:
                    text = shrink(text, lambda t: run_batch(python, [t], 20).trouble == alone.trouble)
                findings.add(kind, text, alone.log)
            else:
                findings.add(f"{kind_of(verdict.trouble, verdict.log)} (only after other texts)",
                             b"\n".join(texts[place:place + bad + 1]), verdict.log)
            place += bad + 1
        tried += len(texts)
    crashes = sum(1 for kind in findings.kinds if not kind.startswith("differs"))
    print(f"{tried} texts, {crashes} kinds of crash, {len(findings.kinds) - crashes} kinds of difference")
    return 1 if crashes else 0


def compare(verdict, texts, options, findings):
    """Files unexpected exceptions, and with --compare what python3.11 says otherwise."""
    for text, line in zip(texts, verdict.lines):
        if line.startswith("UNEXPECTED"):
            findings.add(line[:100], text)
    if options.compare and verdict.lines:
        theirs = run_batch(REFERENCE, texts[:len(verdict.lines)], 60)
        for text, mine, other in zip(texts, verdict.lines, theirs.lines):
            if not is_utf8(text):
                continue  # CPython itself reports these in several ways
            kind = difference_kind(mine, other)
            if kind and kind not in findings.kinds:
                text = shrink(text, lambda t: difference_of(t, options) == kind, 15)
            if kind:
                findings.add(kind, text)


def difference_kind(mine, other):
    a, b = message_of(mine), message_of(other)
    return f"differs: adder [{mask(a)}] python3.11 [{mask(b)}]" if mine and a != b else None


def difference_of(text, options):
    if not is_utf8(text):
        return None
    mine, other = run_batch(options.python, [text], 20).lines, run_batch(REFERENCE, [text], 20).lines
    return difference_kind(mine[0], other[0]) if mine and other else None


def is_utf8(text):
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def mask(message):
    """Leaves names and figures out of a message, so that one difference is reported once."""
    return re.sub(r"'[^']*'|\d+", "…", message)


if __name__ == "__main__":
    sys.exit(main())
