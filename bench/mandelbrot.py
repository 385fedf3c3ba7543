"""The Mandelbrot set on 400 × 300 points, at most 200 iterations each, in plain floats."""

from measure import is_standard, measure, size


def mandelbrot(width, height, limit):
    """Returns the sum of the iterations of all points."""
    total = 0
    for row in range(height):
        cy = row * 2.0 / height - 1.0
        for column in range(width):
            cx = column * 3.0 / width - 2.0
            x = y = 0.0
            count = 0
            while count < limit:
                xx = x * x
                yy = y * y
                if xx + yy > 4.0:
                    break
                y = 2.0 * x * y + cy
                x = xx - yy + cx
                count += 1
            total += count
    return total


result = measure("mandelbrot", mandelbrot, size(400), 300, 200)
assert not is_standard() or result == 6_712_881
