"""Primes below 5 million with a list of bools and slice assignment."""

from measure import is_standard, measure, size


def sieve(n):
    prime = [True] * (n + 1)
    prime[0] = prime[1] = False
    for i in range(2, int(n ** 0.5) + 1):
        if prime[i]:
            prime[i * i::i] = [False] * len(range(i * i, n + 1, i))
    return [i for i, is_prime in enumerate(prime) if is_prime]


primes = measure("sieve", sieve, size(5_000_000))
assert not is_standard() or len(primes) == 348_513
