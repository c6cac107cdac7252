"""The full-screen view without a terminal: what it shows, and what its keys leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from queue import Queue
from typing import Any

import pytest
from textual.pilot import Pilot

from poultice import remedies
from poultice.cli.dashboard import LEAST, Dashboard, chart, panels
from poultice.cli.dashboard.app import Driver, Panel
from poultice.cli.dashboard.course import Course
from poultice.cli.dashboard.drawn import ASCII, UNICODE, Line, width_of
from poultice.cli.feed import Feed
from poultice.cli.keys import Keys
from poultice.link.messages import Event, Telemetry, telemetry
from poultice.session.orders import Orders
from tests.host.faulty import LIMITS

PHASES: list[dict[str, Any]] = [
    {"mode": "heat", "target_mc": 40_500, "duration_s": 600},
    {"mode": "rest", "duration_s": 60},
    {"mode": "cold", "target_mc": 12_000, "duration_s": 300},
]
SAYS = ["Lie down and rest.", None, "A cloth under the pack."]
Scenario = Callable[[Pilot[None]], Awaitable[None]]


def now(at_s: int = 10, **changes: Any) -> Telemetry:
    """The device `at_s` into the session of PHASES."""
    found = telemetry(
        {
            "t_ms": 5_000 + at_s * 1000,
            "state": "running",
            "session": 1,
            "plan": "contrast",
            "profile": "normal",
            "phase": 0,
            "mode": "heat",
            "phase_left_s": 600 - at_s,
            "left_s": 960 - at_s,
            "temp_mc": 38_200,
            "temp_b_mc": 37_100,
            "target_mc": 40_500,
            "master": True,
            "heat": True,
            "cool": False,
            "duty_pct": 80,
            "dose_m": 1_230,
            "budget_pct": 64,
            **changes,
        }
    )
    assert found is not None
    return found


def feed(name: str = "sim:") -> Feed:
    return Feed(name, Orders(), title="contrast", phases=PHASES, says=SAYS, limits=LIMITS)


def shown(
    *feeds: Feed,
    size: tuple[int, int] = LEAST,
    stop_all: Callable[[], None] = lambda: None,
    watching: bool = False,
    **drawn: Any,
) -> Callable[[Scenario], None]:
    """Run the scenario that follows on a dashboard of `feeds`; nothing is drawn by the clock."""
    app = Dashboard(feeds, Keys(feeds, stop_all=stop_all, watching=watching), look_s=None, **drawn)

    async def running(scenario: Scenario) -> None:
        async with app.run_test(size=size) as pilot:
            app.look()
            await pilot.pause()
            await scenario(pilot)

    return lambda scenario: asyncio.run(running(scenario))


def text(pilot: Pilot[None], where: str = "Panel") -> str:
    """What can be read now, without styles."""
    read = [one.lines for one in pilot.app.query(where).results(Panel) if one.display]
    return "\n".join("".join(text for text, _ in line) for lines in read for line in lines)


async def told(pilot: Pilot[None], one: Feed, *updates: Telemetry | Event) -> None:
    for update in updates:
        one.show(update)
    assert isinstance(pilot.app, Dashboard)
    pilot.app.look()
    await pilot.pause()


@pytest.mark.parametrize("size", [LEAST, (81, 25), (120, 40)])
@pytest.mark.parametrize("light", [False, True])
def test_all_there_is_to_know_on_one_screen(size: tuple[int, int], light: bool) -> None:
    one = feed()
    for at_s in range(30):
        one.show(now(at_s, temp_mc=30_000 + at_s * 250))
    one.show(Event("phase", 5_000, {"kind": "phase", "phase": 0, **PHASES[0]}))

    @shown(one, size=size, light=light)
    async def scenario(pilot: Pilot[None]) -> None:
        seen = text(pilot)
        for part in (
            "contrast", "sim:", "running", "15:31 left", "heat 10:00", "cold 05:00", "37.2 °C",
            "target 40.5 °C", "cutoff 43.0 °C", "sensor B 37.1 °C", "1.23 CEM43 of 9.00 CEM43",
            "64 % left", "● master", "● heat", "○ cool", "80 % of the last minute",
            "Lie down and rest.", "0 min", "00:00  phase 1: heat",
        ):  # fmt: skip
            assert part in seen, part
        lines = seen.splitlines()
        assert max(len(line) for line in lines) <= size[0]
        assert len(lines) <= size[1]


def test_in_ascii_there_is_nothing_else() -> None:
    one = feed()
    one.show(now(5, state="waiting", prompt="lay_pack"))

    @shown(one, unicode=False)
    async def scenario(pilot: Pilot[None]) -> None:
        seen = text(pilot)
        assert seen.isascii()
        assert "* master" in seen and "o cool" in seen and "target 40.5 C" in seen


@pytest.mark.parametrize(
    ("key", "state", "wish"),
    [
        ("p", "running", "pause"),
        ("r", "paused", "resume"),
        ("enter", "waiting", "confirm"),
    ],
)
@pytest.mark.parametrize("at", ["running", "paused", "waiting", "armed", "fault", "idle"])
def test_a_key_is_a_wish_in_its_state_and_a_word_in_any_other(
    key: str, state: str, wish: str, at: str
) -> None:
    one = feed()
    one.show(now(state=at, prompt="lay_pack", fault="sensor_open"))

    @shown(one)
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press(key)
        wanted = one.orders.wanted() or ("confirm" if one.orders.answered("lay_pack") else None)
        assert wanted == (wish if at == state else None)
        assert ("not possible while" in text(pilot)) == (at != state)


def test_stop_is_a_wish_in_every_state() -> None:
    one = feed()

    @shown(one)
    async def scenario(pilot: Pilot[None]) -> None:
        assert not one.orders.stopping()
        await pilot.press("s")
        assert one.orders.stopping()
        await told(pilot, one, now())
        assert "stopping; waiting for the device" in text(pilot)


@pytest.mark.parametrize(
    ("keys", "stops"),
    [("q", 0), ("q n q", 0), ("q escape", 0), ("y", 0), ("n", 0), ("q y", 1), ("q q", 1),
     ("q n q y", 1), ("ctrl+c", 1), ("ctrl+q y", 1)],
)  # fmt: skip
def test_quitting_asks_and_stops_all(keys: str, stops: int) -> None:
    feeds = feed("a"), feed("b")
    asked: list[int] = []

    @shown(*feeds, stop_all=lambda: asked.append(1))
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press(*keys.split())
        assert pilot.app.is_running
        assert ("Stop the sessions, all of them, and leave?" in text(pilot)) == (
            keys in ("q", "q n q")
        )

    assert len(asked) == stops


def test_a_prompt_and_a_pause_say_what_to_do() -> None:
    one = feed()

    @shown(one)
    async def scenario(pilot: Pilot[None]) -> None:
        await told(pilot, one, now(state="waiting", prompt="remove_pack"))
        assert "Take the cold pack off, then press Enter here or the button" in text(pilot)
        await told(pilot, one, now(state="paused"))
        assert "paused: the pad is off; r goes on; the device ends it after 5 min" in text(pilot)
        await told(pilot, one, now())
        assert "Lie down and rest." in text(pilot)


@pytest.mark.parametrize("fault", sorted(remedies.FAULTS))
def test_every_fault_is_shown_with_its_remedy_in_full(fault: str) -> None:
    one = feed()
    one.show(now(9))
    one.show(now(10, state="fault", fault=fault, mode=None, temp_mc=None))

    @shown(one)
    async def scenario(pilot: Pilot[None]) -> None:
        message = " ".join(text(pilot, "#message").split())
        assert message == f"fault {fault}: {remedies.fault_hint(fault)}"
        assert "left" not in text(pilot).splitlines()[0]


@pytest.mark.parametrize(("size", "tiny"), [(LEAST, False), ((79, 24), True), ((80, 23), True)])
def test_too_small_says_so_and_comes_back(size: tuple[int, int], tiny: bool) -> None:
    one = feed()
    one.show(now())

    @shown(one, size=size)
    async def scenario(pilot: Pilot[None]) -> None:
        assert ("is too small for the view (80x24)" in text(pilot)) == tiny
        await pilot.press("s")
        assert one.orders.stopping()
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert "heat budget" in text(pilot)
        await pilot.resize_terminal(20, 3)
        await pilot.pause()
        assert "heat budget" not in text(pilot)


def test_it_leaves_once_all_are_over_and_not_before() -> None:
    first, second = feed("a"), feed("b")

    @shown(first, second)
    async def scenario(pilot: Pilot[None]) -> None:
        first.over = True
        await told(pilot, first, now())
        assert pilot.app.is_running and pilot.app.return_value is None
        assert not pilot.app._exit
        second.over = True
        await told(pilot, second)
        assert pilot.app._exit


def test_watching_is_left_without_stopping_anything() -> None:
    one = Feed("sim:", Orders(), limits=LIMITS)
    one.show(now(state="idle", mode=None, phase=None, left_s=None, plan=None, rest_heat_s=120))

    @shown(one, watching=True)
    async def scenario(pilot: Pilot[None]) -> None:
        assert "no session runs" in text(pilot) and "heat again in 2 min" in text(pilot)
        await told(pilot, one, now(30), now(31))
        assert "phase 1: heat  09:29 left" in text(pilot)
        await pilot.press("q")
        assert pilot.app._exit

    assert not one.orders.stopping()


def test_keys_mean_the_chosen_one_of_several() -> None:
    feeds = [feed(f"usb:{n}") for n in range(9)]
    for one in feeds:
        one.show(now())
    feeds[1].show(now(state="fault", fault="emergency_stop"))

    @shown(*feeds)
    async def scenario(pilot: Pilot[None]) -> None:
        seen = text(pilot)
        assert "usb:5" in seen and "usb:6" not in seen
        assert [line.split()[-1] for line in seen.splitlines() if "usb:1" in line] == [
            "emergency_stop"
        ]
        assert "Lie down" in seen
        await pilot.press("up", "down")
        assert "close the emergency stop again" in text(pilot)
        await pilot.press(*["down"] * 20)
        assert "usb:8" in text(pilot)
        await pilot.press("s")

    assert [one.orders.stopping() for one in feeds] == [False] * 8 + [True]


def test_the_theme_changes_and_nothing_else() -> None:
    one = feed()
    one.show(now())

    @shown(one)
    async def scenario(pilot: Pilot[None]) -> None:
        before = text(pilot)
        assert pilot.app.theme == "dark"
        await pilot.press("t")
        assert (pilot.app.theme, text(pilot)) == ("light", before)


def test_a_failure_ends_the_view_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    one = feed()
    app = Dashboard([one], Keys([one], stop_all=lambda: None), look_s=None)

    async def running() -> None:
        async with app.run_test(size=LEAST):
            monkeypatch.setattr(panels, "facts", None)
            one.show(now())
            app.call_later(app.look)

    with pytest.raises(TypeError):
        asyncio.run(running())
    assert isinstance(app.failure, TypeError)


@pytest.mark.parametrize("fault", sorted(remedies.FAULTS))
def test_a_row_of_the_list_has_room_for_every_fault(fault: str) -> None:
    one = Course("serial:/dev/serial/by-id/usb-MicroPython_Board_E6614C311B-if00")
    one.take(now(state="fault", fault=fault))
    row = cells(panels.row(one, LEAST[0], UNICODE, chosen=True))
    assert len(row) == LEAST[0]
    assert row.split()[-1] == fault
    assert "311B-if00 " in row


# The curve, cell by cell.


def cells(line: Line) -> str:
    return "".join(text for text, _ in line)


def course(*samples: Telemetry, phases: Any = PHASES) -> Course:
    found = Course("sim:", "contrast", phases, SAYS, LIMITS)
    for one in samples:
        found.take(one)
    return found


@pytest.mark.parametrize("marks", [UNICODE, ASCII])
@pytest.mark.parametrize("size", [(2, 2), (7, 2), (80, 11), (200, 60)])
def test_a_curve_fills_its_cells_and_no_others(marks: Any, size: tuple[int, int]) -> None:
    width, height = size
    one = course(*(now(at_s, temp_mc=20_000 + 40 * at_s) for at_s in range(0, 960, 7)))
    lines = chart.curve(one, width, height, marks)
    assert [width_of(line) for line in lines] == ([width] * height if width > 6 else [])


def test_a_reading_is_between_the_labels_that_it_is_between() -> None:
    one = course(now(100, temp_mc=35_000, temp_b_mc=None))
    lines = [cells(line) for line in chart.curve(one, 80, 40, ASCII)]
    labels = {int(line[:5]): row for row, line in enumerate(lines) if line[:5].strip()}
    [row] = [row for row, line in enumerate(lines) if "*" in line]
    assert abs(labels[34] + labels[36] - 2 * row) <= 2
    assert lines[row].index("*") == 5 + 100 * 74 // 960


def test_target_and_cutoff_stand_over_their_phases_only() -> None:
    lines = [cells(line)[5:] for line in chart.curve(course(now(0)), 101, 40, ASCII)]
    spans = {}
    for mark in "-=":
        spans[mark] = sorted({line.index(mark) for line in lines if mark in line})
    # Heat from 0, cold from 660 of 960 s; rest has neither.
    assert spans == {"-": [0, 66], "=": [0, 66]}
    modes = {style for line in chart.curve(course(), 101, 40, ASCII) for _, style in line}
    assert {one.partition("/")[2] for one in modes} >= {"heat", "cold", "rest"}


def test_without_readings_there_is_a_gap_and_no_line_to_nowhere() -> None:
    one = course(now(0), now(1, temp_mc=None, temp_b_mc=None), now(900, temp_mc=20_000))
    stars = sum(cells(line).count("*") for line in chart.curve(one, 80, 20, ASCII))
    assert stars == 2


def test_what_is_behind_is_where_the_last_reading_is() -> None:
    one = course(now(480), now(481, state="fault", fault="sensor_open", left_s=0))
    filled = sum(len(text) for text, style in panels.timeline(one, 101, ASCII) if "past" in style)
    assert filled == 48
    one = course(now(959))
    one.take(Event("complete", 965_000, {"kind": "complete"}))
    one.take(now(960, state="idle", left_s=None))
    filled = sum(len(text) for text, style in panels.timeline(one, 101, ASCII) if "past" in style)
    assert filled == 96


def test_a_restarted_device_begins_anew_where_it_is_watched() -> None:
    one = course(now(500), now(501), now(3), phases=())
    assert len(one.samples) == 1


# Between the threads.


def test_an_answer_is_none_to_the_next_prompt() -> None:
    orders = Orders()
    orders.confirm("lay_pack")
    orders.heard(now(state="waiting"))
    assert orders.answered("lay_pack") and not orders.answered("lay_pack")
    orders.confirm("lay_pack")
    assert not orders.answered("remove_pack") and not orders.answered("lay_pack")
    orders.confirm("lay_pack")
    orders.heard(now())
    assert not orders.answered("lay_pack")


class Writer:
    """The thread under the driver, which dies of a terminal that is gone after `lives` looks."""

    def __init__(self, lives: int, room: int) -> None:
        self._queue: Queue[str] = Queue(room)
        self._lives = lives

    def is_alive(self) -> bool:
        self._lives -= 1
        return self._lives >= 0


@pytest.mark.parametrize("lives", [0, 1, 2])
def test_a_terminal_that_is_gone_is_not_waited_for(
    lives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poultice.cli.dashboard.app._WAIT_S", 0.001)
    driver = object.__new__(Driver)
    writer: Any = Writer(lives, room=1)
    writer._queue.put("a frame that nobody takes")
    driver._writer_thread = writer
    driver.write("another")
    assert writer._queue.qsize() == 1
    driver.close()


def test_a_terminal_that_is_there_is_written_to() -> None:
    driver = object.__new__(Driver)
    writer: Any = Writer(9, room=1)
    driver._writer_thread = writer
    driver.write("a frame")
    assert writer._queue.get_nowait() == "a frame"
