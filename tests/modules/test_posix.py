"""posix: arguments of every kind, and the calls about users, scheduling, extended attributes and several buffers."""

import errno
import os
import posix
import signal
import subprocess
import sys
import tempfile
import unittest
import warnings


class WithFileno:
    def __init__(self, value):
        self.value = value

    def fileno(self):
        return self.value


class ArgumentTests(unittest.TestCase):
    def test_descriptors(self):
        for function in os.fsync, os.fdatasync, os.fchdir:
            for bad in -1, WithFileno(-1):
                with self.assertRaisesRegex(ValueError, r"^file descriptor cannot be a negative integer \(-1\)$"):
                    function(bad)
            with self.assertRaisesRegex(TypeError, r"^fileno\(\) returned a non-integer$"):
                function(WithFileno("a"))
        self.assertRaises(OSError, os.close, -1)

    def test_descriptor_as_path(self):
        with self.assertRaisesRegex(OverflowError, "^fd is greater than maximum$"):
            os.stat(2**40)
        with self.assertRaises(OSError) as caught:
            os.stat(-1)
        self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.EFAULT, -1))

    def test_buffer_as_path(self):
        for kind in bytearray, memoryview:
            with self.assertWarnsRegex(DeprecationWarning, f"^stat: path should be string, bytes, os.PathLike or integer, not {kind.__name__}$"):
                os.stat(kind(b"."))
            with self.assertWarns(DeprecationWarning):
                self.assertTrue(all(type(name) is bytes for name in os.listdir(kind(b"."))))
        with warnings.catch_warnings(), self.assertRaises(DeprecationWarning):
            warnings.simplefilter("error")
            os.mkdir(bytearray(b"never"))

    def test_null_in_path(self):
        for function in os.stat, os.listdir, os.mkdir, os.system:
            with self.assertRaisesRegex(ValueError, "^embedded null byte$"):
                function("a\0b")
        with self.assertRaisesRegex(ValueError, "^embedded null byte$"):
            subprocess.call(["a\0"])

    def test_users_and_groups(self):
        for function, what in (os.setuid, "uid"), (os.seteuid, "uid"), (os.setgid, "gid"), (os.setegid, "gid"):
            with self.assertRaisesRegex(TypeError, f"^{what} should be integer, not str$"):
                function("x")
            for bad, side in (2**33, "less than minimum"), (-2, "less than minimum"), (2**80, "greater than maximum"), (-2**80, "less than minimum"):
                with self.assertRaisesRegex(OverflowError, f"^{what} is {side}$"):
                    function(bad)
        with self.assertRaisesRegex(TypeError, "^setgroups argument must be a sequence$"):
            os.setgroups(5)
        with self.assertRaisesRegex(TypeError, "^groups must be integers$"):
            os.setgroups(["x"])
        self.assertEqual(os.getgrouplist("root", 0)[0], 0)

    def test_event_descriptors(self):
        with self.assertRaisesRegex(ValueError, "^value must be positive$"):
            os.eventfd(-1)
        with self.assertRaisesRegex(OverflowError, "^Python int too large for C unsigned int$"):
            os.eventfd(2**33)
        fd = os.eventfd(1)
        self.addCleanup(os.close, fd)
        with self.assertRaisesRegex(TypeError, "^an integer is required$"):
            os.eventfd_write(fd, "a")
        os.eventfd_write(fd, 4)
        self.assertEqual(os.eventfd_read(fd), 5)


class SpawnTests(unittest.TestCase):
    def spawn(self, *arguments, **options):
        pid = posix.posix_spawn(*arguments, **options)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_arguments(self):
        true = "/bin/true", ["true"], {}
        for options, message in [
            ({"file_actions": 3}, "file_actions must be a sequence or None"),
            ({"file_actions": [3]}, "Each file_actions element must be a non-empty tuple"),
            ({"file_actions": [(7,)]}, "Unknown file_actions identifier"),
            ({"file_actions": [(os.POSIX_SPAWN_CLOSE,)]}, "A close file_action tuple must have 2 elements"),
            ({"resetids": None}, "'NoneType' object cannot be interpreted as an integer"),
            ({"scheduler": (None, 1)}, "must have a sched_param object"),
        ]:
            with self.subTest(options), self.assertRaises(TypeError) as caught:
                posix.posix_spawn(*true, **options)
            self.assertEqual(str(caught.exception), message)
        with self.assertRaisesRegex(TypeError, "^posix_spawn: environment must be a mapping object$"):
            posix.posix_spawn("/bin/true", ["true"], 5)
        self.assertEqual(self.spawn(*true, scheduler=(None, os.sched_param(0))), 0)

    def test_directory_that_is_not_there(self):
        with self.assertRaises(FileNotFoundError) as caught:
            subprocess.call(["true"], cwd="/nowhere/at all")
        self.assertEqual(caught.exception.filename, "/nowhere/at all")


