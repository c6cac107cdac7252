"""SR-26 on the computer: a session that treated little says so wherever it is told of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from poultice.cli import main, watching
from poultice.cli.dashboard import panels
from poultice.cli.dashboard.course import Course
from poultice.link.messages import Event, telemetry
from poultice.record import report
from poultice.record.store import History

pytestmark = pytest.mark.requirement("SR-26")
WEAK = "sim:?speed=max&pad=0.022"
LITTLE = "little was treated"


@pytest.fixture(autouse=True)
def at(own_record: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(own_record)
    return own_record


def run(*args: str) -> int:
    return main(["run", "arthritis", "--yes", *args])


def test_a_session_of_one_pad(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-d", WEAK) == 0
    assert f"arthritis: complete, but {LITTLE}\n" in capsys.readouterr().out
    assert main(["history", "show"]) == 0
    assert f"arthritis: complete, but {LITTLE}\n" in capsys.readouterr().out
    assert main(["history", "--simulated"]) == 0
    assert "complete, little treated" in capsys.readouterr().out
    assert main(["history", "--simulated", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["sessions"]
    assert row["warnings"] == ["target_unreachable", "undertreated"]
    page = report.render(History.open(), 1).decode()
    assert f"Complete: it ran to its end, but {LITTLE}." in page
    assert "<dt>Warning</dt><dd>a phase stayed far from its target" in page


def test_each_of_several_pads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-d", WEAK, "-d", "sim:?speed=max") == 0
    weak, sound = capsys.readouterr().out.split("sim:?speed=max:\n")
    assert f"complete, but {LITTLE}" in weak
    assert LITTLE not in sound and "arthritis: complete\n" in sound
    assert run("-d", WEAK, "-d", "sim:?speed=max", "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert ["undertreated" in one["warnings"] for one in told["devices"]] == [True, False]


def warned(kind: str, what: str = "undertreated") -> list[Event]:
    said = [
        {"kind": "phase", "t_ms": 1000, "phase": 0, "mode": "heat", "duration_s": 60},
        {"kind": "warning", "t_ms": 60_000, "what": what},
        {"kind": kind, "t_ms": 61_000, "reason": "button"},
    ]
    return [Event(str(one["kind"]), int(str(one["t_ms"])), one) for one in said]


@pytest.mark.parametrize("what", ["undertreated", "inhibited"])
@pytest.mark.parametrize("kind", ["complete", "stopped"])
def test_the_full_screen_says_it_at_the_end(kind: str, what: str) -> None:
    course = Course("sim:", "arthritis", [{"mode": "heat", "duration_s": 60, "target_mc": 40_000}])
    for one in warned(kind, what):
        course.take(one)
    now = telemetry({"t_ms": 62_000, "state": "idle", "rest_heat_s": 0, "rest_cold_s": 0})
    assert now is not None
    course.take(now)
    watched = panels.message(course, watching=True, stopping=False)[0]
    assert course.log[-1] == f"warning: {LITTLE} in this session"
    course.over = True
    assert LITTLE in panels.message(course, watching=False, stopping=False)[0]
    assert LITTLE in watched
    course.take(warned(kind)[0])
    assert course.little is None, "the next session has warned of nothing yet"


def test_a_session_that_warned_of_something_else_does_not() -> None:
    course = Course("sim:")
    for one in warned("complete", "dose"):
        course.take(one)
    assert course.little is None


@pytest.mark.parametrize("late", [True, False])
def test_a_watch_that_joins_after_the_warning_tells_it_all_the_same(late: bool) -> None:
    watched = watching._Watched("sim:", None, several=False)
    entry = {"kind": "session", "session": 7, "warnings": ["undertreated"]}

    class Device:
        saved = False

        def entries(self) -> Iterator[dict[str, object]]:
            return iter([entry] if self.saved else [])

    device = Device()
    begin, warning, end = warned("complete")
    for one in () if late else (begin, warning):
        watched._tell(device, one)  # type: ignore[arg-type]
    for t_ms in (60_500, 62_000, 63_000, 64_000):
        device.saved = t_ms > 62_000
        now = telemetry({"t_ms": t_ms, "state": "idle", "session": 7 if t_ms < 61_000 else None})
        assert now is not None
        watched._tell(device, now)  # type: ignore[arg-type]
        if t_ms < 61_000:
            watched._tell(device, end)  # type: ignore[arg-type]
    notes = [one for one in watched.feed.drain() if isinstance(one, str)]
    assert notes == [f"warning: {LITTLE} in this session"] * late


@pytest.mark.parametrize(("path", "prefix"), [(None, ""), ("sim:", "sim:: ")])
def test_watched_as_lines(
    path: str | None, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show = watching._printer(path, as_json=False)
    for one in warned("complete"):
        show(one)
    told = capsys.readouterr()
    assert told.err == f"{prefix}warning: {LITTLE} in this session\n"
    assert "warning: a phase stayed far from its target" in told.out
    show = watching._printer(path, as_json=True)
    for one in warned("complete"):
        show(one)
    assert capsys.readouterr().err == "", "it is in the events"
