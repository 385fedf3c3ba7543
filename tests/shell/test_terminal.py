"""The prompt on a terminal: prompts, line editing and history, Ctrl-C and Ctrl-D. (test_prompt.py has what only Adder's does.)"""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest


class Terminal:
    """An interpreter on a pseudo-terminal; `say` types, `hear` waits for text that it prints."""

    def __init__(self):
        self.home = tempfile.TemporaryDirectory()
        self.master, slave = os.openpty()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment.update(TERM="xterm", HOME=self.home.name, COLUMNS="200")
        self.process = subprocess.Popen([sys.executable, "-q"], stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        preexec_fn=self.own_terminal, start_new_session=True)
        os.close(slave)
        self.heard = ""

    @staticmethod
    def own_terminal():
        import fcntl
        import termios
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def say(self, text):
        os.write(self.master, text.encode())

    def hear(self, text, seconds=15):
        """Everything printed until the text came; control sequences taken out."""
        end = time.monotonic() + seconds
        while text not in self.heard:
            ready = select.select([self.master], [], [], max(0, end - time.monotonic()))[0]
            try:
                data = os.read(self.master, 10_000) if ready else b""
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"{text!r} did not come, but {self.heard!r}")
            self.heard += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x07", "", data.decode("utf-8", "replace")).replace("\r", "")
        before, _, self.heard = self.heard.partition(text)
        return before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        self.home.cleanup()


class TerminalTest(unittest.TestCase):
    def setUp(self):
        self.terminal = Terminal()
        self.addCleanup(self.terminal.close)
        self.terminal.hear(">>> ")

    def test_results_are_shown(self):
        self.terminal.say("6 * 7\n")
        self.assertIn("42", self.terminal.hear(">>> "))

    def test_continuation_prompt(self):
        self.terminal.say("for i in 'ab':\n")
        self.terminal.hear("... ")
        self.terminal.say("    print(i * 3)\n")
        self.terminal.hear("... ")
        self.terminal.say("\n")
        self.assertIn("aaa\nbbb", self.terminal.hear(">>> "))

    def test_line_editing(self):
        self.terminal.say("print('ac')\x1b[D\x1b[D\x1b[Db\n")
        output = self.terminal.hear(">>> ")
        self.assertIn("\nabc\n", output.replace("acb", ""))

    def test_history(self):
        self.terminal.say("21 + 21\n")
        self.terminal.hear(">>> ")
        self.terminal.say("\x1b[A\n")
        self.terminal.hear("42\n")

    def test_interrupt_clears_the_line(self):
        self.terminal.say("x = 'unfinished")
        self.terminal.hear("unfinished")
        time.sleep(0.3)
        self.terminal.say("\x03")
        self.assertIn("KeyboardInterrupt", self.terminal.hear(">>> "))
        self.terminal.say("'still ' + 'here'\n")
        self.assertIn("'still here'", self.terminal.hear(">>> "))

    def test_interrupt_stops_a_loop(self):
        self.terminal.say("for i in iter(int, 1): x = i\n")
        self.terminal.hear("... ")
        self.terminal.say("\n")
        time.sleep(0.3)
        self.terminal.say("\x03")
        self.assertIn("KeyboardInterrupt", self.terminal.hear(">>> "))

    def test_end_of_input_ends_it(self):
        self.terminal.say("\x04")
        self.assertEqual(self.terminal.process.wait(15), 0)

    def test_input_function(self):
        self.terminal.say("name = input('who? ')\n")
        self.terminal.hear("\nwho? ")
        self.terminal.say("adder\n")
        self.terminal.hear(">>> ")
        self.terminal.say("name[::-1]\n")
        self.assertIn("'redda'", self.terminal.hear(">>> "))


if __name__ == "__main__":
    unittest.main()
