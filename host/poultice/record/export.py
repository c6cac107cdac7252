"""A recorded session for other programs: its samples as CSV or Parquet, or all as JSON Lines.

The columns and members are those of docs/reference/record.md.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePath

from poultice.errors import MissingPackageError, UsageError
from poultice.record import jsontext
from poultice.record.schema import FLAGS, SAMPLE_COLUMNS, TEXTS
from poultice.record.store import History

_ENDINGS = {
    "csv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl",
    "parquet": "parquet", "pq": "parquet",
}  # fmt: skip


def format_of(path: str | None) -> str:
    """The format that a file's ending asks for; `csv` where there is none.

    Raises UsageError for an ending of something else: it would get CSV under another's name.
    """
    ending = PurePath(path or "").suffix[1:].lower()
    if ending and ending not in _ENDINGS:
        raise UsageError(
            f"{path}: no format has the ending .{ending}",
            hint=f"known are {', '.join(f'.{one}' for one in _ENDINGS)}; --format writes any name",
        )
    return _ENDINGS.get(ending, "csv")


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
    yield jsontext.line({"record": "session", **session})
    for event in events:
        yield jsontext.line({"record": "event", **event})
    for row in rows:
        yield jsontext.line({"record": "sample", **row})


def parquet(history: History, n: int) -> bytes:
    """The samples of session `n` as a Parquet file: typed columns, null where there is no value.

    The file's own metadata holds, under `poultice`, the session with its events as JSON. A value
    of another type than its column's becomes null; CSV and JSON Lines show it as it is. Raises
    MissingPackageError where pyarrow is not there, and as `csv_lines` does.
    """
    try:
        import pyarrow
        from pyarrow import parquet as files
    except ImportError:
        raise MissingPackageError(
            "Parquet needs the package pyarrow",
            hint='pip install "poultice[data]", or take --format csv',
        ) from None
    session = history.show(n)
    rows = history.rows(n)
    kinds: dict[str, type] = {**dict.fromkeys(TEXTS, str), **dict.fromkeys(FLAGS, bool)}
    types = {str: pyarrow.string(), bool: pyarrow.bool_(), int: pyarrow.int64()}
    columns = {}
    for name in SAMPLE_COLUMNS:
        kind = kinds.get(name, int)
        values = [row[name] if type(row[name]) is kind else None for row in rows]
        columns[name] = pyarrow.array(values, types[kind])
    table = pyarrow.table(columns).replace_schema_metadata({"poultice": jsontext.line(session)})
    buffer = io.BytesIO()
    files.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    text = str(value)
    # Only what a device sent in place of a word can need quoting.
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
