"""pyexpat and _elementtree: events, trees and errors of XML parsers."""

import copy
import io
import pickle
import unittest
import xml.etree.ElementTree as ET
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


class Elements(unittest.TestCase):
    def test_native_module_is_used(self):
        self.assertEqual(ET.SubElement.__module__, "_elementtree")

    def test_children(self):
        e = ET.Element("a", {"k": "v"}, x="1")
        self.assertEqual(e.attrib, {"k": "v", "x": "1"})
        e.extend(ET.Element(tag) for tag in "bcdef")
        e.insert(-1, ET.Element("i"))
        e.remove(e[0])
        self.assertEqual([c.tag for c in e], ["c", "d", "e", "i", "f"])
        e[1:3] = [ET.Element("n")]
        del e[-1]
        self.assertEqual([c.tag for c in e[:]], ["c", "n", "i"])
        self.assertEqual((e.find("n").tag, e.findtext("zz", "?"), len(e.findall("c"))), ("n", "?", 1))
        for text, action in (("child index out of range", lambda: e[9]), ("child assignment index out of range", lambda: e.__setitem__(9, e))):
            with self.assertRaisesRegex(IndexError, text):
                action()
        with self.assertRaisesRegex(TypeError, "append\\(\\) argument must be xml.etree.ElementTree.Element, not int"):
            e.append(1)

    def test_text_and_iteration(self):
        e = ET.fromstring("<a>x<b>y<c/>z</b>w<b/></a>")
        self.assertEqual([n.tag for n in e.iter()], ["a", "b", "c", "b"])
        self.assertEqual(len(list(e.iter("b"))), 2)
        self.assertEqual("".join(e.itertext()), "xyzw")

    def test_copies(self):
        e = ET.fromstring("<a k='v'>t<b/>u</a>")
        for other in (copy.deepcopy(e), pickle.loads(pickle.dumps(e))):
            self.assertEqual(ET.tostring(other), ET.tostring(e))
            self.assertIsNot(other[0], e[0])
        self.assertIs(copy.copy(e)[0], e[0])

    def test_comments_and_instructions(self):
        parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))
        parser.feed("<a>x<!--c-->y<?p d?>z</a>")
        self.assertEqual([(n.tag, n.text, n.tail) for n in parser.close()], [(ET.Comment, "c", "y"), (ET.PI, "p d", "z")])
        self.assertEqual(ET.fromstring("<a>x<!--c-->y</a>").text, "xy")

    def test_pull_parser(self):
        parser = ET.XMLPullParser(("start", "end", "start-ns", "comment"))
        parser.feed("<a xmlns='u'><!--c--><b/>")
        self.assertEqual([(kind, getattr(what, "tag", what)) for kind, what in parser.read_events()],
                         [("start-ns", ("", "u")), ("start", "{u}a"), ("comment", ET.Comment), ("start", "{u}b"), ("end", "{u}b")])
        with self.assertRaisesRegex(ValueError, "unknown event 'x'"):
            ET.XMLPullParser(("x",))

    def test_other_targets(self):
        class Target:
            def start(self, tag, attributes):
                seen.append((tag, attributes))

            def doctype(self, *args):
                seen.append(args)

            def close(self):
                return "closed"

        seen = []
        parser = ET.XMLParser(target=Target())
        parser.feed(b"<!DOCTYPE r PUBLIC 'p' 's'><r a='1'/>")
        self.assertEqual(parser.close(), "closed")
        self.assertEqual(seen, [("r", "p", "s"), ("r", {"a": "1"})])

    def test_parse_errors(self):
        with self.assertRaises(ET.ParseError) as caught:
            ET.fromstring("<a>\n&x;</a>")
        self.assertEqual((str(caught.exception), caught.exception.position), ("undefined entity: line 2, column 0", (2, 0)))
        with self.assertRaisesRegex(ET.ParseError, "undefined entity &x;: line 1, column"):
            ET.fromstring("<!DOCTYPE a [<!ENTITY % b 'x'> %b;]><a>&x;</a>")

    def test_deep_trees_die_without_recursion(self):
        e = root = ET.Element("r")
        for _ in range(100000):
            e = ET.SubElement(e, "x")
        del e, root


if __name__ == "__main__":
    unittest.main()
