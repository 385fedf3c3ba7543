"""The prompt on a terminal, in the manner of CPython 3.13's: blocks are edited and recalled as a whole.

`run(names)` reads, compiles and runs until the end of input; src/shell/repl.cpp calls it. The editor (`Editor`) keeps a text and a place in it,
the screen (`Screen`) shows it and writes only what has changed. What keys do stands in `KEYS`.
"""

import ast
import builtins
import codecs
import linecache
import os
import re
import sys
import unicodedata

RESET, PROMPT_COLOUR = "\x1b[0m", "\x1b[1;35m"
INDENT = "    "
INCOMPLETE, NO_DEDENT, ONLY_AST = 0x4000, 0x200, 0x400   # PyCF_ flags of compile()
HISTORY_LENGTH = 2000


# ---------------------------------------------------------------- screen

def cells(text):
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shown(text):
    """A line as it is shown: tabs and control characters as something visible."""
    return "".join(c if c.isprintable() else INDENT if c == "\t" else "^" + chr(64 + ord(c) % 32) if ord(c) < 32 else "?" for c in text)


def rows_of(line, width):
    """A line cut into rows of the screen."""
    rows, row, used = [], "", 0
    for c in line:
        w = cells(c)
        if used + w > width:
            rows.append(row)
            row, used = "", 0
        row += c
        used += w
    return [*rows, row]


class Screen:
    """Rows below each other, of which the cursor is on one; everything is relative to the row where the prompt began."""

    def __init__(self, out):
        self.out = out
        self.colours = self._wants_colours()
        self.forget()

    def forget(self):
        """The cursor stands at the start of a fresh row."""
        self.rows, self.row, self.column = [""], 0, 0

    @staticmethod
    def _wants_colours():
        from _adder_report import wants_colours
        return wants_colours(sys.stdout)

    @staticmethod
    def size():
        try:
            size = os.get_terminal_size(1)
            return max(size.columns, 20), max(size.lines, 4)
        except OSError:
            return 80, 24

    def write(self, text):
        os.write(self.out, text.encode("utf-8", "replace"))

    def _move(self, row, column):
        """Text that moves the cursor; rows below those there are, are made."""
        text = ""
        if row < self.row:
            text += f"\x1b[{self.row - row}A"
        elif row > self.row:
            below = min(row, len(self.rows) - 1) - self.row
            text += f"\x1b[{below}B" if below > 0 else ""
            text += "\r\n" * (row - self.row - max(below, 0))
        if row != self.row or column != self.column:
            text += "\r" + (f"\x1b[{column}C" if column else "")
        self.row, self.column = row, column
        while len(self.rows) <= row:
            self.rows.append("")
        return text

    def show(self, rows, prompts, row, column):
        """Brings the screen to these rows, the first `prompts[i]` characters of row i being a prompt, and the cursor to its place."""
        out = ""
        for number, wanted in enumerate(rows):
            there = self.rows[number] if number < len(self.rows) else None
            if there == wanted:
                continue
            there = there or ""
            same = len(os.path.commonprefix([there, wanted]))
            if same < len(wanted) and unicodedata.combining(wanted[same]):
                same = max(same - 1, 0)
            out += self._move(number, cells(wanted[:same]))
            prompt = max(prompts.get(number, 0) - same, 0)
            rest = wanted[same:]
            if prompt and self.colours:
                out += f"{PROMPT_COLOUR}{rest[:prompt]}{RESET}{rest[prompt:]}"
            else:
                out += rest
            if cells(there) > cells(wanted):
                out += "\x1b[K"
            self.rows[number] = wanted
            self.column = cells(wanted)
            if self.column >= self.size()[0]:   # the terminal waits at the last column: be sure where it is
                out += "\r"
                self.column = 0
        if len(self.rows) > len(rows):
            out += self._move(len(rows), 0) + "\x1b[J"
            del self.rows[len(rows):]
            self.row = len(rows)
        out += self._move(row, column)
        if out:
            self.write(out)

    def below(self, text):
        """Leaves what is shown and writes text in the rows below it."""
        self.write(self._move(len(self.rows) - 1, 0) + "\r\n" + text)
        self.forget()


# ---------------------------------------------------------------- keys

