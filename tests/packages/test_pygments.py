"""Pygments: colouring source text, and its own tests."""

import unittest

from packages import PackageTest

PROGRAM = """\
import hashlib
import pygments
from pygments.formatters import get_formatter_by_name
from pygments.lexers import get_lexer_by_name, guess_lexer
from pygments.styles import get_all_styles

source = "@deco\\ndef f(x: int = 0x1F) -> str:\\n    # why\\n    return f'{x!r:>10} é' + r'\\\\d' if x else None\\n"
print(pygments.highlight(source, get_lexer_by_name("python"), get_formatter_by_name("html")))
print(pygments.highlight("int main(void) { return 0; } // end", get_lexer_by_name("c"), get_formatter_by_name("terminal")))
print(pygments.highlight("a: [1, 'x'] # y", get_lexer_by_name("yaml"), get_formatter_by_name("testcase")))
for name in ("latex", "rtf", "svg", "bbcode", "terminal256", "terminal16m", "irc", "pango", "raw"):
    out = pygments.highlight(source, get_lexer_by_name("python"), get_formatter_by_name(name))
    out = out if isinstance(out, bytes) else out.encode()
    print(name, hashlib.sha256(out).hexdigest()[:16])
print(len(list(get_all_styles())) > 30, guess_lexer("#!/usr/bin/perl\\nprint 1;").name)
"""


class Pygments(PackageTest):
    package, debian = "pygments", "python3-pygments"

    def test_colours(self):
        self.check_program(PROGRAM)

    def test_own_suite(self):
        source = self.source("pygments")
        self.run_suite(source, "--ignore", "tests/contrast", path=source, least=4100)


if __name__ == "__main__":
    unittest.main()
