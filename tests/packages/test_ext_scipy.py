"""The distribution's scipy: f2py, Cython, pybind11 and callbacks out of Fortran."""

import unittest

from installed import PackageTest


class Scipy(PackageTest):
    needs = ("scipy",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global np
        import numpy as np

    def test_differential_equation(self):
        from scipy.integrate import odeint, quad, solve_ivp
        for method in ("RK45", "LSODA", "Radau"):
            r = solve_ivp(lambda t, y: [y[1], -y[0]], (0, np.pi), [0.0, 1.0], method=method, rtol=1e-9, atol=1e-9)
            self.assertLess(abs(r.y[1, -1] + 1), 1e-6)
        self.assertAlmostEqual(odeint(lambda y, t: -y, 1.0, [0, 1])[1, 0], np.exp(-1), 6)
        self.assertAlmostEqual(quad(lambda x: np.exp(-x * x), -np.inf, np.inf)[0], np.sqrt(np.pi), 10)

    def test_error_in_a_callback(self):
        from scipy.integrate import quad
        with self.assertRaises(ZeroDivisionError):
            quad(lambda x: 1 / 0, 0, 1)

    def test_sparse_solve(self):
        from scipy.sparse import diags
        from scipy.sparse.linalg import cg, eigsh, spsolve
        a = diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(200, 200)).tocsc()
        b = np.ones(200)
        self.assertLess(abs(a @ spsolve(a, b) - b).max(), 1e-9)
        self.assertLess(abs(a @ cg(a, b, maxiter=500)[0] - b).max(), 1e-2)
        self.assertAlmostEqual(eigsh(a, 1, which="LA")[0][0], 2 - 2 * np.cos(200 * np.pi / 201), 9)

    def test_optimisation_and_fit(self):
        from scipy.optimize import brentq, curve_fit, linprog, minimize
        self.assertLess(abs(minimize(lambda x: (x[0] - 3) ** 2 + x[1] ** 2, [0.0, 1.0]).x - [3, 0]).max(), 1e-5)
        self.assertAlmostEqual(brentq(lambda x: x * x - 2, 0, 2), 2 ** 0.5, 10)
        x = np.linspace(0, 1, 30)
        self.assertLess(abs(curve_fit(lambda x, a, b: a * x + b, x, 2 * x + 1)[0] - [2, 1]).max(), 1e-6)
        self.assertEqual(linprog([-1, -2], A_ub=[[1, 1]], b_ub=[4]).fun, -8)

    def test_the_rest(self):
        from scipy import fft, interpolate, linalg, ndimage, signal, spatial, special, stats
        self.assertAlmostEqual(stats.norm.cdf(1.96), 0.9750021048517795)
        self.assertAlmostEqual(special.gamma(5.5), 52.34277778455352)
        self.assertTrue(np.allclose(fft.ifft(fft.fft([1, 2, 3.5])), [1, 2, 3.5]))
        self.assertAlmostEqual(float(interpolate.CubicSpline([0, 1, 2, 3], [0, 1, 8, 27])(1.5)), 3.375)
        self.assertTrue(np.allclose(linalg.expm(np.zeros((2, 2))), np.eye(2)))
        self.assertEqual(ndimage.label([[1, 0, 1], [1, 0, 1]])[1], 2)
        self.assertEqual(ndimage.generic_filter(np.arange(5.0), max, 3).tolist(), [1, 2, 3, 4, 4])
        self.assertEqual(signal.convolve([1, 2], [1, 3]).tolist(), [1, 5, 6])
        self.assertEqual(spatial.cKDTree([[0, 0], [5, 5]]).query([4, 4])[1], 1)


if __name__ == "__main__":
    unittest.main()
