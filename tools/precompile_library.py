"""Compiles the standard library for this interpreter into its library cache. Run by the build, under Adder itself.

    build/adder -S -E tools/precompile_library.py

The cache is the folder stdlib-cache beside the binary; it must be there before the interpreter starts.
"""

import _imp
import os
import sys
from importlib import _bootstrap_external as external

LIBRARY = os.path.dirname(os.__file__)
LEFT_OUT = {"__pycache__", "test", "tests", "idlelib", "lib2to3", "turtledemo", "lib-dynload", "site-packages", "dist-packages",
            "ensurepip", "pydoc_data", "config-3.11-x86_64-linux-gnu"}


def sources():
    for folder, folders, names in os.walk(LIBRARY):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".py"))


def frozen():
    """Files of the library that are loaded as frozen modules, and the names of their code."""
    for name in _imp._frozen_module_names():
        _, package, origin = _imp.find_frozen(name)
        if origin == name or name.startswith("_frozen_"):
            file = origin.replace(".", "/") + ("/__init__.py" if package else ".py")
            if os.path.exists(os.path.join(LIBRARY, file)):  # the distribution leaves parts of __phello__ out
                yield file, f"<frozen {origin}>"


def header(source):
    """The first 16 bytes of a compiled file that is current."""
    status = os.stat(source)
    return external._code_to_timestamp_pyc(None, int(status.st_mtime), status.st_size)[:16]


def compiled(source, name):
    """The content of a compiled file."""
    with open(source, "rb") as file:
        text = file.read()
    code = compile(text, name, "exec", dont_inherit=True)
    status = os.stat(source)
    return external._code_to_timestamp_pyc(code, int(status.st_mtime), status.st_size)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    unfinished = f"{path}.{os.getpid()}"
    with open(unfinished, "wb") as file:
        file.write(content)
    os.replace(unfinished, path)


def is_current(path, beginning):
    try:
        with open(path, "rb") as file:
            return file.read(len(beginning)) == beginning
    except OSError:
        return False


def pack(cache):
    """Writes all frozen files into one, as src/runtime/library_cache.cpp reads them."""
    parts = []
    for source, name in frozen():
        for part in (source.encode(), compiled(os.path.join(LIBRARY, source), name)):
            parts += (len(part).to_bytes(4, "little"), part)
    write(os.path.join(cache, "frozen.pack"), b"".join(parts))


def main():
    if external.cache_from_source(os.path.join(LIBRARY, "os.py")).startswith(LIBRARY):
        sys.exit("precompile_library: this interpreter has no library cache")
    count = 0
    for source in sources():
        try:
            path = external.cache_from_source(source)
            if not is_current(path, header(source)):
                write(path, compiled(source, source))
                count += 1
        except (SyntaxError, ValueError, OSError) as error:
            print(f"precompile_library: {source}: {error}", file=sys.stderr)
    pack(os.path.dirname(external.cache_from_source(os.path.join(LIBRARY, "os.py"))))
    print(f"precompiled {count} files of the standard library")


if __name__ == "__main__":
    main()
