"""Long calls let other threads run: compression, and an object that several threads use at a time."""

import os
import threading
import unittest
import zlib


def in_threads(count, function):
    threads = [threading.Thread(target=function) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class CompressionTests(unittest.TestCase):
    def test_others_run_meanwhile(self):
        data, done, turns = os.urandom(1 << 20) * 8, threading.Event(), 0

        def compress():
            zlib.compress(data, 6)
            done.set()

        thread = threading.Thread(target=compress)
        thread.start()
        while not done.wait(0.001):
            turns += 1
        thread.join()
        self.assertGreater(turns, 5)

    def test_one_stream_in_many_threads(self):
        packer, parts, guard = zlib.compressobj(), [], threading.Lock()

        def work():
            for _ in range(100):
                part = packer.compress(b"x" * 5000)
                with guard:
                    parts.append(part)

        in_threads(4, work)
        parts.append(packer.flush())
        self.assertGreater(sum(map(len, parts)), 0)

    def test_checksums(self):
        data = b"abc" * 100_000
        self.assertEqual(zlib.crc32(data), zlib.crc32(data[150_000:], zlib.crc32(data[:150_000])))
        in_threads(4, lambda: self.assertEqual(zlib.adler32(data), zlib.adler32(data[1:], zlib.adler32(data[:1]))))


if __name__ == "__main__":
    unittest.main()
