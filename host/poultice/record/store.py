"""The record of past sessions: one SQLite file, kept by the standard library's `sqlite3`.

A session is written as it goes. Samples are gathered for a second and committed together,
events at once, so that a killed process loses at most a second and a vanished device nothing.
Whatever is wrong with the file comes back as HistoryError: a session never depends on it.
The tables are described in docs/reference/record.md.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from poultice import settings
from poultice.errors import HistoryError, UsageError
from poultice.language import tr
from poultice.record import database, jsontext, kept, private, ratings, schema
from poultice.record.schema import SAMPLE_COLUMNS as SAMPLE_COLUMNS
from poultice.record.schema import SIMULATED, parsed

FILE_NAME = "history.sqlite3"
COMMIT_AFTER_S = 1.0

Rows = list[dict[str, Any]]

_SUMMARY_COLUMNS = ("outcome", "reason", "fault", *schema.COUNTS)
_WARNINGS = f"{schema.WARNINGS} AS warnings"
_TOLD = ("started_unix", "protocol", "screening", "injury_age", "plan", "device", "summary")

_ANSWER = "INSERT INTO answers (session_id, question, answer) VALUES (?, ?, ?)"
_DELETE = (
    *(f"DELETE FROM {one} WHERE session_id = ?" for one in ("answers", "samples", "events")),
    "DELETE FROM sessions WHERE id = ?",
)
_EVENT = "INSERT INTO events (session_id, t_ms, kind, event) VALUES (?, ?, ?, ?)"
_SAMPLE = (
    f"INSERT INTO samples (session_id, {', '.join(SAMPLE_COLUMNS)}) "
    f"VALUES ({', '.join('?' * (1 + len(SAMPLE_COLUMNS)))})"
)


class RowWriter:
    """The record of one session, open while it runs. Every method may raise HistoryError.

    One that is in the list already goes by its number; a new one by its `row` and the `answers`.
    """

    def __init__(
        self,
        path: Path,
        row: Mapping[str, Any] | int,
        answers: Mapping[str, bool],
        clock_s: Callable[[], float],
        instead_of: int | None = None,
    ) -> None:
        self.path = path
        self._clock_s = clock_s
        self._pending: list[tuple[str, tuple[Any, ...]]] = []
        with database.errors(path):
            self._connection = database.connect(path)
        try:
            with database.errors(path), self._connection as connection:
                # A reader does not keep a writer from it, nor the other way round.
                connection.execute("PRAGMA journal_mode = WAL")
                schema.migrate(connection, path, to_write=True)
                connection.execute("BEGIN IMMEDIATE")
                if instead_of is not None:
                    for statement in _DELETE:
                        connection.execute(statement, (instead_of,))
                if isinstance(row, int):
                    self.record_id = row
                else:
                    places = ", ".join(f":{name}" for name in row)
                    insert = f"INSERT INTO sessions ({', '.join(row)}) VALUES ({places})"
                    self.record_id = connection.execute(insert, row).lastrowid or 0
                told = [(self.record_id, key, int(bool(yes))) for key, yes in answers.items()]
                connection.executemany(_ANSWER, told)
        except HistoryError:
            self._connection.close()
            raise
        self._committed_s = clock_s()
        self._file = database.identity(path)

    def sample(self, telemetry: Mapping[str, Any]) -> None:
        """Record one telemetry object of the link; on disk within a second of the next one."""
        values = (_plain(telemetry.get(name)) for name in SAMPLE_COLUMNS)
        self._pending.append((_SAMPLE, (self.record_id, *values)))
        if self._clock_s() - self._committed_s >= COMMIT_AFTER_S:
            self.commit()

    def event(self, event: Mapping[str, Any]) -> None:
        """Record one event, and with it every sample before it, at once."""
        self.put(event)
        self.commit()

    def put(self, event: Mapping[str, Any]) -> None:
        """Put down one event, for the next commit."""
        row = (self.record_id, event.get("t_ms"), _plain(str(event.get("kind"))), _json(event))
        self._pending.append((_EVENT, row))

    def end(self, outcome: str, summary: Mapping[str, Any]) -> None:
        """Put down the outcome and the summary, for the next commit."""
        values = {name: _plain(summary.get(name)) for name in _SUMMARY_COLUMNS}
        for name in schema.COUNTS:
            values[name] = schema.count(values[name])
        values |= {"outcome": outcome, "summary": _json(summary)}
        self._pending.append((_update(values), (*values.values(), self.record_id)))

    def finish(self, outcome: str, summary: Mapping[str, Any]) -> None:
        """Write the outcome and the summary, and close the file."""
        self.end(outcome, summary)
        self.commit()
        self.close()

    def commit(self) -> None:
        """Write what was gathered, in one transaction; what fails is gathered still.

        Raises too where the file is no longer the one that was opened, before it or after: what
        went into one that was taken away is in no record.
        """
        self._require_the_same()
        with database.errors(self.path), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement, row in self._pending:
                connection.execute(statement, row)
        self._require_the_same()
        self._pending.clear()
        self._committed_s = self._clock_s()

    def _require_the_same(self) -> None:
        found = database.identity(self.path)
        # Emptied, or cut short: with a log beside it, SQLite only ever lets it grow.
        if found and self._file and found[:2] == self._file[:2] and found[2] >= self._file[2]:
            self._file = found
            return
        database.close_what_was_moved(self._connection)
        if found and self._file and found == (*self._file[:2], 0):
            with contextlib.suppress(OSError):
                # The pages that closing put there are no record; an empty file is a new one.
                os.truncate(self.path, 0)
        raise HistoryError(
            f"the record {self.path} was moved, removed, replaced or cut short"
            " while this session ran",
            data={"gone": True},
        )

    def close(self) -> None:
        """Let go of the file without an outcome; the session stays in the list as unfinished."""
        self._connection.close()


class History:
    """The record as a whole. Holds no file open: each call opens it and lets it go."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path | str | None = None) -> History:
        """The record at `path`, else that in the data directory; made where there is none.

        Raises HistoryError where it is damaged, from a newer version, or cannot be had.
        """
        path = Path(path or settings.data_dir() / FILE_NAME)
        with database.errors(path):
            private.database(path)
            with contextlib.closing(database.connect_to_read(path)) as connection:
                schema.migrate(connection, path)
        return cls(path)

    @staticmethod
    def require_writable() -> None:
        """Raises HistoryError where a session could not be put into the record; makes nothing."""
        path = settings.data_dir() / FILE_NAME
        with database.errors(path):
            database.require_room(path.parent)
            if not path.exists():
                return
            with contextlib.closing(database.connect(path)) as connection:
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("BEGIN IMMEDIATE")
                version = schema.require_ours(connection, path)
                # One that may only be read says so at the first change; never committed.
                connection.execute(f"PRAGMA user_version = {version}")
                connection.execute("ROLLBACK")

    def begin(
        self,
        *,
        protocol: str | None,
        plan: Mapping[str, Any],
        device: Mapping[str, Any] | None,
        answers: Mapping[str, Any],
        started_unix: float,
        hello: Mapping[str, Any] | None = None,
        rated: Mapping[str, Any] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
        instead_of: int | None = None,
    ) -> RowWriter:
        """Start the record of one session; it is in the list from here on.

        `answers` holds `screening` ("asked" or "assumed"), `injury_age` and the `answers`
        themselves. `started_unix` is in seconds. `hello` is what the device said of itself:
        `board`, `features` and the `limits` in force. `rated` holds what was rated before it
        (``ratings.BEFORE``). `clock_s` paces the commits. `instead_of` is the number of a session
        that goes; this one takes it.
        """
        row = {
            "started_unix": started_unix,
            "protocol": _plain(str(protocol)),
            "plan": _json(plan),
            "device": _json(device),
            "hello": _json(hello),
            "screening": answers.get("screening"),
            "injury_age": answers.get("injury_age"),
            **{name: ratings.rating((rated or {}).get(name)) for name in ratings.BEFORE},
            **({} if instead_of is None else {"id": instead_of}),
        }
        return RowWriter(self.path, row, answers.get("answers", {}), clock_s, instead_of)

    def resume(self, n: int) -> RowWriter:
        """Go on with the record of session `n`, which was cut off."""
        return RowWriter(self.path, n, {}, time.monotonic)

    def started(self, unix_s: float) -> list[int]:
        """The sessions that started in that very moment: more than one only by hand."""
        rows = self._read("SELECT id AS n FROM sessions WHERE started_unix = ?", (unix_s,))
        return [row["n"] for row in rows]

    def rated(self, n: int) -> dict[str, Any]:
        """`started_unix` of session `n` and its ratings, however damaged the rest is.

        Raises UsageError where there is no session of that number.
        """
        # All of it: a record of before that may only be read has no columns for ratings.
        found = self._read(
            "SELECT *, id AS n FROM sessions WHERE id = ?", (n,), session=True, mend=True
        )
        if not found:
            raise _no_session(n)
        return {"started_unix": found[0]["started_unix"], **ratings.of(found[0])}

    def rate(self, n: int, changes: Mapping[str, int | str | None]) -> None:
        """Put ratings, or a note, to session `n`; None takes one away.

        Raises UsageError where there is no session of that number.
        """
        self.rated(n)
        values = {name: _plain(changes[name]) for name in ratings.COLUMNS if name in changes}
        if not values:
            return
        with (
            database.errors(self.path),
            contextlib.closing(database.connect(self.path)) as connection,
        ):
            schema.migrate(connection, self.path, to_write=True)
            connection.execute(_update(values), (*values.values(), n))

    def numbers(self, uid: str) -> dict[int, tuple[int, bool, str | None]]:
        """The sessions of one device by its own number of each, the latest of that number:
        ours, whether it has an outcome, and the name of its plan."""
        rows = self._read(
            """
            SELECT id AS n, outcome, json_extract(plan, '$.name') AS name,
                coalesce(
                    CASE WHEN json_valid(summary) THEN json_extract(summary, '$.session') END,
                    (SELECT max(json_extract(event, '$.session')) FROM events
                        WHERE session_id = sessions.id AND json_valid(event))
                ) AS number
            FROM sessions
            WHERE json_valid(device) AND json_valid(plan)
                AND json_extract(device, '$.uid') = ? ORDER BY id
            """,
            (uid,),
        )
        return {
            row["number"]: (row["n"], row["outcome"] is not None, row["name"])
            for row in rows
            if type(row["number"]) is int
        }

    def without_number(
        self,
        uid: str,
        protocol: str | None = None,
        since_unix: float = 0.0,
        until_unix: float = math.inf,
    ) -> int | None:
        """The latest session of one device (with that `protocol`) that was cut off before it said
        anything of itself, and started in that time; None where there is none."""
        [row] = self._read(
            """
            SELECT max(id) AS n FROM sessions
            WHERE outcome IS NULL AND started_unix BETWEEN ? AND ?
                AND json_valid(device) AND json_extract(device, '$.uid') = ?
                AND json_valid(plan) AND (? IS NULL OR json_extract(plan, '$.name') = ?)
                AND NOT EXISTS (SELECT 1 FROM events WHERE session_id = sessions.id)
            """,
            (since_unix, until_unix, uid, protocol, protocol),
        )
        n = row["n"]
        return n if type(n) is int else None

    def left(self) -> list[Path]:
        """Files beside it with sessions that it could not take when they ended, and lacks."""
        return kept.left(self.path.parent, self._read)

    def closings(self) -> dict[str, int]:
        """How often each device's pad relay has closed in the sessions recorded of it, by uid."""
        rows = self._read(
            """
            SELECT json_extract(device, '$.uid') AS uid,
                sum(json_extract(summary, '$.heat_operations')) AS closings
            FROM sessions
            WHERE json_valid(device) AND json_valid(summary)
                AND json_type(summary, '$.heat_operations') = 'integer'
            GROUP BY uid
            """
        )
        return {str(row["uid"]): row["closings"] for row in rows}

    def list(self, limit: int = 20, *, simulated: bool = False) -> Rows:
        """The latest sessions, newest first. `outcome` None: cut off before its end.

        Those on a simulated device are no treatment: they are left out, or with `simulated` they
        alone are listed. A damaged one hides no other: what it lacks is None, and `damaged` says
        what stood there.
        """
        where = f"{SIMULATED} = ? ORDER BY id DESC LIMIT ?"
        return self._several([f"{SIMULATED} AS simulated"], where, (simulated, limit))

    def show(self, n: int) -> dict[str, Any]:
        """One session: plan, device, answers, summary, events, and how many samples.

        Raises UsageError where there is no session of that number.
        """
        with _damaged(n):
            return self._shown(n)

    def _shown(self, n: int) -> dict[str, Any]:
        # By name, so that one which is not there is SQLite's error; the ratings may be missing.
        columns = ("id AS n", *_TOLD, *_SUMMARY_COLUMNS, f"{SIMULATED} AS simulated", "*")
        found = self._read(
            f"SELECT {', '.join(columns)}, (SELECT count(*) FROM samples WHERE session_id ="
            " sessions.id) AS samples FROM sessions WHERE id = ?",
            (n,),
            session=True,
        )
        if not found:
            raise _no_session(n)
        [session] = found
        answers = self._read(
            "SELECT question, answer FROM answers WHERE session_id = ? ORDER BY question", (n,)
        )
        events = self._read("SELECT event FROM events WHERE session_id = ? ORDER BY id", (n,))
        first = ("n", "started_unix", "protocol", "simulated", *_SUMMARY_COLUMNS)
        return {
            **{name: session[name] for name in first},
            **ratings.of(session),
            "screening": session["screening"],
            "injury_age": session["injury_age"],
            "answers": {row["question"]: bool(row["answer"]) for row in answers},
            **{
                name: parsed(name, session[name])
                if session.get(name) not in (None, "null")
                else None
                for name in ("plan", "device", "hello", "summary")
            },
            "events": [parsed("event", row["event"]) for row in events],
            "samples": session["samples"],
        }

    def plans(
        self, *, simulated: bool = False, since_unix: float = 0.0, until_unix: float = math.inf
    ) -> Rows:
        """The sessions that started in that time, oldest first: as `list` has them, with `plan`,
        what was rated and whether the figures are `at_most`.

        A plan that is no JSON any more is None: it must not hide the other sessions.
        """
        there = {row["name"] for row in self._read("PRAGMA table_info(sessions)")}
        # A record of before that may only be read has no ratings.
        more = [one for one in ratings.SCALES if one in there]
        more += ["plan", f"{schema.AT_MOST} AS at_most"]
        where = f"started_unix >= ? AND started_unix < ? AND {SIMULATED} = ? ORDER BY id"
        rows = self._several(more, where, (since_unix, until_unix, simulated))
        for row in rows:
            try:
                row["plan"] = json.loads(row["plan"])
            except (TypeError, ValueError, RecursionError):
                row["plan"] = None
        return rows

    def _several(self, more: Iterable[str], where: str, values: Iterable[Any]) -> Rows:
        columns = ("id AS n", "started_unix", "protocol", *_SUMMARY_COLUMNS, *more, _WARNINGS)
        query = f"SELECT {', '.join(columns)} FROM sessions WHERE {where}"
        rows = self._read(query, values, session=True, mend=True)
        for row in rows:
            row["warnings"] = json.loads(row["warnings"] or "[]")
        return rows

    def rows(self, n: int) -> Rows:
        """The samples of one session, oldest first: `SAMPLE_COLUMNS`, relays as booleans.

        Raises UsageError where there is no session of that number.
        """
        self.show(n)
        query = f"SELECT {', '.join(SAMPLE_COLUMNS)} FROM samples WHERE session_id = ? ORDER BY id"
        with _damaged(n):
            rows = self._read(query, (n,))
        for row in rows:
            for name in schema.FLAGS:
                row[name] = None if row[name] is None else bool(row[name])
        return rows

    def _read(
        self, query: str, values: Iterable[Any] = (), *, session: bool = False, mend: bool = False
    ) -> Rows:
        with (
            database.errors(self.path),
            contextlib.closing(database.connect_to_read(self.path)) as connection,
        ):
            cursor = connection.execute(query, tuple(values))
            names = [column[0] for column in cursor.description]
            found = (dict(zip(names, row, strict=True)) for row in cursor)
            rows = [schema.checked(row, session=session, mend=mend) for row in found]
        for row in rows:
            if "simulated" in row:
                row["simulated"] = bool(row["simulated"])
        return rows


def _update(values: Iterable[str]) -> str:
    return f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?"


@contextlib.contextmanager
def _damaged(n: int) -> Iterator[None]:
    """One session that is damaged hides no other."""
    try:
        yield
    except schema.DamagedError as error:
        raise HistoryError(
            f"session {n} is damaged: {error}",
            hint="it alone: the others can be read, `poultice history` lists them",
            data={"busy": False},
        ) from None


def _no_session(n: int) -> UsageError:
    return UsageError(
        tr("there is no recorded session {n}", n=n), hint=tr("`poultice history` lists them")
    )


def _plain(value: object) -> object:
    """A value that SQLite takes, whatever the device sent in its place."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    if isinstance(value, str):
        return jsontext.whole(value)  # SQLite takes no half of a surrogate pair
    return value if value is None or isinstance(value, float) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
