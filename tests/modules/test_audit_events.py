"""Audit events (PEP 578): what hooks are told, with which arguments."""

import os
import subprocess
import sys
import textwrap
import unittest


def events_of(program, prefixes):
    """Events of a program that begin so, as it prints them: hooks stay for a whole process."""
    source = textwrap.dedent("""
        import gc, os, sys, tempfile, marshal, builtins
        place = tempfile.mkdtemp()
        os.chdir(place)
        seen = []
        def hook(event, args):
            if event.startswith(PREFIXES):
                seen.append((event, args))
        sys.addaudithook(hook)
        PROGRAM
        print(*(event + " " + ascii(args) for event, args in list(seen)), sep="\\n")
    """).replace("PREFIXES", repr(prefixes)).replace("PROGRAM", program.replace("\n", "\n"))
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


class AuditEventTests(unittest.TestCase):
    def test_files(self):
        program = ("fd = os.open('f', os.O_CREAT | os.O_WRONLY); os.close(fd); os.truncate('f', 1); os.chmod('f', 0o600); os.link('f', 'g')\n"
                   "os.symlink('f', 'h'); os.utime('f', (1, 2)); os.rename('g', 'i'); os.mkdir('d'); os.listdir(); os.scandir('d').close()\n"
                   "os.rmdir('d'); os.remove('h'); open('f').close(); os.putenv('a', 'b'); os.chdir('/')")
        flags = os.O_CREAT | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
        self.assertEqual([e for e in events_of(program, ("os.", "open")) if "O_" not in e], [
            f"open ('f', None, {flags})", "os.truncate ('f', 1)", "os.chmod ('f', 384, -1)", "os.link ('f', 'g', -1, -1)",
            "os.symlink ('f', 'h', -1)", "os.utime ('f', (1, 2), None, -1)", "os.rename ('g', 'i', -1, -1)",
            "os.mkdir ('d', 511, -1)", "os.listdir (None,)", "os.scandir ('d',)", "os.rmdir ('d', -1)", "os.remove ('h', -1)",
            f"open ('f', 'r', {os.O_CLOEXEC})", "os.putenv (b'a', b'b')", "os.chdir ('/',)"])

    def test_code(self):
        program = "eval('1'); exec(compile('x = 1', 'name', 'exec')); id(None); sys._getframe()"
        names = [event.split()[0] for event in events_of(program, ("compile", "exec", "builtins.id", "sys._getframe"))]
        self.assertEqual(names, ["compile", "exec", "compile", "exec", "builtins.id", "sys._getframe"])

    def test_hook_that_raises_stops_the_operation(self):
        program = ("def refuse(event, args):\n    if event == 'os.mkdir': raise RuntimeError('no')\n"
                   "sys.addaudithook(refuse)\ntry: os.mkdir('d')\nexcept RuntimeError as e: sys.audit('test.refused', str(e), os.path.exists('d'))")
        self.assertEqual(events_of(program, ("test.",)), ["test.refused ('no', False)"])


if __name__ == "__main__":
    unittest.main()
