"""Protocols, whole, on the simulated device: the shipped ones and those of whoever runs this.

`POULTICE_PROTOCOL_FILES` (paths, separated as in PATH) adds files; `make test-protocols
FILES="a.toml b.toml"` sets it. Each file is checked and run to its end; files given that way (else
`short.toml`) are run once with each fault in the middle of their first heat and first cold phase.
What must hold whatever happens is `holds_whatever_happens`; for some faults the outcome is known.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from poultice.errors import ProtocolFileError
from poultice.record.store import History
from poultice.therapy import library, plan
from poultice.virtual.options import FAULTS
from poultice_core import faults
from poultice_core.limits import Limits

SHIPPED = [str(library.SHIPPED / f"{name}.toml") for name in library.names()]
GIVEN = [path for path in os.environ.get("POULTICE_PROTOCOL_FILES", "").split(os.pathsep) if path]
KNOWN = {
    "sensor_open": ("fault", "sensor_open"),
    "sensor_short": ("fault", "sensor_short"),
    "estop": ("fault", "emergency_stop"),
    "late_tick": ("fault", "loop_late"),
    "host_lost": ("lost", None),
    "power_cut": ("lost", None),
    "tick_wrap": ("complete", None),
}
EXITS = {"complete": (0,), "stopped": (0, 8), "fault": (7,), "lost": (8,)}
LIMITS = Limits().reported()


def fits(file: str) -> bool:
    """Whether it is worth simulating; where not, `test_fits_the_limits` says why."""
    try:
        protocol = library.load(file)
    except ProtocolFileError:
        return False
    made, _ = plan.make_plan(protocol, sensitive=False, attended_s=10, limits=LIMITS)
    return not plan.check(made, LIMITS)


def moments(file: str) -> list[tuple[str, int]]:
    """The middle of the first phase of each mode, in seconds after the start."""
    found: dict[str, int] = {}
    start_s = 0
    for phase in library.load(file).phases:
        found.setdefault(phase.mode, start_s + phase.duration_s // 2)
        start_s += phase.duration_s
    return [(mode, at_s) for mode, at_s in found.items() if mode != "rest"]


FITTING = [file for file in SHIPPED + GIVEN if fits(file)]
COLD = [file for file in FITTING if "cold" in library.load(file).modes]
# All faults on all shipped protocols would take minutes.
UNDER_FAULTS = [file for file in GIVEN or [str(Path(__file__).parent / "short.toml")] if fits(file)]


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))


def simulate(
    file: str, capsys: pytest.CaptureFixture[str], options: str = ""
) -> tuple[int, dict[str, Any]]:
    code = main(["run", file, "--device", f"sim:?speed=max{options}", "--yes", "--json"])
    captured = capsys.readouterr()
    assert captured.out, captured.err
    summary: dict[str, Any] = json.loads(captured.out.splitlines()[-1])
    assert summary["outcome"] != "refused", captured.err
    return code, summary


def holds_whatever_happens(code: int, summary: dict[str, Any], waits_s: int = 0) -> None:
    """`waits_s`: how long a hand-laid pack may stay on, and count as cold, after its phases."""
    assert code in EXITS[summary["outcome"]]
    assert (summary["fault"] is not None) == (summary["outcome"] == "fault")
    assert summary["fault"] is None or summary["fault"] in faults.NAMES
    assert summary["heat_s"] <= LIMITS["heat_session_s"]
    assert summary["cold_s"] <= LIMITS["cold_session_s"] + waits_s
    assert summary["duration_s"] <= LIMITS["session_s"]
    assert summary["dose_m"] <= LIMITS["dose_session_m"]
    assert summary["peak_mc"] is None or summary["peak_mc"] < LIMITS["absolute_cutoff_mc"]
    rows = History.open().rows(1)
    assert not any(row["heat"] and row["cool"] for row in rows)
    if summary["outcome"] != "lost":
        assert not any(rows[-1][relay] for relay in ("master", "heat", "cool"))


def name_of(file: object) -> str:
    return Path(str(file)).stem


@pytest.mark.parametrize("file", SHIPPED + GIVEN, ids=name_of)
def test_fits_the_limits(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["protocols", "check", file])
    captured = capsys.readouterr()
    assert code == 0, captured.out + captured.err


@pytest.mark.parametrize("file", FITTING, ids=name_of)
def test_runs_to_its_end(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, summary = simulate(file, capsys)
    holds_whatever_happens(code, summary)
    assert summary["outcome"] == "complete", summary
    planned = [phase.duration_s for phase in library.load(file).phases]
    assert [phase["planned_s"] for phase in summary["phases"]] == planned


@pytest.mark.parametrize("file", COLD, ids=name_of)
def test_is_orderly_with_a_hand_laid_pack(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, summary = simulate(file, capsys, "&cooler=0")
    holds_whatever_happens(code, summary, waits_s=LIMITS["prompt_max_s"])
    assert summary["outcome"] in ("complete", "stopped"), summary


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("file", "mode", "at_s"),
    [(file, mode, at_s) for file in UNDER_FAULTS for mode, at_s in moments(file)],
    ids=name_of,
)
def test_holds_under_every_fault(
    file: str, mode: str, at_s: int, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, summary = simulate(file, capsys, f"&fault={fault}@{at_s}")
    holds_whatever_happens(code, summary)
    if fault in KNOWN:
        assert (summary["outcome"], summary["fault"]) == KNOWN[fault]
