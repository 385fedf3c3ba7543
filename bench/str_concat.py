"""`s += c`, 200,000 times: linear only where the runtime extends the string in place."""

from measure import measure, size


def str_concat(n):
    s = ""
    for i in range(n):
        s += "x"
    return s


n = size(200_000)
assert measure("str_concat", str_concat, n) == "x" * n
