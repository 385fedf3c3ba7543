"""A test of expressions: what each gives, as repr() shows it, or the error it raises."""

import codecs
import warnings


class ExpressionsTest:
    """Mixed into a TestCase with `cases`: pairs of an expression and its text."""

    def test_cases(self):
        self.assertTrue(self.cases)
        for expression, expected in self.cases:
            with self.subTest(expression):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    code = compile(expression, "<case>", "eval")
                try:
                    got = repr(eval(code, {"codecs": codecs}))
                except Exception as e:
                    got = f"{type(e).__name__}: {e}"
                self.assertEqual(got, expected)
