# adder-only: the pack of the library's code is ours
"""The pack of the library's compiled code: used where it is this binary's, whole and current, ignored in every other case."""

import _imp
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
import unittest

SOURCE = textwrap.__file__
MARKED = open(SOURCE, encoding="utf-8").read().replace("def dedent(text):", "def dedent(text, marked=True):\n    'marked'\n    return 'from the pack'\ndef old_dedent(text):")


def hash_key(key):
    value = 2166136261
    for byte in key:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def pack(head=None, size=0, time_off=0, size_off=0):
    """A pack with one module, whose code differs from its source so that one sees which is used."""
    status = os.stat(SOURCE)
    key = b"textwrap.py"
    stored = _imp._stored_code(compile(MARKED, SOURCE, "exec", dont_inherit=True), 0)
    key_at = 32 + 4 * 24
    code_at = (key_at + len(key) + 7) & ~7
    buckets = [bytes(24)] * 4
    buckets[hash_key(key) % 4] = struct.pack("=6I", key_at, len(key), code_at, len(stored), int(status.st_mtime) + time_off, status.st_size + size_off)
    body = b"".join(buckets) + key + bytes(code_at - key_at - len(key)) + stored
    total = 32 + len(body)
    return (head or _imp._library_pack_head()) + struct.pack("=IQQ", 4, size or total, total) + body


class LibraryPack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.binary = os.path.join(folder.name, "adder")
        shutil.copy(sys.executable, cls.binary)
        os.mkdir(os.path.join(folder.name, "stdlib-cache"))
        cls.pack = os.path.join(folder.name, "stdlib-cache", "library.pack")
        cls.environment = dict(os.environ, ADDER_LIBRARY=os.path.dirname(sys.modules["opcode"].__file__) if "opcode" in sys.modules else
                               os.path.dirname(__import__("opcode").__file__), PYTHONDONTWRITEBYTECODE="1")

    def dedent(self, content, *options):
        if content is not None:
            with open(self.pack, "wb") as file:
                file.write(content)
        elif os.path.exists(self.pack):
            os.remove(self.pack)
        program = "import textwrap; print(textwrap.dedent(' a')); print(textwrap.dedent.__doc__[:6])"
        done = subprocess.run([self.binary, *options, "-c", program], env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def test_current(self):
        self.assertEqual(self.dedent(pack()), "from the pack\nmarked\n")

    def test_ignored(self):
        for what, content in (("none", None), ("empty", b""), ("short", pack()[:40]), ("cut", pack()[:-1]), ("longer", pack() + b"x"),
                              ("of another binary", pack(head=b"AdderLib\0\0\0\0")), ("no pack", b"\x7fELF" * 1000),
                              ("source is newer", pack(time_off=-1)), ("source has another size", pack(size_off=1))):
            with self.subTest(what):
                self.assertEqual(self.dedent(content), "a\nRemove\n")

    def test_not_with_optimization(self):
        self.assertEqual(self.dedent(pack(), "-O"), "a\nRemove\n")

    def test_cache_that_cannot_be_written(self):
        os.chmod(os.path.dirname(self.pack), 0o555)
        self.addCleanup(os.chmod, os.path.dirname(self.pack), 0o755)
        self.environment = dict(self.environment)
        del self.environment["PYTHONDONTWRITEBYTECODE"]
        program = "import textwrap, importlib.util; print(importlib.util.cache_from_source(textwrap.__file__) == textwrap.__cached__)"
        done = subprocess.run([self.binary, "-c", program], env=self.environment, capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("True\n", ""))


if __name__ == "__main__":
    unittest.main()
