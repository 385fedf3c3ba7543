# adder-only: --profile and --trace are Adder's own.
"""adder --profile tells where time went, line by line; adder --trace writes a time line."""

import json
import os
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from running import ShellTest

PROGRAM = """\
import time
import threading
import numpy as np

def loop(seconds):
    end, total = time.perf_counter() + seconds, 0.0
    while time.perf_counter() < end:
        for i in range(1000):
            total += i * 0.5

def arrays(seconds):
    a = np.ones(1_000_000)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        np.sqrt(a * a + 1)

def main():
    loop(0.6)
    arrays(0.4)
    time.sleep(0.3)

main()
print("done")
"""


class ProfileTest(ShellTest):
    def profile(self, source, *options, status=0):
        done = self.run_python(*(options or ["--profile"]), self.write("p.py", source))
        self.assertEqual(done.returncode, status, done.err)
        return done

    def rows(self, text):
        """{line of p.py: {column: percent}}"""
        found = {}
        for row in re.findall(r"^(.{55})   \S*/p\.py:(\d+)  ", text, re.M):
            columns = [row[0][i:i + 8].strip() for i in range(0, 55, 8)]
            found[int(row[1])] = dict(zip(("total", "self", "interpreter", "kernels", "allocation", "collector", "waiting"),
                                          (float(c or 0) for c in columns)))
        return found

    def test_lines_and_what_they_did(self):
        done = self.profile(PROGRAM)
        self.assertEqual(done.out, "done\n")
        rows = self.rows(done.err)
        self.assertRegex(done.err, r"^p?\S*p\.py: \d+\.\d\d s, \d+ samples\ninterpreter \d+")
        self.assertGreater(rows[22]["total"], 90)                         # main()
        self.assertGreater(sum(rows.get(n, {}).get("interpreter", 0) for n in (7, 8, 9)), 20)
        self.assertGreater(rows[15]["kernels"], rows[15]["interpreter"])
        self.assertGreater(rows[15]["kernels"], 10)
        self.assertGreater(rows[20]["waiting"], 10)
        self.assertEqual(rows[20]["interpreter"], rows[20].get("kernels"))  # both none
        # What the tool itself is made of does not show.
        self.assertNotIn("_program.py", done.err)
        self.assertNotIn("runpy", done.err)

    def test_threads(self):
        done = self.profile("import threading, time\ndef busy():\n    end = time.time() + 0.4\n    while time.time() < end:\n        sum(range(1000))\n"
                            "t = threading.Thread(target=busy)\nt.start()\nt.join()\n")
        rows = self.rows(done.err)
        self.assertGreater(rows[5]["self"], 10)
        self.assertGreater(rows[8]["total"], 10)

    def test_collector(self):
        done = self.profile("import gc\nkeep = [[i] for i in range(300_000)]\nfor i in range(40):\n    gc.collect()\n")
        self.assertGreater(self.rows(done.err)[4]["collector"], 20)

    def test_status_and_short_programs(self):
        self.assertIn("ZeroDivisionError", self.profile("1/0", status=1).err)
        self.profile("raise SystemExit(7)", status=7)
        self.assertEqual(self.run_python("--profile=x.png", "-c", "1").err, "adder --profile: 'x.png' is no name of a flame graph: it ends with .svg\n")

    def test_flame_graph(self):
        picture = os.path.join(self.folder, "p.svg")
        self.profile(PROGRAM, f"--profile={picture}")
        svg = "{http://www.w3.org/2000/svg}"
        root = ElementTree.parse(picture).getroot()
        boxes = {box.get("data-name"): box for box in root.iter(svg + "g")}
        self.assertLessEqual({"all", "main (p.py:17)", "loop (p.py:5)", "[kernels]", "[waiting]"}, set(boxes))
        self.assertEqual(float(boxes["all"].get("data-w")), 1000)
        # Who calls lies below and is at least as wide.
        main, loop = boxes["main (p.py:17)"], boxes["loop (p.py:5)"]
        self.assertGreater(float(main[0].get("y")), float(loop[0].get("y")))
        self.assertGreaterEqual(float(main.get("data-w")), float(loop.get("data-w")))
        self.assertGreaterEqual(float(loop.get("data-x")), float(main.get("data-x")))
        self.assertRegex(loop[1].text, r"^loop \(p\.py:5\): \d+ ms, \d+\.\d %$")
        with open(picture) as file:
            self.assertNotIn("http", file.read().replace("http://www.w3.org/2000/svg", ""))

    def test_code_that_goes_while_it_is_sampled(self):
        # Frames whose code is gone soon, generators, deep recursion.
        done = self.profile("import time\nend = time.time() + 0.6\ndef deep(n): return n and deep(n - 1)\ndef gen(n):\n    yield from gen(n - 1) if n else (1,)\n"
                            "i = 0\nwhile time.time() < end:\n    i += 1\n    exec(f'def f{i}(x):\\n    return x + {i}\\nfor k in range(50): f{i}(k)')\n"
                            "    deep(300)\n    list(gen(60))\nprint('fine')\n")
        self.assertEqual(done.out, "fine\n")


