# Programs for tools/run_tests.py: each section runs on its own; modules of the standard library do their work.
# --- io
import io, os, tempfile
with tempfile.TemporaryDirectory() as d:
    p = os.path.join(d, "f.txt")
    with open(p, "w", encoding="utf-8") as f: print(f.write("line é\nsecond\r\nthird"), f.closed, f.name == p, f.mode)
    with open(p, encoding="utf-8") as f: print(f.readline(), f.tell() > 0, f.read(), repr(f.read()))
    with open(p, "rb") as f: print(f.read(3), f.seek(0, 2), f.readlines())
    with open(p, "a+") as f: f.write("x"); f.seek(0); print(list(f)[-1])
    with open(p, newline="") as f: print([l for l in f])
    print(os.path.getsize(p), sorted(os.listdir(d)), os.path.exists(p)); os.rename(p, p + "2"); os.remove(p + "2")
    try: open(p)
    except FileNotFoundError as e: print(e.errno)
s = io.StringIO("a\nb"); print(s.readlines(), s.getvalue()); b = io.BytesIO(); b.write(b"xy"); print(b.getvalue(), b.tell(), io.TextIOWrapper(io.BytesIO(b"q")).read())
try: f.read()
except ValueError as e: print(e)
# --- time and datetime
import time, datetime as dt
print(dt.date(2024, 2, 29) + dt.timedelta(days=366), dt.datetime(2024, 1, 1, 12).isoformat(), dt.datetime.fromisoformat("2024-05-06T07:08:09+02:00"), dt.timedelta(hours=25), dt.date(2024, 1, 1).strftime("%A %j"), time.gmtime(0).tm_year, dt.datetime.strptime("1/2/2003", "%d/%m/%Y"))
print(time.perf_counter() > 0, time.time() > 1e9, time.strftime("%Y", time.gmtime(0)))
# --- math and random
import math, random, statistics, fractions, decimal
print(math.pi, math.sqrt(2), math.floor(-1.5), math.gcd(12, 18), math.factorial(20), math.comb(10, 3), math.isclose(.1 + .2, .3), math.fsum([.1] * 10), math.hypot(3, 4), math.log(8, 2), math.isqrt(10**20), math.copysign(1, -0.0), math.prod([1, 2, 3]), math.inf, math.nan)
random.seed(42); print(random.random(), random.randint(1, 100), random.choice("abc"), random.sample(range(100), 3), random.gauss(0, 1), random.shuffle([1]), random.getrandbits(70))
print(statistics.mean([1, 2, 4]), statistics.stdev([1, 2, 4]), fractions.Fraction(1, 3) + fractions.Fraction("0.5"), decimal.Decimal("0.1") + decimal.Decimal("0.2"))
# --- struct, zlib, hashlib, base64
import struct, zlib, hashlib, base64, binascii
print(struct.pack("<ihq?d4s", 1, -2, 3, True, 1.5, b"ab"), struct.unpack(">HB", b"\x01\x02\x03"), struct.calcsize("ibd"), zlib.decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000, zlib.crc32(b"abc"), hashlib.sha256(b"a").hexdigest(), hashlib.md5(b"").hexdigest(), base64.b64encode(b"hello"), binascii.hexlify(b"\x01"))
# --- csv
import csv, io
print(list(csv.reader(io.StringIO('a,"b,c",d\r\n1,"x""y",\n'))), list(csv.DictReader(io.StringIO("k,v\na,1\n"))))
o = io.StringIO(); w = csv.writer(o); w.writerow([1, "a,b", 'q"r', None, 2.5]); print(repr(o.getvalue()))
# --- argparse
import argparse
p = argparse.ArgumentParser(prog="prog", description="d"); p.add_argument("x", type=int); p.add_argument("-v", "--verbose", action="store_true"); p.add_argument("--n", default=5, type=float, help="a number")
print(p.parse_args(["3", "-v", "--n", "2"])); print(p.format_help())
try: p.parse_args(["z"])
except SystemExit as e: print(e.code)
# --- threading
import threading, queue
lock, total, q = threading.Lock(), 0, queue.Queue()
def work():
    global total
    for _ in range(1000):
        with lock: total += 1
    q.put(threading.current_thread().name)
