"""Modules compiled for CPython 3.11 see objects as they expect them, and give back what Python can go on with."""

import gc
import sys
import unittest

import extensions


class Buffers(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("buffers")

    def test_sum(self):
        for data in (b"", b"abc", bytearray(b"\xff" * 1000), memoryview(b"abcdef")[2:4]):
            self.assertEqual(self.module.sum_bytes(data), sum(bytes(data)))

    def test_wrong_arguments(self):
        with self.assertRaisesRegex(TypeError, "a bytes-like object is required, not 'str'"):
            self.module.sum_bytes("text")
        with self.assertRaisesRegex(TypeError, r"sum_bytes\(\) takes exactly 1 argument \(2 given\)"):
            self.module.sum_bytes(b"", b"")

    def test_writable(self):
        data = bytearray(b"\x00\x0f")
        self.module.invert(data)
        self.assertEqual(data, b"\xff\xf0")
        data.append(1)  # the buffer was given back
        with self.assertRaises(BufferError):
            self.module.invert(b"constant")

    def test_signature(self):
        self.assertEqual(self.module.sum_bytes.__text_signature__, "(data, /)")
        self.assertEqual(self.module.sum_bytes.__doc__, "The sum of all bytes.")
        self.assertEqual(self.module.__doc__, "Buffers seen from C.")


class Walking(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("walking")

    def test_nested_numbers(self):
        data = [1, 2.5, (3, [4, (5.0, 10 ** 20)]), [], True]
        self.assertEqual(self.module.walk(data), (1 + 2.5 + 3 + 4 + 5.0 + 1e20 + 1, 7))

    def test_python_goes_on_with_what_c_has_seen(self):
        inner = [1, 2]
        data = [inner, (3, 4.5)]
        self.module.walk(data)
        inner.append(3)
        data.append(2 ** 40)
        self.assertEqual(data, [[1, 2, 3], (3, 4.5), 2 ** 40])
        self.assertEqual(self.module.walk(data), (6 + 7.5 + 2 ** 40, 6))
        inner[0] += 5
        inner.sort(reverse=True)
        self.assertEqual(inner, [6, 3, 2])
        self.assertEqual(sum(inner), 11)
        self.assertEqual(inner[:2] + [1.5], [6, 3, 1.5])

    def test_list_put_into_a_seen_list(self):
        outer = []
        self.module.walk(outer)
        late = [1.5, 2.5]
        outer.append(late)
        late.append(3.5)
        self.assertEqual(self.module.walk(outer), (7.5, 3))

    def test_comprehension_and_literal(self):
        self.assertEqual(self.module.walk([i * 0.5 for i in range(1000)]), (249750.0, 1000))
        self.assertEqual(self.module.walk((1, -1, 2 ** 49, -2 ** 49, 2 ** 60)), (float(2 ** 60), 5))

    def test_peek(self):
        data = [7, 1.25, None, "x", 2 ** 70]
        for i, name in enumerate(["int", "float", "NoneType", "str", "int"]):
            item, kind, same = self.module.peek(data, i)
            self.assertEqual((item, kind, same), (data[i], name, True))

    def test_error_text(self):
        with self.assertRaisesRegex(TypeError, "not a number: 'x'"):
            self.module.walk([1, ["x"]])

    def test_set_item_macro(self):
        data = [1, 2, 3]
        alias = data
        for i, item in enumerate([10, 2.5, "text"]):
            self.module.put(data, i, item)
        self.assertEqual(alias, [10, 2.5, "text"])
        self.assertEqual([item for item in alias], [10, 2.5, "text"])
        alias[0] += 1
        self.assertEqual(data[0], 11)
        self.assertIn(2.5, data)

    def test_writes_through_the_item_array(self):
        data = [1, 2.5, 2 ** 48]
        self.module.double_all(data)
        self.assertEqual(data, [2, 5.0, 2 ** 49])
        data.insert(0, 1)
        self.module.double_all(data)
        self.assertEqual(data, [2, 4, 10.0, 2 ** 50])

    def test_list_made_by_c(self):
        squares, pair = self.module.make(50)
        self.assertEqual(sum(squares), sum(i * i for i in range(50)))
        table = {square: i for i, square in enumerate(squares)}
        self.assertEqual([table[i * i] for i in range(50)], list(range(50)))
        self.assertEqual(squares, [i * i for i in range(50)])
        self.assertTrue(all(a is b for a, b in zip(squares, sorted(squares))))
        self.assertEqual(pair, (50, 25.0))
        self.assertEqual(hash(pair), hash((50, 25.0)))
        self.assertEqual({pair: 1}[50, 25.0], 1)
        squares[3] = "x"
        squares += [1, 2]
        self.assertEqual(squares[3:4] + squares[-2:], ["x", 1, 2])

    def test_collection(self):
        ring = [1, 2.0]
        ring.append(ring)
        self.module.peek(ring, 0)
        del ring
        gc.collect()


class Borrowing(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("borrowing")

    def test_int_used_after_other_calls(self):
        self.assertEqual(self.module.late_use({"a": 12345, "b": 1}, "a"), 24690)
        self.assertEqual(self.module.late_use({3: 1.5}, 3), 3.0)
        with self.assertRaises(KeyError):
            self.module.late_use({}, "a")

    def test_what_c_stores_stays_the_object_it_was(self):
        table, items = {"b": 1}, [2]
        self.assertEqual(self.module.stored(table, items, 1.5), 6.0)
        self.assertEqual((table, items, self.module.number), ({"b": 1, "a": 1.5}, [1.5, 2, 1.5], 1.5))
        table["a"] += 1
        self.assertEqual(table["a"], 2.5)

    def test_dict_goes_on(self):
        table = {"a": 1000}
        self.module.late_use(table, "a")
        table["a"] += 1
        self.assertEqual(table["a"], 1001)
        self.assertEqual(len(table), 1001)
        self.assertEqual(self.module.late_use(table, "a"), 2002)

    def test_items(self):
        self.assertEqual(self.module.totals({i: i * i for i in range(100)}), (4950, 328350))
        self.assertEqual(self.module.totals({}), (0, 0))
        table = dict.fromkeys(range(10), 5)
        del table[3]
        self.assertEqual(self.module.totals(table), (42, 45))

    def test_sys(self):
        self.assertIs(self.module.system("modules"), sys.modules)
        self.assertEqual(self.module.system("maxsize"), sys.maxsize)


class Subclasses(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("subclasses")

    def test_dict(self):
        table = self.module.CountingDict(a=1)
        table["b"] = 2
        table[3] = 4.5
        del table["a"]
        self.assertEqual(table, {"b": 2, 3: 4.5})
        self.assertEqual(table.stores, 3)
        self.assertEqual(sorted(map(str, table)), ["3", "b"])
        self.assertTrue(issubclass(self.module.CountingDict, dict))

    def test_list(self):
        items = self.module.StatefulList([3, 1, 2.5])
        items.append(2 ** 60)
        items.sort()
        self.assertEqual(items, [1, 2.5, 3, 2 ** 60])
        self.assertEqual([items.increment() for _ in range(3)], [1, 2, 3])
        self.assertEqual(items[1:3], [2.5, 3])
        self.assertEqual(type(items[:]), list)

    def test_float(self):
        length = self.module.Quantity(2.5, "m")
        self.assertEqual(length + 1, 3.5)
        self.assertEqual(1 - length, -1.5)
        self.assertEqual(repr(length), "2.5 m")
        self.assertEqual(length, 2.5)
        self.assertEqual({2.5: "x"}[length], "x")
        self.assertEqual([length].index(2.5), 0)
        self.assertIs([length][0], length)
        self.assertEqual(length.unit, "m")

    def test_python_subclass_of_c_subclass(self):
        class Named(self.module.StatefulList):
            def __init__(self, name, items):
                super().__init__(items)
                self.name = name

        items = Named("n", [1, 2])
        items.increment()
        self.assertEqual((items.increment(), items.name, list(items)), (2, "n", [1, 2]))

        class Length(self.module.Quantity):
            pass

        self.assertEqual(repr(Length(1, "km")), "1.0 km")
        del items
        gc.collect()


class StaticSubclasses(unittest.TestCase):
    def test_of_weak_references(self):
        class Referent:
            pass
        Valued = extensions.load("weak_values").Valued
        gone = []
        alive = [Referent() for _ in range(200)]
        references = [Valued(o, gone.append) for o in alive]
        for n, reference in enumerate(references):
            reference.value = [n]
        self.assertTrue(all(r.whole() for r in references))
        self.assertTrue(all(r() is o for r, o in zip(references, alive)))
        del alive[::2]
        self.assertEqual({id(r) for r in gone}, {id(r) for r in references[::2]})
        self.assertEqual([r.value for r in references], [[n] for n in range(200)])
        self.assertTrue(all(r.whole() for r in references))


class DirectCalls(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("direct")

    def test_methods(self):
        items = [3, 1]
        call = self.module.call_method
        self.assertIsNone(call(items.append, 2))
        self.assertEqual(items, [3, 1, 2])
        self.assertEqual(call(items.index, 1), 1)
        self.assertIsNone(call(items.reverse, None))
        self.assertEqual(items, [2, 1, 3])
        self.assertEqual(call(len, "four"), 4)
        self.assertEqual(call(sorted, [2, 1]), [1, 2])
        self.assertEqual(call("a-b".split, "-"), ["a", "b"])
        self.assertEqual(call({1: 2.5}.get, 1), 2.5)
        self.assertEqual(call(abs, -7), 7)
        with self.assertRaises(ValueError):
            call(items.index, "x")
        with self.assertRaises(TypeError):
            call(len, 5)

    def test_add(self):
        add = self.module.number_add
        for a, b in ((1, 2), (2 ** 48, 2 ** 48), (2 ** 62, 2 ** 62), (-1, 1), (1.5, 2.5), (1.5, 2), (True, 1)):
            self.assertEqual(add(a, b), a + b)
        self.assertIs(add(1, "x"), NotImplemented)
        self.assertIs(add(1, 2.5), NotImplemented)

    def test_other_slots(self):
        self.assertIs(self.module.number_bool(0), False)
        self.assertIs(self.module.number_bool(0.5), True)
        self.assertEqual(self.module.item([5, 6.5], 1), 6.5)
        self.assertEqual(self.module.item((5, "x"), 1), "x")
        with self.assertRaises(IndexError):
            self.module.item([5], 3)
        table = {}
        self.module.store(table, 1, 2)
        self.module.store(table, "k", 2.5)
        self.assertEqual(table, {1: 2, "k": 2.5})
        items = [1, 2]
        self.module.store(items, slice(0, 1), [7, 8])
        self.assertEqual(items, [7, 8, 2])
        self.assertIs(self.module.compare(1, 2, 0), True)
        self.assertIs(self.module.compare(1, "x", 2), NotImplemented)
        self.assertIs(self.module.compare([1, 2.0], [1.0, 2], 2), True)
        self.assertEqual(self.module.hash(2.0), self.module.hash(2))
        self.assertEqual(self.module.hash((1, 2)), hash((1, 2)))
        with self.assertRaisesRegex(TypeError, "unhashable type: 'list'"):
            self.module.hash([])

    def test_iterators(self):
        def generator():
            yield 1
            yield 2.5
            return 3
        for iterable in ([1, 2.5], (1, 2.5), {1: 0, 2.5: 0}, generator(), map(abs, [-1, 2.5]), zip([1], [2.5]),
                         range(3), "ab", {7}, enumerate([1.5]), reversed([1, 2]), {1: 2}.items(), iter([3])):
            expected = [1, 2.5] if hasattr(iterable, "gi_frame") else None
            result = self.module.drain(iterable)
            if expected:
                self.assertEqual(result, expected)
        self.assertEqual(self.module.drain(range(3)), [0, 1, 2])
        self.assertEqual(self.module.drain({1: 2}.items()), [(1, 2)])

        def failing():
            yield 1
            raise KeyError("k")
        with self.assertRaises(KeyError):
            self.module.drain(failing())


class Counting(unittest.TestCase):
    def setUp(self):
        self.module = extensions.load("counting")

    def test_iterates(self):
        self.assertEqual(list(self.module.Counter(4)), [0, 1, 2, 3])
        self.assertEqual(sum(self.module.Counter(10, start=5)), 35)
        self.assertEqual([*self.module.Counter(2)], [0, 1])

    def test_stop_iteration_carries_an_int(self):
        counter = self.module.Counter(1)
        next(counter)
        with self.assertRaises(StopIteration) as caught:
            next(counter)
        self.assertEqual(caught.exception.value, 10)
        self.assertEqual(caught.exception.args, (10,))

    def test_yield_from(self):
        def outer():
            result = yield from self.module.Counter(3)
            yield ("result", result)
        self.assertEqual(list(outer()), [0, 1, 2, ("result", 30)])

    def test_arguments(self):
        with self.assertRaisesRegex(TypeError, "Counter"):
            self.module.Counter()
        self.assertEqual(self.module.Counter.__text_signature__, "(stop, start=0)")
        self.assertEqual(self.module.Counter.__module__, "counting")

    def test_subclass(self):
        class Shifted(self.module.Counter):
            def __next__(self):
                return super().__next__() + 100
        self.assertEqual(list(Shifted(2)), [100, 101])


class Counts(unittest.TestCase):
    def test_as_python3_has_them(self):
        module = extensions.load("counts")
        thing = module.Counted()
        self.assertEqual((module.one(thing), module.several(1, thing)), (2, 2))
        self.assertEqual((module.one(module.Counted()), module.several(module.Counted())), (1, 1))
        self.assertEqual((thing.count(), module.Counted().count()), (2, 1))


class Inheritance(unittest.TestCase):
    def test_what_a_type_inherits_stays_its_own(self):
        module = extensions.load("shared_suites")
        self.assertFalse(module.bytes_multiply())
        self.assertEqual(module.Text(b"ab") * 2, b"abab")
        self.assertEqual(b"ab" * 2, b"abab")


if __name__ == "__main__":
    unittest.main()
