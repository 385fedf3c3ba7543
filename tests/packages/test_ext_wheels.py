"""Wheels for CPython 3.11 from PyPI, and packages built from source there, in an environment that `-m venv` makes.

The environment lies in build/environments and is made once, by `make packages` or with ADDER_NETWORK=1; without it the cases skip.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLACE = os.path.join(ROOT, "build", "environments", sys.implementation.name)
WHEELS = ["numpy==2.3.*", "pandas==2.3.*", "cryptography", "greenlet", "gevent", "psutil", "objgraph", "cython", "pybind11", "setuptools<80", "wheel"]

# Modules of gevent's own suite that neither ask other machines nor measure short times.
GEVENT_TESTS = """
    _config all api backdoor close_backend_fd contextvars core core_watcher destroy doctests event execmodules fileobject greenio
    greenlet greenletset hub hub_join iwait joinall local lock loop_callback makefile_ref monkey_fork_atomic monkey_logging monkey_module_run
    monkey_queue monkey_select monkey_selectors order os pool pywsgi queue refcount select selectors semaphore server socket socket_close
    socket_send_memoryview ssl systemerror threading threadpool threading_vs_settrace timeout util""".split()


def clean():
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "PIP_", "ADDER_")) or n == "PIP_CERT"}
    return environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(*command, **keywords):
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), **keywords)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Environment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = os.path.join(PLACE, "bin", "python")
        complete = os.path.join(PLACE, "complete")
        if os.path.exists(complete) and os.path.realpath(cls.python) == os.path.realpath(sys.executable):
            return
        if os.environ.get("ADDER_NETWORK") != "1":
            raise unittest.SkipTest("no environment with wheels (ADDER_NETWORK=1 makes one)")
        shutil.rmtree(PLACE, ignore_errors=True)
        run(sys.executable, "-m", "venv", PLACE)
        try:
            run(cls.python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *WHEELS, timeout=500)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            if "Temporary failure in name resolution" in str(error) or "Connection" in str(error):
                raise unittest.SkipTest("no network") from None
            raise
        open(complete, "w").close()

    def inside(self, script):
        return run(self.python, "-c", textwrap.dedent(script), timeout=300)

    def build(self, files):
        """Installs a package from its source, by pip; its tools are those of the environment."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(textwrap.dedent(text))
            run(self.python, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--force-reinstall", folder, timeout=300)


class Wheels(Environment):
    def test_numpy(self):
        self.assertEqual(self.inside("""
            import numpy as np
            a = np.arange(12.0).reshape(3, 4)
            print(np.__version__.rsplit('.', 1)[0], np.__file__.endswith('site-packages/numpy/__init__.py'))
            print((a @ a.T).trace(), np.linalg.norm(a).round(6), a[a > 5].sum(), np.fft.fft(a[0])[0].real)
            print(np.random.default_rng(1).integers(0, 100, 3).tolist(), np.sort(a.ravel()[::-1])[:3].tolist())
            """), "2.3 True\n506.0 22.494444 51.0 6.0\n[47, 51, 75] [0.0, 1.0, 2.0]\n")

    def test_pandas(self):
        self.assertEqual(self.inside("""
            import io, pandas as pd
            frame = pd.read_csv(io.StringIO('key,n,x\\na,1,1.5\\nb,2,\\na,3,4.5\\n'))
            print(pd.__version__.rsplit('.', 1)[0], (frame['n'] * 2).tolist(), frame.groupby('key')['n'].sum().to_dict())
            print(pd.read_json(io.StringIO(frame.to_json())).equals(frame), frame.x.isna().sum(), frame.describe().shape)
            """), "2.3 [2, 4, 6] {'a': 4, 'b': 2}\nTrue 1 (8, 2)\n")

    def test_abi3(self):
        self.assertEqual(self.inside("""
            import datetime, glob, os
            import cryptography
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes
            from cryptography.hazmat.primitives.asymmetric import ec
            from cryptography.x509.oid import NameOID
            print(len(glob.glob(os.path.dirname(cryptography.__file__) + '/hazmat/bindings/*.abi3.so')))
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'adder')])
            now = datetime.datetime(2024, 1, 1)
            builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            made = builder.serial_number(7).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
            made.verify_directly_issued_by(made)
            print(made.serial_number, made.subject.rfc4514_string())
            """), "1\n7 CN=adder\n")

    def test_gevent(self):
        self.assertEqual(self.inside("""
            import gevent
            from gevent import queue
            q, seen = queue.Queue(), []
            def work():
                for item in q:
                    seen.append(item * 2)
            workers = [gevent.spawn(work) for _ in range(3)]
            for i in range(10):
                q.put(i)
                gevent.sleep(0)
            for _ in workers:
                q.put(StopIteration)
            gevent.joinall(workers)
            print(sum(seen))
            """), "90\n")

    def test_own_suite_of_greenlet(self):
        site = self.inside("import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        done = subprocess.run([self.python, "-m", "unittest", "discover", "greenlet.tests", "-t", site], capture_output=True, text=True, env=clean(), timeout=280)
        self.assertEqual(done.returncode, 0, done.stderr[-8000:])
        self.assertGreater(int(done.stderr.split("Ran ")[-1].split()[0]), 150)

    def test_own_suite_of_gevent(self):
        folder = self.inside("import gevent.tests; print(list(gevent.tests.__path__)[0])").strip()
        failed = {}
        for name in GEVENT_TESTS:
            module = "gevent.tests.test__" + ("all__" if name == "all" else name)
            done = subprocess.run([self.python, "-W", "ignore", "-m", module], capture_output=True, text=True, env=clean(), cwd=folder,
                                  stdin=subprocess.DEVNULL, timeout=100)
            if done.returncode:
                failed[name] = done.stdout[-2000:] + done.stderr[-2000:]
        self.assertEqual(failed, {})


class FromSource(Environment):
    def test_cython(self):
        self.build({
            "pyproject.toml": """
                [build-system]
                requires = ["setuptools", "cython"]
                build-backend = "setuptools.build_meta"
                [project]
                name = "sample-cython"
                version = "1"
                """,
            "setup.py": "from Cython.Build import cythonize\nfrom setuptools import setup\nsetup(ext_modules=cythonize('sample_cython.pyx'))\n",
            "sample_cython.pyx": """
                cdef class Sum:
                    cdef double value
                    def __init__(self, double start=0):
                        self.value = start
                    def add(self, double x):
                        self.value += x
                        return self
                    @property
                    def total(self):
                        return self.value
                def primes(int limit):
                    cdef int n, d
                    for n in range(2, limit):
                        for d in range(2, n):
                            if n % d == 0:
                                break
                        else:
                            yield n
                """})
        self.assertEqual(self.inside("import sample_cython as s; print(s.Sum(1).add(2.5).total, list(s.primes(20)))"),
                         "3.5 [2, 3, 5, 7, 11, 13, 17, 19]\n")

    def test_pybind11(self):
        self.build({
            "pyproject.toml": """
                [build-system]
                requires = ["setuptools", "pybind11"]
                build-backend = "setuptools.build_meta"
                [project]
                name = "sample-pybind"
                version = "1"
                """,
            "setup.py": "from pybind11.setup_helpers import Pybind11Extension\nfrom setuptools import setup\n"
                        "setup(ext_modules=[Pybind11Extension('sample_pybind', ['sample.cpp'])])\n",
            "sample.cpp": """
                #include <pybind11/pybind11.h>
                #include <pybind11/stl.h>
                #include <numeric>
                namespace py = pybind11;
                PYBIND11_MODULE(sample_pybind, m) {
                  m.def("total", [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); });
                  m.def("fail", [](int n) { if (n < 0) throw py::value_error("negative"); return n; });
                }
                """})
        self.assertEqual(self.inside("""
            import sample_pybind as s
            try:
                s.fail(-1)
            except ValueError as error:
                print(s.total([1, 2.5]), s.fail(3), error)
            """), "3.5 3 negative\n")


if __name__ == "__main__":
    unittest.main()
