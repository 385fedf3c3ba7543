"""ints across the borders of the immediate range, of machine words and of digits."""

import operator
import unittest

BORDERS = [0, 255, 2**29, 2**30, 2**31, 2**48, 2**49, 2**59, 2**60, 2**61, 2**62, 2**63, 2**64, 2**90, 2**120, 3**100, 10**300]
NUMBERS = sorted({sign * (n + d) for n in BORDERS for d in (-1, 0, 1) for sign in (1, -1)})


class Arithmetic(unittest.TestCase):
    def test_addition_undoes_subtraction(self):
        for a in NUMBERS:
            for b in NUMBERS:
                self.assertEqual(a + b - b, a)
                self.assertEqual(a - b, -(b - a))

    def test_division_identity(self):
        for a in NUMBERS:
            for b in NUMBERS:
                if b:
                    q, r = divmod(a, b)
                    self.assertEqual((q, r), (a // b, a % b))
                    self.assertEqual(q * b + r, a)
                    self.assertTrue(0 <= r < b or b < r <= 0)

    def test_multiplication_commutes(self):
        for a in NUMBERS:
            for b in NUMBERS:
                self.assertEqual(a * b, b * a)

    def test_long_factors_of_unequal_limbs(self):
        # As many digits, but not as many limbs.
        a, b = (1 << 1791) - 1, (1 << 1795) - 3
        self.assertEqual(a * b, (1 << 1791) * b - b)
        self.assertEqual(a * b, b * a)

    def test_bits_follow_twos_complement(self):
        for a in NUMBERS:
            for b in NUMBERS:
                self.assertEqual((a & b) + (a | b), a + b)
                self.assertEqual(a ^ b, (a | b) - (a & b))
            self.assertEqual(~a, -a - 1)

    def test_shifts(self):
        for a in NUMBERS:
            for n in (0, 1, 29, 30, 31, 49, 63, 64, 100):
                self.assertEqual(a << n, a * 2**n)
                self.assertEqual(a >> n, a // 2**n)

    def test_order_agrees_with_difference(self):
        for a in NUMBERS:
            for b in NUMBERS:
                self.assertEqual(a < b, a - b < 0)
                self.assertEqual(a == b, a - b == 0)

    def test_true_division_is_correctly_rounded(self):
        self.assertEqual((2**53 + 1) / 1, 9007199254740992.0)
        self.assertEqual(10**400 / 10**399, 10.0)
        self.assertEqual(1 / 3**700, 0.0 if 3**700 > 2**1075 else 1 / float(3**700))
        self.assertRaisesRegex(OverflowError, "integer division result too large for a float", operator.truediv, 10**400, 3)

    def test_powers(self):
        self.assertEqual(pow(3, -1, 7), 5)
        self.assertEqual(pow(-2, 5, -7), (-2) ** 5 % -7)
        self.assertEqual(pow(2, 10**6, 2**70 + 1), pow(pow(2, 10**3, 2**70 + 1), 10**3, 2**70 + 1))
        self.assertRaisesRegex(ValueError, "base is not invertible for the given modulus", pow, 2, -1, 4)
        self.assertEqual(2**-2, 0.25)

    def test_zero_division_texts(self):
        for f, text in ((operator.floordiv, "integer division or modulo by zero"), (operator.mod, "integer modulo by zero"),
                        (divmod, "integer division or modulo by zero"), (operator.truediv, "division by zero")):
            for a in (1, 10**50):
                with self.assertRaises(ZeroDivisionError) as caught:
                    f(a, 0)
                self.assertEqual(str(caught.exception), text)

    def test_rounding_to_tens_is_half_to_even(self):
        self.assertEqual([round(n, -1) for n in (5, 15, 25, -5, -15, 10**20 + 5)], [0, 20, 20, 0, -20, 10**20])


class Text(unittest.TestCase):
    def test_every_base_reads_back(self):
        for n in NUMBERS:
            self.assertEqual(int(str(n)), n)
            self.assertEqual(int(hex(n), 0), n)
            self.assertEqual(int(oct(n), 8), n)
            self.assertEqual(int(bin(n), 2), n)

    def test_bytes_read_back(self):
        for n in NUMBERS:
            for order in ("little", "big"):
                self.assertEqual(int.from_bytes(n.to_bytes(140, order, signed=True), order, signed=True), n)

    def test_limit_on_digits(self):
        with self.assertRaisesRegex(ValueError, r"Exceeds the limit \(4300 digits\) for integer string conversion: value has 5000 digits"):
            int("1" * 5000)
        with self.assertRaisesRegex(ValueError, r"Exceeds the limit \(4300 digits\) for integer string conversion; use"):
            str(10**5000)
        self.assertEqual(int("1" * 5000, 16) % 16, 1)

    def test_texts_that_are_none(self):
        for text in ("", "_1", "1__0", "1_", "0x", "1e5", "12\0", "--1"):
            self.assertRaisesRegex(ValueError, "invalid literal for int", int, text)
        self.assertEqual(int(" 1_000 "), 1000)
        self.assertEqual(int("١٢"), 12)

    def test_formats(self):
        self.assertEqual(f"{1234567:,} {-1234567:_d} {255:#06x} {5:+} {1234:010,}", "1,234,567 -1_234_567 0x00ff +5 00,001,234")
        self.assertRaisesRegex(ValueError, "Unknown format code 's' for object of type 'int'", format, 5, "s")
        self.assertRaisesRegex(ValueError, "Precision not allowed in integer format specifier", format, 5, ".3d")


class Subclass(unittest.TestCase):
    class I(int):
        pass

    def test_results_are_plain(self):
        for n in NUMBERS:
            x = self.I(n)
            self.assertEqual(x, n)
            self.assertEqual(hash(x), hash(n))
            for result in (x + 0, -x, +x, abs(x), int(x), x >> 0):
                self.assertIs(type(result), int)

    def test_from_bytes_makes_the_subclass(self):
        self.assertIs(type(self.I.from_bytes(b"\1", "big")), self.I)


if __name__ == "__main__":
    unittest.main()
