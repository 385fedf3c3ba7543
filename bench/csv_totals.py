"""A CSV file of a million rows: `int(row[1]) * 2` summed, groups counted."""

import csv
import io

from measure import measure, size


def table(n):
    notes = ['"packed, sealed"'] + ["loose"] * 9
    return "".join(f"group{i % 97},{i % 1000},{notes[i % 10]}\r\n" for i in range(n))


def csv_totals(file):
    total, groups = 0, {}
    for row in csv.reader(file):
        total += int(row[1]) * 2
        groups[row[0]] = groups.get(row[0], 0) + 1
    return total, groups


n = size(1_000_000)
total, groups = measure("csv_totals", csv_totals, io.StringIO(table(n), newline=""))
assert total == 2 * sum(i % 1000 for i in range(n)) and sum(groups.values()) == n
