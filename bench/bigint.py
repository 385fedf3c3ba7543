"""4,000 digits of pi from a stream of large integers."""

from measure import measure, size


def pi_digits(n):
    """Each turn consumes a term of a continued fraction, and yields a digit once it is certain."""
    digits = []
    numerator, accumulator, denominator = 1, 0, 1
    k = 0
    while len(digits) < n:
        k += 1
        odd = 2 * k + 1
        accumulator = (accumulator + 2 * numerator) * odd
        numerator *= k
        denominator *= odd
        if accumulator < numerator:
            continue
        digit = (numerator * 3 + accumulator) // denominator
        if digit != (numerator * 4 + accumulator) // denominator:
            continue
        digits.append(digit)
        accumulator = 10 * (accumulator - denominator * digit)
        numerator *= 10
    return digits


n = size(4_000)
digits = measure("bigint", pi_digits, n)
assert "".join(map(str, digits[:30])) == "314159265358979323846264338327"[:n]
