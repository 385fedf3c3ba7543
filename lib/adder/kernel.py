"""The Jupyter kernel: ipykernel, run by Adder.

    adder -m pip install ipykernel
    adder -m adder.kernel install [--name NAME] [--prefix DIR | --sys-prefix]

`install` tells Jupyter where the kernel is: for this user, below a prefix, or in the environment that Adder runs in.
"""

import argparse
import importlib.util
import json
import os
import sys


def kernel_spec():
    """What Jupyter's kernel.json says."""
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": f"Adder (Python {sys.version_info.major}.{sys.version_info.minor})",
        "language": "python",
        "metadata": {"debugger": False},
    }


def data_folder(prefix):
    """Where Jupyter looks for kernels, of a prefix or of the user."""
    if prefix:
        return os.path.join(prefix, "share", "jupyter")
    default = os.path.join(os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share"), "jupyter")
    return os.environ.get("JUPYTER_DATA_DIR") or default


def install(name, prefix):
    """Writes the kernel's description; its folder."""
    folder = os.path.join(os.path.abspath(data_folder(prefix)), "kernels", name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "kernel.json"), "w", encoding="utf-8") as file:
        json.dump(kernel_spec(), file, indent=1)
        file.write("\n")
    return folder


def main(arguments):
    parser = argparse.ArgumentParser(prog="adder -m adder.kernel", description="The Jupyter kernel of Adder.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("install", help="tell Jupyter of it")
    command.add_argument("--name", default="adder", help="what notebooks call it (adder)")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--prefix", help="below PREFIX/share/jupyter instead of the user's folder")
    where.add_argument("--sys-prefix", action="store_const", const=sys.prefix, dest="prefix", help="in the environment that this Adder runs in")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("ipykernel") is None:
        print(f"ipykernel is missing: {sys.executable} -m pip install ipykernel", file=sys.stderr)
        return 1
    print(f"installed {install(options.name, options.prefix)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
