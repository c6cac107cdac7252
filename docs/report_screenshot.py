"""Take the picture of a report: a simulated session, its page, in a real Chromium, as PNG.

    python docs/report_screenshot.py docs/images/report.png

Needs Chromium (`make browser`) and the development environment. Nothing is drawn by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

SESSION = ("run", "contrast", "--device", "sim:?speed=max&fault=estop@900", "--yes")
LOOK_AT = 0.62
SIZE = (1000, 1170)


def main() -> None:
    """Write the picture to the path given."""
    poultice = Path(sys.executable).parent / "poultice"
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "POULTICE_DATA_DIR": directory}
        subprocess.run([poultice, *SESSION], env=environment, check=False, capture_output=True)
        page_file = Path(directory, "report.html")
        subprocess.run([poultice, "report", "-o", page_file], env=environment, check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            width, height = SIZE
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(page_file.as_uri())
            box = page.locator("#temperature").bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + LOOK_AT * box["width"], box["y"] + 100)
            page.screenshot(path=sys.argv[1])
            browser.close()


if __name__ == "__main__":
    main()
