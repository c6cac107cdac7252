"""A session that the history cannot take: whole, in a file beside it, as the JSON Lines that
`poultice history import` takes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from poultice import settings
from poultice.link.messages import Event, Telemetry
from poultice.record import jsontext, private, schema

Said = Telemetry | Event

_NAMES = 100
# Never as many as NULL: a file with an outcome is taken once the history has one too.
_TAKEN = (
    "SELECT 1 FROM sessions WHERE started_unix = ? AND (outcome IS NOT NULL OR"
    " (SELECT count(*) FROM samples WHERE session_id = sessions.id) >= ?)"
)
Asked = Callable[[str, tuple[float, int | None]], Iterable[Any]]
_HEAD_MAX = 1_000_000  # characters of the line that has the session's plan and answers


class KeptSession:
    """The file: begun without an outcome, so that a killed process leaves what there was; gone on
    with; at last whole, or gone. Every method may raise OSError."""

    def __init__(self, what: Mapping[str, Any]) -> None:
        self._what = what
        self.path = _begun(what["started_unix"])
        self._count = 0
        try:
            self._write(self.path, [_session(what, None, {})])
        except OSError:
            self.path.unlink(missing_ok=True)
            raise

    def go_on(self, said: list[Said]) -> None:
        """Add what was not said before."""
        self._write(self.path, self._counted(said[self._count :]))

    def _counted(self, said: list[Said]) -> Iterator[str]:
        for line in _lines(said):
            yield line
            self._count += 1  # asked for the next one: this one is written

    def end(self, said: list[Said], outcome: str, summary: Mapping[str, Any]) -> None:
        """All of it, with how it ended; in one step."""
        beside = self.path.with_suffix(".tmp")
        try:
            self._write(beside, [_session(self._what, outcome, summary), *_lines(said)])
            beside.replace(self.path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise

    def drop(self) -> None:
        """The history has it after all."""
        self.path.unlink()

    @staticmethod
    def _write(path: Path, lines: Iterable[str]) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, private.FILE_MODE)
        # Nothing is buffered: what failed is not written after all when the file is closed.
        with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            whole = os.fstat(descriptor).st_size
            try:
                for line in lines:
                    rest = text = f"{line}\n".encode()
                    while rest:
                        rest = rest[file.write(rest) :]
                    whole += len(text)
            except OSError:
                # What comes next must not go on behind half a line.
                file.truncate(whole)
                raise


def left(folder: Path, asked: Asked) -> list[Path]:
    """Those in `folder` that the history lacks, or has in part only, oldest first; `asked` is what
    the history answers to a query. An unreadable one is among them."""
    return [path for path in sorted(folder.glob("session-*.jsonl")) if not _taken(path, asked)]


def _taken(path: Path, asked: Asked) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline(_HEAD_MAX))
            ended = first["outcome"] is not None
            # The last line may be half of one.
            rest = [] if ended else [json.loads(line) for line in file if line[-1] == "\n"]
        samples = sum(one["record"] == "sample" for one in rest)
        which = float(first["started_unix"]), None if ended else samples
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    return bool(list(asked(_TAKEN, which)))


def _begun(started_unix: float) -> Path:
    """A new file, named by when the session started: several may start in one second."""
    folder = settings.data_dir()
    folder.mkdir(mode=private.DIRECTORY_MODE, parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(started_unix))
    for n in range(1, _NAMES):
        path = folder / f"session-{stamp}{f'-{n}' if n > 1 else ''}.jsonl"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, private.FILE_MODE))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{path} is there already")


def _session(what: Mapping[str, Any], outcome: str | None, summary: Mapping[str, Any]) -> str:
    names = ("started_unix", "protocol", "plan", "device", "hello")
    return jsontext.line(
        {
            "record": "session",
            **{name: what.get(name) for name in names},
            **(what.get("rated") or {}),
            **what["answers"],
            **{name: summary.get(name) for name in ("reason", "fault")},
            **{name: schema.count(summary.get(name)) for name in schema.COUNTS},
            "outcome": outcome,
            "summary": dict(summary) or None,
        }
    )


def _lines(said: Iterable[Said]) -> Iterator[str]:
    for one in said:
        if isinstance(one, Event):
            yield jsontext.line({**one.data, "record": "event"})
        else:
            yield jsontext.line({**one.to_json(), "record": "sample"})
