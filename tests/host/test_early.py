"""Ctrl-C before a command has begun: no traceback, and an object where one is promised."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# The signal comes as the module named is looked for.
PROGRAM = """
import signal, sys
at = sys.argv.pop(1).split(",")
signal.signal(signal.SIGINT, signal.{before})
class Finder:
    def find_spec(self, name, path, target=None):
        if name in at:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder())
from poultice.cli import main
sys.exit(main())
"""
RUN = ("run", "arthritis", "-d", "sim:?speed=max", "--yes", "--json")
WHILE = [
    "poultice.cli.boundary", "click", "poultice.cli.root", "poultice.cli.configured",
    "poultice.cli.run", "poultice.cli.seat", "poultice.therapy.library", "poultice.virtual.plant",
]  # fmt: skip


def interrupted(
    at: str, *args: str, before: str = "default_int_handler"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before), at, *args],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("at", WHILE)
def test_a_run_reports_that_it_was_stopped(at: str) -> None:
    done = interrupted(at, *RUN)
    found = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, found["outcome"], found["reason"]) == (130, "stopped", "host")
    assert found["schema"] == "poultice.run/1" and found["session"] is None
    assert done.stderr.strip() == "left; nothing was started"


@pytest.mark.parametrize("args", [("protocols",), ("history", "list"), ("doctor",)])
def test_any_command_ends_without_a_traceback(args: tuple[str, ...]) -> None:
    done = interrupted("poultice.cli.boundary", *args)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "left; nothing was started"


def test_the_second_is_not_kept() -> None:
    done = interrupted("poultice.cli.boundary,poultice.cli.root", *RUN)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_one_that_was_ignored_from_the_beginning_stays_ignored() -> None:
    assert interrupted("poultice.cli.boundary", "protocols", before="SIG_IGN").returncode == 0
