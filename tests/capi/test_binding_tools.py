"""Modules that pybind11, nanobind, Cython and cffi make, and C that calls Python through ctypes. A tool that is not installed skips its test."""

import asyncio
import ctypes
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import traceback
import unittest
import zlib

import extensions

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "binding")


def installed(module):
    return importlib.util.find_spec(module) is not None


def load(name, path):
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def build(name, version, make):
    """The module's path, made by make(folder, path) unless that of this very source and tool is there."""
    source = next(os.path.join(HERE, file) for file in os.listdir(HERE) if file.startswith(name + "."))
    with open(source, "rb") as file:
        stamp = f"{zlib.crc32(file.read()):08x}-{version}-{sys.implementation.name}"
    folder = os.path.join(extensions.BUILT, stamp)
    path = os.path.join(folder, name + extensions.SUFFIX)
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        make(source, folder, path)
    return load(name, path)


def compile_cpp(path, sources, includes):
    flags = [f"-I{include}" for include in includes]
    subprocess.run([shutil.which("c++") or "clang++-19", "-std=c++17", "-O1", "-w", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing",
                    "-I/usr/include/python3.11", *flags, *sources, "-o", path], check=True)


@unittest.skipUnless(installed("pybind11"), "pybind11 is not installed")
class Pybind11(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import pybind11
        cls.module = build("pybind_sample", pybind11.__version__, lambda source, folder, path: compile_cpp(path, [source], [pybind11.get_include()]))

    def test_classes(self):
        m = self.module
        cat = m.Animal("cat")
        self.assertEqual((repr(cat), cat.sound(), cat.sound(times=2), m.speak(cat)), ("<Animal cat>", "?1", "?2", "cat: ?3"))
        cat.name = "lion"

        class Dog(m.Animal):
            def sound(self, times):
                return "wuff" * times

        self.assertEqual(m.speak(Dog(name="rex")), "rex: wuffwuffwuff")
        with self.assertRaisesRegex(TypeError, "incompatible (constructor|function) arguments"):
            m.Animal(1)

    def test_values(self):
        m = self.module
        self.assertEqual(m.total([1, 2.5, True]), 4.5)
        self.assertEqual(m.total(range(5)) if "list" in m.total.__doc__ else 10.0, 10.0)
        self.assertEqual(m.invert({"a": 1, "b": 2}), {1: "a", 2: "b"})
        self.assertEqual(m.apply(lambda x: x * 3, 2), 18)
        self.assertEqual(m.adder(5)(1), 6)
        self.assertEqual(m.count(lambda: [1, 2, 3]), 6)
        self.assertEqual(memoryview(m.Grid()).tolist(), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
        self.assertEqual((m.Errc.exists.name, int(m.Errc.exists)), ("exists", 17))

    def test_errors(self):
        for kind, error, text in ((0, IndexError, "too far"), (1, ValueError, "wrong"), (2, RuntimeError, "failed")):
            with self.assertRaisesRegex(error, text):
                self.module.fail(kind)
        with self.assertRaises(ZeroDivisionError):
            self.module.apply(lambda x: x // 0, 1)


@unittest.skipUnless(installed("nanobind"), "nanobind is not installed")
class Nanobind(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import nanobind
        home = os.path.dirname(nanobind.__file__)
        includes = [nanobind.include_dir(), os.path.join(home, "ext", "robin_map", "include")]
        cls.module = build("nanobind_sample", nanobind.__version__,
                           lambda source, folder, path: compile_cpp(path, [source, os.path.join(home, "src", "nb_combined.cpp")], includes))

    def test_all(self):
        m = self.module
        c = m.Counter(start=3)
        self.assertEqual((c.add(), c.add(by=10), c.n, repr(c)), (4, 14, 14, "<Counter 14>"))
        self.assertEqual(m.scaled([1, 2.5], 2), [2.0, 5.0])
        self.assertEqual(m.call(divmod, 7, 2), (3, 1))
        with self.assertRaisesRegex(IndexError, "none here"):
            m.fail()
        with self.assertRaisesRegex(TypeError, "incompatible function arguments"):
            m.scaled("x", 1)


@unittest.skipUnless(installed("Cython"), "Cython is not installed")
class Cython(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import Cython

        def make(source, folder, path):
            text = os.path.join(folder, "pyx_sample.c")
            subprocess.run([sys.executable, "-m", "cython", source, "-o", text], check=True)
            subprocess.run([extensions.compiler(), *extensions.FLAGS, text, "-o", path], check=True)

        cls.module = build("pyx_sample", Cython.__version__, make)

    def test_classes(self):
        v = self.module.Vector(3, 4)
        self.assertEqual((v.length, (v + v).x, v.dot(v), list(v)), (5.0, 6.0, 25.0, [3.0, 4.0]))
        with self.assertRaises(TypeError):
            v + 1

    def test_functions(self):
        m = self.module
        self.assertEqual(m.primes(30), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29])
        self.assertEqual(list(m.running([1, 2.5, 10 ** 20])), [1, 3.5, 10 ** 20 + 3.5])
        self.assertEqual(asyncio.run(m.later(42)), 42)
        self.assertEqual([f(10) for f in m.closure(100)], [110, 111, 112])
        flat = memoryview(bytearray(48)).cast("d", (2, 3))
        flat[1, 2] = 2.5
        self.assertEqual(m.total(flat), 2.5)

    def test_traceback(self):
        try:
            self.module.deep()
        except KeyError as e:
            last = traceback.extract_tb(e.__traceback__)[-1]
        self.assertEqual((os.path.basename(last.filename), last.name.rpartition(".")[2]), ("pyx_sample.pyx", "deep"))


@unittest.skipUnless(installed("cffi"), "cffi is not installed")
class Cffi(unittest.TestCase):
    def test_library_calls_and_callbacks(self):
        import cffi
        ffi = cffi.FFI()
        ffi.cdef("size_t strlen(const char *); void qsort(void *, size_t, size_t, int (*)(const void *, const void *)); typedef struct { int a; double b[2]; } pair;")
        c = ffi.dlopen(None)
        self.assertEqual(c.strlen(b"hello"), 5)
        numbers = ffi.new("int[]", [3, 1, 2])

        @ffi.callback("int(const void *, const void *)")
        def compare(a, b):
            return ffi.cast("int *", a)[0] - ffi.cast("int *", b)[0]

        c.qsort(numbers, 3, ffi.sizeof("int"), compare)
        self.assertEqual(list(numbers), [1, 2, 3])
        p = ffi.new("pair *", {"a": 7, "b": [1.5, 2.5]})
        self.assertEqual((p.a, p.b[1], bytes(ffi.buffer(numbers))[:4]), (7, 2.5, b"\1\0\0\0"))
        handle = ffi.new_handle(self)
        self.assertIs(ffi.from_handle(handle), self)

    def test_compiled(self):
        import cffi
        ffi = cffi.FFI()
        ffi.cdef("int triple(int); extern int level;\n#define LIMIT ...\nextern \"Python\" int twice(int);\nint ask(int);")
        ffi.set_source("cffi_sample", "static int twice(int); int level = 4;\n#define LIMIT 99\nstatic int triple(int x) { return 3 * x; }\n"
                                      "static int ask(int x) { return twice(x) + 1; }")
        folder = os.path.join(extensions.BUILT, f"cffi-{cffi.__version__}-{sys.implementation.name}")
        os.makedirs(folder, exist_ok=True)
        path = ffi.compile(tmpdir=folder)
        module = load("cffi_sample", path)
        lib = module.lib

        @module.ffi.def_extern()
        def twice(x):
            return 2 * x

        self.assertEqual((lib.triple(5), lib.LIMIT, lib.level, lib.ask(10)), (15, 99, 4, 21))
        lib.level = 8
        self.assertEqual(lib.level, 8)
        with self.assertRaises(OverflowError):
            lib.triple(2 ** 40)


class Ctypes(unittest.TestCase):
    def test_callbacks(self):
        c = ctypes.CDLL(None)
        compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double))
        data = (ctypes.c_double * 5)(3.5, -1.0, 2.0, 9.25, 0.0)
        calls = []

        def compare(a, b):
            calls.append((a[0], b[0]))
            return (a[0] > b[0]) - (a[0] < b[0])

        c.qsort(data, len(data), ctypes.sizeof(ctypes.c_double), compare_type(compare))
        self.assertEqual(list(data), [-1.0, 0.0, 2.0, 3.5, 9.25])
        self.assertGreater(len(calls), 4)

    def test_objects_pass_through(self):
        echo = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(lambda x: [x, x])
        marker = object()
        for value in (marker, 1, 2.5, 2 ** 70, [1, 2.5], None):
            self.assertEqual(echo(value), [value, value])
        self.assertIs(echo(marker)[0], marker)

    def test_python_api(self):
        api = ctypes.pythonapi
        api.PyLong_FromLong.restype = ctypes.py_object
        api.PyNumber_Add.argtypes = [ctypes.py_object] * 2
        api.PyNumber_Add.restype = ctypes.py_object
        self.assertEqual(api.PyNumber_Add(api.PyLong_FromLong(40), 2.5), 42.5)
        with self.assertRaises(TypeError):
            api.PyNumber_Add(1, "x")


if __name__ == "__main__":
    unittest.main()
