"""The distribution's pandas: frames, files, groups, dates."""

import io
import unittest

from installed import PackageTest


class Pandas(PackageTest):
    needs = ("pandas",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global np, pd
        import numpy as np
        import pandas as pd
        cls.frame = pd.DataFrame({"n": [1, 2, 3, 4], "x": [1.5, 2.5, np.nan, 4.5], "key": list("abab")})

    def test_columns(self):
        self.assertEqual((self.frame["n"] * 2).tolist(), [2, 4, 6, 8])
        self.assertEqual(self.frame[self.frame.n > 2].index.tolist(), [2, 3])
        self.assertEqual(self.frame.x.isna().tolist(), [False, False, True, False])
        self.assertEqual(self.frame.apply(lambda row: row["n"] * 10, axis=1).tolist(), [10, 20, 30, 40])

    def test_groups(self):
        sums = self.frame.groupby("key").sum()
        self.assertEqual(sums.to_dict(), {"n": {"a": 4, "b": 6}, "x": {"a": 1.5, "b": 7.0}})
        spread = self.frame.groupby("key")["n"].agg(lambda s: s.max() - s.min())
        self.assertEqual(spread.tolist(), [2, 2])
        table = self.frame.pivot_table(index="key", values="x", aggfunc=["mean", "count"])
        self.assertEqual(table.to_numpy().tolist(), [[1.5, 1.0], [3.5, 2.0]])

    def test_round_trips(self):
        csv = self.frame.to_csv(index=False)
        self.assertEqual(csv.splitlines()[3], "3,,a")
        for engine in ("c", "python"):
            pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(csv), engine=engine), self.frame)
        json = self.frame.to_json(orient="records")
        pd.testing.assert_frame_equal(pd.read_json(io.StringIO(json), orient="records"), self.frame)

    def test_joins_and_order(self):
        right = pd.DataFrame({"key": ["b", "c"], "y": [10, 20]})
        self.assertEqual(self.frame.merge(right, on="key")["y"].tolist(), [10, 10])
        self.assertEqual(self.frame.merge(right, how="outer")["y"].isna().sum(), 2)
        self.assertEqual(self.frame.sort_values("x", ascending=False)["n"].tolist(), [4, 2, 1, 3])
        self.assertEqual(pd.concat([self.frame, self.frame]).drop_duplicates().shape, (4, 3))

    def test_time_series(self):
        s = pd.Series(range(10), index=pd.date_range("2024-02-26", periods=10))
        self.assertEqual(s.resample("4D").sum().tolist(), [6, 22, 17])
        self.assertEqual(s["2024-03"].tolist(), [4, 5, 6, 7, 8, 9])
        self.assertEqual(s.rolling(3).mean().iloc[-1], 8.0)
        stamps = pd.to_datetime(["2024-02-29 12:00", "2024-07-01 12:00"]).tz_localize("UTC").tz_convert("Europe/Berlin")
        self.assertEqual([t.hour for t in stamps], [13, 14])
        self.assertEqual(pd.Timestamp("2024-01-31") + pd.DateOffset(months=1), pd.Timestamp("2024-02-29"))

    def test_text_and_categories(self):
        s = pd.Series(["Ada", "grace", None])
        self.assertEqual(s.str.upper().tolist()[:2], ["ADA", "GRACE"])
        c = pd.Series(["lo", "hi", "lo"], dtype=pd.CategoricalDtype(["lo", "hi"], ordered=True))
        self.assertEqual((c.max(), c.value_counts()["lo"]), ("hi", 2))

    def test_printed(self):
        self.assertEqual(str(self.frame).splitlines()[3], "2  3  NaN   a")
        self.assertIn("mean   2.500000  2.833333", str(self.frame.describe()))

    def test_memory_does_not_grow(self):
        import gc
        import resource
        csv = pd.DataFrame({"a": np.arange(2000.0), "b": ["text"] * 2000}).to_csv()

        def load(times):
            for _ in range(times):
                pd.read_csv(io.StringIO(csv)).groupby("b").sum()
            gc.collect()
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = load(20)
        self.assertLess(load(60) - before, 10_000)  # KiB


if __name__ == "__main__":
    unittest.main()
