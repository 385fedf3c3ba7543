"""The tree keeps its shape: no room includes one above it, the array engine knows no Python, files say what they are for."""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# From the bottom up. A room may include itself and what stands before it.
ROOMS = ["value", "memory", "object", "syntax", "compile", "vm", "capi", "numpy", "modules", "runtime", "shell"]

# The collector and the allocator need to know an object's head, and how to say that memory is out; native modules and the
# C API ask the interpreter for what it keeps (runtime/interpreter.h and runtime/gil.h).
ALLOWED = {("memory", "object"), ("capi", "modules"), ("modules", "runtime"), ("numpy", "runtime"), ("capi", "runtime")}


def sources(*folders):
    for folder in folders:
        for place, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in sorted(names):
                if name.endswith((".cpp", ".hpp", ".h", ".c", ".def")):
                    path = os.path.join(place, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, ROOT), file.read()


def includes(text):
    return [a or b for a, b in re.findall(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+\.h)>)', text, re.M)]


class Tree(unittest.TestCase):
    def test_nothing_includes_upwards(self):
        wrong = []
        for path, text in sources("src"):
            room = path.split("/")[1]
            for included in includes(text):
                other = included.split("/")[0]
                if other in ROOMS and ROOMS.index(other) > ROOMS.index(room) and (room, other) not in ALLOWED:
                    wrong.append(f"{path} includes {included}")
        self.assertEqual(wrong, [])

    def test_array_engine_knows_no_python(self):
        wrong = [f"{path} includes {included}" for path, text in sources("array") for included in includes(text)
                 if included == "Python.h" or included.split("/")[0] in ROOMS or included.startswith("src/")]
        self.assertEqual(wrong, [])

    def test_files_say_what_they_are_for(self):
        wrong = [path for path, text in sources("src", "array", "include") if not re.search(r"^(//|/\*)", "\n".join(text.split("\n")[:3]), re.M)]
        self.assertEqual(wrong, [])

    def test_files_have_one_subject(self):
        """Seldom more than 800 lines; never so many that it must be two subjects."""
        wrong = [path for path, text in sources("src", "array", "include") if text.count("\n") > 1500]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
