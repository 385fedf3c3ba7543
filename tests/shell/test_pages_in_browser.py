# adder-only: the pages are Adder's own.
# unlimited: a browser reserves more address space than tests are given.
"""The pages that tools write do in a browser what they are meant to."""

import re
import subprocess
import sys
import tempfile
import unittest

from browser import BrowserTest

PROGRAM = """\
class Point:
    def __init__(self, x):
        self.x = x

def total(points):
    result = 0.0
    for p in points:
        result += p.x
    return result

print(total([Point(i * 0.5) for i in range(40)]))
"""


class PageTest(BrowserTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.program = f"{self.folder}/program.py"
        with open(self.program, "w") as file:
            file.write(PROGRAM)

    def run_adder(self, *arguments):
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.returncode), ("390.0\n", 0))

    def test_explain(self):
        page = f"{self.folder}/page.html"
        self.run_adder(f"--explain={page}", self.program)
        shown = self.dom(f"file://{page}#L8", self.folder)
        # One section is shown; the line of the address is marked on both sides.
        self.assertEqual(re.findall(r'<section id="(\w+)" role="tabpanel">', shown), ["code"])
        self.assertEqual(self.count(r'<div data-line="8"[^>]*class="marked"', shown), 1)
        self.assertGreater(self.count(r'<div class="row marked" data-line="8"', shown), 3)
        shown = self.dom(f"file://{page}#values", self.folder)
        self.assertEqual(re.findall(r'<section id="(\w+)" role="tabpanel">', shown), ["values"])
        self.check_picture(f"file://{page}", self.folder, 20_000)

    def test_flame_graph(self):
        picture = f"{self.folder}/flame.svg"
        with open(self.program, "a") as file:
            file.write("def deep(n):\n    return sum(range(20_000)) + (deep(n - 1) if n else 0)\nfor i in range(20): deep(20)\n")
        self.run_adder(f"--profile={picture}", self.program)
        shown = self.dom(f"file://{picture}", self.folder)
        # The script has put names into the boxes that have room.
        self.assertGreater(self.count(r"<text [^>]*>deep \(program\.py:12\)</text>", shown), 3)
        self.check_picture(f"file://{picture}", self.folder, 20_000)


if __name__ == "__main__":
    unittest.main()
