# adder-only: CPython 3.11's prompt edits single lines.
"""The prompt on a terminal as CPython 3.13 has it: blocks are edited and recalled as a whole, completion, paste, colours, `exit`, `?name`."""

import os
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

UP, DOWN, RIGHT, LEFT, HOME, TAB = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x01", "\t"


class Display:
    """A terminal's screen as its programs see it: what is where, from what they write."""

    def __init__(self, columns, rows):
        self.columns, self.height = columns, rows
        self.lines, self.row, self.column = [[" "] * columns for _ in range(rows)], 0, 0
        self.styles = set()

    def feed(self, text):
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[^\x1b]|\x1b", text):
            if part.startswith("\x1b["):
                self.control(part[2:-1], part[-1])
            elif part == "\r":
                self.column = 0
            elif part == "\n":
                self.line_feed()
            elif part >= " ":
                if self.column == self.columns:
                    self.column = 0
                    self.line_feed()
                self.lines[self.row][self.column] = part
                self.column += 1

    def line_feed(self):
        if self.row == self.height - 1:
            self.lines = [*self.lines[1:], [" "] * self.columns]
        else:
            self.row += 1

    def control(self, arguments, kind):
        n = int(arguments) if arguments.isdigit() else 1
        if kind == "A":
            self.row = max(self.row - n, 0)
        elif kind == "B":
            self.row = min(self.row + n, self.height - 1)
        elif kind == "C":
            self.column = min(self.column + n, self.columns - 1)
        elif kind == "H":
            self.row = self.column = 0
        elif kind == "K":
            self.lines[self.row][self.column:] = [" "] * (self.columns - self.column)
        elif kind == "J":
            if arguments == "2":
                self.lines = [[" "] * self.columns for _ in range(self.height)]
            else:
                self.control("", "K")
                self.lines[self.row + 1:] = [[" "] * self.columns for _ in range(self.height - self.row - 1)]
        elif kind == "m":
            self.styles.add(arguments)
        elif kind not in "hl":
            raise AssertionError(f"unknown control {arguments}{kind}")

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip("\n")


