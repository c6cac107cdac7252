"""The page that runs a real pad, in a real browser, with a device in real time behind its port."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from poultice.record import importing, report
from poultice.record.store import History
from poultice_core import queries
from tests.browser import pads
from tests.browser.conftest import of_chromium
from tests.host.served import Served

FAST = "?speed=8&user=absent"


@pytest.fixture
def device(port: pads.Port) -> Iterator[Callable[..., Served]]:
    opened: list[Served] = []

    def plugged(options: str = FAST, **more: Any) -> Served:
        served = Served(options, **more)
        opened.append(served)
        served.__enter__()
        port.plug(served.path)
        return served

    yield plugged
    port.pull()
    for served in opened:
        served.__exit__(None, None, None)


def state(tab: Any, wanted: str) -> None:
    tab.page.wait_for_selector(f"body[data-state={wanted}]")


def connect(tab: Any, wanted: str = "idle") -> None:
    tab.page.click("#connect")
    state(tab, wanted)


def answer(tab: Any, protocol: str, yes: str = "", age: str = "none") -> None:
    tab.page.select_option("#protocol", protocol)
    tab.page.wait_for_selector("#questions fieldset")
    groups = tab.page.locator("#questions fieldset").all()
    for group in groups:
        key = group.locator("input").first.get_attribute("name")
        group.get_by_label("yes" if key == yes else "no", exact=True).check()
    tab.page.select_option("#age", age)


def run(tab: Any, protocol: str, **answers: str) -> None:
    answer(tab, protocol, **answers)
    tab.page.click("#start")


def ended(tab: Any, text: str) -> str:
    tab.page.wait_for_selector(f"#end:has-text('{text}')")
    return str(tab.page.inner_text("#end"))


def over(tab: Any, served: Served) -> None:
    """The device ends it by itself."""
    for _ in range(100):
        if not served.running:
            break
        tab.page.wait_for_timeout(100)
    assert not served.running


def kept(tab: Any) -> list[dict[str, Any]]:
    """What the page saves of its latest session."""
    with tab.page.expect_download() as saved:
        tab.page.locator("#kept button").first.click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_from_connect_to_the_record(page: Any, device: Any, tmp_path: Path) -> None:
    device()
    tab = page()
    connect(tab)
    assert "that which was tested with this page" in tab.page.inner_text("#who")

    run(tab, "short")

    state(tab, "running")
    assert tab.page.is_visible("#stop")
    told = ended(tab, "short: complete")
    assert "heat 1 min" in told
    assert tab.page.is_visible("#treatment")
    assert not tab.page.is_visible("#stop")
    saved = kept(tab)
    file = tmp_path / "session.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in saved), encoding="utf-8")
    book = History.open(tmp_path / "history.sqlite3")
    assert b"short" in report.render(book, importing.take(book, file), None)
    session, *lines = saved
    assert (session["record"], session["protocol"], session["outcome"]) == (
        "session",
        "short",
        "complete",
    )
    assert session["heat_s"] == 60
    assert session["answers"]["child"] is False
    kinds = [one["kind"] for one in lines if one["record"] == "event"]
    assert kinds[0] == "phase" and kinds[-1] == "complete"
    samples = [one for one in lines if one["record"] == "sample"]
    assert session["samples"] == len(samples) > 50


def test_in_german_from_the_question_to_the_end(page: Any, device: Any) -> None:
    device()
    tab = page(name="pad.de.html")
    assert tab.page.get_attribute("html", "lang") == "de"
    connect(tab)
    assert "mit dieser Seite geprüfte" in tab.page.inner_text("#who")
    tab.page.wait_for_selector("#questions fieldset")
    assert "Diabetes" in tab.page.inner_text("#questions")
    for one in tab.page.locator("#questions input[value=no]").all():
        one.check()
    tab.page.click("#start")
    tab.page.wait_for_selector(".notice:has-text('Nicht alles ist beantwortet')")
    tab.page.select_option("#protocol", "short")
    tab.page.wait_for_selector("#questions input[value=no]:not(:checked)")
    for one in tab.page.locator("#questions input[value=no]").all():
        one.check()
    tab.page.select_option("#age", "none")
    tab.page.click("#start")

    told = ended(tab, "°C")

    assert "Wärme 1 min" in told
    # What is kept is for programs: English.
    session = kept(tab)[0]
    assert (session["outcome"], session["summary"]["phases"][0]["mode"]) == ("complete", "heat")
    assert tab.page.locator("#languages a[hreflang=en]").count() == 1


def test_once_loaded_it_needs_no_network(page: Any, device: Any, port: Any) -> None:
    device()
    tab = page()
    port.network = False

    connect(tab)
    run(tab, "short")

    ended(tab, "short: complete")
    assert len(kept(tab)) > 50


HIDE = "Object.defineProperty(document, 'hidden', {{ configurable: true, value: {} }});"
SEEN = "document.dispatchEvent(new Event('visibilitychange'));"
OPENED = """
const opening = IDBFactory.prototype.open;
self.opened = 0;
IDBFactory.prototype.open = function (...given) {
  self.opened++;
  return opening.apply(this, given);
};
"""


def test_a_page_that_nobody_sees_draws_nothing_and_keeps_all(
    page: Any, device: Any, bridge: list[str]
) -> None:
    bridge.append(OPENED)
    device()
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    state(tab, "running")
    tab.page.wait_for_selector("#curve .sensor")

    tab.page.evaluate(HIDE.format("true") + SEEN)
    tab.page.evaluate("document.querySelector('#curve').innerHTML = ''")
    # Put into words it is all the same, every ten seconds of the device's.
    was = tab.page.inner_text("#big")
    tab.page.wait_for_selector(f"#big:not(:text-is('{was}'))")
    assert tab.page.inner_html("#curve") == ""
    tab.page.evaluate(HIDE.format("false") + SEEN)

    assert "sensor" in tab.page.inner_html("#curve")
    tab.page.click("#stop")
    ended(tab, "stopped")
    samples = [one["t_ms"] for one in kept(tab) if one["record"] == "sample"]
    assert max(b - a for a, b in pairwise(samples)) <= 1_000
    # A line each second, and the storage opened once for all of them.
    assert tab.page.workers[0].evaluate("opened") == 1


@pytest.mark.parametrize("by", ["button", "s", "Escape"])
def test_a_stop_works_by_button_and_by_key(page: Any, device: Any, by: str) -> None:
    served = device("?speed=8&user=absent")
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    tab.page.wait_for_selector("#big:has-text('HEAT')")

    if by == "button":
        tab.page.click("#stop")
    else:
        tab.page.keyboard.press(by)

    told = ended(tab, "stopped")
    assert "ended by a stop from a computer" in told
    assert not served.running


def test_a_pause_and_going_on(page: Any, device: Any) -> None:
    device("?speed=8&user=absent")
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    tab.page.wait_for_selector("#big:has-text('HEAT')")

    tab.page.keyboard.press("p")
    state(tab, "paused")
    tab.page.click("#pause:has-text('Go on')")

    state(tab, "running")


def test_a_prompt_is_answered_in_the_page(page: Any, device: Any) -> None:
    device("?speed=8&user=absent&cooler=0")
    tab = page()
    connect(tab)
    run(tab, "muscle-strain-acute", age="lt72h")
    state(tab, "waiting")
    assert "Lay the cold pack on" in tab.page.inner_text("#prompt")

    tab.page.keyboard.press("Enter")

    state(tab, "running")
    assert "°C · all open · left" in tab.page.inner_text("#big")
    # The pack lies there still.
    tab.page.keyboard.press("s")
    ended(tab, "stopped")
    assert tab.page.inner_text("#prompt") == "Take the cold pack off"


def test_a_prompt_left_to_the_devices_button_has_none_in_the_page(page: Any, device: Any) -> None:
    served = device("?speed=8&user=absent&cooler=0")
    tab = page()
    connect(tab)
    answer(tab, "muscle-strain-acute", age="lt72h")
    tab.page.check("#by_button")
    tab.page.click("#start")
    state(tab, "armed")
    with served.still():
        served.device.board.button_down = True
    served.pass_by(0.2)
    with served.still():
        served.device.board.button_down = False

    state(tab, "waiting")

    assert "Lay the cold pack on" in tab.page.inner_text("#prompt")
    assert not tab.page.is_visible("#confirm")


def test_a_fault_is_told_with_its_page(page: Any, device: Any) -> None:
    device("?speed=8&user=absent&fault=sensor_open@20")
    tab = page()
    connect(tab)
    run(tab, "arthritis")

    assert "sensor_open" in ended(tab, "arthritis: fault")
    href = tab.page.get_attribute("#end a", "href")
    assert href == "../reference/faults/sensor_open.html"
    assert tab.page.is_visible("#clear")
    assert "then “Clear the fault”" in tab.page.inner_text("#facts")
    tab.page.click("#clear")
    tab.page.wait_for_selector(".notice:has-text('its cause is still there')")


def test_a_yes_refuses_with_its_reason(page: Any, device: Any) -> None:
    served = device()
    tab = page()
    connect(tab)

    run(tab, "arthritis", yes="child")

    tab.page.wait_for_selector(".notice:has-text('a child')")
    assert "ask your doctor" in tab.page.inner_text(".notice")
    assert not served.running


def test_what_is_not_answered_is_asked(page: Any, device: Any) -> None:
    served = device()
    tab = page()
    connect(tab)
    tab.page.wait_for_selector("#questions fieldset")

    tab.page.click("#start")

    assert "Not all is answered" in tab.page.inner_text(".notice")
    assert tab.page.evaluate("document.activeElement.name") == "reduced_feeling"
    # It says so where the answer lacks.
    assert tab.page.locator(".notice + fieldset legend").first.is_visible()
    assert not served.running
    # The questions of another treatment take it away with them; what is refused next is said.
    run(tab, "arthritis", yes="child")
    tab.page.wait_for_selector(".notice:has-text('a child')")


@pytest.mark.parametrize(("later_min", "asked"), [(9, False), (11, True), (-11, True)])
def test_answers_stand_for_ten_minutes(page: Any, device: Any, later_min: int, asked: bool) -> None:
    """By the clock, whichever way it went."""
    device("?speed=1&user=absent")
    tab = page()
    connect(tab)
    answer(tab, "arthritis")
    later_ms = later_min * 60_000
    tab.page.evaluate(f"(() => {{ const now = Date.now; Date.now = () => now() + {later_ms}; }})()")
    tab.page.check("#fit")

    tab.page.click("#start")

    if asked:
        tab.page.wait_for_selector(".notice:has-text('Not all is answered')")
    else:
        state(tab, "running")


def test_a_rest_that_is_due_is_said_with_its_time(page: Any, device: Any) -> None:
    device()
    tab = page()
    connect(tab)
    run(tab, "short")
    ended(tab, "complete")

    run(tab, "arthritis")

    tab.page.wait_for_selector(".notice:has-text('rest first')")
    assert "next heat" in tab.page.inner_text("#facts")


def test_a_pulled_cable_is_told_and_what_was_kept_stays(page: Any, device: Any, port: Any) -> None:
    served = device("?speed=8&user=absent")
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    tab.page.wait_for_selector("#big:has-text('HEAT')")

    port.pull()

    tab.page.wait_for_selector("#connect:has-text('Connect')")
    assert "lost" in ended(tab, "arthritis: lost")
    assert not tab.page.is_visible("#stop")
    session, *lines = kept(tab)
    assert session["outcome"] == "lost"
    assert [one for one in lines if one["record"] == "sample"]
    # The device's own timer: nobody asks it any more.
    over(tab, served)


def test_disconnect_stops_the_session_and_keeps_how_it_ended(page: Any, device: Any) -> None:
    served = device()
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    tab.page.wait_for_selector("#big:has-text('HEAT')")
    # A second press of Start, as of a key that is held.
    tab.page.evaluate("document.querySelector('#treatment').requestSubmit()")

    tab.page.click("#connect")

    ended(tab, "ended by a stop from a computer")
    tab.page.wait_for_selector("#connect:has-text('Connect')")
    assert not served.running
    assert tab.page.inner_text("#big") == ""
    session, *lines = kept(tab)
    assert (session["outcome"], session["reason"]) == ("stopped", "host")
    assert [one["kind"] for one in lines if one["record"] == "event"][-1] == "stopped"
    # One session, one set of answers.
    connect(tab)
    assert tab.page.locator("#questions input:checked").count() == 0


def test_a_computer_that_slept_is_told_how_the_session_ended(page: Any, device: Any) -> None:
    """All of the browser stands still for a minute of the device's."""
    served = device()
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    tab.page.wait_for_selector("#big:has-text('HEAT')")

    asleep = of_chromium()
    assert len(asleep) > 2
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    try:
        served.pass_by(60)
        assert not served.running
    finally:
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)

    told = ended(tab, "ended by the device: the computer fell silent")
    assert "idle" in tab.page.inner_text("#facts")
    assert tab.page.is_visible("#treatment") and not tab.page.is_visible("#stop")
    session, *lines = kept(tab)
    assert (session["outcome"], session["reason"]) == ("stopped", "attended")
    # By the device's own record it ended ten seconds after it last heard of us.
    assert 8 <= session["heat_s"] <= session["duration_s"] < 60, told
    samples = [one for one in lines if one["record"] == "sample"]
    assert {one["state"] for one in samples} == {"running"}
    # And the page goes on as before.
    run(tab, "arthritis")
    state(tab, "running")


