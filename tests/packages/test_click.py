"""click: a command line made with it, and its own tests."""

import os
import unittest

from packages import PackageTest

PROGRAM = """\
import click

@click.group()
@click.option("--debug/--no-debug", default=False, help="Say more.")
@click.pass_context
def cli(ctx, debug):
    "A sample tool."
    ctx.obj = debug

@cli.command()
@click.argument("names", nargs=-1, required=True)
@click.option("-n", "--count", type=click.IntRange(1, 5), default=1, show_default=True)
@click.option("--shape", type=click.Choice(["round", "flat"]), prompt="Which shape")
@click.pass_obj
def greet(debug, names, count, shape):
    "Greets people."
    for name in names:
        click.secho(f"{'debug ' if debug else ''}Hello {name} {shape}! " * count, fg="green")

cli(prog_name="tool")
"""


class Click(PackageTest):
    package, debian = "click", "python3-click"

    def test_a_command_line(self):
        self.write("tool.py", PROGRAM)
        done = self.run_python("tool.py", "--help")
        self.assertEqual(done.out, """\
Usage: tool [OPTIONS] COMMAND [ARGS]...

  A sample tool.

Options:
  --debug / --no-debug  Say more.
  --help                Show this message and exit.

Commands:
  greet  Greets people.
""")
        self.check(["tool.py", "--debug", "greet", "-n", "2", "--shape", "flat", "Ann", "Bob"],
                   "debug Hello Ann flat! debug Hello Ann flat! \ndebug Hello Bob flat! debug Hello Bob flat! \n")
        self.check(["tool.py", "greet", "Ann"], "Which shape (round, flat): Error: 'square' is not one of 'round', 'flat'.\nWhich shape (round, flat): Hello Ann round! \n",
                   stdin=b"square\nround\n")
        done = self.run_python("tool.py", "greet", "-n", "9", "Ann")
        self.assertEqual((done.err, done.returncode), (
            "Usage: tool greet [OPTIONS] NAMES...\nTry 'tool greet --help' for help.\n\n"
            "Error: Invalid value for '-n' / '--count': 9 is not in the range 1<=x<=5.\n", 2))

    def test_own_suite(self):
        source = self.source("click")
        self.run_suite(source, "tests", path=os.path.join(source, "src"), least=570)


if __name__ == "__main__":
    unittest.main()
