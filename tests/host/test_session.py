"""A session from a script: what is raised, what is returned, and that none leaves the pad on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from poultice import errors, session
from poultice.link.transport import Transport
from poultice.record.store import History
from poultice.therapy import library, screening
from tests.host.fakes import LIMITS, FakeDevice


@pytest.fixture(autouse=True)
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeDevice:
    one = FakeDevice()

    def opened(path: str) -> Transport:
        return one

    monkeypatch.setattr("poultice.device.discovery.open_transport", opened)
    return one


def run(**options: Any) -> session.Done:
    return session.run("arthritis", "fake:", answers=screening.assumed, **options)


def test_a_session_is_run_and_recorded(device: FakeDevice) -> None:
    seen: list[Any] = []
    done = run(on_update=seen.append)
    assert (done.outcome, done.reason, done.fault, done.error) == ("complete", None, None, None)
    assert done.summary["heat_s"] == 1200 and done.session == 1
    assert len(seen) > 1200
    assert seen[0]["state"] == "armed" and [one for one in seen if not isinstance(one, dict)]
    [recorded] = History.open().list()
    assert recorded["outcome"] == "complete"
    assert device.closed


@pytest.mark.parametrize(
    ("changes", "outcome", "code"),
    [
        ({"fault_at_s": 20}, "fault", 7),
        ({"lost_at_s": 20}, "lost", 8),
        ({"stop_reason_at_s": (20, "button")}, "stopped", 0),
        ({"stop_reason_at_s": (20, "attended")}, "stopped", 8),
    ],
)
def test_how_it_ended_is_returned(
    changes: dict[str, Any], outcome: str, code: int, device: FakeDevice
) -> None:
    for name, value in changes.items():
        setattr(device, name, value)
    done = run()
    assert done.outcome == outcome
    assert (done.error.exit_code if done.error else 0) == code
    assert History.open().list()[0]["outcome"] == outcome


def test_what_stands_in_the_way_is_raised_and_nothing_armed(device: FakeDevice) -> None:
    protocol = library.load("arthritis")
    ill = dataclasses.replace(
        screening.assumed(protocol),
        answers={**screening.assumed(protocol).answers, screening.QUESTIONS[0].key: True},
    )
    with pytest.raises(errors.ScreeningError):
        session.run(protocol, "fake:", answers=ill)
    with pytest.raises(errors.UnknownProtocolError):
        session.run("nope", "fake:", answers=screening.assumed)
    phase = dataclasses.replace(protocol.phases[0], target_mc=42_001)
    hot = dataclasses.replace(protocol, phases=(phase,))
    for fit in (False, True):
        with pytest.raises(errors.LimitError):
            session.run(hot, "fake:", answers=screening.assumed, fit=fit)
    assert "arm" not in device.asked


def test_fit_is_for_a_sound_plan_on_a_lesser_device(device: FakeDevice) -> None:
    hello = device._answer("hello", None)
    limits = {**LIMITS, "heat_target_max_mc": 40_000}
    device.override["hello"] = lambda _: {**hello, "limits": limits}
    done = run(fit=True)
    assert done.outcome == "complete" and any("40.0" in one for one in done.notes)


@pytest.mark.parametrize("raised", [RuntimeError, KeyboardInterrupt])
def test_a_script_that_fails_stops_the_device_first(
    raised: type[BaseException], device: FakeDevice
) -> None:
    def show(update: object) -> None:
        if device.clock_s > 60:
            raise raised

    with pytest.raises(raised):
        run(on_update=show)
    assert device.asked[-1] == "stop"
    assert device.state == "idle" and device.closed
    assert History.open().list()[0]["outcome"] is None


def test_interrupted_waits_until_the_pad_is_off(device: FakeDevice) -> None:
    done = run(interrupted=lambda: device.clock_s > 60)
    assert (done.outcome, done.reason) == ("stopped", "host")
    assert isinstance(done.error, errors.Interrupted)


def test_unrecorded_means_no_file(device: FakeDevice, own_record: Path) -> None:
    assert run(record=False).outcome == "complete"
    assert list(own_record.iterdir()) == []


def test_a_broken_history_is_a_note(device: FakeDevice, own_record: Path) -> None:
    (own_record / "history.sqlite3").write_bytes(b"no database" * 100)
    done = run()
    assert done.outcome == "complete"
    assert "is not in the history" in done.notes[0]


def test_the_summary_is_json(device: FakeDevice) -> None:
    assert json.loads(json.dumps(run().summary))["phases"]