def test_a_second_tab_is_told_that_the_port_is_held(
    page: Any, device: Any, port: pads.Port
) -> None:
    device()
    first = page()
    connect(first)
    second = page()

    second.page.click("#connect")

    second.page.wait_for_selector(".notice:has-text('another page or program')")
    assert first.page.get_attribute("body", "data-state") == "idle"
    # It may try again.
    first.page.click("#connect")
    first.page.wait_for_selector("#connect:has-text('Connect')")
    # It says so before the port has closed.
    while port.held:
        second.page.wait_for_timeout(20)
    connect(second)


def test_after_a_reload_the_session_is_seen_and_stopped(page: Any, device: Any) -> None:
    served = device("?speed=1&user=absent")
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    state(tab, "running")
    tab.page.on("dialog", lambda dialog: dialog.accept())

    tab.page.reload()
    tab.page.wait_for_selector("main", state="visible")
    connect(tab, "running")
    tab.page.click("#stop")

    state(tab, "idle")
    assert not served.running


def test_a_page_that_is_gone_ends_the_session(page: Any, device: Any) -> None:
    served = device("?speed=8&user=absent")
    tab = page()
    connect(tab)
    run(tab, "arthritis")
    state(tab, "running")
    tab.page.on("dialog", lambda dialog: dialog.accept())

    tab.page.goto("about:blank")

    over(tab, served)


