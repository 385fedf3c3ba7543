"""greenlet switches stacks of C and Python under Adder's frames; gevent runs over it."""

import contextvars
import gc
import sys
import threading
import unittest
import weakref

from installed import PackageTest


class Greenlet(PackageTest):
    needs = ("greenlet",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global getcurrent, greenlet
        from greenlet import getcurrent, greenlet

    def test_values_go_both_ways(self):
        def run(a, b=0):
            got = getcurrent().parent.switch(a + b)
            return got * 2

        g = greenlet(run)
        self.assertEqual((g.switch(1, b=2), g.switch(21), g.dead), (3, 42, True))

    def test_switch_in_the_midst_of_calls(self):
        # The frames below each switch are of Python, of C (sorted) and of generators.
        main = getcurrent()

        def key(x):
            main.switch(x)
            return -x

        def numbers(depth):
            if depth:
                yield from numbers(depth - 1)
            yield depth

        g = greenlet(lambda: sorted(numbers(5), key=key))
        seen = []
        result = g.switch()
        while not g.dead:
            seen.append(result)
            result = g.switch()
        self.assertEqual((seen, result), ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]))

    def test_many_with_locals(self):
        def work(n):
            x, y = n * 0.5, [n]
            for i in range(10):
                y.append(getcurrent().parent.switch(i + x))
            return sum(y)

        all_of_them = [greenlet(work) for _ in range(200)]
        for n, g in enumerate(all_of_them):
            self.assertEqual(g.switch(n), n * 0.5)
        for i in range(1, 10):
            for n, g in enumerate(all_of_them):
                self.assertEqual(g.switch(i), i + n * 0.5)
        self.assertEqual([g.switch(10) for g in all_of_them], [n + 55 for n in range(200)])

    def test_deep_recursion(self):
        def down(n):
            return getcurrent().parent.switch("deep") if n == 0 else down(n - 1) + 1

        gs = [greenlet(down) for _ in range(5)]
        self.assertEqual([g.switch(300) for g in gs], ["deep"] * 5)
        self.assertEqual([g.switch(i) for i, g in enumerate(gs)], [300, 301, 302, 303, 304])

    def test_exceptions(self):
        def run():
            try:
                getcurrent().parent.switch()
            except ValueError as e:
                self.assertEqual(sys.exc_info()[1], e)
                getcurrent().parent.switch("caught")
                raise KeyError("out") from e

        g = greenlet(run)
        g.switch()
        self.assertEqual(g.throw(ValueError("in")), "caught")
        self.assertEqual(sys.exc_info(), (None, None, None))
        with self.assertRaisesRegex(KeyError, "out"):
            g.switch()

    def test_what_is_left_is_released(self):
        class Thing:
            pass

        def run(thing):
            getcurrent().parent.switch()

        thing = Thing()
        seen = weakref.ref(thing)
        g = greenlet(run)
        g.switch(thing)
        del thing
        self.assertIsNotNone(seen())
        del g
        gc.collect()
        self.assertIsNone(seen())

    def test_contexts_and_threads(self):
        variable = contextvars.ContextVar("variable", default=0)

        def run():
            variable.set(1)
            getcurrent().parent.switch()
            return variable.get()

        g = greenlet(run)
        g.switch()
        self.assertEqual((variable.get(), g.switch()), (0, 1))
        results = []
        thread = threading.Thread(target=lambda: results.append(greenlet(lambda: 7).switch()))
        thread.start()
        thread.join()
        self.assertEqual(results, [7])


class Gevent(PackageTest):
    needs = ("gevent",)

    def test_loop(self):
        import gevent
        from gevent.queue import Queue
        order = []

        def producer(queue):
            for i in range(3):
                order.append(i)
                queue.put(i)
                gevent.sleep(0.001)
            queue.put(None)

        def consumer(queue):
            return [2 * i for i in iter(queue.get, None)]

        queue = Queue()
        jobs = [gevent.spawn(producer, queue), gevent.spawn(consumer, queue)]
        gevent.joinall(jobs, timeout=20)
        self.assertEqual((order, jobs[1].value), ([0, 1, 2], [0, 2, 4]))

    def test_sockets(self):
        import gevent
        from gevent import socket
        from gevent.server import StreamServer

        def echo(connection, address):
            connection.sendall(connection.recv(100).upper())

        server = StreamServer(("127.0.0.1", 0), echo)
        server.start()

        def ask(word):
            with socket.create_connection(("127.0.0.1", server.server_port)) as s:
                s.sendall(word)
                return s.recv(100)

        jobs = [gevent.spawn(ask, word) for word in (b"one", b"two")]
        gevent.joinall(jobs, timeout=20)
        server.stop()
        self.assertEqual([job.value for job in jobs], [b"ONE", b"TWO"])


if __name__ == "__main__":
    unittest.main()
