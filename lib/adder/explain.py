"""adder --explain[=STAGES] FILE | -c CODE: a program stage by stage.

STAGES are words between commas, and the name of a page to write if one ends with .html:

    tokens   what the lexer made of each line
    tree     the syntax tree
    code     register code after the run: how often each instruction ran, types that it met, what it became, its inline cache
    values   how the program's variables lie in memory after the run
    arrays   what array expressions became

Without STAGES all of them are printed. Unless only tokens or the tree are asked for, the program runs first, with its output. Counts
and types are those of its main thread.
"""

import ast
import io
import re
import sys
import tokenize
import types
from dataclasses import dataclass, field

import _adder
import _opcode
import opcode

from adder._layout import Layout, short
from adder._program import load

STAGES = ("tokens", "tree", "code", "values", "arrays")


# ---------------------------------------------------------------- tokens

@dataclass
class Token:
    line: int
    kind: str
    text: str


def tokens_of(source):
    """The tokens that carry something, in order."""
    out = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
            continue
        kind = tokenize.tok_name[token.exact_type]
        out.append(Token(token.start[0], kind, "" if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT) else token.string))
    return out


# ---------------------------------------------------------------- tree

@dataclass
class Node:
    depth: int
    line: int
    text: str


def tree_of(source, filename):
    """The syntax tree, a row for each node, parents first."""
    rows = []

    def plain(value):
        """Text of a field that is no branch of its own: a name, a number, an operator; None if it is one."""
        if isinstance(value, (ast.operator, ast.unaryop, ast.cmpop, ast.boolop)):
            return type(value).__name__
        if isinstance(value, ast.AST):
            return None
        if isinstance(value, list):
            parts = [plain(item) for item in value]
            return None if None in parts else "[" + ", ".join(parts) + "]"
        return short(value)

    def visit(node, depth, line, label):
        line = getattr(node, "lineno", line)
        inline, branches = [], []
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr_context) or value is None or value == []:
                continue
            text = plain(value)
            if text is None:
                branches.append((name, value))
            else:
                inline.append(f"{name}={text}")
        rows.append(Node(depth, line, " ".join([f"{label}{type(node).__name__}", *inline])))
        for name, value in branches:
            for number, item in enumerate(value if isinstance(value, list) else [value]):
                mark = f"{name}[{number}]" if isinstance(value, list) else name
                if isinstance(item, ast.AST):
                    visit(item, depth + 1, line, mark + ": ")

    for statement in ast.parse(source, filename).body:
        visit(statement, 0, 1, "")
    return rows


# ---------------------------------------------------------------- code

@dataclass
class Instruction:
    at: int            # in words
    line: int
    general: str       # the operation
    became: str        # the form that the run has made of it, "" if none
    operands: str
    times: int
    types: str         # of the operands, with how often each combination came
    cache: str
    meaning: str


@dataclass
class Listing:
    name: str
    line: int
    registers: str
    instructions: list
    handlers: list     # text of the exception table's rows


def types_text(combinations, times):
    """(int, float) ×3, (str, str): the combinations of types that an instruction has met."""
    shown = [(types_, n) for types_, n in combinations if types_]
    parts = []
    for types_, n in shown:
        names = ", ".join(t.__name__ for t in types_)
        parts.append(names if len(shown) == 1 else f"({names}) ×{n}")
    rest = times - sum(n for _, n in combinations)
    if rest and shown:
        parts.append(f"others ×{rest}")
    return "; ".join(parts)


