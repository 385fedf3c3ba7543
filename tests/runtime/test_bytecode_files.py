# adder-only: CPython's compiled files have another tag and number
"""Compiled files carry Adder's own tag and magic number, which follows from the instruction set."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest


class BytecodeFiles(unittest.TestCase):
    def test_magic_number_is_not_cpythons(self):
        magic = importlib.util.MAGIC_NUMBER
        self.assertEqual((len(magic), magic[2:]), (4, b"\r\n"))
        self.assertNotEqual(magic[0] | magic[1] << 8, 3495)

    def test_source_of_the_import_system_knows_the_number(self):
        import importlib._bootstrap_external as frozen
        place = os.path.join(os.path.dirname(os.__file__), "importlib", "_bootstrap_external.py")
        spec = importlib.util.spec_from_file_location("importlib._bootstrap_external", place)
        source = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(source)
        self.assertIsNot(source.SourceLoader, frozen.SourceLoader)
        self.assertEqual(source.MAGIC_NUMBER, importlib.util.MAGIC_NUMBER)
        self.assertEqual(source._RAW_MAGIC_NUMBER, frozen._RAW_MAGIC_NUMBER)

    def test_it_does_when_imports_are_audited(self):
        program = """if 1:
            import sys
            sys.addaudithook(lambda *what: None)
            import importlib.util
            import _frozen_importlib_external as frozen
            place = importlib.util.__file__.replace("util.py", "_bootstrap_external.py")
            spec = importlib.util.spec_from_file_location("importlib._bootstrap_external", place)
            source = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(source)
            print(source.SourceLoader is frozen.SourceLoader, source.MAGIC_NUMBER == frozen.MAGIC_NUMBER)
        """
        self.assertEqual(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout, "False True\n")

    def test_place(self):
        self.assertEqual(importlib.util.cache_from_source("/a/b.py"), "/a/__pycache__/b.adder-311.pyc")
        self.assertEqual(importlib.util.cache_from_source("/a/b.py", optimization=2), "/a/__pycache__/b.adder-311.opt-2.pyc")
        self.assertEqual(importlib.util.cache_from_source("/a/b.py", debug_override=False),
                         "/a/__pycache__/b.adder-311.opt-1.pyc")
        with self.assertRaises(TypeError):
            importlib.util.cache_from_source("/a/b.py", True, optimization=1)

    def test_source_of_cached(self):
        self.assertEqual(importlib.util.source_from_cache("/a/__pycache__/b.adder-311.pyc"), "/a/b.py")

    def test_file_of_cpython_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "neighbour_of_cpython.py"), "w") as file:
                file.write("value = 1")
            os.mkdir(os.path.join(folder, "__pycache__"))
            other = os.path.join(folder, "__pycache__", "neighbour_of_cpython.cpython-311.pyc")
            with open(other, "wb") as file:
                file.write(b"\xa7\r\r\n" + bytes(12) + b"not code of ours")
            before = sys.dont_write_bytecode
            sys.path.insert(0, folder)
            sys.dont_write_bytecode = False
            try:
                import neighbour_of_cpython
                self.assertEqual(neighbour_of_cpython.value, 1)
            finally:
                sys.path.remove(folder)
                sys.dont_write_bytecode = before
            with open(other, "rb") as file:
                self.assertTrue(file.read().endswith(b"not code of ours"))
            self.assertIn("neighbour_of_cpython.adder-311.pyc", os.listdir(os.path.join(folder, "__pycache__")))


if __name__ == "__main__":
    unittest.main()
