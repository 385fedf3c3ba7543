"""pyexpat: events, attributes and errors of XML parsers."""

import io
import unittest
from xml.parsers import expat


class Parsing(unittest.TestCase):
    def events(self, text, *names, **options):
        seen = []
        parser = expat.ParserCreate(**options)
        for name in names:
            setattr(parser, name, lambda *args, name=name: seen.append((name.removesuffix("Handler"), *args)))
        parser.Parse(text, True)
        return seen

    def test_elements_and_text(self):
        names = "StartElementHandler", "EndElementHandler", "CharacterDataHandler"
        self.assertEqual(self.events("<a x='1' y='\xe9'>t<b/></a>", *names),
                         [("StartElement", "a", {"x": "1", "y": "\xe9"}), ("CharacterData", "t"), ("StartElement", "b", {}),
                          ("EndElement", "b"), ("EndElement", "a")])
        self.assertEqual(self.events(b"<p:a xmlns:p='u'/>", "StartElementHandler", namespace_separator=" "), [("StartElement", "u a", {})])

    def test_declarations(self):
        text = "<!DOCTYPE r [<!ELEMENT r (a,b*)><!ENTITY e 'v'><!ATTLIST r k CDATA 'd'>]><r>&e;</r>"
        self.assertEqual(self.events(text, "ElementDeclHandler", "EntityDeclHandler", "AttlistDeclHandler"),
                         [("ElementDecl", "r", (6, 0, None, ((4, 0, "a", ()), (4, 2, "b", ())))),
                          ("EntityDecl", "e", 0, "v", None, None, None, None), ("AttlistDecl", "r", "k", "CDATA", "d", 0)])

    def test_ordered_attributes_and_buffered_text(self):
        seen = []
        parser = expat.ParserCreate()
        parser.ordered_attributes = parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: seen.append(attributes)
        parser.CharacterDataHandler = seen.append
        parser.Parse("<a b='1' a='2'>x&amp;y\nz</a>", True)
        self.assertEqual(seen, [["b", "1", "a", "2"], "x&y\nz"])

    def test_eight_bit_encodings(self):
        self.assertEqual(self.events(b"<?xml version='1.0' encoding='cp1251'?><a>\xcf</a>", "CharacterDataHandler"), [("CharacterData", "\u041f")])
        with self.assertRaisesRegex(ValueError, "multi-byte encodings are not supported"):
            self.events(b"<?xml version='1.0' encoding='shift_jis'?><a/>")

    def test_exceptions_of_handlers_end_the_parsing(self):
        calls = []
        parser = expat.ParserCreate()

        def start(name, attributes):
            calls.append(name)
            raise KeyError(name)

        parser.StartElementHandler = start
        try:
            parser.ParseFile(io.BytesIO(b"<a><b/></a>"))
        except KeyError as e:
            self.assertEqual(e.__traceback__.tb_next.tb_frame.f_code.co_name, "StartElement")
        self.assertEqual(calls, ["a"])

    def test_errors(self):
        parser = expat.ParserCreate()
        with self.assertRaises(expat.ExpatError) as caught:
            parser.Parse("<a>\n <b></a>", True)
        e = caught.exception
        self.assertEqual((str(e), e.code, e.lineno, e.offset), ("mismatched tag: line 2, column 6", 7, 2, 6))
        self.assertEqual(expat.errors.messages[7], "mismatched tag")
        with self.assertRaisesRegex(TypeError, "a bytes-like object is required, not 'int'"):
            expat.ParserCreate().Parse(1)
        with self.assertRaisesRegex(RuntimeError, "Cannot delete attribute"):
            del parser.StartElementHandler

    def test_entity_bombs_are_refused(self):
        bomb = "<!DOCTYPE a [<!ENTITY e0 'aaaaaaaaaa'>" + "".join(f"<!ENTITY e{i} '{f'&e{i - 1};' * 10}'>" for i in range(1, 12)) + "]><a>&e11;</a>"
        with self.assertRaisesRegex(expat.ExpatError, "limit on input amplification factor"):
            self.events(bomb)


if __name__ == "__main__":
    unittest.main()
