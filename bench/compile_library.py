"""Compiles the standard library's own source text, about 130,000 lines."""

import os
import sys

from measure import measure, size


def sources(limit):
    """Files of the library's top folder and of a few packages, in a fixed order."""
    library = "/usr/lib/python3.11"
    found, lines = [], 0
    for folder in ("", "asyncio", "collections", "concurrent/futures", "email", "encodings", "html", "http",
                   "importlib", "json", "logging", "multiprocessing", "unittest", "urllib", "xml/dom", "xml/etree"):
        path = os.path.join(library, folder)
        if not os.path.isdir(path):
            continue
        for name in sorted(os.listdir(path)):
            if name.endswith(".py"):
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    text = file.read()
                found.append((name, text))
                lines += text.count("\n")
                if lines >= limit:
                    return found, lines
    return found, lines


def compile_all(files):
    return [compile(text, name, "exec") for name, text in files]


files, lines = sources(size(133_000))
codes = measure("compile_library", compile_all, files)
assert len(codes) == len(files)
