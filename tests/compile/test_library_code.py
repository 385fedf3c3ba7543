"""Functions of the library show all of themselves although their bodies may be read only when somebody looks or calls."""

import dis
import inspect
import io
import marshal
import subprocess
import sys
import types
import unittest

# What is looked at here must not have been called before: a fresh interpreter for each case.
BEGIN = "import colorsys, nturl2path, sndhdr, mailcap, chunk\nf = colorsys.rgb_to_hls; m = chunk.Chunk.skip\n"


def shown(program):
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", BEGIN + program], capture_output=True, text=True)
    return done.stdout + done.stderr


class UnreadFunctions(unittest.TestCase):
    def check(self, program, expected):
        self.assertEqual(shown(program), expected)

    def test_names_and_counts(self):
        self.check("c = f.__code__; print(c.co_name, c.co_qualname, c.co_argcount, c.co_nlocals, c.co_varnames[:4], c.co_freevars)",
                   "rgb_to_hls rgb_to_hls 3 13 ('r', 'g', 'b', 'maxc') ()\n")
        self.check("c = m.__code__; print(c.co_names[:2], c.co_filename == chunk.__file__)", "('closed', 'ValueError') True\n")

    def test_docstring(self):
        self.check("print(m.__doc__ is m.__code__.co_consts[0], m.__doc__.split()[:2])", "True ['Skip', 'the']\n")
        self.check("print(m.__code__.co_consts[0].split()[:2], f.__doc__, f.__code__.co_consts[0])", "['Skip', 'the'] None None\n")
        self.check("m.__doc__ = 'other'; print(m.__doc__, m.__code__.co_consts[0][:4])", "other Skip\n")

    def test_signature(self):
        self.check("import inspect; print(inspect.signature(chunk.Chunk.__init__))", "(self, file, align=True, bigendian=True, inclheader=False)\n")

    def test_lines(self):
        self.check("print([l for *_, l in f.__code__.co_lines()][-1] - f.__code__.co_firstlineno)", "22\n")
        self.check("print(sum(1 for _ in f.__code__.co_positions()) * 2 == len(f.__code__.co_code), f.__code__.co_lnotab != b'')", "True True\n")

    def test_equality_and_hash(self):
        self.check("c = f.__code__; d = c.replace(); print(c == d, hash(c) == hash(d), c == m.__code__)", "True True False\n")
        self.check("d = f.__code__.replace(co_name='other'); print(d.co_name, d == f.__code__)", "other False\n")

    def test_marshal(self):
        self.check("import marshal; print(marshal.loads(marshal.dumps(f.__code__)) == f.__code__)", "True\n")

    def test_code_in_another_function(self):
        self.check("import types; g = types.FunctionType(f.__code__, vars(colorsys)); print(g(1, 0, 0))", "(0.0, 0.5, 1.0)\n")
        self.check("def g(r, g, b): 'doc'\ng.__code__ = f.__code__; g.__globals__.update(vars(colorsys)); print(g(1, 0, 0), g.__doc__)", "(0.0, 0.5, 1.0) doc\n")

    def test_calls(self):
        self.check("print(f(1, 0, 0), f(b=0, r=1, g=0), f(*(1, 0), **{'b': 0}))", "(0.0, 0.5, 1.0) " * 2 + "(0.0, 0.5, 1.0)\n")
        self.check("print(list(map(f, [1], [0], [0])))", "[(0.0, 0.5, 1.0)]\n")
        self.assertIn("rgb_to_hls() missing 1 required positional argument: 'b'\n", shown("f(1, 2)"))

    def test_traceback(self):
        self.assertRegex(shown("f(1, 2, '')"), 'colorsys.py", line 7[0-9], in rgb_to_hls\n')

    def test_attributes_stored_on_self(self):
        self.check("import io; c = chunk.Chunk(io.BytesIO(b'abcd\\0\\0\\0\\2xy')); print(c.getname(), c.read(), sorted(vars(c))[:3])",
                   "b'abcd' b'xy' ['align', 'chunkname', 'chunksize']\n")

    def test_nested_functions_and_classes(self):
        self.check("import functools\nc = functools.lru_cache.__code__; print([k.co_name for k in c.co_consts if hasattr(k, 'co_name')])", "['<lambda>', 'decorating_function']\n")
        self.check("import functools\nprint(functools.lru_cache(abs)(-1))", "1\n")

    def test_disassembly(self):
        out = io.StringIO()
        dis.dis(inspect.getfullargspec, file=out)
        self.assertIn("FullArgSpec", out.getvalue())

    def test_every_function_of_a_module(self):
        for module in (inspect, dis, subprocess, unittest.case):
            for value in vars(module).values():
                if isinstance(value, types.FunctionType):
                    code = value.__code__
                    self.assertEqual(marshal.loads(marshal.dumps(code)), code)
                    self.assertEqual(len(code.co_varnames), code.co_nlocals)


if __name__ == "__main__":
    unittest.main()
