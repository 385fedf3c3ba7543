"""Sockets: connections, timeouts, datagrams, messages with descriptors, addresses, look-ups, errors."""
import _socket
import array
import gc
import os
import signal
import socket
import sys
import threading
import time
import unittest
import warnings


class Making(unittest.TestCase):
    def test_attributes_and_repr(self):
        with socket.socket() as s:
            self.assertEqual((s.family, s.type, s.proto, s.timeout), (socket.AF_INET, socket.SOCK_STREAM, 0, None))
        s = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        self.assertEqual(repr(s), f"<socket object, fd={s.fileno()}, family=2, type=2, proto=0>")
        self.assertFalse(os.get_inheritable(s.fileno()))
        s.close()
        s.close()
        self.assertEqual(s.fileno(), -1)
        with self.assertRaises(OSError):
            s.getsockname()

    def test_from_descriptor(self):
        a, b = _socket.socketpair()
        fd = a.detach()
        self.assertEqual(a.fileno(), -1)
        c = _socket.socket(fileno=fd)
        self.assertEqual((c.family, c.type, c.proto), (_socket.AF_UNIX, _socket.SOCK_STREAM, 0))
        c.close()
        b.close()
        for bad, error in ((-1, ValueError), (1.5, TypeError), ("x", TypeError), (9999, OSError)):
            with self.assertRaises(error):
                _socket.socket(fileno=bad)

    def test_unclosed_warns(self):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            s = _socket.socket()
            text = repr(s)
            del s
            gc.collect()
        self.assertEqual([str(w.message) for w in seen], ["unclosed " + text])

    def test_subclass(self):
        class S(_socket.socket):
            pass

        s = S()
        s.extra = 1
        self.assertTrue(isinstance(s, _socket.SocketType))
        s.close()


class Streams(unittest.TestCase):
    def test_client_and_server(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                connection, address = server.accept()
                with connection:
                    got = b""
                    while part := connection.recv(1000):
                        got += part
                    connection.sendall(got.upper())
            thread = threading.Thread(target=serve)
            thread.start()
            with socket.create_connection(server.getsockname(), timeout=10) as c:
                self.assertEqual(c.getpeername(), server.getsockname())
                c.sendall(b"abc" * 100000)
                c.shutdown(socket.SHUT_WR)
                with c.makefile("rb") as f:
                    self.assertEqual(f.read(), b"ABC" * 100000)
            thread.join()

    def test_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
        with socket.socket() as s:
            with self.assertRaises(ConnectionRefusedError):
                s.connect(address)
        with socket.socket() as s:
            s.settimeout(5)
            self.assertEqual(s.connect_ex(address), 111)

    def test_receive_into(self):
        a, b = socket.socketpair()
        with a, b:
            a.send(b"hello")
            buffer = bytearray(10)
            self.assertEqual(b.recv_into(buffer, 3), 3)
            self.assertEqual(b.recv_into(memoryview(buffer)[3:]), 2)
            self.assertEqual(buffer, b"hello\0\0\0\0\0")
            with self.assertRaisesRegex(ValueError, "buffer too small for requested bytes"):
                b.recv_into(buffer, 11)
            with self.assertRaisesRegex(TypeError, r"recv_into\(\) argument 1 must be read-write bytes-like object, not bytes"):
                b.recv_into(b"abc")
            with self.assertRaisesRegex(ValueError, "negative buffersize in recv"):
                b.recv(-1)
            with self.assertRaises(BlockingIOError):
                b.recv(1, socket.MSG_DONTWAIT)


class Timeouts(unittest.TestCase):
    def test_values(self):
        with socket.socket() as s:
            for given, expected in ((None, None), (0, 0.0), (2, 2.0), (0.25, 0.25)):
                s.settimeout(given)
                self.assertEqual(s.gettimeout(), expected)
                self.assertEqual(s.getblocking(), given != 0)
                self.assertEqual(os.get_blocking(s.fileno()), given is None)
            for bad, error in ((-1, ValueError), ("1", TypeError), (float("nan"), ValueError), (1e30, OverflowError)):
                with self.assertRaises(error):
                    s.settimeout(bad)
            s.setblocking(False)
            self.assertEqual(s.gettimeout(), 0.0)

    def test_default(self):
        self.assertIsNone(socket.getdefaulttimeout())
        socket.setdefaulttimeout(3)
        try:
            with socket.socket() as s:
                self.assertEqual(s.gettimeout(), 3.0)
        finally:
            socket.setdefaulttimeout(None)

    def test_timed_out(self):
        a, b = socket.socketpair()
        with a, b:
            a.settimeout(0.05)
            start = time.monotonic()
            with self.assertRaisesRegex(TimeoutError, "^timed out$"):
                a.recv(1)
            self.assertGreaterEqual(time.monotonic() - start, 0.04)
            with self.assertRaises(TimeoutError):
                a.sendall(bytes(10_000_000))
            a.setblocking(False)
            with self.assertRaises(BlockingIOError):
                a.recv(1)

    def test_signal_handler_runs_and_waiting_goes_on(self):
        a, b = socket.socketpair()
        old = signal.signal(signal.SIGALRM, lambda *_: b.send(b"x"))
        with a, b:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                self.assertEqual(a.recv(1), b"x")
                signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                with self.assertRaises(ZeroDivisionError):
                    a.recv(1)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, old)


