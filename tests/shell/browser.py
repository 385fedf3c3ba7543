"""Opens a page in a headless browser."""

import os
import re
import shutil
import subprocess
import unittest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@unittest.skipUnless(BROWSER, "no headless browser: apt-get install chromium")
class BrowserTest(unittest.TestCase):
    def look(self, address, folder, *options):
        """What the browser prints of the page; `folder`: where it may write."""
        done = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", "--window-size=1400,900",
                               *options, address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120)
        self.assertEqual(done.returncode, 0)
        return done.stdout

    def dom(self, address, folder):
        """The document after its scripts have run."""
        return self.look(address, folder, "--dump-dom")

    def check_picture(self, address, folder, least):
        """The page's picture is a file of at least so many bytes (an empty one takes about 6,000)."""
        picture = os.path.join(folder, "page.png")
        self.look(address, folder, f"--screenshot={picture}")
        with open(picture, "rb") as file:
            content = file.read()
        self.assertEqual(content[:8], b"\x89PNG\r\n\x1a\n")
        self.assertGreater(len(content), least)

    def count(self, pattern, text):
        return len(re.findall(pattern, text))
