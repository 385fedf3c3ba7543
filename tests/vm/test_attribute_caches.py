"""Attributes and methods give the same however often an instruction has met its receivers, and see every change behind its back."""

import gc
import sys
import types
import unittest

TURNS = 5


class Site(unittest.TestCase):
    """Each case runs one instruction several times before and after a change."""

    def repeat(self, function, *arguments):
        results = [function(*arguments) for _ in range(TURNS)]
        for result in results:
            self.assertEqual(result, results[0])
        return results[0]


class ClearTest(Site):
    def test_names_are_let_go(self):
        name = sys.intern("attribute_of_this_test")

        class C:
            def attribute_of_this_test_too(self):
                return 1

        def use():
            o = type("D", (C,), {})()
            hasattr(o, name)
            setattr(o, name, 1)
            return getattr(o, name) + o.attribute_of_this_test_too()

        def count():
            gc.collect()
            sys._clear_type_cache()
            return sys.getrefcount(name)

        use()
        before = count()
        for _ in range(20):
            use()
        self.assertEqual(count(), before)
        self.assertEqual(use(), 2)


class LoadTest(Site):
    def test_one_site_meets_many_classes_and_shapes(self):
        classes = [type(f"C{i}", (), {"__init__": lambda self, i=i: setattr(self, "value", i)}) for i in range(12)]
        objects = [cls() for cls in classes]
        for i in range(12):
            late = classes[i]()
            late.other, late.value = 0, i
            del late.other
            objects.append(late)
            differently = classes[i].__new__(classes[i])
            differently.first, differently.value = None, i
            objects.append(differently)
        for _ in range(TURNS):
            self.assertEqual([o.value for o in objects], list(range(12)) + [i for i in range(12) for _ in range(2)])

    def test_one_site_stores_into_and_calls_many_classes(self):
        def make(i):
            class C:
                def __init__(self):
                    self.pad = [self] * (i % 3)
                    self.value = 0

                def add(self, n):
                    self.value += n * i
                    return self.value
            return C

        objects = [make(i)() for i in range(9)]
        for turn in range(1, 40):
            for o in objects:
                o.count = o.value
                o.value = o.count
                o.add(1)
            self.assertEqual([o.value for o in objects], [i * turn for i in range(9)])
        type(objects[3]).add = lambda self, n: "changed"
        self.assertEqual([o.add(0) for o in objects[2:5]], [78, "changed", 156])

    def test_several_classes_change_after_their_site_knows_them(self):
        class A:
            def __init__(self):
                self.v = 1

            def m(self):
                return "A"

        class B(A):
            def __init__(self):
                self.other = 0
                self.v = 2

        class C(A):
            def __init__(self):
                self.v = 3
                self.late = None

            def m(self):
                return "C"

        def use(o):
            o.v += 10
            return o.v, o.m()

        def rounds(n):
            return [use(cls()) for _ in range(n) for cls in (A, B, C)]

        self.assertEqual(rounds(20), [(11, "A"), (12, "A"), (13, "C")] * 20)
        A.m = lambda self: "A2"
        self.assertEqual(rounds(3), [(11, "A2"), (12, "A2"), (13, "C")] * 3)
        B.v = property(lambda self: 5, lambda self, v: None)
        self.assertEqual(rounds(3), [(11, "A2"), (5, "A2"), (13, "C")] * 3)
        shadowed = C()
        shadowed.m = lambda: "own"
        self.assertEqual(use(shadowed), (13, "own"))
        emptied = A()
        del emptied.v
        with self.assertRaisesRegex(AttributeError, "'A' object has no attribute 'v'"):
            use(emptied)
        with self.assertRaisesRegex(AttributeError, "'int' object has no attribute 'v'"):
            use(5)
        self.assertEqual(rounds(3), [(11, "A2"), (5, "A2"), (13, "C")] * 3)

    def test_class_attribute_changes_and_is_hidden(self):
        class Base:
            level = None

        class Derived(Base):
            pass

        def load(o):
            return o.level

        o = Derived()
        self.assertIsNone(self.repeat(load, o))
        Base.level = 1
        self.assertEqual(self.repeat(load, o), 1)
        Derived.level = 2
        self.assertEqual(self.repeat(load, o), 2)
        o.level = 3
        self.assertEqual(self.repeat(load, o), 3)
        Derived.level = property(lambda self: 4)
        self.assertEqual(self.repeat(load, o), 4)
        del Derived.level
        self.assertEqual(self.repeat(load, o), 3)
        del o.level
        self.assertEqual(self.repeat(load, o), 1)
        del Base.level
        for _ in range(TURNS):
            self.assertRaises(AttributeError, load, o)

    def test_value_becomes_a_descriptor(self):
        class Plain:
            pass

        class Holder:
            item = Plain()

        def load(o):
            return o.item

        of_class, of_instance, hidden, in_dict = Holder, Holder(), Holder(), Holder()
        hidden.item = in_dict.item = "own"
        vars(in_dict)
        for o in (of_class, of_instance):
            self.assertIs(self.repeat(load, o), Holder.__dict__["item"])
        for o in (hidden, in_dict):
            self.assertEqual(self.repeat(load, o), "own")
        Plain.__get__ = lambda self, instance, owner: "got"
        self.assertEqual([self.repeat(load, o) for o in (of_class, of_instance, hidden, in_dict)], ["got", "got", "own", "own"])
        Plain.__set__ = lambda self, instance, value: None
        self.assertEqual([self.repeat(load, o) for o in (of_class, of_instance, hidden, in_dict)], ["got"] * 4)

    def test_slots(self):
        class Point:
            __slots__ = ("x", "y")

        class Named(Point):
            __slots__ = ("name",)

        def load(o):
            return o.x

        def store(o, v):
            o.x = v

        a, b = Point(), Named()
        for _ in range(TURNS):
            for o in (a, b):
                self.assertRaises(AttributeError, load, o)
                for value in (1, 2.5, "text", None, 1 << 70):
                    store(o, value)
                    self.assertEqual(load(o), value)
                del o.x
                self.assertRaises(AttributeError, load, o)

    def test_class_of_an_instance_changes(self):
        class A:
            name = "a"

            def call(self):
                return "A"

        class B:
            name = "b"

            def call(self):
                return "B"

        def load(o):
            return o.name, o.call(), o.own

        o = A()
        o.own = 1
        self.assertEqual(self.repeat(load, o), ("a", "A", 1))
        o.__class__ = B
        self.assertEqual(self.repeat(load, o), ("b", "B", 1))

    def test_dict_mode(self):
        class C:
            shared = "class"

            def method(self):
                return "method"

        def load(o):
            return o.a, o.shared, o.method()

        objects = [C() for _ in range(3)]
        for i, o in enumerate(objects):
            o.__dict__["a"] = i
        self.assertEqual([self.repeat(load, o) for o in objects], [(i, "class", "method") for i in range(3)])
        vars(objects[1])["shared"] = "own"
        objects[1].method = lambda: "hidden"
        self.assertEqual(self.repeat(load, objects[1]), (1, "own", "hidden"))
        self.assertEqual(self.repeat(load, objects[0]), (0, "class", "method"))
        del objects[0].a
        for _ in range(TURNS):
            self.assertRaises(AttributeError, load, objects[0])
        for value in range(TURNS):
            for o in objects:
                o.a = value
                self.assertEqual((o.a, vars(o)["a"]), (value, value))

    def test_module(self):
        module = types.ModuleType("m")
        module.value = 1
        module.function = lambda: "f"

        def load():
            return module.value, module.function()

        self.assertEqual(self.repeat(load), (1, "f"))
        module.value = 2
        self.assertEqual(self.repeat(load), (2, "f"))
        module.another = None
        self.assertEqual(self.repeat(load), (2, "f"))
        del module.value
        for _ in range(TURNS):
            self.assertRaises(AttributeError, load)
        module.__getattr__ = lambda name: name.upper()
        self.assertEqual(self.repeat(load), ("VALUE", "f"))

    def test_metaclass(self):
        class Meta(type):
            color = "meta"

            @property
            def computed(cls):
                return cls.__name__

        class A(metaclass=Meta):
            color = "a"
            computed = "hidden"

        class B(metaclass=Meta):
            pass

        def load(cls):
            return cls.color, cls.computed

        for _ in range(TURNS):
            self.assertEqual([load(A), load(B)], [("a", "A"), ("meta", "B")])
        Meta.color = property(lambda cls: "data")
        for _ in range(TURNS):
            self.assertEqual([load(A), load(B)], [("data", "A"), ("data", "B")])
        del Meta.color, A.color
        for _ in range(TURNS):
            self.assertRaises(AttributeError, load, A)