class TraceTest(ShellTest):
    def trace(self, source):
        out = os.path.join(self.folder, "trace.json")
        done = self.run_python("--trace", out, self.write("p.py", source))
        self.assertEqual((done.err, done.returncode), ("", 0))
        with open(out) as file:
            events = json.load(file)["traceEvents"]
        names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
        lanes = {}
        for event in events:
            if event["ph"] == "X":
                lanes.setdefault(names[event["tid"]], []).append(event)
        return lanes

    def test_lanes(self):
        lanes = self.trace(PROGRAM.replace("    time.sleep(0.3)\n", "    time.sleep(0.3)\n    import colorsys, gc\n    gc.collect()\n"))
        self.assertEqual(set(lanes), {"main: Python", "main: kernels and memory", "main: imports", "main: lock"})
        python = {event["name"]: event for event in lanes["main: Python"]}
        self.assertLessEqual({"<module>", "main", "loop", "arrays"}, set(python))
        self.assertGreater(sum(event["dur"] for event in lanes["main: Python"] if event["name"] == "loop"), 400_000)
        memory = {event["name"] for event in lanes["main: kernels and memory"]}
        self.assertLessEqual({"fused", "allocate", "release", "collect all"}, memory)
        self.assertEqual({event["args"]["elements"] for event in lanes["main: kernels and memory"] if event["name"] == "fused"}, {1_000_000})
        self.assertEqual({event["args"]["bytes"] for event in lanes["main: kernels and memory"] if event["name"] == "allocate"}, {8_000_000})
        self.assertLessEqual({"numpy", "colorsys"}, {event["name"] for event in lanes["main: imports"]})
        self.assertIn("holding the lock", {event["name"] for event in lanes["main: lock"]})

    def test_slices_nest(self):
        for name, events in self.trace(PROGRAM).items():
            open_ = []
            for event in sorted(events, key=lambda event: (event["ts"], -event["dur"])):
                begin, end = event["ts"], event["ts"] + event["dur"]
                while open_ and open_[-1] <= begin + 1e-3:
                    open_.pop()
                self.assertTrue(not open_ or end <= open_[-1] + 1e-3, (name, event))
                open_.append(end)
                self.assertGreaterEqual(begin, 0)

    def test_threads_wait_for_the_lock(self):
        lanes = self.trace("import threading, time\ndef busy():\n    end = time.time() + 0.3\n    while time.time() < end: pass\n"
                           "ts = [threading.Thread(target=busy) for _ in range(2)]\nfor t in ts: t.start()\nfor t in ts: t.join()\n")
        self.assertEqual(sum(name.endswith(": Python") for name in lanes), 3)
        waits = [event for name, events in lanes.items() if name.endswith(": lock") for event in events if event["name"] == "waiting for the lock"]
        self.assertGreater(sum(event["dur"] for event in waits), 100_000)

    def test_mistakes(self):
        for arguments in (["--trace"], ["--trace", "-c", "1"]):
            done = self.run_python(*arguments)
            self.assertEqual((done.err, done.returncode), ("adder --trace: no name of a file to write\n"
                             "usage: adder --trace OUT FILE | -c CODE | -m MODULE, and its arguments\n", 2))


if __name__ == "__main__":
    unittest.main()