def test_garbage_on_the_port_is_no_device(page: Any, port: Any, tmp_path: Path) -> None:
    import os
    import pty
    import threading

    ours, theirs = pty.openpty()
    port.plug(os.ttyname(theirs))
    over = threading.Event()

    def chatter() -> None:
        while not over.wait(0.05):
            os.write(ours, b"GPS,fix,1*77\r\n")

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        tab = page()
        tab.page.click("#connect")
        tab.page.wait_for_selector(".notice:has-text('does not speak this link')")
        tab.page.wait_for_selector("#connect:has-text('Connect')")
    finally:
        over.set()
        thread.join()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("version", "name", "says"),
    [
        (0, "pad.html", "on the command line, `poultice firmware flash`"),
        (2, "pad.html", "the device is newer than this page"),
        (2, "pad.de.html", "das Gerät ist neuer als diese Seite"),
    ],
)
def test_a_device_of_another_version_begins_no_session(
    page: Any, device: Any, monkeypatch: Any, version: int, name: str, says: str
) -> None:
    served = device()
    tab = page(name=name)
    with monkeypatch.context() as patched:
        patched.setattr(queries, "PROTOCOL", version)

        tab.page.click("#connect")

        tab.page.wait_for_selector(f".notice:has-text('{says}')")
        tab.page.wait_for_selector("body:not([data-state=idle]) #connect:enabled")
        assert not tab.page.is_visible("#treatment")
        tab.page.evaluate("document.querySelector('#treatment').requestSubmit()")
        assert not served.running
    # It has let go of the port: with the right firmware it goes on from there.
    connect(tab)
    assert tab.page.is_visible("#treatment")
    assert not tab.page.is_visible(".notice")


