"""Sessions put into a record by hand, second by second, the same every time."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poultice.record import ratings
from poultice.record.store import History
from poultice.therapy.screening import QUESTIONS

STARTED_UNIX = 1_779_969_600.0  # noon, UTC: the same day nearly everywhere
HELLO = {
    "board": "pico",
    "reset_cause": "power_on",
    "features": {"cooler": True, "sensor_b": True, "sense": True},
    "limits": {"heat_cutoff_mc": 43_000, "cold_cutoff_mc": 7_000, "dose_session_m": 9_000},
}
ANSWERS = {
    "screening": "asked",
    "injury_age": "older",
    "answers": {question.key: False for question in QUESTIONS},
}


def phase(mode: str, target_mc: int | None, duration_s: int) -> dict[str, Any]:
    target = {} if target_mc is None else {"target_mc": target_mc}
    return {"mode": mode, **target, "duration_s": duration_s}


CONTRAST = (phase("heat", 40_500, 240), phase("cold", 12_000, 60), phase("heat", 40_500, 240))


def sample(
    second: int, index: int, mode: str, target_mc: int | None, left_s: int
) -> dict[str, Any]:
    """Telemetry as the device has it; the curve is a sine, not physics."""
    reading_mc = 30_000 + round(8_000 * math.sin(second / 60)) + second % 7
    on = mode == "heat" and second % 40 < 30
    return {
        "t_ms": 600 + 1000 * second,
        "state": "running",
        "phase": index,
        "mode": mode,
        "phase_left_s": left_s,
        "left_s": left_s,
        "temp_mc": reading_mc,
        "temp_b_mc": reading_mc - 150,
        "target_mc": target_mc,
        "master": mode != "rest",
        "heat": on,
        "cool": mode == "cold",
        "sense": on,
        "duty_pct": 75,
        "dose_m": second // 4,
        "budget_pct": max(0, 100 - second // 30),
        "prompt": None,
        "fault": None,
        "rx_errors": 0,
        "tx_dropped": 0,
    }


def record(
    history: History,
    *,
    phases: tuple[dict[str, Any], ...] = CONTRAST,
    outcome: str | None = "complete",
    fault: str | None = None,
    reason: str | None = None,
    until_s: int | None = None,
    started_unix: float = STARTED_UNIX,
    protocol: str = "contrast",
    profile: str = "normal",
    device: Mapping[str, Any] | None = None,
    hello: Mapping[str, Any] | None = HELLO,
    answers: Mapping[str, Any] = ANSWERS,
    events: tuple[Mapping[str, Any], ...] = (),
) -> int:
    """Record a session up to `until_s`, else to its end; `outcome` None cuts it off. Its number."""
    recorder = history.begin(
        protocol=protocol,
        plan={"name": "contrast", "profile": profile, "attended_s": 10, "phases": list(phases)},
        device=device or {"path": "serial:/dev/ttyACM0", "uid": "e6614c311b", "firmware": "0.1.0"},
        hello=hello,
        answers=answers,
        started_unix=started_unix,
        clock_s=lambda: 0.0,
    )
    second, given = 0, {"heat": 0, "cold": 0, "rest": 0}
    rows = []
    for index, one in enumerate(phases):
        recorder.event({"kind": "phase", "t_ms": 600 + 1000 * second, "phase": index, **one})
        actual_s = 0
        while actual_s < one["duration_s"] and second != until_s:
            left_s = one["duration_s"] - actual_s
            recorder.sample(sample(second, index, one["mode"], one.get("target_mc"), left_s))
            second, actual_s = second + 1, actual_s + 1
        given[one["mode"]] += actual_s
        rows.append({"mode": one["mode"], "planned_s": one["duration_s"], "actual_s": actual_s,
                     "mean_mc": 30_123, "peak_mc": 37_999})  # fmt: skip
        if second == until_s:
            break
    for event in events:
        recorder.event({"t_ms": 600 + 1000 * second, **event})
    if outcome is None:
        recorder.event({"kind": "warning", "t_ms": 600 + 1000 * second, "what": "dose"})
        recorder.close()
        return recorder.record_id
    summary = {
        "outcome": outcome,
        "reason": reason,
        "protocol": protocol,
        "session": 1,
        "device": None,
        "record": None,
        "fault": fault,
        "duration_s": second,
        "heat_s": given["heat"],
        "cold_s": given["cold"],
        "peak_mc": 38_006,
        "min_mc": 22_000,
        "dose_m": second // 4,
        "heat_operations": 12,
        "phases": rows,
    }
    if fault is not None:
        end = {"kind": "fault", "fault": fault, "temp_mc": 40_328, "state": "running"}
    else:
        end = {"kind": outcome, "reason": reason}
    recorder.event({"t_ms": 600 + 1000 * second, **end})
    recorder.finish(outcome, summary)
    return recorder.record_id


def opened(path: Path) -> History:
    return History.open(path / "history.sqlite3")


def changed(path: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """Change a record past the program, as damage or somebody else does."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for one in statements:
            connection.execute(one, values)


def before_ratings(path: Path) -> None:
    """Make a record one of format 2."""
    changed(
        path,
        *(f"DROP INDEX {one}" for one in ("sessions_kind", "sessions_started")),
        *(f"ALTER TABLE sessions DROP COLUMN {one}" for one in ratings.COLUMNS),
        "PRAGMA user_version = 2",
    )
