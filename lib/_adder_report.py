"""The interpreter's own report of an exception, beyond what the traceback module says: suggestions, the arrays of the failing
expression, colours on a terminal. Exceptions themselves keep CPython's texts; so does what the traceback module prints.

src/runtime/print_error.cpp calls `text`; if anything here fails it prints the plain report.
"""

import os
import re
import sys
import traceback

import _adder

MANNERS = {"np": "numpy as np", "pd": "pandas as pd", "plt": "matplotlib.pyplot as plt", "sp": "scipy as sp", "tk": "tkinter as tk"}


def text(report, exception, stream):
    """The text of a TracebackException."""
    hints = os.environ.get("ADDER_HINTS") != "0" or sys.flags.ignore_environment
    colours = wants_colours(stream)
    if hints or colours:
        pending, count = [(report, exception)], 0
        while pending and count < 100:
            one, its_exception = pending.pop()
            count += 1
            if hints:
                add_suggestion(one, its_exception)
            dress(one, array_notes(its_exception) if hints else None, colours)
            pending += parts_of(one, its_exception)
    return "".join(report.format())


def parts_of(report, exception):
    """The reports within a report, each with its exception."""
    for name in ("__cause__", "__context__"):
        if getattr(report, name) is not None:
            yield getattr(report, name), getattr(exception, name)
    if report.exceptions is not None:
        yield from zip(report.exceptions, exception.exceptions)


# ---------------------------------------------------------------- suggestions

def add_suggestion(report, exception):
    message = report._str
    if not isinstance(message, str) or isinstance(exception, SyntaxError):
        return
    base, _, _ = message.rpartition(". Did you mean: '") if message.endswith("'?") else (message, "", "")
    try:
        if isinstance(exception, NameError):
            message = name_suggestion(exception, message, base or message)
        elif base and base != message:
            return
        elif isinstance(exception, ImportError):
            message += import_suggestion(exception)
        elif type(exception) is TypeError:
            message += call_suggestion(exception, message)
        elif type(exception) is AttributeError:
            message += shadow_suggestion(exception)
    except Exception:
        return
    report._str = message


def did_you_mean(names, name):
    best = _adder.nearest([n for n in names if isinstance(n, str)], name)
    return f". Did you mean: '{best}'?" if best else ""


def name_suggestion(exception, message, base):
    name = exception.name
    if not isinstance(name, str) or isinstance(exception, UnboundLocalError):
        return message
    frame = last_frame(exception)
    if frame is not None:
        code = frame.f_code
        if code.co_argcount and code.co_varnames[0] == "self" and "self" in frame.f_locals:
            if has_attribute(frame.f_locals["self"], name):
                return f"{base}. Did you mean: 'self.{name}'?"
    if name in MANNERS:
        return f"{base}. Did you forget 'import {MANNERS[name]}'?"
    if name in sys.stdlib_module_names:
        return f"{message} Or did you forget to import '{name}'?" if message != base else f"{base}. Did you forget to import '{name}'?"
    return message


def import_suggestion(exception):
    found = re.match(r"cannot import name '(.+?)' from '(.+?)'", exception.msg or "")
    if found:
        module = sys.modules.get(found[2])
        return did_you_mean(dir(module), found[1]) if module else ""
    if isinstance(exception, ModuleNotFoundError) and isinstance(exception.name, str):
        package, _, name = exception.name.rpartition(".")
        import pkgutil
        path = None
        if package:
            path = getattr(sys.modules.get(package), "__path__", None)
            if path is None:
                return ""
        names = {module.name for module in pkgutil.iter_modules(path)}
        if not package:
            names.update(sys.stdlib_module_names)
        return did_you_mean(sorted(names), name)
    return ""


def call_suggestion(exception, message):
    """For calls with the wrong arguments."""
    found = re.search(r"got an unexpected keyword argument '(\w+)'$|^'(\w+)' is an invalid keyword argument for", message)
    if found:
        import inspect
        keyword = found[1] or found[2]
        for call, function in failing_calls(exception):
            if any(k.arg == keyword for k in call.keywords):
                kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
                return did_you_mean([p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds], keyword)
    found = re.match(r"(\S+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given$", message)
    if found and int(found[3]) == int(found[2]) + 1:
        holder, _, name = found[1].rpartition(".")
        method = method_named(exception, holder.rpartition("<locals>.")[2], name)
        if method is not None and method.__code__.co_varnames[:1] not in (("self",), ("cls",)):
            return f". Did you forget 'self' in the definition of '{name}'?"
    found = re.match(r"(\S+)\.(\w+)\(\) missing 1 required positional argument: 'self'$", message)
    if found:
        return f". Did you forget to make an instance: '{found[1].rpartition('.')[2]}(...).{found[2]}(...)'?"
    return ""


