"""Descriptors: property, classmethod, staticmethod, methods, super, members, mappingproxy, signatures."""

import types
import unittest


class Texts(unittest.TestCase):
    def raises(self, kind, text, function, *args, **kwargs):
        with self.assertRaises(kind) as caught:
            function(*args, **kwargs)
        self.assertEqual(str(caught.exception), text)


class Properties(Texts):
    def test_access(self):
        class A:
            @property
            def x(self):
                "doc"
                return self._x
            @x.setter
            def x(self, v): self._x = v
            @x.deleter
            def x(self): del self._x
        a = A()
        a.x = 3
        self.assertEqual((a.x, A.x.__doc__), (3, "doc"))
        del a.x
        self.raises(AttributeError, "'A' object has no attribute '_x'", getattr, a, "x")

    def test_missing_accessors(self):
        class A:
            ro = property(lambda self: 1)
            wo = property(None, lambda self, v: None)
        self.raises(AttributeError, "property 'ro' of 'Properties.test_missing_accessors.<locals>.A' object has no setter",
                    setattr, A(), "ro", 1)
        self.raises(AttributeError, "property 'ro' of 'Properties.test_missing_accessors.<locals>.A' object has no deleter",
                    delattr, A(), "ro")
        self.raises(AttributeError, "property 'wo' of 'Properties.test_missing_accessors.<locals>.A' object has no getter",
                    getattr, A(), "wo")

    def test_subclass_doc(self):
        class P(property): pass
        def f(self): "of f"
        self.assertEqual((P(f).__doc__, property(f, doc="own").__doc__), ("of f", "own"))


class Methods(Texts):
    def test_bound(self):
        class A:
            def f(self): return self
        a = A()
        self.assertIs(a.f.__self__, a)
        self.assertIs(a.f.__func__, A.f)
        self.assertEqual(a.f, a.f)
        self.assertEqual(hash(a.f), hash(a.f))
        self.assertNotEqual(a.f, A().f)
        self.assertIs(types.MethodType(len, [1])(), 1)
        self.raises(TypeError, "first argument must be callable", types.MethodType, 1, 2)

    def test_class_and_static(self):
        class A:
            @classmethod
            def c(cls, x): return cls, x
            @staticmethod
            def s(x): return x
        class B(A): pass
        self.assertEqual((B.c(1), B().c(2), A.s(3), A().s(4)), ((B, 1), (B, 2), 3, 4))
        self.assertEqual(A.__dict__["s"].__wrapped__.__name__, "s")
        self.assertEqual(A.__dict__["s"](5), 5)
        self.assertEqual((dict.fromkeys("a", 1), dict().fromkeys("b")), ({"a": 1}, {"b": None}))

    def test_builtin_methods(self):
        self.assertEqual(repr(list.append), "<method 'append' of 'list' objects>")
        self.assertEqual(list.append.__qualname__, "list.append")
        self.assertEqual("".join.__self__, "")
        self.raises(TypeError, "unbound method list.append() needs an argument", list.append)
        self.raises(TypeError, "descriptor 'append' for 'list' objects doesn't apply to a 'int' object", list.append, 1, 2)
        self.raises(TypeError, "list.append() takes exactly one argument (0 given)", [].append)
        self.raises(TypeError, "list.append() takes no keyword arguments", [].append, a=1)
        self.raises(TypeError, "str.lower() takes no arguments (1 given)", "a".lower, 1)
        self.raises(TypeError, "split() takes at most 2 arguments (3 given)", "".split, 1, 2, 3)
        self.raises(TypeError, "'a' is an invalid keyword argument for split()", "".split, a=1)
        self.raises(TypeError, "pop expected at most 1 argument, got 2", [].pop, 1, 2)
        self.raises(TypeError, "insert expected 2 arguments, got 1", [].insert, 1)
        self.raises(TypeError, "from_bytes() missing required argument 'bytes' (pos 1)", int.from_bytes)
        self.raises(TypeError, "argument for to_bytes() given by name ('length') and position (1)", (5).to_bytes, 1, length=1)

    def test_signatures(self):
        self.assertEqual(list.append.__text_signature__, "($self, object, /)")
        self.assertEqual(int.__add__.__text_signature__, "($self, value, /)")
        self.assertEqual(len.__text_signature__, "($module, obj, /)")


def super_without_arguments(): super()
def super_outside_a_class(x): super()


class Super(Texts):
    def test_chain(self):
        class A:
            def f(self): return ["A"]
        class B(A):
            def f(self): return ["B"] + super().f()
        class C(A):
            def f(self): return ["C"] + super().f()
        class D(B, C):
            def f(self): return ["D"] + super().f()
        self.assertEqual(D().f(), list("DBCA"))
        self.assertEqual(super(B, D()).f(), ["C", "A"])
        self.assertEqual(super(B, D).f(D()), ["C", "A"])

    def test_errors(self):
        self.raises(TypeError, "super() argument 1 must be a type, not int", super, 1)
        self.raises(TypeError, "super(type, obj): obj must be an instance or subtype of type", super, int, "a")
        self.raises(RuntimeError, "super(): no arguments", super_without_arguments)
        self.raises(RuntimeError, "super(): __class__ cell not found", super_outside_a_class, 1)
        class A: pass
        self.raises(AttributeError, "'super' object has no attribute 'nope'", getattr, super(A, A()), "nope")

    def test_captured_self(self):
        class A:
            def f(self): return 1
        class B(A):
            def f(self):
                g = lambda: self
                return super().f(), g() is self
        self.assertEqual(B().f(), (1, True))


class Custom(Texts):
    def test_data_descriptor_wins(self):
        class Data:
            def __get__(self, o, t): return "data"
            def __set__(self, o, v): o.__dict__["x"] = v
        class NonData:
            def __get__(self, o, t): return "nondata"
        class A:
            x, y = Data(), NonData()
        a = A()
        a.x = 1
        a.__dict__["y"] = 2
        self.assertEqual((a.x, a.y, A.y), ("data", 2, "nondata"))

    def test_mapping_proxy(self):
        p = types.MappingProxyType({"a": 1})
        self.assertEqual((p["a"], len(p), list(p), "a" in p, p | {"b": 2}), (1, 1, ["a"], True, {"a": 1, "b": 2}))
        self.assertEqual(repr(p), "mappingproxy({'a': 1})")
        with self.assertRaises(TypeError):
            p["b"] = 1
        self.raises(TypeError, "mappingproxy() argument must be a mapping, not list", types.MappingProxyType, [])

    def test_modules(self):
        m = types.ModuleType("m", "doc")
        self.assertEqual((m.__name__, m.__doc__, m.__spec__), ("m", "doc", None))
        self.raises(AttributeError, "module 'm' has no attribute 'x'", getattr, m, "x")
        m.__getattr__ = lambda name: name * 2
        self.assertEqual(m.x, "xx")
        m.x = 5
        self.assertEqual(m.x, 5)


if __name__ == "__main__":
    unittest.main()
