"""Input that is damaged, cut short, endless or deep: the errors that CPython gives, and nothing half done."""

import bz2
import codecs
import gzip
import io
import json
import locale
import lzma
import os
import pickle
import random
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ElementTree
import xml.parsers.expat
import zipfile
import zlib


def damaged(data, seed):
    """The data with a few bytes changed, taken out or cut off."""
    choose = random.Random(seed)
    data = bytearray(data)
    for _ in range(choose.choice([1, 1, 2, 4])):
        if not data:
            break
        at = choose.randrange(len(data))
        how = choose.randrange(4)
        if how == 0:
            data[at] = choose.randrange(256)
        elif how == 1:
            data[at] ^= 1 << choose.randrange(8)
        elif how == 2:
            del data[at:at + choose.randrange(1, 6)]
        else:
            del data[at:]
    return bytes(data)


class ArchiveTests(unittest.TestCase):
    def test_damaged_compression_raises_its_errors_only(self):
        text = b"hello world " * 50
        for pack, unpack, errors in [
            (gzip.compress, gzip.decompress, (OSError, EOFError, zlib.error)),
            (zlib.compress, zlib.decompress, zlib.error),
            (bz2.compress, bz2.decompress, (OSError, ValueError)),
            (lzma.compress, lzma.decompress, lzma.LZMAError),
        ]:
            for seed in range(40):
                try:
                    unpack(damaged(pack(text), seed))
                except errors:
                    pass

    def test_cut_short(self):
        packed = gzip.compress(b"x" * 1000)
        with self.assertRaisesRegex(EOFError, "^Compressed file ended before the end-of-stream marker was reached$"):
            gzip.decompress(packed[:-4])
        with self.assertRaisesRegex(gzip.BadGzipFile, r"^Not a gzipped file \(b'ab'\)$"):
            gzip.decompress(b"abc")
        with self.assertRaisesRegex(zlib.error, "^Error -5 while decompressing data: incomplete or truncated stream$"):
            zlib.decompress(zlib.compress(b"x" * 100)[:-1])

    def test_flush_after_damage_gives_what_there_is(self):
        packed = bytearray(zlib.compress(b"abc" * 500))
        packed[-1] ^= 1
        unpacker = zlib.decompressobj()
        self.assertEqual(unpacker.decompress(bytes(packed), 100), b"abc" * 33 + b"a")
        self.assertEqual(unpacker.flush(), (b"abc" * 500)[100:])
        self.assertFalse(unpacker.eof)

    def test_zip(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", b"hello " * 100)
        data = bytearray(file.getvalue())
        data[data.index(b"a") + 3] ^= 0x55
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            with self.assertRaises((zipfile.BadZipFile, zlib.error)):
                archive.read("a")
        with self.assertRaisesRegex(zipfile.BadZipFile, "^File is not a zip file$"):
            zipfile.ZipFile(io.BytesIO(file.getvalue()[:-8]))

    def test_tar(self):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            member = tarfile.TarInfo("a")
            member.size = 2000
            archive.addfile(member, io.BytesIO(b"x" * 2000))
        cut = io.BytesIO(file.getvalue()[:1000])
        with tempfile.TemporaryDirectory() as place, tarfile.open(fileobj=cut) as archive:
            with self.assertRaisesRegex(tarfile.ReadError, "^unexpected end of data$"):
                archive.extract("a", place)

    def test_pickle(self):
        value = [1, {"a": (1.5, "é", b"b", None, True, 2**70, frozenset([1]))}, range(5), 1j]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            data = pickle.dumps(value, protocol)
            for n in range(len(data)):
                with self.assertRaises((pickle.UnpicklingError, EOFError, ValueError)):
                    pickle.loads(data[:n])
            for seed in range(60):
                try:
                    pickle.loads(damaged(data, seed))
                except Exception:
                    pass


class TextTests(unittest.TestCase):
    def test_entities(self):
        bomb = '<!DOCTYPE l [<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)) + "]><l>&a9;</l>"
        with self.assertRaisesRegex(ElementTree.ParseError, "limit on input amplification factor"):
            ElementTree.fromstring(bomb)
        with self.assertRaisesRegex(xml.parsers.expat.ExpatError, "limit on input amplification factor"):
            xml.parsers.expat.ParserCreate().Parse(bomb, True)
        with self.assertRaisesRegex(ElementTree.ParseError, "^recursive entity reference"):
            ElementTree.fromstring('<!DOCTYPE a [<!ENTITY e "&e;">]><a>&e;</a>')
        with self.assertRaisesRegex(LookupError, "^unknown encoding: nosuch$"):
            ElementTree.fromstring(b'<?xml version="1.0" encoding="nosuch"?><a/>')

    def test_json(self):
        for depth in 10**5, 10**6:
            for text in "[" * depth + "]" * depth, '{"a":' * depth, "[" * depth:
                with self.assertRaises(RecursionError):
                    json.loads(text)
        deep = []
        for _ in range(10**5):
            deep = [deep]
        self.assertRaises(RecursionError, json.dumps, deep)
        for text, message in [
            ('"x\\u00e9', r"^Invalid \\uXXXX escape: line 1 column 4 \(char 3\)$"),
            ('"x\\u00e9 ', r"^Unterminated string starting at: line 1 column 1 \(char 0\)$"),
            ('{"a" 1}', r"^Expecting ':' delimiter: line 1 column 6 \(char 5\)$"),
            ('[1,]', r"^Expecting value: line 1 column 4 \(char 3\)$"),
            ("", r"^Expecting value: line 1 column 1 \(char 0\)$"),
            ("\ufeff1", r"^Unexpected UTF-8 BOM \(decode using utf-8-sig\)"),
        ]:
            with self.assertRaisesRegex(json.JSONDecodeError, message):
                json.loads(text)

    def test_nested_as_deep_as_the_limit_lets(self):
        deep = []
        for _ in range(500):
            deep = [deep]
        self.assertEqual(repr(deep), "[" * 501 + "]" * 501)
        deep = {}
        for _ in range(500):
            deep = {0: deep}
        self.assertEqual(repr(deep), "{0: " * 500 + "{}" + "}" * 500)

    def test_encodings_and_locales(self):
        for name in "nosuch", "", "\ud800", "a" * 1000:
            with self.assertRaises((LookupError, UnicodeEncodeError)):
                codecs.lookup(name)
        with self.assertRaisesRegex(LookupError, "^unknown error handler name 'nosuch'$"):
            b"\xff".decode("utf-8", "nosuch")
        with self.assertRaisesRegex(LookupError, "^unknown encoding: nosuch$"):
            io.TextIOWrapper(io.BytesIO(), encoding="nosuch")
        for category, name in (locale.LC_ALL, "xx_YY"), (99, "C"):
            with self.assertRaisesRegex(locale.Error, "^unsupported locale setting$"):
                locale.setlocale(category, name)

    def test_environment_that_is_no_text(self):
        program = "import os; print(ascii(os.environ['BAD']), os.environb[b'BAD'], ascii(os.environ.get('\\udcff')))"
        environment = {**os.environb, b"BAD": b"a\xff\xfe", b"\xff": b"\xe9", b"PYTHONIOENCODING": b"", b"LANG": b"xx_YY.nosuch"}
        run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True)
        self.assertEqual(run.stdout.decode(), r"'a\udcff\udcfe' b'a\xff\xfe' '\udce9'" + "\n")
        self.assertEqual(run.returncode, 0)


