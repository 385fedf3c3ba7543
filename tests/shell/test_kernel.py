# adder-only: the kernel is Adder's own.
"""Adder as a Jupyter kernel: its description is installed, and notebooks run through nbclient (where ipykernel and nbclient are)."""

import importlib.util
import json
import os
import sys
import unittest

from running import ShellTest

HAS_KERNEL = importlib.util.find_spec("ipykernel") is not None
HAS_CLIENT = HAS_KERNEL and importlib.util.find_spec("nbclient") is not None

NOTEBOOK = """
import nbclient, nbformat
cell = nbformat.v4.new_code_cell
notebook = nbformat.v4.new_notebook(cells=[
    cell("import sys, numpy as np\\nprint(sys.implementation.name)\\nnp.arange(3) + 1"),
    cell("def twice(x):\\n    return x * 2\\ntwice(21)"),
    cell("1 / 0", metadata={"tags": ["raises-exception"]}),
    cell("import asyncio\\nawait asyncio.sleep(0.01)\\n'awaited'"),
])
nbclient.NotebookClient(notebook, timeout=60, kernel_name="adder").execute()
for cell in notebook.cells:
    for output in cell.outputs:
        print(output.get("text") or output.get("evalue") or output["data"]["text/plain"])
"""


class KernelTest(ShellTest):
    def variables(self, **more):
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return {**kept, "HOME": self.folder, "JUPYTER_DATA_DIR": "", "XDG_DATA_HOME": "", **more}

    def install(self, *options, **variables):
        return self.run_python("-m", "adder.kernel", "install", *options, env=self.variables(**variables))

    @unittest.skipIf(HAS_KERNEL, "ipykernel is installed")
    def test_missing_ipykernel_is_told(self):
        done = self.install()
        self.assertEqual((done.err, done.returncode), (f"ipykernel is missing: {sys.executable} -m pip install ipykernel\n", 1))

    @unittest.skipUnless(HAS_KERNEL, "needs ipykernel: python3-ipykernel, or pip install ipykernel")
    def test_places(self):
        for options, variables, folder in [((), {}, ".local/share/jupyter/kernels/adder"),
                                           (("--prefix", f"{self.folder}/p", "--name", "mine"), {}, "p/share/jupyter/kernels/mine"),
                                           ((), {"JUPYTER_DATA_DIR": f"{self.folder}/d"}, "d/kernels/adder")]:
            done = self.install(*options, **variables)
            self.assertEqual((done.out, done.err), (f"installed {self.folder}/{folder}\n", ""))
            with open(f"{self.folder}/{folder}/kernel.json") as file:
                spec = json.load(file)
            self.assertEqual(spec["argv"], [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"])
            self.assertEqual((spec["language"], spec["display_name"]), ("python", "Adder (Python 3.11)"))

    @unittest.skipUnless(HAS_CLIENT, "needs ipykernel and nbclient: python3-ipykernel, python3-nbclient, or by pip")
    def test_notebook(self):
        self.install()
        done = self.run_python("-c", NOTEBOOK, env=self.variables(), timeout=200)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertEqual(done.out.split("\n"), ["adder", "", "array([1, 2, 3])", "42", "division by zero", "'awaited'", ""])


if __name__ == "__main__":
    unittest.main()
