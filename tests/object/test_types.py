"""Classes: layout, MRO, slots, attributes of classes, construction and destruction of instances."""

import gc
import unittest
import weakref


class Texts(unittest.TestCase):
    def raises(self, kind, text, function, *args, **kwargs):
        with self.assertRaises(kind) as caught:
            function(*args, **kwargs)
        self.assertEqual(str(caught.exception), text)
        return caught.exception


class Making(Texts):
    def test_c3_order(self):
        class A: pass
        class B(A): pass
        class C(A): pass
        class D(B, C): pass
        self.assertEqual([c.__name__ for c in D.__mro__], ["D", "B", "C", "A", "object"])
        self.raises(TypeError, "Cannot create a consistent method resolution\norder (MRO) for bases A, B",
                    type, "X", (A, B), {})
        self.raises(TypeError, "duplicate base class A", type, "X", (A, A), {})

    def test_order_that_leaves_the_class_out(self):
        class Base: pass

        class Meta(type):
            def mro(cls):
                return (Base,)

        self.raises(TypeError, "super(type, obj): obj must be an instance or subtype of type", Meta, "A", (Base,), {})

    def test_wrong_arguments(self):
        self.raises(TypeError, "type() takes 1 or 3 arguments", type, 1, 2)
        self.raises(TypeError, "type.__new__() argument 1 must be str, not int", type, 1, (), {})
        self.raises(TypeError, "type.__new__() argument 2 must be tuple, not list", type, "a", [], {})
        self.raises(TypeError, "type.__new__() argument 3 must be dict, not int", type, "a", (), 1)
        self.raises(ValueError, "type name must not contain null characters", type, "a\0", (), {})
        self.raises(TypeError, "type 'bool' is not an acceptable base type", type, "a", (bool,), {})
        self.raises(TypeError, "multiple bases have instance lay-out conflict", type, "a", (int, list), {})

    def test_names_and_module(self):
        class A: pass
        self.assertEqual(A.__module__, __name__)
        self.assertEqual(A.__qualname__, "Making.test_names_and_module.<locals>.A")
        A.__name__ = "B"
        self.assertEqual(A.__name__, "B")
        self.raises(TypeError, "can only assign string to B.__name__, not 'int'", setattr, A, "__name__", 1)
        self.raises(TypeError, "cannot set '__name__' attribute of immutable type 'int'", setattr, int, "__name__", "x")
        self.raises(TypeError, "cannot set 'x' attribute of immutable type 'int'", setattr, int, "x", 1)

    def test_bases_assignment(self):
        class A:
            def f(self): return "A"
        class B:
            def f(self): return "B"
        class C(A): pass
        class D(C): pass
        d = D()
        self.assertEqual(d.f(), "A")
        C.__bases__ = (B,)
        self.assertEqual(d.f(), "B")
        self.assertEqual(A.__subclasses__(), [])
        self.assertEqual(B.__subclasses__(), [C])
        self.raises(TypeError, "a __bases__ item causes an inheritance cycle", setattr, C, "__bases__", (D,))
        self.assertEqual(D.__mro__, (D, C, B, object))

    def test_set_name_and_init_subclass(self):
        seen = []
        class D:
            def __set_name__(self, owner, name): seen.append((owner.__name__, name))
        class A:
            def __init_subclass__(cls, /, tag=None, **rest):
                super().__init_subclass__(**rest)
                seen.append((cls.__name__, tag))
        class B(A, tag=5):
            x = D()
        self.assertEqual(seen, [("B", "x"), ("B", 5)])
        with self.assertRaises(TypeError) as e:
            class C(B, other=1): pass
        self.assertEqual(str(e.exception), "Making.test_set_name_and_init_subclass.<locals>.C.__init_subclass__() takes no keyword arguments")

    def test_class_cell(self):
        class A:
            def f(self): return __class__
        self.assertIs(A().f(), A)
        self.assertNotIn("__classcell__", A.__dict__)

    def test_subclasses_vanish(self):
        class A: pass
        class B(A): pass
        self.assertEqual(A.__subclasses__(), [B])
        del B
        gc.collect()
        self.assertEqual(A.__subclasses__(), [])


