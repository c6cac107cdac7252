"""A campaign, and one run of it, as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from poultice.campaign.classes import HEALTHY
from poultice.campaign.summary import DOSE_LINES_CEM43, outcome

Data = Mapping[str, Any]

# Of the table of classes: its columns, and what of a class's object stands in each.
_COLUMNS: Mapping[str, Callable[[Data], str]] = {
    "FAULT": lambda one: str(one["fault"]),
    "RUNS": lambda one: str(one["runs"]),
    "LATCHED": lambda one: str(one["tripped"]),
    "AFTER s": lambda one: _pair(one["trip_s"], 1),
    "OFF AFTER s": lambda one: _pair(one["off_s"], 1),
    "SENSOR °C": lambda one: _pair(one["sensor_peak_c"], 1),
    "SKIN °C": lambda one: _pair(one["skin_peak_c"], 1),
    "SKIN CEM43": lambda one: _pair(one["skin_cem43"], 2),
    "BASAL": lambda one: _pair(one["basal_cem43"], 2),
    ">9": lambda one: str(one["over_9"]),
    ">20": lambda one: str(one["over_20"]),
    "WORST RUN": lambda one: str(one["worst"]),
}


def campaign(data: Data) -> list[tuple[str, ...] | str]:
    """The campaign's tables: tuples are cells of a table, strings stand by themselves."""
    lines: list[tuple[str, ...] | str] = [tuple(_COLUMNS)]
    lines += [tuple(tell(one) for tell in _COLUMNS.values()) for one in data["classes"]]
    lines += [
        "median / maximum; after: from the fault's onset",
        "",
        ("FAULT", "HOW ITS RUNS ENDED"),
    ]
    for one in data["classes"]:
        told = ", ".join(f"{count} {name}" for name, count in one["outcomes"].items())
        lines.append((one["fault"], told))
    lines.append("")
    if data["worst"]:
        lines.append(
            ("WORST RUNS", "CEM43", "SKIN °C", "FAULT", "ONSET s", "PROTOCOL", "ENDED", "DEVICE")
        )
        lines += [_run(row) for row in data["worst"]]
        lines.append("")
    return [*lines, *_totals(data)]


def _totals(data: Data) -> list[str]:
    healthy = [one["runs"] for one in data["classes"] if one["fault"] == HEALTHY]
    over = (f"{data[f'over_{line:.0f}']} beyond {line:.0f} CEM43" for line in DOSE_LINES_CEM43)
    lines = [
        f"{data['runs']} runs ({sum(healthy)} healthy, {data['not_reached']} over before their"
        f" fault was due): {', '.join(over)} at the skin"
    ]
    live = [one for one in data["classes"] if one["live_after_latch"]]
    told = ", ".join(f"{one['live_after_latch']} {one['fault']}" for one in live)
    lines.append(
        f"power after a latched fault: {data['live_after_latch']}" + f" ({told})" * bool(told)
    )
    trips = data["false_trips"]
    named = " ".join(map(str, trips[:8])) + (" …" if len(trips) > 8 else "")
    lines.append(f"trips without a fault: {len(trips)}" + (f" ({named})" if trips else ""))
    return lines


def _run(row: Data) -> tuple[str, ...]:
    return (
        str(row["number"]),
        f"{row['skin_cem43']:.2f}",
        f"{row['skin_peak_c']:.1f}",
        row["fault"],
        "-" if row["onset_s"] is None else f"{row['onset_s']:.0f}",
        row["protocol"],
        outcome(row),
        device(row),
    )


def device(row: Data) -> str:
    """What makes one device and body differ from another, short."""
    lacks = [name for name in ("sensor_b", "sense", "two_point") if not row[name]]
    target = "" if row["target_c"] is None else f"{row['target_c']:.1f} °C, "
    return f"{target}{row['density_w_cm2']:.3f} W/cm², {row['ambient_c']:.0f} °C room" + (
        f", no {', no '.join(lacks)}" if lacks else ""
    )


def trial(data: Data) -> list[tuple[str, ...] | str]:
    """One run: what was drawn, what happened when, what it came to."""
    lines: list[tuple[str, ...] | str] = [(f"run {data['run']['number']}", data["run"]["fault"])]
    for phase in data["plan"]["phases"]:
        target = f" {phase['target_mc'] / 1000:.1f} °C" if "target_mc" in phase else ""
        lines.append(("phase", f"{phase['mode']}{target}, {phase['duration_s']} s"))
    lines += [(f"{at_s:.1f} s", text) for at_s, text in data["log"]]
    lines += [(name, "-" if value is None else str(value)) for name, value in data["run"].items()]
    return lines


def _pair(spread: Mapping[str, float] | None, digits: int) -> str:
    if spread is None:
        return "-"
    return f"{spread['median']:.{digits}f} / {spread['max']:.{digits}f}"


def tables(lines: Sequence[tuple[str, ...] | str]) -> list[str]:
    """Cells padded to columns, each run of tuples by itself."""
    text: list[str] = []
    rows: list[tuple[str, ...]] = []
    for line in [*lines, None]:
        if isinstance(line, tuple):
            rows.append(line)
            continue
        if rows:
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            text += [
                "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                ).rstrip()
                for row in rows
            ]
            rows = []
        if line is not None:
            text.append(line)
    return text
