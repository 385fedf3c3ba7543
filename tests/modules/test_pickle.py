"""_pickle: what its pickles consist of, its hooks, its errors, and pickle.PickleBuffer."""

import _pickle
import io
import pickle
import unittest


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Node:
    pass


class Pickles(unittest.TestCase):
    def test_native_module_is_used(self):
        self.assertIs(pickle.Pickler, _pickle.Pickler)
        self.assertIs(pickle.loads, _pickle.loads)

    def test_values_survive_every_protocol(self):
        values = [0, -1, 255, 65536, 2**31, -(2**31) - 1, 2**200, 1.5, float("inf"), "", "a\n\\", "\xe9\ud800\U00012345", b"", b"\xff" * 300,
                  [], [1], {}, {"a": [1, {2: 3}]}, (), (1,), (1, 2, 3, 4), {1, "x"}, frozenset((2, 3)), None, True, ..., NotImplemented, bytearray(b"xy"),
                  range(3), int, len, type(None), list(range(2001)), {i: str(i) for i in range(2001)}]
        for protocol in range(6):
            for value in values:
                self.assertEqual(pickle.loads(pickle.dumps(value, protocol)), value)

    def test_instructions(self):
        self.assertEqual(pickle.dumps([1, "a"], 0), b"(lp0\nI1\naVa\np1\na.")
        self.assertEqual(pickle.dumps([1, "a"], 1), b"]q\x00(K\x01X\x01\x00\x00\x00aq\x01e.")
        self.assertEqual(pickle.dumps((1, 300), 4), b"\x80\x04\x95\x08\x00\x00\x00\x00\x00\x00\x00K\x01M,\x01\x86\x94.")
        self.assertEqual(pickle.dumps(2**40, 2), b"\x80\x02\x8a\x06\x00\x00\x00\x00\x00\x01.")
        self.assertEqual(pickle.dumps({1000: None}, 2), b"\x80\x02}q\x00M\xe8\x03Ns.")

    def test_instances(self):
        p = Point(1, [2])
        p.z = p
        for protocol in range(6):
            copy = pickle.loads(pickle.dumps([p, p, p.y], protocol))
            self.assertIs(copy[0], copy[1])
            self.assertIs(copy[0].z, copy[0])
            self.assertIs(copy[2], copy[0].y)
            self.assertEqual(list(vars(copy[0])), ["x", "y", "z"])

    def test_attributes_and_their_dict_are_one(self):
        n = Node()
        n.a = 1
        out = pickle.dumps([n, n.__dict__], 4)
        self.assertEqual(out.count(b"\x8c\x01a"), 1)
        n2, d = pickle.loads(out)
        self.assertEqual(n2.__dict__, d)
        self.assertEqual(vars(pickle.loads(pickle.dumps(Node()))), {})

    def test_instance_attribute_named_reduce(self):
        n = Node()
        n.__reduce_ex__ = lambda protocol: (int, ("7",))
        self.assertEqual(pickle.loads(pickle.dumps(n)), 7)

    def test_frames(self):
        text = "x" * 100000
        out = pickle.dumps(["a", text, "b"], 4)
        self.assertEqual(pickle.loads(out), ["a", text, "b"])
        self.assertEqual(out.count(text.encode()), 1)


class Hooks(unittest.TestCase):
    def test_persistent_ids(self):
        class P(pickle.Pickler):
            def persistent_id(self, o):
                return "pid" if isinstance(o, Node) else None

        class U(pickle.Unpickler):
            def persistent_load(self, pid):
                return ("loaded", pid)

        for protocol in range(6):
            f = io.BytesIO()
            P(f, protocol).dump([Node(), 1])
            f.seek(0)
            self.assertEqual(U(f).load(), [("loaded", "pid"), 1])

    def test_reducer_override_dispatch_table_find_class(self):
        class P(pickle.Pickler):
            def reducer_override(self, o):
                return (complex, (1, 2)) if isinstance(o, Node) else NotImplemented

        f = io.BytesIO()
        p = P(f)
        p.dispatch_table = {Point: lambda o: (str, (o.x,))}
        p.dump([Node(), Point("q", 0)])

        class U(pickle.Unpickler):
            def find_class(self, module, name):
                seen.append((module, name))
                return super().find_class(module, name)

        seen = []
        self.assertEqual(U(io.BytesIO(f.getvalue())).load(), [1 + 2j, "q"])
        self.assertEqual(seen, [("builtins", "complex"), ("builtins", "str")])

    def test_memo(self):
        f = io.BytesIO()
        p = pickle.Pickler(f, 2)
        shared = [1]
        p.dump(shared)
        first = f.tell()
        p.dump(shared)
        self.assertEqual(f.getvalue()[first:], b"\x80\x02h\x00.")
        self.assertEqual(p.memo.copy(), {id(shared): (0, shared)})
        p.clear_memo()
        self.assertEqual(p.memo.copy(), {})
        u = pickle.Unpickler(io.BytesIO(pickle.dumps(["s"])))
        u.load()
        self.assertEqual(u.memo.copy(), {0: ["s"], 1: "s"})

    def test_state_setter(self):
        class C:
            def __reduce__(self):
                return Node, (), {"v": 1}, None, None, set_state
        self.assertEqual(pickle.loads(pickle.dumps(C())).set_by, {"v": 1})