class Datagrams(unittest.TestCase):
    def test_send_and_receive(self):
        with socket.socket(type=socket.SOCK_DGRAM) as a, socket.socket(type=socket.SOCK_DGRAM) as b:
            a.bind(("127.0.0.1", 0))
            b.bind(("127.0.0.1", 0))
            self.assertEqual(a.sendto(b"one", b.getsockname()), 3)
            self.assertEqual(a.sendto(b"two", 0, b.getsockname()), 3)
            self.assertEqual(b.recvfrom(100), (b"one", a.getsockname()))
            buffer = bytearray(5)
            self.assertEqual(b.recvfrom_into(buffer), (3, a.getsockname()))
            self.assertEqual(buffer, b"two\0\0")
            with self.assertRaisesRegex(TypeError, r"sendto\(\) takes 2 or 3 arguments \(1 given\)"):
                a.sendto(b"x")

    def test_messages(self):
        a, b = socket.socketpair()
        r, w = os.pipe()
        with a, b:
            sent = a.sendmsg([b"ab", bytearray(b"cd")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w]))])
            self.assertEqual(sent, 4)
            data, ancillary, flags, address = b.recvmsg(10, socket.CMSG_SPACE(4))
            self.assertEqual((data, len(ancillary)), (b"abcd", 1))
            level, kind, raw = ancillary[0]
            self.assertEqual((level, kind), (socket.SOL_SOCKET, socket.SCM_RIGHTS))
            copy = array.array("i", raw)[0]
            os.write(copy, b"!")
            self.assertEqual(os.read(r, 1), b"!")
            for fd in (r, w, copy):
                os.close(fd)
            a.send(b"12345")
            parts = [bytearray(2), bytearray(10)]
            self.assertEqual(b.recvmsg_into(parts)[0], 5)
            self.assertEqual(parts, [b"12", b"345" + bytes(7)])
            with self.assertRaises(TypeError):
                a.sendmsg(5)
            with self.assertRaises(TypeError):
                b.recvmsg_into([b"constant"])


