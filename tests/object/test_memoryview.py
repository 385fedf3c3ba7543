"""memoryview: formats, shapes, slices, release."""

import array
import unittest


class Views(unittest.TestCase):
    def test_cast_to_shapes_and_back(self):
        m = memoryview(bytes(range(24)))
        cube = m.cast("B", [2, 3, 4])
        self.assertEqual(cube.tolist()[1][2], [20, 21, 22, 23])
        self.assertEqual(cube[1, 2, 3], 23)
        self.assertEqual((cube.shape, cube.strides, len(cube)), ((2, 3, 4), (12, 4, 1), 2))
        self.assertEqual(cube.cast("B").tolist(), list(range(24)))
        with self.assertRaisesRegex(NotImplementedError, "multi-dimensional sub-views are not implemented"):
            cube[0]

    def test_formats(self):
        for code, values in (("b", [-1, 2]), ("H", [1, 65535]), ("q", [-(2**63), 2**62]), ("Q", [0, 2**64 - 1]), ("d", [1.5, -0.0]), ("f", [0.5, 2.0])):
            a = array.array(code, values)
            self.assertEqual(memoryview(a).tolist(), values)
            self.assertEqual(memoryview(a).cast("B").cast(code).tolist(), values)

    def test_writes(self):
        data = bytearray(b"abcdef")
        m = memoryview(data)
        m[0] = 65
        m[::2] = b"xyz"
        m[1:3] = m[2:4]
        self.assertEqual(data, b"xyddzf")
        with self.assertRaisesRegex(ValueError, "memoryview assignment: lvalue and rvalue have different structures"):
            m[0:2] = b"abc"
        with self.assertRaisesRegex(ValueError, "memoryview: invalid value for format 'B'"):
            m[0] = 256
        with self.assertRaisesRegex(TypeError, "cannot modify read-only memory"):
            m.toreadonly()[0] = 1

    def test_release(self):
        data = bytearray(b"123")
        m = memoryview(data)
        tail = m[1:]
        m.release()
        self.assertRaisesRegex(ValueError, "operation forbidden on released memoryview object", lambda: m[0])
        self.assertEqual(tail.tolist(), [50, 51])
        self.assertRaises(BufferError, data.append, 1)
        tail.release()
        data.append(1)

    def test_equality_is_of_values(self):
        self.assertEqual(memoryview(array.array("i", [1, 2])), array.array("q", [1, 2]))
        self.assertNotEqual(memoryview(b"ab"), memoryview(b"ab").cast("B", [1, 2]))
        self.assertEqual(hash(memoryview(b"ab")), hash(b"ab"))
        self.assertRaisesRegex(ValueError, "cannot hash writable memoryview object", hash, memoryview(bytearray(1)))

    def test_release_while_converting(self):
        m = memoryview(bytearray(4))

        class Index:
            def __index__(self):
                m.release()
                return 1

        with self.assertRaisesRegex(ValueError, "operation forbidden on released memoryview object"):
            m[0] = Index()


if __name__ == "__main__":
    unittest.main()
