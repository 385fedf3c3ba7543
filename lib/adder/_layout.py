"""The layout of values: facts from the runtime, and the text that shows them."""

import sys

import _adder

INT_ZERO = 0xFFFE << 48
INT_FLOOR = 0xFFFC << 48
FLOAT_OFFSET = 1 << 48


def word_text(word):
    """What the 64 bits of a value say."""
    if word == 0:
        return "absent"
    if word >= INT_FLOOR:
        return f"int {word - INT_ZERO}"
    if word >= FLOAT_OFFSET:
        return f"float {float_of(word)!r}"
    return "pointer"


def float_of(word):
    import struct
    return struct.unpack("<d", struct.pack("<Q", word - FLOAT_OFFSET))[0]


def short(value, limit=60):
    """A repr that stays on one line."""
    try:
        text = " ".join(repr(value).split())
    except Exception as error:
        text = f"<repr failed: {type(error).__name__}>"
    return text if len(text) <= limit else text[:limit - 3] + "..."


def size_text(count):
    """Bytes, with the larger unit beside them where it helps."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= scale:
            return f"{count} bytes ({count / scale:.1f} {unit})"
    return f"{count} bytes"


class Layout:
    """The facts of one value as attributes; `rows()` gives them in words."""

    def __init__(self, value, /):
        self.__dict__.update(_adder.layout(value))
        if self.kind == "object":
            # What holds it while this object is made: this call's argument.
            self.references -= _OWN_REFERENCES
            self.size = sys.getsizeof(value)
        self.text = short(value)
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.ndarray):
            self._add_array(value, numpy.ndarray)

    def _add_array(self, array, ndarray):
        self.dtype = str(array.dtype)
        self.shape = array.shape
        self.strides = array.strides
        self.data = array.__array_interface__["data"][0]
        self.bytes = array.nbytes
        self.alignment = self.data & -self.data if self.data else 0
        self.contiguous = "".join(letter for letter in "CF" if array.flags[letter + "_CONTIGUOUS"])
        self.writeable = bool(array.flags.writeable)
        self.owns_data = bool(array.flags.owndata)
        self.data_inline = self.owns_data and 0 <= self.data - self.word <= self.basic_bytes + 16
        self.owners = []
        owner = array.base
        while owner is not None:
            at = f"{type(owner).__name__} at {id(owner):#x}"
            self.owners.append(at + (f", shape {owner.shape}" if isinstance(owner, ndarray) else ""))
            owner = owner.base if isinstance(owner, ndarray) else None

    def rows(self):
        """Pairs of a label and a text."""
        yield "value", self.text
        yield "type", self.type.__qualname__
        if self.kind != "object":
            yield "word", f"{self.word:#018x}: the {self.kind} itself, no object and no count"
            return
        yield "word", f"{self.word:#018x}: pointer to the object"
        yield "references", "static, never freed" if self.references >= 1 << 50 else str(self.references) if self.references > 0 else "none beside this call"
        kinds = ["count", "type"]
        if self.collected:
            kinds = ["collector: " + ("tracked" if self.tracked else "not tracked")] + kinds
        yield "header", f"{self.header_bytes} bytes ({', '.join(kinds)})"
        yield "size", size_text(self.size)
        yield from self._instance_rows()
        yield from self._container_rows()
        if hasattr(self, "strides"):
            yield from self._array_rows()

    def _instance_rows(self):
        attributes = getattr(self, "attributes", None)
        if attributes == "inline":
            yield "shape", f"{self.shape_address:#x}: ({', '.join(self.shape_names)}), {self.inline_slots} slots in the object"
            for number, (name, word) in enumerate(zip(self.shape_names, self.slot_words)):
                yield f"slot {number}", f"{name} = {word:#018x}: {word_text(word)}"
        elif attributes == "dict":
            yield "attributes", f"in the dict at {self.dict:#x}" if hasattr(self, "dict") else "in a dict that C holds"

    def _container_rows(self):
        if hasattr(self, "item_words"):
            place = f"{self.length} words of 8 bytes at {self.items:#x}"
            if hasattr(self, "capacity"):
                place += f", room for {self.capacity}"
            yield "items", place if self.length else "none"
            if self.c_visible:
                yield "seen by C", "yes: numbers among the items are boxed objects"
            for number, word in enumerate(self.item_words):
                yield f"item {number}", f"{word:#018x}: {word_text(word)}"
            if self.length > len(self.item_words):
                yield "", f"and {self.length - len(self.item_words)} more"
        elif hasattr(self, "table"):
            yield "table", f"{self.table:#x}" + (f", keys {self.keys}" if self.table else ": empty")
            if self.table:
                yield "index", f"{self.index_slots} slots of {self.index_bytes} byte{'s' * (self.index_bytes > 1)}"
                yield "entries", f"{self.length} in use of {self.entries}, {self.entry_bytes} bytes each, in order of insertion"
            if self.c_visible:
                yield "seen by C", "yes: numbers among the entries are boxed objects"
        elif hasattr(self, "characters"):
            form = "ASCII" if self.ascii else {1: "Latin-1", 2: "UCS-2", 4: "UCS-4"}[self.character_bytes]
            yield "characters", f"{self.length} of {self.character_bytes} byte{'s' * (self.character_bytes > 1)} ({form}) at {self.characters:#x}"
            yield "interned", "yes" if self.interned else "no"
        elif hasattr(self, "digits"):
            yield "digits", f"{self.digits} of 30 bits"

    def _array_rows(self):
        yield "dtype", self.dtype
        yield "shape", f"{self.shape}"
        yield "strides", f"{self.strides} bytes" + (f" ({' and '.join(self.contiguous)} contiguous)" if self.contiguous else " (not contiguous)")
        place = "within the object" if self.data_inline else "a buffer of its own" if self.owns_data else "another's"
        yield "buffer", f"{self.data:#x}, aligned to {self.alignment}: {size_text(self.bytes)}, {place}"
        for owner in self.owners:
            yield "owner", owner
        if not self.writeable:
            yield "writeable", "no"

    def __repr__(self):
        return "\n".join(f"{label:<12}{text}" for label, text in self.rows())


def _count_own_references():
    """How many references a value has beyond its caller's while __init__ looks at it."""
    global _OWN_REFERENCES
    _OWN_REFERENCES = 0
    probe = []
    _OWN_REFERENCES = Layout(probe).references - 1


_count_own_references()