def method_named(exception, class_name, name):
    """The function that a class of the failing frame has under this name, or None."""
    import ast
    frame = last_frame(exception)
    try:
        method = vars(peek(ast.parse(class_name, mode="eval").body, frame)).get(name)
    except (SyntaxError, Unknown, TypeError):
        return None
    return method if type(method) is type(method_named) else None


def shadow_suggestion(exception):
    """A module of the program's that hides one of the standard library."""
    module = exception.obj
    if type(module) is not type(sys) or module.__name__ not in sys.stdlib_module_names:
        return ""
    file = getattr(module, "__file__", None)
    library = os.path.dirname(os.__file__)
    if not file or file.startswith((library, os.path.dirname(__file__))) or not sys.path or os.path.dirname(file) != os.path.abspath(sys.path[0]):
        return ""
    return f" (consider renaming {file!r} since it has the same name as the standard library module named {module.__name__!r} and hides it)"


def has_attribute(value, name):
    """Whether an attribute is there, without running anything."""
    return name in getattr(value, "__dict__", {}) or any(name in vars(base) for base in type(value).__mro__)


# ---------------------------------------------------------------- the failing expression

def last_frame(exception):
    at = exception.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at.tb_frame if at else None


def library_folders():
    numpy = sys.modules.get("numpy")
    file = getattr(numpy, "__file__", None)
    return tuple(filter(None, (os.path.dirname(__file__) + os.sep, file and os.path.dirname(file) + os.sep)))


def failing_place(exception, skip):
    """The innermost traceback entry that is not in one of the folders `skip`."""
    found, at = None, exception.__traceback__
    while at is not None:
        if not (skip and at.tb_frame.f_code.co_filename.startswith(skip)):
            found = at
        at = at.tb_next
    return found


