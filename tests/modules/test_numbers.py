"""math, cmath, random, bisect, heapq: exact results and errors."""

import bisect
import cmath
import heapq
import math
import random
import unittest


class Math(unittest.TestCase):
    def test_exact_sums(self):
        self.assertEqual(math.fsum([0.1] * 10), 1.0)
        self.assertEqual(math.fsum([1e100, 1.0, -1e100]), 1.0)
        self.assertEqual(math.hypot(3, 4, 12), 13.0)
        self.assertEqual(math.hypot(1e200, 1e200), 1.4142135623730951e200)
        self.assertEqual(math.dist((1, 2), (4, 6)), 5.0)

    def test_domain_and_range(self):
        for f, x in ((math.sqrt, -1), (math.log, 0), (math.acos, 2), (math.sin, math.inf), (math.gamma, -1), (math.atanh, 1)):
            self.assertRaisesRegex(ValueError, "math domain error", f, x)
        for f, x in ((math.exp, 1000), (math.cosh, 1000), (math.gamma, 200), (math.expm1, 1000)):
            self.assertRaisesRegex(OverflowError, "math range error", f, x)

    def test_whole_numbers(self):
        self.assertEqual((math.comb(10, 3), math.perm(20, 5), math.factorial(25), math.isqrt(10**40 + 1)), (120, 1860480, 15511210043330985984000000, 10**20))
        self.assertEqual(math.comb(100, 50), math.factorial(100) // math.factorial(50) ** 2)
        self.assertEqual((math.gcd(12, 18, 27), math.lcm(4, 6, 10), math.gcd(), math.lcm(0, 5)), (3, 60, 0, 0))
        self.assertEqual(math.log2(2**5000), 5000.0)
        self.assertRaisesRegex(ValueError, r"factorial\(\) not defined for negative values", math.factorial, -1)

    def test_complex(self):
        self.assertEqual(cmath.sqrt(-1), 1j)
        self.assertRaisesRegex(ValueError, "math domain error", cmath.log, 0)
        self.assertRaisesRegex(OverflowError, "math range error", cmath.exp, 1000)


class Random(unittest.TestCase):
    def test_the_same_numbers_as_ever(self):
        r = random.Random(12345)
        self.assertEqual([r.random(), r.getrandbits(100), r.getrandbits(33), r.randrange(10**30)],
                         [0.41661987254534116, 1016117545375175581765732037189, 5577615682, 332256083118531044858259323495])
        self.assertEqual(random.Random("abc").random(), random.Random("abc").random())

    def test_state(self):
        r = random.Random(1)
        state = r.getstate()
        first = [r.random() for _ in range(1000)]
        r.setstate(state)
        self.assertEqual([r.random() for _ in range(1000)], first)


class Sequences(unittest.TestCase):
    def test_bisect(self):
        a = [1, 2, 2, 3]
        self.assertEqual((bisect.bisect(a, 2), bisect.bisect_left(a, 2), bisect.bisect(a, 0), bisect.bisect(a, 9)), (3, 1, 0, 4))
        self.assertEqual(bisect.bisect_left(range(2**62), 2**61), 2**61)
        words = ["a", "bb", "ccc"]
        bisect.insort(words, "dd", key=len)
        self.assertEqual(words, ["a", "bb", "dd", "ccc"])
        self.assertRaisesRegex(ValueError, "lo must be non-negative", bisect.bisect, a, 1, -1)

    def test_heaps(self):
        r = random.Random(2)
        data = [r.choice([r.randrange(100), r.random() * 100]) for _ in range(1000)]
        heap = list(data)
        heapq.heapify(heap)
        self.assertEqual([heapq.heappop(heap) for _ in range(len(data))], sorted(data))
        self.assertRaisesRegex(IndexError, "index out of range", heapq.heappop, [])
        self.assertEqual(heapq.heappushpop([2, 3], 1), 1)


if __name__ == "__main__":
    unittest.main()
