"""Three million pieces formatted and joined."""

from measure import measure, size


def str_join(n):
    pieces = []
    for i in range(n):
        pieces.append(f"{i:06d}:{i / 8:.2f}")
    return ",".join(pieces)


n = size(3_000_000)
joined = measure("str_join", str_join, n)
assert joined.count(",") == n - 1 and joined.endswith(f"{n - 1:06d}:{(n - 1) / 8:.2f}")
