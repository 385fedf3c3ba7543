"""Writes the table that csv_totals.py reads: a million orders, the same on every machine.

    python examples/make_csv.py [PATH [ROWS]]
"""

import os
import sys

REGIONS = ["north", "south", "east", "west", "centre", "coast", "islands", "hills"]
PRODUCTS = ["tea", "coffee", "bread", "rice", "oil", "salt", "sugar", "flour", "beans", "honey", "dates", "figs"]


def rows(count):
    """Yields lines whose figures come from a linear congruential generator: no library can change them."""
    state = 12345
    for number in range(count):
        state = (state * 1103515245 + 12345) % 2147483648
        region = REGIONS[(state >> 8) % len(REGIONS)]
        product = PRODUCTS[(state >> 16) % len(PRODUCTS)]
        amount = (state >> 4) % 1000
        note = '"packed, sealed"' if number % 10 == 0 else "loose"
        yield f"{region}-{product},{amount},{note}\r\n"


def write(path, count):
    """Writes under another name first, so that an interrupted run leaves no half of a file."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    unfinished = f"{path}.{os.getpid()}"
    with open(unfinished, "w", newline="") as file:
        file.write("group,amount,note\r\n")
        file.writelines(rows(count))
    os.replace(unfinished, path)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    default = os.path.join(os.path.dirname(here), "build", "examples", "orders.csv")
    write(sys.argv[1] if len(sys.argv) > 1 else default, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
