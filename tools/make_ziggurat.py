"""Writes array/random/ziggurat.inc: the layers of the normal and exponential ziggurats.

    python3.11 tools/make_ziggurat.py

Every layer has the area of the lowest, which is the strip under the curve at the edge together with the tail beyond it. The
exponential's layers, and those of single precision, are computed to 50 digits. Those of the normal in double precision are what double
arithmetic makes of the same formulas: NumPy's are, and the stream of numbers is to be NumPy's.
"""

import os
from decimal import Decimal, getcontext
import math
import struct

getcontext().prec = 50
PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "array", "random", "ziggurat.inc")


def layers(edge, area, curve, inverse):
    """x[1..255], and as x[0] the width that the lowest layer would have if it were a rectangle."""
    x = [None] * 256
    x[255] = edge
    for i in range(254, 0, -1):
        x[i] = inverse(area / x[i + 1] + curve(x[i + 1]))
    x[0] = area / curve(edge)
    return x, [type(edge)(1)] + [curve(width) for width in x[1:]]


def inside(x, places):
    return [int(x[255] / x[0] * places), 0] + [int(x[i - 1] / x[i] * places) for i in range(2, 256)]


def single(value):
    """The float32 nearest to a Decimal, not rounded twice on the way."""
    near = struct.unpack("I", struct.pack("f", float(value)))[0]
    floats = [struct.unpack("f", struct.pack("I", bits))[0] for bits in (near - 1, near, near + 1)]
    return min(floats, key=lambda x: abs(Decimal(x) - value))


def doubles():
    """The normal's layers in double arithmetic, every function correctly rounded but for the height of layer 38."""
    def curve(x):
        height = float(Decimal(-0.5 * x * x).exp())
        return math.nextafter(height, 1) if x == 0.882622229585165 else height
    return layers(3.6541528853610088, 0.004928673233974652, curve, lambda y: math.sqrt(-2.0 * float(Decimal(y).ln())))


def precise_normal():
    edge = Decimal("3.6541528853610087716454297203995157629748545997463")
    area = Decimal("0.0049286732339746553473617754023360280691353847028565")
    return layers(edge, area, lambda x: (-x * x / 2).exp(), lambda y: (-2 * y.ln()).sqrt())


def precise_exponential():
    edge = Decimal("7.6971174701310497140446280480152154991139686400553")
    return layers(edge, edge * (-edge).exp() + (-edge).exp(), lambda x: (-x).exp(), lambda y: -y.ln())


def rows(values, text, width):
    for i in range(0, 256, width):
        yield "    " + ", ".join(text(value) for value in values[i:i + width]) + ","


def table(name, x, heights, places, real, suffix, kind):
    scaled = [real(width / places) for width in x]
    yield f"const Layers<{kind}> {name} = {{"
    yield "  {"
    yield from rows(inside(x, places), lambda v: f"0x{v:X}", 8)
    yield "  }, {"
    yield from rows(scaled, lambda v: v.hex() + suffix, 6)
    yield "  }, {"
    yield from rows([real(h) for h in heights], lambda v: v.hex() + suffix, 6)
    yield "  }};"


def main():
    lines = ["// Made by tools/make_ziggurat.py."]
    lines += table("kNormal", *doubles(), 2.0 ** 52, float, "", "u64, double")
    lines += table("kExponential", *precise_exponential(), Decimal(2 ** 53), float, "", "u64, double")
    lines += table("kNormalF", *precise_normal(), Decimal(2 ** 23), single, "f", "u32, float")
    x, heights = precise_exponential()
    x[226] *= Decimal("1.000000001")  # all but half-way between two floats; NumPy has the upper one
    lines += table("kExponentialF", x, heights, Decimal(2 ** 23), single, "f", "u32, float")
    with open(PATH, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
