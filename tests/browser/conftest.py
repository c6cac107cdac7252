"""A real Chromium without a window, driven by Playwright, which never fetches one of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.site import browser as page_sources
from poultice.therapy import library
from poultice.therapy.phase import Phase, Protocol
from tests.browser import pads

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync")  # fmt: skip

PATIENCE_MS = 60_000
# A protocol beside the library's: over in seconds.
SHORT = Protocol("short", "A short one", "One minute.", (), "any", (Phase("heat", 40_000, 60),), "")


def chromium_here() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = chromium_here()
    if found is None:
        pytest.skip("no Chromium here: `make browser` installs it, CHROMIUM=PATH names one")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: make evidence")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield running
        running.close()


def of_chromium() -> list[int]:
    """The processes of the Chromium that this one runs."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    ours, found = {os.getpid()}, list[int]()
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
        found += more
    # Between them and us is the driver, which has none of its options.
    return [pid for pid in found if QUIET[0].encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]


class Tab:
    """One page in a window of its own, and all that it complained about or asked for."""

    def __init__(self, browser: Any, width: int, scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB"
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked_for: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.asked_for.append(request.url))

    def open(self, path: Path) -> Any:
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture
def tabs(browser: Any) -> Iterator[Any]:
    opened: list[Tab] = []

    def new(width: int = 1_100, scheme: str = "light") -> Tab:
        opened.append(Tab(browser, width, scheme))
        return opened[-1]

    yield new
    for tab in opened:
        tab.context.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with_short = [SHORT, *library.all_protocols()]
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(library, "all_protocols", lambda: with_short)
            return pads.built(tmp_path_factory.mktemp("site"))
    except page_sources.PackageError as error:
        pytest.skip(str(error))


@pytest.fixture
def port() -> pads.Port:
    return pads.Port()


@pytest.fixture
def bridge() -> list[str]:
    """What runs before the page's own scripts, in the page and in its worker."""
    return [pads.BRIDGE]


@pytest.fixture
def address(site: Path, port: pads.Port, bridge: list[str]) -> Iterator[str]:
    with pads.served(site, port, bridge) as address:
        yield address


@pytest.fixture
def page(tabs: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens the page; at the end nothing complained and nothing came from elsewhere."""
    opened: list[Any] = []

    def new(width: int = 1_100, scheme: str = "light", name: str = "pad.html") -> Any:
        tab = tabs(width, scheme)
        tab.page.set_default_timeout(PATIENCE_MS)
        tab.page.goto(f"{address}/{name}")
        tab.page.wait_for_selector("main", state="visible")
        opened.append(tab)
        return tab

    yield new
    for tab in opened:
        # A port that is refused or gone is an answer of the test's server.
        expected = "the server responded with a status of 410"
        # The question before leaving has no text of ours.
        assert [one for one in tab.complaints if one and expected not in one] == []
        ours = (address.removesuffix("/browser"), "blob:", "data:", "about:")
        assert [url for url in tab.asked_for if not url.startswith(ours)] == []
