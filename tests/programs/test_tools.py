"""The standard library's programs: servers, archives, compilers and lookers-up, run as a user runs them."""

import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import unittest
import urllib.error
import urllib.request
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "shell"))
from running import ShellTest  # noqa: E402


class HttpServer(ShellTest):
    def serve(self, *options):
        """Starts the server on a free port; the process and its address."""
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.addCleanup(self.log.close)
        server = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "-b", "127.0.0.1", *options, str(port)],
                                  cwd=self.folder, stdout=self.log, stderr=self.log)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        return f"http://127.0.0.1:{port}"

    def heard(self):
        self.log.seek(0)
        return self.log.read()

    def test_files_listings_and_errors(self):
        os.mkdir(os.path.join(self.folder, "www"))
        self.write("www/page.html", "<p>é</p>")
        self.write("www/sub/big.bin", bytes(range(256)) * 4000)
        address = self.serve("-d", "www")
        with urllib.request.urlopen(address + "/page.html") as answer:
            self.assertEqual((answer.status, answer.headers["Content-Type"], answer.read()),
                             (200, "text/html", "<p>é</p>".encode()))
            modified = answer.headers["Last-Modified"]
        with urllib.request.urlopen(address + "/sub/big.bin") as answer:
            self.assertEqual(answer.read(), bytes(range(256)) * 4000)
        with urllib.request.urlopen(address + "/") as answer:
            self.assertEqual(re.findall('href="(.*?)"', answer.read().decode()), ["page.html", "sub/"])
        for request, status in ((urllib.request.Request(address + "/absent"), 404),
                                (urllib.request.Request(address + "/", method="POST"), 501),
                                (urllib.request.Request(address + "/page.html",
                                                        headers={"If-Modified-Since": modified}), 304)):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request)
            self.assertEqual(caught.exception.code, status)
            caught.exception.close()
        log = self.heard()
        self.assertRegex(log, r'^Serving HTTP on 127\.0\.0\.1 port \d+ ')
        self.assertIn('] "GET /page.html HTTP/1.1" 200 -\n', log)
        self.assertIn('] code 404, message File not found\n', log)

    def test_clients_that_leave_early(self):
        address = self.serve()
        host, port = address[7:].split(":")
        for request in (b"", b"GET / HT", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\xff\r\n\r\n"):
            with socket.create_connection((host, int(port)), 5) as client:
                client.sendall(request)
        with urllib.request.urlopen(address + "/") as answer:
            self.assertEqual(answer.status, 200)


class Archives(ShellTest):
    def setUp(self):
        super().setUp()
        self.write("tree/a.txt", "alpha")
        self.write("tree/deep/b.bin", bytes(range(256)))

    def test_tarfile(self):
        for name in ("t.tar", "t.tar.gz", "t.tar.bz2", "t.tar.xz"):
            with self.subTest(name):
                self.check(["-m", "tarfile", "-c", name, "tree"])
                with tarfile.open(os.path.join(self.folder, name)) as archive:
                    self.assertEqual(sorted(archive.getnames()), ["tree", "tree/a.txt", "tree/deep", "tree/deep/b.bin"])
                done = self.run_python("-m", "tarfile", "-l", name)
                self.assertEqual(sorted(done.out.split()), ["tree/", "tree/a.txt", "tree/deep/", "tree/deep/b.bin"])
                self.assertEqual(self.run_python("-m", "tarfile", "-t", name).returncode, 0)
                self.check(["-m", "tarfile", "-e", name, "out-" + name])
                with open(os.path.join(self.folder, "out-" + name, "tree", "deep", "b.bin"), "rb") as file:
                    self.assertEqual(file.read(), bytes(range(256)))
        self.write("bad.tar", "no archive")
        done = self.run_python("-m", "tarfile", "-l", "bad.tar")
        self.assertIn("'bad.tar' is not a tar archive.", done.err)
        self.assertEqual(done.returncode, 1)

    def test_zipfile(self):
        self.check(["-m", "zipfile", "-c", "t.zip", "tree"])
        self.check(["-m", "zipfile", "-t", "t.zip"], "Done testing\n")
        done = self.run_python("-m", "zipfile", "-l", "t.zip")
        self.assertEqual(sorted(line.split()[0] for line in done.out.splitlines()),
                         ["File", "tree/", "tree/a.txt", "tree/deep/", "tree/deep/b.bin"])
        self.check(["-m", "zipfile", "-e", "t.zip", "out"])
        with open(os.path.join(self.folder, "out", "tree", "a.txt")) as file:
            self.assertEqual(file.read(), "alpha")

    def test_gzip(self):
        self.check(["-m", "gzip", "tree/a.txt"])
        os.remove(os.path.join(self.folder, "tree", "a.txt"))
        self.check(["-m", "gzip", "-d", "tree/a.txt.gz"])
        with open(os.path.join(self.folder, "tree", "a.txt")) as file:
            self.assertEqual(file.read(), "alpha")

    def test_zipapp(self):
        self.write("app/helper.py", "def main():\n    print('called', __file__)\n")
        self.write("app/sub/__init__.py", "value = 3\n")
        self.check(["-m", "zipapp", "app", "-o", "app.pyz", "-m", "helper:main", "-p", sys.executable, "-c"])
        self.check(["app.pyz"], f"called {self.folder}/app.pyz/helper.py\n")
        self.check(["-m", "zipapp", "app.pyz", "--info"], f"Interpreter: {sys.executable}\n")
        path = os.path.join(self.folder, "app.pyz")
        self.assertEqual(subprocess.check_output([path], text=True), f"called {path}/helper.py\n")
        with zipfile.ZipFile(path) as archive:
            self.assertIn("__main__.py", archive.namelist())
        self.check(["-c", "import sys; sys.path.insert(0, 'app.pyz'); import sub; print(sub.value, sub.__file__)"],
                   "3 app.pyz/sub/__init__.py\n")
        done = self.run_python("-m", "zipapp", "app")
        self.assertTrue(done.err.endswith("ZipAppError: Archive has no entry point\n"), done.err)


class Compilers(ShellTest):
    def test_py_compile(self):
        self.write("good.py", "x = 1\n")
        self.write("bad.py", "def f(:\n")
        self.check(["-m", "py_compile", "good.py"])
        cached, = os.listdir(os.path.join(self.folder, "__pycache__"))
        self.assertEqual(cached, f"good.{sys.implementation.cache_tag}.pyc")
        done = self.check(["-m", "py_compile", "bad.py"], status=1,
                          err='  File "bad.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n')
        self.assertEqual(done.out, "")

    def test_compileall(self):
        self.write("p/one.py", "x = 1\n")
        self.write("p/q/two.py", "y = 2\n")
        self.write("p/bad.py", "1 +\n")
        done = self.run_python("-m", "compileall", "p")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(done.out.splitlines()), sorted([
            "Listing 'p'...", "Compiling 'p/bad.py'...", "***   File \"p/bad.py\", line 1", "    1 +", "       ^",
            "SyntaxError: invalid syntax", "", "Compiling 'p/one.py'...", "Listing 'p/q'...",
            "Compiling 'p/q/two.py'..."]))
        tag = sys.implementation.cache_tag
        self.assertTrue(os.path.exists(os.path.join(self.folder, "p", "q", "__pycache__", f"two.{tag}.pyc")))
        self.check(["-m", "compileall", "-q", "-j", "2", "p/q", "-b"])
        self.check(["p/q/two.pyc"])

    def test_ast(self):
        self.check(["-m", "ast"], "Module(\n   body=[\n      Assign(\n         targets=[\n            Name(id='x', "
                   "ctx=Store())],\n         value=Constant(value=1))],\n   type_ignores=[])\n", stdin=b"x = 1\n")
        self.check(["-m", "ast", "-m", "eval", "-a"],
                   "Expression(\n   body=Constant(\n      value=1,\n      lineno=1,\n      col_offset=0,\n"
                   "      end_lineno=1,\n      end_col_offset=1))\n", stdin=b"1")

    def test_tokenize(self):
        self.check(["-m", "tokenize", "-e"],
                   "1,0-1,1:            NAME           'x'            \n1,2-1,3:            EQUAL          '='            \n"
                   "1,4-1,5:            NUMBER         '1'            \n1,5-1,6:            NEWLINE        '\\n'           \n"
                   "2,0-2,0:            ENDMARKER      ''             \n", stdin=b"x = 1\n")

    def test_tabnanny_and_pyclbr(self):
        self.write("mod.py", "class A:\n    def f(self): pass\n\ndef g(): pass\n")
        self.check(["-m", "tabnanny", "-v", "mod.py"], "'mod.py': Clean bill of health.\n")
        done = self.run_python("-m", "pyclbr", "mod")
        self.assertEqual([line.split() for line in done.out.splitlines()],
                         [["class", "A", "[]", "1"], ["def", "f", "2"], ["def", "g", "4"]])


