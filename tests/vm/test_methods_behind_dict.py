"""Methods of builtin types whose instances have a dict: what the dict holds comes first, whenever it is put there."""

import functools
import io
import unittest


def written(stream, text):
    return stream.write(text)


class MethodsBehindDict(unittest.TestCase):
    def test_instance_attribute_hides_the_method_from_then_on(self):
        streams = [io.TextIOWrapper(io.BytesIO()) for _ in range(3)]
        for _ in range(50):
            for stream in streams:
                self.assertEqual(written(stream, "ab"), 2)
        streams[1].write = lambda text: text * 2
        for _ in range(50):
            self.assertEqual([written(stream, "ab") for stream in streams], [2, "abab", 2])
        del streams[1].write
        self.assertEqual([written(stream, "ab") for stream in streams], [2, 2, 2])

    def test_several_types_at_one_site(self):
        streams = [io.StringIO(), io.TextIOWrapper(io.BytesIO()), io.StringIO()]
        streams[0].mode = "w"
        for _ in range(50):
            self.assertEqual([written(stream, "abc") for stream in streams], [3, 3, 3])
        streams[2].write = len
        for _ in range(5):
            self.assertEqual([written(stream, "abcd") for stream in streams], [4, 4, 4])

    def test_a_key_whose_comparison_runs_code(self):
        class Name(str):
            def __hash__(self):
                return hash("write")

            def __eq__(self, other):
                return other == "write"

        stream = io.StringIO()
        for _ in range(20):
            self.assertEqual(written(stream, "x"), 1)
        stream.__dict__[Name("other")] = lambda text: "hidden"
        self.assertEqual(written(stream, "x"), "hidden")

    def test_other_builtin_types_with_a_dict(self):
        def clear(cached):
            return cached.cache_clear()

        cached = functools.lru_cache(lambda x: x)
        for _ in range(20):
            self.assertIsNone(clear(cached))
        cached.cache_clear = lambda: 7
        self.assertEqual(clear(cached), 7)


if __name__ == "__main__":
    unittest.main()
