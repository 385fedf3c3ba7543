"""What users of the standard library wait for: a line per operation, seconds of the processor, the least of three runs.

    adder bench/library.py [NAME…]        only those whose name begins so: json, str.split

`python3.11 bench/run.py --only library` puts the peers' figures beside each other.
"""

import bisect
import collections
import csv
import datetime
import functools
import heapq
import io
import itertools
import json
import operator
import os
import pickle
import random
import re
import struct
import sys
import tempfile
from time import process_time

OPERATIONS = {}


def operation(name):
    """Declares `name`: the function prepares, outside the clock, and gives what is timed."""
    def declare(prepare):
        OPERATIONS[name] = prepare
        return prepare
    return declare


def repeated(times, function, *arguments):
    def work():
        for _ in range(times):
            result = function(*arguments)
        return result
    return work


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


@functools.cache
def records():
    return [{"id": i, "name": f"item {i}", "price": i * 0.25, "tags": ["a", "b", "c\u00e9", f"t{i}"], "stock": i % 3 == 0,
             "size": {"w": i % 17, "h": i % 23}, "note": None} for i in range(20_000)]


@functools.cache
def prose():
    choose = random.Random(7)
    words = ["".join(choose.choices("abcdefghijklmnopqrstuvwxyz", k=choose.randrange(2, 10))) for _ in range(5000)]
    return "\n".join(" ".join(choose.choices(words, k=12)) for _ in range(20_000))


@functools.cache
def table():
    notes = ['"packed, sealed"'] + ["loose"] * 9
    return "".join(f"group{i % 97},{i % 1000},{notes[i % 10]}\r\n" for i in range(200_000))


@functools.cache
def shuffled(n=300_000):
    return random.Random(3).sample(range(n), n)


# ------------------------------------------------------------------ json, csv, pickle, struct

@operation("json.dumps")
def _():
    return lambda: json.dumps(records())


@operation("json.loads")
def _():
    text = json.dumps(records())
    return lambda: json.loads(text)


@operation("json.dumps indent")
def _():
    part = records()[:4000]
    return lambda: json.dumps(part, indent=2, sort_keys=True)


@operation("csv.reader")
def _():
    return lambda: sum(len(row) for row in csv.reader(io.StringIO(table(), newline="")))


@operation("csv.DictReader")
def _():
    text = "a,b,c\r\n" + table()[:1_500_000]
    return lambda: sum(1 for row in csv.DictReader(io.StringIO(text, newline="")))


@operation("csv.writer")
def _():
    rows = list(csv.reader(io.StringIO(table(), newline="")))
    return lambda: csv.writer(io.StringIO(newline="")).writerows(rows)


@operation("csv.writer numbers")
def _():
    rows = [(i, i * 0.5, f"name {i}") for i in range(100_000)]
    return lambda: csv.writer(io.StringIO(newline="")).writerows(rows)


@operation("pickle.dumps containers")
def _():
    return lambda: pickle.dumps(records(), 5)


@operation("pickle.loads containers")
def _():
    data = pickle.dumps(records(), 5)
    return lambda: pickle.loads(data)


@operation("pickle.dumps instances")
def _():
    points = [Point(i, i * 0.5) for i in range(50_000)]
    return lambda: pickle.dumps(points, 5)


@operation("pickle.loads instances")
def _():
    data = pickle.dumps([Point(i, i * 0.5) for i in range(50_000)], 5)
    return lambda: pickle.loads(data)


@operation("struct.pack")
def _():
    pack = struct.Struct("<IdHb").pack
    return lambda: [pack(i, i * 0.5, i & 0xFFFF, 1) for i in range(150_000)]


@operation("struct.unpack")
def _():
    data = b"".join(struct.pack("<IdHb", i, i * 0.5, i & 0xFFFF, 1) for i in range(150_000))
    return lambda: sum(a for a, b, c, d in struct.iter_unpack("<IdHb", data))


# ------------------------------------------------------------------ re

@operation("re.findall words")
def _():
    find = re.compile(r"\w+").findall
    return lambda: find(prose())


@operation("re.sub")
def _():
    pattern = re.compile(r"([aeiou])([a-z])")
    text = prose()[:500_000]
    return lambda: pattern.sub(r"\2\1", text)


@operation("re.match lines")
def _():
    match = re.compile(r"(?P<user>\w+)@(?P<host>[\w.]+)\s+(\d+)-(\d+)").match
    lines = [f"user{i}@host{i % 9}.example.org  {i}-{i * 7}" for i in range(50_000)]
    return lambda: sum(len(match(line).groups()) for line in lines)


@operation("re.search alternatives")
def _():
    search = re.compile(r"(?:cat|dog|bird|fish)s? (\d+)").search
    text = prose()[:1_000_000] + " birds 42"
    return lambda: search(text).group(1)