class RoomTest(unittest.TestCase):
    """Instances have room for what methods store on self; more than that fits as well."""

    def test_first_instances(self):
        class Base:
            def __init__(self):
                self.a = self.b = self.c = self.d = self.e = 1

            def later(this):
                this.f = this.g = this.h = 2

        class Derived(Base):
            def __init__(self):
                super().__init__()
                self.i = self.j = self.a = 3

        class Huge(Derived):
            exec("def fill(self):\n" + "\n".join(f"    self.x{i} = {i}" for i in range(50)))

        for _ in range(3):
            o = Huge()
            o.later()
            o.fill()
            o.unforeseen = None
            expected = dict.fromkeys("abcde", 1) | {"i": 3, "j": 3, "a": 3} | dict.fromkeys("fgh", 2)
            self.assertEqual(list(vars(o).items()), list((expected | {f"x{i}": i for i in range(50)} | {"unforeseen": None}).items()))
            self.assertEqual(vars(Derived()), dict.fromkeys("abcde", 1) | {"i": 3, "j": 3, "a": 3})


class PropertyTest(Site):
    def test_getter(self):
        class C:
            def __init__(self, n):
                self.n = n

            @property
            def twice(self):
                return self.n * 2

            @property
            def deep(self):
                return C(self.n - 1).deep + 1 if self.n else 0

        self.assertEqual(self.repeat(lambda: [C(i).twice for i in range(4)]), [0, 2, 4, 6])
        self.assertEqual(self.repeat(lambda: C(50).deep), 50)
        self.assertEqual(self.repeat(lambda: list(C(i).twice for i in range(3))), [0, 2, 4])
        self.assertRaises(RecursionError, lambda: C(10 ** 6).deep)

    def test_getter_is_replaced(self):
        class C:
            @property
            def p(self):
                return 1

        def load(o):
            return o.p

        o = C()
        self.assertEqual(self.repeat(load, o), 1)
        getter = C.__dict__["p"].fget
        getter.__code__ = (lambda self: 2).__code__
        self.assertEqual(self.repeat(load, o), 2)
        getter.__code__ = (lambda self, more=5: more).__code__
        getter.__defaults__ = (7,)
        self.assertEqual(self.repeat(load, o), 7)
        C.__dict__["p"].__init__(lambda self: 3)
        self.assertEqual(self.repeat(load, o), 3)
        C.__dict__["p"].__init__(None)
        for _ in range(TURNS):
            self.assertRaises(AttributeError, load, o)

    def test_getter_fails(self):
        class C:
            @property
            def p(self):
                raise AttributeError("inside")

        class WithHook(C):
            def __getattr__(self, name):
                return "hook " + name

        def load(o):
            return o.p

        c = C()
        for _ in range(TURNS):
            with self.assertRaisesRegex(AttributeError, "inside") as caught:
                load(c)
            self.assertEqual((caught.exception.name, caught.exception.obj), ("p", c))
            self.assertEqual(load(WithHook()), "hook p")

    def test_getter_is_traced(self):
        class C:
            @property
            def p(self):
                return 1

        def load(o):
            return o.p

        o = C()
        self.repeat(load, o)
        events = []
        sys.setprofile(lambda frame, event, argument: events.append((event, frame.f_code.co_name)) if event in ("call", "return") else None)
        try:
            load(o)
        finally:
            sys.setprofile(None)
        self.assertEqual(events[:4], [("call", "load"), ("call", "p"), ("return", "p"), ("return", "load")])


