"""Sessions that were left to run by themselves: what the next contact makes of them."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice import session
from poultice.cli import main
from poultice.link.client import Client
from poultice.link.transport import Transport
from poultice.record.store import History
from poultice.session.takeover import take_over
from poultice.therapy import screening
from tests.host.fakes import FakeDevice

NOTE = "note: the device tells of a session that ran by itself; the history has it now"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return tmp_path


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeDevice:
    one = FakeDevice()
    end = one._end

    def named(outcome: str, reason: str | None) -> None:
        end(outcome, reason)
        assert one._plan is not None
        one.journal[-1].update(plan=one._plan["name"], t_ms=one._t_ms(), unix_s=None)

    one._end = named  # type: ignore[method-assign]

    def opened(path: str) -> Transport:
        return one

    monkeypatch.setattr("poultice.device.discovery.open_transport", opened)
    monkeypatch.setattr("poultice.device.discovery.choose", lambda: "fake:")
    return one


def passes(device: FakeDevice, seconds: float) -> None:
    """Time, with nobody at the link."""
    end_s = device.clock_s + seconds
    while device.clock_s < end_s:
        device.clock_s += 0.1
        device._tick()
    device._out.clear()


def listed() -> list[tuple[str | None, str]]:
    return [(one["outcome"], one["protocol"]) for one in reversed(History.open().list())]


ONE_CONTACT: list[Callable[[], int]] = [
    lambda: main(["status"]),
    lambda: main(["stop"]),
    lambda: main(["watch", "--for", "1"]),
    lambda: main(["run", "arthritis", "--yes"]),
]


@pytest.mark.parametrize("contact", ONE_CONTACT, ids=["status", "stop", "watch", "run"])
@pytest.mark.parametrize(
    ("changes", "outcome", "reason", "fault"),
    [
        ({}, "complete", None, None),
        ({"stop_reason_at_s": (60, "button")}, "stopped", "button", None),
        ({"fault_at_s": 60}, "fault", None, "sensor_open"),
    ],
    ids=["complete", "stopped", "fault"],
)
def test_a_detached_session_gets_its_end_at_the_next_contact(
    contact: Callable[[], int],
    changes: dict[str, Any],
    outcome: str,
    reason: str | None,
    fault: str | None,
    device: FakeDevice,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "arthritis", "--yes", "--detach"]) == 0
    assert listed() == [(None, "arthritis")]
    main(["status"])
    assert listed() == [(None, "arthritis")]
    for name, value in changes.items():
        setattr(device, name, value)
    passes(device, 1300)
    capsys.readouterr()
    contact()
    assert capsys.readouterr().err.count(NOTE) == 1
    assert listed()[0] == (outcome, "arthritis")
    shown = History.open().show(1)
    assert (shown["reason"], shown["fault"], shown["peak_mc"]) == (reason, fault, 40_777)
    assert shown["summary"]["from_journal"] is True
    assert shown["screening"] == "assumed" and shown["plan"]["phases"]
    contact()
    assert NOTE not in capsys.readouterr().err
    assert sum(one["summary"].get("from_journal", False) for one in map(
        History.open().show, range(1, len(listed()) + 1))) == 1  # fmt: skip
    assert main(["history", "show", "1"]) == 0
    assert main(["report", "1", "-o", "-"]) == 0


def test_what_ran_without_this_history_is_taken_in_and_marked(
    device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(device)
    for _ in range(2):
        client.start(client.arm({"name": "contrast", "phases": [{"mode": "heat",
            "target_mc": 40_000, "duration_s": 60}]})["token"])  # fmt: skip
        passes(device, 100)
    device.journal[0]["unix_s"] = 1_780_000_060
    passes(device, 240)
    monkeypatch.setattr("time.time", lambda: 1_790_000_000.0)
    told = take_over(client, client.hello())
    assert told == [NOTE.replace("a session", "2 sessions")]
    assert listed() == [("complete", "contrast")] * 2
    shown = [History.open().show(n) for n in (1, 2)]
    heat_s = device.journal[0]["heat_s"]
    assert shown[0]["started_unix"] == 1_780_000_060 - heat_s
    assert shown[1]["started_unix"] == pytest.approx(1_790_000_000 - 280 - heat_s, abs=2)
    assert [one["screening"] for one in shown] == ["journal"] * 2
    assert [one["answers"] for one in shown] == [{}, {}]
    assert take_over(client, client.hello()) == []
    assert main(["report", "2", "-o", "-"]) == 0
    assert main(["history", "trends"]) == 0


def test_what_was_recorded_is_not_taken_in_again(device: FakeDevice) -> None:
    for _ in range(2):
        done = session.run("arthritis", "fake:", answers=screening.assumed)
        assert done.notes == []
    assert listed() == [("complete", "arthritis")] * 2


def test_a_session_whose_host_was_killed_gets_the_end_that_the_device_saw(
    device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(update: object) -> None:
        if device.clock_s > 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.run("arthritis", "fake:", answers=screening.assumed, on_update=show)
    assert listed() == [(None, "arthritis")]
    client = Client(device)
    assert len(take_over(client, client.hello())) == 1
    assert listed() == [("stopped", "arthritis")]
    assert History.open().show(1)["samples"] > 50


@pytest.mark.parametrize("awaited", [False, True])
def test_one_killed_before_its_first_event_leaves_no_row_behind(
    awaited: bool, device: FakeDevice
) -> None:
    with pytest.raises(KeyboardInterrupt):
        session.run("arthritis", "fake:", answers=screening.assumed, on_update=killed(device))
    history = History.open()
    with contextlib.closing(sqlite3.connect(history.path)) as connection, connection:
        # As the record stands between the row and the first event in it.
        connection.execute("DELETE FROM events")
    assert listed() == [(None, "arthritis")]
    client = Client(device)
    assert take_over(client, client.hello(), awaited=awaited) == [NOTE]
    assert listed() == [("stopped", "arthritis")]
    assert take_over(client, client.hello(), awaited=awaited) == []


def test_one_of_another_day_is_another_session(device: FakeDevice) -> None:
    with pytest.raises(KeyboardInterrupt):
        session.run("arthritis", "fake:", answers=screening.assumed, on_update=killed(device))
    with contextlib.closing(sqlite3.connect(History.open().path)) as connection, connection:
        connection.execute("DELETE FROM events")
        connection.execute("UPDATE sessions SET started_unix = started_unix - 90000")
    client = Client(device)
    assert take_over(client, client.hello()) == [NOTE]
    assert listed() == [(None, "arthritis"), ("stopped", "arthritis")]


def killed(device: FakeDevice) -> Callable[[object], None]:
    def show(update: object) -> None:
        if device.clock_s > 60:
            raise KeyboardInterrupt

    return show


def test_a_number_that_began_anew_is_another_session(device: FakeDevice) -> None:
    assert main(["run", "arthritis", "--yes", "--detach"]) == 0
    passes(device, 1300)
    # Its flash was lost, and its numbers with it: this 1 is not that 1.
    device.journal[-1]["plan"] = "contrast"
    client = Client(device)
    assert take_over(client, client.hello()) == [NOTE]
    assert listed() == [(None, "arthritis"), ("complete", "contrast")]
    assert take_over(client, client.hello()) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "session"},
        {"kind": "session", "session": "x", "outcome": "complete"},
        {"kind": "session", "session": 5, "outcome": "odd"},
        {"kind": "session", "session": 5, "outcome": ["complete"]},
        {"kind": "fault", "session": 5, "outcome": "complete"},
    ],
)
def test_an_entry_that_is_none_is_passed_over(entry: dict[str, Any], device: FakeDevice) -> None:
    device.journal.append({"n": 1, **entry})
    client = Client(device)
    assert take_over(client, client.hello()) == []
    assert listed() == []


def test_a_history_that_cannot_be_used_costs_nothing(device: FakeDevice, data: Path) -> None:
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    device.journal.append({"n": 1, "kind": "session", "session": 9, "outcome": "complete"})
    client = Client(device)
    assert take_over(client, client.hello()) == []
    assert take_over(client, client.hello(), awaited=True) == []


@pytest.mark.parametrize("button", [False, True])
def test_a_fault_before_it_runs_is_exit_7_and_no_session(
    button: bool, device: FakeDevice, capsys: pytest.CaptureFixture[str]
) -> None:
    if button:
        answer = device._answer

        def trips(method: str, params: Any) -> Any:
            told = answer(method, params)
            if method == "arm":
                device.state, device.fault = "fault", "sensor_open"
            return told

        device._answer = trips  # type: ignore[method-assign]
    else:
        device.fault_at_s = 1.0
    line = ["run", "arthritis", "--yes", "--detach", *(["--confirm", "button"] if button else [])]
    assert main([*line, "--json"]) == 7
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (found["outcome"], found["fault"]) == ("fault", "sensor_open")
    assert "runs by itself" not in told.out
    assert [one[0] for one in listed()] == []
