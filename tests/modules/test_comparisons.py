"""Who is asked when containers compare their items; sizes that programs see."""

import array
import inspect
import itertools
import sys
import unittest


class Left:
    def __eq__(self, other):
        return True


class Right:
    def __eq__(self, other):
        return False


class ComparisonTests(unittest.TestCase):
    def test_left_operand_is_asked(self):
        self.assertTrue({"a": Left()} == {"a": Right()})
        self.assertFalse({"a": Right()} == {"a": Left()})
        self.assertTrue([Left()] == [Right()])
        self.assertFalse((Right(),) == (Left(),))


class SizeTests(unittest.TestCase):
    def test_array_of_a_sequence_has_no_spare_room(self):
        empty = sys.getsizeof(array.array("d"))
        for items in [1.0] * 5, (2.0,) * 7, array.array("d", range(3)):
            self.assertEqual(sys.getsizeof(array.array("d", items)), empty + 8 * len(items))
        self.assertEqual(sys.getsizeof(array.array("u", "abc")), empty + 12)


class SignatureTests(unittest.TestCase):
    def test_itertools(self):
        self.assertEqual(str(inspect.signature(itertools.count)), "(start=0, step=1)")
        self.assertEqual(str(inspect.signature(itertools.accumulate)), "(iterable, func=None, *, initial=None)")
        self.assertEqual(str(inspect.signature(itertools.permutations)), "(iterable, r=None)")


if __name__ == "__main__":
    unittest.main()
