"""The module _tokenize: the runtime's lexer, as tokenize shows it."""

import _tokenize
import unittest


def tokens(source):
    return list(_tokenize.TokenizerIter(source))


class TokenizerIter(unittest.TestCase):

    def test_gives_text_type_lines_columns_and_line(self):
        self.assertEqual(tokens("é += 1 # c"), [
            ("é", 1, 1, 1, 0, 2, "é += 1 # c\n"), ("+=", 36, 1, 1, 3, 5, "é += 1 # c\n"),
            ("1", 2, 1, 1, 6, 7, "é += 1 # c\n"), ("# c", 4, 1, 1, 8, 11, "é += 1 # c\n")])

    def test_every_operator_has_the_number_of_its_kind(self):
        import token
        for text, number in token.EXACT_TOKEN_TYPES.items():
            if text not in "()[]{}":
                self.assertEqual(tokens(text)[0][:2], (text, number))

    def test_indents_have_no_columns(self):
        self.assertEqual([t[1:6] for t in tokens("if x:\n  y\n\n") if t[1] in (5, 6)], [(5, 2, 2, -1, -1), (6, 3, 3, -1, -1)])

    def test_a_line_begins_where_a_string_or_backslash_joins_it(self):
        self.assertEqual(tokens("x = '''\n''' \\\n + y")[-2], ("y", 1, 3, 3, 3, 4, "x = '''\n''' \\\n + y\n"))
        self.assertEqual(tokens("(a,\n b)")[3][6], " b)\n")

    def test_bad_tokens_raise(self):
        for source, place in [("a\n1_", (2, 2)), ("(1]", (1, 3)), ("'a", (1, 1)), ("é €", (1, 3)), ("0777", (1, 1))]:
            with self.subTest(source), self.assertRaises(SyntaxError) as caught:
                tokens(source)
            self.assertEqual((caught.exception.lineno, caught.exception.offset), place)

    def test_an_unfinished_text_just_ends(self):
        self.assertEqual([t[0] for t in tokens("(a")], ["(", "a"])
        self.assertEqual([t[0] for t in tokens("x\\")], ["x"])
        self.assertEqual([t[0] for t in tokens("if 1:\n    a\n  b\n")][-2:], ["a", ""])

    def test_arguments(self):
        with self.assertRaisesRegex(TypeError, "argument 'source' must be str, not bytes"):
            _tokenize.TokenizerIter(b"a")
        with self.assertRaisesRegex(ValueError, "embedded null character"):
            _tokenize.TokenizerIter("a\0")


if __name__ == "__main__":
    unittest.main()
