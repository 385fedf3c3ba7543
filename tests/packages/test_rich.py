"""rich: tables, trees, markdown, progress and tracebacks on a terminal."""

import unittest

from packages import PackageTest

PROGRAM = """\
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.progress import Progress
from rich.syntax import Syntax
from rich.table import Table
from rich.tree import Tree

c = Console(width=60, force_terminal=True, color_system="truecolor", legacy_windows=False)
table = Table(title="Cities")
table.add_column("name", style="cyan")
table.add_column("people", justify="right")
table.add_row("Zürich", "[bold red]443[/] k")
table.add_row("東京", "14 M")
c.print(table)
c.print(Panel("inside", title="t"), {"a": [1, 2.5, None], "b": {"c": (True, "x")}})
c.print(Markdown("# Head\\n\\n* one\\n* **two** `code`\\n\\n1. first\\n"))
c.print(Syntax("def f(x):\\n    return x + 1", "python", line_numbers=True))
tree = Tree("root")
tree.add("a").add("b")
c.print(tree)
c.print_json('{"k": [1, {"n": null}]}')
plain = Console(width=60, force_terminal=False)
try:
    {}["absent"]
except KeyError:
    with plain.capture() as report:
        plain.print_exception()
    print(*[line for line in report.get().splitlines() if "program.py" not in line], sep="\\n")
with Progress(console=plain) as progress:
    for _ in progress.track(range(3), description="work"):
        pass
"""


class Rich(PackageTest):
    package, debian = "rich", "python3-rich"

    def test_output(self):
        self.check_program(PROGRAM, COLUMNS="60", TERM="xterm")


if __name__ == "__main__":
    unittest.main()
