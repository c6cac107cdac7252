"""The page on which the guard runs, in a real browser, served as a static host serves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser import pads

PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with pads.static(site) as address:
        yield f"{address}/browser/index.html"


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
    tab.page.wait_for_selector("#relays li.on:has-text('pad on')")
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

    wanted = '"limit":"heat_target_max_mc","asked":48000,"allowed":42000'
    tab.page.wait_for_selector(f"#log li:has-text('{wanted}')")
    assert tab.page.get_attribute("body", "data-state") == "idle"
    # In words, to whoever reads and to whoever listens, beside what was used.
    beside = tab.page.locator("#start + [role=alert]")
    assert beside.inner_text() == "Refused. 42.0 °C is the most; 48.0 °C was asked."
    tab.page.fill("#target", "40")
    tab.page.click("#start")
    state(tab, "running")
    assert beside.text_content() == ""


def test_each_refusal_is_told_in_words_at_its_own_button(tab: Any) -> None:
    state(tab, "idle")
    told = tab.page.locator("[role=alert]")
    for control, says in (
        ("#resume", "Refused. Not while it is idle."),
        ("#clear", "Refused. Not while it is idle."),
    ):
        tab.page.click(control)
        tab.page.wait_for_selector(f"{control} + [role=alert]:has-text('{says}')")
        assert told.count() == 1
    speed(tab, 0)
    tab.page.click("button[data-fault=sensor_open]")
    speed(tab, 60)
    tab.page.wait_for_selector("#numbers dd:has-text('–')")
    tab.page.click("#start")
    expect = "Refused. Sensor A: no reading (a broken wire)."
    tab.page.wait_for_selector(f"#start + [role=alert]:has-text('{expect}')")


def test_what_is_said_at_rest_is_no_matter_of_colour(tab: Any) -> None:
    state(tab, "idle")
    chips = tab.page.locator("#relays li")
    assert chips.all_inner_texts() == ["K1 open", "K2 open", "pad off", "bimetal closed"]
    tab.page.wait_for_function("document.querySelector('#why').textContent === 'It is idle.'")
    before = chips.first.element_handle()
    tab.page.click("#start")
    speed(tab, 300)
    tab.page.wait_for_selector("#relays li.on:has-text('pad on')")
    assert chips.all_inner_texts()[0] == "K1 closed"
    # The same element, with another text: a reader that stands on it hears the change.
    assert before.evaluate("(chip) => chip.isConnected")


def test_three_things_to_break_are_shown_on_the_first_visit_alone(tab: Any) -> None:
    hint = tab.page.locator("#hint")
    assert hint.is_visible()
    assert hint.locator("li").count() == 3
    # What it speaks of is there.
    buttons = [one.strip() for one in tab.page.locator("section button").all_inner_texts()]
    named = hint.locator("b").all_inner_texts()
    assert set(named) - {"Start"} <= set(buttons)
    hint.get_by_role("button").click()
    assert not hint.is_visible()
    tab.page.reload()
    tab.page.wait_for_selector("#drive", state="visible")
    assert not hint.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1_280])
def test_it_can_be_read_on_a_telephone_and_by_others_eyes(
    width: int, scheme: str, tabs: Any, address: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make evidence")
    page = tabs(width=width, scheme=scheme).page
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector("#drive", state="visible")
    page.click("#resume")
    page.wait_for_selector("#refused:not(:empty)")
    speed(SimpleNamespace(page=page), 0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page).response
    assert [(one["id"], [node["target"] for node in one["nodes"]])
            for one in found["violations"]] == []  # fmt: skip


def test_warm_beads_trip_and_a_host_does_not_clear_what_only_the_button_may(tab: Any) -> None:
    # Time stands still until it is armed: beads that stay so warm for a minute are refused a plan.
    speed(tab, 0)
    tab.page.click("#again")
    tab.page.fill("#warm", "12")
    tab.page.click("#start")
    speed(tab, 300)
    tab.page.wait_for_selector("body[data-latched$=_temperature]")

    tab.page.click("#clear")

    # Its cause may still be there, and is told before who may clear it.
    tab.page.wait_for_selector("""#log li:has-text('"clear":"button"')""")
    tab.page.wait_for_selector("#clear + [role=alert]:not(:empty)")
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
    tab.page.wait_for_selector("#relays li.on:has-text('pad on')")

    tab.page.click("button[data-fault=hang]")

    tab.page.wait_for_selector("#relays li:not(.on):has-text('pad off')")
    assert "stands still" in tab.page.inner_text("#why")
    tab.page.click("#mend")
    tab.page.wait_for_selector("body[data-latched=watchdog_reset]")
