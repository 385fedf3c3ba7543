"""Totals of a CSV file of a million rows: what is ordered, by region and product.

    adder examples/csv_totals.py [PATH]

Without a path it reads build/examples/orders.csv and makes that file first if it is not there.
"""

import csv
import os
import sys

import make_csv


def totals(path):
    """Returns the sum of all doubled amounts, and count and sum for each group."""
    total = 0
    groups = {}
    with open(path, newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            amount = int(row[1]) * 2
            total += amount
            group = groups.get(row[0])
            if group is None:
                groups[row[0]] = [1, amount]
            else:
                group[0] += 1
                group[1] += amount
    return total, groups


def main():
    if len(sys.argv) > 1:
        path = sys.argv[1]
    else:
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(os.path.dirname(here), "build", "examples", "orders.csv")
        if not os.path.exists(path):
            make_csv.write(path, 1_000_000)

    total, groups = totals(path)
    print(f"rows    {sum(count for count, _ in groups.values()):>12,}")
    print(f"groups  {len(groups):>12,}")
    print(f"total   {total:>12,}")
    largest = sorted(groups.items(), key=lambda item: (-item[1][1], item[0]))[:10]
    for name, (count, amount) in largest:
        print(f"{name:<16} {count:>8,} {amount:>12,}")


if __name__ == "__main__":
    main()