class MethodTest(Site):
    def test_kinds_of_methods(self):
        class Meta(type):
            def of_meta(cls):
                return "meta", cls.__name__

        class C(metaclass=Meta):
            def plain(self):
                return "plain", type(self).__name__

            @classmethod
            def of_class(cls):
                return "class", cls.__name__

            @staticmethod
            def static(*arguments):
                return "static", arguments

        class D(C):
            def __init__(self):
                self.own = lambda *arguments: ("own", arguments)

        d = D()
        for _ in range(TURNS):
            for o, name in ((C(), "C"), (d, "D")):
                self.assertEqual(o.plain(), ("plain", name))
                self.assertEqual(o.of_class(), ("class", name))
                self.assertEqual(o.static(1), ("static", (1,)))
            for cls in (C, D):
                self.assertEqual(cls.plain(d), ("plain", "D"))
                self.assertEqual(cls.of_class(), ("class", cls.__name__))
                self.assertEqual(cls.static(), ("static", ()))
                self.assertEqual(cls.of_meta(), ("meta", cls.__name__))
            self.assertEqual(d.own(2), ("own", (2,)))

    def test_methods_change(self):
        class C:
            def f(self):
                return 1

        def of_instance(o):
            return o.f()

        def of_class(cls, o):
            return cls.f(o)

        o = C()
        self.assertEqual(self.repeat(of_instance, o), 1)
        self.assertEqual(self.repeat(of_class, C, o), 1)
        C.f = lambda self: 2
        self.assertEqual(self.repeat(of_instance, o), 2)
        self.assertEqual(self.repeat(of_class, C, o), 2)
        C.f = staticmethod(lambda *a: len(a))
        self.assertEqual(self.repeat(of_instance, o), 0)
        self.assertEqual(self.repeat(of_class, C, o), 1)
        C.__dict__["f"].__init__(lambda *a: "again")
        self.assertEqual(self.repeat(of_instance, o), "again")
        C.f = classmethod(lambda cls, *a: (cls, a))
        self.assertEqual(self.repeat(of_instance, o), (C, ()))
        self.assertEqual(self.repeat(of_class, C, o), (C, (o,)))
        o.f = lambda: "own"
        self.assertEqual(self.repeat(of_instance, o), "own")

    def test_getattr_hook(self):
        class C:
            def __getattr__(self, name):
                return lambda: name

            def known(self):
                return "method"

        def call(o):
            return o.known(), o.unknown()

        self.assertEqual(self.repeat(call, C()), ("method", "unknown"))
        C.__getattribute__ = lambda self, name: lambda: "all " + name
        self.assertEqual(self.repeat(call, C()), ("all known", "all unknown"))


class StoreTest(Site):
    def test_destructor_of_the_old_value_adds_attributes(self):
        class Loud:
            def __init__(self, o, n):
                self.o, self.n = o, n

            def __del__(self):
                setattr(self.o, f"late{self.n}", self.n)

        class C:
            pass

        def store(o, v):
            o.value = v

        for n in range(TURNS):
            o = C()
            store(o, None)
            store(o, Loud(o, n))
            store(o, None)
            self.assertEqual(vars(o), {"value": None, f"late{n}": n})

    def test_store_meets_a_descriptor(self):
        class C:
            pass

        def store(o):
            o.x = 1

        for _ in range(TURNS):
            store(C())
        seen = []
        C.x = property(None, lambda self, v: seen.append(v))
        for _ in range(TURNS):
            store(C())
        self.assertEqual(seen, [1] * TURNS)
        C.__setattr__ = lambda self, name, v: seen.append(name)
        store(C())
        self.assertEqual(seen[-1], "x")


if __name__ == "__main__":
    unittest.main()
