"""Small extension modules of the distribution: PyYAML over libyaml, msgpack, MarkupSafe, psutil, cffi."""

import datetime
import os
import unittest

from installed import PackageTest


class Yaml(PackageTest):
    needs = ("yaml._yaml",)

    def test_round_trip(self):
        import yaml
        data = {"list": [1, 2.5, "three", None, True], "nested": {"when": datetime.date(2024, 2, 29), "long": 10 ** 30}, "ä": "ß\n"}
        text = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True)
        self.assertEqual(yaml.load(text, yaml.CSafeLoader), data)
        self.assertEqual(text, yaml.dump(data, Dumper=yaml.SafeDumper, allow_unicode=True))

    def test_anchors_and_errors(self):
        import yaml
        a, b = yaml.load("- &x [1]\n- *x\n", yaml.CSafeLoader)
        self.assertIs(a, b)
        with self.assertRaises(yaml.YAMLError) as caught:
            yaml.load("a: [1, 2", yaml.CSafeLoader)
        self.assertIn("did not find expected", str(caught.exception))

    def test_constructor_of_ours(self):
        import yaml

        class Loader(yaml.CSafeLoader):
            pass

        Loader.add_constructor("!twice", lambda loader, node: 2 * int(loader.construct_scalar(node)))
        self.assertEqual(yaml.load("[!twice 21]", Loader), [42])


class Msgpack(PackageTest):
    needs = ("msgpack._cmsgpack",)

    def test_round_trip(self):
        import msgpack
        data = [None, True, -1, 2 ** 63, 1.5, "text", b"bytes", [1, [2]], {"k": {"l": 3}}]
        self.assertEqual(msgpack.unpackb(msgpack.packb(data)), data)

    def test_stream_hooks_and_errors(self):
        import msgpack
        unpacker = msgpack.Unpacker(object_hook=lambda d: tuple(d.items()))
        for byte in msgpack.packb({"a": 1}) + msgpack.packb([2]):
            unpacker.feed(bytes([byte]))
        self.assertEqual(list(unpacker), [(("a", 1),), [2]])
        self.assertEqual(msgpack.unpackb(msgpack.packb(3j, default=lambda z: [z.real, z.imag])), [0.0, 3.0])
        with self.assertRaisesRegex(TypeError, "can not serialize 'object' object"):
            msgpack.packb(object())
        with self.assertRaises(OverflowError):
            msgpack.packb(2 ** 64)


class MarkupSafe(PackageTest):
    needs = ("markupsafe._speedups",)

    def test_escape(self):
        from markupsafe import Markup, _speedups, escape
        self.assertIs(escape, _speedups.escape)
        self.assertEqual(escape("<a & 'b' \"c\">"), "&lt;a &amp; &#39;b&#39; &#34;c&#34;&gt;")
        self.assertEqual(escape(42), "42")
        self.assertEqual(escape("ä\u20ac\U0001f600<"), "ä\u20ac\U0001f600&lt;")
        self.assertEqual(Markup("<b>%s</b>") % "<x>", "<b>&lt;x&gt;</b>")


class Psutil(PackageTest):
    needs = ("psutil",)

    def test_this_process(self):
        import psutil
        me = psutil.Process()
        self.assertEqual((me.pid, me.ppid()), (os.getpid(), os.getppid()))
        self.assertGreater(me.memory_info().rss, 1 << 20)
        self.assertEqual(set(me.cpu_affinity()), os.sched_getaffinity(0))

    def test_machine(self):
        import psutil
        self.assertEqual(psutil.cpu_count(), os.cpu_count())
        self.assertGreater(psutil.virtual_memory().total, psutil.virtual_memory().available)
        self.assertIn("lo", psutil.net_if_addrs())
        with self.assertRaises(psutil.NoSuchProcess):
            psutil.Process(2 ** 31 - 2)


if __name__ == "__main__":
    unittest.main()
