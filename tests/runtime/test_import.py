"""The import statement and what surrounds it."""

import os
import subprocess
import sys
import tempfile
import unittest


class NameTests(unittest.TestCase):
    def test_module_name_with_a_lone_surrogate(self):
        with tempfile.TemporaryDirectory() as place:
            with open(os.path.join(place, "odd\udcff.py"), "w") as file:
                file.write("value = 1")
            program = "import sys; sys.path.insert(0, sys.argv[1]); print(__import__('odd\\udcff').value)"
            run = subprocess.run([sys.executable, "-c", program, place], capture_output=True, text=True)
            self.assertEqual((run.stdout, run.stderr), ("1\n", ""))


class EndTests(unittest.TestCase):
    def test_coroutine_in_a_cycle_that_outlives_the_modules(self):
        program = "import sys\nasync def f(): pass\nsys.kept = [f()]\nsys.kept.append(sys.kept)"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
