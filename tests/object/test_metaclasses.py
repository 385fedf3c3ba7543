"""Metaclasses: choice, __prepare__, mro(), attribute lookup on classes, instance and subclass checks."""

import unittest


class Metaclasses(unittest.TestCase):
    def test_choice(self):
        class M(type): pass
        class N(M): pass
        class A(metaclass=M): pass
        class B(metaclass=N): pass
        class C(A, B): pass
        self.assertIs(type(C), N)
        class O(type): pass
        with self.assertRaises(TypeError) as e:
            class D(A, metaclass=O): pass
        self.assertEqual(str(e.exception), "metaclass conflict: the metaclass of a derived class must be a (non-strict) "
                                           "subclass of the metaclasses of all its bases")

    def test_new_init_call_prepare(self):
        log = []
        class M(type):
            @classmethod
            def __prepare__(meta, name, bases, **kw):
                log.append(("prepare", name, kw))
                return {"given": 1}
            def __new__(meta, name, bases, namespace, **kw):
                log.append(("new", sorted(k for k in namespace if not k.startswith("__"))))
                return super().__new__(meta, name, bases, namespace)
            def __init__(cls, name, bases, namespace, **kw):
                log.append(("init", kw))
                super().__init__(name, bases, namespace)
            def __call__(cls, *args):
                log.append(("call", args))
                return super().__call__(*args)
        class A(metaclass=M, flag=2):
            x = 1
            def __init__(self, v): self.v = v
        self.assertEqual(A(5).v, 5)
        self.assertEqual(log, [("prepare", "A", {"flag": 2}), ("new", ["given", "x"]), ("init", {"flag": 2}), ("call", (5,))])

    def test_custom_mro(self):
        class Extra:
            def who(self): return "extra"
        class M(type):
            def mro(cls): return [cls, Extra, object]
        class A(metaclass=M): pass
        self.assertEqual((A.__mro__, A().who()), ((A, Extra, object), "extra"))
        class Bad(type):
            def mro(cls): return [cls, 1]
        with self.assertRaises(TypeError) as e:
            Bad("X", (), {})
        self.assertEqual(str(e.exception), "mro() returned a non-class ('int')")

    def test_attributes_of_classes(self):
        class M(type):
            def method(cls): return cls.__name__
            @property
            def p(cls): return "from meta"
            z = "meta"
        class A(metaclass=M):
            z = "class"
        self.assertEqual((A.method(), A.p, A.z), ("A", "from meta", "class"))
        self.assertFalse(hasattr(A(), "method"))

    def test_checks(self):
        class M(type):
            def __instancecheck__(cls, o): return o == 5
            def __subclasscheck__(cls, c): return c is int
        class A(metaclass=M): pass
        self.assertEqual((isinstance(5, A), isinstance(6, A), issubclass(int, A), issubclass(str, A)), (True, False, True, False))
        self.assertTrue(isinstance(A(), A))

    def test_special_methods_of_classes(self):
        class M(type):
            def __len__(cls): return 3
            def __iter__(cls): return iter("abc")
            def __getitem__(cls, i): return i
            def __repr__(cls): return "<A>"
        class A(metaclass=M):
            def __len__(self): return 9
        self.assertEqual((len(A), list(A), A[4], repr(A), len(A())), (3, ["a", "b", "c"], 4, "<A>", 9))

    def test_union(self):
        self.assertEqual(repr(int | None), "int | None")
        self.assertTrue(isinstance(None, int | None))


if __name__ == "__main__":
    unittest.main()
