# adder-only: the variable is Adder's own
"""One limit rules the pools of threads of all libraries in a process."""

import os
import subprocess
import sys
import unittest

LIBRARIES = {"libgomp.so.1": "omp_get_max_threads", "libopenblas.so.0": "openblas_get_num_threads"}


def threads(library, **environment):
    """How many threads the library would use in a fresh process; None if it is not there."""
    script = f"import ctypes; print(ctypes.CDLL({library!r}).{LIBRARIES[library]}())"
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=clean | environment)
    return int(done.stdout) if done.returncode == 0 else None


class Limits(unittest.TestCase):
    def test_limit(self):
        for library in LIBRARIES:
            with self.subTest(library):
                if threads(library) is None:
                    self.skipTest(f"no {library}")
                self.assertEqual(threads(library, ADDER_NUM_THREADS="1"), 1)

    def test_own_variable_first(self):
        if threads("libgomp.so.1") is None:
            self.skipTest("no libgomp")
        self.assertEqual(threads("libgomp.so.1", ADDER_NUM_THREADS="1", OMP_NUM_THREADS="3"), 3)

    def test_several_in_a_process(self):
        script = """if True:
            import ctypes, os
            import numpy as np
            gomp = ctypes.CDLL("libgomp.so.1")
            a = np.ones((400, 400))
            (a @ a).sum()
            import scipy.linalg
            scipy.linalg.lu_factor(a + np.eye(400))
            print(gomp.omp_get_max_threads(), len(os.listdir("/proc/self/task")))
            """
        done = subprocess.run([sys.executable, "-X", "numpy=installed", "-c", script], capture_output=True, text=True,
                              env=os.environ | {"ADDER_NUM_THREADS": "1"})
        if "ModuleNotFoundError" in done.stderr or "libgomp" in done.stderr:
            self.skipTest("no numpy, SciPy or libgomp")
        self.assertEqual((done.stdout, done.stderr), ("1 1\n", ""))


if __name__ == "__main__":
    unittest.main()
