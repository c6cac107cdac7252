"""A campaign's rows as evidence: `python docs/campaign_evidence.py ROWS EVIDENCE [NOTE...]`.

`make campaign` writes both files under build/; a run worth keeping goes to docs/safety/evidence.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from poultice.campaign.classes import HEALTHY
from poultice.campaign.files import read
from poultice.campaign.summary import summarise

# What the fault classes put to the test.
REQUIREMENTS = (
    "SR-01", "SR-02", "SR-04", "SR-07", "SR-08", "SR-09", "SR-10", "SR-11",
    "SR-12", "SR-13", "SR-14", "SR-18", "SR-22", "SR-24",
)  # fmt: skip


def evidence(rows: list[dict[str, Any]], notes: list[str]) -> dict[str, Any]:
    """The figures of the campaign that gave these rows."""
    told = summarise(rows)
    first = rows[0]
    pairs = " --pairs" if first["faults_a_run"] == 2 else ""
    figures = [
        ["runs", str(told["runs"])],
        ["runs beyond 9 CEM43 at the skin", str(told["over_9"])],
        ["runs beyond 20 CEM43 at the skin", str(told["over_20"])],
        ["runs whose session was over before their fault was due", str(told["not_reached"])],
        ["runs with power after a latched fault", _live(told)],
        ["trips without a fault", str(len(told["false_trips"]))],
    ]
    figures += [[one["fault"], _figure(one)] for one in told["classes"]]
    figures += [
        [f"run {row['number']}", f"{row['skin_cem43']:.1f} CEM43, {row['fault']}"]
        for row in told["worst"][:5]
    ]
    return {
        "title": "Fault campaign: what the skin got, by fault class",
        "command": f"poultice campaign --runs {len(rows)} --seed {first['seed']}{pairs}",
        "date": datetime.now(UTC).date().isoformat(),
        "requirements": list(REQUIREMENTS),
        "figures": figures,
        "notes": [
            "Simulated, on a plant that has not been validated against people.",
            "Each run again, by its number: poultice campaign --replay NUMBER.",
            *notes,
        ],
    }


def _live(told: dict[str, Any]) -> str:
    live = {one["fault"]: one["live_after_latch"] for one in told["classes"]}
    of = ", ".join(f"{count} {name}" for name, count in live.items() if count)
    return f"{told['live_after_latch']}" + (f" ({of})" if of else "")


def _figure(one: dict[str, Any]) -> str:
    text = f"{one['runs']} runs"
    if one["fault"] != HEALTHY or one["tripped"]:
        text += f", {one['tripped']} latched"
    if one["trip_s"]:
        text += f" after {one['trip_s']['median']:.1f} s (at most {one['trip_s']['max']:.1f} s)"
    text += (
        f"; at most {one['sensor_peak_c']['max']:.1f} °C at a sensor,"
        f" {one['skin_peak_c']['max']:.1f} °C and {one['skin_cem43']['max']:.2f} CEM43 at the skin"
    )
    return f"{text}; {one['over_9']} beyond 9, {one['over_20']} beyond 20"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    found = evidence(read(Path(sys.argv[1])), sys.argv[3:])
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    Path(sys.argv[2]).write_text(text, encoding="utf-8")