class Slots(Texts):
    def test_values(self):
        class P:
            __slots__ = ("x", "y")
        p = P()
        self.raises(AttributeError, "'P' object has no attribute 'x'", getattr, p, "x")
        for v in (1, 1.5, 1 << 60, "s", None, p):
            p.x = v
            self.assertIs(p.x, v)
        self.raises(AttributeError, "'P' object has no attribute 'z'", setattr, p, "z", 1)
        del p.x
        self.raises(AttributeError, "x", delattr, p, "x")
        self.assertFalse(hasattr(p, "__dict__"))
        self.raises(TypeError, "descriptor 'x' for 'P' objects doesn't apply to a 'int' object", P.x.__get__, 1)

    def test_errors(self):
        def make(slots, base=object, **namespace):
            return type("X", (base,), {"__slots__": slots, **namespace})
        self.raises(TypeError, "__slots__ items must be strings, not 'int'", make, [1])
        self.raises(TypeError, "__slots__ must be identifiers", make, ["a b"])
        self.raises(ValueError, "'a' in __slots__ conflicts with class variable", make, "a", a=1)
        self.raises(TypeError, "nonempty __slots__ not supported for subtype of 'int'", make, "a", int)
        self.raises(TypeError, "__dict__ slot disallowed: we already got one", make, ("__dict__", "__dict__"))

    def test_private_names_and_weakref(self):
        class A:
            __slots__ = ("__hidden", "__weakref__")
            def __init__(self): self.__hidden = 3
        a = A()
        self.assertEqual(a._A__hidden, 3)
        r = weakref.ref(a)
        self.assertIs(r(), a)
        del a
        self.assertIsNone(r())

    def test_inherited(self):
        class A: __slots__ = "a"
        class B(A): __slots__ = "b"
        class C(B): pass
        c = C()
        c.a, c.b, c.d = 1, 2, 3
        self.assertEqual((c.a, c.b, c.__dict__), (1, 2, {"d": 3}))


class Instances(Texts):
    def test_many_attributes_and_order(self):
        class A: pass
        a = A()
        for i in range(100):
            setattr(a, f"n{i}", i)
        self.assertEqual(list(vars(a)), [f"n{i}" for i in range(100)])
        self.assertEqual([getattr(a, f"n{i}") for i in range(100)], list(range(100)))

    def test_delete_and_add_again(self):
        class A: pass
        a = A()
        a.x, a.y, a.z = 1, 2, 3
        del a.y
        a.y = 4
        self.assertEqual(list(a.__dict__.items()), [("x", 1), ("z", 3), ("y", 4)])
        del a.y
        self.assertFalse(hasattr(a, "y"))
        self.raises(AttributeError, "'A' object has no attribute 'y'", delattr, a, "y")

    def test_dict_is_live(self):
        class A: pass
        a = A()
        a.x = 1
        d = a.__dict__
        d["y"] = 2
        a.z = 3
        self.assertEqual((a.y, d), (2, {"x": 1, "y": 2, "z": 3}))
        a.__dict__ = {"q": 9}
        self.assertEqual((a.q, hasattr(a, "x")), (9, False))
        self.raises(TypeError, "__dict__ must be set to a dictionary, not a 'int'", setattr, a, "__dict__", 1)

    def test_class_assignment(self):
        class A: pass
        class B:
            def f(self): return self.x
        a = A()
        a.x = 5
        a.__class__ = B
        self.assertEqual(a.f(), 5)
        a.y = 6
        self.assertEqual(vars(a), {"x": 5, "y": 6})
        class S: __slots__ = "s"
        self.raises(TypeError, "__class__ assignment: 'S' object layout differs from 'B'", setattr, a, "__class__", S)
        self.raises(TypeError, "__class__ must be set to a class, not 'int' object", setattr, a, "__class__", 1)

    def test_construction_errors(self):
        class A: pass
        class B:
            def __init__(self, x): pass
        class C:
            def __new__(cls, x): return super().__new__(cls)
        self.raises(TypeError, "A() takes no arguments", A, 1)
        self.raises(TypeError, "object.__new__() takes exactly one argument (the type to instantiate)", lambda: C.__base__.__new__(C, 1))
        self.raises(TypeError, "int.__new__(str): str is not a subtype of int", int.__new__, str)
        self.raises(TypeError, "object.__new__(int) is not safe, use int.__new__()", object.__new__, int)
        self.raises(TypeError, "cannot create 'list_iterator' instances", type(iter([])))
        class D:
            def __init__(self): return 1
        self.raises(TypeError, "__init__() should return None, not 'int'", D)

    def test_missing_attribute_knows_its_object(self):
        class A: pass
        a = A()
        e = self.raises(AttributeError, "'A' object has no attribute 'x'", getattr, a, "x")
        self.assertEqual((e.name, e.obj), ("x", a))
        e = self.raises(AttributeError, "type object 'A' has no attribute 'x'", getattr, A, "x")
        self.assertEqual((e.name, e.obj), ("x", A))

    def test_finalizer_resurrects_once(self):
        kept = []
        class A:
            def __del__(self): kept.append(self)
        a = A()
        del a
        self.assertEqual(len(kept), 1)
        kept.clear()
        self.assertEqual(kept, [])

    def test_deep_chain_dies_quietly(self):
        class Node:
            def __init__(self, next): self.next = next
        n = None
        for _ in range(200_000):
            n = Node(n)
        del n