ESCAPES = {"[A": "up", "[B": "down", "[C": "right", "[D": "left", "OA": "up", "OB": "down", "OC": "right", "OD": "left", "[H": "home", "[F": "end",
           "OH": "home", "OF": "end", "[1~": "home", "[4~": "end", "[3~": "delete", "[7~": "home", "[8~": "end", "[1;5C": "word right", "[1;5D": "word left",
           "[1;3C": "word right", "[1;3D": "word left", "[200~": "paste", "b": "word left", "f": "word right", "d": "kill word", "\x7f": "kill word left",
           "\r": "newline", "\n": "newline", "[5~": "older", "[6~": "newer", "<": "oldest", ">": "newest"}
CONTROLS = {"\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace", "\x01": "home", "\x05": "end", "\x02": "left", "\x06": "right",
            "\x10": "up", "\x0e": "down", "\x04": "delete or end", "\x0b": "kill line", "\x15": "kill line left", "\x17": "kill word left", "\x19": "yank",
            "\x0c": "clear", "\x12": "search", "\x03": "interrupt", "\x14": "swap"}


class Keyboard:
    """Keys from the terminal: characters as they are, others as a name with a null before it."""

    def __init__(self, source):
        self.source = source
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pending = ""

    def _fill(self, wait=None):
        import select
        if wait is not None and not select.select([self.source], [], [], wait)[0]:
            return False
        data = os.read(self.source, 4096)
        if not data:
            raise EOFError
        self.pending += self.decoder.decode(data)
        return True

    def character(self):
        while not self.pending:
            self._fill()
        c, self.pending = self.pending[0], self.pending[1:]
        return c

    def key(self):
        c = self.character()
        if c == "\x1b":
            if not self.pending and not self._fill(0.05):
                return "\0escape"
            sequence = self.character()
            if sequence in "[O":
                while True:
                    sequence += self.character()
                    if not (sequence[-1].isdigit() or sequence[-1] == ";"):
                        break
            return "\0" + ESCAPES.get(sequence, "unknown")
        return "\0" + CONTROLS[c] if c in CONTROLS else c

    def pasted(self):
        """The text up to the mark that ends a paste."""
        text = ""
        while not text.endswith("\x1b[201~"):
            text += self.character()
        return text[:-6].replace("\r\n", "\n").replace("\r", "\n").replace("\t", INDENT)


# ---------------------------------------------------------------- editor