@operation("re.split")
def _():
    split = re.compile(r"[\s,;]+").split
    return lambda: split(prose())


# ------------------------------------------------------------------ datetime

@operation("datetime.fromisoformat")
def _():
    texts = [f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}T{i % 24:02}:{i % 60:02}:{i % 59:02}.{i % 1000:03}+02:00" for i in range(50_000)]
    parse = datetime.datetime.fromisoformat
    return lambda: [parse(text) for text in texts]


@operation("datetime.strptime")
def _():
    texts = [f"2024-{i % 12 + 1:02}-{i % 28 + 1:02} {i % 24:02}:{i % 60:02}:{i % 59:02}" for i in range(10_000)]
    parse = datetime.datetime.strptime
    return lambda: [parse(text, "%Y-%m-%d %H:%M:%S") for text in texts]


@operation("datetime.strftime")
def _():
    days = [datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=i) for i in range(20_000)]
    return lambda: [day.strftime("%Y-%m-%d %H:%M") for day in days]


@operation("datetime arithmetic")
def _():
    def work():
        at, step, total = datetime.datetime(2020, 1, 1), datetime.timedelta(minutes=17), datetime.timedelta()
        start = at
        for _ in range(150_000):
            at += step
            total += at - start
        return total
    return work


@operation("datetime comparison")
def _():
    days = [datetime.date(2000, 1, 1) + datetime.timedelta(days=i) for i in shuffled(30_000)]
    return lambda: sorted(days)


@operation("datetime.isoformat")
def _():
    days = [datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=i) for i in range(50_000)]
    return lambda: [day.isoformat() for day in days]


# ------------------------------------------------------------------ text and files

@operation("str.split whitespace")
def _():
    return repeated(3, lambda: prose().split())


@operation("str.split separator")
def _():
    text = table()
    return repeated(3, lambda: text.split(","))


@operation("str.splitlines")
def _():
    text = table()
    return repeated(5, lambda: text.splitlines())


@operation("str.join")
def _():
    words = prose().split()
    return repeated(10, lambda: " ".join(words))


@operation("str.replace")
def _():
    return repeated(10, lambda: prose().replace("an", "AN").replace("e", "é"))


@operation("str.find")
def _():
    text = prose()
    return repeated(40, lambda: text.find("no such words") + text.count("qu") + text.rfind("no such words"))


@operation("str methods")
def _():
    words = prose().split()
    return lambda: [word.strip("aeiou").upper().startswith("B") for word in words]


@operation("bytes.split join find")
def _():
    data = prose().encode()
    return repeated(3, lambda: (b",".join(data.split()), data.find(b"no such words"), data.replace(b"an", b"AN")))


@operation("str.encode decode")
def _():
    text = prose() + "é" * 1000
    return repeated(20, lambda: text.encode().decode())


@operation("str.format")
def _():
    return lambda: ["{:>8} {:.2f} {!r}".format(i, i / 7, "x") for i in range(100_000)]


def text_file():
    file = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")
    file.write(prose())
    file.flush()
    return file


@operation("file lines text")
def _():
    file = text_file()

    def work():
        for _ in range(3):
            with open(file.name, encoding="utf-8") as lines:
                total = sum(len(line) for line in lines)
        return total
    return work


@operation("file lines bytes")
def _():
    file = text_file()

    def work():
        for _ in range(3):
            with open(file.name, "rb") as lines:
                total = sum(len(line) for line in lines)
        return total
    return work


@operation("file readlines")
def _():
    file = text_file()

    def work():
        for _ in range(3):
            with open(file.name, encoding="utf-8") as lines:
                all_lines = lines.readlines()
        return all_lines
    return work


@operation("file write lines")
def _():
    lines = prose().splitlines(keepends=True)

    def work():
        with open(os.devnull, "w", encoding="utf-8") as file:
            for line in lines:
                file.write(line)
        return file.closed
    return work


# ------------------------------------------------------------------ sorting and containers

@operation("sorted ints")
def _():
    return lambda: sorted(shuffled())


@operation("sorted floats")
def _():
    values = [i * 0.5 for i in shuffled()]
    return lambda: sorted(values)


@operation("sorted strings")
def _():
    values = [str(i) for i in shuffled(100_000)]
    return lambda: sorted(values)


@operation("sorted tuples")
def _():
    values = [(i % 100, i) for i in shuffled(100_000)]
    return lambda: sorted(values)


@operation("sorted key")
def _():
    return lambda: sorted(shuffled(), key=lambda i: -i)


@operation("sorted itemgetter")
def _():
    values = [(i, str(i)) for i in shuffled(100_000)]
    return lambda: sorted(values, key=operator.itemgetter(1))


@operation("sorted runs")
def _():
    values = [i for part in range(20) for i in range(part, 300_000, 20)]
    return lambda: sorted(values)


