"""What a program's objects still do when it ends, whether or not the interpreter takes them apart one by one."""

import unittest

from running import ShellTest


class AtTheEnd(ShellTest):
    def test_nothing_to_do(self):
        self.check(["-c", "class A: pass\na = A(); a.me = a; x = [a, (i for i in ())]; import threading, logging"])

    def test_del_of_what_modules_hold(self):
        self.check(["-c", "class A:\n  def __del__(self): print('gone')\na = A()"], "gone\n")
        self.check(["-c", "class A:\n  __slots__ = ()\n  def __del__(self): print('gone')\na = A()"], "gone\n")
        self.check(["-c", "class A(tuple):\n  def __del__(self): print('gone', *self)\na = A((1, 2))"], "gone 1 2\n")
        self.write("holder.py", "kept = []")
        self.check(["-c", "import holder\nclass A:\n  def __del__(self): print('gone')\nholder.kept.append(A())"], "gone\n")

    def test_del_given_to_a_class_later(self):
        self.check(["-c", "class A: pass\na = A()\nA.__del__ = lambda self: print('gone')"], "gone\n")

    def test_del_of_a_class(self):
        self.check(["-c", "class M(type):\n  def __del__(cls): print('gone', cls.__name__)\nclass A(metaclass=M): pass"], "gone A\n")

    def test_del_of_what_a_cycle_holds(self):
        self.check(["-c", "class A:\n  def __del__(self): print('gone')\na = A(); a.me = [a]; del a"], "gone\n")

    def test_callback_of_a_weak_reference(self):
        begin = "import functools, weakref\nclass A: pass\na = A(); "
        done = self.run_python("-c", begin + "r = weakref.ref(a, functools.partial(print, 'dead'))")
        self.assertEqual((done.out[:5], done.err), ("dead ", ""))
        self.check(["-c", begin + "f = weakref.finalize(a, print, 'final')"], "final\n")
        self.check(["-c", begin + "d = weakref.WeakKeyDictionary(); d[a] = 1"])

    def test_suspended_generator_ends_its_blocks(self):
        self.check(["-c", "def f():\n  try: yield\n  finally: print('left')\ng = f(); next(g)"], "left\n")

    def test_open_files_are_written(self):
        self.check(["-c", "f = open('a.txt', 'w'); f.write('text')"])
        self.check(["-c", "print(open('a.txt').read())"], "text\n")
        self.check(["-c", "import io, sys; s = io.TextIOWrapper(sys.stdout.buffer); sys.stdout = s; print('text')"], "text\n")
        self.check(["-c", "import io, sys; sys.__stdout__.write('one '); sys.stdout = io.StringIO(); print('lost')"], "one ")

    def test_unclosed_things_are_told(self):
        for text in ("import socket; s = socket.socket()", "import os; s = os.scandir('/'); next(s)", "f = open(__file__ if 0 else '/dev/null')"):
            done = self.run_python("-W", "always", "-c", text)
            self.assertIn("ResourceWarning: unclosed", done.err)
            self.assertEqual((done.out, done.returncode), ("", 0))

    def test_atexit_and_threads_first(self):
        self.check(["-c", "import atexit, threading, time\natexit.register(print, 'exit')\n"
                    "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()"], "thread\nexit\n")

    def test_daemon_thread_does_not_hold_it_up(self):
        self.check(["-c", "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nprint('done')"], "done\n")

    def test_broken_stdout(self):
        done = self.run_python("-c", "import os, sys; sys.stdout.write('x'); os.close(1)")
        self.assertEqual(done.returncode, 120)
        self.assertIn("Bad file descriptor", done.err)

    def test_status(self):
        self.check(["-c", "raise SystemExit(3)"], status=3)
        self.check(["-c", "import sys; sys.exit('text')"], err="text\n", status=1)


if __name__ == "__main__":
    unittest.main()
