"""A session from a script: what is raised, what is returned, and that none leaves the pad on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice import errors, session
from poultice.record.store import History
from poultice.therapy import library, screening
from tests.host.faulty import LIMITS, PATH, Faulty, but, error


@pytest.fixture
def run(short: str) -> Callable[..., session.Done]:
    def ran(**options: Any) -> session.Done:
        protocol = library.load(short)
        return session.run(protocol, PATH, answers=screening.assumed, **options)

    return ran


Run = Callable[..., session.Done]


def test_a_session_is_run_and_recorded(device: Faulty, run: Run) -> None:
    seen: list[Any] = []
    done = run(on_update=seen.append)
    assert (done.outcome, done.reason, done.fault, done.error) == ("complete", None, None, None)
    assert done.summary["heat_s"] == 30 and done.session == 1
    assert json.loads(json.dumps(done.summary))["phases"]
    assert len(seen) > 30
    told = [one for one in seen if isinstance(one, dict)]
    assert len(told) < len(seen)
    assert "running" in {one["state"] for one in told} and told[-1]["state"] == "idle"
    [recorded] = History.open().list()
    assert recorded["outcome"] == "complete"
    assert device.closed


@pytest.mark.parametrize(
    ("made", "outcome", "code"),
    [
        (lambda: Faulty("?fault=sensor_open@20"), "fault", 7),
        (lambda: Faulty(lost_at_s=20), "lost", 8),
        (lambda: Faulty().stopped(20), "stopped", 0),
        (lambda: Faulty().stopped(20, "attended"), "stopped", 8),
    ],
)
def test_how_it_ended_is_returned(
    made: Callable[[], Faulty], outcome: str, code: int, plug_in: Any, run: Run
) -> None:
    plug_in(made())
    done = run()
    assert done.outcome == outcome
    assert (done.error.exit_code if done.error else 0) == code
    assert History.open().list()[0]["outcome"] == outcome


def test_what_stands_in_the_way_is_raised_and_nothing_armed(device: Faulty) -> None:
    protocol = library.load("arthritis")
    ill = dataclasses.replace(
        screening.assumed(protocol),
        answers={**screening.assumed(protocol).answers, screening.QUESTIONS[0].key: True},
    )
    phase = dataclasses.replace(protocol.phases[0], target_mc=42_001)
    hot = dataclasses.replace(protocol, phases=(phase,))
    for what, answers, more, kind in (
        (protocol, ill, {}, errors.ScreeningError),
        ("nope", screening.assumed, {}, errors.UnknownProtocolError),
        (hot, screening.assumed, {"fit": False}, errors.LimitError),
        (hot, screening.assumed, {"fit": True}, errors.LimitError),
    ):
        with pytest.raises(kind):
            session.run(what, PATH, answers=answers, **more)  # type: ignore[arg-type]
    assert "arm" not in device.asked


def test_what_the_device_refuses_is_raised_as_it_refused_it(device: Faulty, run: Run) -> None:
    device.answers["arm"] = lambda params, ask: error(4, "rest_required", rest_s=60)
    with pytest.raises(errors.RestError):
        run()
    assert History.open().list() == []


def test_fit_is_for_a_sound_plan_on_a_lesser_device(device: Faulty, run: Run) -> None:
    device.answers["hello"] = but(limits={**LIMITS, "heat_target_max_mc": 39_000})
    done = run(fit=True)
    assert done.outcome == "complete" and any("39.0" in one for one in done.notes)


@pytest.mark.parametrize("raised", [RuntimeError, KeyboardInterrupt])
def test_a_script_that_fails_stops_the_device_first(
    raised: type[BaseException], device: Faulty, run: Run
) -> None:
    def show(update: object) -> None:
        if device.clock_s > 10:
            raise raised

    with pytest.raises(raised):
        run(on_update=show)
    assert device.asked[-1] == "stop"
    assert device.state == "idle" and device.closed
    assert History.open().list()[0]["outcome"] is None


def test_interrupted_waits_until_the_pad_is_off(device: Faulty, run: Run) -> None:
    done = run(interrupted=lambda: device.clock_s > 10)
    assert (done.outcome, done.reason) == ("stopped", "host")
    assert isinstance(done.error, errors.Interrupted)


def test_unrecorded_means_no_file(device: Faulty, run: Run, own_record: Path) -> None:
    assert run(record=False).outcome == "complete"
    assert not (own_record / "data").exists()


def test_a_broken_history_is_a_note(device: Faulty, run: Run, data: Path) -> None:
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    done = run()
    assert done.outcome == "complete"
    assert "is not in the history" in done.notes[0]
