"""What the record says week by week: minutes, dose, and how much of what was planned was done.

A week starts on Monday, in the computer's local time. *Planned* is the heat and cold of the
plans that were started, rest apart; what was never started is not in the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from poultice.record import ratings
from poultice.record.ratings import whole
from poultice.record.store import History
from poultice.session.tally import replay
from poultice.therapy.phase import COLD, HEAT, Phase

WEEKS = 12
_PHASES_MAX = 64
_MAX = 10**6


@dataclass
class Week:
    """The sessions that started in the week of `monday`; seconds, and thousandths of CEM43.

    `at_most` of them ended with a restart of the device, and count what was planned."""

    monday: date
    sessions: int = 0
    complete: int = 0
    heat_s: int = 0
    cold_s: int = 0
    planned_s: int = 0
    dose_m: int = 0
    at_most: int = 0
    on: set[date] = field(default_factory=set)
    rows: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def done_pct(self) -> int | None:
        """How much of the planned heat and cold was given, percent; None where none was."""
        if not self.planned_s:
            return None
        return round(100 * min(1.0, (self.heat_s + self.cold_s) / self.planned_s))

    def to_json(self) -> dict[str, Any]:
        """The members of `history trends --json`."""
        return {
            "week": self.monday.isoformat(),
            "sessions": self.sessions,
            "complete": self.complete,
            "days": len(self.on),
            "heat_s": self.heat_s,
            "cold_s": self.cold_s,
            "planned_s": self.planned_s,
            "done_pct": self.done_pct,
            "dose_m": self.dose_m,
            "at_most": self.at_most,
        }


def weekly(
    history: History, until: date, weeks: int = WEEKS, *, simulated: bool = False
) -> list[Week]:
    """The `weeks` weeks up to that of `until`, oldest first, from the first with a session on.

    A week between that has none is there, empty. A session that was cut off counts what its
    samples show. One on a simulated device is no treatment: it is left out, or with `simulated`
    such sessions alone are counted. Raises HistoryError where the record is unusable.
    """
    last = monday_of(until)
    since = last - timedelta(weeks=weeks - 1)
    found = _grouped(history, since, last + timedelta(days=6), monday_of, simulated=simulated)
    if not found:
        return []
    first = min(found)
    mondays = (first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1))
    return [found.get(monday, Week(monday)) for monday in mondays]


def daily(history: History, first: date, last: date) -> list[Week]:
    """The same day by day, each as a Week of its own whose `monday` is the day; none left out."""
    found = _grouped(history, first, last, lambda day: day, simulated=False)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [found.get(day, Week(day)) for day in days]


def _grouped(
    history: History, first: date, last: date, group: Callable[[date], date], *, simulated: bool
) -> dict[date, Week]:
    """What began from `first` to `last`, by the group of its day."""
    found: dict[date, Week] = {}
    # What is shown is asked for alone, whatever else was ever recorded.
    for row in history.plans(
        simulated=simulated,
        since_unix=midnight_unix(first),
        until_unix=midnight_unix(last + timedelta(days=1)),
    ):
        day = date.fromtimestamp(row["started_unix"])
        week = found.setdefault(group(day), Week(group(day)))
        week.sessions += 1
        week.complete += row["outcome"] == "complete"
        week.on.add(day)
        phases = planned(row["plan"])
        week.planned_s += sum(one.duration_s for one in phases if one.mode in (HEAT, COLD))
        measured = row if row["outcome"] is not None else _cut_off(history, row["n"], phases)
        week.heat_s += whole(measured["heat_s"], 0, _MAX) or 0
        week.cold_s += whole(measured["cold_s"], 0, _MAX) or 0
        week.dose_m += whole(measured["dose_m"], 0, _MAX) or 0
        week.at_most += row["at_most"]
        week.rows.append({name: one for name, one in row.items() if name != "plan"})
        if row["damaged"] is not None:
            week.damaged.append(row["damaged"])
    return found


def rated(weeks: Iterable[Week]) -> dict[str, dict[str, Any]]:
    """What was rated in those weeks: ``ratings.compared``."""
    return ratings.compared(row for week in weeks for row in week.rows)


def midnight_unix(day: date) -> float:
    """The beginning of a day, local time; 0 where that is before any clock."""
    try:
        return datetime(day.year, day.month, day.day).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def monday_of(day: date) -> date:
    """The Monday of that week."""
    return day - timedelta(days=day.weekday())


def planned(plan: Any) -> list[Phase]:
    """The phases of a recorded plan; what is none is left out."""
    phases = plan.get("phases") if isinstance(plan, Mapping) else None
    found = []
    for one in phases[:_PHASES_MAX] if isinstance(phases, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("mode"), str):
            duration_s, target_mc = whole(one.get("duration_s"), 0, _MAX), one.get("target_mc")
            if duration_s is not None:
                target_mc = target_mc if type(target_mc) is int else None
                found.append(Phase(one["mode"], target_mc, duration_s))
    return found


def _cut_off(history: History, n: int, phases: Iterable[Phase]) -> dict[str, Any]:
    return replay(list(phases), history.rows(n), history.show(n)["events"]).to_json()
