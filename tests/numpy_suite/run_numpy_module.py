"""Runs one module of NumPy's own test suite in this interpreter, by pytest, and writes down how each case went.

    INTERPRETER run_numpy_module.py SITE PACKAGE/MODULE RESULTS [--match PATTERN]…

SITE is the folder that NumPy's wheel is installed in; `lib/test_io` is its file numpy/lib/tests/test_io.py, used where it
lies. `numpy` is whatever the interpreter imports by that name; only the packages `numpy.….tests` and pytest's `conftest` come from
SITE. RESULTS receives the lines that tests/cpython/run_module.py describes.

The suite has helpers in C (`numpy._core._rational_tests` and the like), which are extensions over NumPy's C API. Where they
cannot be loaded, importing them gives a module whose every use raises NotImplementedError: cases that need them fail for
that reason, the others of their module run.
"""

import fnmatch
import importlib.util
import os
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
DISTRIBUTION = "/usr/lib/python3/dist-packages"  # where Debian's pytest and hypothesis are
COMPILED = ("_multiarray_tests", "_rational_tests", "_umath_tests", "_operand_flag_tests", "_struct_ufunc_tests", "_simd")


def load_beside(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class SuiteFinder:
    """Finds `numpy.….tests` and what is in them in the wheel, and stands in for the helpers in C."""

    def __init__(self, site):
        self.site = site

    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if parts[0] != "numpy" or len(parts) < 2:
            return None
        if name == "numpy.conftest" or "tests" in parts[1:]:
            place = os.path.join(self.site, *parts)
            if not os.path.isdir(place):
                return importlib.util.spec_from_file_location(name, place + ".py") if os.path.exists(place + ".py") else None
            init = os.path.join(place, "__init__.py")
            if os.path.exists(init):
                return importlib.util.spec_from_file_location(name, init, submodule_search_locations=[place])
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [place]
            return spec
        if parts[1] == "_core" and parts[-1] in COMPILED:
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def create_module(self, spec):
        return CompiledHelper(spec.name)

    def exec_module(self, module):
        pass


class Unavailable:
    """A name of a helper in C: may be passed about, not used."""

    def __init__(self, name):
        self._name = name

    def _refuse(self, *args, **kwargs):
        raise NotImplementedError(f"by design: {self._name} is compiled for NumPy's C API")

    __call__ = __iter__ = __len__ = __bool__ = __add__ = __radd__ = __eq__ = __getitem__ = __array__ = _refuse
    __hash__ = None

    def __getattr__(self, name):
        if name.startswith("__"):  # pytest asks for __name__
            raise AttributeError(name)
        self._refuse()


class rational(Unavailable):
    """The scalar type of a dtype made in C: its name stands in parameters of cases."""

    def __init__(self, *args):
        self._name = "numpy._core._rational_tests.rational"


class CompiledHelper(types.ModuleType):
    def __getattr__(self, name):
        if name == "rational":
            return rational
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "get_fpu_mode":  # of the suite's own conftest: before and after each case
            return lambda: 0x37f
        return Unavailable(f"{self.__name__}.{name}")


class Recorder:
    """A pytest plugin that reports each case."""

    def __init__(self, report, chosen, first_line):
        self.report, self.chosen, self.first_line = report, chosen, first_line
        self.outcome, self.reason, self.seen, self.names = None, "", {}, {}

    def name(self, nodeid):
        return nodeid.partition("::")[2].replace("::", ".")

    def pytest_collection_modifyitems(self, items):
        if self.chosen:
            items[:] = [item for item in items if any(fnmatch.fnmatchcase(self.name(item.nodeid), p) for p in self.chosen)]
        for item in items:
            self.report.line("case", self.name(item.nodeid))

    def pytest_collectreport(self, report):
        if report.failed:
            print(report.longreprtext, file=sys.__stderr__)
            self.report.line("module", "error", last_of(report.longreprtext))
        elif report.skipped:
            self.report.line("module", "skip", str(report.longrepr[2]))

    def pytest_runtest_logstart(self, nodeid, location):
        self.outcome, self.reason = "pass", ""
        self.report.line("start", self.name(nodeid))

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.outcome = "error" if report.when != "call" else "fail"
            self.reason = self.reason or last_of(report.longreprtext)
            print(f"--- {self.name(report.nodeid)}\n{report.longreprtext}", file=sys.__stderr__)
        elif report.skipped and self.outcome == "pass":
            self.outcome = "skip"
            self.reason = getattr(report, "wasxfail", None) or str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "")

    def pytest_runtest_logfinish(self, nodeid, location):
        self.report.line(self.outcome, self.name(nodeid), self.reason.partition("\n")[0][:200])


def last_of(text):
    """Class and first line of the message of the exception that a report ends with."""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return lines[0][:200] if lines else text.strip().rpartition("\n")[2][:200]


def main():
    site, module, results = sys.argv[1:4]
    chosen = [sys.argv[i + 1] for i in range(4, len(sys.argv), 2) if sys.argv[i] == "--match"]
    del sys.argv[1:]
    package, _, name = module.rpartition("/")
    site, results = os.path.abspath(site), os.path.abspath(results)
    running = load_beside(os.path.join(os.path.dirname(HERE), "cpython", "run_module.py"), "run_module")
    report = running.Report(results)

    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
    if DISTRIBUTION not in sys.path:
        sys.path.append(DISTRIBUTION)
    try:
        import faulthandler
        faulthandler.enable(sys.__stderr__)
    except (ImportError, RuntimeError):
        pass
    os.environ["NPY_AVAILABLE_MEM"] = "2 GB"

    import numpy
    if not numpy.__file__.startswith(site + os.sep):
        sys.meta_path.insert(0, SuiteFinder(site))
    import pytest

    path = os.path.join(site, "numpy", package, "tests", name + ".py")
    try:
        pytest.main([path, "-q", "--tb=short", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-m", "not slow",
                     "--rootdir", site, "--confcutdir", os.path.join(site, "numpy"), "--no-header", "--no-summary", "-c", os.devnull],
                    plugins=[Recorder(report, chosen, running.first_line)])
    except BaseException as error:
        report.line("module", "error", running.first_line((type(error), error, None)))
        raise
    report.line("end")


if __name__ == "__main__":
    main()
