"""One million records sorted by a key function."""

from measure import measure, size


def records(n):
    state = 7
    result = []
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        result.append((f"name{state % 1000:03d}", state >> 7, i))
    return result


def sort_key(items):
    by_name = sorted(items, key=lambda item: (item[0], -item[1]))
    by_number = sorted(items, key=lambda item: item[1])
    return by_name, by_number


n = size(1_000_000)
items = records(n)
by_name, by_number = measure("sort_key", sort_key, items)
assert all(by_number[i][1] <= by_number[i + 1][1] for i in range(0, n - 1, max(1, n // 1000)))
assert all(by_name[i][0] <= by_name[i + 1][0] for i in range(0, n - 1, max(1, n // 1000)))
