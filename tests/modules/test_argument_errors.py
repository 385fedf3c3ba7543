"""What functions of the library say to arguments that they do not take."""

import collections
import functools
import itertools
import struct
import unittest


class ArgumentErrorTests(unittest.TestCase):
    def check(self, message, function, *args, **keywords):
        with self.assertRaises(TypeError) as caught:
            function(*args, **keywords)
        self.assertEqual(str(caught.exception), message)

    def test_no_keywords(self):
        for message, call in [("_struct.pack() takes no keyword arguments", lambda: struct.pack(x=2)),
                              ("Struct.pack() takes no keyword arguments", lambda: struct.Struct("").pack(x=2)),
                              ("deque.index() takes no keyword arguments", lambda: collections.deque().index(x=2))]:
            self.check(message, call)

    def test_too_many(self):
        self.check("cmp_to_key() takes at most 1 argument (2 given)", functools.cmp_to_key, 1, 2)
        self.check("compress() takes at most 2 arguments (3 given)", itertools.compress, 1, 2, 3)
        self.check("min() takes at most 2 keyword arguments (3 given)", min, 0, default=1, key=2, foo=3)
        self.check("product() takes at most 1 keyword argument (2 given)", itertools.product, 0, repeat=1, foo=2)
        self.check("ImportError() takes at most 2 keyword arguments (3 given)", ImportError, 0, name=1, path=2, foo=3)

    def test_what_is_missing_comes_before_what_is_unknown(self):
        self.check("combinations() missing required argument 'iterable' (pos 1)", itertools.combinations, foo=1)
        self.check("'foo' is an invalid keyword argument for accumulate()", itertools.accumulate, "ab", foo=1)


if __name__ == "__main__":
    unittest.main()
