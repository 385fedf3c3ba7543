"""What a C++ program that embeds Adder (adder/embed.hpp) puts into its interpreters: standard streams that end in its functions, and modules
whose source it holds in memory."""

import importlib
import io
import sys
from importlib.machinery import ModuleSpec


class Output(io.TextIOBase):
    """A text stream whose text is handed to a function at once."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, name, give):
        self.name = f"<{name}>"
        self.mode = "w"
        self._give = give

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._give(text)
        return len(text)


class Input(io.TextIOBase):
    """A text stream whose lines come from a function; an empty one is the end."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, name, take):
        self.name = f"<{name}>"
        self.mode = "r"
        self._take = take
        self._rest = ""

    def readable(self):
        return True

    def readline(self, size=-1, /):
        line = self._rest or self._take()
        if size is None or size < 0:
            size = len(line)
        self._rest = line[size:]
        return line[:size]

    def read(self, size=-1, /):
        parts = []
        left = float("inf") if size is None or size < 0 else size
        while left > 0 and (line := self.readline(-1 if left == float("inf") else left)):
            parts.append(line)
            left -= len(line)
        return "".join(parts)


class Memory:
    """Finds and loads the modules that were put here."""

    def __init__(self):
        self.sources = {}

    def find_spec(self, name, path=None, target=None):
        if name not in self.sources:
            return None
        return ModuleSpec(name, self, origin=f"memory:{name}", is_package=self.sources[name][1])

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        exec(compile(self.get_source(name), f"memory:{name}", "exec", dont_inherit=True), module.__dict__)

    def get_source(self, name):
        return self.sources[name][0]

    def is_package(self, name):
        return self.sources[name][1]


_memory = Memory()


def put(name, source, package):
    if _memory not in sys.meta_path:
        sys.meta_path.insert(0, _memory)
    _memory.sources[name] = (source, package)


def reload(name):
    module = sys.modules.get(name)
    return importlib.import_module(name) if module is None else importlib.reload(module)