class Editor:
    """A text that may have several lines, and a place in it."""

    def __init__(self, screen, keyboard, history, complete):
        self.screen, self.keyboard, self.history, self.complete = screen, keyboard, history, complete
        self.killed = ""

    def read(self, prompts, needs_more):
        """The next block that the user enters; EOFError, KeyboardInterrupt. `needs_more` tells whether a text is unfinished."""
        self.prompts, self.needs_more = prompts, needs_more
        self.text, self.at = "", 0
        self.entries, self.entry = [*self.history, ""], len(self.history)
        self.asked = False   # the last key asked for completions
        self.done = False
        self.screen.forget()
        self.show()
        while not self.done:
            key = self.keyboard.key()
            if key[0] == "\0":
                KEYS.get(key[1:], Editor.nothing)(self)
            else:
                self.insert(key)
            self.asked = key == "\0tab"
            if not self.keyboard.pending or self.done:
                self.show(at_end=self.done)
        self.screen.below("")
        return self.text

    # ---- showing

    def show(self, at_end=False):
        width, height = self.screen.size()
        rows, prompts, position = [], {}, None
        place = len(self.text) if at_end else self.at
        start = 0
        for number, line in enumerate(self.text.split("\n")):
            prompt = self.prompts[number > 0]
            if start <= place <= start + len(line):
                before = rows_of(prompt + shown(line[:place - start]), width)
                position = len(rows) + len(before) - 1, cells(before[-1])
                if position[1] == width:
                    position = position[0] + 1, 0
            prompts[len(rows)] = len(prompt)
            rows += rows_of(prompt + shown(line), width)
            if position and position[0] == len(rows):
                rows.append("")
            start += len(line) + 1
        if len(rows) >= height:   # only the part around the cursor fits
            first = min(max(position[0] - height + 2, 0), len(rows) - height + 1)
            rows = rows[first:first + height - 1]
            prompts = {number - first: n for number, n in prompts.items() if number >= first}
            position = position[0] - first, position[1]
        self.screen.show(rows, prompts, *position)

    # ---- places

    def line_start(self):
        return self.text.rfind("\n", 0, self.at) + 1

    def line_end(self):
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def word_left_place(self):
        return max((m.start() for m in re.finditer(r"\w+", self.text[:self.at])), default=0)

    def word_right_place(self):
        found = re.compile(r"\W*\w+").match(self.text, self.at)
        return found.end() if found else len(self.text)

    # ---- what keys do

    def nothing(self):
        pass

    def insert(self, text):
        self.text = self.text[:self.at] + text + self.text[self.at:]
        self.at += len(text)

    def remove(self, begin, end, keep=False):
        if keep:
            self.killed = self.text[begin:end]
        self.text, self.at = self.text[:begin] + self.text[end:], begin

    def enter(self):
        last = "\n" not in self.text[self.at:]
        if last and not self.needs_more(self.text):
            self.done = True
        else:
            self.newline()

    def newline(self):
        """A new line, indented as the one before, or further if that opens a block."""
        before = self.text[self.line_start():self.at]
        indent = re.match(r"[ \t]*", before)[0]
        code = before.split("#")[0].rstrip()
        if code.endswith(":"):
            indent += INDENT
        elif re.match(r"\s*(return|pass|break|continue|raise)\b", code):
            indent = indent[:-len(INDENT)]
        elif not before.strip() and before:
            indent = ""
        self.insert("\n" + indent)

    def backspace(self):
        start = self.line_start()
        indent = self.text[start:self.at]
        if indent and not indent.strip(" "):
            self.remove(self.at - ((len(indent) - 1) % len(INDENT) + 1), self.at)
        elif self.at:
            self.remove(self.at - 1, self.at)

    def delete(self):
        self.remove(self.at, self.at + 1)

    def delete_or_end(self):
        if not self.text:
            raise EOFError
        self.delete()

    def left(self):
        self.at = max(self.at - 1, 0)

    def right(self):
        self.at = min(self.at + 1, len(self.text))

    def home(self):
        self.at = self.line_start()

    def end(self):
        self.at = self.line_end()

    def word_left(self):
        self.at = self.word_left_place()

    def word_right(self):
        self.at = self.word_right_place()

    def up(self):
        start = self.line_start()
        if start == 0:
            return self.older()
        before = self.text.rfind("\n", 0, start - 1) + 1
        self.at = min(before + self.at - start, start - 1)

    def down(self):
        end = self.line_end()
        if end == len(self.text):
            return self.newer()
        column, self.at = self.at - self.line_start(), end + 1
        self.at = min(self.at + column, self.line_end())

    def recall(self, entry):
        self.entries[self.entry] = self.text
        self.entry = min(max(entry, 0), len(self.entries) - 1)
        self.text = self.entries[self.entry]
        self.at = len(self.text)

    def older(self):
        self.recall(self.entry - 1)

    def newer(self):
        self.recall(self.entry + 1)

    def oldest(self):
        self.recall(0)

    def newest(self):
        self.recall(len(self.entries) - 1)

    def kill_line(self):
        end = self.line_end()
        self.remove(self.at, end + (end == self.at and end < len(self.text)), keep=True)

    def kill_line_left(self):
        self.remove(self.line_start(), self.at, keep=True)

    def kill_word(self):
        self.remove(self.at, self.word_right_place(), keep=True)

    def kill_word_left(self):
        self.remove(self.word_left_place(), self.at, keep=True)

    def yank(self):
        self.insert(self.killed)

    def swap(self):
        if 0 < self.at and len(self.text) > 1:
            at = min(self.at, len(self.text) - 1)
            self.text = self.text[:at - 1] + self.text[at] + self.text[at - 1] + self.text[at + 1:]
            self.at = at + 1

    def clear(self):
        self.screen.write("\x1b[H\x1b[2J")
        self.screen.forget()

    def interrupt(self):
        raise KeyboardInterrupt

    def paste(self):
        self.insert(self.keyboard.pasted())

    def tab(self):
        start = self.line_start()
        if not self.text[start:self.at].strip():
            self.insert(" " * (len(INDENT) - (self.at - start) % len(INDENT)))
            return
        begin, found = self.complete(self.text[start:self.at])
        common = os.path.commonprefix(found)
        typed = self.at - start - begin
        if len(common) > typed:
            self.insert(common[typed:])
        elif len(found) > 1 and self.asked:
            width = self.screen.size()[0]
            column = max(map(len, found)) + 2
            each = max(width // column, 1)
            lines = ["".join(name.ljust(column) for name in found[i:i + each]).rstrip() for i in range(0, len(found), each)]
            if len(lines) > 30:
                lines = [*lines[:30], f"... {len(found)} in all"]
            self.show()
            self.screen.below("\r\n".join(lines) + "\r\n")

    def search(self):
        """Backward through the history, as one types."""
        wanted, at = "", len(self.history)
        while True:
            hit = next((i for i in range(min(at, len(self.history) - 1), -1, -1) if wanted and wanted in self.history[i]), None)
            found = self.history[hit] if hit is not None else ""
            line = f"(search) {wanted}: {found}".replace("\n", " ↵ ")
            row = rows_of(line, self.screen.size()[0] - 1)[0]
            self.screen.show([row], {0: 9}, 0, min(cells(f"(search) {wanted}"), cells(row)))
            key = self.keyboard.key()
            if key[0] != "\0":
                wanted, at = wanted + key, len(self.history)
            elif key == "\0backspace":
                wanted, at = wanted[:-1], len(self.history)
            elif key == "\0search":
                at = hit - 1 if hit is not None else at
            else:
                if key not in ("\0interrupt", "\0escape") and found:
                    self.text, self.at = found, len(found)
                    if key == "\0enter":
                        self.enter()
                return


KEYS = {name: getattr(Editor, name.replace(" ", "_")) for name in
        ("enter", "newline", "tab", "backspace", "delete", "delete or end", "left", "right", "home", "end", "word left", "word right", "up", "down", "older",
         "newer", "oldest", "newest", "kill line", "kill line left", "kill word", "kill word left", "yank", "swap", "clear", "interrupt", "paste", "search")}


# ---------------------------------------------------------------- history

class History(list):
    """Blocks entered before, kept in ~/.python_history as CPython 3.13 does: lines of a block but the last end with a carriage return."""

    def __init__(self):
        self.path = os.environ.get("PYTHON_HISTORY") or os.path.join(os.path.expanduser("~"), ".python_history")
        try:
            with open(self.path, encoding="utf-8", errors="replace", newline="") as file:
                self += [block.replace("\r\n", "\n") for block in re.split(r"(?<!\r)\n", file.read()) if block and block != "_HiStOrY_V2_"]
        except OSError:
            pass
        del self[:-HISTORY_LENGTH]

    def add(self, block):
        block = block.rstrip()
        if block.strip() and (not self or self[-1] != block):
            self.append(block)

    def save(self):
        try:
            with open(self.path, "w", encoding="utf-8", newline="") as file:
                file.writelines(block.replace("\n", "\r\n") + "\n" for block in self[-HISTORY_LENGTH:])
        except OSError:
            pass


# ---------------------------------------------------------------- completion

def completer(names):
    """A function from the line before the cursor to (where the word begins, what it may become)."""
    def complete(line):
        module = re.match(r"\s*(?:import|from)\s+(?:[\w.]+\s*,\s*)*([\w.]*)$", line)
        if module:
            return module.start(1), module_names(module[1])
        word = re.search(r"[\w.]*$", line)
        import rlcompleter
        finder, found = rlcompleter.Completer(names), []
        try:
            while (match := finder.complete(word[0], len(found))) is not None:
                found.append(match)
        except Exception:
            pass
        return word.start(), sorted(set(found))
    return complete


def module_names(word):
    import pkgutil
    package, dot, start = word.rpartition(".")
    try:
        if package:
            path = getattr(sys.modules.get(package) or __import__(package, fromlist=["x"]), "__path__", [])
            found = {module.name for module in pkgutil.iter_modules(path)}
        else:
            found = {module.name for module in pkgutil.iter_modules()} | set(sys.builtin_module_names)
    except Exception:
        return []
    return sorted(package + dot + name for name in found if name.startswith(start) and (start or name[0] != "_"))


# ---------------------------------------------------------------- reading and running

class Terminal:
    """The terminal in the state in which single keys arrive; as it was, outside."""

    def __enter__(self):
        import termios
        self.before = termios.tcgetattr(0)
        raw = termios.tcgetattr(0)
        raw[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON | termios.ISTRIP)
        raw[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        termios.tcsetattr(0, termios.TCSADRAIN, raw)
        os.write(1, b"\x1b[?2004h")

    def __exit__(self, *_):
        import termios
        os.write(1, b"\x1b[?2004l")
        termios.tcsetattr(0, termios.TCSADRAIN, self.before)


def judge(text, flags):
    """"whole", "unfinished" or "wrong"."""
    try:
        compile(text, "<stdin>", "exec", flags | INCOMPLETE | NO_DEDENT, True)
    except SyntaxError as error:
        return "unfinished" if error.msg == "incomplete input" else "wrong"
    except (ValueError, OverflowError, RecursionError, MemoryError):
        return "wrong"
    return "whole"


def block_is_open(text):
    """Whether the last statement is a block that another line may yet belong to."""
    last = text.rpartition("\n")[2]
    if not last.strip():
        return False
    try:
        statement = ast.parse(text).body[-1]
    except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError):
        return False
    return hasattr(statement, "body")


class Prompt:
    def __init__(self, names):
        self.names, self.number, self.flags = names, 0, 0
        self.history = History()
        self.editor = Editor(Screen(1), Keyboard(0), self.history, completer(names))

    def needs_more(self, text):
        if not text.strip() or self.question(text):
            return False
        if text.endswith("\n"):
            text = text.rstrip("\n") + "\n"
        elif "\n" in text and not text.rpartition("\n")[2].strip():
            text = text.rpartition("\n")[0] + "\n"   # an empty line ends a block
        here = judge(text, self.flags)
        return here == "unfinished" or (here == "whole" and block_is_open(text))

    def prompts(self):
        return [str(getattr(sys, name, fallback)) for name, fallback in (("ps1", ">>> "), ("ps2", "... "))]

    def read(self):
        with Terminal():
            return self.editor.read(self.prompts(), self.needs_more)

    @staticmethod
    def question(text):
        found = re.fullmatch(r"\s*(?:\?\s*([\w.]+)|([\w.]+)\s*\?)\s*", text)
        return found and (found[1] or found[2])

    def command(self, text):
        """Words that need no brackets, and questions. False: it is none of these."""
        word = text.strip()
        if name := self.question(text):
            self.explain(name)
        elif word in self.names or not hasattr(builtins, word):
            return False
        elif word in ("exit", "quit"):
            raise SystemExit
        elif word in ("help", "copyright", "credits", "license"):
            getattr(builtins, word)()
        else:
            return False
        return True

    def explain(self, name):
        """What `?name` shows."""
        import inspect
        try:
            value = eval(name, self.names)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
            return
        print(f"{name}: {type(value).__qualname__}")
        if callable(value):
            try:
                print(f"{getattr(value, '__name__', name)}{inspect.signature(value)}")
            except (TypeError, ValueError):
                pass
        else:
            print(repr(value)[:1000])
        if text := inspect.getdoc(value):
            print(f"\n{text}")

    def execute(self, text):
        filename = f"<python-input-{self.number}>"
        self.number += 1
        linecache.cache[filename] = len(text), None, [line + "\n" for line in text.split("\n")], filename
        try:
            tree = compile(text, filename, "exec", ONLY_AST | self.flags, True)
            for statement in tree.body:
                code = compile(ast.Interactive([statement]), filename, "single", self.flags, True)
                self.flags |= code.co_flags & 0x1FE0000   # `from __future__ import …` goes on
                exec(code, self.names)
        except SystemExit:
            raise
        except BaseException as error:
            if not isinstance(error, SyntaxError) or error.__traceback__.tb_next is not None:
                error.__traceback__ = error.__traceback__.tb_next
            if isinstance(error, SyntaxError) and error.__traceback__ and error.filename == filename:
                error.__traceback__ = None
            sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (AttributeError, OSError, ValueError):
                    pass

    def loop(self):
        while True:
            try:
                text = self.read()
                if not text.strip():
                    continue
                self.history.add(text)
                if not self.command(text):
                    self.execute(text)
            except KeyboardInterrupt:
                print("\nKeyboardInterrupt", file=sys.stderr, flush=True)
            except EOFError:
                print()
                return


def fit_arrays(show):
    """sys.displayhook that breaks the lines of arrays at the window's edge."""
    def displayhook(value):
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(value, getattr(numpy, "ndarray", ())) or numpy.get_printoptions()["linewidth"] != 75:
            return show(value)
        with numpy.printoptions(linewidth=Screen.size()[0] - 1):
            show(value)
    return displayhook


def run(names):
    """Until the end of input; SystemExit."""
    sys.displayhook = fit_arrays(sys.displayhook)
    startup = None if sys.flags.ignore_environment else os.environ.get("PYTHONSTARTUP")
    prompt = Prompt(names)
    if startup:
        try:
            with open(startup, encoding="utf-8") as file:
                prompt.execute(file.read())
        except OSError as error:
            print(f"Could not open PYTHONSTARTUP\n{type(error).__name__}: {error}", file=sys.stderr)
    try:
        prompt.loop()
    finally:
        prompt.history.save()