class Session:
    def __init__(self, columns=80, rows=24, home=None, **variables):
        import fcntl
        import termios
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in ("COLUMNS", "LINES", "NO_COLOR")}
        environment.update(TERM="xterm", HOME=home, **variables)
        self.process = subprocess.Popen([sys.executable, "-q"], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
                                        preexec_fn=self.own_terminal, cwd=home)
        os.close(slave)
        self.display, self.raw = Display(columns, rows), ""
        self.wait(r">>> $")

    @staticmethod
    def own_terminal():
        import fcntl
        import termios
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def take(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536).decode("utf-8", "replace")
        except OSError:
            return False
        self.raw += data
        self.display.feed(data)
        return bool(data)

    def wait(self, pattern, seconds=20):
        """Until the screen, blanks at its end aside but for a prompt's, matches."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.display.text() + (" " if self.display.text().endswith(">>>") and self.display.column == 4 else ""), re.S):
            if time.monotonic() > end or not self.take(0.5) and self.process.poll() is not None:
                raise AssertionError(f"{pattern!r} did not come, but\n{self.display.text()}")
        while self.take(0.05):
            pass
        return self.display.text()

    def say(self, text, pattern=None):
        os.write(self.master, text.encode())
        return self.wait(pattern) if pattern else None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


class PromptTest(unittest.TestCase):
    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = home.name

    def start(self, **options):
        session = Session(home=self.home, **options)
        self.addCleanup(session.close)
        return session

    def test_blocks_are_indented_and_end_with_an_empty_line(self):
        screen = self.start().say("def f(x):\nreturn x + 1\n\nf(41)\n", r"42\n>>> $")
        self.assertEqual(screen.split("\n"), [">>> def f(x):", "...     return x + 1", "...", ">>> f(41)", "42", ">>>"])

    def test_an_earlier_line_of_a_block_is_edited(self):
        session = self.start()
        session.say("for i in range(2):\nprint('a', i)", r"print\('a', i\)$")
        # Up, to its end, three characters back: range(23).
        session.say(UP + "\x05" + LEFT * 2 + "\x7f3", r"range\(3\)")
        screen = session.say(DOWN + "\x05\n\n", r"a 2\n>>> $")
        self.assertEqual(screen.split("\n"), [">>> for i in range(3):", "...     print('a', i)", "...", "a 0", "a 1", "a 2", ">>>"])

    def test_history_has_whole_blocks(self):
        session = self.start()
        session.say("def f():\nreturn 7\n\nf()\n", r"7\n>>> $")
        screen = session.say(UP + UP, r">>> def f\(\):\n\.\.\.     return 7[^>]*$")
        self.assertEqual(screen.split("\n")[-2:], [">>> def f():", "...     return 7"])
        session.say("0\n\nf()\n", r"\n70\n>>> $")

    def test_history_is_kept(self):
        session = self.start()
        session.say("if 1:\nprint('kept')\n\n", r"\nkept\n>>> $")
        session.say("\x04")
        session.process.wait(20)
        with open(os.path.join(self.home, ".python_history"), newline="") as file:
            self.assertEqual(file.read(), "if 1:\r\n    print('kept')\n")
        self.start().say(UP, r">>> if 1:\n\.\.\.     print\('kept'\)")

    def test_search(self):
        session = self.start()
        session.say("alpha = 5\nbeta = 6\n", r">>> beta = 6\n>>> $")
        session.say("\x12lph", r"\(search\) lph: alpha = 5$")
        session.say("\x05 + 1\nalpha\n", r"alpha = 5 \+ 1\n>>> alpha\n6\n>>> $")

    def test_completion(self):
        session = self.start()
        session.say("import colle" + TAB, r"import collections$")
        session.say("\nnumbers = [3]\nnumb" + TAB, r">>> numbers$")
        session.say(".appe" + TAB, r">>> numbers\.append\($")
        session.say("4)\nnumbers\n", r"\[3, 4\]\n>>> $")
        # A second Tab lists what is possible.
        screen = session.say("numbers.re" + TAB + TAB, r"numbers\.remove\( +numbers\.reverse\(\)\n>>> numbers\.re$")
        self.assertIn(">>> numbers.re\n", screen)

    def test_tab_at_the_start_of_a_line_indents(self):
        self.start().say("if 1:\n\x01" + TAB + "x = 3\n\nx\n", r"\n3\n>>> $")

    def test_pasted_text_is_not_run_until_enter(self):
        session = self.start()
        session.say("\x1b[200~def f():\r    a = 1\r\r    return a\rprint(f())\r\x1b[201~", r"\.\.\. print\(f\(\)\)\n\.\.\.")
        time.sleep(0.2)
        screen = session.say("\n", r"\n1\n>>> $")
        self.assertEqual(screen.split("\n")[-2:], ["1", ">>>"])

    def test_several_statements_show_their_results(self):
        self.start().say("\x1b[200~1 + 1\n2 + 2\x1b[201~\n", r"\n2\n4\n>>> $")

    def test_words_without_brackets(self):
        session = self.start()
        session.say("copyright\n", r"Copyright .*>>> $")
        session.say("exit = 3\nexit\n", r"\n3\n>>> $")
        session.say("del exit\nexit\n")
        self.assertEqual(session.process.wait(20), 0)

    def test_questions(self):
        session = self.start()
        session.say("def area(r, scale=1):\n'The area of a circle.'\nreturn 3 * r * r\n\n", r"\n>>> $")
        for question in ("?area", "area?", "? area"):
            session.say(question + "\n", r"area: function\narea\(r, scale=1\)\n\nThe area of a circle\.\n>>> $")
        session.say("import math\n?math.pi\n", r"math\.pi: float\n3\.14159.*>>> $")
        session.say("?nothing\n", r"NameError: name 'nothing' is not defined\n>>> $")

    def test_arrays_fit_the_window(self):
        session = self.start(columns=120)
        screen = session.say("import numpy as np\nnp.arange(60) + 1000\n", r"\]\)\n>>> $")
        rows = [line for line in screen.split("\n") if re.match(r"(array\(| +)\[?1\d\d\d", line)]
        self.assertEqual(len(rows), 4)
        self.assertLess(100, max(map(len, rows)))

    def test_long_lines_wrap(self):
        session = self.start(columns=30)
        session.say("x = '" + "abcdefghij" * 4 + "'", r"j'$")
        session.say(HOME + RIGHT * 5 + "_" + "\x05\nlen(x), x[0]\n", r"\(41, '_'\)\n>>> $")

    def test_more_lines_than_the_window_has(self):
        session = self.start(rows=8)
        session.say("def f():\n" + "".join(f"x{i} = {i}\n" for i in range(15)) + "return x14 + x0\n\nf()\n", r"\n14\n>>> $")

    def test_wide_characters(self):
        session = self.start()
        screen = session.say("s = '日本é'\n" + UP + LEFT + "x\nlen(s)\n", r"\n4\n>>> $")
        self.assertIn(">>> s = '日本éx'", screen.replace("日 ", "日").replace("本 ", "本"))

    def test_keys_that_kill_and_yank(self):
        session = self.start()
        session.say("abc def\x17\x15'x' + \x19\n", r"NameError")
        session.say("1 + 2\x01\x0b\x19\n", r"\n3\n>>> $")

    def test_errors_show_their_lines(self):
        screen = self.start().say("def f(x):\nreturn 1 / x\n\nf(0)\n", r"ZeroDivisionError: division by zero\n>>> $")
        self.assertEqual(screen.split("\n")[4:], ["Traceback (most recent call last):", '  File "<python-input-1>", line 1, in <module>', "    f(0)",
                                                  '  File "<python-input-0>", line 2, in f', "    return 1 / x", "           ~~^~~",
                                                  "ZeroDivisionError: division by zero", ">>>"])

    def test_syntax_errors(self):
        screen = self.start().say("a b\n", r"SyntaxError: .*\n>>> $")
        self.assertEqual(screen.split("\n")[1:], ['  File "<python-input-0>", line 1', "    a b", "      ^", "SyntaxError: invalid syntax", ">>>"])

    def test_future_statements_stay(self):
        self.start().say("from __future__ import annotations\ndef f(x: y): pass\n\nf.__annotations__\n", r"\{'x': 'y'\}\n>>> $")

    def test_colours(self):
        session = self.start()
        session.say("1/0\n", r"ZeroDivisionError.*>>> $")
        self.assertLessEqual({"1;35", "35", "0"}, session.display.styles)
        session = self.start(NO_COLOR="1")
        session.say("1/0\n", r"ZeroDivisionError.*>>> $")
        self.assertEqual(session.display.styles, set())

    def test_interrupt(self):
        session = self.start()
        session.say("def half(", r"def half\($")
        session.say("\x03", r"KeyboardInterrupt\n>>> $")
        session.say("import time\n", r"import time\n>>> $")
        session.say("time.sleep(30)\n")
        time.sleep(0.4)
        session.say("\x03", r"KeyboardInterrupt\n>>> $")
        session.say("'fine'\n", r"'fine'\n>>> $")

    def test_startup_file(self):
        path = os.path.join(self.home, "startup.py")
        with open(path, "w") as file:
            file.write("greeting = 'hello'\n")
        self.start(PYTHONSTARTUP=path).say("greeting\n", r"'hello'\n>>> $")

    def test_plain_prompt_on_demand(self):
        session = self.start(PYTHON_BASIC_REPL="1")
        session.say("1/0\n", r'File "<stdin>", line 1.*>>> $')


if __name__ == "__main__":
    unittest.main()
