"""_sre: matching beyond what CPython's own test covers: deep patterns, backtracking, all widths of text."""

import re
import unittest


class Matching(unittest.TestCase):
    def test_deep_backtracking_needs_no_recursion(self):
        self.assertEqual(re.match(r"(?:a|b)*?c", "ab" * 100000 + "c").end(), 200001)
        self.assertEqual(re.match(r"(?:(?:x)y?)*z", "xy" * 50000 + "z").end(), 100001)
        self.assertIsNone(re.match(r"(?:a*)*b", "a" * 20))

    def test_groups_are_restored(self):
        self.assertEqual(re.match(r"(?:(a)|b)*", "ab").groups(), ("a",))
        self.assertEqual(re.match(r"(?:(a)(b)?)+c|(aab)", "aab").groups(), (None, None, "aab"))
        self.assertEqual(re.match(r"(a(?=(b))b|ac)", "ac").groups(), ("ac", None))
        self.assertEqual(re.match(r"(?!(a)b)a", "ac").groups(), (None,))

    def test_atomic_and_possessive(self):
        self.assertIsNone(re.match(r"(?>a+)ab", "aaab"))
        self.assertIsNone(re.match(r"a++ab", "aaab"))
        self.assertEqual(re.match(r"(?:ab|a)++b?", "abab").span(), (0, 4))
        self.assertEqual(re.match(r"(?>(a|ab))c|abc", "abc").span(), (0, 3))

    def test_repetitions_before_what_they_cannot_match(self):
        self.assertEqual(re.match(r"(\d+)\.(\d*)", "12.5x").groups(), ("12", "5"))
        self.assertIsNone(re.match(r"\d+\.", "12"))
        self.assertEqual(re.match(r"([^]]*)](a{1,2})b", "x]aab").groups(), ("x", "aa"))
        self.assertIsNone(re.match(r"a{1,2}b", "aaab"))
        self.assertEqual(re.match(r"(?:(\w+)|-) (x*)", "ab x").groups(), ("ab", "x"))
        self.assertEqual(re.match(r"(\w+)b", "abab").group(1), "aba")
        self.assertEqual(re.match(r"(.*)\n?", "ab\n").group(1), "ab")
        self.assertEqual(re.match(r"a*[^a]", "aaab").end(), 4)
        self.assertIsNone(re.match(r"a*[^a]", "aaa"))
        self.assertTrue(re.fullmatch(r"(?:a+|ab)", "ab"))
        self.assertTrue(re.fullmatch(r"(?:a|ab)(?:c|bcd)d*", "abcd"))
        self.assertEqual(re.match(r"(?i:[a-z]+)Z", "abz", re.I).end(), 3)
        self.assertEqual(re.findall(r"x*", "xxaxx"), ["xx", "", "xx", ""])
        self.assertEqual(re.match(rb"(?L:\w*)z", b"abz").end(), 3)

    def test_conditions_and_references(self):
        self.assertTrue(re.fullmatch(r"(\()?x(?(1)\))", "(x)"))
        self.assertFalse(re.fullmatch(r"(\()?x(?(1)\)|!)", "x"))
        self.assertTrue(re.fullmatch(r"(\w+) (?i:\1)", "Abc aBC"))

    def test_widths(self):
        for word in ("abc", "\xe9bc", "\u0416\u0417", "\U00012345x"):
            with self.subTest(word):
                text = ("." + word) * 20
                self.assertEqual(len(re.findall(re.escape(word), text)), 20)
                self.assertEqual(re.sub(re.escape(word), "-", text), ".-" * 20)
                self.assertEqual(re.split(r"\.", text)[1:], [word] * 20)

    def test_look_behind(self):
        self.assertEqual(re.findall(r"(?<=a)b", "abcb"), ["b"])
        self.assertEqual(re.findall(r"(?<!a)b", "abcb"), ["b"])
        self.assertIsNone(re.compile(r"(?<=a)b").match("ab", 1, 1))
        self.assertTrue(re.compile(r"(?<=a)b").match("ab", 1))

    def test_ignoring_case(self):
        self.assertTrue(re.fullmatch("[\u0400-\u045f]+", "\u0416\u0436", re.I))
        self.assertTrue(re.fullmatch("\u017f", "S", re.I))
        self.assertFalse(re.fullmatch("\xe9", "\xc9", re.I | re.A))
        self.assertTrue(re.fullmatch(rb"[a-c]+", b"aBC", re.I))

    def test_empty_matches(self):
        self.assertEqual(re.findall("a*", "baac"), ["", "aa", "", ""])
        self.assertEqual(re.sub("x*", "-", "abxd"), "-a-b--d-")
        self.assertEqual([m.span() for m in re.finditer(r"\b|:", "a:b")], [(0, 0), (1, 1), (1, 2), (2, 2), (3, 3)])

    def test_replacements_that_refer_to_groups(self):
        self.assertEqual(re.sub(r"(\w)(\d)?", r"<\2\1\g<0>>", "a1-b"), "<1aa1>-<bb>")
        self.assertEqual(re.subn(r"(?P<x>.)b", r"\n\g<x>\\", "abcb", 1), ("\na\\cb", 1))
        self.assertEqual(re.sub(r"(\w+)", r"\1\1", "\u0416 \U00012345"), "\u0416\u0416 \U00012345\U00012345")
        self.assertEqual(re.sub("(a)", "\u1234\\1", "bab"), "b\u1234ab")
        self.assertEqual(re.sub(rb"(a)|(b)", rb"[\1\2]", b"xabx"), b"x[a][b]x")
        self.assertEqual(re.sub(rb"(a)", rb"\1\1", bytearray(b"xax")), b"xaax")
        self.assertEqual(re.sub("(x*)", r"<\1>", "axb"), "<>a<x><>b<>")
        self.assertEqual(re.sub(r"(a)()", r"\2", "aba"), "b")
        self.assertEqual(re.sub(r"a()", r"\n", "bab"), "b\nb")

        class Text(str):
            def __getitem__(self, key):
                return "?" if key == slice(None, 0) else super().__getitem__(key)

        self.assertEqual(re.sub(r"(b)", r"\1\1", Text("abc")), re.sub(r"(b)", lambda m: Text("abc")[:0].join(["b", "b"]), "abc"))
        for pattern, replacement, error in ((r"(a)", r"\2", "invalid group reference 2 at position 1"), (r"(a)", r"\g<n", "missing >, unterminated name at position 3")):
            with self.assertRaisesRegex(re.error, error):
                re.sub(pattern, replacement, "a")
        with self.assertRaises(TypeError):
            re.sub(r"(a)", rb"\1b", "a")
        self.assertEqual(re.sub(r"(a)", rb"\1\1", "a"), "aa")
        with self.assertRaises(TypeError):
            re.sub(rb"(a)", r"\1b", b"a")

    def test_many_groups(self):
        match = re.match("(.)" * 40, "ab" * 20)
        self.assertEqual(match.groups(), tuple("ab" * 20))
        self.assertEqual(re.findall("(.)" * 12, "abcdefghijkl" * 2), [tuple("abcdefghijkl")] * 2)

    def test_code_that_is_none(self):
        import _sre
        for code in ([1, 2, 3], [99], [16, 5], [7, 3, 0], []):
            with self.assertRaisesRegex(RuntimeError, "invalid SRE code"):
                _sre.compile("", 0, code, 0, {}, ())


if __name__ == "__main__":
    unittest.main()
