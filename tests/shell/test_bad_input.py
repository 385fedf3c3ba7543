"""Broken files, full disks, closed streams, signals, exhausted memory: a clear error and CPython's exit status."""

import os
import resource
import signal
import subprocess
import sys
import time
import unittest

from running import ShellTest


class Sources(ShellTest):
    def test_missing_script(self):
        done = self.run_python("missing.py")
        self.assertEqual(done.err, f"{sys.executable}: can't open file '{self.folder}/missing.py': "
                                   "[Errno 2] No such file or directory\n")
        self.assertEqual(done.returncode, 2)

    def test_invalid_utf8(self):
        path = self.write("bad.py", b"x = 1\ny = '\xff'\n")
        done = self.run_python("bad.py")
        self.assertEqual(done.err, f'  File "{path}", line 2\n'
                                   "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff in position 5: "
                                   "invalid start byte\n" if "(unicode error)" in done.err else
                                   f"SyntaxError: Non-UTF-8 code starting with '\\xff' in file {path} on line 2, but no "
                                   "encoding declared; see https://peps.python.org/pep-0263/ for details\n")
        self.assertEqual(done.returncode, 1)

    def test_nul_byte(self):
        self.write("nul.py", b"x = 1\0\n")
        done = self.run_python("-c", "import nul")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.err, "source code (string )?cannot contain null bytes")

    def test_unknown_encoding(self):
        self.write("odd.py", "# -*- coding: klingon -*-\n")
        done = self.run_python("odd.py")
        self.assertTrue(done.err.rstrip().endswith("SyntaxError: encoding problem: klingon"), done.err)
        self.assertEqual(done.returncode, 1)

    def test_latin1(self):
        self.write("latin.py", "# coding: latin-1\nprint(ascii('é'))\n".encode("latin-1"))
        self.check(["latin.py"], "'\\xe9'\n")

    def test_byte_order_mark(self):
        self.write("mark.py", b"\xef\xbb\xbfprint('marked')\n")
        self.check(["mark.py"], "marked\n")

    def test_carriage_returns(self):
        self.write("dos.py", b"if 1:\r\n  print('dos')\r\n")
        self.check(["dos.py"], "dos\n")

    def test_syntax_error(self):
        path = self.write("wrong.py", "x = (1,\ny = 2\n")
        self.check(["wrong.py"], "", f'  File "{path}", line 1\n    x = (1,\n        ^\nSyntaxError: \'(\' was never closed\n', 1)

    def test_deep_nesting(self):
        for text in ("(" * 5000 + ")" * 5000, "-" * 100_000 + "1", "[" * 100_000, "x" + ".a" * 50_000, "not " * 50_000 + "1",
                     "1" + "+1" * 50_000, "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 101)) + " " * 101 + "pass"):
            with self.subTest(text=text[:20]):
                self.write("deep.py", f"try:\n  compile({text!r}, 'f', 'exec')\nexcept (SyntaxError, RecursionError, MemoryError): pass\n"
                                      "print('alive')\n")
                self.check(["deep.py"], "alive\n")


class Cache(ShellTest):
    def pyc(self):
        folder = os.path.join(self.folder, "__pycache__")
        return os.path.join(folder, os.listdir(folder)[0])

    def test_truncated(self):
        self.write("module.py", "value = 1")
        self.check(["-c", "import module"])
        with open(self.pyc(), "rb") as file:
            whole = file.read()
        for size in (0, 3, 10, 16, 17, len(whole) // 2, len(whole) - 1):
            with self.subTest(size=size):
                with open(self.pyc(), "wb") as file:
                    file.write(whole[:size])
                done = self.run_python("-c", "import module; print(module.value)")
                if size < 16:
                    self.assertEqual((done.out, done.err), ("1\n", ""))
                else:
                    self.assertIn(done.returncode, (0, 1))
                    self.assertIn(done.out, ("1\n", ""))

    def test_of_another_version(self):
        self.write("module.py", "value = 1")
        self.check(["-c", "import module"])
        path = self.pyc()
        with open(path, "r+b") as file:
            file.write(b"\x01\x02\r\n")
        self.check(["-c", "import module; print(module.value)"], "1\n")
        with open(path, "rb") as file:
            self.assertNotEqual(file.read(2), b"\x01\x02")

    def test_stale(self):
        path = self.write("module.py", "value = 1")
        self.check(["-c", "import module"])
        self.write("module.py", "value = 22")
        os.utime(path, (time.time() + 10, time.time() + 10))
        self.check(["-c", "import module; print(module.value)"], "22\n")

    def test_unwritable(self):
        self.write("module.py", "value = 1")
        self.write("__pycache__", "a file where the folder should be")
        self.check(["-c", "import module; print(module.value)"], "1\n")


class Streams(ShellTest):
    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = self.run_python("-c", "print('x')", stdout=full)
        self.assertEqual(done.returncode, 120)
        self.assertIn("OSError: [Errno 28] No space left on device", done.err)

    def test_full_disk_while_running(self):
        with open("/dev/full", "wb") as full:
            done = self.run_python("-c", "import sys\ntry:\n  print('x' * 100000); sys.stdout.flush()\nexcept OSError as e:\n"
                                   "  print(e, file=sys.stderr); import os; os._exit(5)", stdout=full)
        self.assertEqual((done.err, done.returncode), ("[Errno 28] No space left on device\n", 5))

    def test_closed_stdout(self):
        done = self.run_python("-c", "import sys; print('nobody hears'); print(sys.stdout, file=sys.stderr)",
                               preexec_fn=lambda: os.close(1), stdout=None)
        self.assertEqual((done.err, done.returncode), ("None\n", 0))

    def test_reader_gone(self):
        command = f"'{sys.executable}' -c 'for i in range(100000): print(i)' | head -n 1"
        done = subprocess.run(["bash", "-c", command + '; echo ${PIPESTATUS[0]}'], capture_output=True)
        self.assertEqual(done.stdout, b"0\n1\n")
        self.assertIn(b"BrokenPipeError: [Errno 32] Broken pipe", done.stderr)

    def test_undecodable_argument(self):
        self.check([b"-c", b"import sys; print(ascii(sys.argv[1]))", b"\xff"], "'\\udcff'\n")

    def test_undecodable_input(self):
        done = self.run_python("-c", "import sys; sys.stdin.read()", stdin=b"\xff", env={"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
        self.assertIn(done.returncode, (0, 1))  # the C locale escapes what it cannot decode

    def test_unencodable_output(self):
        done = self.run_python("-c", "print('\\udcff')", env={"PYTHONIOENCODING": "utf-8:strict"})
        self.assertIn("UnicodeEncodeError: 'utf-8' codec can't encode character '\\udcff' in position 0: surrogates not allowed",
                      done.err)
        self.assertEqual(done.returncode, 1)


class Signals(ShellTest):
    def interrupt(self, program, after="ready\n"):
        process = subprocess.Popen([sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler), text=True)
        self.assertEqual(process.stdout.readline(), after)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def test_in_a_loop(self):
        for loop in ("while True: pass", "for i in iter(int, 1): x = [i]", "sum(iter(int, 1))", "import time; time.sleep(60)",
                     "'a' in iter(int, 1)"):
            with self.subTest(loop=loop):
                if loop.startswith(("sum", "'a'")):
                    loop = loop.replace("iter(int, 1)", "iter(lambda: 0, 1)")
                status, _, err = self.interrupt(f"print('ready')\n{loop}")
                self.assertEqual(status, -signal.SIGINT)
                self.assertTrue(err.endswith("KeyboardInterrupt\n"), err)

    def test_caught(self):
        status, out, err = self.interrupt("print('ready')\ntry:\n  for i in iter(int, 1): x = i\nexcept KeyboardInterrupt:\n  print('caught')\n"
                                          "finally:\n  print('finally')")
        self.assertEqual((status, out, err), (0, "caught\nfinally\n", ""))

    def test_handler(self):
        status, out, _ = self.interrupt("import signal\nhits = []\nsignal.signal(signal.SIGINT, lambda n, f: hits.append(n))\n"
                                        "print('ready')\nwhile not hits: pass\nprint(hits)")
        self.assertEqual((status, out), (0, "[2]\n"))


class Exhaustion(ShellTest):
    def limit(self):
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    @unittest.skipIf("ASAN_OPTIONS" in os.environ, "the sanitizer's shadow takes more than any limit")
    def test_memory(self):
        for program in ("[0] * (1 << 32)", "b'x' * (1 << 33)", "'x' * (1 << 33)", "bytearray(1 << 33)", "list(range(1 << 30))",
                        "x = [1]\nwhile 1: x += x", "x = 'ab'\nwhile 1: x += x", "x = {}\nwhile 1: x[len(x)] = (len(x),) * 1000",
                        "1 << (1 << 36)", "(1, 2) * (1 << 32)"):
            with self.subTest(program=program):
                text = "".join("  " + line + "\n" for line in program.split("\n"))
                done = self.run_python("-c", f"try:\n{text}except (MemoryError, OverflowError):\n  x = None; print('goes on')\n"
                                       "print(sum(range(1000)))", preexec_fn=self.limit)
                self.assertEqual((done.out, done.err, done.returncode), ("goes on\n499500\n", "", 0))

    def test_recursion(self):
        for program in ("def f(): f()\nf()", "f = lambda n: [f(n)]\nf(0)", "class C:\n  def __getattr__(s, n): return getattr(s, n)\nC().x",
                        "class C:\n  def __repr__(s): return repr(s)\nrepr(C())", "x = []\nfor i in range(100000): x = [x]\nrepr(x)",
                        "x = y = None\nfor i in range(100000): x = [x]; y = [y]\nx == y", "def g(): yield from g()\nlist(g())",
                        "class C:\n  def __eq__(s, o): return s == o\nC() == C()",
                        "d = {}\nfor i in range(100000): d = {0: d}\nrepr(d)", "exec('[' * 90 + ']' * 90)\n[].sort(key=lambda x: x)\n"
                        "def f(x): return sorted([1], key=f)\nf(1)", "import copy\nx = []\nfor i in range(100000): x = [x]\ncopy.deepcopy(x)"):
            with self.subTest(program=program):
                text = "".join("  " + line + "\n" for line in program.split("\n"))
                done = self.run_python("-c", f"try:\n{text}except RecursionError:\n  print('too deep')\nprint('goes on')")
                self.assertEqual((done.out, done.err, done.returncode), ("too deep\ngoes on\n", "", 0))

    def test_deep_structures_do_not_kill(self):
        for program in ("x = ()\nfor i in range(50000): x = (x,)\nhash(x)",
                        "import functools\nf = int\nfor i in range(5000): f = functools.partial(f)\nrepr(f)",
                        "x = []\nfor i in range(50000): x = [x]\nimport gc; gc.collect()"):
            with self.subTest(program=program):
                text = "".join("  " + line + "\n" for line in program.split("\n"))
                self.check(["-c", f"try:\n{text}except RecursionError: pass\nprint('goes on')"], "goes on\n")

    def test_deep_objects_die(self):
        for make in ("x = [x]", "x = (x,)", "x = {0: x}", "x = C(); x.next = y; y = x"):
            with self.subTest(make=make):
                self.check(["-c", f"class C: pass\nx = y = None\nfor i in range(200000): {make}\ndel x, y\nprint('gone')"], "gone\n")


if __name__ == "__main__":
    unittest.main()
