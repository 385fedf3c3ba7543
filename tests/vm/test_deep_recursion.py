"""Deep recursion: the register stack grows and shrinks by chunks; native recursion ends in RecursionError."""

import subprocess
import sys
import unittest

DEEP = """
import sys
sys.setrecursionlimit(10 ** 6)
def down(n): return down(n - 1) if n else 0
def fail(n):
    if n == 0: raise ValueError
    fail(n - 1)
def through_map(n):
    if n == 0: raise ValueError
    return list(map(through_map, [n - 1]))
down(50000)
for f, n in ((fail, 50000), (through_map, 1500), (fail, 50000)):
    for _ in range(2):
        try: f(n)
        except ValueError: print("raised")
    print(down(20000))
"""

ENDLESS = """
import sys, functools
class A:
    def __add__(s, o): return s + o
    def __repr__(s): return repr(s)
    def __hash__(s): return hash((s,))
    def __getattr__(s, n): return getattr(s, n)
    def __iter__(s): return iter(s)
a = A()
def f(n): return sum(map(f, [n]))
def k(n): return sorted([1, 2], key=k)
nested = ()
for _ in range(100000): nested = (nested,)
for g in (lambda: a + a, lambda: repr(a), lambda: hash(a), lambda: a.x, lambda: iter(a), lambda: f(1), lambda: k(1)):
    try: g()
    except RecursionError as e: print(str(e)[:32])
"""


class Recursion(unittest.TestCase):
    def run_program(self, text):
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_chunks_come_and_go(self):
        self.assertEqual(self.run_program(DEEP), "raised\nraised\n0\n" * 3)

    def test_endless(self):
        self.assertEqual(self.run_program(ENDLESS), "maximum recursion depth exceeded\n" * 7)


if __name__ == "__main__":
    unittest.main()
