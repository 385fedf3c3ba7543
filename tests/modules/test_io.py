"""_io: files, buffers, text layers, memory streams, and what they say when misused."""

import io
import os
import tempfile
import unittest
import warnings


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "file")
        with open(self.path, "wb") as f:
            f.write(b"hello\nworld\r\nlast")

    def tearDown(self):
        self.folder.cleanup()

    def says(self, kind, text, function):
        with self.assertRaises(kind) as caught:
            function()
        self.assertEqual(str(caught.exception), text)

    def test_modes(self):
        self.says(ValueError, "invalid mode: 'q'", lambda: open(self.path, "q"))
        self.says(ValueError, "must have exactly one of create/read/write/append mode", lambda: open(self.path, "rw"))
        self.says(ValueError, "can't have text and binary mode at once", lambda: open(self.path, "rbt"))
        self.says(ValueError, "binary mode doesn't take an encoding argument", lambda: open(self.path, "rb", encoding="utf-8"))
        self.says(ValueError, "can't have unbuffered text I/O", lambda: open(self.path, "r", 0))
        self.says(IsADirectoryError, f"[Errno 21] Is a directory: {self.folder.name!r}", lambda: open(self.folder.name))
        self.says(FileNotFoundError, f"[Errno 2] No such file or directory: {self.path + 'x'!r}", lambda: open(self.path + "x"))
        self.says(FileExistsError, f"[Errno 17] File exists: {self.path!r}", lambda: open(self.path, "x"))

    def test_closed(self):
        f = open(self.path)
        f.close()
        self.says(ValueError, "I/O operation on closed file.", f.read)
        b = open(self.path, "rb")
        b.close()
        self.says(ValueError, "read of closed file", b.read)
        self.says(ValueError, "seek of closed file", lambda: b.seek(0))
        r = open(self.path, "rb", 0)
        r.close()
        self.says(ValueError, "I/O operation on closed file", r.read)

    def test_wrong_direction(self):
        with open(self.path) as f:
            self.says(io.UnsupportedOperation, "not writable", lambda: f.write("x"))
        with open(self.path, "ab") as f:
            self.says(io.UnsupportedOperation, "read", f.read)
        with open(self.path, "rb", 0) as f:
            self.says(io.UnsupportedOperation, "File not open for writing", lambda: f.write(b"x"))

    def test_newlines(self):
        with open(self.path) as f:
            self.assertEqual(f.readlines(), ["hello\n", "world\n", "last"])
            self.assertEqual(f.newlines, ("\n", "\r\n"))
        with open(self.path, newline="") as f:
            self.assertEqual(f.readlines(), ["hello\n", "world\r\n", "last"])
        with open(self.path, newline="\r\n") as f:
            self.assertEqual(f.readlines(), ["hello\nworld\r\n", "last"])
        with open(self.path, "w", newline="\r\n") as f:
            f.write("a\nb\n")
        with open(self.path, "rb") as f:
            self.assertEqual(f.read(), b"a\r\nb\r\n")

    def test_positions_in_text(self):
        text = "".join(f"line {i} \xe9\u20ac\U00012345\n" for i in range(2000))
        with open(self.path, "w", encoding="utf-8") as f:
            f.write(text)
        with open(self.path, encoding="utf-8") as f:
            places = {}
            for i in range(2000):
                places[i] = f.tell()
                f.readline()
            for i in (1999, 0, 777, 1234):
                f.seek(places[i])
                self.assertEqual(f.readline(), f"line {i} \xe9\u20ac\U00012345\n")
            f.seek(places[5])
            f.read(7)
            here = f.tell()
            rest = f.read(20)
            f.seek(here)
            self.assertEqual(f.read(20), rest)

    def test_mixed_reading_and_writing(self):
        with open(self.path, "r+b") as f:
            self.assertEqual(f.read(3), b"hel")
            f.write(b"XX")
            self.assertEqual(f.read(3), b"\nwo")
            f.seek(0)
            self.assertEqual(f.read(), b"helXX\nworld\r\nlast")
            f.truncate(5)
        with open(self.path, "rb") as f:
            self.assertEqual(f.peek()[:5], b"helXX")
            self.assertEqual(f.read1(2), b"he")
            target = bytearray(2)
            self.assertEqual(f.readinto(target), 2)
            self.assertEqual(target, b"lX")

    def test_unclosed_files_warn(self):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            open(self.path)
        self.assertEqual([str(w.message)[:13] for w in seen], ["unclosed file"])

    def test_subclass_closes_through_close(self):
        log = []

        class F(io.FileIO):
            def close(self):
                log.append("close")
                super().close()

        f = F(self.path)
        del f
        self.assertEqual(log, ["close"])

    def test_raw_in_python(self):
        class Raw(io.RawIOBase):
            data = b"abc\ndef\n"

            def readable(self):
                return True

            def readinto(self, b):
                part, self.data = self.data[:2], self.data[2:]
                b[:len(part)] = part
                return len(part)

        self.assertEqual(io.BufferedReader(Raw()).readlines(), [b"abc\n", b"def\n"])
        self.assertEqual(io.TextIOWrapper(io.BufferedReader(Raw())).read(), "abc\ndef\n")
        self.assertEqual(Raw().read(), b"abc\ndef\n")


