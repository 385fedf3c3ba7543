"""Integer division by one divisor for all elements: every quotient and remainder, and what is warned of."""
# requires: numpy

import math
import unittest
import warnings

import numpy as np


class ByOneDivisor(unittest.TestCase):
    def check(self, a, divisor, dtype):
        d = np.array(divisor, dtype)[()]
        numbers = a.tolist()
        with np.errstate(all='ignore'):
            floor, rest, truncated = a // d, a % d, np.fmod(a, d)
            both = np.divmod(a, d)
        self.assertEqual(floor.dtype, dtype)
        self.assertEqual((both[0].tolist(), both[1].tolist()), (floor.tolist(), rest.tolist()))
        self.assertEqual(rest.tolist(), [x % divisor for x in numbers])
        self.assertEqual(truncated.tolist(), [int(math.copysign(abs(x) % abs(divisor), x)) if abs(x) < 2**50 else abs(x) % abs(divisor) * (-1 if x < 0 else 1)
                                              for x in numbers])
        wrapped = np.array([x // divisor & 2 ** (8 * a.itemsize) - 1 for x in numbers], f'u{a.itemsize}').view(dtype)
        self.assertEqual(floor.tolist(), wrapped.tolist())

    def test_all_bytes(self):
        for dtype in (np.int8, np.uint8):
            low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
            a = np.arange(low, high + 1).astype(dtype)
            for divisor in range(low, high + 1):
                if divisor:
                    self.check(a, divisor, dtype)

    def test_edges_and_random_numbers(self):
        rng = np.random.default_rng(11)
        for dtype in (np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64):
            info = np.iinfo(dtype)
            bits = info.bits
            edges = {info.min, info.min + 1, info.max, info.max - 1, 0, 1, 2, 3, 7, 10, 641}
            edges |= {s * (1 << k) + e for k in range(1, bits) for e in (-1, 0, 1) for s in (1, -1)}
            edges = sorted(e for e in edges if info.min <= e <= info.max)
            a = np.concatenate([np.array(edges, dtype), rng.integers(info.min, info.max, 60, dtype, endpoint=True)])
            divisors = [*edges, *rng.integers(info.min, info.max, 20, dtype, endpoint=True).tolist(), *rng.integers(1, 100, 20).tolist()]
            for divisor in divisors:
                if divisor:
                    # Multiples, too, and what lies next to them.
                    near = [k * divisor + e for k in (1, 2, 5, info.max // abs(divisor)) for e in (-1, 0, 1)]
                    self.check(np.concatenate([a, np.array([x for x in near if info.min <= x <= info.max], dtype)]), divisor, dtype)

    def test_other_layouts(self):
        a = np.arange(-60, 60)
        want = [x // 7 for x in range(-60, 60)]
        self.assertEqual((a[::-1] // 7).tolist(), want[::-1])
        self.assertEqual((a[:5] // 7).tolist(), want[:5])
        self.assertEqual((a.reshape(10, 12) // np.full((10, 1), 7)).ravel().tolist(), want)
        a //= 7
        self.assertEqual(a.tolist(), want)

    def test_warnings(self):
        a = np.full(40, -2 ** 63)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter('always')
            self.assertEqual(set((a // 0).tolist()), {0})
            self.assertEqual(set((a // -1).tolist()), {-2 ** 63})
            self.assertEqual(set((a % 0).tolist()), {0})
            self.assertEqual(set((a // 2).tolist()), {-2 ** 62})
        self.assertEqual([str(w.message) for w in seen],
                         ['divide by zero encountered in floor_divide', 'overflow encountered in floor_divide', 'divide by zero encountered in remainder'])


if __name__ == '__main__':
    unittest.main()