def set_state(o, state):
    o.set_by = state


class Buffers(unittest.TestCase):
    def test_out_of_band(self):
        buffers = []
        data = bytearray(b"abc")
        out = pickle.dumps([pickle.PickleBuffer(data), pickle.PickleBuffer(b"ro")], 5, buffer_callback=buffers.append)
        self.assertEqual(out, b"\x80\x05\x95\x08\x00\x00\x00\x00\x00\x00\x00]\x94(\x97\x97\x98e.")
        back = pickle.loads(out, buffers=buffers)
        self.assertIs(back[0], buffers[0])
        with self.assertRaisesRegex(pickle.UnpicklingError, "not enough out-of-band buffers"):
            pickle.loads(out, buffers=[])

    def test_picklebuffer(self):
        b = pickle.PickleBuffer(memoryview(b"abcdef").cast("B", (2, 3)))
        self.assertEqual((b.raw().shape, bytes(b.raw())), ((6,), b"abcdef"))
        with self.assertRaisesRegex(BufferError, "cannot extract raw buffer from non-contiguous buffer"):
            pickle.PickleBuffer(memoryview(b"abcd")[::2]).raw()
        b.release()
        with self.assertRaisesRegex(ValueError, "operation forbidden on released PickleBuffer object"):
            memoryview(b)


class Errors(unittest.TestCase):
    def check(self, kind, text, data):
        with self.assertRaises(kind) as caught:
            pickle.loads(data)
        self.assertEqual(str(caught.exception), text)

    def test_loading(self):
        self.check(EOFError, "Ran out of input", b"N")
        self.check(pickle.UnpicklingError, "unpickling stack underflow", b".")
        self.check(pickle.UnpicklingError, "unexpected MARK found", b"(.")
        self.check(pickle.UnpicklingError, "could not find MARK", b"e.")
        self.check(pickle.UnpicklingError, "invalid load key, '\\xff'.", b"\xff")
        self.check(pickle.UnpicklingError, "pickle data was truncated", b"X\x05\x00\x00\x00ab")
        self.check(pickle.UnpicklingError, "Memo value not found at index 7", b"h\x07.")
        self.check(pickle.UnpicklingError, "odd number of items for SETITEMS", b"}(Nu.")
        self.check(pickle.UnpicklingError, "NEWOBJ class argument must be a type, not builtin_function_or_method", b"cbuiltins\nlen\n)\x81.")
        self.check(ValueError, "unsupported pickle protocol: 6", b"\x80\x06.")
        self.check(AttributeError, "Can't get attribute 'nope' on <module 'builtins' (built-in)>", b"cbuiltins\nnope\n.")
        self.check(ModuleNotFoundError, "No module named 'no_such'", b"cno_such\nx\n.")

    def test_hostile_memo_index_takes_no_memory(self):
        self.check(MemoryError, "", b"Np4294967296000\n.")

    def test_saving(self):
        with self.assertRaisesRegex(AttributeError, "Can't pickle local object 'Errors.test_saving.<locals>.<lambda>'"):
            pickle.dumps(lambda: 0)
        with self.assertRaisesRegex(TypeError, "cannot pickle 'generator' object"):
            pickle.dumps(x for x in ())
        deep = []
        for _ in range(100000):
            deep = [deep]
        with self.assertRaisesRegex(RecursionError, "while pickling an object"):
            pickle.dumps(deep)


if __name__ == "__main__":
    unittest.main()
