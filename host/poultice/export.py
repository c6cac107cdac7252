"""A recorded session as text for other programs: CSV of its samples, or JSON Lines of it all.

The columns and members are those of docs/reference/record.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from poultice.history import SAMPLE_COLUMNS, History


def csv_lines(history: History, n: int) -> Iterator[str]:
    """The samples of session `n`, a header first; an empty cell where there is no value.

    Raises UsageError where there is no such session, HistoryError where the record is unusable.
    """
    rows = history.rows(n)
    yield ",".join(SAMPLE_COLUMNS)
    for row in rows:
        yield ",".join(_cell(row[name]) for name in SAMPLE_COLUMNS)


def json_lines(history: History, n: int) -> Iterator[str]:
    """Session `n` as one object a line, told apart by `record`: session, events, samples.

    Raises as `csv_lines` does.
    """
    session = history.show(n)
    events = session.pop("events")
    rows = history.rows(n)
    yield json.dumps({"record": "session", **session})
    for event in events:
        yield json.dumps({"record": "event", **event})
    for row in rows:
        yield json.dumps({"record": "sample", **row})


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    text = str(value)
    # Only what a device sent in place of a word can need quoting.
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
