"""Runs one module of CPython's own test suite in this interpreter and writes down how each case went.

    INTERPRETER run_module.py MODULE RESULTS [--verbose 1] [--ignore PATTERN]… [--match PATTERN]… [--resource NAME]… [--path FOLDER]…

MODULE is the name of a module of the suite, or the path of a file of unittest cases (one of our own tests).

RESULTS receives one line an event, fields separated by tabs, so that whoever started this process knows how far it
came even if it crashes:

    case    ID                    a case that is about to run (all of a suite, before its first starts)
    start   ID
    pass|fail|error|skip  ID  REASON
    fixture OUTCOME  NAME  REASON setUpModule, setUpClass and the like failed or asked to skip
    module  OUTCOME  REASON       the module could not be imported, or asked to be skipped
    end                           everything has run

The surroundings are those that `python -m test` makes: no resources but those named, a fresh working directory, `test_main` if there.
A file of our own runs without them, in the working directory as it is.
"""

import fnmatch
import os
import sys

SEVERITY = {"pass": 0, "skip": 1, "fail": 2, "error": 3}


class Report:
    """The results file. Children that a test forks must not write to it."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.process = os.getpid()

    def line(self, *fields):
        if os.getpid() != self.process:
            return
        text = "\t".join(escape(field) for field in fields) + "\n"
        os.write(self.file, text.encode("utf-8", "backslashreplace"))


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def first_line(error):
    """The text of a reason: class of the exception and the first line of its message."""
    kind, value, _ = error
    try:
        text = str(value).strip().partition("\n")[0]
    except BaseException:
        text = "<no text>"
    return f"{kind.__name__}: {text}"[:200]


def make_result_class(unittest, report):
    names = {}

    class Result(unittest.TestResult):
        """Keeps the worst that happened to the running case; a failing subtest fails its case."""

        current = None  # of the class: there is one run at a time

        def startTest(self, test):
            super().startTest(test)
            Result.current = names[id(test)]
            self.outcome, self.reason = None, ""
            report.line("start", self.current)

        def stopTest(self, test):
            super().stopTest(test)
            report.line(self.outcome or "pass", self.current, self.reason)
            Result.current = None

        def note(self, outcome, test, reason):
            if self.current is None:
                report.line("fixture", outcome, test.id(), reason)
            elif self.outcome is None or SEVERITY[outcome] > SEVERITY[self.outcome]:
                self.outcome, self.reason = outcome, reason

        def addSuccess(self, test):
            self.note("pass", test, "")

        def addExpectedFailure(self, test, error):
            self.note("pass", test, "")

        def addUnexpectedSuccess(self, test):
            self.note("fail", test, "unexpected success")

        def addSkip(self, test, reason):
            self.note("skip", test, str(reason).partition("\n")[0][:200])

        def addFailure(self, test, error):
            self.note("fail", test, first_line(error))
            self.show(error)

        def addError(self, test, error):
            self.note("error", test, first_line(error))
            self.show(error)

        def addSubTest(self, test, subtest, error):
            if error is not None:
                self.note("fail" if issubclass(error[0], test.failureException) else "error", test,
                          first_line(error))
                self.show(error)

        def show(self, error):
            """The whole traceback goes to the log, for people."""
            import traceback
            print(f"--- {self.current}", file=sys.__stderr__)
            try:
                traceback.print_exception(*error, file=sys.__stderr__)
            except BaseException as trouble:
                print("traceback cannot be printed:", type(trouble), file=sys.__stderr__)

    return Result, names


def each_case(suite):
    for item in suite:
        if hasattr(item, "__iter__"):
            yield from each_case(item)
        else:
            yield item


def main():
    arguments = sys.argv[1:]
    module, results = arguments[0], os.path.abspath(arguments[1])
    chosen = [arguments[i + 1] for i in range(2, len(arguments), 2) if arguments[i] == "--match"]
    ignored = [arguments[i + 1] for i in range(2, len(arguments), 2) if arguments[i] == "--ignore"]
    resources = [arguments[i + 1] for i in range(2, len(arguments), 2) if arguments[i] == "--resource"]
    folders = [arguments[i + 1] for i in range(2, len(arguments), 2) if arguments[i] == "--path"]
    del sys.argv[1:]
    report = Report(results)

    # The folder of this script is no place that tests should import from.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.abspath(entry) for entry in sys.path if os.path.abspath(entry or ".") != here] + folders

    try:
        import faulthandler
        faulthandler.enable(sys.__stderr__)
    except (ImportError, RuntimeError):
        pass
    sys.stdout.reconfigure(errors="backslashreplace")

    import unittest

    Result, names = make_result_class(unittest, report)
    seen, kept = {}, []

    def wanted(name):
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in ignored):
            return False
        return not chosen or any(fnmatch.fnmatchcase(name, pattern) for pattern in chosen)

    def run_suite(suite):
        """Runs and reports a suite; a suite that a running test runs in turn is that test's own business."""
        if Result.current is not None:
            return suite(unittest.TestResult())
        suite = filtered(suite, wanted)
        for test in each_case(suite):
            name = test.id()
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name}#{seen[name]}"
            names[id(test)] = name
            kept.append(test)  # a suite drops its tests as it goes; their id() must stay theirs
            report.line("case", name)
        suite(Result())

    try:
        if module.endswith(".py"):
            run_suite(unittest.TestLoader().loadTestsFromModule(load_file(module)))
        else:
            run_suite_module(module, run_suite, int("--verbose" in arguments), resources)
    except unittest.SkipTest as skip:
        report.line("module", "skip", str(skip).partition("\n")[0])
    except BaseException as error:
        report.line("module", "error", first_line((type(error), error, None)))
        import traceback
        traceback.print_exc()
    report.line("end")


