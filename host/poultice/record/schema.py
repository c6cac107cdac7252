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

SCHEMA_VERSION = 3
_OLDEST = 2
"""`schema_2.sql` makes its tables, and each later one what its format has against the one before.
A record only ever gains columns, so that a program which reads it with SQL goes on."""

SAMPLE_COLUMNS = (
    "t_ms", "state", "phase", "mode", "phase_left_s", "left_s", "temp_mc", "temp_b_mc", "target_mc",
    "master", "heat", "cool", "sense", "duty_pct", "dose_m", "budget_pct", "prompt", "fault",
    "rx_errors", "tx_dropped",
)  # fmt: skip
FLAGS = ("master", "heat", "cool", "sense")
TEXTS = ("state", "mode", "prompt", "fault")

COUNTS = ("duration_s", "heat_s", "cold_s", "peak_mc", "min_mc", "dose_m")
"""The columns of `sessions` that hold whole numbers; null where nothing was measured."""

_PATH = "coalesce(CASE WHEN json_valid(device) THEN json_extract(device, '$.path') END, '')"

SIMULATED = f"""({_PATH} GLOB 'sim:*' OR {_PATH} GLOB 'emulator:*'
    OR {_PATH} GLOB 'serial:/dev/pts/*' OR {_PATH} GLOB 'serial:/dev/ttys[0-9]*')"""
"""Whether a session ran on a simulated device, in SQL: in this process, or on a pseudo-terminal
(the last is how macOS names one). No USB port is called so."""

WARNINGS = """CASE WHEN json_valid(summary) AND json_type(summary, '$.warnings') = 'array'
    THEN json_extract(summary, '$.warnings') END"""
"""What a session warned of, in SQL: a list in JSON, null where none is recorded."""

AT_MOST = """CASE WHEN json_valid(summary)
    THEN coalesce(json_type(summary, '$.at_most') = 'true', 0) ELSE 0 END"""
"""Whether its figures are those of its plan, in SQL: docs/decisions/0003."""


def migrate(connection: sqlite3.Connection, path: Path, *, to_write: bool = False) -> None:
    """Make the tables where there are none, and bring an older record up to this format.

    An older one that may only be read stays as it is, unless it is meant `to_write`: all that
    reads it does without what it lacks. Raises HistoryError for a record of a format that is not
    read and for another program's database, and whatever SQLite raises.
    """
    if (before := _version(connection)) == SCHEMA_VERSION:
        return
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            # Asked again under the lock: another process may have made the tables meanwhile.
            version = require_ours(connection, path)
            for step in range(max(version + 1, _OLDEST), SCHEMA_VERSION + 1):
                script = Path(__file__).with_name(f"schema_{step}.sql").read_text("utf-8")
                told = script.format(samples=", ".join(SAMPLE_COLUMNS), simulated=SIMULATED)
                for statement in told.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except sqlite3.OperationalError as error:
        old = _OLDEST <= before < SCHEMA_VERSION
        if to_write or not old or "readonly" not in str(error):
            raise


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
    if 0 < version < _OLDEST:
        raise HistoryError(
            f"the record {path} is of format {version}, and formats {_OLDEST} to"
            f" {SCHEMA_VERSION} are read",
            hint="move it away and a new one is begun",
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


class DamagedError(Exception):
    """A value in one row that nothing of ours wrote there: what it is, in words."""


def count(value: object) -> int | None:
    """What a column of ``COUNTS`` takes of what a device's own journal says, which may be anything:
    a record with that in it could not be read."""
    return value if type(value) is int else None


def checked(row: dict[str, Any], *, session: bool = False, mend: bool = False) -> dict[str, Any]:
    """`row`, where each value is of a type that its column may hold; of a `session`, also numbers
    where numbers belong; an endless `started_unix` is None.

    SQLite keeps whatever anything wrote, a text in a column of integers too. A sample holds what
    a device said in place of a number. Raises DamagedError; to `mend` a row is to go on
    without such values: `damaged` then says of the first what it was, and is None for a sound row.
    """
    if mend:
        row["damaged"] = None
    for name, value in row.items():
        if isinstance(value, bytes) and name != "plan":  # `plans` passes over a plan that is none
            why = f"{name} holds bytes"
        elif not session or value is None:
            continue
        elif name in COUNTS and type(value) is not int:
            why = f"{name} holds {value!r:.40}, no whole number"
        elif name == "started_unix" and not isinstance(value, int | float):
            why = f"{name} holds {value!r:.40}, no time"
        else:
            continue
        if not mend:
            raise DamagedError(why)
        row[name] = None
        row["damaged"] = row["damaged"] or f"session {row['n']} is damaged: {why}"
    if session and row["started_unix"] is not None and not math.isfinite(row["started_unix"]):
        row["started_unix"] = None  # JSON has no infinity
    return row


def parsed(name: str, text: object) -> Mapping[str, Any]:
    """The JSON object in column `name`; what is no number in JSON (NaN) is null.

    Raises DamagedError where it is none.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DamagedError(f"{name} holds no JSON object")
    return value
