"""The page itself: what the template is given."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from poultice import __version__, temperature, words
from poultice.record import ratings, trends
from poultice.record.report import charts, weeks, why
from poultice.record.report.recorded import Session
from poultice.record.trends import Week

_READOUT_MAX = 3000
_TABLE_ROWS = 60
_AGES = {
    "none": "no injury",
    "lt72h": "under 72 hours",
    "lt6w": "under 6 weeks",
    "older": "6 weeks or older",
}
# What no browser shows, and some stumble over: HTML has no way to write it.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def html(session: Session, trend: Sequence[Week]) -> str:
    """The whole page."""
    script = _file("page.js")
    page = _template().render(
        session=session,
        words=words,
        temperature=temperature,
        version=__version__,
        css=Markup(_file("page.css")),
        script=Markup(script),
        script_hash=_hash(script),
        verdict=why.verdict(session),
        figures=charts.figures(session),
        events=_events(session),
        readout=_readout(session),
        minutes=_minutes(session),
        injury=_AGES.get(session.injury_age, session.injury_age),
        trend=trend,
        rated=ratings.trend(trends.rated(trend)),
        trend_figures=weeks.figures(trend),
        trend_rows=weeks.table(trend),
        features=_features(session),
        started=_started(session),
    )  # fmt: skip
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page)


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_file),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """What the page's own policy permits to run: this script, and none that crept in."""
    digest = hashlib.sha256(script.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def _started(session: Session) -> str:
    if session.started is None:
        return "at an unknown time"
    when = session.started
    zone = when.strftime("%z")
    return f"{when.strftime('%A')} {when.day} {when.strftime('%B %Y, %H:%M')} (UTC{zone[:3]}:{zone[3:5]})"  # noqa: E501


def _events(session: Session) -> list[tuple[str, str, str, str]]:
    """Number in the curves, time, kind, text."""
    numbers = {(at_s, kind): number for number, at_s, kind in reversed(charts.marked(session))}
    return [
        (
            str(numbers.get((one.at_s, one.kind), "")),
            words.clock(int(one.at_s)),
            one.kind,
            one.text,
        )
        for one in session.events
    ]


def _features(session: Session) -> str:
    names = {"sensor_b": "sensor B", "sense": "SENSE", "cooler": "cooler"}
    return ", ".join(
        f"{names.get(name, name)} {'fitted' if fitted else 'not fitted'}"
        for name, fitted in session.features.items()
    )


def _readout(session: Session) -> dict[str, Any] | None:
    """The samples for the page's script: each list holds differences, null where there is none."""
    if not session.samples:
        return None
    stride = -(-len(session.samples) // _READOUT_MAX)
    times_s, samples = session.times_s[::stride], session.samples[::stride]
    relays = [
        bool(one["master"]) + 2 * bool(one["heat"]) + 4 * bool(one["cool"]) for one in samples
    ]
    return {
        "total": round(max(session.total_s, 1.0), 1),
        "left": charts.LEFT / charts.WIDTH,
        "span": charts.COLUMNS / charts.WIDTH,
        "t": _differences([round(at_s) for at_s in times_s]),
        "a": _differences([_hundredths(one["temp_mc"]) for one in samples]),
        "b": _differences([_hundredths(one["temp_b_mc"]) for one in samples]),
        "target": _differences([_hundredths(one["target_mc"]) for one in samples]),
        "dose": _differences([one["dose_m"] for one in samples]),
        "budget": _differences([one["budget_pct"] for one in samples]),
        "relays": _differences(relays),
    }


def _hundredths(value_mc: int | None) -> int | None:
    return None if value_mc is None else round(value_mc / 10)


def _differences(values: Sequence[int | None]) -> list[int | None]:
    before, found = 0, list[int | None]()
    for value in values:
        found.append(None if value is None else value - before)
        before = before if value is None else value
    return found


def _minutes(session: Session) -> list[list[str]]:
    """The curves as a table: a row a minute, or fewer in a long session."""
    if not session.samples:
        return []
    step_s = 60 * max(1, -(-int(session.total_s) // (60 * _TABLE_ROWS)))
    rows: list[list[str]] = []
    due_s = 0.0
    for at_s, one in zip(session.times_s, session.samples, strict=True):
        if at_s >= due_s or at_s == session.times_s[-1]:
            due_s = (at_s // step_s + 1) * step_s
            budget = one["budget_pct"]
            rows.append(
                [
                    words.clock(int(at_s)),
                    str(one["mode"] or one["state"]),
                    temperature.shown(one["temp_mc"]),
                    temperature.shown(one["temp_b_mc"]),
                    temperature.shown(one["target_mc"]),
                    words.relays(one),
                    words.cem43(one["dose_m"]),
                    "-" if budget is None else f"{budget} %",
                ]
            )
    return rows
