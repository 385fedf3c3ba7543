"""Sun and giant planets as lists of floats, 500,000 steps of a pairwise simulation."""

import math

from measure import is_standard, measure, size

YEAR = 365.24
SUN = 4 * math.pi * math.pi

BODIES = [
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], SUN),
    ([4.84143144246472090, -1.16032004402742839, -0.103622044471123109],
     [1.66007664274403694e-03 * YEAR, 7.69901118419740425e-03 * YEAR, -6.90460016972063023e-05 * YEAR],
     9.54791938424326609e-04 * SUN),
    ([8.34336671824457987, 4.12479856412430479, -0.403523417114321381],
     [-2.76742510726411021e-03 * YEAR, 4.99852801234917238e-03 * YEAR, 2.30417297573763929e-05 * YEAR],
     2.85885980666130812e-04 * SUN),
    ([12.8943695621391310, -15.1111514016986312, -0.223307578892655734],
     [2.96460137564761618e-03 * YEAR, 2.37847173959480950e-03 * YEAR, -2.96589568540237556e-05 * YEAR],
     4.36624404335156298e-05 * SUN),
    ([15.3796971148509165, -25.9193146099879641, 0.179258772950371181],
     [2.68067772490389322e-03 * YEAR, 1.62824170038242295e-03 * YEAR, -9.51592254519715870e-05 * YEAR],
     5.15138902046611451e-05 * SUN),
]
PAIRS = [(a, b) for i, a in enumerate(BODIES) for b in BODIES[i + 1:]]


def energy():
    total = 0.0
    for (p1, _, m1), (p2, _, m2) in PAIRS:
        total -= m1 * m2 / math.dist(p1, p2)
    for _, v, m in BODIES:
        total += m * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 2
    return total


def offset_momentum():
    sun = BODIES[0][1]
    for axis in range(3):
        sun[axis] = -sum(v[axis] * m for _, v, m in BODIES) / SUN


def advance(steps, dt):
    pairs, bodies = PAIRS, BODIES
    for _ in range(steps):
        for (p1, v1, m1), (p2, v2, m2) in pairs:
            dx = p1[0] - p2[0]
            dy = p1[1] - p2[1]
            dz = p1[2] - p2[2]
            pull = dt * ((dx * dx + dy * dy + dz * dz) ** -1.5)
            a = m2 * pull
            v1[0] -= dx * a
            v1[1] -= dy * a
            v1[2] -= dz * a
            a = m1 * pull
            v2[0] += dx * a
            v2[1] += dy * a
            v2[2] += dz * a
        for p, v, _ in bodies:
            p[0] += dt * v[0]
            p[1] += dt * v[1]
            p[2] += dt * v[2]


offset_momentum()
assert f"{energy():.9f}" == "-0.169075164"
measure("nbody", advance, size(500_000), 0.01)
assert not is_standard() or f"{energy():.9f}" == "-0.169096567"
