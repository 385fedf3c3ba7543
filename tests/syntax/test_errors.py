"""Syntax errors: class, text, position and the line shown, case by case as errors.data has them."""

import os
import unittest
import warnings

PyCF_ONLY_AST = 0x400
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "errors.data")


def outcome(source, mode, flags):
    try:
        compile(source, "<f>", mode, flags | PyCF_ONLY_AST)
    except SyntaxError as e:
        return (type(e).__name__, e.msg, e.lineno, e.offset, e.text, e.end_lineno, e.end_offset)


class Errors(unittest.TestCase):
    def test_cases_of_the_data_file(self):
        with open(DATA, encoding="ascii") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for line in file:
                if line.startswith("#"):
                    continue
                source, mode, flags, expected = eval(line)
                with self.subTest(source=source, mode=mode, flags=flags):
                    self.assertEqual(outcome(source, mode, flags), expected)

    def test_deep_nesting_is_an_error(self):
        for piece in ("-", "not ", "lambda: ", "a if b else ", "a**", "print ", "match "):
            with self.subTest(piece=piece), self.assertRaises(MemoryError):
                compile(piece * 100_000, "<f>", "exec", PyCF_ONLY_AST)
        for piece in ("(", "[", "{", "f(", "a[", "{1: ", "f(a for a in "):
            with self.subTest(piece=piece), self.assertRaises(SyntaxError) as caught:
                compile(piece * 1000, "<f>", "exec", PyCF_ONLY_AST)
            self.assertEqual(caught.exception.msg, "too many nested parentheses")

    def test_warnings(self):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            compile("x = 1\ny = '\\d'\nz = 1or 2\nw = b'\\q'", "<f>", "exec", PyCF_ONLY_AST)
        self.assertEqual(sorted((w.category, str(w.message), w.filename, w.lineno) for w in seen if w.lineno != 3),
                         [(DeprecationWarning, "invalid escape sequence '\\d'", "<f>", 2),
                          (DeprecationWarning, "invalid escape sequence '\\q'", "<f>", 4)])
        self.assertEqual([(w.category, str(w.message)) for w in seen if w.lineno == 3], [(SyntaxWarning, "invalid decimal literal")])

    def test_warnings_as_errors(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for source, text in (("'\\d'", "invalid escape sequence '\\d'"), ("1or 2", "invalid decimal literal")):
                with self.subTest(source=source), self.assertRaises(SyntaxError) as caught:
                    compile(source, "<f>", "exec")
                self.assertEqual(caught.exception.msg, text)


if __name__ == "__main__":
    unittest.main()
