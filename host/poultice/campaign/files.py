"""Rows in a file: JSON Lines, or Parquet with the extra `data`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from poultice.campaign.trial import Row
from poultice.errors import UsageError

TABLES = (".jsonl", ".parquet")
PICTURES = (".svg", ".png", ".pdf")
# A column that happens to be null in every row of a small campaign keeps its own type.
_MAY_BE_NULL = {
    "onset_s": float,
    "target_c": float,
    "reason": str,
    "latched": str,
    "trip_s": float,
    "off_s": float,
}
_AT_A_TIME = 10_000


def require(path: Path, suffixes: Sequence[str]) -> None:
    """Raise UsageError unless `path` can be written and is of one of these kinds.

    Asked before the runs: after a quarter of an hour is late to learn of it.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise UsageError(
            f"{path} is of no kind that can be written",
            hint=f"a file name that ends in {' or '.join(suffixes)}",
        )
    needs = {".parquet": ("pyarrow", "data")} | dict.fromkeys(PICTURES, ("matplotlib", "plot"))
    module, extra = needs.get(suffix, ("json", ""))
    if find_spec(module) is None:
        raise UsageError(f"{path} needs {module}", hint=f"pip install 'poultice[{extra}]'")
    try:
        new = not path.exists()
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}",
            hint="give a file in a directory that you may write to",
        ) from None


def write(rows: Iterable[Row], path: Path) -> None:
    """One row a run, in the order given. Raises OSError."""
    if path.suffix.lower() == ".parquet":
        _write_parquet(rows, path)
        return
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, allow_nan=False) + "\n")


def read(path: Path) -> list[Row]:
    """What `write` wrote. Raises OSError, ValueError."""
    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet

        rows: list[Row] = parquet.read_table(path).to_pylist()
        return rows
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _write_parquet(rows: Iterable[Row], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    types = {
        bool: pyarrow.bool_(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        str: pyarrow.string(),
    }
    left = iter(rows)
    part = list(islice(left, _AT_A_TIME))
    columns = {name: type(value) for name, value in part[0].items()} | _MAY_BE_NULL
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(path, schema) as file:
        while part:
            file.write_table(pyarrow.Table.from_pylist(part, schema=schema))
            part = list(islice(left, _AT_A_TIME))
