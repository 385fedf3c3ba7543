"""Jinja: templates with inheritance, macros, filters, async and a sandbox, and its own tests."""

import os
import unittest

from packages import PackageTest

PROGRAM = """\
import asyncio, traceback
from jinja2 import Environment, DictLoader, StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment, SecurityError

env = Environment(loader=DictLoader({
    "base": "<title>{% block title %}base{% endblock %}</title>{% block body %}{% endblock %}",
    "page": "{% extends 'base' %}{% from 'macros' import row %}{% block title %}{{ super() }} page{% endblock %}"
            "{% block body %}{% for name, n in items if n > 1 %}{{ row(name, n, odd=loop.index is odd) }}"
            "{% else %}none{% endfor %}{% endblock %}",
    "macros": "{% macro row(name, n, odd=false) %}<{{ name|upper|e }}:{{ '%03d'|format(n) }}{{ '*' if odd }}>{% endmacro %}",
    "bad": "a\\n{% if x %}\\nb",
    "fails": "1\\n2 {{ missing.name }}\\n",
}), autoescape=True, undefined=StrictUndefined)
print(env.get_template("page").render(items=[("a<", 1), ("b&", 2), ("c", 30)]))
print(env.get_template("page").render(items=[]))
print(env.from_string("{{ xs|groupby('k')|map(attribute='list')|map('length')|join(', ') }} {{ xs|tojson }} "
                      "{% set ns = namespace(t=0) %}{% for x in xs %}{% set ns.t = ns.t + x.k %}{% endfor %}{{ ns.t }}")
      .render(xs=[{"k": 1}, {"k": 2}, {"k": 1}]))
try:
    env.get_template("bad")
except TemplateSyntaxError as e:
    print(e.lineno, e)
try:
    env.get_template("fails").render()
except UndefinedError as e:
    print(e, [(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__) if f.filename == "<template>"])
try:
    SandboxedEnvironment().from_string("{{ ().__class__.__bases__ }}").render()
except SecurityError as e:
    print(e)

async def numbers():
    for i in range(3):
        await asyncio.sleep(0)
        yield i
aenv = Environment(enable_async=True)
print(asyncio.run(aenv.from_string("{% for i in numbers() %}[{{ i }}]{% endfor %}").render_async(numbers=numbers)))
"""


class Jinja(PackageTest):
    package, debian = "jinja2", "python3-jinja2"

    def test_templates(self):
        self.assertEqual(self.run_program(PROGRAM), """\
<title>base page</title><B&amp;:002*><C:030>
<title>base page</title>none
2, 1 [{"k": 1}, {"k": 2}, {"k": 1}] 4
2 Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. \
The innermost block that needs to be closed is 'if'.
'missing' is undefined [('top-level template code', 2)]
access to attribute '__class__' of 'tuple' object is unsafe.
[0][1][2]
""")

    def test_own_suite(self):
        source = self.source("jinja2")
        self.run_suite(source, "tests", path=os.path.join(source, "src"), least=840)


if __name__ == "__main__":
    unittest.main()
