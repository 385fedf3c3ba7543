"""Evaluates an expression over arrays and writes down everything about its result that NumPy fixes.

Used to record what NumPy 2.3 gives (tools/record_array_cases.py) and to compare with it (test_cases.py).
"""

import struct
import warnings


def read_cases(path):
    """Yields (setup lines, expression, ulp). Lines: `# comment`, `> setup statement`, `ulp N: expression`, expression;
    `later: expression` names a dtype that the engine does not have yet, and gives an ulp of None.

    A blank line begins a new section with an empty setup.
    """
    setup = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line:
                setup = []
            elif line.startswith("> "):
                setup = setup + [line[2:]]
            elif not line.startswith("#"):
                ulp = 0
                if line.startswith("later: "):
                    ulp, line = None, line[7:]
                elif line.startswith("ulp "):
                    bound, _, line = line[4:].partition(": ")
                    ulp = int(bound)
                yield setup, line, ulp


def evaluate(np, setup, expression):
    """What became of `statement; statement; expression`, as a JSON-able dict."""
    names = {"np": np}
    for statement in setup:
        exec(statement, names)
    *statements, last = expression.split("; ")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for statement in statements:
                exec(statement, names)
            result = eval(last, names)
            found = describe(np, result)
        except Exception as error:
            found = {"kind": "error", "type": type(error).__name__, "text": str(error)}
    if caught:
        found["warnings"] = [f"{warning.category.__name__}: {warning.message}" for warning in caught]
    return found


def content(value):
    """The bytes of an array or scalar as a text; those that fill up long doubles are zeros."""
    data = value.tobytes()
    if value.dtype.char in "gG":
        data = b"".join(data[i:i + 10] + bytes(6) for i in range(0, len(data), 16))
    return data.hex()


def describe(np, value):
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        return {"kind": "array", "class": type(value).__name__, "dtype": str(value.dtype), "shape": list(value.shape),
                "strides": list(value.strides), "c": bool(value.flags.c_contiguous), "f": bool(value.flags.f_contiguous),
                "types": [type(item).__name__ for item in value.ravel().tolist()], "repr": repr(value), "str": str(value)}
    if isinstance(value, np.ndarray):
        return {"kind": "array", "class": type(value).__name__, "dtype": str(value.dtype), "shape": list(value.shape),
                "strides": list(value.strides), "c": bool(value.flags.c_contiguous), "f": bool(value.flags.f_contiguous),
                "owns": bool(value.flags.owndata), "writeable": bool(value.flags.writeable),
                "bytes": content(value), "repr": repr(value), "str": str(value)}
    if isinstance(value, np.generic):
        return {"kind": "scalar", "class": type(value).__name__, "bytes": content(value), "repr": repr(value),
                "str": str(value)}
    if isinstance(value, (tuple, list)):
        return {"kind": type(value).__name__, "items": [describe(np, item) for item in value]}
    return {"kind": "python", "class": type(value).__name__, "repr": repr(value)}


def doubles(text):
    data = bytes.fromhex(text)
    return struct.unpack(f"<{len(data) // 8}d", data)


def ordinal(value):
    """Position of a double among all doubles, so that neighbours differ by one."""
    bits = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def differences(expected, found, ulp):
    """Names of the properties in which two descriptions differ, with both values."""
    expected, found = dict(expected), dict(found)
    if ulp and "bytes" in expected and "bytes" in found and len(expected["bytes"]) == len(found["bytes"]):
        near = all(a == b or (a != a and b != b) or abs(ordinal(a) - ordinal(b)) <= ulp
                   for a, b in zip(doubles(expected["bytes"]), doubles(found["bytes"])))
        if near:
            for name in ("bytes", "repr", "str"):
                expected.pop(name), found.pop(name)
    return [f"{name}: {found.get(name)!r} instead of {expected.get(name)!r}"
            for name in sorted(expected.keys() | found.keys()) if expected.get(name) != found.get(name)]
