"""Compiles the standard library for this interpreter into its library cache. Run by the build, under Adder itself.

    build/adder -S -E tools/precompile_library.py

The cache is the folder stdlib-cache beside the binary; it must be there before the interpreter starts.
"""

import _imp
import marshal
import os
import struct
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


def hash_key(key):
    value = 2166136261
    for byte in key:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def library_code():
    """(key, source, function that gives the code) of all that the pack holds; and how many of them every start may need, which come first."""
    def compile_frozen(source, name):
        return lambda: compile(open(source, "rb").read(), name, "exec", dont_inherit=True)

    def read_compiled(path):
        return lambda: marshal.loads(open(path, "rb").read()[16:])

    first, rest = [], []
    for source, name in frozen():
        source = os.path.join(LIBRARY, source)
        first.append((name.encode(), source, compile_frozen(source, name)))
    loaded = {getattr(module, "__file__", None) for module in sys.modules.values()}
    for source in sources():
        path = external.cache_from_source(source)
        if is_current(path, header(source)):
            (first if source in loaded else rest).append((os.path.relpath(source, LIBRARY).encode(), source, read_compiled(path)))
    return first + rest, len(first)


def pack():
    """All the library's code in one file, as src/runtime/library_cache.cpp reads it."""
    entries, first = library_code()
    buckets = 1 << (2 * len(entries)).bit_length()
    table = [(0,) * 6] * buckets
    head = struct.Struct("=12sIQQ")
    bucket = struct.Struct("=6I")
    content = bytearray(head.size + bucket.size * buckets)
    key_at = {}
    for key, *_ in entries:
        key_at[key] = len(content)
        content += key
    begin = 0
    for number, (key, source, code) in enumerate(entries):
        if number == first:
            begin = len(content)
        content += bytes(-len(content) % 8)
        status = os.stat(source)
        stored = _imp._stored_code(code(), number)
        place = hash_key(key) % buckets
        while any(table[place]):
            place = (place + 1) % buckets
        table[place] = (key_at[key], len(key), len(content), len(stored), int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
        content += stored
    head.pack_into(content, 0, _imp._library_pack_head(), buckets, len(content), begin or len(content))
    for place, entry in enumerate(table):
        bucket.pack_into(content, head.size + bucket.size * place, *entry)
    return content


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
    write(os.path.join(os.path.dirname(external.cache_from_source(os.path.join(LIBRARY, "os.py"))), "library.pack"), pack())
    print(f"precompiled {count} files of the standard library")


if __name__ == "__main__":
    main()
