"""sys.setprofile: events of calls of builtin functions and methods."""
import sys
import unittest


def events_of(body):
    events = []

    def note(frame, event, argument):
        if frame.f_code is body.__code__ and event.startswith("c_"):
            events.append((event, argument.__name__))

    sys.setprofile(note)
    try:
        body()
    except ZeroDivisionError:
        pass
    finally:
        sys.setprofile(None)
    return events


class Builtins(unittest.TestCase):
    def test_forms_of_calls(self):
        def body():
            words = {"default": 1}
            max([1, 2])
            max([0], key=abs)
            max([0], **words)
            [].append(1)
        pairs = [event for name in ("max", "max", "max", "append") for event in (("c_call", name), ("c_return", name))]
        self.assertEqual(events_of(body), pairs)

    def test_exception(self):
        def body():
            divmod(1, 0)
        self.assertEqual(events_of(body), [("c_call", "divmod"), ("c_exception", "divmod")])

    def test_types_send_none(self):
        def body():
            int("1")
        self.assertEqual(events_of(body), [])


if __name__ == "__main__":
    unittest.main()
