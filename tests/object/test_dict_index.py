"""Dicts whose keys' hashes collide, lie apart by powers of two or share their low bits, against a list of pairs as the model."""

import random
import unittest


class Key:
    def __init__(self, number, hash_value):
        self.number, self.hash_value = number, hash_value

    def __hash__(self):
        return self.hash_value

    def __eq__(self, other):
        return isinstance(other, Key) and self.number == other.number


FAMILIES = {
    "dense ints": lambda i: i,
    "strided ints": lambda i: i << 10,
    "ints that differ high up": lambda i: (i << 40) + 5,
    "large ints": lambda i: i << 61,
    "negative ints": lambda i: -i,
    "strs": lambda i: f"key {i}",
    "floats": lambda i: i + 0.5,
    "tuples": lambda i: (i, str(i)),
    "one hash": lambda i: Key(i, 12345),
    "eight hashes": lambda i: Key(i, i % 8),
    "hashes of one slot": lambda i: Key(i, i << 20),
    "all kinds": lambda i: [i, str(i), i + 0.25, (i,), Key(i, i), i << 70][i % 6],
}


class IndexTest(unittest.TestCase):
    def exercise(self, make, keys, steps):
        choose = random.Random(keys)
        mapping, model = {}, {}
        made = [make(i) for i in range(keys)]
        for step in range(steps):
            at = choose.randrange(keys)
            key = made[at]
            if choose.random() < 0.6:
                mapping[key] = step
                model[at] = step
            elif at in model:
                self.assertEqual(mapping.pop(key), model.pop(at))
            else:
                self.assertNotIn(key, mapping)
        self.assertEqual(len(mapping), len(model))
        self.assertEqual(list(mapping.values()), list(model.values()))
        for at, key in enumerate(made):
            self.assertEqual(mapping.get(key), model.get(at))
            self.assertEqual(mapping.get(make(at)), model.get(at))  # equal, not identical
        copied = dict(mapping)
        for key in made:
            copied.pop(key, None)
        self.assertEqual(copied, {})

    def test_insert_delete_and_look_up(self):
        for name, make in FAMILIES.items():
            for keys in (5, 20, 45, 300):
                with self.subTest(name, keys=keys):
                    self.exercise(make, 40 if name == "one hash" and keys == 300 else keys, 6 * keys)

    def test_large_tables(self):
        for name in ("dense ints", "strided ints", "strs", "all kinds"):
            with self.subTest(name):
                self.exercise(FAMILIES[name], 6000, 20_000)

    def test_equal_keys_of_other_types(self):
        mapping = {i: i for i in range(100)}
        for i in range(100):
            self.assertEqual(mapping[float(i)], i)
            mapping[float(i)] = -i
        mapping[True] = "one"
        self.assertEqual((len(mapping), mapping[1], mapping[99]), (100, "one", -99))
        self.assertEqual([type(key) for key in mapping], [int] * 100)

    def test_comparisons_that_change_the_dict(self):
        class Meddling(Key):
            __hash__ = Key.__hash__

            def __eq__(self, other):
                if isinstance(other, Key) and other.number != self.number:
                    meddle(other)
                return super().__eq__(other)

        for size in (3, 6, 12, 40):
            def meddle(other):
                for key in list(mapping)[1:]:
                    del mapping[key]

            mapping = {Key(i, 77): i for i in range(size)}
            self.assertIsNone(mapping.get(Meddling(-1, 77)))
            self.assertLessEqual(len(mapping), size)

            def meddle(other):
                mapping["count"] = mapping.get("count", 0) + 1

            mapping = {Key(i, 77): i for i in range(size)}
            self.assertEqual(mapping[Meddling(size - 1, 77)], size - 1)
            self.assertGreaterEqual(mapping["count"], 1)

            # Emptied and filled again, in the same place or another, with room for more or fewer.
            rounds = iter(range(5))

            def meddle(other):
                for number in rounds:
                    keys = list(mapping)
                    mapping.clear()
                    mapping.update(dict.fromkeys(keys + [Key(i + 1000 * number, i) for i in range(size * number)]))
                    break

            mapping = {Key(i, 77): i for i in range(size)}
            self.assertIsNone(mapping.get(Meddling(-1, 77)))

    def test_texts_of_every_length(self):
        for length in range(40):
            for last in ("a", "\u00e9", "\u20ac", "\U0001f600"):
                text = "x" * length + last
                mapping = {text: length}
                self.assertEqual(mapping["".join(list(text))], length)
                self.assertIsNone(mapping.get("x" * length + "b"))
                self.assertIsNone(mapping.get("y" + text[1:] if length else "y"))
                self.assertEqual(text[:3] == "xxx", length >= 3)


if __name__ == "__main__":
    unittest.main()
