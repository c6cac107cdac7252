"""What is said after the summary: when the next session is allowed, and where this one can be
looked at."""

from __future__ import annotations

import re

import pytest

from poultice import words
from poultice.link.messages import Telemetry, telemetry
from tests.host.conftest import Say


def told(rest_heat_s: int, rest_cold_s: int) -> Telemetry:
    now = telemetry(
        {"t_ms": 1, "state": "idle", "rest_heat_s": rest_heat_s, "rest_cold_s": rest_cold_s}
    )
    assert now is not None
    return now


def test_the_next_session_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poultice.remedies.clock_after", lambda wait_s: f"{wait_s} s")
    assert words.next_allowed(told(0, 0)) is None
    assert words.next_allowed(told(60, 60)) == "next session after 60 s"
    assert words.next_allowed(told(60, 0)) == "next session: heat after 60 s"
    assert words.next_allowed(told(60, 90)) == "next session: heat after 60 s, cold after 90 s"


def test_after_a_session(short: str, say: Say) -> None:
    said = say(["run", short, "-d", "sim:?speed=max", "--yes"]).err.splitlines()
    assert re.fullmatch(r"next session after (\w{3} )?\d\d:\d\d", said[-2])
    assert said[-1] == "`poultice report 1` makes a page of this session"
    say("report 1 -o -")


def test_after_several(short: str, say: Say) -> None:
    devices = [f"sim:?speed=max&seed={seed}" for seed in (1, 2)]
    said = say(["run", short, "--yes", "-d", devices[0], "-d", devices[1]]).err
    for device in devices:
        assert re.search(
            rf"^{re.escape(device)}: next session after (\w{3} )?\d", said, re.MULTILINE
        )
    assert set(re.findall(r"poultice report (\d)", said)) == {"1", "2"}


@pytest.mark.parametrize(
    ("options", "more", "code"), [("", ["--json"], 0), ("&fault=sensor_open@5", [], 7)]
)
def test_with_json_or_after_a_fault_nothing_is(
    options: str, more: list[str], code: int, short: str, say: Say
) -> None:
    told = say(["run", short, "-d", f"sim:?speed=max{options}", "--yes", *more], code)
    assert "next session" not in told.err
    assert ("poultice report" in told.err) == (code == 7)