def filtered(suite, wanted):
    """Takes unwanted cases out of nested suites, in place."""
    tests = []
    for test in suite._tests:
        if hasattr(test, "_tests"):
            tests.append(filtered(test, wanted))
        elif wanted(test.id()):
            tests.append(test)
    suite._tests = tests
    return suite


def load_file(path):
    """Imports a file under the name that it would have as a module of its folder."""
    import importlib.util
    path = os.path.abspath(path)
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(path))
    sys.argv[0] = path
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run_suite_module(name, run_suite, verbose, resources):
    """Runs a module of CPython's suite; `run_suite` stands in for the function that runs what it collected."""
    import importlib.util
    import unittest
    from test import support
    from test.support import os_helper

    def run_doctest(module, verbosity=None, optionflags=0):
        import doctest
        run_suite(unittest.TestSuite([doctest.DocTestSuite(module, optionflags=optionflags)]))
        return 0, 0

    impl_detail = support.impl_detail

    def run_also_here(msg=None, **guards):
        """Cases about CPython itself run here, too: many hold for whoever offers CPython's ABI, the others say why not."""
        if guards.get("cpython", not guards):
            return lambda case: case
        return impl_detail(msg, **guards)

    # Cases that trace leave out the folder of the main program; children that start anew import it.
    spec = importlib.util.find_spec("test.__main__")
    globals().update(__spec__=spec, __file__=spec.origin)
    support.impl_detail = run_also_here
    support.cpython_only = run_also_here(cpython=True)
    support.verbose = verbose
    support.use_resources = resources
    support._run_suite = run_suite
    support.run_doctest = run_doctest
    with os_helper.temp_cwd(f"test_adder_{os.getpid()}", quiet=True):
        module = importlib.import_module("test." + name)
        test_main = getattr(module, "test_main", None)
        if test_main is not None:
            test_main()
        else:
            support.run_unittest(unittest.TestLoader().loadTestsFromModule(module))


if __name__ == "__main__":
    main()