class SpecialMethods(Texts):
    def test_added_later(self):
        class A: pass
        class B(A): pass
        b = B()
        self.raises(TypeError, "object of type 'B' has no len()", len, b)
        A.__len__ = lambda self: 7
        self.assertEqual(len(b), 7)
        B.__len__ = lambda self: 8
        self.assertEqual(len(b), 8)
        del B.__len__
        self.assertEqual(len(b), 7)
        del A.__len__
        self.raises(TypeError, "object of type 'B' has no len()", len, b)

    def test_reflected_goes_first_for_subclasses(self):
        class A:
            def __add__(self, o): return "A.add"
            def __radd__(self, o): return "A.radd"
        class B(A):
            def __radd__(self, o): return "B.radd"
        class C(A): pass
        self.assertEqual((A() + B(), A() + C(), 1 + A(), A() + 1), ("B.radd", "A.add", "A.radd", "A.add"))

    def test_hash_follows_eq(self):
        class A:
            def __eq__(self, o): return True
        self.assertIsNone(A.__hash__)
        self.raises(TypeError, "unhashable type: 'A'", hash, A())
        class B(A):
            __hash__ = object.__hash__
        self.assertEqual(hash(B()) == hash(None), False)
        self.assertTrue(B() == 1)
        class C(A):
            def __hash__(self): return -1
        self.assertEqual(hash(C()), -2)

    def test_wrappers(self):
        self.assertEqual(int.__add__(1, 2), 3)
        self.assertEqual((1).__add__("a"), NotImplemented)
        self.assertEqual(repr(int.__add__), "<slot wrapper '__add__' of 'int' objects>")
        self.raises(TypeError, "descriptor '__add__' requires a 'int' object but received a 'str'", int.__add__, "a", 1)
        self.raises(TypeError, "expected 1 argument, got 0", (1).__add__)
        self.raises(TypeError, "can't apply this __setattr__ to type object", object.__setattr__, int, "x", 1)

    def test_getattr_hooks(self):
        class A:
            def __getattr__(self, name): return name.upper()
        self.assertEqual(A().foo, "FOO")
        class B:
            def __getattribute__(self, name):
                if name == "bar": raise AttributeError(name)
                return "always"
            def __getattr__(self, name): return "fallback"
        self.assertEqual((B().foo, B().bar), ("always", "fallback"))

    def test_builtin_subclass_keeps_overrides(self):
        class L(list):
            def __getitem__(self, i): return "item"
        class M(L): pass
        self.assertEqual((M([1])[0], len(M([1, 2]))), ("item", 2))
        class D(dict):
            def __missing__(self, k): return k * 2
        self.assertEqual(D(a=1)["b"], "bb")


if __name__ == "__main__":
    unittest.main()
