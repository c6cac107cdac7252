"""A session that another program recorded, the page in the browser or another computer's poultice,
into this record: the JSON Lines that `export` writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from poultice.errors import SessionFileError
from poultice.language import tr
from poultice.link import messages
from poultice.record import ratings
from poultice.record.schema import COUNTS, SAMPLE_COLUMNS
from poultice.record.store import History, Rows
from poultice.therapy import library
from poultice.therapy.phase import MODES
from poultice.therapy.screening import INJURY_AGES

FILE_MAX_BYTES = 64 * 1024 * 1024
_SCREENINGS = ("asked", "assumed", "journal")
_OUTCOMES = ("complete", "stopped", "fault", "refused", "lost", None)
# Of this century, and none of its last quarter.
_UNIX_S = (946_684_800, 2_400_000_000)
_TEMPERATURES_MC = (-100_000, 200_000)
_COUNT_MAX = 10_000_000
_NEAR_S = 86_400.0


def take(history: History, path: Path, say: Callable[[str], object] = lambda text: None) -> int:
    """Put the session of the file into the record; its number there.

    One that the record has in part only, cut off or from the device's journal, is put in its
    place. Raises SessionFileError, with the record as it was, for a file that is no whole session
    of `export` or is in the record already, and HistoryError where that cannot be written. `say`
    is told where the last line was cut off, and left out.
    """
    lines = _lines(path, say)
    session = next(lines, {})
    _require(session.pop("record", None) == "session", path, 1, "the session, on the first line")
    for name, sound in _MEMBERS.items():
        _require(sound(session.get(name)), path, 1, f"`{name}` of a session")
    started_unix, summary = float(session["started_unix"]), session.get("summary")
    events, samples = [], []
    for number, line in enumerate(lines, 2):
        kind = line.pop("record", None)
        if kind == "event":
            _require(messages.event(line) is not None, path, number, "an event of the device")
            events.append(line)
        else:
            _require(kind == "sample" and _sampled(line), path, number, "an event, or a sample")
            samples.append(line)
    there = _there(history, session, events)
    old: Mapping[str, Any] = {} if there is None else history.show(there)
    if there is not None and not _lesser(old, session, len(samples)):
        problem = tr("is in the record already: session {n}", n=there)
        raise SessionFileError(problem, file=str(path), hint=f"`poultice history show {there}`")
    writer = history.begin(
        protocol=session["protocol"],
        plan=session["plan"],
        device=session["device"],
        answers={name: session.get(name) for name in ("screening", "injury_age", "answers")},
        started_unix=started_unix,
        hello=session.get("hello"),
        rated=session,
        clock_s=lambda: 0.0,
        instead_of=there,
    )
    try:
        for sample in samples:
            writer.sample(sample)
        for event in events:
            writer.put(event)
        if session.get("outcome") is not None:
            writer.end(session["outcome"], {**(summary or {}), "record": str(history.path)})
        writer.commit()
    finally:
        writer.close()
    given = {name: session.get(name) for name in ratings.COLUMNS}
    # What somebody rated there since stays.
    given = {name: old.get(name) if one is None else one for name, one in given.items()}
    history.rate(writer.record_id, {name: one for name, one in given.items() if one is not None})
    return writer.record_id


def _there(history: History, session: Mapping[str, Any], events: Rows) -> int | None:
    """The number of this session where the record has it: by when it started, or put in from the
    device's journal, which tells that to the minute at best."""
    started_unix = float(session["started_unix"])
    found = history.started(started_unix)
    if found:
        return found[0]
    told = [session.get("summary") or {}, *events]
    numbers = [one["session"] for one in told if type(one.get("session")) is int]
    known = history.numbers(session["device"]["uid"])
    n, _, plan = known.get(numbers[0] if numbers else -1) or (None, False, None)
    if n is None or plan != session["plan"]["name"]:
        return None
    there = history.show(n)
    near = abs((there["started_unix"] or 0.0) - started_unix) < _NEAR_S
    return n if near and there["screening"] == "journal" else None


def _lesser(there: Mapping[str, Any], session: Mapping[str, Any], samples: int) -> bool:
    """Whether the record has less of it than the file: it was cut off there, or only the device's
    journal told of its end."""
    if session.get("outcome") is None:
        return there["outcome"] is None and there["samples"] < samples
    return there["outcome"] is None or bool((there["summary"] or {}).get("from_journal"))


def _lines(path: Path, say: Callable[[str], object]) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        problem = tr("cannot be read ({why})", why=why)
        raise SessionFileError(problem, file=str(path)) from None
    if len(data) > FILE_MAX_BYTES:
        most = f"at most {FILE_MAX_BYTES // 2**20} MiB"
        raise SessionFileError("is too large", file=str(path), expected=most)
    found = data.splitlines()
    for number, line in enumerate(found, 1):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
            # Who wrote it was killed, or its disk was full.
            if 1 < number == len(found) and not data.endswith(b"\n"):
                say(tr("note: the last line of {path} was cut off, and is left out", path=path))
                return
        _require(isinstance(told, dict), path, number, "a line of JSON")
        yield told


def _require(sound: bool, path: Path, line: int, expected: str) -> None:
    if not sound:
        raise SessionFileError(
            tr("is no session of `poultice history export --format jsonl`"),
            file=str(path),
            line=line,
            expected=expected,
        )


def _sampled(line: Mapping[str, Any]) -> bool:
    return all(
        type(line.get(name)) in (*messages.KINDS[name], type(None)) for name in SAMPLE_COLUMNS
    )


def _within(bounds: tuple[int, int]) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and bounds[0] <= value <= bounds[1]


def _or_none(sound: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or sound(value)


def _one_of(known: Sequence[str | None]) -> Callable[[Any], bool]:
    return lambda value: (value is None or isinstance(value, str)) and value in known


def _table(value: Any) -> bool:
    return isinstance(value, dict)


def _named(value: Any) -> bool:
    return isinstance(value, str) and library.NAME.fullmatch(value) is not None


def _answered(value: Any) -> bool:
    return isinstance(value, dict) and all(type(one) is bool for one in value.values())


def _device(value: Any) -> bool:
    names = ("path", "uid", "firmware")
    texts = [value.get(name) for name in names] if isinstance(value, dict) else [None]
    return all(isinstance(one, str) and one.isprintable() for one in texts)


def _planned(value: Any) -> bool:
    """A plan, or what is kept of one that only the device's journal told of: its name."""
    phases = value.get("phases") if isinstance(value, dict) else None
    return isinstance(phases, list) and _named(value.get("name")) and all(map(_phase, phases))


def _phase(value: Any) -> bool:
    count, reading = _within((0, _COUNT_MAX)), _or_none(_within(_TEMPERATURES_MC))
    return (
        isinstance(value, dict)
        and value.get("mode") in MODES
        and count(value.get("duration_s"))
        and reading(value.get("target_mc"))
    )


_READING = _or_none(_within(_TEMPERATURES_MC))
_MEMBERS: dict[str, Callable[[Any], bool]] = {
    "protocol": _named,
    "plan": _planned,
    "device": _device,
    "answers": _answered,
    "hello": _or_none(_table),
    "summary": _or_none(_table),
    "started_unix": _within(_UNIX_S),
    "screening": _one_of(_SCREENINGS),
    "injury_age": _one_of((*INJURY_AGES, None)),
    "outcome": _one_of(_OUTCOMES),
    **{name: _READING if name.endswith("_mc") else _or_none(_within((0, _COUNT_MAX)))
       for name in COUNTS},
}  # fmt: skip
"""What is required of each member of the session's own line."""
