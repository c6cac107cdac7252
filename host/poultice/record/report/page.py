"""The page itself: what the template is given."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from poultice import __version__, language, temperature, words
from poultice.language import number, tr, trn
from poultice.record import ratings, trends
from poultice.record.report import charts, svg, weeks, why
from poultice.record.report.recorded import Sample, Session

_READOUT_MAX = 3000
_TABLE_ROWS = 60
# What no browser shows, and some stumble over: HTML has no way to write it.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def html(session: Session) -> str:
    """The whole page."""
    script, when = _file("page.js"), session.started
    started = tr("at an unknown time") if when is None else tr(
        "{weekday} {day} {month} {year}, {clock} (UTC{offset})",
        weekday=tr(f"{when:%A}"),
        day=when.day,
        month=tr(f"{when:%B}"),
        year=when.year,
        clock=f"{when:%H:%M}",
        offset=f"{when:%z}"[:3] + ":" + f"{when:%z}"[3:5],
    )  # fmt: skip
    return rendered(
        "page.html",
        session=session,
        script=Markup(script),
        # What the page's own policy permits to run: this script, and none that crept in.
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        verdict=why.verdict(session),
        figures=charts.frames(session),
        events=_events(session),
        readout=_readout(session),
        minutes=_minutes(session),
        rated=ratings.trend(trends.rated(session.weeks)),
        started=started,
    )


def rendered(template: str, **values: Any) -> str:
    """A page by its template; whatever stands in a record is shown as text."""
    page = (
        _environment()
        .get_template(template)
        .render(
            version=__version__, css=Markup(_file("page.css")), language=language.used(), **values
        )
    )
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_file),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=svg.plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = temperature.shown
    environment.globals |= {
        "words": words,
        "tr": tr,
        "trn": trn,
        "number": number,
        "columns": weeks.columns,
        "shown": temperature.shown,
        "seconds": lambda spans: round(sum(to - since for since, to in spans)),
    }
    return environment


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _events(session: Session) -> list[tuple[object, str, str, str]]:
    """Number in the curves, time, kind, text."""
    numbers = {(at_s, kind): number for number, at_s, kind in reversed(charts.marked(session))}
    return [
        (numbers.get((at_s, one.kind), ""), words.clock(int(at_s)), one.kind, words.event(one))
        for at_s, one in session.events
    ]


def _readout(session: Session) -> dict[str, Any] | None:
    """The samples for the page's script: each list holds differences, null where there is none."""
    if not session.samples:
        return None
    samples = session.samples[:: -(-len(session.samples) // _READOUT_MAX)]
    relays = [sum(bool(now[name]) << bit for bit, name in enumerate(charts.RELAYS[:3]))
              for _, now in samples]  # fmt: skip

    def values(name: str, scale: int = 1) -> list[int | None]:
        found = (now[name] for _, now in samples)
        return _differences([None if one is None else round(one / scale) for one in found])

    return {
        "words": {"target": tr("target"), "open": tr("all open"), "budget": tr("budget")},
        "mark": number("."),
        "total": round(max(session.total_s, 1.0), 1),
        "left": charts.LEFT / charts.WIDTH,
        "span": charts.COLUMNS / charts.WIDTH,
        "t": _differences([round(at_s) for at_s, _ in samples]),
        "a": values("temp_mc", 10),
        "b": values("temp_b_mc", 10),
        "target": values("target_mc", 10),
        "dose": values("dose_m"),
        "budget": values("budget_pct"),
        "relays": _differences(relays),
    }


def _differences(values: Sequence[int | None]) -> list[int | None]:
    before, found = 0, list[int | None]()
    for value in values:
        found.append(None if value is None else value - before)
        before = before if value is None else value
    return found


def _minutes(session: Session) -> Iterator[Sample]:
    """The curves as a table: a row a minute, or fewer in a long session."""
    step_s = 60 * max(1, -(-int(session.total_s) // (60 * _TABLE_ROWS)))
    due_s = 0.0
    for at_s, now in session.samples:
        if at_s >= due_s or at_s == session.samples[-1][0]:
            due_s = (at_s // step_s + 1) * step_s
            yield at_s, now
