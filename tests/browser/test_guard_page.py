"""The page on which the guard runs, in a real browser, served as a static host serves it."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from docs.site import browser as page_sources

PATIENCE_MS = 60_000


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(page_sources.PAGE, site / "browser")
    try:
        page_sources.build(site)
    except page_sources.PackageError as error:
        pytest.skip(str(error))
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/browser/index.html"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tab(tabs: Any, address: str) -> Any:
    """The page, running; at the end nothing complained and nothing came from elsewhere."""
    opened = tabs()
    opened.page.set_default_timeout(PATIENCE_MS)
    opened.page.goto(address)
    opened.page.wait_for_selector("#drive", state="visible")
    yield opened
    assert opened.complaints == []
    origin = address.rsplit("/", 1)[0]
    assert [url for url in opened.asked_for if not url.startswith((origin, "data:"))] == []


def state(tab: Any, wanted: str) -> None:
    tab.page.wait_for_selector(f"body[data-state={wanted}]")


def speed(tab: Any, times: int) -> None:
    tab.page.fill("#speed", str(times))


def test_a_session_starts_and_a_broken_wire_is_its_fault(tab: Any) -> None:
    state(tab, "idle")
    tab.page.click("#start")
    speed(tab, 300)
    tab.page.wait_for_selector("#relays li.on:has-text('pad energised')")
    state(tab, "running")

    tab.page.click("button[data-fault=sensor_open]")

    state(tab, "fault")
    assert tab.page.get_attribute("body", "data-latched") == "sensor_open"
    assert "off" in tab.page.inner_text("#why")
    assert tab.page.locator("#state-fault.now").count() == 1
    assert "fault=sensor_open" in tab.page.inner_text("#log")


def test_a_request_over_a_limit_is_refused_and_says_which(tab: Any) -> None:
    state(tab, "idle")
    tab.page.fill("#target", "48")

    tab.page.click("#start")

    tab.page.wait_for_selector("#log li:has-text('heat_target_max_mc: 48000 asked, 42000 allowed')")
    assert tab.page.get_attribute("body", "data-state") == "idle"


def test_warm_beads_trip_and_a_host_does_not_clear_what_only_the_button_may(tab: Any) -> None:
    # Time stands still until it is armed: beads that stay so warm for a minute are refused a plan.
    speed(tab, 0)
    tab.page.click("#again")
    tab.page.fill("#warm", "12")
    tab.page.click("#start")
    speed(tab, 300)
    tab.page.wait_for_selector("body[data-latched$=_temperature]")

    tab.page.click("#clear")

    tab.page.wait_for_selector("#log li:has-text('by the button only')")
    tab.page.fill("#warm", "0")
    # The beads cool; then a hold of three seconds is enough.
    for _ in range(20):
        tab.page.click("#hold")
        tab.page.wait_for_timeout(250)
        if tab.page.get_attribute("body", "data-state") == "idle":
            break
    state(tab, "idle")


def test_a_hung_processor_lets_go_and_comes_back_in_its_fault(tab: Any) -> None:
    state(tab, "idle")
    tab.page.click("#start")
    speed(tab, 100)
    tab.page.wait_for_selector("#relays li.on:has-text('pad energised')")

    tab.page.click("button[data-fault=hang]")

    tab.page.wait_for_selector("#relays:not(:has(li.on:has-text('pad energised')))")
    assert "stands still" in tab.page.inner_text("#why")
    tab.page.click("#mend")
    tab.page.wait_for_selector("body[data-latched=watchdog_reset]")