def test_no_port_chosen_is_said(page: Any, port: Any) -> None:
    port.choosable = False
    tab = page()

    tab.page.click("#connect")

    tab.page.wait_for_selector(".notice:has-text('No port was chosen')")


@pytest.mark.parametrize("has", [(), ("usb",)])
def test_a_browser_without_serial_ports_says_which_has_them(
    page: Any, bridge: list[str], has: tuple[str, ...]
) -> None:
    """With WebUSB it is tried by way of that."""
    lacks = [one for one in ("serial", "usb") if one not in has]
    bridge[:] = [
        f'Object.defineProperty(navigator, "{one}", {{ value: undefined }});' for one in lacks
    ]

    tab = page()

    assert tab.page.is_disabled("#connect") is not bool(has)
    assert bool(has) or "Chrome" in tab.page.inner_text(".notice")


def test_storage_that_is_full_or_denied_costs_no_session(
    page: Any, device: Any, bridge: list[str]
) -> None:
    bridge.append("IDBFactory.prototype.open = () => { throw new Error('denied'); };")
    device()
    tab = page()
    connect(tab)
    run(tab, "short")

    ended(tab, "complete")

    assert "not kept in this browser" in tab.page.inner_text(".notice")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1_100, "light")])
def test_it_is_read_on_any_width_and_by_anybody(
    page: Any, device: Any, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make evidence")
    device("?speed=8&user=absent&cooler=0")
    tab = page(width, scheme)
    connect(tab)

    def sound() -> None:
        broken = axe.Axe().run(tab.page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in broken] == []
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width

    sound()
    run(tab, "muscle-strain-acute", age="lt72h")
    state(tab, "waiting")
    sound()
    box = tab.page.locator("#stop").bounding_box()
    assert box["y"] + box["height"] <= 900
    # The curve's letters are as large on a narrow screen.
    letters = "document.querySelector('#curve text').getBoundingClientRect().height"
    assert tab.page.evaluate(letters) >= 11
