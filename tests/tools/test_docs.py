# adder-only: the pages are about Adder.
"""Every code block of README.md and of the pages in docs/ does what it says.

    python    runs; blocks of a page share their names. With `>>>` it is a session whose output is compared. `# file: NAME` as the first line
              makes it a file for the page's other blocks
    console   each command after `$ ` runs in the page's folder (`> ` goes on with it); what it prints is compared, `...` stands for anything
    sh        commands that change the machine: make knows their targets, modules behind -m are there
    cpp, cmake, make   stand so in a file of examples/, which is built and run elsewhere
    text      not looked at
"""

import contextlib
import doctest
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGES = ["README.md", *(f"docs/{name}" for name in sorted(os.listdir(os.path.join(ROOT, "docs"))) if name.endswith(".md"))]


def blocks_of(path):
    """(line, language, text) of each fenced block; an HTML comment `<!-- run: … -->` is a block of Python that readers do not see."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$|<!-- run: (.*?) -->", text, re.M | re.S):
        line = text.count("\n", 0, found.start()) + 2
        yield (line, "python", found[3]) if found[3] else (line, found[1], found[2])


def matches(shown, real):
    """Whether what was printed is what is shown, blanks at ends of lines aside; `...` stands for anything."""
    def tidy(text):
        return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    pattern = "".join(".*?" if part == "..." else re.escape(part) for part in re.split(r"(\.\.\.)", tidy(shown)))
    return re.fullmatch(pattern, tidy(real), re.S) is not None


class Page:
    def __init__(self, test, path, folder):
        self.test, self.path, self.folder = test, path, folder
        self.names = {"__name__": "__main__"}
        os.mkdir(f"{folder}/bin")
        os.symlink(sys.executable, f"{folder}/bin/adder")
        os.mkdir(f"{folder}/work")

    def fail(self, line, message):
        self.test.fail(f"{self.path}:{line}: {message}")

    def python(self, line, text):
        head, _, rest = text.partition("\n")
        if head.startswith("# file: "):
            with open(f"{self.folder}/work/{head.removeprefix('# file: ')}", "w", encoding="utf-8") as file:
                file.write(rest)
        elif ">>> " in text:
            example = doctest.DocTestParser().get_doctest(text, self.names, self.path, self.path, line - 1)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
            out = io.StringIO()
            if runner.run(example, out=out.write, clear_globs=False).failed:
                self.fail(line, out.getvalue())
            self.names.update(example.globs)
        else:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile("\n" * (line - 1) + text, self.path, "exec"), self.names)

    def console(self, line, text):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ADDER", "FORCE_COLOR"))}
        environment["PATH"] = f"{self.folder}/bin:{environment['PATH']}"
        for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
            lines = part.splitlines()
            last = 1
            while last < len(lines) and lines[last].startswith("> "):
                last += 1
            command = "\n".join([lines[0], *(text[2:] for text in lines[1:last])])
            done = subprocess.run(["bash", "-c", command], cwd=f"{self.folder}/work", env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=120)
            shown = "\n".join(lines[last:])
            if not matches(shown, done.stdout):
                self.fail(line, f"$ {command}\nprints\n{done.stdout}\nwhere the page has\n{shown}")
            if done.returncode and "Traceback" not in shown:
                self.fail(line, f"$ {command}\nends with status {done.returncode}")

    def sh(self, line, text):
        with open(os.path.join(ROOT, "Makefile")) as file:
            targets = set(re.findall(r"^([a-z]+):", file.read(), re.M))
        for command in filter(None, (row.partition("#")[0].strip() for row in text.splitlines())):
            words = [word for word in command.split() if "=" not in word]
            if words[0] == "make":
                if not set(words[1:]) <= targets:
                    self.fail(line, f"make has no target {words[1:]}")
            elif words[:2] == ["adder", "-m"]:
                if words[2] != "pip" and importlib.util.find_spec(words[2]) is None:
                    self.fail(line, f"there is no module {words[2]}")
            elif words[0] in ("cmake", "ninja", "apt-get", "git"):
                pass
            elif not os.path.exists(os.path.join(ROOT, next(word for word in words if not word.startswith(("python3", "-")) or "/" in word))) \
                    and not words[0].startswith("build/"):
                self.fail(line, f"there is no {command!r}")

    def quoted(self, line, text):
        """A block that must stand in an example, wherever indented."""
        wanted = textwrap.dedent(text).strip()
        for at, _, names in os.walk(os.path.join(ROOT, "examples")):
            for name in names:
                with open(os.path.join(at, name), encoding="utf-8", errors="replace") as file:
                    content = file.read()
                for indent in ("", "  ", "    "):
                    if textwrap.indent(wanted, indent) in content:
                        return
        self.fail(line, "no example has these lines")

    cpp = cmake = make = quoted

    def text(self, line, text):
        pass


class Documentation(unittest.TestCase):
    def test_pages(self):
        for path in PAGES:
            with self.subTest(page=path), tempfile.TemporaryDirectory() as folder:
                page = Page(self, path, os.path.realpath(folder))
                for line, language, text in blocks_of(path):
                    self.assertIn(language, ("python", "console", "sh", "cpp", "cmake", "make", "text"), f"{path}:{line}: which language?")
                    getattr(page, language)(line, text)

    def test_links_between_pages(self):
        for path in PAGES:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                text = file.read()
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", text):
                if "://" not in target:
                    self.assertTrue(os.path.exists(os.path.join(ROOT, os.path.dirname(path), target)), f"{path}: {target}")

    def test_navigation_has_every_page(self):
        with open(os.path.join(ROOT, "mkdocs.yml"), encoding="utf-8") as file:
            listed = re.findall(r": ([\w-]+\.md)$", file.read(), re.M)
        self.assertEqual(sorted(listed), sorted(path.removeprefix("docs/") for path in PAGES if path.startswith("docs/")))

    @unittest.skipUnless(shutil.which("mkdocs"), "needs mkdocs: apt-get install mkdocs")
    def test_site(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["mkdocs", "build", "--config-file", os.path.join(ROOT, "mkdocs.yml"), "--site-dir", f"{folder}/site"],
                                  capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(f"{folder}/site/how-it-works.html", encoding="utf-8") as file:
                text = file.read()
        self.assertIn("MULTIPLY_FLOAT", text)
        # Nothing is loaded from elsewhere.
        self.assertEqual(re.findall(r'(?:<script[^>]* src|<link[^>]* href|<img[^>]* src)="https?://[^"]*"', text), [])


class OptionPricing(unittest.TestCase):
    """The program that README.md shows."""

    def test_calibration_finds_the_smile(self):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "examples", "options.py"), "--count", "100_000"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], "smile from 1464 quotes: 0.210000 -0.040000 m +0.090000 m²")
        self.assertRegex(done.stdout.splitlines()[1], r"^100000 options: worth 1241\d{3}\.\d\d, delta 5795\d\.\d\d$")
        self.assertRegex(done.stderr, r"^seconds: calibration [\d.]+, valuation [\d.]+\nfused: [67]\d operations in [4-8] passes\n$")


if __name__ == "__main__":
    unittest.main()
