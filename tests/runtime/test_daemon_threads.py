"""Daemon threads that are still at work when the interpreter ends stop quietly; they see nothing that is being taken down."""

import subprocess
import sys
import textwrap
import unittest


class AtExit(unittest.TestCase):
    def test_busy_daemon_threads_do_not_disturb_the_end(self):
        program = textwrap.dedent('''
            import threading, time

            class Noisy:
                def __del__(self):
                    time.sleep(0.001)

            def work():
                while True:
                    time.sleep(0.0003)
                    [str(i) for i in range(50)]

            keep = [Noisy() for _ in range(10)]
            for _ in range(6):
                threading.Thread(target=work, daemon=True).start()
            time.sleep(0.01)
        ''')
        for _ in range(8):
            done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ''))


if __name__ == '__main__':
    unittest.main()
