"""Runs a program as the command line would, for tools that look at it: a fresh __main__, its own sys.argv and sys.path."""

import os
import sys
import traceback
import types

USAGE = "FILE | -c CODE | -m MODULE, and its arguments"


class Program:
    """What a command line names. `source`: its text; `filename`: what code objects and tracebacks call it."""

    def __init__(self, arguments):
        """The words of the command line from the program on; ValueError if there is none, OSError if it cannot be read."""
        if not arguments:
            raise ValueError("no program given")
        first, *rest = arguments
        if first in ("-c", "-m") and not rest:
            raise ValueError(f"argument expected for {first}")
        self.name = "__main__"
        self.package = self.spec = self.file = None
        if first == "-c":
            self.filename, self.source = "<string>", rest[0] + "\n"
            self.argv, self.folder = ["-c", *rest[1:]], ""
        elif first == "-m":
            import runpy
            _, self.spec, _ = runpy._get_module_details(rest[0])
            self.package, self.folder = self.spec.parent, os.getcwd()
            self.filename = self.file = self.spec.origin
            self.source = self.spec.loader.get_source(self.spec.name)
            self.argv = [self.filename, *rest[1:]]
        else:
            import tokenize
            self.filename = self.file = os.path.abspath(first)
            with tokenize.open(first) as file:
                self.source = file.read()
            self.argv, self.folder = [first, *rest], os.path.dirname(os.path.realpath(first))

    def compile(self):
        return compile(self.source, self.filename, "exec", dont_inherit=True)

    def run(self, code):
        """Runs its code to the end; the exit status. A traceback is printed as the command line prints it."""
        main = types.ModuleType("__main__")
        main.__dict__.update(__package__=self.package, __spec__=self.spec, __builtins__=sys.modules["builtins"])
        if self.file is not None:
            main.__file__ = self.file
        self.globals = main.__dict__
        sys.modules["__main__"] = main
        sys.argv = list(self.argv)
        if not sys.flags.safe_path:
            sys.path.insert(0, self.folder)
        try:
            exec(code, main.__dict__)
            return 0
        except SystemExit as end:
            if end.code is None or isinstance(end.code, int):
                return end.code or 0
            print(end.code, file=sys.stderr)
            return 1
        except BaseException as error:
            error.__traceback__ = error.__traceback__.tb_next
            sys.excepthook(type(error), error, error.__traceback__)
            return 130 if isinstance(error, KeyboardInterrupt) else 1
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (AttributeError, OSError, ValueError):
                    pass


def load(arguments, tool):
    """The program that a tool is to run, with its compiled code; None after telling what is wrong."""
    try:
        program = Program(arguments)
        return program, program.compile()
    except ValueError as error:
        print(f"adder --{tool}: {error}\nusage: adder --{tool} {USAGE}", file=sys.stderr)
    except OSError as error:
        print(f"adder --{tool}: can't open file '{arguments[0]}': [Errno {error.errno}] {error.strerror}", file=sys.stderr)
    except ImportError as error:
        print(f"adder --{tool}: {error}", file=sys.stderr)
    except SyntaxError as error:
        print("".join(traceback.format_exception_only(error)), end="", file=sys.stderr)
    return None
