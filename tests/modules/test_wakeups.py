"""Threads, sockets, processes and a signal a millisecond together: nobody waits for ever, nothing gets lost."""

import os
import queue
import selectors
import signal
import socket
import subprocess
import threading
import time
import unittest


class WakeupTests(unittest.TestCase):
    def setUp(self):
        self.signals = 0

        def count(number, frame):
            self.signals += 1

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, count))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        return thread

    def test_queues(self):
        there, back = queue.Queue(), queue.Queue()

        def answer():
            while (number := there.get()) is not None:
                back.put(number + 1)

        self.start(answer)
        for i in range(1000):
            there.put(i)
            self.assertEqual(back.get(timeout=10), i + 1)
        there.put(None)

    def test_condition(self):
        condition, value = threading.Condition(), 0

        def wait():
            with condition:
                while value < 100:
                    condition.wait()

        threads = [self.start(wait) for _ in range(5)]
        for value in range(1, 101):
            with condition:
                condition.notify_all()
        for thread in threads:
            thread.join(10)
            self.assertFalse(thread.is_alive())

    def test_lock_that_another_thread_gives_back(self):
        lock = threading.Lock()
        lock.acquire()

        def give_back():
            time.sleep(0.01)
            lock.release()

        for _ in range(20):
            self.start(give_back)
            self.assertTrue(lock.acquire(timeout=10))

    def test_sockets_and_signals(self):
        reader, writer = socket.socketpair()
        inbox, outbox = socket.socketpair()
        for one in reader, writer, inbox:
            self.addCleanup(one.close)
            one.setblocking(False)
        self.addCleanup(signal.set_wakeup_fd, signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False))

        def send():
            with outbox:
                for _ in range(200):
                    outbox.send(b"x")
                    time.sleep(0.0002)

        received = noted = 0
        with selectors.DefaultSelector() as selector:
            selector.register(reader, selectors.EVENT_READ)
            selector.register(inbox, selectors.EVENT_READ)
            self.start(send)
            while True:
                ready = {key.fileobj for key, _ in selector.select(10)}
                self.assertTrue(ready)
                if reader in ready:
                    noted += len(reader.recv(4096))
                if inbox in ready:
                    data = inbox.recv(4096)
                    received += len(data)
                    if not data:
                        break
        self.assertEqual(received, 200)
        self.assertGreater(noted, 0)
        self.assertGreater(self.signals, 0)

    def test_processes(self):
        for _ in range(5):
            self.assertEqual(subprocess.run(["true"]).returncode, 0)
            pid = os.fork()
            if pid == 0:
                os._exit(3)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 3)


if __name__ == "__main__":
    unittest.main()
