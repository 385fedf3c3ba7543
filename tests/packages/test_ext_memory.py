"""Memory does not grow over loads of data frames and plots: a few by default, 1,000 with ADDER_FULL=1 in the environment."""

import gc
import io
import os
import unittest

from installed import PackageTest

FULL = os.environ.get("ADDER_FULL") == "1"
ROWS = 500


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Memory(PackageTest):
    def measure(self, work, warm, rounds, allowed, kept):
        """Runs it so often once it is warm; memory may grow by so many bytes, tracked objects by so many a round."""
        for _ in range(warm):
            work()
        gc.collect()
        before, objects = resident(), len(gc.get_objects())
        for _ in range(rounds):
            work()
        gc.collect()
        grown, more = resident() - before, len(gc.get_objects()) - objects
        self.assertLess(grown, allowed, f"{grown / rounds:.0f} bytes a round over {rounds} rounds")
        self.assertLess(more, kept * rounds)


class Frames(Memory):
    needs = ("pandas",)

    def test_loads(self):
        import pandas as pd
        csv = "when,key,x,y\n" + "".join(f"2024-01-{1 + i % 28:02},{'abc'[i % 3]},{i * 0.5},{i}\n" for i in range(ROWS))

        def work():
            frame = pd.read_csv(io.StringIO(csv), parse_dates=["when"])
            frame["z"] = frame["x"] * 2 + frame["y"]
            sums = frame.groupby("key")[["x", "z"]].sum()
            merged = frame.merge(sums.reset_index(), on="key", suffixes=("", "_sum"))
            again = pd.read_json(io.StringIO(merged.head(50).to_json(orient="records")), orient="records")
            text = frame.head(20).to_string()
            frame.sort_values("z").rolling(3, on="y")["x"].mean().dropna()
            assert len(again) == 50 and len(text) > 500
        self.measure(work, 20 if FULL else 5, 1000 if FULL else 15, 8 << 20, 5)


class Plots(Memory):
    needs = ("matplotlib", "numpy")

    def test_loads(self):
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        import numpy as np
        x = np.linspace(0, 10, 200)

        def work():
            figure, (left, right) = plt.subplots(1, 2, figsize=(3, 2))
            left.plot(x, np.sin(x), label="sin")
            left.legend()
            right.hist(np.cos(x), bins=20)
            right.set_title("cos")
            file = io.BytesIO()
            figure.savefig(file, format="png")
            plt.close(figure)
            assert file.getvalue().startswith(b"\x89PNG")
        # It keeps fonts and texts that it has laid out, some hundred.
        self.measure(work, *((350, 650, 8 << 20, 5) if FULL else (5, 10, 24 << 20, 100)))


if __name__ == "__main__":
    unittest.main()
