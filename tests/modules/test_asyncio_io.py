"""asyncio with sockets, pipes, subprocesses, signals and threads: what was sent arrives, what was waited for wakes."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
import threading
import unittest


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


class Sockets(unittest.IsolatedAsyncioTestCase):
    async def serve(self, handler=echo):
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        self.addAsyncCleanup(server.wait_closed)
        self.addCleanup(server.close)
        return server.sockets[0].getsockname()[:2]

    async def test_many_clients_and_large_messages(self):
        address = await self.serve()

        async def client(number):
            message = bytes([number]) * (1000 + number * 20_000)
            reader, writer = await asyncio.open_connection(*address)
            sending = asyncio.create_task(self.send_all(writer, message))
            received = await reader.read(-1)
            await sending
            return received == message

        self.assertEqual(await asyncio.gather(*(client(i) for i in range(30))), [True] * 30)

    async def send_all(self, writer, message):
        writer.write(message)
        await writer.drain()
        writer.write_eof()

    async def test_lines_limits_and_separators(self):
        async def answer(reader, writer):
            writer.write(b"one\ntwo;three\nfour")
            writer.close()

        reader, writer = await asyncio.open_connection(*await self.serve(answer), limit=10)
        self.assertEqual(await reader.readline(), b"one\n")
        self.assertEqual(await reader.readuntil(b";"), b"two;")
        self.assertEqual(await reader.readexactly(5), b"three")
        self.assertEqual([line async for line in reader], [b"\n", b"four"])
        with self.assertRaises(asyncio.IncompleteReadError):
            await reader.readexactly(1)
        writer.close()

    async def test_peer_that_resets(self):
        async def reset(reader, writer):
            await reader.readexactly(1)
            writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.transport.abort()

        reader, writer = await asyncio.open_connection(*await self.serve(reset))
        writer.write(b"x")
        with self.assertRaises(ConnectionResetError):
            while True:
                await reader.readexactly(1)
        writer.close()

    async def test_cancelled_and_timed_out_reads_leave_the_stream_usable(self):
        address = await self.serve()
        reader, writer = await asyncio.open_connection(*address)
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.01):
                await reader.readexactly(3)
        waiting = asyncio.create_task(reader.readexactly(3))
        await asyncio.sleep(0)
        waiting.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiting
        writer.write(b"abc")
        self.assertEqual(await asyncio.wait_for(reader.readexactly(3), 10), b"abc")
        writer.close()
        await writer.wait_closed()

    async def test_unix_sockets_and_raw_ones(self):
        loop = asyncio.get_running_loop()
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "s")
            server = await asyncio.start_unix_server(echo, path)
            async with server:
                with socket.socket(socket.AF_UNIX) as raw:
                    raw.setblocking(False)
                    await loop.sock_connect(raw, path)
                    await loop.sock_sendall(raw, b"x" * 300_000)
                    got = 0
                    while got < 300_000:
                        got += len(await loop.sock_recv(raw, 65536))
                    self.assertEqual(got, 300_000)

    async def test_datagrams(self):
        loop = asyncio.get_running_loop()
        arrived = asyncio.Queue()

        class Receiver(asyncio.DatagramProtocol):
            def datagram_received(self, data, address):
                arrived.put_nowait(data)

        receiver, _ = await loop.create_datagram_endpoint(Receiver, local_addr=("127.0.0.1", 0))
        sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=receiver.get_extra_info("sockname"))
        for i in range(20):
            sender.sendto(b"%d" % i)
        self.assertEqual([await asyncio.wait_for(arrived.get(), 10) for _ in range(20)], [b"%d" % i for i in range(20)])
        sender.close()
        receiver.close()


class Pipes(unittest.IsolatedAsyncioTestCase):
    async def test_both_ends(self):
        loop = asyncio.get_running_loop()
        read_end, write_end = os.pipe()
        reader = asyncio.StreamReader()
        reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", 0))
        writing, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(write_end, "wb", 0))
        writer = asyncio.StreamWriter(writing, protocol, None, loop)

        async def send():
            for _ in range(50):
                writer.write(b"y" * 10_000)
                await writer.drain()
            writing.close()

        sending = asyncio.create_task(send())
        self.assertEqual(len(await asyncio.wait_for(reader.read(-1), 10)), 500_000)
        await sending
        reading.close()


COPY = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('noted')"


class Subprocesses(unittest.IsolatedAsyncioTestCase):
    async def start(self, *args, **options):
        return await asyncio.create_subprocess_exec(*args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, **options)

    async def test_communicate(self):
        process = await self.start(sys.executable, "-S", "-c", COPY, stderr=asyncio.subprocess.PIPE)
        out, err = await asyncio.wait_for(process.communicate(b"abc" * 50_000), 60)
        self.assertEqual((out, err, process.returncode), (b"ABC" * 50_000, b"noted", 0))

    async def test_several_at_once(self):
        async def one(number):
            process = await self.start("cat")
            out, _ = await process.communicate(b"%d" % number * 1000)
            return out == b"%d" % number * 1000 and process.returncode == 0

        self.assertTrue(all(await asyncio.gather(*(one(i) for i in range(8)))))

    async def test_talk_by_lines_and_end(self):
        process = await self.start("cat")
        for i in range(20):
            process.stdin.write(b"line %d\n" % i)
            self.assertEqual(await asyncio.wait_for(process.stdout.readline(), 10), b"line %d\n" % i)
        process.stdin.close()
        self.assertEqual(await asyncio.wait_for(process.wait(), 10), 0)

    async def test_signals_and_statuses(self):
        process = await self.start("sleep", "60")
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(process.wait(), 0.01)
        process.terminate()
        self.assertEqual(await asyncio.wait_for(process.wait(), 10), -signal.SIGTERM)
        self.assertRaises(ProcessLookupError, process.kill)
        shell = await asyncio.create_subprocess_shell("exit 7")
        self.assertEqual(await shell.wait(), 7)

    async def test_program_that_is_not_there(self):
        with self.assertRaises(FileNotFoundError):
            await self.start("/no/such/program")

    async def test_reader_that_leaves(self):
        process = await self.start("head", "-c", "1")
        process.stdin.write(b"x" * 1_000_000)
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            while True:
                await process.stdin.drain()
                process.stdin.write(b"x")
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            await process.stdin.wait_closed()
        self.assertEqual(await process.stdout.read(), b"x")
        await process.wait()


class Wakeups(unittest.IsolatedAsyncioTestCase):
    async def test_signal_handlers(self):
        loop = asyncio.get_running_loop()
        seen = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, seen.set)
        try:
            for _ in range(10):
                seen.clear()
                loop.call_later(0.001, os.kill, os.getpid(), signal.SIGUSR1)
                await asyncio.wait_for(seen.wait(), 10)
        finally:
            self.assertTrue(loop.remove_signal_handler(signal.SIGUSR1))

    async def test_threads_wake_the_loop(self):
        loop = asyncio.get_running_loop()
        arrived = asyncio.Queue()

        def send(number):
            for i in range(100):
                loop.call_soon_threadsafe(arrived.put_nowait, (number, i))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        got = [await asyncio.wait_for(arrived.get(), 10) for _ in range(400)]
        for thread in threads:
            thread.join()
        for number in range(4):
            self.assertEqual([i for who, i in got if who == number], list(range(100)))

    async def test_executors_and_coroutines_from_other_threads(self):
        loop = asyncio.get_running_loop()
        self.assertEqual(await asyncio.gather(*(asyncio.to_thread(pow, i, 2) for i in range(20))), [i * i for i in range(20)])

        async def add(a, b):
            await asyncio.sleep(0)
            return a + b

        def from_outside():
            return asyncio.run_coroutine_threadsafe(add(2, 3), loop).result(10)

        self.assertEqual(await loop.run_in_executor(None, from_outside), 5)

    async def test_groups_end_together(self):
        ended = []

        async def wait():
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(1)

        async def fail():
            await asyncio.sleep(0.001)
            raise KeyError("x")

        with self.assertRaises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(wait())
                group.create_task(fail())
        self.assertEqual(([type(e) for e in caught.exception.exceptions], ended), ([KeyError], [1, 1, 1]))


if __name__ == "__main__":
    unittest.main()
