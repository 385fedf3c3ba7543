"""The distribution's Pillow: decoders, encoders, resampling, drawing."""

import io
import unittest

from installed import PackageTest


class Pillow(PackageTest):
    needs = ("PIL",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global Image, ImageDraw, ImageFilter
        from PIL import Image, ImageDraw, ImageFilter

    def picture(self):
        image = Image.new("RGB", (64, 48), "navy")
        ImageDraw.Draw(image).rectangle([16, 12, 47, 35], fill=(255, 128, 0))
        return image

    def test_resized(self):
        small = self.picture().resize((32, 24), Image.BICUBIC)
        self.assertEqual((small.size, small.getpixel((16, 12)), small.getpixel((0, 0))), ((32, 24), (255, 128, 0), (0, 0, 128)))
        self.assertEqual(self.picture().rotate(90, expand=True).size, (48, 64))

    def test_formats(self):
        image = self.picture()
        for kind in ("PNG", "BMP", "TIFF", "PPM", "GIF"):
            out = io.BytesIO()
            image.save(out, kind)
            again = Image.open(io.BytesIO(out.getvalue()))
            self.assertEqual((again.format, again.convert("RGB").tobytes()), (kind, image.tobytes()))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=95)
        self.assertLess(abs(Image.open(out).getpixel((32, 24))[1] - 128), 5)

    def test_channels_and_filters(self):
        image = self.picture()
        self.assertEqual(image.convert("L").getpixel((0, 0)), 15)
        red, green, blue = image.split()
        self.assertEqual(red.histogram()[255], 32 * 24)
        self.assertEqual(image.point(lambda v: 255 - v).getpixel((0, 0)), (255, 255, 127))
        self.assertEqual(image.filter(ImageFilter.GaussianBlur(2)).size, image.size)
        self.assertEqual(Image.merge("RGB", (blue, green, red)).getpixel((0, 0)), (128, 0, 0))

    def test_wrong_file(self):
        with self.assertRaisesRegex(OSError, "cannot identify image file"):
            Image.open(io.BytesIO(b"no image"))


if __name__ == "__main__":
    unittest.main()
