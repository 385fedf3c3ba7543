"""Pancake flips over all permutations of nine numbers."""

from measure import is_standard, measure


def fannkuch(n):
    """Returns checksum and the largest number of flips."""
    permutation = list(range(n))
    count = list(range(1, n + 1))
    largest = checksum = 0
    sign = 1
    while True:
        first = permutation[0]
        if first:
            work = permutation[:]
            flips = 1
            while True:
                head = work[first]
                if not head:
                    break
                work[first] = first
                if first > 2:
                    work[1:first] = work[first - 1:0:-1]
                first = head
                flips += 1
            if flips > largest:
                largest = flips
            checksum += sign * flips
        if sign > 0:
            permutation[0], permutation[1] = permutation[1], permutation[0]
            sign = -1
            continue
        permutation[1], permutation[2] = permutation[2], permutation[1]
        sign = 1
        for i in range(2, n):
            count[i] -= 1
            if count[i]:
                break
            if i == n - 1:
                return checksum, largest
            count[i] = i + 1
            permutation.insert(i + 1, permutation.pop(0))


n = 9 if is_standard() else 7
assert measure("fannkuch", fannkuch, n) == {9: (8629, 30), 7: (228, 16)}[n]
