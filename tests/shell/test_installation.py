# adder-only: how Adder is installed.
"""An installed tree runs from wherever it lies; the manual, completion, packages and -VV are part of it."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

BUILD = os.path.dirname(os.path.realpath(sys.executable))
ROOT = next(folder for folder in (os.path.dirname(BUILD), os.path.dirname(os.path.dirname(BUILD)))
            if os.path.exists(os.path.join(folder, "tools", "run_tests.py")))
HAS_LIBADDER = os.path.exists(os.path.join(BUILD, "libadder.so.0"))


def run(*command, check=True, **options):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ADDER"))}
    environment.update(options.pop("env", {}))
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=250, **options)
    if check and done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = os.path.realpath(cls.temporary.name)
        components = [[]] if HAS_LIBADDER else [["--component", "runtime"]]
        for component in components:
            run("cmake", "--install", BUILD, "--prefix", "/opt/some where", *component, env={"DESTDIR": f"{cls.folder}/stage"})
        # It need not stay where it was put.
        cls.prefix = f"{cls.folder}/moved"
        os.rename(f"{cls.folder}/stage/opt/some where", cls.prefix)
        cls.adder = f"{cls.prefix}/bin/adder"

    def test_runs_with_its_own_library(self):
        out = run(self.adder, "-c", "import sys, numpy, dis, adder; print(sys.executable, numpy.arange(3).sum())\n"
                                    "print(*{m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)}, sep='\\n')",
                  cwd=self.folder).stdout.splitlines()
        self.assertEqual(out[0], f"{self.adder} 3")
        self.assertIn(f"{self.prefix}/lib/adder/dis.py", out)
        self.assertEqual([name for name in out[1:] if not name.startswith((self.prefix, "/usr/lib/"))], [])

    def test_own_library_is_compiled(self):
        program = "import numpy, adder.explain, sys; print(*(m.__cached__ for m in (numpy, adder, adder.explain)), sep='\\n')"
        before = {at: sorted(names) for at, _, names in os.walk(f"{self.prefix}/lib/adder")}
        for name in run(self.adder, "-c", program).stdout.split():
            self.assertTrue(os.path.exists(name), name)
        # Compiled files of before are taken as they are, whenever the sources were written.
        log = run(self.adder, "-v", "-c", "import numpy").stderr
        self.assertIn(f"{self.prefix}/lib/adder/numpy/__pycache__", log)
        self.assertNotIn(f"could not create '{self.prefix}", log)
        self.assertNotRegex(log, rf"wrote '{self.prefix}")
        self.assertEqual({at: sorted(names) for at, _, names in os.walk(f"{self.prefix}/lib/adder")}, before)

    def test_tracebacks_name_the_installed_files(self):
        done = run(self.adder, "-c", "import numpy.testing as t; t.assert_equal(1, 2)", check=False)
        self.assertIn(f'File "{self.prefix}/lib/adder/numpy/testing/', done.stderr)

    def test_through_a_link(self):
        link = f"{self.folder}/link"
        os.symlink(self.adder, link)
        self.assertEqual(run(link, "-c", "import numpy; print(numpy.__file__)").stdout, f"{self.prefix}/lib/adder/numpy/__init__.py\n")

    def test_version_tells_where_and_what_is_missing(self):
        for options in (["-VV"], ["--version", "-V"], ["-V", "--version"]):
            out = run(self.adder, *options).stdout
            self.assertRegex(out, r"^Python 3\.11\.2 \(Adder \d+\.\d+\.\d+\) \[Clang .*\]\n")
            self.assertRegex(out, rf"(?m)^own library +{self.prefix}/lib/adder$")
            self.assertRegex(out, r"(?m)^libtbb.so.12 +(found|MISSING): threads of array operations$")
            self.assertEqual("MISSING" in out, "apt-get install" in out)
        self.assertEqual(run(self.adder, "-V").stdout, "Python 3.11.2\n")

    def test_manual(self):
        manual = f"{self.prefix}/share/man/man1/adder.1"
        with open(manual, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(re.findall(r"^\.SH (.*)$", text, re.M), ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ARGUMENTS", "ENVIRONMENT",
                                                                  "IMPLEMENTATION-SPECIFIC OPTIONS", "SEE ALSO"])
        self.assertIn(".TP\n.B \\-m mod\nrun library module as a script (terminates option list)\n", text)
        self.assertIn(".B ADDER_NUMPY\n", text)
        self.assertIn("\\-\\-explain", text)
        if shutil.which("groff"):
            done = run("groff", "-man", "-Tutf8", "-ww", manual)
            self.assertEqual(done.stderr, "")
            self.assertIn("CPython 3.11 load as they are", " ".join(done.stdout.split()))

    def complete(self, *words):
        """What bash offers for the last word."""
        script = (f"source '{self.prefix}/share/bash-completion/completions/adder'\nCOMP_WORDS=(adder {' '.join(repr(w) for w in words)})\n"
                  f"COMP_CWORD={len(words)}\n_adder '{self.adder}' {words[-1]!r} {([''] + list(words))[-2]!r}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return run("bash", "-c", script).stdout.split()

    def test_completion(self):
        self.assertEqual(self.complete("--exp"), ["--explain"])
        self.assertLessEqual({"-c", "-m", "-X", "--help", "--version", "--explain"}, set(self.complete("-")))
        self.assertEqual(self.complete("-m", "json"), ["json"])
        self.assertEqual(self.complete("-X", "nu"), ["numpy"])
        self.assertEqual(self.complete("-W", "e"), ["error"])
        self.assertEqual(self.complete("--explain", "=", "t"), ["tokens", "tree"])
        self.assertEqual(self.complete("script.py", "-"), [])  # those are the script's own

    def test_flags_for_compilers(self):
        config = f"{self.prefix}/bin/adder-config"
        if not os.path.exists(config):
            self.skipTest("the build has no libadder: ninja libadder")
        self.assertEqual(run(config, "--prefix").stdout, f"{self.prefix}\n")
        self.assertIn(f"-I{self.prefix}/include", run(config, "--includes").stdout)
        if shutil.which("pkg-config"):
            flags = run("pkg-config", "--cflags", "adder", env={"PKG_CONFIG_PATH": f"{self.prefix}/lib/pkgconfig"}).stdout
            includes = re.findall(r"-I(\S+)", flags)
            self.assertIn(f"{self.prefix}/include", [os.path.normpath(name) for name in includes])


@unittest.skipUnless(HAS_LIBADDER and BUILD == os.path.join(ROOT, "build"), "packages are made of the whole release build")
@unittest.skipUnless(shutil.which("dpkg-shlibdeps"), "needs dpkg-shlibdeps: apt-get install dpkg-dev")
class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = os.path.realpath(temporary.name)
        run("/usr/bin/python3.11", os.path.join(ROOT, "tools", "make_packages.py"), "--build", BUILD, "--out", cls.folder)

    def test_deb(self):
        [deb] = [name for name in os.listdir(self.folder) if name.endswith(".deb")]
        self.assertRegex(deb, r"^adder_\d+\.\d+\.\d+_[a-z0-9]+\.deb$")
        depends = run("dpkg-deb", "--field", f"{self.folder}/{deb}", "Depends").stdout
        for name in ("libc6 (>= ", "libmimalloc2.0", "libpython3.11-stdlib (>= 3.11.2)", "libtbb12", "libsleef3", "libopenblas0"):
            self.assertIn(name, depends)
        run("dpkg-deb", "--extract", f"{self.folder}/{deb}", f"{self.folder}/deb")
        self.assertEqual(run(f"{self.folder}/deb/usr/bin/adder", "-c", "import numpy, adder; print(adder.__file__)").stdout,
                         f"{self.folder}/deb/usr/lib/adder/adder/__init__.py\n")
        self.assertTrue(os.path.exists(f"{self.folder}/deb/usr/share/doc/adder/copyright"))

    def test_archive(self):
        [name] = [name for name in os.listdir(self.folder) if name.endswith(".tar.gz")]
        with tarfile.open(f"{self.folder}/{name}") as archive:
            archive.extractall(f"{self.folder}/a b")
        prefix = f"{self.folder}/a b/{name.removesuffix('.tar.gz')}"
        self.assertEqual(run(f"{prefix}/bin/adder", "-c", "import numpy; print(numpy.exp(numpy.zeros(3)).sum())").stdout, "3.0\n")
        # The libraries that it brings along are those that it uses.
        used = run("ldd", f"{prefix}/bin/adder").stdout
        self.assertRegex(used, rf"libmimalloc\S* => {prefix}/")
        self.assertTrue(os.path.exists(f"{prefix}/lib/adder/libtbb.so.12"))
        self.assertFalse(os.path.exists(f"{prefix}/lib/adder/libc.so.6"))


if __name__ == "__main__":
    unittest.main()
