"""str, bytes and bytearray: storage, characters, codecs; what the tables of texts do not show."""

import codecs
import pickle
import sys
import unittest


class Str(unittest.TestCase):
    def test_formatting_and_replacing_that_change_nothing_give_the_str_itself(self):
        text = "".join(["ab", "cd"])
        for same in ("%s" % text, "%.9s" % (text,), "%2s" % text, text % (), "{}".format(text), "{0:.4s}".format(text),
                     text.format(), text.replace("ab", "ab"), text.replace("x", "y")):
            self.assertIs(same, text)
        for changed in "%.3s" % text, "%s%%" % text, "{}{}".format(text, text), "{{%s" % text, "{{}}".format():
            self.assertNotEqual(changed, text)

    def test_forms_take_the_narrowest_width(self):
        sizes = [sys.getsizeof(s) for s in ("a" * 10, "\xe9" * 10, "\u1234" * 10, "\U00012345" * 10)]
        self.assertEqual(sizes, [59, 83, 94, 116])
        self.assertTrue("\xe9a".replace("\xe9", "e").isascii())
        self.assertTrue("ab\u1234"[:2].isascii())
        self.assertEqual(sys.getsizeof("ab\u1234"[:2]), sys.getsizeof("ab"))
        self.assertEqual("\u1234ab"[1:], "ab")
        self.assertEqual(hash("\u1234ab"[1:]), hash("ab"))

    def test_single_characters_are_shared(self):
        self.assertIs("abc"[1], "b")
        self.assertIs(chr(233), "caf\xe9"[3])

    def test_interning(self):
        a = "".join(["some", "_name"])
        b = "".join(["some", "_name"])
        self.assertIsNot(a, b)
        self.assertIs(sys.intern(a), sys.intern(b))

    def test_case_mapping_beyond_ascii(self):
        self.assertEqual("\xdf".upper(), "SS")
        self.assertEqual("\u0130".lower(), "i\u0307")
        self.assertEqual("\u039f\u03a3".lower(), "\u03bf\u03c2")
        self.assertEqual("a\u03a3b".lower(), "a\u03c3b")
        self.assertEqual("\u01c6x".title(), "\u01c5x")
        self.assertEqual("\xdf".casefold(), "ss")
        self.assertEqual("\ufb03".title(), "Ffi")

    def test_case_of_each_ascii_character_at_each_place_and_length(self):
        every = "".join(map(chr, range(128)))
        for text in every, *(every[i:i + n] for n in range(1, 18) for i in range(0, 128 - n, n)):
            self.assertEqual(text.lower(), "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text))
            self.assertEqual(text.upper(), "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in text))
            self.assertEqual(len(text.lower().encode()), len(text))

    def test_equal_texts_hash_alike_whatever_their_length(self):
        for n in range(40):
            text, data = "x" * n, b"x" * n
            self.assertEqual(hash("".join(["x"] * n)), hash(text))
            self.assertEqual(hash(bytearray(data).decode("latin-1")), hash(text))
            self.assertEqual(hash(memoryview(b"y" + data + b"z")[1:-1]), hash(data))

    def test_stripping_sets_of_any_size(self):
        for chars in ("", ".", ".,", ".,;:", "abcdefg", "abcdefgh", "abcdefghi", "\0", "a\0", "\xe9", "\u1234", ".\U00012345"):
            for core in "", "x", "x.x", "\0x", "x\0", "\u1234x\u1234", "\xe9x", "\u012ex":  # the last one's low byte is that of "."
                text = chars * 2 + core + chars
                left, right = 0, len(text)
                while left < right and text[left] in chars:
                    left += 1
                self.assertEqual(text.lstrip(chars), text[left:])
                while left < right and text[right - 1] in chars:
                    right -= 1
                self.assertEqual(text.strip(chars), text[left:right])
                if left < right:
                    self.assertEqual(text.rstrip(chars), text[:right])

    def test_search_in_all_widths(self):
        for filler, needle in (("a", "bc"), ("a", "\xe9b"), ("\u1234", "bc"), ("a\u1234", "\u1234\u1235"), ("\U00012345", "\U00012346b")):
            text = filler * 50 + needle + filler * 50 + needle + filler
            with self.subTest(text[:2]):
                self.assertEqual(text.find(needle), 50 * len(filler))
                self.assertEqual(text.rfind(needle), 100 * len(filler) + len(needle))
                self.assertEqual(text.count(needle), 2)
                self.assertEqual(text.replace(needle, "-").count("-"), 2)
                self.assertEqual(len(text.split(needle)), 3)
        self.assertEqual("abc".find("\u1234"), -1)

    def test_appending_in_a_loop_keeps_others(self):
        s = "start"
        kept = []
        for i in range(100):
            kept.append(s)
            s += chr(97 + i % 26)
        self.assertEqual(kept[3], "startabc")
        self.assertEqual(len(s), 105)
        s = "a"
        for c in ("b", "\xe9", "\u1234", "\U00012345"):
            s += c
        self.assertEqual(s, "ab\xe9\u1234\U00012345")

    def test_subclass(self):
        class S(str):
            pass

        s = S("h\xe9llo")
        self.assertIs(type(s.upper()), str)
        self.assertIs(type(s[:]), str)
        self.assertEqual({s: 1}["h\xe9llo"], 1)
        self.assertIs(type(pickle.loads(pickle.dumps("x"))), str)
        self.assertEqual(s.encode(), b"h\xc3\xa9llo")


class Codecs(unittest.TestCase):
    def test_error_handlers(self):
        handlers = ("ignore", "replace", "backslashreplace", "surrogateescape")
        self.assertEqual([b"a\xffb".decode("utf-8", h) for h in handlers], ["ab", "a\ufffdb", "a\\xffb", "a\udcffb"])
        handlers = ("ignore", "replace", "backslashreplace", "xmlcharrefreplace", "namereplace")
        self.assertEqual(["a\u20acb".encode("ascii", h) for h in handlers],
                         [b"ab", b"a?b", b"a\\u20acb", b"a&#8364;b", b"a\\N{EURO SIGN}b"])
        self.assertEqual("\udcff".encode("utf-8", "surrogateescape"), b"\xff")
        self.assertEqual("\ud800".encode("utf-8", "surrogatepass"), b"\xed\xa0\x80")

    def test_own_error_handler(self):
        codecs.register_error("test.double", lambda e: ("<" + e.object[e.start:e.end] * 2 + ">", e.end))
        self.assertEqual("a<\u20ac".encode("latin-1", "replace"), b"a<?")
        with self.assertRaises(UnicodeEncodeError):
            "a\u20ac".encode("latin-1", "test.double")
        codecs.register_error("test.position", lambda e: ("?", e.start - 100))
        with self.assertRaises(IndexError):
            b"\xff".decode("utf-8", "test.position")

    def test_incremental(self):
        decoder = codecs.getincrementaldecoder("utf-8")()
        self.assertEqual([decoder.decode(bytes([b])) for b in "\u20aca".encode()], ["", "", "\u20ac", "a"])
        decoder = codecs.getincrementaldecoder("utf-16")()
        self.assertEqual("".join(decoder.decode(bytes([b])) for b in "x\U00012345".encode("utf-16")), "x\U00012345")

    def test_round_trips(self):
        text = "a\xe9\u20ac\U00012345+-\t~"
        for name in ("utf-8", "utf-16", "utf-16-be", "utf-32", "utf-32-le", "utf-7", "unicode_escape", "raw_unicode_escape", "utf-8-sig"):
            with self.subTest(name):
                self.assertEqual(text.encode(name).decode(name), text)


class Bytes(unittest.TestCase):
    def test_bytearray_is_fixed_while_exported(self):
        b = bytearray(b"abc")
        with memoryview(b):
            for change in (lambda: b.append(1), b.clear, lambda: b.extend(b"x"), b.pop, lambda: b.__delitem__(0)):
                with self.assertRaisesRegex(BufferError, "Existing exports of data: object cannot be re-sized"):
                    change()
            b[0] = 120
        b.append(100)
        self.assertEqual(b, b"xbcd")

    def test_bytearray_slices(self):
        b = bytearray(range(10))
        del b[::3]
        self.assertEqual(list(b), [1, 2, 4, 5, 7, 8])
        b[1:3] = b"xyz"
        self.assertEqual(b, b"\x01xyz\x05\x07\x08")
        del b[:5]
        b[:0] = b"front"
        self.assertEqual(b, b"front\x07\x08")
        b *= 2
        b += memoryview(b"!")
        self.assertEqual(len(b), 15)
        b[:] = b
        self.assertEqual(len(b), 15)

    def test_hash_agrees_with_str_of_ascii(self):
        self.assertEqual(hash(b""), hash(""))

    def test_taking_bytes_of_objects(self):
        class B:
            def __bytes__(self):
                return b"ok"

        self.assertEqual(bytes(B()), b"ok")
        self.assertEqual(b"%b" % B(), b"ok")
        self.assertEqual(bytes(memoryview(b"abcdef")[::2]), b"ace")
        self.assertEqual(bytes(x for x in (1, 2)), b"\x01\x02")


class Replacing(unittest.TestCase):
    def test_by_as_many_characters(self):
        for text in "banana", "b\u00e4n\u00e4n\u00e4", "b\u20acn\u20acn\u20ac", "\U0001f600anan", "a" * 100, "":
            for old in "an", "a", "\u00e4", "n\u20ac", "\U0001f600", "x":
                for new in "AN"[:len(old)], "\u00df\u00df"[:len(old)], "\u2192\u2192"[:len(old)], "\U0001f601\U0001f601"[:len(old)]:
                    for count in -1, 0, 1, 2, 50:
                        parts = text.split(old, count) if count else [text]
                        replaced = text.replace(old, new, count)
                        self.assertEqual(replaced, new.join(parts))
                        self.assertEqual(hash(replaced), hash("".join(list(replaced))))
                        self.assertEqual(replaced.isascii(), all(ord(c) < 128 for c in replaced))

    def test_same_object_where_nothing_is_found(self):
        text = "".join(["ab", "cd"])
        self.assertIs(text.replace("x", "y"), text)
        self.assertIs(text.replace("ab", "ab"), text)


if __name__ == "__main__":
    unittest.main()