def positions_of(place):
    """(first line, last line, first column, last column) of a traceback entry, columns in bytes."""
    positions = list(place.tb_frame.f_code.co_positions())
    return positions[place.tb_lasti // 2] if 0 <= place.tb_lasti // 2 < len(positions) else (None,) * 4


def failing_tree(place):
    """The syntax tree of the expression that was under way, or None."""
    import ast
    import linecache
    first, last, start, end = positions_of(place)
    if None in (first, last, start, end):
        return None
    filename = place.tb_frame.f_code.co_filename
    lines = [linecache.getline(filename, number, place.tb_frame.f_globals).encode() for number in range(first, last + 1)]
    if not all(lines):
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    source = b"".join(lines).decode(errors="replace")
    for candidate in (f"({source})", source):
        try:
            return ast.parse(candidate)
        except SyntaxError:
            pass
    return None


class Unknown(Exception):
    """What an expression gives cannot be told without running code of the program."""


def peek(node, frame):
    """The value of a simple expression, found without side effects; Unknown."""
    import ast
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        for scope in (frame.f_locals, frame.f_globals, frame.f_builtins):
            if node.id in scope:
                return scope[node.id]
    elif isinstance(node, ast.Attribute):
        value = peek(node.value, frame)
        if is_array(value) and node.attr == "T":
            return value.T
        names = getattr(value, "__dict__", {})
        if node.attr in names and not isinstance(value, type):
            return names[node.attr]
        for base in value.__mro__ if isinstance(value, type) else type(value).__mro__:
            if node.attr in vars(base):
                found = vars(base)[node.attr]
                if isinstance(found, (staticmethod, classmethod)) or callable(found):
                    return getattr(value, node.attr)
                break
    elif isinstance(node, ast.Subscript):
        value, key = peek(node.value, frame), peek_index(node.slice, frame)
        if is_array(value):
            return value[key]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = peek(node.operand, frame)
        if type(value) is int:
            return -value
    raise Unknown


def peek_index(node, frame):
    """A key that makes a view: ints, slices, None, ... and tuples of these."""
    import ast
    if isinstance(node, ast.Tuple):
        return tuple(peek_index(item, frame) for item in node.elts)
    if isinstance(node, ast.Slice):
        return slice(*(None if part is None else peek_index(part, frame) for part in (node.lower, node.upper, node.step)))
    value = peek(node, frame)
    if type(value) is int or value is None or value is ...:
        return value
    raise Unknown


def failing_calls(exception):
    """(tree, callable) of the calls within the failing expression that can be told."""
    import ast
    place = failing_place(exception, ())
    tree = place and failing_tree(place)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            try:
                yield node, peek(node.func, place.tb_frame)
            except Unknown:
                pass


def is_array(value):
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is getattr(numpy, "ndarray", None)


def array_notes(exception):
    """(file, line, lines of text) on the arrays of the failing expression; None if there are none."""
    if "numpy" not in sys.modules:
        return None
    try:
        import ast
        place = failing_place(exception, library_folders())
        tree = place and failing_tree(place)
        if not tree:
            return None
        found = {}

        def visit(node):
            try:
                value = peek(node, place.tb_frame) if isinstance(node, ast.expr) else None
            except Exception:
                value = None
            if is_array(value):
                found.setdefault(ast.unparse(node), value)
                # What it was cut from matters where the cutting failed, which this did not.
                return
            for child in ast.iter_child_nodes(node):
                visit(child)

        visit(tree)
        if not found:
            return None
        width = min(max(map(len, found)), 30)
        lines = [f"    {name:<{width}} is {value.dtype} {value.shape}\n" for name, value in list(found.items())[:8]]
        return place.tb_frame.f_code.co_filename, place.tb_lineno, lines
    except Exception:
        return None


# ---------------------------------------------------------------- colours

RESET, BOLD_RED, RED, MAGENTA, BOLD_MAGENTA, GREY = "\x1b[0m", "\x1b[1;31m", "\x1b[31m", "\x1b[35m", "\x1b[1;35m", "\x1b[90m"


def wants_colours(stream):
    """Whether text for this stream is to be coloured: CPython 3.13's rules."""
    if not sys.flags.ignore_environment:
        choice = os.environ.get("PYTHON_COLORS")
        if choice in ("0", "1"):
            return choice == "1"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("TERM") == "dumb":
        return False
    try:
        return os.isatty(stream.fileno())
    except Exception:
        return False


def colour_carets(line, carets):
    """A source line and the line of ~ and ^ below it: the parts meant take the colour of their marks."""
    def painted(text):
        out = []
        for run in re.finditer(r"\^+|~+|[^~^]+", carets):
            colour = {"^": BOLD_RED, "~": RED}.get(run[0][0], "")
            part = text[run.start():run.end()]
            out.append(f"{colour}{part}{RESET}" if colour else part)
        return "".join(out) + text[len(carets):]
    return painted(line), painted(carets)


class Stack(traceback.StackSummary):
    """A stack that shows the notes at their place, and colours."""

    notes, colours = None, False

    def format_frame_summary(self, frame):
        shown = super().format_frame_summary(frame)
        if shown is None:
            return None
        lines = shown.splitlines(keepends=True)
        if self.colours:
            lines[0] = f'  File {MAGENTA}"{frame.filename}"{RESET}, line {MAGENTA}{frame.lineno}{RESET}, in {MAGENTA}{frame.name}{RESET}\n'
            if len(lines) > 2 and not lines[2].strip(" ~^\n"):
                line, carets = colour_carets(lines[1][:-1], lines[2][:-1])
                lines[1:3] = [line + "\n", carets + "\n"]
        if frame is self.notes_at:
            lines += [f"{GREY}{note[:-1]}{RESET}\n" if self.colours else note for note in self.notes]
        return "".join(lines)


class Report(traceback.TracebackException):
    """A report whose last lines are coloured."""

    def format_exception_only(self):
        for line in super().format_exception_only():
            yield self.coloured(line)

    def coloured(self, line):
        kind = self.exc_type.__qualname__ if self.exc_type else ""
        head = re.match(rf"((?:[\w.<>]+\.)?{re.escape(kind)})(?:(: )(.*))?(?=\n\Z)", line, re.S) if kind else None
        if head:
            # An exception without a text of its own: print_error.cpp takes the colon out.
            message = head[2] + head[3] if (head[3] or "")[:1] == "\x01" else f"{head[2]}{MAGENTA}{head[3]}{RESET}" if head[2] else ""
            return f"{BOLD_MAGENTA}{head[1]}{RESET}{message}\n"
        place = re.fullmatch(r'  File (".*"), line (\d+)\n', line)
        if place:
            return f"  File {MAGENTA}{place[1]}{RESET}, line {MAGENTA}{place[2]}{RESET}\n"
        if not line.strip(" ^\n") and "^" in line:
            return line.replace("^", BOLD_RED + "^", 1).rstrip("\n") + RESET + "\n"
        return line


def dress(report, notes, colours):
    """Lets a report show notes and colours."""
    if colours:
        report.__class__ = Report
    if report.stack is not None and (notes or colours):
        stack = Stack(report.stack)
        stack.colours, stack.notes, stack.notes_at = colours, None, None
        if notes:
            filename, line, stack.notes = notes
            stack.notes_at = next((frame for frame in reversed(stack) if (frame.filename, frame.lineno) == (filename, line)), None)
        report.stack = stack
