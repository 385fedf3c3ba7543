"""The standard library's programs over damaged input: they say what is wrong, and leave nothing that looks whole."""

import bz2
import gzip
import io
import os
import sys
import tarfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "shell"))
from running import ShellTest  # noqa: E402


class DamagedInput(ShellTest):
    def fails(self, *arguments, error, status=1):
        done = self.run_python(*arguments)
        self.assertEqual((done.err.strip().splitlines()[-1], done.returncode), (error, status))

    def files(self):
        return sorted(os.listdir(self.folder))

    def test_json(self):
        self.write("bad.json", '{"a": [1, 2')
        self.fails("-m", "json.tool", "bad.json", "out.json", error="Expecting ',' delimiter: line 1 column 12 (char 11)")
        self.assertEqual(self.files(), ["bad.json"])
        self.write("deep.json", "[" * 100_000)
        done = self.run_python("-m", "json.tool", "deep.json", "out.json")
        self.assertIn("RecursionError: maximum recursion depth exceeded while decoding a JSON array from a unicode string", done.err)
        self.write("latin.json", b'["\xe9"]')
        self.fails("-m", "json.tool", "latin.json", "out.json",
                   error="'utf-8' codec can't decode byte 0xe9 in position 2: invalid continuation byte")
        self.assertNotIn("out.json", self.files())

    def test_zip(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("good.txt", b"good" * 10)
            archive.writestr("bad.txt", b"0123456789" * 10)
        data = file.getvalue()
        self.write("t.zip", data.replace(b"0123456789" * 10, b"0123456789" * 9 + b"x123456789", 1))
        done = self.run_python("-m", "zipfile", "-t", "t.zip")
        self.assertIn("The following enclosed file is corrupted: 'bad.txt'", done.out + done.err)
        self.fails("-m", "zipfile", "-e", "t.zip", "out", error="BadZipFile: Bad CRC-32 for file 'bad.txt'")
        self.write("cut.zip", data[:-30])
        self.fails("-m", "zipfile", "-e", "cut.zip", "out2", error="BadZipFile: File is not a zip file")
        self.assertNotIn("out2", self.files())

    def test_names_that_lead_outside(self):
        with zipfile.ZipFile(os.path.join(self.folder, "t.zip"), "w") as archive:
            archive.writestr("../outside.txt", b"x")
            archive.writestr("/absolute.txt", b"y")
        self.check(["-m", "zipfile", "-e", "t.zip", "place"])
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder, "place"))), ["absolute.txt", "outside.txt"])
        self.assertEqual(self.files(), ["place", "t.zip"])

    def test_tar(self):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            member = tarfile.TarInfo("a.txt")
            member.size = 100_000
            archive.addfile(member, io.BytesIO(os.urandom(100_000)))
        self.write("t.tar.gz", file.getvalue()[:-2000])
        self.fails("-m", "tarfile", "-e", "t.tar.gz", "out", error="EOFError: Compressed file ended before the end-of-stream marker was reached")
        self.write("zeros.tar", bytes(100))
        done = self.run_python("-m", "tarfile", "-e", "zeros.tar", "out2")
        self.assertEqual((done.returncode, "zeros.tar" in done.err), (1, True))

    def test_compressed_streams(self):
        for name, pack, error in (("a.gz", gzip.compress, "EOFError"), ("a.bz2", bz2.compress, "EOFError")):
            whole = pack(b"some text " * 10_000)
            path = self.write(name, whole[:-8])
            module = {"a.gz": "gzip", "a.bz2": "bz2"}[name]
            program = f"import {module}\nfor line in {module}.open({path!r}): pass"
            self.fails("-c", program, error=f"{error}: Compressed file ended before the end-of-stream marker was reached")
        self.write("no.gz", b"plain text")
        self.fails("-m", "gzip", "-d", "no.gz", error="BadGzipFile: Not a gzipped file (b'pl')")

    def test_streams_and_locales_that_there_are_not(self):
        done = self.run_python("-c", "print('x')", env={"LC_ALL": "xx_YY.nosuch", "LANG": "nosuch"})
        self.assertEqual((done.out, done.err, done.returncode), ("x\n", "", 0))
        done = self.run_python("-c", "print('x')", env={"PYTHONIOENCODING": "nosuch"})
        self.assertIn("LookupError: unknown encoding: nosuch", done.err)
        self.assertNotEqual(done.returncode, 0)
        done = self.run_python("-c", "import sys; print(ascii(sys.path))", env={"PYTHONPATH": b"/no\xff/such"})
        self.assertIn(r"'/no\udcff/such'", done.out)


if __name__ == "__main__":
    unittest.main()
