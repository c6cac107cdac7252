"""The tables of the record, and how one of an older format becomes one of this.

They are described in docs/reference/record.md.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poultice.errors import HistoryError
from poultice.record import ratings

SCHEMA_VERSION = 3

SAMPLE_COLUMNS = (
    "t_ms",
    "state",
    "phase",
    "mode",
    "phase_left_s",
    "left_s",
    "temp_mc",
    "temp_b_mc",
    "target_mc",
    "master",
    "heat",
    "cool",
    "sense",
    "duty_pct",
    "dose_m",
    "budget_pct",
    "prompt",
    "fault",
    "rx_errors",
    "tx_dropped",
)

COUNTS = ("duration_s", "heat_s", "cold_s", "peak_mc", "min_mc", "dose_m")
"""The columns of `sessions` that hold whole numbers; null where nothing was measured."""

_PATH = "coalesce(CASE WHEN json_valid(device) THEN json_extract(device, '$.path') END, '')"

SIMULATED = f"""({_PATH} GLOB 'sim:*' OR {_PATH} GLOB 'emulator:*'
    OR {_PATH} GLOB 'serial:/dev/pts/*' OR {_PATH} GLOB 'serial:/dev/ttys[0-9]*')"""
"""Whether a session ran on a simulated device, in SQL: in this process, or on a pseudo-terminal
(the last is how macOS names one). No USB port is called so."""

_INDICES = f"""CREATE INDEX sessions_kind ON sessions ({SIMULATED});
CREATE INDEX sessions_started ON sessions ({SIMULATED}, started_unix)"""
"""The latest sessions, and those of some weeks, are found without a look at every other one."""

_SCHEMA = f"""
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_unix REAL NOT NULL,
    protocol TEXT NOT NULL,
    plan TEXT NOT NULL,
    device TEXT NOT NULL,
    hello TEXT,
    screening TEXT,
    injury_age TEXT,
    outcome TEXT, reason TEXT, fault TEXT,
    duration_s INTEGER, heat_s INTEGER, cold_s INTEGER,
    peak_mc INTEGER, min_mc INTEGER, dose_m INTEGER,
    summary TEXT
);
{ratings.ADD_COLUMNS};
{_INDICES};
CREATE TABLE answers (
    session_id INTEGER NOT NULL REFERENCES sessions (id),
    question TEXT NOT NULL,
    answer INTEGER NOT NULL,
    PRIMARY KEY (session_id, question)
) WITHOUT ROWID;
CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id),
    {", ".join(SAMPLE_COLUMNS)}
);
CREATE INDEX samples_of ON samples (session_id);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id),
    t_ms INTEGER,
    kind TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX events_of ON events (session_id);
"""
WARNINGS = """CASE WHEN json_valid(summary) AND json_type(summary, '$.warnings') = 'array'
    THEN json_extract(summary, '$.warnings') END"""
"""What a session warned of, in SQL: a list in JSON, null where none is recorded."""

# What each format lacks against the next. A record only ever gains columns, so that a program
# which reads it with SQL goes on.
_STEPS = {2: f"{ratings.ADD_COLUMNS}; {_INDICES}"}


def migrate(connection: sqlite3.Connection, path: Path, *, to_write: bool = False) -> None:
    """Make the tables where there are none, and bring an older record up to this format.

    An older one that may only be read stays as it is, unless it is meant `to_write`: all that
    reads it does without what it lacks. Raises HistoryError for a record of a format that is not
    read and for another program's database, and whatever SQLite raises.
    """
    version = _version(connection)
    if version == SCHEMA_VERSION:
        return
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            _step(connection, path)
    except sqlite3.OperationalError as error:
        if to_write or version not in _STEPS or "readonly" not in str(error):
            raise


def _step(connection: sqlite3.Connection, path: Path) -> None:
    # Asked again under the lock: another process may have made the tables meanwhile.
    version = require_ours(connection, path)
    if version == 0:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
    else:
        for step in range(version, SCHEMA_VERSION):
            for statement in _STEPS[step].split(";"):
                connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def require_ours(connection: sqlite3.Connection, path: Path) -> int:
    """The format of a record that this program reads, 0 where it is still empty.

    Raises HistoryError for any other format and for another program's database.
    """
    version = _version(connection)
    tables = connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    if version < 0 or (version == 0) is bool(tables):
        raise HistoryError(
            f"{path} is a database, but not a record of poultice",
            hint="set POULTICE_DATA_DIR to another directory",
        )
    refuse_other_format(version, path)
    return version


def refuse_other_format(version: int, path: Path) -> None:
    """Raises HistoryError where `version` is that of a record that this program does not read."""
    if version > SCHEMA_VERSION:
        raise HistoryError(
            f"the record {path} was written by a newer poultice (format {version})",
            hint="update poultice, or set POULTICE_DATA_DIR to another directory",
        )
    if 0 < version < SCHEMA_VERSION and version not in _STEPS:
        raise HistoryError(
            f"the record {path} is of format {version}, and formats {min(_STEPS)} to"
            f" {SCHEMA_VERSION} are read",
            hint="move it away and a new one is begun",
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def checked(row: dict[str, Any], *, session: bool = False, mend: bool = False) -> dict[str, Any]:
    """`row`, where each value is of a type that its column may hold; of a `session`, also numbers
    where numbers belong; an endless `started_unix` is None.

    SQLite keeps whatever anything wrote, a text in a column of integers too. A sample holds what
    a device said in place of a number. Raises sqlite3.DataError; to `mend` a row is to go on
    without such values: `damaged` then says of the first what it was, and is None for a sound row.
    """
    if mend:
        row["damaged"] = None
        for name in list(row):
            try:
                checked({"n": row["n"], "started_unix": None, name: row[name]}, session=session)
            except sqlite3.DataError as error:
                row[name], row["damaged"] = None, row["damaged"] or str(error)
    where = f"session {row['n']} is damaged:" if session else "damaged:"
    for name, value in row.items():
        if isinstance(value, bytes) and name != "plan":  # `plans` passes over a plan that is none
            raise sqlite3.DataError(f"{where} {name} holds bytes")
        if not session or value is None:
            continue
        if name in COUNTS and type(value) is not int:
            raise sqlite3.DataError(f"{where} {name} holds {value!r:.40}, no whole number")
        if name == "started_unix" and not isinstance(value, int | float):
            raise sqlite3.DataError(f"{where} {name} holds {value!r:.40}, no time")
    if session and row["started_unix"] is not None and not math.isfinite(row["started_unix"]):
        row["started_unix"] = None  # JSON has no infinity
    return row


def parsed(name: str, text: object) -> Mapping[str, Any]:
    """The JSON object in column `name`; what is no number in JSON (NaN) is null.

    Raises sqlite3.DataError where it is none.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise sqlite3.DataError(f"damaged: {name} holds no JSON object")
    return value
