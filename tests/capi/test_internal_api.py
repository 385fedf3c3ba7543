"""What CPython keeps for its own extension modules, as its _testinternalcapi sees it."""

import gc
import os.path
import sys
import unittest

import _testcapi
import _testinternalcapi


class ConfigTests(unittest.TestCase):
    def test_configuration_of_this_process(self):
        config = _testinternalcapi.get_config()
        self.assertEqual(config["executable"], sys.executable)
        self.assertEqual(config["orig_argv"], sys.orig_argv)
        self.assertEqual(config["optimization_level"], sys.flags.optimize)
        self.assertEqual(config["stdlib_dir"], os.path.dirname(os.__file__))
        self.assertIs(config["run_module"], None)

    def test_three_parts(self):
        configs = _testinternalcapi.get_configs()
        self.assertEqual(list(configs), ["global_config", "pre_config", "config"])
        self.assertEqual(configs["pre_config"]["utf8_mode"], sys.flags.utf8_mode)
        self.assertEqual(configs["global_config"]["Py_FileSystemDefaultEncoding"], "utf-8")

    def test_own_cases(self):
        _testinternalcapi.test_edit_cost()
        _testinternalcapi.test_hashtable()
        _testinternalcapi.reset_path_config()


class LegacyFinalizerTests(unittest.TestCase):
    def test_tp_del_sees_an_object_without_references_and_may_keep_it(self):
        kept = []

        @_testcapi.with_tp_del
        class Once:
            calls = 0

            def __tp_del__(self):
                type(self).calls += 1
                if not kept:
                    kept.append(self)

        Once()
        self.assertEqual((Once.calls, len(kept)), (1, 1))
        kept[0] = None
        gc.collect()
        self.assertEqual(Once.calls, 2)


if __name__ == "__main__":
    unittest.main()