class MessageTests(unittest.TestCase):
    def answer(self, data):
        """A server that sends the data to whoever connects, and hangs up; its address."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        return server.getsockname()

    def test_answer_cut_short(self):
        import http.client
        for head, error in [(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", http.client.IncompleteRead),
                            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc", http.client.IncompleteRead),
                            (b"", http.client.RemoteDisconnected), (b"HTTP/1.1 2", http.client.BadStatusLine)]:
            connection = http.client.HTTPConnection(*self.answer(head), timeout=10)
            with self.assertRaises(error):
                connection.request("GET", "/")
                connection.getresponse().read()
            connection.close()

    def test_stream_cut_short(self):
        import asyncio

        async def talk():
            reader, writer = await asyncio.open_connection(*self.answer(b"abc"))
            writer.write(b"x")
            try:
                with self.assertRaises(asyncio.IncompleteReadError) as caught:
                    await reader.readexactly(10)
                self.assertEqual(caught.exception.partial, b"abc")
            finally:
                writer.close()

        asyncio.run(talk())

    def test_pipe_without_a_reader(self):
        left, right = socket.socketpair()
        right.close()
        with left, self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(10):
                left.sendall(b"x" * 100000)

    def test_file_cut_while_read(self):
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "f")
            with open(path, "wb") as file:
                file.write(b"line\n" * 100000)
            with open(path, "rb") as file, open(path, encoding="utf-8") as text, open(path, "rb", buffering=0) as raw:
                self.assertEqual(file.readline(), b"line\n")
                self.assertEqual(text.readline(), "line\n")
                os.truncate(path, 20000)
                self.assertLessEqual(len(file.read()), 20000)
                self.assertTrue(all(line == "line\n" for line in text.readlines()[:-1]))
                raw.seek(30000)
                self.assertEqual(raw.read(), b"")
                self.assertEqual(raw.readinto(bytearray(10)), 0)


if __name__ == "__main__":
    unittest.main()
