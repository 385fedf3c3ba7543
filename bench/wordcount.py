"""Three million words counted in a dict of str."""

from measure import measure, size

VOWELS, CONSONANTS = "aeiou", "bdfgklmnprst"


def text(words):
    """Lines of ten words, a few of them common, most of them rare."""
    state = 1
    lines = []
    for _ in range(words // 10):
        line = []
        for _ in range(10):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            number = state >> 8
            if number & 1:
                number %= 97
            word = ""
            for _ in range(3):
                word += CONSONANTS[number % 12] + VOWELS[number // 12 % 5]
                number //= 60
            line.append(word.capitalize() + "," if state & 0x300000 == 0 else word)
        lines.append(" ".join(line))
    return lines


def wordcount(lines):
    counts = {}
    for line in lines:
        for word in line.split():
            word = word.strip(".,;:").lower()
            counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


n = size(300_000) * 10
counts = measure("wordcount", wordcount, text(n))
assert sum(number for _, number in counts) == n and counts[0][1] >= counts[-1][1]
