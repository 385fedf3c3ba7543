"""attrs: classes that it writes, and its own tests."""

import os
import unittest

from packages import PackageTest

PROGRAM = """\
import attr
from attrs import define, field, frozen, validators, asdict, evolve, Factory

@define
class Point:
    x: int = field(validator=validators.instance_of(int))
    y: int = field(default=0, converter=int)
    tags: list = Factory(list)

@frozen(order=True)
class Version:
    major: int
    minor: int = 0

@attr.s(slots=True, hash=True)
class Old:
    a = attr.ib()
    b = attr.ib(init=False, repr=False, default=7)

p = Point(1, "2")
print(p, p == Point(1, 2), asdict(p), Point.__slots__)
p.x = 5
print(evolve(p, y=9), hash(Old(3)) == hash(Old(3)), Old(3).b)
print(sorted([Version(2), Version(1, 5)]))
for bad in (lambda: Point("1"), lambda: setattr(p, "x", "no"), lambda: setattr(Version(1), "major", 2), lambda: setattr(p, "z", 1)):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, str(e)[:60])
import inspect
print(inspect.signature(Point))
"""


class Attrs(PackageTest):
    package, debian = "attr", "python3-attr"

    def test_classes(self):
        self.assertEqual(self.run_program(PROGRAM), """\
Point(x=1, y=2, tags=[]) True {'x': 1, 'y': 2, 'tags': []} ('x', 'y', 'tags', '__weakref__')
Point(x=5, y=9, tags=[]) True 7
[Version(major=1, minor=5), Version(major=2, minor=0)]
TypeError ("'x' must be <class 'int'> (got '1' that is a <class 'str'>
TypeError ("'x' must be <class 'int'> (got 'no' that is a <class 'str'
FrozenInstanceError 
AttributeError 'Point' object has no attribute 'z'
(x: int, y=0, tags: list = NOTHING) -> None
""")

    def test_own_suite(self):
        source = self.source("attrs")
        self.run_suite(source, "tests", path=os.path.join(source, "src"), least=1200)


if __name__ == "__main__":
    unittest.main()
