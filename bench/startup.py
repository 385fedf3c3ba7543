"""Start-up: the command lines that bench/run.py times from outside, and what each is called in its table."""

COMMANDS = [
    ("pass", ["-c", "pass"]),
    ("pass, -S -E", ["-S", "-E", "-c", "pass"]),
    ("asyncio", ["-c", "import asyncio"]),
    ("unittest", ["-c", "import unittest"]),
    ("five modules", ["-c", "import typing, dataclasses, argparse, pathlib, subprocess"]),
    ("numpy", ["-c", "import numpy"]),
]
