"""Subinterpreters, by the extension module that the distribution ships: what is an interpreter's own, what passes between them, how they end."""

import gc
import os
import subprocess
import sys
import textwrap
import unittest

try:
    import _xxsubinterpreters as interpreters
except ImportError:
    raise unittest.SkipTest("no _xxsubinterpreters")


def output(id, script):
    """Runs a script in the interpreter; what it gave to show()."""
    read, write = os.pipe()
    interpreters.run_string(id, textwrap.dedent(f"""
        def show(*values):
            import os
            os.write({write}, (' '.join(map(str, values)) + '\\n').encode())
        """) + textwrap.dedent(script))
    os.close(write)
    with open(read, encoding="utf-8") as file:
        return file.read()


class Subinterpreters(unittest.TestCase):
    def setUp(self):
        self.id = interpreters.create()

    def tearDown(self):
        for id in interpreters.list_all():
            if id != interpreters.get_main():
                interpreters.destroy(id)

    def test_own_modules(self):
        import json
        json.mark = "main's"
        self.assertEqual(output(self.id, "import json, sys; show(hasattr(json, 'mark'), sys.argv is not None)"), "False True\n")
        output(self.id, "import builtins, sys; builtins.strange = 1; sys.path.append('/nowhere')")
        self.assertFalse(hasattr(__builtins__, "strange"))
        self.assertNotIn("/nowhere", sys.path)
        self.assertEqual(output(self.id, "show(strange, sys.path[-1], __name__)"), "1 /nowhere __main__\n")

    def test_own_state_of_native_modules(self):
        import codecs
        import csv
        output(self.id, """
            import atexit, codecs, csv, warnings
            csv.register_dialect('theirs', delimiter='|')
            codecs.register(lambda name: codecs.lookup('ascii') if name == 'theirs' else None)
            warnings.simplefilter('error', ResourceWarning)
            atexit.register(len, "")
            """)
        self.assertNotIn("theirs", csv.list_dialects())
        with self.assertRaises(LookupError):
            codecs.lookup("theirs")
        self.assertEqual(output(self.id, "show(csv.list_dialects()[-1], 'x'.encode('theirs'), atexit._ncallbacks())"), "theirs b'x' 1\n")

    def test_library(self):
        self.assertEqual(output(self.id, """
            import ast, collections, datetime, decimal, io, json, pickle, re, struct, unicodedata, xml.etree.ElementTree as tree
            show(json.loads('[1, 2.5]'), pickle.loads(pickle.dumps({1: decimal.Decimal('2.5')})), re.findall('a+', 'aabaa'))
            show(datetime.datetime(2000, 1, 2), collections.Counter('aab')['a'], struct.pack('<h', 5), unicodedata.name('a'))
            show(tree.fromstring('<a><b/></a>')[0].tag, ast.unparse(ast.parse('x+1')), io.StringIO('q').read())
            """), "[1, 2.5] {1: Decimal('2.5')} ['aa', 'aa']\n2000-01-02 00:00:00 2 b'\\x05\\x00' LATIN SMALL LETTER A\nb x + 1 q\n")
        # What they used still works here.
        import ast
        import pickle
        import xml.etree.ElementTree as tree
        interpreters.destroy(self.id)
        gc.collect()
        self.assertEqual(pickle.loads(pickle.dumps([1])), [1])
        self.assertEqual(ast.unparse(ast.parse("x")), "x")
        with self.assertRaises(tree.ParseError):
            tree.fromstring("<")
        self.assertEqual("\u00e9".encode("latin-1").decode("cp1252"), "\u00e9")

    def test_error(self):
        with self.assertRaisesRegex(interpreters.RunFailedError, "ZeroDivisionError"):
            interpreters.run_string(self.id, "1 / 0")
        self.assertEqual(output(self.id, "show(1)"), "1\n")

    def test_isolated(self):
        self.assertEqual(output(self.id, """
            import os, subprocess, threading
            for function in (os.fork, threading.Thread(target=print).start, lambda: subprocess.run(['true']),
                             lambda: subprocess.run(['true'], preexec_fn=print), os.forkpty):
                try:
                    function()
                except RuntimeError as error:
                    show(error)
            """).splitlines(), ["fork not supported for isolated subinterpreters", "thread is not supported for isolated subinterpreters",
                                "subprocess not supported for isolated subinterpreters", "preexec_fn not supported within subinterpreters",
                                "fork not supported for subinterpreters"])

    def test_threads(self):
        id = interpreters.create(isolated=False)
        self.assertEqual(output(id, """
            import threading
            def work(n):
                global total
                with lock:
                    total += sum(range(n))
            total, lock = 0, threading.Lock()
            threads = [threading.Thread(target=work, args=(20000,)) for _ in range(4)]
            for t in threads: t.start()
            for t in threads: t.join()
            show(total)
            """), "799960000\n")

    def test_end_with_the_process(self):
        done = subprocess.run([sys.executable, "-c", "import _xxsubinterpreters as i\n"
                               "id = i.create(); i.run_string(id, 'import re, json; x = []; x.append(x)'); print('done')"],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "done\n"), done.stderr)

    def test_made_and_ended_many_times(self):
        def once():
            id = interpreters.create()
            interpreters.run_string(id, "import re, json, collections; x = [object() for _ in range(1000)]")
            interpreters.destroy(id)

        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * 4096
        for _ in range(10):
            once()
        before = resident()
        for _ in range(20):
            once()
        # CPython 3.11 keeps some 100 KB of each.
        self.assertLess(resident() - before, 20 * 400_000)


if __name__ == "__main__":
    unittest.main()
