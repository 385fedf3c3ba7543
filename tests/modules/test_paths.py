"""Paths as posix works on them."""

import posix
import unittest


class NormalPathTests(unittest.TestCase):
    def test_components(self):
        for path, expected in [
            ("", ""), ("a//b/", "a/b"), ("./a", "a"), ("a/..", ""), ("a/../..", ".."), ("../../a/..", "../.."),
            ("/..", "/"), ("/../a", "/a"), ("/.", "/"), ("//", "//"), ("//..", "//"), ("///a", "/a"), ("a/b/c/../../d", "a/d"),
            ("é/../日本/x/", "日本/x"), ("a\0b/../c", "c"),
        ]:
            with self.subTest(path):
                self.assertEqual(posix._path_normpath(path), expected)

    def test_wants_text(self):
        with self.assertRaisesRegex(TypeError, "^expected 'str', not 'bytes'$"):
            posix._path_normpath(b"a")


if __name__ == "__main__":
    unittest.main()