MODULE = '''\
"""A module for the reader.

Its second paragraph.
"""

LIMIT = 3

class Box:
    "A box."
    size = 3

    def __init__(self, x: int = 1, *, y="q") -> None:
        self.x = x

    @property
    def double(self):
        "twice x"
        return self.x * 2

    @classmethod
    def make(cls, a, /, *rest): "made"

def total(n, *, start=0):
    """Adds up."""
    return sum(range(n), start)
'''


class Readers(ShellTest):
    def test_inspect(self):
        self.write("mod.py", MODULE)
        self.check(["-m", "inspect", "mod:total"], MODULE[MODULE.index("def total"):] + "\n")
        done = self.run_python("-m", "inspect", "--details", "mod:Box.make")
        self.assertIn("Target: mod:Box.make\nOrigin: " + self.folder, done.out)
        self.assertIn("\nLine: 19\n", done.out)
        done = self.run_python("-m", "inspect", "--details", "json")
        self.assertIn("Origin: /usr/lib/python3.11/json/__init__.py\nCached: ", done.out)
        done = self.run_python("-m", "inspect", "sys")
        self.assertEqual(done.err, "Can't get info for builtin modules.\n")

    def test_pydoc(self):
        self.write("mod.py", MODULE)
        done = self.run_python("-m", "pydoc", "mod")
        self.assertEqual(done.err, "")
        for piece in ("NAME\n    mod - A module for the reader.\n", "DESCRIPTION\n    Its second paragraph.\n",
                      "    class Box(builtins.object)\n     |  Box(x: int = 1, *, y='q') -> None\n",
                      "     |  make(a, /, *rest) from builtins.type\n     |      made\n",
                      "     |  double\n     |      twice x\n", "    total(n, *, start=0)\n        Adds up.\n",
                      "DATA\n    LIMIT = 3\n", f"FILE\n    {self.folder}/mod.py\n"):
            self.assertIn(piece, done.out)
        self.assertIn("Help on function total in mod:\n\nmod.total = total(n, *, start=0)\n    Adds up.\n",
                      self.run_python("-m", "pydoc", "mod.total").out)
        self.assertIn("len(obj, /)\n    Return the number of items in a container.\n",
                      self.run_python("-m", "pydoc", "len").out)
        self.assertIn('The "for" statement', self.run_python("-m", "pydoc", "for").out)
        done = self.run_python("-m", "pydoc", "no_such_name")
        self.assertIn("No Python documentation found for 'no_such_name'.\n", done.out)
        self.run_python("-m", "pydoc", "-w", "mod")
        with open(os.path.join(self.folder, "mod.html")) as file:
            self.assertIn("A&nbsp;module&nbsp;for&nbsp;the&nbsp;reader.", file.read())

    def test_pydoc_of_every_builtin_module(self):
        self.write("all.py", "import pydoc, sys\nfor name in sys.builtin_module_names:\n"
                   "    text = pydoc.render_doc(name)\n    assert 'NAME\\n' in pydoc.plain(text), name\nprint('done')\n")
        self.check(["all.py"], "done\n")

    def test_calendar(self):
        self.check(["-m", "calendar", "2024", "2"], "   February 2024\nMo Tu We Th Fr Sa Su\n          1  2  3  4\n"
                   " 5  6  7  8  9 10 11\n12 13 14 15 16 17 18\n19 20 21 22 23 24 25\n26 27 28 29\n")
        done = self.run_python("-m", "calendar", "-t", "html", "2024")
        self.assertEqual(done.out.count('<table border="0" cellpadding="0" cellspacing="0" class="month">'), 12)

    def test_json_tool(self):
        self.check(["-m", "json.tool"], '{\n    "b": [\n        1,\n        2.5,\n        null\n    ],\n    "a": "\\u00e9"\n}\n',
                   stdin='{"b": [1, 2.5, null], "a": "é"}'.encode())
        self.check(["-m", "json.tool", "--sort-keys", "--no-ensure-ascii", "--compact"], '{"a":"é","b":[1,2.5]}\n',
                   stdin='{"b": [1, 2.5], "a": "é"}'.encode(), env={"PYTHONIOENCODING": "utf-8"})
        self.check(["-m", "json.tool", "--json-lines", "--indent", "1"], '{\n "a": 1\n}\n[\n 2\n]\n',
                   stdin=b'{"a": 1}\n[2]\n')
        self.check(["-m", "json.tool"], err="Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n",
                   status=1, stdin=b"{a}")

    def test_site_and_sysconfig(self):
        done = self.run_python("-m", "site")
        self.assertTrue(done.out.startswith(f"sys.path = [\n    '{self.folder}',\n"), done.out)
        self.assertRegex(done.out, r"\]\nUSER_BASE: '.*' \(.*\)\nUSER_SITE: '.*' \(.*\)\nENABLE_USER_SITE: (True|False)\n$")
        self.check(["-m", "site", "--user-base"], os.path.expanduser("~/.local") + "\n")
        done = self.run_python("-m", "sysconfig")
        self.assertIn('Platform: "linux-x86_64"\nPython version: "3.11"\n', done.out)
        self.assertIn('\tEXT_SUFFIX = ".cpython-311-x86_64-linux-gnu.so"\n', done.out)

    def test_smaller_ones(self):
        self.check(["-m", "base64", "-e"], "aGVsbG8=\n", stdin=b"hello")
        self.check(["-m", "base64", "-d"], "hello", stdin=b"aGVsbG8=")
        self.check(["-m", "quopri"], "caf=C3=A9\n", stdin="café\n".encode())
        self.check(["-m", "mimetypes", "a.html", "b.tar.gz"],
                   "type: text/html encoding: None\ntype: application/x-tar encoding: gzip\n")
        self.write("data.pickle", b"\x80\x04]\x94(K\x01K\x02e.")
        self.check(["-m", "pickle", "data.pickle"], "[1, 2]\n")
        self.assertIn("    2: ]    EMPTY_LIST\n", self.run_python("-m", "pickletools", "data.pickle").out)
        self.assertTrue(self.run_python("-m", "this").out.startswith("The Zen of Python, by Tim Peters\n"))


if __name__ == "__main__":
    unittest.main()