class SchedulingTests(unittest.TestCase):
    def test_parameters(self):
        self.assertEqual(repr(os.sched_param(3)), "posix.sched_param(sched_priority=3)")
        self.assertEqual(os.sched_param(sched_priority=3).sched_priority, 3)
        with self.assertRaisesRegex(OverflowError, "^sched_priority out of range$"):
            os.sched_setparam(0, os.sched_param(2**40))
        policy = os.sched_getscheduler(0)
        self.assertLessEqual(os.sched_get_priority_min(policy), os.sched_getparam(0).sched_priority)
        self.assertLessEqual(os.sched_getparam(0).sched_priority, os.sched_get_priority_max(policy))
        os.sched_setscheduler(0, policy, os.sched_getparam(0))
        self.assertIsInstance(os.sched_rr_get_interval(0), float)


class BufferTests(unittest.TestCase):
    def test_several_at_a_time(self):
        with tempfile.TemporaryFile() as file:
            fd = file.fileno()
            self.assertEqual(os.writev(fd, (b"ab", bytearray(b"cde"), memoryview(b"f"))), 6)
            self.assertEqual(os.pwritev(fd, [b"XY", b"Z"], 1), 3)
            parts = [bytearray(2), bytearray(3), bytearray(5)]
            self.assertEqual(os.preadv(fd, parts, 0), 6)
            self.assertEqual(b"".join(parts), b"aXYZef\0\0\0\0")
            os.lseek(fd, 4, os.SEEK_SET)
            self.assertEqual(os.readv(fd, parts[:1]), 2)
            self.assertEqual(parts[0], b"ef")
            with self.assertRaisesRegex(TypeError, r"^readv\(\) arg 2 must be a sequence$"):
                os.readv(fd, 3)
            with self.assertRaises(BufferError):
                os.readv(fd, [b"x"])

    def test_splice(self):
        r, w = os.pipe()
        with tempfile.TemporaryFile() as file, open(r, "rb"), open(w, "wb"):
            file.write(b"0123456789")
            file.flush()
            self.assertEqual(os.splice(file.fileno(), w, 4, offset_src=3), 4)
            self.assertEqual(os.read(r, 10), b"3456")
            with self.assertRaisesRegex(ValueError, "^negative value for 'count' not allowed$"):
                os.splice(file.fileno(), w, -1)


class AttributeTests(unittest.TestCase):
    def test_extended_attributes(self):
        with tempfile.NamedTemporaryFile() as file:
            try:
                os.setxattr(file.name, "user.test", b"x" * 300)
            except OSError as error:
                self.skipTest(str(error))
            os.setxattr(file.fileno(), b"user.b", b"")
            self.assertEqual(os.getxattr(file.fileno(), "user.test"), b"x" * 300)
            self.assertEqual(set(os.listxattr(file.name)) - {"security.selinux"}, {"user.test", "user.b"})
            self.assertRaises(FileExistsError, os.setxattr, file.name, "user.b", b"", os.XATTR_CREATE)
            os.removexattr(file.name, "user.b")
            with self.assertRaises(OSError) as caught:
                os.getxattr(file.name, "user.b")
            self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.ENODATA, file.name))
        with self.assertRaisesRegex(ValueError, "^getxattr: cannot use fd and follow_symlinks together$"):
            os.getxattr(1, "user.b", follow_symlinks=False)

    def test_devices(self):
        device = os.makedev(8, 17)
        self.assertEqual((os.major(device), os.minor(device)), (8, 17))

    def test_entry(self):
        with tempfile.TemporaryDirectory() as place, open(os.path.join(place, "f"), "w"):
            self.assertEqual([repr(entry) for entry in os.scandir(place)], ["<DirEntry 'f'>"])


class TerminalTests(unittest.TestCase):
    def test_fork_with_terminal(self):
        pid, fd = os.forkpty()
        if pid == 0:
            try:
                os.write(1, b"tty" if os.isatty(0) else b"none")
            finally:
                os._exit(7)
        with open(fd, "rb", buffering=0) as file:
            self.assertEqual(file.read(3), b"tty")
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7)


class SignalTests(unittest.TestCase):
    def test_numbers(self):
        for bad in 1 << 1000, -(1 << 70), 0, 65:
            with self.assertRaisesRegex(ValueError, r"out of range \[1; 64\]$"):
                signal.pthread_sigmask(signal.SIG_BLOCK, [bad])
        with self.assertWarnsRegex(RuntimeWarning, r"^invalid signal number 32, please use valid_signals\(\)$"):
            signal.pthread_sigmask(signal.SIG_BLOCK, [32])

    def test_to_process_by_descriptor(self):
        fd = os.pidfd_open(os.getpid())
        self.addCleanup(os.close, fd)
        with self.assertRaisesRegex(TypeError, "^siginfo must be None$"):
            signal.pidfd_send_signal(fd, signal.SIGINT, object())
        with self.assertRaises(KeyboardInterrupt):
            signal.pidfd_send_signal(fd, signal.SIGINT)

    def test_wakeup_that_fails(self):
        program = """if True:
            import os, signal
            r, w = os.pipe()
            os.set_blocking(r, False)
            signal.signal(signal.SIGUSR1, lambda number, frame: print("handled"))
            signal.set_wakeup_fd(r)
            signal.raise_signal(signal.SIGUSR1)
        """
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        self.assertEqual(run.stdout, "handled\n")
        self.assertIn("Exception ignored when trying to write to the signal wakeup fd:", run.stderr)
        self.assertIn("OSError: [Errno 9] Bad file descriptor", run.stderr)


if __name__ == "__main__":
    unittest.main()
