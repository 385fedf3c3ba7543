"""Heat spreading through a plate: a finite-difference scheme on a 2000 × 2000 grid.

    adder examples/heat.py [SIZE [STEPS [PICTURE]]]

Prints figures of the result and writes it as a PNG picture (build/examples/heat.png).
"""

import os
import struct
import sys
import zlib

import numpy as np


def plate(size):
    """A cold plate with a hot left edge, a warm top edge and two hot spots."""
    grid = np.zeros((size, size))
    grid[:, 0] = 100.0
    grid[0, :] = 60.0
    grid[size // 4:size // 3, size // 2:size // 2 + size // 8] = 90.0
    grid[size // 2:size // 2 + size // 10, size // 5:size // 4] = 75.0
    return grid


def spread(grid, steps, rate=0.2):
    """Advances the grid in place; the edges keep their temperature."""
    middle = grid[1:-1, 1:-1]
    for _ in range(steps):
        neighbours = grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:]
        middle += rate * (neighbours - 4.0 * middle)


def chunk(kind, body):
    """One chunk of a PNG file: length, kind, body, checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write_png(path, pixels, width, height):
    """Writes 8-bit grey pixels, row after row, as a PNG picture."""
    rows = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", header))
        file.write(chunk(b"IDAT", zlib.compress(rows, 6)))
        file.write(chunk(b"IEND", b""))
    return rows


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    if len(sys.argv) > 3:
        path = sys.argv[3]
    else:
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(os.path.dirname(here), "build", "examples", "heat.png")

    grid = plate(size)
    print(f"before: mean {float(grid.mean()):.6f}, hottest {float(grid.max()):.6f}")
    spread(grid, steps)
    print(f"after:  mean {float(grid.mean()):.6f}, hottest inside {float(grid[1:-1, 1:-1].max()):.6f}")

    corner = grid[size // 3, size // 2]
    print(f"at the edge of the hot spot: {float(corner):.9f}")
    for limit in (1.0, 25.0, 50.0, 75.0):
        share = float((grid > limit).sum()) / (size * size)
        print(f"above {limit:4.1f}: {share:8.4%} of the plate")

    # Every pixel of the picture is the mean of a square of cells.
    step = max(1, size // 400)
    side = size // step
    blocks = grid[:side * step, :side * step].reshape(side, step, side, step).mean(axis=3).mean(axis=1)
    shades = blocks * 2.55
    pixels = bytes([int(shade) for row in shades.tolist() for shade in row])
    rows = write_png(path, pixels, side, side)
    print(f"picture of {side} × {side} pixels, checksum {zlib.crc32(rows):08x}")


if __name__ == "__main__":
    main()