def listing_of(code):
    seen = {offset: (times, combinations) for offset, times, combinations in _adder.seen(code)}
    lines = list(code.co_positions())
    rows = []
    for (offset, general, _, operands, _), (_, form, _, _, _) in zip(_opcode.instructions(code), _opcode.instructions(code, True)):
        times, combinations = seen.get(offset, (0, []))
        operation, became = opcode.operations[general], opcode.operations[form]
        operands = re.sub(r"<code object (\S+) at .*", r"<code \1>", operands)
        rows.append(Instruction(offset // 8, lines[offset // 2][0] or 0, operation.name, became.name if form != general else "", operands, times,
                                types_text(combinations, times), _adder.cache(code, offset), operation.doc))
    handlers = [f"words {start // 8} to {end // 8 - 1}: an exception goes to {target // 8}"
                for start, end, target, _, _ in _opcode.exception_table(code)]
    names = ", ".join(code.co_varnames + code.co_cellvars + code.co_freevars) or "none"
    registers = f"{code.co_nlocals} for locals ({names}), {code.co_stacksize} temporary"
    return Listing(code.co_qualname, code.co_firstlineno, registers, rows, handlers)


def listings_of(code):
    """The code and all code within it, in the order of the source."""
    out, pending = [], [code]
    while pending:
        code = pending.pop(0)
        out.append(listing_of(code))
        pending[:0] = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return out


# ---------------------------------------------------------------- values

PLAIN_TYPES = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def values_of(names):
    """(name, Layout) of each variable of the module that holds data."""
    return [(name, Layout(names[name])) for name in list(names)
            if not name.startswith("__") and not isinstance(names[name], PLAIN_TYPES)]


# ---------------------------------------------------------------- arrays

def machine_rows():
    """What computes arrays here: pairs of a label and a text."""
    import ctypes
    import os
    import _numpy
    yield "instructions", _numpy._instruction_set()
    threads = os.environ.get("ADDER_NUM_THREADS") or len(os.sched_getaffinity(0))
    yield "threads", f"up to {threads}, where an operation is worth it"
    try:
        blas = ctypes.CDLL("libopenblas.so.0")
        blas.openblas_get_config.restype = ctypes.c_char_p
        yield "BLAS", blas.openblas_get_config().decode().strip()
    except (OSError, AttributeError):
        yield "BLAS", "OpenBLAS is not installed (libopenblas0): products are plain loops"


def arrays_of(before, listed):
    """Rows on the arrays of the run, none if the program used none."""
    import _numpy as numpy
    if getattr(sys.modules.get("numpy"), "ndarray", None) is not numpy.ndarray:
        return []
    rows = list(machine_rows())
    counts = numpy.deferral_counts()
    programs, operations = (counts[name] - before.get(name, 0) for name in ("programs", "operations"))
    passes, spared = f"{programs} pass{'es' * (programs != 1)}", operations - programs
    rows.append(("fused", f"{operations} operations in {passes}: {spared} temporar{'y' if spared == 1 else 'ies'} not made" if programs else "nothing"))
    for file, line, function, text, ending, operations, shape, dtype, threads in listed:
        rows.append((f"line {line}", f"{text}, {ending}: {operations} operation{'s' * (operations != 1)}, {shape} {dtype}, "
                                     f"{threads} thread{'s' * (threads != 1)}"))
    return rows


# ---------------------------------------------------------------- all of it

@dataclass
class Explanation:
    filename: str
    source: str
    status: int = 0
    tokens: list = field(default_factory=list)
    tree: list = field(default_factory=list)
    code: list = field(default_factory=list)
    values: list = field(default_factory=list)
    arrays: list = field(default_factory=list)

    @property
    def lines(self):
        return self.source.splitlines()


def explain(program, code, stages):
    """Runs the program if a stage needs that, and collects the stages."""
    made = Explanation(program.filename, program.source)
    if "tokens" in stages:
        made.tokens = tokens_of(program.source)
    if "tree" in stages:
        made.tree = tree_of(program.source, program.filename)
    if {"code", "values", "arrays"} & set(stages):
        numpy = sys.modules.get("_numpy")
        before = numpy.deferral_counts() if numpy else {}
        if "arrays" in stages:
            import _numpy
            _numpy.deferral_watch(True)
        _adder.watch(program.filename)
        try:
            made.status = program.run(code)
            if "code" in stages:
                made.code = listings_of(code)
        finally:
            _adder.watch()
        if "values" in stages:
            made.values = values_of(program.globals)
        if "arrays" in stages:
            listed = [row for row in dict.fromkeys(_numpy.deferral_watch()) if row[0] == program.filename]
            made.arrays = arrays_of(before, listed)
    return made


