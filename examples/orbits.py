"""The sun and the giant planets, integrated with plain classes and floats.

    adder examples/orbits.py [STEPS]

Prints the energy of the system before and after: a good integrator keeps it.
"""

import math
import sys

SOLAR_MASS = 4 * math.pi * math.pi
DAYS_PER_YEAR = 365.24


class Body:
    """A point mass: place in astronomical units, velocity in units a year."""

    def __init__(self, name, mass, x, y, z, vx, vy, vz):
        self.name = name
        self.mass = mass * SOLAR_MASS
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx * DAYS_PER_YEAR, vy * DAYS_PER_YEAR, vz * DAYS_PER_YEAR

    def kinetic_energy(self):
        return 0.5 * self.mass * (self.vx * self.vx + self.vy * self.vy + self.vz * self.vz)

    def distance(self, other):
        dx, dy, dz = self.x - other.x, self.y - other.y, self.z - other.z
        return math.sqrt(dx * dx + dy * dy + dz * dz)

    def attract(self, other, dt):
        """Changes both velocities by the pull between the two."""
        dx, dy, dz = self.x - other.x, self.y - other.y, self.z - other.z
        squared = dx * dx + dy * dy + dz * dz
        pull = dt / (squared * math.sqrt(squared))
        mine, theirs = other.mass * pull, self.mass * pull
        self.vx -= dx * mine
        self.vy -= dy * mine
        self.vz -= dz * mine
        other.vx += dx * theirs
        other.vy += dy * theirs
        other.vz += dz * theirs

    def move(self, dt):
        self.x += dt * self.vx
        self.y += dt * self.vy
        self.z += dt * self.vz


class System:
    def __init__(self, bodies):
        self.bodies = bodies
        self.pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1:]]

    def energy(self):
        kinetic = sum(body.kinetic_energy() for body in self.bodies)
        return kinetic - sum(a.mass * b.mass / a.distance(b) for a, b in self.pairs)

    def rest(self):
        """Gives the sun the velocity that keeps the centre of mass in its place."""
        sun = self.bodies[0]
        sun.vx = -sum(body.vx * body.mass for body in self.bodies) / sun.mass
        sun.vy = -sum(body.vy * body.mass for body in self.bodies) / sun.mass
        sun.vz = -sum(body.vz * body.mass for body in self.bodies) / sun.mass

    def advance(self, dt, steps):
        for _ in range(steps):
            for a, b in self.pairs:
                a.attract(b, dt)
            for body in self.bodies:
                body.move(dt)


def solar_system():
    system = System([
        Body("sun", 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        Body("jupiter", 9.54791938424326609e-04,
             4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
             1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05),
        Body("saturn", 2.85885980666130812e-04,
             8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
             -2.76742510726411021e-03, 4.99852801234917238e-03, 2.30417297573763929e-05),
        Body("uranus", 4.36624404335156298e-05,
             1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
             2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05),
        Body("neptune", 5.15138902046611451e-05,
             1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
             2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05),
    ])
    system.rest()
    return system


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    system = solar_system()
    print(f"energy before  {system.energy():.9f}")
    system.advance(0.01, steps)
    print(f"energy after   {system.energy():.9f}   ({steps:,} steps)")
    for body in system.bodies:
        print(f"{body.name:<8} {body.x:14.9f} {body.y:14.9f} {body.z:14.9f}")


if __name__ == "__main__":
    main()
