"""floats: text, rounding, exact comparison with ints, complex numbers."""

import math
import unittest

FLOATS = [0.0, -0.0, 1.0, 0.1, 1.5, 2.5, 1e-5, 1e-4, 1e15, 1e16, 1e17, 123456789.125, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
          8.659560562354934e-17, 1 / 3, 1e22, 1e23]


class Text(unittest.TestCase):
    def test_fixed_digits_are_exact(self):
        from decimal import ROUND_HALF_EVEN, Context, Decimal
        context = Context(prec=1200, rounding=ROUND_HALF_EVEN)
        values = [0.0, 0.5, 1.5, 2.5, 0.125, 0.375, 2.675, 1.005, 0.045, 9.9995, 99999.5, 0.99999999999, 1e-5, 5e-10, 4.9e-324, 2.0**53,
                  2.0**53 - 0.5, 2.0**52 + 0.5, 2.0**60, 1e15 / 3, 123456789.987654321, 1e300, 2.0**-60, 2.0**-64, 2.0**-118, 2.0**-130]
        values += [i / 8 for i in range(100)] + [i / 1000 for i in range(-50, 50)] + [(i * 7919 % 10007) / 997 * 10.0 ** (i % 30 - 15) for i in range(300)]
        for x in values:
            for v in (x, -x):
                for precision in range(12):
                    want = str(Decimal(v).quantize(Decimal(1).scaleb(-precision), context=context).__format__("f"))
                    self.assertEqual(f"{v:.{precision}f}", want)
                    self.assertEqual("%.*f" % (precision, v), want)

    def test_layout(self):
        self.assertEqual([f"{x:08.2f}|{x:<9.1f}|{x:^9.1f}|{x:+.0f}|{x: .1f}|{x:*>9.1%}" for x in (1.25, -0.5, float("inf"), float("-inf"), float("nan"))],
                         ["00001.25|1.2      |   1.2   |+1| 1.2|***125.0%", "-0000.50|-0.5     |  -0.5   |-0|-0.5|***-50.0%",
                          "00000inf|inf      |   inf   |+inf| inf|*****inf%", "-0000inf|-inf     |  -inf   |-inf|-inf|****-inf%",
                          "00000nan|nan      |   nan   |+nan| nan|*****nan%"])
        self.assertEqual([f"{i:06d}|{i:<6}|{i:^6}|{i:+}|{i: x}|{i:X}|{i:#06x}|{i:,}|{i:1}|{i:\u1234>4}" for i in (7, -7, 48879)],
                         ["000007|7     |  7   |+7| 7|7|0x0007|7|7|\u1234\u1234\u12347", "-00007|-7    |  -7  |-7|-7|-7|-0x007|-7|-7|\u1234\u1234-7",
                          "048879|48879 |48879 |+48879| beef|BEEF|0xbeef|48,879|48879|48879"])

    def test_repr_of_every_size(self):
        self.assertEqual([repr(x) for x in (1e16, 9999999999999998.0, 9007199254740993.0, 1e15, 123456789012345.6, 0.0001, 0.00001, 0.00012345, 1e22, 1e23,
                                            5e-324, 1.7976931348623157e308, -0.0, 100.0, 1e5, -1e-7, 9.999999999999999e-05)],
                         ["1e+16", "9999999999999998.0", "9007199254740992.0", "1000000000000000.0", "123456789012345.6", "0.0001", "1e-05", "0.00012345",
                          "1e+22", "1e+23", "5e-324", "1.7976931348623157e+308", "-0.0", "100.0", "100000.0", "-1e-07", "9.999999999999999e-05"])

    def test_repr_reads_back(self):
        for x in FLOATS:
            self.assertEqual(float(repr(x)), x)
            self.assertEqual(math.copysign(1, float(repr(x))), math.copysign(1, x))
            self.assertEqual(float.fromhex(x.hex()), x)

    def test_shortest_forms(self):
        self.assertEqual([repr(x) for x in FLOATS[:13]],
                         ["0.0", "-0.0", "1.0", "0.1", "1.5", "2.5", "1e-05", "0.0001", "1000000000000000.0", "1e+16", "1e+17", "123456789.125", "5e-324"])
        # A long text, then a short one: nothing of the first may be left in the second.
        self.assertEqual([repr(x) for x in (1.7976931348623157e308, 8.659560562354934e-17, 1e100)],
                         ["1.7976931348623157e+308", "8.659560562354934e-17", "1e+100"])

    def test_formats(self):
        self.assertEqual(f"{2.5:.0f} {0.125:.2f} {1e10:.3} {5.0:.3} {1234.5:,.1f} {-0.0:z.1f} {0.1:.20f}",
                         "2 0.12 1e+10 5.0 1,234.5 0.0 0.10000000000000000555")
        self.assertEqual(f"{1.5:%} {1e-7:g} {float('inf'):08} {float('nan'):+}", "150.000000% 1e-07 00000inf +nan")

    def test_texts_that_are_none(self):
        for text in ("", "1._5", "_1", "1e", ".", "0x10", "1\0", "infinit"):
            self.assertRaisesRegex(ValueError, "could not convert string to float", float, text)


