"""_csv, _json and unicodedata: the native parts of the library's text formats."""

import csv
import gc
import io
import json
import unicodedata
import unittest
import weakref


class Csv(unittest.TestCase):
    def rows(self, *lines, **options):
        return list(csv.reader(lines, **options))

    def test_fields(self):
        self.assertEqual(self.rows('a,"b,c",,"d ""e"""\r\n', "", "last"), [["a", "b,c", "", 'd "e"'], [], ["last"]])
        self.assertEqual(self.rows('"two\n', 'lines",x\n'), [["two\nlines", "x"]])
        self.assertEqual(self.rows("a\\,b,c", escapechar="\\"), [["a,b", "c"]])
        self.assertEqual(self.rows('1,"2"', quoting=csv.QUOTE_NONNUMERIC), [[1.0, "2"]])
        self.assertEqual(self.rows('a, "b"', skipinitialspace=True), [["a", "b"]])
        self.assertEqual(self.rows("\xe9;\u1234;\U00012345", delimiter=";"), [["\xe9", "\u1234", "\U00012345"]])

    def test_errors(self):
        with self.assertRaisesRegex(csv.Error, "iterator should return strings, not bytes"):
            next(csv.reader([b"a"]))
        with self.assertRaisesRegex(csv.Error, "',' expected after '\"'"):
            self.rows('"a"b', strict=True)
        with self.assertRaisesRegex(csv.Error, "unexpected end of data"):
            self.rows('"a', strict=True)
        with self.assertRaisesRegex(csv.Error, "need to escape, but no escapechar set"):
            csv.writer(io.StringIO(), quoting=csv.QUOTE_NONE).writerow(["a,b"])

    def test_writing(self):
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow([1, 2.5, None, 'a"b', "x,y", "l\n", True])
        writer.writerow([""])
        self.assertEqual(out.getvalue(), '1,2.5,,"a""b","x,y","l\n",True\r\n""\r\n')


