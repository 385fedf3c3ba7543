"""struct, array, marshal, binascii and zlib."""

import array
import binascii
import io
import marshal
import struct
import unittest
import zlib


class Struct(unittest.TestCase):
    def test_alignment_and_order(self):
        self.assertEqual((struct.calcsize("bq"), struct.calcsize("<bq"), struct.calcsize("q0i b0q")), (16, 9, 16))
        self.assertEqual(struct.pack(">hIq", -2, 3, -4), b"\xff\xfe\0\0\0\3" + b"\xff" * 7 + b"\xfc")
        self.assertEqual(struct.unpack("<3sxhd", struct.pack("<3sxhd", b"ab", 5, 2.5)), (b"ab\0", 5, 2.5))

    def test_texts_of_errors(self):
        for text, f in (("required argument is not an integer", lambda: struct.pack("i", "a")),
                        ("ubyte format requires 0 <= number <= 255", lambda: struct.pack("B", 256)),
                        ("'h' format requires -32768 <= number <= 32767", lambda: struct.pack(">h", 40000)),
                        ("unpack requires a buffer of 8 bytes", lambda: struct.unpack("ii", b"1")),
                        ("pack expected 2 items for packing (got 1)", lambda: struct.pack("ii", 1)),
                        ("bad char in struct format", lambda: struct.pack("z"))):
            with self.assertRaises(struct.error) as caught:
                f()
            self.assertEqual(str(caught.exception), text)

    def test_half_floats(self):
        for x in (0.0, -0.0, 1.0, 65504.0, 6e-8, float("inf")):
            self.assertEqual(struct.unpack("e", struct.pack("e", x))[0], x if x != 6e-8 else 2**-24)
        self.assertRaisesRegex(OverflowError, "float too large to pack with e format", struct.pack, "e", 65520.0)

    def test_iteration(self):
        self.assertEqual(list(struct.iter_unpack("<h", b"\1\0\2\0")), [(1,), (2,)])


class Array(unittest.TestCase):
    def test_list_like(self):
        a = array.array("i", range(10))
        del a[2:4], a[::3]
        a[1:1] = array.array("i", [7, 8])
        a.reverse()
        self.assertEqual(a.tolist(), [9, 7, 6, 4, 8, 7, 1])
        self.assertEqual(repr(a[:2]), "array('i', [9, 7])")
        self.assertRaisesRegex(OverflowError, "signed char is greater than maximum", array.array, "b", [128])
        self.assertRaisesRegex(TypeError, "can only append array", lambda: a + [1])

    def test_bytes(self):
        a = array.array("d", [1.5, -2.0])
        b = array.array("d")
        b.frombytes(a.tobytes())
        self.assertEqual(a, b)
        b.byteswap()
        self.assertNotEqual(a, b)


class Marshal(unittest.TestCase):
    def test_values_come_back(self):
        shared = "shared text"
        for value in (None, True, ..., 0, -1, 2**31, -(2**100), 1.5, 1j, "", "é\ud800", "x" * 300, b"ab", (), (1, (2,)) * 3, [1, [2]], {1: {2: 3}}, {1, 2},
                      frozenset("ab"), [shared, shared]):
            for version in range(5):
                self.assertEqual(marshal.loads(marshal.dumps(value, version)), value)

    def test_references_keep_identity(self):
        shared = ["x"]
        a, b = marshal.loads(marshal.dumps([shared, shared]))
        self.assertIs(a, b)

    def test_code_runs(self):
        code = compile("def f(x, *, y=2):\n  return x + y\nz = f(1)", "<test>", "exec")
        namespace = {}
        exec(marshal.loads(marshal.dumps(code)), namespace)
        self.assertEqual(namespace["z"], 3)

    def test_broken_data(self):
        for data, error in ((b"", EOFError), (b"i12", EOFError), (b"R\0\0\0\0", ValueError), (b"[\xff\xff\xff\xff", ValueError), (b"0", TypeError)):
            self.assertRaises(error, marshal.loads, data)
        deep = []
        for _ in range(3000):
            deep = [deep]
        self.assertRaisesRegex(ValueError, "object too deeply nested to marshal", marshal.dumps, deep)

    def test_files(self):
        file = io.BytesIO()
        marshal.dump([1, "a"], file)
        marshal.dump(2.5, file)
        file.seek(0)
        self.assertEqual([marshal.load(file), marshal.load(file)], [[1, "a"], 2.5])


class Binascii(unittest.TestCase):
    def test_codings_come_back(self):
        for n in range(50):
            data = bytes(i * 7 % 256 for i in range(n))
            self.assertEqual(binascii.unhexlify(binascii.hexlify(data)), data)
            self.assertEqual(binascii.a2b_base64(binascii.b2a_base64(data)), data)
            self.assertEqual(binascii.a2b_qp(binascii.b2a_qp(data, istext=False)), data)
            if n <= 45:
                self.assertEqual(binascii.a2b_uu(binascii.b2a_uu(data)), data)

    def test_errors(self):
        self.assertRaisesRegex(binascii.Error, "Odd-length string", binascii.unhexlify, "abc")
        self.assertRaisesRegex(binascii.Error, "Incorrect padding", binascii.a2b_base64, "abc")
        self.assertRaisesRegex(binascii.Error, "Only base64 data is allowed", binascii.a2b_base64, "a!b=", strict_mode=True)


class Zlib(unittest.TestCase):
    def test_pieces(self):
        data = bytes(range(256)) * 500
        c = zlib.compressobj(9)
        packed = c.compress(data[:1000]) + c.compress(data[1000:]) + c.flush()
        d = zlib.decompressobj()
        out = d.decompress(packed[:40]) + d.decompress(packed[40:] + b"tail")
        self.assertEqual((out, d.eof, d.unused_data), (data, True, b"tail"))
        d = zlib.decompressobj()
        out = d.decompress(packed, 100)
        self.assertEqual(len(out), 100)
        while d.unconsumed_tail:
            out += d.decompress(d.unconsumed_tail, 5000)
        self.assertEqual(out + d.flush(), data)

    def test_truncated(self):
        with self.assertRaisesRegex(zlib.error, "Error -5 while decompressing data: incomplete or truncated stream"):
            zlib.decompress(zlib.compress(b"abc")[:-1])

    def test_checksums(self):
        self.assertEqual((zlib.crc32(b"hello"), zlib.adler32(b"hello"), binascii.crc32(b"hello")), (907060870, 103547413, 907060870))


if __name__ == "__main__":
    unittest.main()
