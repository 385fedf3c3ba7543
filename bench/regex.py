"""A pattern with groups over 200,000 lines of a web server's log."""

import re

from measure import measure, size

PATTERN = re.compile(r'(\d+\.\d+\.\d+\.\d+) - (\w+|-) \[([^\]]+)\] "(GET|POST|PUT) (/\S*) HTTP/(\d\.\d)" (\d{3}) (\d+)')
FIELDS = re.compile(r'[ \[\]"]+')
VERSION = re.compile(r"(?:HTTP|http)/(?P<major>\d)\.(?P<minor>\d)\"")
NUMBERS = re.compile(r"\d+")


def log(n):
    verbs = ["GET", "POST", "PUT"]
    return [f'10.{i % 7}.{i % 251}.{i % 13} - {"-" if i % 3 else "user%d" % (i % 50)} [12/Mar/2024:10:{i % 60:02d}:00] '
            f'"{verbs[i % 3]} /shop/item/{i % 1000}?page={i % 9} HTTP/1.1" {200 if i % 10 else 404} {i % 5000}'
            for i in range(n)]


def regex(lines):
    sizes, users, digits = 0, {}, 0
    for line in lines:
        match = PATTERN.match(line)
        if match and match.group(7) == "200":
            sizes += int(match.group(8))
            users[match.group(2)] = users.get(match.group(2), 0) + 1
        digits += len(NUMBERS.findall(line))
        fields = FIELDS.split(line)
        if len(fields) > 8 and VERSION.search(line):
            sizes += 1
    return sizes, users, digits


n = size(200_000)
sizes, users, digits = measure("regex", regex, log(n))
assert sum(users.values()) == n - (n + 9) // 10 and digits > 10 * n
