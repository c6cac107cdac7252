"""Take the pictures of the page that runs a pad: a session of it, in a real Chromium, as PNG.

    python docs/page_screenshot.py docs/images

Needs Chromium (`make browser`) and the development environment. Nothing is drawn by hand.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright

from tests.browser import pads
from tests.host.served import Served

SIZE = {"width": 1_000, "height": 760}


def main() -> None:
    """Write `page-before.png` and `page-session.png` into the folder given."""
    folder = Path(sys.argv[1])
    port = pads.Port()
    with tempfile.TemporaryDirectory() as directory:
        site = pads.built(Path(directory, "site"))
        with (
            Served("?speed=8&user=absent") as served,
            pads.served(site, port, [pads.BRIDGE]) as address,
            sync_playwright() as playwright,
        ):
            port.plug(served.path)
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
            page.goto(f"{address}/pad.html")
            page.click("#connect")
            page.wait_for_selector("body[data-state=idle]")
            for one in page.locator("#questions input[value=no]").all():
                one.check()
            page.select_option("#age", "none")
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=folder / "page-before.png")
            page.click("#start")
            page.wait_for_selector("#big:has-text('HEAT')")
            page.wait_for_timeout(75_000)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=folder / "page-session.png")
            page.click("#stop")
            page.wait_for_selector("#end:has-text('stopped')")
            browser.close()


if __name__ == "__main__":
    main()
