"""Pools of threads and of processes, however these are started: results in order, errors that travel, workers that die."""

import concurrent.futures
import multiprocessing
import os
import threading
import time
import unittest
from concurrent.futures.process import BrokenProcessPool


def square(number):
    return number * number


def fail(text):
    raise LookupError(text, 5)


def die(status):
    os._exit(status)


def prepare(value):
    global prepared
    prepared = value


def what_was_prepared(_):
    return prepared


def send_back(connection):
    with connection:
        while (message := connection.recv()) is not None:
            connection.send(message[::-1])


def count_up(counter, lock, times):
    for _ in range(times):
        with lock:
            counter.value += 1


class Processes(unittest.TestCase):
    def each_way(self):
        for way in "fork", "spawn", "forkserver":
            with self.subTest(way):
                yield multiprocessing.get_context(way)

    def test_executor(self):
        for context in self.each_way():
            with concurrent.futures.ProcessPoolExecutor(2, mp_context=context, initializer=prepare, initargs=("ready",)) as pool:
                self.assertEqual(list(pool.map(square, range(50), chunksize=7)), [i * i for i in range(50)])
                self.assertEqual(pool.submit(what_was_prepared, 0).result(60), "ready")
                with self.assertRaises(LookupError) as caught:
                    pool.submit(fail, "what").result(60)
                self.assertEqual(caught.exception.args, ("what", 5))
                self.assertIn("in fail", str(caught.exception.__cause__))

    def test_worker_that_dies(self):
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
            with self.assertRaises(BrokenProcessPool):
                pool.submit(die, 3).result(60)
            with self.assertRaises(BrokenProcessPool):
                pool.submit(square, 3)

    def test_pool(self):
        for context in self.each_way():
            with context.Pool(2, prepare, ("set",)) as pool:
                self.assertEqual(pool.map(square, range(30)), [i * i for i in range(30)])
                self.assertEqual(sorted(pool.imap_unordered(square, range(10))), [i * i for i in range(10)])
                self.assertEqual(set(pool.map(what_was_prepared, range(4))), {"set"})
                with self.assertRaises(LookupError):
                    pool.apply(fail, ("x",))

    def test_connections_locks_and_shared_memory(self):
        for context in self.each_way():
            here, there = context.Pipe()
            process = context.Process(target=send_back, args=(there,))
            process.start()
            there.close()
            for message in ([1, 2], "abc", b"x" * 200_000):
                here.send(message)
                self.assertTrue(here.poll(60))
                self.assertEqual(here.recv(), message[::-1])
            here.send(None)
            process.join(60)
            self.assertEqual(process.exitcode, 0)
            here.close()
        context = multiprocessing.get_context("fork")
        counter, lock = context.Value("i", 0, lock=False), context.Lock()
        workers = [context.Process(target=count_up, args=(counter, lock, 500)) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        self.assertEqual(counter.value, 1500)

    def test_processes_that_are_ended(self):
        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        process.start()
        process.terminate()
        process.join(10)
        self.assertEqual(process.exitcode, -15)


class Threads(unittest.TestCase):
    def test_results_errors_and_order(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.assertEqual(list(pool.map(square, range(200))), [i * i for i in range(200)])
            futures = [pool.submit(fail, i) for i in range(5)]
            self.assertEqual([future.exception(10).args for future in futures], [(i, 5) for i in range(5)])

    def test_what_waits_is_cancelled(self):
        release = threading.Event()
        pool = concurrent.futures.ThreadPoolExecutor(1)
        running = pool.submit(release.wait, 10)
        waiting = [pool.submit(square, i) for i in range(10)]
        pool.shutdown(wait=False, cancel_futures=True)
        release.set()
        self.assertTrue(running.result(10))
        self.assertTrue(all(future.cancelled() for future in waiting))
        with self.assertRaises(RuntimeError):
            pool.submit(square, 1)

    def test_completion_wakes_who_waits(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                futures = {pool.submit(time.sleep, i * 0.0001) for i in range(8)}
                done, rest = concurrent.futures.wait(futures, 10, concurrent.futures.FIRST_COMPLETED)
                self.assertTrue(done)
                self.assertEqual(len(list(concurrent.futures.as_completed(futures, 10))), 8)

    def test_a_barrier_of_many_threads(self):
        barrier = threading.Barrier(16)
        rounds = []

        def work():
            for i in range(20):
                if barrier.wait(10) == 0:
                    rounds.append(i)

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(rounds, list(range(20)))


if __name__ == "__main__":
    unittest.main()
