"""The distribution's lxml, written in Cython: parsing, XPath, XSLT, schemas, functions of ours called by libxml2."""

import io
import unittest

from installed import PackageTest

BOOKS = """<books><book year="1936" lang="en"><title>On Computable Numbers</title><price>3.50</price></book>
<book year="1948"><title>A Mathematical Theory</title><price>7</price></book></books>"""


class Lxml(PackageTest):
    needs = ("lxml",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global etree
        from lxml import etree

    def test_xpath(self):
        root = etree.fromstring(BOOKS)
        self.assertEqual(root.xpath("//book[@year > 1940]/title/text()"), ["A Mathematical Theory"])
        self.assertEqual(root.xpath("sum(//price)"), 10.5)
        self.assertEqual(root.xpath("count(//book[@lang=$l])", l="en"), 1.0)
        self.assertEqual([b.get("year") for b in root.iterfind("book")], ["1936", "1948"])

    def test_function_of_ours_in_xpath(self):
        space = etree.FunctionNamespace("urn:ours")
        space["double"] = lambda context, n: 2 * n
        root = etree.fromstring(BOOKS)
        self.assertEqual(root.xpath("f:double(number(//price[1]))", namespaces={"f": "urn:ours"}), 7.0)

    def test_tree_is_changed(self):
        root = etree.fromstring(BOOKS)
        root.remove(root[0])
        etree.SubElement(root, "book", year="2024").text = "ä < b"
        self.assertTrue(etree.tostring(root, encoding="unicode").endswith('<book year="2024">ä &lt; b</book></books>'))
        self.assertEqual(len(root), 2)

    def test_xslt_and_schema(self):
        style = etree.XSLT(etree.fromstring(
            '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="text"/>'
            '<xsl:template match="/"><xsl:for-each select="//title">[<xsl:value-of select="."/>]</xsl:for-each></xsl:template>'
            "</xsl:stylesheet>"))
        self.assertEqual(str(style(etree.fromstring(BOOKS))), "[On Computable Numbers][A Mathematical Theory]")
        schema = etree.RelaxNG(etree.fromstring('<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><empty/></element>'))
        self.assertEqual((schema.validate(etree.fromstring("<a/>")), schema.validate(etree.fromstring("<b/>"))), (True, False))

    def test_events_html_and_targets(self):
        tags = [element.tag for _, element in etree.iterparse(io.BytesIO(BOOKS.encode()))]
        self.assertEqual(tags, ["title", "price", "book"] * 2 + ["books"])
        html = etree.HTML("<p>one<p>two<br>")
        self.assertEqual(html.xpath("//p/text()"), ["one", "two"])

        class Target:
            def __init__(self):
                self.seen = []

            def start(self, tag, attributes):
                self.seen.append((tag, dict(attributes)))

            def data(self, text):
                self.seen.append(text)

            def close(self):
                return self.seen

        self.assertEqual(etree.fromstring('<a b="1">t</a>', etree.XMLParser(target=Target())), [("a", {"b": "1"}), "t"])

    def test_error(self):
        with self.assertRaises(etree.XMLSyntaxError) as caught:
            etree.fromstring("<a><b></a>")
        self.assertEqual(caught.exception.lineno, 1)
        self.assertIn("Opening and ending tag mismatch", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
