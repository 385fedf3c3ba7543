"""The product of two 280 × 280 matrices that are lists of lists."""

from measure import measure, size


def matmul(a, b):
    columns = list(zip(*b))
    result = []
    for row in a:
        line = []
        for column in columns:
            s = 0.0
            for k in range(len(column)):
                s += row[k] * column[k]
            line.append(s)
        result.append(line)
    return result


n = size(280)
a = [[float((i * j) % 7) for j in range(n)] for i in range(n)]
unit = [[2.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
product = measure("matmul_lists", matmul, a, unit)
assert product == [[2.0 * x for x in row] for row in a]
