"""contextvars: contexts are persistent maps that share what they have in common."""

import contextvars
import gc
import sys
import unittest
import weakref

try:
    from _testcapi import hamt
except ImportError:
    hamt = None


class Contexts(unittest.TestCase):

    def test_many_variables(self):
        variables = [contextvars.ContextVar(str(i)) for i in range(2000)]
        context = contextvars.Context()

        def fill():
            for i, variable in enumerate(variables):
                variable.set(i)
            return contextvars.copy_context()

        before = context.run(fill)
        tokens = []
        context.run(lambda: tokens.extend(v.set(-1) for v in variables[::2]))
        self.assertEqual([context[v] for v in variables[:4]], [-1, 1, -1, 3])
        self.assertEqual([before[v] for v in variables], list(range(2000)))
        self.assertNotEqual(context, before)
        context.run(lambda: [v.reset(t) for v, t in zip(variables[::2], tokens)])
        self.assertEqual(context, before)
        self.assertEqual(dict(context.items()), dict(zip(variables, range(2000))))

    def test_iterators_have_a_length_and_keep_what_they_show(self):
        variable = contextvars.ContextVar("v")
        context = contextvars.Context()
        context.run(variable.set, 1)
        for view in context.items, context.keys, context.values:
            self.assertEqual(len(view()), 1)
        values = context.values()
        context.run(variable.set, 2)
        self.assertEqual(list(values), [1])
        self.assertEqual(list(context), [variable])

    @unittest.skipUnless(sys.implementation.name == "adder", "python3.11 crashes")
    def test_comparing_may_change_the_contexts(self):
        variable = contextvars.ContextVar("v")
        a, b = contextvars.Context(), contextvars.Context()

        class Value:
            def __eq__(self, other):
                a.run(variable.set, None)
                b.run(variable.set, None)
                return True

        a.run(variable.set, Value())
        b.run(variable.set, Value())
        self.assertTrue(a == b)

    def test_a_context_in_its_own_variable_is_collected(self):
        context = contextvars.Context()
        context.run(contextvars.ContextVar("v").set, context)
        gone = weakref.ref(context)
        del context
        gc.collect()
        self.assertIsNone(gone())


@unittest.skipIf(hamt is None, "needs _testcapi")
class Hamts(unittest.TestCase):

    def test_keys_of_equal_hash(self):
        class Key:
            def __init__(self, name, hash):
                self.name, self.hash = name, hash

            def __hash__(self):
                return self.hash

        for hashes in (7, 7, 7), (7, 7, 7 + (1 << 60)), (7, 7 + (1 << 5), 7), (7, 7, 8):
            keys = [Key(name, h) for name, h in zip("abc", hashes)]
            full = hamt()
            for key in keys:
                full = full.set(key, key.name)
            self.assertEqual({key.name for key in full}, set("abc"))
            for first in keys:
                rest = full.delete(first)
                self.assertEqual({key.name for key in rest}, set("abc") - {first.name})
                self.assertIs(rest.delete(first), rest)
                self.assertEqual(rest.set(first, first.name), full)
                for second in set(rest):
                    self.assertEqual(len(rest.delete(second)), 1)
        self.assertIs(full.set(keys[0], full[keys[0]]), full)


if __name__ == "__main__":
    unittest.main()
