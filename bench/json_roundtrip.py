"""`json.dumps` and `json.loads` of 40,000 objects, five times."""

import json

from measure import measure, size


def objects(n):
    return [{"id": i, "name": f"item {i}", "price": i * 0.25, "tags": ["a", "b", "c\u00e9", f"t{i}"], "stock": i % 3 == 0,
             "size": {"w": i % 17, "h": i % 23}, "note": None} for i in range(n)]


def json_roundtrip(data, rounds):
    for _ in range(rounds):
        text = json.dumps(data)
        data = json.loads(text)
    return data


original = objects(size(40_000))
assert measure("json", json_roundtrip, original, 5) == original
