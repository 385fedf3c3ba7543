"""The distribution's matplotlib draws with Agg and writes PNG, SVG and PDF."""

import gc
import io
import resource
import unittest

from installed import PackageTest


class Matplotlib(PackageTest):
    needs = ("matplotlib",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global np, plt
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        import numpy as np

    def plot(self):
        x = np.linspace(0, 10, 200)
        figure, axes = plt.subplots(2, 2)
        axes[0, 0].plot(x, np.sin(x), "r-", label="sine")
        axes[0, 0].legend()
        axes[0, 1].scatter(x, np.cos(x), c=x)
        axes[1, 0].hist(np.sin(x * 7), bins=20)
        axes[1, 1].contourf(np.outer(x, x))
        figure.suptitle(r"title, $\alpha^2 + \frac{1}{2}$")
        return figure

    def test_formats(self):
        figure = self.plot()
        for kind, head in (("png", b"\x89PNG\r\n"), ("svg", b"<?xml"), ("pdf", b"%PDF-1.4")):
            out = io.BytesIO()
            figure.savefig(out, format=kind)
            self.assertTrue(out.getvalue().startswith(head), kind)
            self.assertGreater(len(out.getvalue()), 10_000)
        plt.close(figure)

    def test_pixels(self):
        figure = plt.figure(figsize=(2, 1), dpi=100)
        figure.patch.set_facecolor("#ff8000")
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())
        self.assertEqual(pixels.shape, (100, 200, 4))
        self.assertEqual(pixels[50, 100].tolist(), [255, 128, 0, 255])
        plt.close(figure)

    def test_memory_does_not_grow(self):
        def draw(times):
            for _ in range(times):
                figure = self.plot()
                figure.savefig(io.BytesIO(), format="png", dpi=40)
                plt.close(figure)
            gc.collect()
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = draw(3)
        self.assertLess(draw(8) - before, 20_000)  # KiB


if __name__ == "__main__":
    unittest.main()
