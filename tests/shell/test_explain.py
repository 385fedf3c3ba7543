# adder-only: --explain is Adder's own.
"""adder --explain shows a program stage by stage, as text and as a page; adder.layout shows a value."""

import html.parser
import os
import re
import sys
import unittest

import adder
from running import ShellTest

PROGRAM = """\
class Point:
    def __init__(self, x):
        self.x = x

def total(points):
    result = 0.0
    for p in points:
        result += p.x
    return result

data = [Point(i * 0.5) for i in range(40)]
print(total(data))
"""


class Sections(html.parser.HTMLParser):
    """What a page shows in each of its sections, and what it would load."""

    def __init__(self, text):
        super().__init__()
        self.inside, self.texts, self.loaded = None, {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.loaded += [f"{tag} {name}" for name in ("src", "href", "data") if name in attributes]
        if tag == "section" or attributes.get("id") == "source":
            self.inside = attributes["id"]
            self.texts[self.inside] = ""

    def handle_data(self, data):
        if self.inside:
            self.texts[self.inside] += data + " "


class ExplainTest(ShellTest):
    def explain(self, *arguments, status=0):
        done = self.run_python(*arguments)
        self.assertEqual((done.err, done.returncode), ("", status))
        return done.out

    def row(self, text, wanted):
        """The one line that has this instruction, in words parted by single blanks."""
        rows = [" ".join(line.split()) for line in text.splitlines() if wanted in line]
        self.assertEqual(len(rows), 1, rows)
        return rows[0]

    def test_the_program_runs_as_ever_and_all_stages_follow(self):
        out = self.explain("--explain", self.write("p.py", PROGRAM))
        self.assertEqual(out.splitlines()[0], "390.0")
        self.assertEqual(re.findall(r"^(.+)\n=+$", out, re.M), ["Tokens", "Tree", "Register code, after the run", "Values", "Arrays"])

    def test_tokens_and_tree_do_not_run_it(self):
        out = self.explain("--explain=tokens,tree", "-c", "print(1 + x)")
        self.assertIn("NAME print   LPAR (   NUMBER 1   PLUS +   NAME x   RPAR )", out)
        self.assertIn("BinOp op=Add\n", out)
        self.assertIn("left: Constant value=1\n", out)

    def test_code_tells_times_types_forms_and_caches(self):
        out = self.explain("--explain=code", self.write("p.py", PROGRAM))
        self.assertRegex(self.row(out, "LOAD_ATTR "), r"LOAD_ATTR → LOAD_ATTR_SLOT %\d+, p, x ×40 Point$")
        self.assertRegex(self.row(out, "INPLACE_ADD"), r"→ INPLACE_ADD_FLOAT result!, result, %\d+ ×40 float, float$")
        self.assertRegex(self.row(out, "FOR_ITER_LIST"), r"×41 list_iterator$")
        self.assertIn("cache: Point with shape (x): inline slot 0\n", out)
        self.assertIn("cache: Point with shape (): inline slot 0, then shape (x)\n", out)

    def test_several_types_are_told_apart(self):
        out = self.explain("--explain=code", "-c", "def f(a, b): return a + b\nfor x in (1, 2, 3): f(x, 0.5)\nf('a', 'b')")
        self.assertRegex(self.row(out, " ADD "), r"×4 \(int, float\) ×3; \(str, str\) ×1$")

    def test_code_that_did_not_run_says_so(self):
        out = self.explain("--explain=code", "-c", "if False or 0:\n    pass\ndef f():\n    return [1]")
        self.assertRegex(self.row(out, "BUILD_LIST"), "not run$")

    def test_values(self):
        out = self.explain("--explain=values", "-c", "import sys\nn = 5\nx = 2.5\nl = [1, 'a']\ndef f(): pass")
        self.assertEqual(re.findall(r"^(\w+)$", out, re.M)[1:], ["n", "x", "l"])
        self.assertIn("0xfffe000000000005: the int itself", out)
        self.assertIn("0x4005000000000000: the float itself", out)
        self.assertIn("references  1\n", out)

    def test_watching_changes_nothing(self):
        # No list is shown to C, nothing is kept alive.
        out = self.explain("--explain=values", "-c", "def f(l): return l\nl = f([1, 2])\nclass C:\n def __del__(s): print('gone')\ndef g(c): pass\ng(C())\nprint('after')")
        self.assertNotIn("seen by C", out)
        self.assertEqual(out.splitlines()[:2], ["gone", "after"])

    def test_arrays(self):
        out = self.explain("--explain=arrays,code", "-c", "import numpy as np\na = np.ones(50_000)\nb = np.sqrt(a * a + a)")
        self.assertIn("3 operations in 1 pass: 2 temporaries not made", out)
        self.assertRegex(out, r"instructions +(AVX|SSE|SSSE|SCALAR|EMU)")
        self.assertRegex(self.row(out, " ADD "), "deferred, ndarray$")
        self.assertIn("The program used none.", self.explain("--explain=arrays", "-c", "pass"))

    def test_exit_status_and_traceback_are_the_programs(self):
        self.assertIn("Values", self.explain("--explain=values", "-c", "import sys; x = 1; sys.exit(3)", status=3))
        done = self.run_python("--explain=values", self.write("p.py", "x = 1\n1/0\n"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.err, f'Traceback (most recent call last):\n  File "{self.folder}/p.py", line 2, in <module>\n    1/0\n    ~^~\n'
                                   "ZeroDivisionError: division by zero\n")
        self.assertIn("the int itself", done.out)

    def test_the_program_sees_the_world_that_it_knows(self):
        self.write("helper.py", "name = __name__")
        path = self.write("p.py", "import sys, helper, __main__\nprint(sys.argv[1:], __name__, helper.name, __main__.__file__ == __file__)")
        self.assertIn("['a', '-b'] __main__ helper True\n", self.explain("--explain=values", path, "a", "-b"))
        self.write("adder.py", "1/0")
        self.assertIn("ok\n", self.explain("--explain=values", "-c", "print('ok')"))

    def test_mistakes(self):
        for arguments, message in [
            (["--explain=nothing", "x.py"], "adder --explain: there is no stage 'nothing': tokens, tree, code, values, arrays, or a file name that "
                                            "ends with .html\n"),
            (["--explain"], "adder --explain: no program given\nusage: adder --explain FILE | -c CODE | -m MODULE, and its arguments\n"),
            (["--explain", "gone.py"], "adder --explain: can't open file 'gone.py': [Errno 2] No such file or directory\n"),
            (["--explain", "-c", "a ="], '  File "<string>", line 1\n    a =\n       ^\nSyntaxError: invalid syntax\n'),
        ]:
            done = self.run_python(*arguments)
            self.assertEqual((done.out, done.err, done.returncode), ("", message, 2))

    def page(self):
        path = self.write("p.py", PROGRAM + "text = '<b>&'\n")
        page = os.path.join(self.folder, "page.html")
        done = self.run_python(f"--explain={page}", path)
        self.assertEqual((done.out, done.err, done.returncode), ("390.0\n", f"wrote {page}\n", 0))
        return page

    def test_page(self):
        with open(self.page(), encoding="utf-8") as file:
            text = file.read()
        sections = Sections(text)
        self.assertEqual(sections.loaded, [])
        self.assertNotIn("http", text)
        self.assertEqual(list(sections.texts), ["source", "tokens", "tree", "code", "values", "arrays"])
        self.assertIn("LOAD_ATTR_SLOT", sections.texts["code"])
        self.assertIn("'<b>&'", sections.texts["values"])


class LayoutTest(unittest.TestCase):
    def test_numbers_are_words(self):
        self.assertEqual((adder.layout(7).word, adder.layout(7).kind), ((0xFFFE << 48) + 7, "int"))
        self.assertEqual(adder.layout(1.0).word, 0x3FF0 + 1 << 48)
        self.assertEqual(adder.layout(1 << 60).kind, "object")

    def test_object(self):
        x = []
        y = x
        self.assertEqual(adder.layout(x).word, id(x))
        self.assertEqual(adder.layout(x).references, 2)
        self.assertEqual(adder.layout(x).type, list)
        del y
        self.assertEqual(adder.layout(x).references, 1)

    def test_list(self):
        facts = adder.layout([1, "a", 2.5])
        self.assertEqual((facts.length, facts.c_visible, facts.item_words[0]), (3, False, (0xFFFE << 48) + 1))
        self.assertEqual(facts.item_words[1], id("a"))

    def test_instance(self):
        class C:
            def __init__(self):
                self.a, self.b = 1, 2
        c = C()
        facts = adder.layout(c)
        self.assertEqual((facts.attributes, facts.shape_names, facts.slot_words), ("inline", ("a", "b"), ((0xFFFE << 48) + 1, (0xFFFE << 48) + 2)))
        vars(c)["z"] = 1
        self.assertEqual(adder.layout(c).attributes, "dict")

    def test_dict_and_str(self):
        self.assertEqual((adder.layout({"a": 1}).keys, adder.layout({1: 1}).keys), ("str", "any"))
        self.assertEqual([adder.layout(s).character_bytes for s in ("a", "é", "€", "😀")], [1, 1, 2, 4])
        self.assertTrue(adder.layout(sys.intern("word")).interned)

    def test_array(self):
        import numpy as np
        a = np.zeros((100, 100))
        facts = adder.layout(a)
        self.assertEqual((facts.shape, facts.strides, facts.owns_data, facts.data_inline, facts.alignment % 64), ((100, 100), (800, 8), True, False, 0))
        view = adder.layout(a[::2, 1:])
        self.assertEqual((view.strides, view.owns_data, view.contiguous), ((1600, 8), False, ""))
        self.assertEqual(view.data, facts.data + 8)
        self.assertIn(f"{id(a):#x}", view.owners[0])
        self.assertTrue(adder.layout(np.arange(3)).data_inline)

    def test_text(self):
        text = repr(adder.layout((1, 2)))
        self.assertIn("word        0x", text)
        self.assertIn("item 1      0xfffe000000000002: int 2", text)


if __name__ == "__main__":
    unittest.main()