class Json(unittest.TestCase):
    def test_native_parts_are_used(self):
        self.assertIsNotNone(json.scanner.c_make_scanner)
        self.assertIsNotNone(json.encoder.c_make_encoder)

    def test_values(self):
        text = '{"a": [1, -2.5e3, true, null, "\\u00e9\\ud83d\\ude00\\n"], "b": {}, "big": 123456789012345678901234567890}'
        value = json.loads(text)
        self.assertEqual(value, {"a": [1, -2500.0, True, None, "\xe9\U0001f600\n"], "b": {}, "big": 123456789012345678901234567890})
        self.assertEqual(json.loads(json.dumps(value)), value)
        self.assertEqual(json.dumps("\xe9\U0001f600\x7f\x01"), '"\\u00e9\\ud83d\\ude00\\u007f\\u0001"')
        self.assertEqual(json.dumps({1: 2, None: 3, True: 4, 1.5: 5}), '{"1": 4, "null": 3, "1.5": 5}')

    def test_strings_of_every_length(self):
        # Characters are looked at several at a time: what needs care may stand anywhere.
        for n in range(20):
            for special in ('"', "\\", "\n", "\x1f", "\x7f", "\xff", "\u1234", "\U00012345"):
                for at in range(n + 1):
                    s = "a" * at + special + "z" * (n - at)
                    for ascii in (True, False):
                        text = json.dumps(s, ensure_ascii=ascii)
                        self.assertEqual(text, json.encoder.py_encode_basestring_ascii(s) if ascii else json.encoder.py_encode_basestring(s))
                        self.assertEqual(json.loads(text), s)
            with self.assertRaises(json.JSONDecodeError):
                json.loads('"' + "a" * n)
            with self.assertRaises(json.JSONDecodeError):
                json.loads('"' + "a" * n + "\n" + '"')
            self.assertEqual(json.loads('"' + "a" * n + "\n" + '"', strict=False), "a" * n + "\n")

    def test_equal_keys_are_one_object(self):
        for more in ("", "\xe9", "\u1234"):
            value = json.loads('[{"key": 1, "": 2, "other": "%s"}, {"key": 3, "": 4, "k\\u0065y2": 5}, {"key2": 6}]' % more)
            first, second, third = ([*d] for d in value)
            self.assertIs(first[0], second[0])
            self.assertIs(second[2], third[0])
            self.assertEqual(value, [{"key": 1, "": 2, "other": more}, {"key": 3, "": 4, "key2": 5}, {"key2": 6}])
        keys = [f"{c}{i}" for i in range(300) for c in ("a", "ab", "ba")]
        self.assertEqual(json.loads("{" + ",".join(f'"{k}": "{k}"' for k in keys) + "}"), {k: k for k in keys})

    def test_objects_of_changing_size(self):
        value = [{f"k{j}": j for j in range(i * 7 % 40)} for i in range(60)]
        self.assertEqual(json.loads(json.dumps(value)), value)
        nested = {}
        for i in range(30):
            nested = {"a": nested, "b": [nested], **{f"c{j}": i for j in range(i)}} if i < 8 else {"a": nested}
        self.assertEqual(json.loads(json.dumps(nested)), nested)

    def test_collections_go_on_afterwards(self):
        text = json.dumps([{"a": [i]} for i in range(5000)])
        self.assertEqual(len(json.loads(text)), 5000)
        with self.assertRaises(json.JSONDecodeError):
            json.loads(text + "x")

        class Ring:
            pass

        ring = Ring()
        ring.self = ring
        gone = weakref.ref(ring)
        del ring
        kept = [[] for _ in range(100_000)]
        self.assertIsNone(gone(), len(kept))

    def test_hook_that_collects(self):
        class Ring:
            pass

        def hook(pairs):
            ring = Ring()
            ring.self = ring
            gone = weakref.ref(ring)
            del ring
            gc.collect()
            return gone()

        self.assertEqual(json.loads('[{"a": 1}, {}]', object_hook=hook), [None, None])
        self.assertEqual(json.loads("[1, NaN]", parse_constant=hook), [1, None])

    def test_long_text(self):
        value = ["x" * n + "\xe9" * (n % 3) for n in range(0, 5000, 97)]
        for ascii in (True, False):
            self.assertEqual(json.loads(json.dumps(value, ensure_ascii=ascii)), value)
        self.assertEqual(json.dumps([1] * 2000, separators=("\u2003", ":")), "[" + "\u2003".join(["1"] * 2000) + "]")

    def test_hooks(self):
        self.assertEqual(json.loads('{"a": 1}', object_pairs_hook=list), [("a", 1)])
        self.assertEqual(json.loads("[1.5, 2]", parse_float=str, parse_int=float), ["1.5", 2.0])
        self.assertEqual(json.dumps(object, default=lambda o: o.__name__), '"object"')

    def test_errors(self):
        for text, message in (("", "Expecting value: line 1 column 1 (char 0)"),
                              ("[1,", "Expecting value: line 1 column 4 (char 3)"),
                              ('{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"),
                              ('{"a": 1,}', "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)"),
                              ('"a\n"', "Invalid control character at: line 1 column 3 (char 2)"),
                              ('"\\x"', "Invalid \\escape: line 1 column 2 (char 1)"),
                              ('"a', "Unterminated string starting at: line 1 column 1 (char 0)")):
            with self.subTest(text), self.assertRaises(json.JSONDecodeError) as caught:
                json.loads(text)
            self.assertEqual(str(caught.exception), message)
        loop = []
        loop.append(loop)
        with self.assertRaisesRegex(ValueError, "Circular reference detected"):
            json.dumps(loop)
        with self.assertRaisesRegex(TypeError, "keys must be str, int, float, bool or None, not tuple"):
            json.dumps({(1,): 2})


class Characters(unittest.TestCase):
    def test_names(self):
        self.assertEqual(unicodedata.name("\u20ac"), "EURO SIGN")
        self.assertEqual(unicodedata.name("\uac00"), "HANGUL SYLLABLE GA")
        self.assertEqual(unicodedata.lookup("latin small letter e with acute"), "\xe9")
        self.assertEqual(unicodedata.lookup("LATIN SMALL LETTER R WITH TILDE"), "r\u0303")
        self.assertEqual("\N{GRINNING FACE}", "\U0001f600")

    def test_normal_forms(self):
        self.assertEqual(unicodedata.normalize("NFD", "\xe9\uac01"), "e\u0301\u1100\u1161\u11a8")
        self.assertEqual(unicodedata.normalize("NFC", "e\u0301\u1100\u1161\u11a8"), "\xe9\uac01")
        self.assertEqual(unicodedata.normalize("NFKC", "\ufb03\u00bd"), "ffi1\u20442")
        self.assertEqual(unicodedata.normalize("NFC", "a\u0323\u0307"), unicodedata.normalize("NFC", "a\u0307\u0323"))
        self.assertFalse(unicodedata.is_normalized("NFC", "e\u0301"))


if __name__ == "__main__":
    unittest.main()