@operation("sorted reverse")
def _():
    return lambda: sorted(shuffled(), reverse=True)


@operation("dict build and look up")
def _():
    def work():
        found = {i: i for i in range(200_000)}
        return sum(found[i] for i in shuffled(200_000))
    return work


@operation("dict strings")
def _():
    words = prose().split()

    def work():
        counts = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        return counts
    return work


@operation("dict merge update")
def _():
    one, other = {i: i for i in range(1000)}, {i: -i for i in range(500, 1500)}
    return repeated(300, lambda: (one | other, dict(one), {**one, **other}, one.copy(), list(one.items())))


@operation("set operations")
def _():
    one, other = set(range(0, 60_000, 2)), set(range(0, 60_000, 3))
    return repeated(20, lambda: (one & other, one | other, one - other, one ^ other, one <= other))


@operation("set build")
def _():
    words = prose().split()
    return repeated(5, lambda: len(set(words)) + len(set(shuffled(100_000))))


@operation("Counter")
def _():
    words = prose().split()
    return lambda: collections.Counter(words).most_common(10)


@operation("defaultdict")
def _():
    words = prose().split()

    def work():
        groups = collections.defaultdict(list)
        for word in words:
            groups[word[0]].append(word)
        return groups
    return work


@operation("deque")
def _():
    def work():
        queue = collections.deque(range(1000))
        for i in range(300_000):
            queue.append(queue.popleft() + i)
        return queue
    return work


@operation("heapq push pop")
def _():
    def work():
        heap = []
        for i in shuffled(100_000):
            heapq.heappush(heap, i)
        return [heapq.heappop(heap) for _ in range(len(heap))]
    return work


@operation("heapq tuples")
def _():
    items = [(i, str(i)) for i in shuffled(50_000)]

    def work():
        heap = items[:]
        heapq.heapify(heap)
        return [heapq.heappop(heap) for _ in range(len(heap))]
    return work


@operation("heapq nlargest merge")
def _():
    return lambda: (heapq.nlargest(100, shuffled()), sum(heapq.merge(range(0, 100_000, 2), range(1, 100_000, 2))))


@operation("bisect")
def _():
    return lambda: sum(bisect.bisect(range(300_000), i) for i in shuffled(100_000)) + len([bisect.insort(k, i) for k in [[]] for i in range(20_000)])


# ------------------------------------------------------------------ itertools and functools

@operation("itertools.chain islice")
def _():
    return lambda: sum(itertools.islice(itertools.chain(range(500_000), itertools.count()), 900_000))


@operation("itertools.product")
def _():
    return lambda: sum(a + b + c for a, b, c in itertools.product(range(60), repeat=3))


@operation("itertools.combinations")
def _():
    return lambda: sum(1 for _ in itertools.combinations(range(24), 5)) + sum(1 for _ in itertools.permutations(range(8)))


@operation("itertools.groupby")
def _():
    return lambda: [(key, len(list(group))) for key, group in itertools.groupby(range(300_000), lambda i: i // 10)]


@operation("itertools.accumulate")
def _():
    return lambda: max(itertools.accumulate(range(500_000))) + max(itertools.accumulate(range(200_000), max))


@operation("itertools.zip_longest")
def _():
    return lambda: sum(a for a, b in itertools.zip_longest(range(300_000), range(1000), fillvalue=0))


@operation("itertools.starmap filter")
def _():
    pairs = [(i, 2) for i in range(100_000)]
    return lambda: sum(itertools.starmap(pow, pairs)) + sum(itertools.takewhile((200_000).__gt__, itertools.filterfalse(None, range(1))))


@operation("itertools.tee pairwise")
def _():
    return lambda: sum(b - a for a, b in itertools.pairwise(range(300_000))) + sum(map(operator.mul, *itertools.tee(range(200_000))))


@operation("functools.lru_cache")
def _():
    @functools.lru_cache(maxsize=1000)
    def cached(i):
        return i

    return lambda: sum(cached(i % 1500) for i in range(150_000)) + sum(cached(i % 10) for i in range(150_000))


@operation("functools.reduce partial")
def _():
    add = functools.partial(operator.add, 1)
    return lambda: functools.reduce(operator.xor, range(500_000)) + sum(map(add, range(300_000)))


def main():
    wanted = sys.argv[1:]
    chosen = [name for name in OPERATIONS if name in wanted] or [name for name in OPERATIONS if not wanted or name.startswith(tuple(wanted))]
    for name in chosen:
        work = OPERATIONS[name]()
        best = float("inf")
        for _ in range(3):
            begin = process_time()
            work()
            best = min(best, process_time() - begin)
        print(f"{name} {best:.6f}", flush=True)


if __name__ == "__main__":
    main()
