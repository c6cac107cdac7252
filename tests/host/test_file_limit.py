"""A limit on the size of files (`ulimit -f`): told as one, never as damage."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.recorded import opened, record

LIMIT = 16_384
START = (
    "import resource, sys; limit = int(sys.argv.pop(1)); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)); "
    "from poultice.cli import main; sys.exit(main())"
)


def limited(here: Path, *args: str, limit: int = LIMIT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START, str(limit), *args],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_a_record_that_may_not_grow(here: Path) -> None:
    done = limited(here, "run", "arthritis", "-d", "sim:?speed=max", "--yes")
    assert done.returncode == 0, "it costs no session"
    assert "arthritis: complete" in done.stdout
    assert "not in the history" in done.stderr or "not all of this session" in done.stderr
    assert f"files may not grow beyond {LIMIT} bytes here" in done.stderr
    assert "ulimit -f" in done.stderr and ".recover" not in done.stderr


def test_a_report_that_may_not_be_so_large(here: Path) -> None:
    record(opened(here / "data"))
    # Enough for what SQLite keeps beside the record to read it, and too little for the page.
    done = limited(here, "report", "1", limit=33_000)
    assert done.returncode == 2
    assert "ulimit -f" in done.stderr
    assert not list(here.glob("*.html"))


def test_without_such_a_limit_there_is_no_word_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from poultice.record import database as history

    none = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr("resource.getrlimit", lambda which: none)
    assert "ulimit" not in history._not_taken()
