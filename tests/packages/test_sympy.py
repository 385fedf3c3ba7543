"""sympy: integrals, equations, limits, matrices, printing, and the tests of its core."""

import unittest

from packages import PackageTest

PROGRAM = """\
from sympy import *
x, y = symbols("x y")
f = Function("f")
print(integrate(sin(x)**2*exp(x), x))
print(integrate(exp(-x**2)*cos(x), (x, -oo, oo)))
print(solve(x**4 - 5*x**2 + 4, x), solve([x + y - 3, x - y - 1], [x, y]), solve(x**3 + x - 1, x)[2].evalf(20))
print(diff(sin(x)*exp(x**2), x, 2), limit(sin(x)/x, x, 0), series(tan(x), x, 0, 8))
print(factor(x**8 - 1), expand((x + y)**5), simplify(sin(x)**2 + cos(x)**2), factorint(2**67 - 1))
print(Matrix([[1, 2], [3, 4]]).eigenvals(), Matrix([[2, 1], [1, 3]]).inv(), dsolve(f(x).diff(x, 2) + f(x)))
print(groebner([x**2 + y**2 - 1, x - y], x, y).exprs, N(pi, 50), lambdify(x, sin(x) + x**2)(0.5))
print(latex(Integral(sqrt(1/x), x)), srepr(x + 1), sympify("2*x + 1/3"), Sum(1/x**2, (x, 1, oo)).doit())
pprint(Integral(sqrt(1/x), x), use_unicode=True)
"""


class Sympy(PackageTest):
    package, debian = "sympy", "python3-sympy"

    def test_mathematics(self):
        self.check_program(PROGRAM)

    def test_own_suite_of_the_core(self):
        self.run_suite(self.installed(), "sympy/core/tests", "--deselect", "sympy/core/tests/test_args.py", least=980)


if __name__ == "__main__":
    unittest.main()