class Memory(unittest.TestCase):
    def test_what_was_given_out_stays_while_the_stream_changes(self):
        import random
        choose = random.Random(5)
        stream, model, kept = io.BytesIO(b"start"), bytearray(b"start"), []
        for _ in range(3000):
            action = choose.randrange(5)
            if action == 0:
                piece, place = bytes([choose.randrange(256)]) * choose.randrange(1, 40), choose.randrange(len(model) + 9)
                stream.seek(place)
                stream.write(piece)
                model.extend(bytes(max(0, place - len(model))))
                model[place:place + len(piece)] = piece
            elif action == 1:
                kept.append((stream.getvalue(), bytes(model)))
                self.assertEqual(hash(kept[-1][0]), hash(kept[-1][1]))
            elif action == 2:
                stream.seek(0)
                kept.append((stream.read(), bytes(model)))
            elif action == 3:
                length = choose.randrange(len(model) + 5)
                stream.truncate(length)
                del model[length:]
            else:
                with stream.getbuffer() as view:
                    self.assertRaises(BufferError, stream.write, b"x")
                    if view:
                        view[0] = model[0] = choose.randrange(256)
                    self.assertEqual(stream.getvalue(), model)
            self.assertEqual(stream.getvalue(), model)
            if choose.random() < 0.5:
                del kept[:-3]
        for given, expected in kept:
            self.assertEqual((given, hash(given)), (expected, hash(expected)))

    def test_bytes(self):
        b = io.BytesIO(b"abc")
        b.seek(5)
        b.write(b"x")
        self.assertEqual(b.getvalue(), b"abc\0\0x")
        view = b.getbuffer()
        with self.assertRaises(BufferError):
            b.write(b"more")
        view[0] = 65
        view.release()
        self.assertEqual(b.getvalue()[:1], b"A")

    def test_initial_bytes_are_not_changed(self):
        source = b"abc"
        b = io.BytesIO(source)
        b.write(b"X")
        self.assertEqual((source, b.getvalue()), (b"abc", b"Xbc"))

    def test_string_stream_newlines(self):
        for text, seen in (("a\r\nb\r\n", "\r\n"), ("\nb\r\n", ("\n", "\r\n")), ("a\rb\r\n", ("\r", "\r\n")), ("\r\n\r", ("\r", "\r\n")),
                           ("a\r\n\nb", ("\n", "\r\n")), ("\r", "\r"), ("\r\r\n\u1234\n", ("\r", "\n", "\r\n")), ("ab", None)):
            with self.subTest(text):
                self.assertEqual(io.StringIO(text, newline="").newlines, seen)

    def test_string_stream_lines_of_every_length(self):
        for wide in ("", "\u1234", "\U00012345"):
            for end in ("\n", "\r", "\r\n"):
                lines = ["x" * n + end for n in range(30)] + [wide + "last"]
                self.assertEqual(list(io.StringIO("".join(lines), newline="")), lines)

    def test_string_stream_widens(self):
        s = io.StringIO()
        s.write("abc\n")
        s.write("d\xe9\n")
        s.seek(2)
        s.write("\u1234")
        self.assertEqual(s.getvalue(), "ab\u1234\nd\xe9\n")
        s.seek(10)
        s.write("\U00012345!")
        self.assertEqual(s.getvalue(), "ab\u1234\nd\xe9\n\0\0\0\U00012345!")
        s.seek(0)
        self.assertEqual(list(s), ["ab\u1234\n", "d\xe9\n", "\0\0\0\U00012345!"])
        s.seek(0)
        s.truncate()
        self.assertEqual(s.getvalue(), "")
        s.write("plain")
        self.assertEqual((s.getvalue(), s.getvalue().isascii()), ("plain", True))
        for newline in ("", None, "\n", "\r\n"):
            s = io.StringIO("a\r\nb\u1234\r\n", newline=newline)
            other = io.TextIOWrapper(io.BytesIO("a\r\nb\u1234\r\n".encode()), encoding="utf-8", newline=newline)
            if newline != "\r\n":
                self.assertEqual(list(s), list(other))

    def test_string(self):
        s = io.StringIO("a\nb", newline=None)
        self.assertEqual(list(s), ["a\n", "b"])
        s = io.StringIO(newline="\r\n")
        s.write("x\ny")
        self.assertEqual(s.getvalue(), "x\r\ny")
        with self.assertRaisesRegex(TypeError, "string argument expected, got 'bytes'"):
            s.write(b"x")


if __name__ == "__main__":
    unittest.main()
