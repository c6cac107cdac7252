"""A session that another program recorded, the page in the browser or another computer's poultice,
into this record: the JSON Lines that `export` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poultice.errors import SessionFileError
from poultice.link import messages
from poultice.record import ratings
from poultice.record.schema import SAMPLE_COLUMNS
from poultice.record.store import History

FILE_MAX_BYTES = 64 * 1024 * 1024
_SCREENINGS = ("asked", "assumed", "journal")
_OUTCOMES = ("complete", "stopped", "fault", "refused", "lost", None)
_UNIX_MAX_S = 4e9

_MEMBERS = {"plan": dict, "device": dict, "answers": dict, "protocol": str}


def take(history: History, path: Path) -> int:
    """Put the session of the file into the record; its number there.

    Raises SessionFileError, with the record as it was, for a file that is no whole session of
    `export` or is in the record already, and HistoryError where that cannot be written.
    """
    lines = _lines(path)
    session = next(lines, {})
    _require(session.pop("record", None) == "session", path, 1, "the session, on the first line")
    for name, kind in _MEMBERS.items():
        _require(isinstance(session.get(name), kind), path, 1, f"`{name}` of a session")
    told = session.get("started_unix")
    started_unix = float(told) if isinstance(told, int | float) and told is not True else 0.0
    sound = 0 < started_unix < _UNIX_MAX_S
    _require(sound, path, 1, "`started_unix`, seconds since 1970")
    _require(session.get("screening") in _SCREENINGS, path, 1, "`screening` of a session")
    _require(session.get("outcome") in _OUTCOMES, path, 1, "an `outcome`")
    summary = session.get("summary")
    _require(summary is None or isinstance(summary, dict), path, 1, "`summary` of a session")
    events, samples = [], []
    for number, line in enumerate(lines, 2):
        kind = line.pop("record", None)
        if kind == "event":
            _require(messages.event(line) is not None, path, number, "an event of the device")
            events.append(line)
        else:
            _require(kind == "sample" and _sampled(line), path, number, "an event, or a sample")
            samples.append(line)
    there = history.started(started_unix)
    if there:
        problem = f"is in the record already: session {there[0]}"
        raise SessionFileError(problem, file=str(path), hint=f"`poultice history show {there[0]}`")
    writer = history.begin(
        protocol=session["protocol"],
        plan=session["plan"],
        device=session["device"],
        answers={name: session.get(name) for name in ("screening", "injury_age", "answers")},
        started_unix=started_unix,
        hello=session.get("hello"),
        rated=session,
        clock_s=lambda: 0.0,
    )
    try:
        for sample in samples:
            writer.sample(sample)
        for event in events:
            writer.put(event)
        if session.get("outcome") is not None:
            writer.end(session["outcome"], summary or {})
        writer.commit()
    finally:
        writer.close()
    given = {name: session[name] for name in ratings.COLUMNS if session.get(name) is not None}
    history.rate(writer.record_id, given)
    return writer.record_id


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise SessionFileError(problem, file=str(path)) from None
    if len(data) > FILE_MAX_BYTES:
        most = f"at most {FILE_MAX_BYTES // 2**20} MiB"
        raise SessionFileError("is too large", file=str(path), expected=most)
    for number, line in enumerate(data.splitlines(), 1):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        _require(isinstance(told, dict), path, number, "a line of JSON")
        yield told


def _require(sound: bool, path: Path, line: int, expected: str) -> None:
    if not sound:
        raise SessionFileError(
            "is no session of `poultice history export --format jsonl`",
            file=str(path),
            line=line,
            expected=expected,
        )


def _sampled(line: Mapping[str, Any]) -> bool:
    return all(
        type(line.get(name)) in (*messages.KINDS[name], type(None)) for name in SAMPLE_COLUMNS
    )
