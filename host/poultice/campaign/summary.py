"""Rows counted up: what each fault class came to, and which runs to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from poultice.campaign.classes import FAULT_CLASSES, HEALTHY
from poultice.campaign.trial import Row

# safety.md: below the one no harm is known, from the other on the mildest burns are.
DOSE_LINES_CEM43 = (9.0, 20.0)
_WORST = 10


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """The whole campaign as one object: totals, `classes` in the order of `FAULT_CLASSES`,
    `false_trips` and `worst` by number. `live_after_latch`: in how many runs the pad had power
    after a fault was latched.

    A run of two faults counts for both. One whose session was over before its fault was due is in
    `not_reached` and in no class. A false trip is one of a healthy run, or before the fault.
    """
    doses = sorted(rows, key=lambda row: (-row["skin_cem43"], row["number"]))
    return {
        "runs": len(rows),
        "live_after_latch": sum(map(_live_after_latch, rows)),
        "not_reached": sum(not _reached(row) for row in rows),
        **_over(rows),
        "classes": [_one(name, group) for name, group in by_class(rows).items()],
        "false_trips": [row["number"] for row in rows if row["false_trip"]],
        "worst": [row for row in doses[:_WORST] if row["skin_cem43"] > 0.0],
    }


def by_class(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each class that has any, in the order of `FAULT_CLASSES`."""
    groups: dict[str, list[Row]] = {name: [] for name in (HEALTHY, *FAULT_CLASSES)}
    for row in filter(_reached, rows):
        for name in row["fault"].split("+"):
            groups[name].append(row)
    return {name: group for name, group in groups.items() if group}


def _reached(row: Row) -> bool:
    return row["fault"] == HEALTHY or row["onset_s"] is not None


def _live_after_latch(row: Row) -> bool:
    """Had the pad power after the tick in which a fault was latched?"""
    return row["trip_s"] is not None and row["off_s"] is not None and row["off_s"] > row["trip_s"]


def _one(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    tripped = [row for row in rows if row["latched"] is not None]
    worst = max(rows, key=lambda row: (row["skin_cem43"], row["skin_peak_c"], -row["number"]))
    return {
        "fault": name,
        "runs": len(rows),
        "tripped": len(tripped),
        "trip_s": _spread(row["trip_s"] for row in tripped),
        "off_s": _spread(row["off_s"] for row in rows),
        "sensor_peak_c": _spread(row["sensor_peak_c"] for row in rows),
        "skin_peak_c": _spread(row["skin_peak_c"] for row in rows),
        "skin_cem43": _spread(row["skin_cem43"] for row in rows),
        "basal_cem43": _spread(row["basal_cem43"] for row in rows),
        **_over(rows),
        "live_after_latch": sum(_live_after_latch(row) for row in rows),
        "outcomes": dict(Counter(map(outcome, rows)).most_common()),
        "worst": worst["number"],
    }


def outcome(row: Mapping[str, Any]) -> str:
    """How a run ended, in a word or two: what latched it, why it stopped, or `complete`."""
    first = row["latched"] if row["outcome"] == "fault" else row["reason"]
    return " ".join(filter(None, (row["outcome"], first)))


def _over(rows: Sequence[Row]) -> dict[str, int]:
    return {
        f"over_{line:.0f}": sum(row["skin_cem43"] > line for row in rows)
        for line in DOSE_LINES_CEM43
    }


def _spread(values: Iterable[float | None]) -> dict[str, float] | None:
    """Median, 95th percentile (of the nearest rank) and maximum; None of nothing."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return {
        "median": round(median(known), 4),
        "p95": known[-(-len(known) * 95 // 100) - 1],
        "max": known[-1],
    }
