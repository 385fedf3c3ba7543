"""Strings that C reads and writes as wchar_t: the formats u and Z, and PyUnicode_FromUnicode(NULL, n)."""

import unittest
import warnings

import _testcapi


class WideStrings(unittest.TestCase):

    def setUp(self):
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        self.addCleanup(catcher.__exit__, None, None, None)
        warnings.simplefilter("ignore", DeprecationWarning)

    def test_formats(self):
        for text in "", "ab", "a\xe9", "\u0141", "\U0001d580":
            for parse in _testcapi.getargs_u, _testcapi.getargs_u_hash, _testcapi.getargs_Z, _testcapi.getargs_Z_hash:
                self.assertEqual(parse(text), text)
        self.assertIsNone(_testcapi.getargs_Z(None))
        self.assertEqual(_testcapi.getargs_u_hash("a\0b"), "a\0b")
        with self.assertRaisesRegex(ValueError, "embedded null character"):
            _testcapi.getargs_u("a\0b")
        with self.assertRaisesRegex(TypeError, "must be str or None, not bytes"):
            _testcapi.getargs_Z(b"")
        with warnings.catch_warnings(), self.assertRaisesRegex(DeprecationWarning, "The 'u' format is deprecated"):
            warnings.simplefilter("error")
            _testcapi.getargs_u("")

    def test_filled_in_later(self):
        for text in "ab", "a\xe9", "\u0141", "\U0001d580":
            late = _testcapi.unicode_legacy_string(text)
            self.assertEqual((late, hash(late), len(late), late + "x"), (text, hash(text), len(text), text + "x"))
            self.assertEqual({text: 1}[late], 1)


if __name__ == "__main__":
    unittest.main()
