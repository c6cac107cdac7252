"""Rows counted up: what each fault class came to, and which runs to look at."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from poultice.campaign.classes import FAULT_CLASSES, HEALTHY
from poultice.campaign.trial import Row
from poultice.errors import PoulticeError

# safety.md: below the one no harm is known, from the other on the mildest burns are.
DOSE_LINES_CEM43 = (9.0, 20.0)
_WORST = 10
_SPREADS = ("trip_s", "off_s", "sensor_peak_c", "skin_peak_c", "skin_cem43", "basal_cem43")
_COUNTS = {f"over_{line:.0f}": f"skin_cem43 > {line}" for line in DOSE_LINES_CEM43}
_COUNTS["live_after_latch"] = "off_s > trip_s"
_ALL = ""  # the class that every run is in


class Rows:
    """Rows in the order of their numbers, kept out of memory: in a temporary database of SQLite's
    own, once for the whole campaign and once for each class that a run counts for."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._db = sqlite3.connect("")
        weakref.finalize(self, self._db.close)
        self._db.execute(
            f"CREATE TABLE runs (class, number, latched, ended, {', '.join(_SPREADS)}, row)"
        )
        self._db.execute("CREATE INDEX by_class ON runs (class, number)")
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """One more, in no order. Raises PoulticeError where there is no space for it."""
        told = [row["number"], row["latched"], outcome(row), *(row[name] for name in _SPREADS)]
        kept = [[_ALL, *told, json.dumps(row)]]
        if row["fault"] == HEALTHY or row["onset_s"] is not None:
            kept += [[name, *told, None] for name in row["fault"].split("+")]
        try:
            self._db.executemany(f"INSERT INTO runs VALUES ({', '.join('?' * len(kept[0]))})", kept)
        except sqlite3.Error as error:
            raise PoulticeError(
                f"the rows cannot be kept: {error}", hint="free some space for temporary files"
            ) from None

    def ask(self, what: str, of: str = _ALL, how: str = "") -> sqlite3.Cursor:
        """A query of one class."""
        return self._db.execute(f"SELECT {what} FROM runs WHERE class = ? {how}", (of,))

    def __len__(self) -> int:
        return int(self.ask("count(*)").fetchone()[0])

    def __iter__(self) -> Iterator[Row]:
        return (json.loads(row) for (row,) in self.ask("row", how="ORDER BY number"))

    def doses(self) -> dict[str, list[float]]:
        """Of each class that has any run, the skin's doses, the least first."""
        found = {
            name: [dose for (dose,) in self.ask("skin_cem43", name, "ORDER BY skin_cem43")]
            for name in (HEALTHY, *FAULT_CLASSES)
        }
        return {name: doses for name, doses in found.items() if doses}


def summarise(rows: Iterable[Row]) -> dict[str, Any]:
    """The whole campaign as one object: totals, `classes` in the order of `FAULT_CLASSES`,
    `false_trips` and `worst` by number. `live_after_latch`: in how many runs the pad had power
    after the tick in which a fault was latched.

    A run of two faults counts for both. One whose session was over before its fault was due is in
    `not_reached` and in no class. A false trip is one of a healthy run, or before the fault.
    """
    kept = rows if isinstance(rows, Rows) else Rows(rows)
    order = f"AND skin_cem43 > 0 ORDER BY skin_cem43 DESC, number LIMIT {_WORST}"
    classes = (_one(kept, name) for name in (HEALTHY, *FAULT_CLASSES))
    counts = _counts(kept, _ALL)
    not_reached, false_trips = 0, []
    for row in kept:
        not_reached += row["fault"] != HEALTHY and row["onset_s"] is None
        if row["false_trip"]:
            false_trips.append(row["number"])
    return {
        "runs": len(kept),
        "live_after_latch": counts.pop("live_after_latch"),
        "not_reached": not_reached,
        **counts,
        "classes": [one for one in classes if one["runs"]],
        "false_trips": false_trips,
        "worst": [json.loads(row) for (row,) in kept.ask("row", how=order)],
    }


def _counts(rows: Rows, name: str) -> dict[str, int]:
    sums = ", ".join(f"coalesce(sum({what}), 0)" for what in _COUNTS.values())
    return dict(zip(_COUNTS, rows.ask(sums, name).fetchone(), strict=True))


def _one(rows: Rows, name: str) -> dict[str, Any]:
    runs, tripped = rows.ask("count(*), count(latched)", name).fetchone()
    worst = rows.ask("number", name, "ORDER BY skin_cem43 DESC, skin_peak_c DESC, number LIMIT 1")
    ended = rows.ask("ended, count(*)", name, "GROUP BY ended ORDER BY count(*) DESC, min(number)")
    return {
        "fault": name,
        "runs": runs,
        "tripped": tripped,
        **{column: _spread(rows, name, column) for column in _SPREADS},
        **_counts(rows, name),
        "outcomes": dict(ended.fetchall()),
        "worst": (worst.fetchone() or [None])[0],
    }


def outcome(row: Mapping[str, Any]) -> str:
    """How a run ended, in a word or two: what latched it, why it stopped, or `complete`."""
    first = row["latched"] if row["outcome"] == "fault" else row["reason"]
    return " ".join(filter(None, (row["outcome"], first)))


def _spread(rows: Rows, name: str, column: str) -> dict[str, float] | None:
    """Median, 95th percentile (of the nearest rank) and maximum; None of nothing."""
    count = rows.ask(f"count({column})", name).fetchone()[0]
    if not count:
        return None

    def ranked(place: int) -> float:
        how = f"AND {column} IS NOT NULL ORDER BY {column} LIMIT 1 OFFSET {place}"
        return float(rows.ask(column, name, how).fetchone()[0])

    return {
        "median": round((ranked((count - 1) // 2) + ranked(count // 2)) / 2, 4),
        "p95": ranked(-(-count * 95 // 100) - 1),
        "max": ranked(count - 1),
    }