# ---------------------------------------------------------------- text

def heading(title):
    return f"\n{title}\n{'=' * len(title)}\n"


def source_line(made, number, width):
    line = made.lines[number - 1] if 0 < number <= len(made.lines) else ""
    return f"{number:>{width}} | {line}".rstrip()


def text_of(made, stages):
    """The stages as text, a piece at a time."""
    width = max(3, len(str(len(made.lines))))
    indent = " " * (width + 3)
    if "tokens" in stages:
        yield heading("Tokens")
        last = 0
        for token in made.tokens:
            if token.line != last:
                yield ("\n" if last else "") + source_line(made, token.line, width) + "\n" + indent
                last = token.line
            yield f"{token.kind} {token.text}".rstrip() + "   "
        yield "\n"
    if "tree" in stages:
        yield heading("Tree")
        shown = 0
        for node in made.tree:
            if node.depth == 0 or node.line > shown:
                yield source_line(made, node.line, width) + "\n"
                shown = node.line
            yield f"{indent}{'  ' * node.depth}{node.text}\n"
    if "code" in stages:
        yield heading("Register code, after the run")
        for listing in made.code:
            yield f"\n{listing.name}: registers: {listing.registers}\n"
            last = None
            for row in listing.instructions:
                if row.line != last:
                    yield source_line(made, row.line, width) + "\n" if row.line else ""
                    last = row.line
                name = f"{row.general} → {row.became}" if row.became else row.general
                ran = f"×{row.times}" if row.times else "" if row.general == "RESUME" else "not run"
                yield (f"{indent}{row.at:>4} {name} {row.operands}".ljust(len(indent) + 52) + f" {ran:<8} {row.types}").rstrip() + "\n"
                if row.cache:
                    yield f"{indent}       cache: {row.cache}\n"
            for text in listing.handlers:
                yield f"{indent}{text}\n"
    if "values" in stages:
        yield heading("Values")
        for name, layout in made.values:
            yield f"\n{name}\n"
            for label, text in layout.rows():
                yield f"    {label:<12}{text}\n"
        if not made.values:
            yield "\nThe module has no variables.\n"
    if "arrays" in stages:
        yield heading("Arrays")
        for label, text in made.arrays:
            yield f"    {label:<13}{text}\n"
        if not made.arrays:
            yield "\nThe program used none.\n"


# ---------------------------------------------------------------- command line

def parse_stages(text):
    """The stages and the name of the page (or None) that the option's value asks for; ValueError."""
    stages, page = [], None
    for word in filter(None, text.split(",")):
        if word.endswith(".html"):
            page = word
        elif word in STAGES:
            stages.append(word)
        else:
            raise ValueError(f"there is no stage {word!r}: {', '.join(STAGES)}, or a file name that ends with .html")
    return stages or list(STAGES), page


def main(arguments):
    stages = ""
    if arguments and arguments[0].startswith("--explain="):
        stages = arguments.pop(0).partition("=")[2]
    try:
        stages, page = parse_stages(stages)
    except ValueError as error:
        print(f"adder --explain: {error}", file=sys.stderr)
        return 2
    loaded = load(arguments, "explain")
    if loaded is None:
        return 2
    made = explain(*loaded, stages)
    if page:
        from adder._explain_page import page_of
        with open(page, "w", encoding="utf-8") as file:
            file.write(page_of(made, stages))
        print(f"wrote {page}", file=sys.stderr)
    else:
        try:
            sys.stdout.write("".join(text_of(made, stages)))
            sys.stdout.flush()
        except BrokenPipeError:
            sys.stderr.close()
    return made.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