class Addresses(unittest.TestCase):
    def test_unix(self):
        name = b"\0adder-test-%d" % os.getpid()
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            self.assertEqual(client.getsockname(), "")
            server.bind(name)
            server.listen()
            self.assertEqual(server.getsockname(), name)
            client.connect(name.decode())
            with self.assertRaisesRegex(OSError, "AF_UNIX path too long"):
                client.connect("x" * 108)

    def test_errors(self):
        with socket.socket() as s:
            for address, error, text in (
                    (5, TypeError, r"bind\(\): AF_INET address must be tuple, not int"),
                    (("a",), TypeError, r"AF_INET address must be a pair \(host, port\)"),
                    (("127.0.0.1", -1), OverflowError, r"bind\(\): port must be 0-65535."),
                    (("127.0.0.1", "a"), TypeError, "'str' object cannot be interpreted as an integer"),
                    ((None, 0), TypeError, "str, bytes or bytearray expected, not NoneType")):
                with self.assertRaisesRegex(error, text):
                    s.bind(address)

    def test_netlink(self):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as s:
            s.bind((0, 0))
            self.assertEqual(len(s.getsockname()), 2)


class Functions(unittest.TestCase):
    def test_bytes_and_text(self):
        self.assertEqual(socket.inet_aton("1.2.3.4"), b"\1\2\3\4")
        self.assertEqual(socket.inet_ntoa(b"\1\2\3\4"), "1.2.3.4")
        self.assertEqual(socket.inet_pton(socket.AF_INET6, "::1"), bytes(15) + b"\1")
        self.assertEqual(socket.inet_ntop(socket.AF_INET6, bytes(15) + b"\1"), "::1")
        with self.assertRaisesRegex(OSError, "illegal IP address string passed to inet_aton"):
            socket.inet_aton("a.b")
        with self.assertRaisesRegex(ValueError, "unknown address family 99"):
            socket.inet_ntop(99, b"")

    def test_byte_order(self):
        self.assertEqual(socket.htons(0x1234), int.from_bytes(b"\x12\x34", sys.byteorder))
        self.assertEqual(socket.ntohl(socket.htonl(0xDEADBEEF)), 0xDEADBEEF)
        with self.assertRaises(OverflowError):
            socket.htons(-1)
        with self.assertRaisesRegex(OverflowError, "int larger than 32 bits"):
            socket.htonl(1 << 32)
        with self.assertRaisesRegex(TypeError, "expected int, float found"):
            socket.htonl(1.0)

    def test_look_ups(self):
        self.assertIsInstance(socket.gethostname(), str)
        self.assertEqual(socket.gethostbyname("127.0.0.1"), "127.0.0.1")
        self.assertIn((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)), _socket.getaddrinfo("127.0.0.1", 80))
        self.assertEqual(socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV), ("127.0.0.1", "80"))
        with self.assertRaises(socket.gaierror) as caught:
            socket.getaddrinfo("127.0.0.1", "no such service")
        self.assertEqual(caught.exception.errno, socket.EAI_SERVICE)
        self.assertIn("lo", [name for number, name in socket.if_nameindex()])
        self.assertEqual(socket.if_indextoname(socket.if_nametoindex("lo")), "lo")

    def test_options(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.assertEqual(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR), 1)
            self.assertEqual(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 8), (1).to_bytes(4, sys.byteorder))
            with self.assertRaisesRegex(OSError, "getsockopt buflen out of range"):
                s.getsockopt(1, 2, 2000)
            with self.assertRaisesRegex(TypeError, "a bytes-like object is required, not 'str'"):
                s.setsockopt(1, 2, "x")

    def test_control_sizes(self):
        self.assertEqual((socket.CMSG_LEN(4), socket.CMSG_SPACE(4)), (20, 24))
        with self.assertRaisesRegex(OverflowError, "CMSG_LEN() argument out of range".replace("(", r"\(").replace(")", r"\)")):
            socket.CMSG_LEN(-1)

    def test_classes(self):
        self.assertTrue(issubclass(socket.gaierror, OSError) and issubclass(socket.herror, OSError))
        self.assertIs(socket.timeout, TimeoutError)
        self.assertEqual(repr(socket.gaierror), "<class 'socket.gaierror'>")


if __name__ == "__main__":
    unittest.main()
