"""PyYAML without its C part: writing and reading, errors with their places, and its own tests."""

import os
import subprocess
import sys
import unittest

from packages import PackageTest

PROGRAM = r"""
import datetime
import sys
sys.modules["yaml._yaml"] = None  # its C part
import yaml

print(yaml.__with_libyaml__)
data = {"a": [1, 2.5, None, True, "x: y", "no"], "b": {"c": "two\nlines\n", "d": b"bytes\xff"}, "e": (1, 2),
        "t": datetime.datetime(2020, 1, 2, 3, 4, 5), "big": 2**70, "inf": float("inf"), "é": "☃"}
text = yaml.dump(data, allow_unicode=True)
print(text, yaml.unsafe_load(text) == data)
print(yaml.safe_load('''
base: &base {x: 1, y: [a, b]}
use: {<<: *base, y: 2}
set: !!set {p}
when: 2001-12-14t21:59:43.10-05:00
literal: |
  one
   two
folded: >-
  three
  four
octal: 0o14
hex: 0x1F
'''))
print(list(yaml.safe_load_all("--- 1\n--- [2]\n...\n---\n")), yaml.dump({"x": [1, 2]}, default_flow_style=True), end="")
for bad in ("a: [1", "a: b: c", "\t- x", "*x", "!!python/object/apply:os.system [ls]", 'a: "\\q"', "a: \x01"):
    try:
        print(yaml.safe_load(bad))
    except yaml.YAMLError as e:
        print(type(e).__name__, "|".join(str(e).splitlines()))
class Money(yaml.YAMLObject):
    yaml_tag = "!money"
    def __init__(self, n):
        self.n = n
print(yaml.dump(Money(3)), yaml.load("!money {n: 4}", Loader=yaml.FullLoader).n)
rows = [{"id": i, "name": f"n{i}", "tags": ["a", "b"]} for i in range(500)]
print(yaml.safe_load(yaml.dump(rows)) == rows)
"""


class Yaml(PackageTest):
    package, debian = "yaml", "python3-yaml"

    def test_documents(self):
        self.check_program(PROGRAM)

    def test_own_suite(self):
        source = self.source("pyyaml")
        done = subprocess.run([sys.executable, "tests/lib/test_yaml.py"], cwd=source, capture_output=True, text=True,
                              timeout=280, env={**os.environ, "PYTHONPATH": "lib:tests/lib", "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertTrue(done.stdout.endswith("\nTESTS: 1283\n"), done.stdout[-3000:])  # failures would be told after it


if __name__ == "__main__":
    unittest.main()
