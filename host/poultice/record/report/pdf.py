"""The page on paper: a PDF, printed by a Chromium without a window.

No browser is shipped and none is fetched: where there is none, the page itself prints just as
well from any browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from poultice.errors import MissingPackageError, UsageError
from poultice.language import later, tr

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge",
)
_TIMEOUT_S = 60
_INSTEAD = later("write it as HTML (-o FILE.html) and print that from any browser")


def browser() -> str:
    """The Chromium there is: what CHROMIUM names, else the first one on the path.

    Raises MissingPackageError where there is none.
    """
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        text = tr("a PDF is printed by Chromium, and there is none here")
        if named:
            says = later(
                "a PDF is printed by Chromium, and CHROMIUM names {name}, which is not there"
            )
            text = tr(says, name=named)
        says = later("install it (Debian: `sudo apt-get install chromium`), or {instead}")
        raise MissingPackageError(text, hint=tr(says, instead=tr(_INSTEAD)))
    return found


def printed(page: bytes) -> bytes:
    """`page`, a page that needs nothing else, as a PDF.

    Raises MissingPackageError where there is no browser, UsageError where it prints nothing.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="poultice-") as place:
        source, target = Path(place, "page.html"), Path(place, "page.pdf")
        source.write_bytes(page)
        words = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            # A profile of its own: nothing of the person's browser is read, nothing stays there.
            f"--user-data-dir={Path(place, 'profile')}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            words.insert(1, "--no-sandbox")  # it refuses to start for root otherwise
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
                env={**os.environ, "XDG_CONFIG_HOME": place, "XDG_CACHE_HOME": place},
            )
            why = tr("it ended with {code}", code=done.returncode)
        except subprocess.TimeoutExpired:
            why = tr("it took more than {most} s", most=_TIMEOUT_S)
        except OSError as error:
            why = error.strerror or str(error)
        made = target.read_bytes() if target.is_file() else b""
    if not made.startswith(b"%PDF-"):
        text = tr("{program} printed no PDF: {why}", program=program, why=why)
        raise UsageError(text, hint=tr(_INSTEAD))
    return made