ts = [threading.Thread(target=work, name=f"t{i}") for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(total, sorted(q.get() for _ in ts), threading.active_count()); e = threading.Event(); threading.Timer(.01, e.set).start(); print(e.wait(5))
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as x: print(list(x.map(lambda v: v * v, range(5))))
# --- subprocess and os
import subprocess, sys, os
r = subprocess.run([sys.executable, "-c", "import sys; print(sys.stdin.read().upper()); sys.exit(3)"], input="hi", text=True, capture_output=True)
print(r.returncode, r.stdout, r.stderr, os.getpid() > 0, os.environ.get("NOPE_"), os.sep, os.path.join("a", "b"), os.path.splitext("a.b.c"), os.cpu_count() > 0)
print(subprocess.check_output("echo hi; exit 0", shell=True), os.system("exit 3") >> 8)
# --- pathlib
from pathlib import Path, PurePosixPath
p = PurePosixPath("/a/b/c.tar.gz"); print(p.name, p.suffix, p.stem, p.parent, p.parts, p / ".." / "x", p.with_suffix(".z"), p.relative_to("/a"), p.match("*.gz"), Path("/").exists())
# --- logging
import logging, sys
logging.basicConfig(stream=sys.stdout, format="%(levelname)s:%(name)s:%(message)s", level=logging.INFO)
logging.info("x %d", 5); logging.debug("no"); logging.getLogger("a.b").warning("w")
try: 1 / 0
except ZeroDivisionError: logging.exception("failed")
# --- contextlib
from contextlib import contextmanager, suppress, ExitStack, redirect_stdout, closing
import io
@contextmanager
def cm(n):
    print("in", n)
    try: yield n
    except KeyError: print("swallowed")
    finally: print("out", n)
with cm(1) as x: print(x)
with cm(2): raise KeyError
with suppress(ZeroDivisionError): 1 / 0
with ExitStack() as s: [s.enter_context(cm(i)) for i in (3, 4)]; s.callback(print, "cb")
o = io.StringIO()
with redirect_stdout(o): print("captured")
print(repr(o.getvalue()))
# --- typing
from typing import *
T = TypeVar("T")
class G(Generic[T]): pass
class TD(TypedDict): a: int
class NT(NamedTuple): x: int = 1
class Pr(Protocol):
    def m(self): ...
print(Optional[int], Union[int, str], List[int], G[int], Callable[[int], str], NT(), get_type_hints(NT), TD(a=1), Literal["a"], get_args(dict[str, int]), Any, int | None, Annotated[int, 1])
# --- ast and tokenize
import ast, tokenize, io, dis
print(ast.dump(ast.parse("x = 1 + y"), indent=None), ast.unparse(ast.parse("def f(a, *b): return [i for i in a if i]")), ast.literal_eval("{'a': [1, (2, 3)]}"))
print([(t.type, t.string) for t in tokenize.generate_tokens(io.StringIO("x = 'a' # c\n").readline)])
# --- unittest and doctest
import unittest, doctest, sys, io
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(1 + 1, 2)
    def test_b(self):
        with self.assertRaisesRegex(ValueError, "x"): raise ValueError("xyz")
    def test_c(self): self.assertEqual([1, 2], [1, 3])
r = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
print(r.testsRun, len(r.failures), len(r.errors), r.failures[0][1].splitlines()[-8:])
def f():
    """
    >>> 1 + 1
    2
    """
print(doctest.run_docstring_examples(f, {}))
# --- import machinery
import importlib, sys, types, importlib.util, os, tempfile
with tempfile.TemporaryDirectory() as d:
    os.mkdir(d + "/pkg"); open(d + "/pkg/__init__.py", "w").write("from .a import x\n__all__ = ['x']"); open(d + "/pkg/a.py", "w").write("x = 5\nfrom . import b"); open(d + "/pkg/b.py", "w").write("import pkg.a\ny = 6")
    os.mkdir(d + "/ns"); open(d + "/ns/m.py", "w").write("z = 7")
    sys.path.insert(0, d)
    import pkg, pkg.b, ns.m
    from pkg import *
    print(pkg.x, x, pkg.b.y, ns.m.z, pkg.__name__, pkg.a.__package__, ns.__path__ is not None, pkg.__spec__.name, pkg.a.__file__.endswith("a.py"))
    open(d + "/pkg/a.py", "w").write("x = 50  # longer\nfrom . import b"); importlib.invalidate_caches(); print(importlib.reload(pkg.a).x, importlib.import_module("pkg.b").y, importlib.util.find_spec("nope_"))
m = types.ModuleType("m", "doc"); m.v = 1; sys.modules["m"] = m; import m as mm; print(mm.v, m)
def __getattr__(n): return n * 2
print(sys.modules["__main__"].dynamic)
# --- signals
import signal, os
def h(n, f): print("signal", n, f.f_code.co_name)
signal.signal(signal.SIGUSR1, h); os.kill(os.getpid(), signal.SIGUSR1); print("after"); signal.signal(signal.SIGALRM, h); signal.setitimer(signal.ITIMER_REAL, .01); signal.pause()
# --- sys
import sys
print(sys.version_info[:2], sys.byteorder, sys.maxsize, sys.maxunicode, sys.float_info.max, sys.int_info.bits_per_digit, sys.platform, sys.getrecursionlimit(), sys.getdefaultencoding(), sys.flags.optimize, sys.hash_info.width, sys.stdout.encoding, sys.argv[1:], len(sys.path) > 2, sys.version.split()[0].startswith("3.11"), sys.hexversion >> 16, sys.api_version, sys.getfilesystemencoding())
# --- gc
import gc
print(gc.isenabled(), gc.get_threshold(), gc.collect() >= 0); l = []; l.append(l); del l; print(gc.collect() >= 1, gc.is_tracked([]), gc.is_tracked(1), len(gc.get_stats()))
# --- pprint, operator, string io
import pprint, operator
pprint.pprint({"key" * 5: list(range(30)), "b": {"nested": ["x" * 30, "y" * 30]}}); print(operator.itemgetter(1, 0)("ab"), operator.attrgetter("real")(5), operator.methodcaller("upper")("a"), operator.add(1, 2))
# --- urllib, html, configparser, zipfile, shelve of things
import urllib.parse, html, configparser, zipfile, io, uuid, gzip, bz2, lzma, sqlite3, shlex, glob, fnmatch, difflib, calendar, locale, secrets, getpass, platform
print(urllib.parse.urlparse("http://a.b/c?d=e#f"), html.escape("<&>"), shlex.split("a 'b c'"), fnmatch.fnmatch("a.py", "*.py"), gzip.decompress(gzip.compress(b"z")), bz2.decompress(bz2.compress(b"y")), lzma.decompress(lzma.compress(b"x")))
c = configparser.ConfigParser(); c.read_string("[s]\nk = v\n"); print(c["s"]["k"]); b = io.BytesIO(); z = zipfile.ZipFile(b, "w"); z.writestr("n", "data"); z.close(); print(zipfile.ZipFile(b).read("n"), sqlite3.connect(":memory:").execute("select 1 + 1").fetchone(), calendar.monthrange(2024, 2), list(difflib.unified_diff(["a"], ["b"], lineterm="")))
