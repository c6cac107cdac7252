"""What is said after the summary: when the next session is allowed, and where this one can be
looked at."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from poultice import words
from poultice.cli import main
from poultice.link.messages import Telemetry, telemetry
from tests.host.fakes import FakeDevice
from tests.host.written import phase, protocol


@pytest.fixture
def mine(own_record: Path) -> str:
    path = own_record / "mine.toml"
    path.write_text(protocol("mine", phase("heat", 40, 30)), encoding="utf-8")
    return str(path)


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


def test_after_a_session(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", mine, "-d", "sim:?speed=max", "--yes"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"next session after \d\d:\d\d", said[-2])
    assert said[-1] == "`poultice report 1` makes a page of this session"
    assert main(["report", "1", "-o", "-"]) == 0


def test_after_several(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    devices = [f"sim:?speed=max&seed={seed}" for seed in (1, 2)]
    assert main(["run", mine, "--yes", "-d", devices[0], "-d", devices[1]]) == 0
    said = capsys.readouterr().err
    for device in devices:
        assert re.search(rf"^{re.escape(device)}: next session after \d", said, re.MULTILINE)
    assert set(re.findall(r"poultice report (\d)", said)) == {"1", "2"}


def test_with_json_nothing_is(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", mine, "-d", "sim:?speed=max", "--yes", "--json"]) == 0
    caught = capsys.readouterr()
    assert json.loads(caught.out)["outcome"] == "complete"
    assert "next session" not in caught.err and "report" not in caught.err


@pytest.mark.parametrize("fault_at_s", [5.0])
def test_after_a_fault_the_remedy_alone(
    fault_at_s: float, mine: str, plug_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice(fault_at_s=fault_at_s))
    assert main(["run", mine, "--yes"]) == 7
    assert "next session" not in capsys.readouterr().err
