"""Fifty attended pads in one `run`, on fifty ports: none is lost."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from poultice.cli import main
from poultice.record.store import History
from tests.host.written import phase, protocol

PADS = 50


def test_fifty_pads_and_none_is_lost(own_record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = own_record / "short.toml"
    path.write_text(protocol("short", phase("heat", 40, 30)), encoding="utf-8")
    # A process of its own, as fifty boards are: theirs is not the session's time.
    with subprocess.Popen(
        [sys.executable, "-m", "tests.host.many", str(PADS), "?speed=2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as pads:
        assert pads.stdin is not None and pads.stdout is not None
        devices = [word for _ in range(PADS) for word in ("-d", pads.stdout.readline().strip())]
        code = main(["run", str(path), "--yes", "--json", *devices])
        pads.stdin.close()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    ends = [(one["outcome"], one["exit"], one["error"]) for one in told["devices"]]
    assert ends == [("complete", 0, None)] * PADS
    assert code == 0
    book = History.open()
    rows = book.list(2 * PADS, simulated=True)
    assert [one["outcome"] for one in rows] == ["complete"] * PADS
    for one in rows:
        samples = book.rows(one["n"])
        # One a second of the device's clock, and none of another pad.
        assert len(samples) >= 30
        assert all(a["t_ms"] <= b["t_ms"] for a, b in itertools.pairwise(samples))