class Numbers(unittest.TestCase):
    def test_rounding_is_of_the_exact_value(self):
        self.assertEqual([round(x, 2) for x in (2.675, 0.125, 0.375, -0.125)], [2.67, 0.12, 0.38, -0.12])
        self.assertEqual([round(x) for x in (0.5, 1.5, 2.5, -0.5, -1.5)], [0, 2, 2, 0, -2])
        self.assertEqual([round(x, -2) for x in (150.0, 250.0, 149.9, 50.0)], [200.0, 200.0, 100.0, 0.0])
        self.assertRaisesRegex(OverflowError, "rounded value too large to represent", round, 1.7976931348623157e308, -308)

    def test_comparison_with_ints_is_exact(self):
        self.assertFalse(float(2**53) == 2**53 + 1)
        self.assertTrue(float(2**53) < 2**53 + 1)
        self.assertTrue(1e300 > 10**299)
        self.assertTrue(math.inf > 10**1000)
        self.assertFalse(math.nan == 10**1000)
        self.assertTrue(-1e300 < -(10**299))

    def test_hash_agrees_with_ints(self):
        for n in (0, 1, -1, 2**53, 2**61 - 1, 2**61, 10**22, -(2**70)):
            self.assertEqual(hash(float(n)), hash(int(float(n))))

    def test_division_signs(self):
        for a in (7.5, -7.5):
            for b in (2.0, -2.0):
                q, r = divmod(a, b)
                self.assertEqual(q * b + r, a)
                self.assertEqual(math.copysign(1, r), math.copysign(1, b))
        self.assertEqual(math.copysign(1, -0.0 % 5.0), 1.0)

    def test_power(self):
        self.assertRaisesRegex(ZeroDivisionError, "0.0 cannot be raised to a negative power", pow, 0.0, -1)
        self.assertRaisesRegex(OverflowError, "Numerical result out of range", pow, 2.0, 10000)
        self.assertIsInstance((-8.0) ** 0.5, complex)
        self.assertEqual(math.nan**0, 1.0)

    def test_hexadecimal_rounds_half_to_even(self):
        self.assertEqual(float.fromhex("0x1.00000000000008p0"), 1.0)
        self.assertEqual(float.fromhex("0x1.00000000000018p0"), 1.0 + 2**-51)
        self.assertEqual(float.fromhex("0x1p-1075"), 0.0)
        self.assertRaises(OverflowError, float.fromhex, "0x1p1024")


class Complex(unittest.TestCase):
    def test_text(self):
        self.assertEqual([repr(c) for c in (1j, 1 + 2j, complex(-0.0, 1), complex(0, -0.0), 1e20 + 1e-5j)],
                         ["1j", "(1+2j)", "(-0+1j)", "-0j", "(1e+20+1e-05j)"])
        self.assertEqual([complex(t) for t in ("1", "j", " ( 1-2j ) ", "1e5J")], [1, 1j, 1 - 2j, 1e5j])
        self.assertRaisesRegex(ValueError, r"complex\(\) arg is a malformed string", complex, "1 + 2j")
        self.assertEqual(f"{1 + 2j:.2f} {1j:>6} {3 + 0j:g}", "1.00+2.00j     1j 3+0j")

    def test_arguments_may_be_complex(self):
        self.assertEqual(complex(1j, 1j), -1 + 1j)
        self.assertRaisesRegex(TypeError, "can't take second arg if first is a string", complex, "1", 2)

    def test_errors(self):
        self.assertRaisesRegex(ZeroDivisionError, "complex division by zero", lambda: 1j / 0)
        self.assertRaisesRegex(ZeroDivisionError, "0.0 to a negative or complex power", pow, 0j, -1)


if __name__ == "__main__":
    unittest.main()
