"""Ctrl-C, and the end of a process asked for, before a command has begun: no traceback, and an
object where one is promised."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

# The signal comes as the module named is looked for.
PROGRAM = """
import signal, sys
at = sys.argv.pop(1).split(",")
number = signal.{name}
signal.signal(number, signal.{before})
class Finder:
    def find_spec(self, name, path, target=None):
        if name in at:
            signal.raise_signal(number)
sys.meta_path.insert(0, Finder())
from poultice.cli import main
sys.exit(main())
"""
RUN = ("run", "arthritis", "-d", "sim:?speed=max", "--yes", "--json")
WHILE = [
    "poultice.cli.boundary", "click", "poultice.cli.root", "poultice.cli.configured",
    "poultice.cli.run", "poultice.cli.seat", "poultice.therapy.library", "poultice.virtual.plant",
]  # fmt: skip


OTHERS = ("SIGTERM", "SIGHUP")


def interrupted(
    at: str, *args: str, name: str = "SIGINT", before: str = ""
) -> subprocess.CompletedProcess[str]:
    before = before or ("default_int_handler" if name == "SIGINT" else "SIG_DFL")
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name, before=before), at, *args],
        capture_output=True,
        text=True,
        timeout=60,
    )


def require_stopped(done: subprocess.CompletedProcess[str]) -> None:
    found = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, found["outcome"], found["reason"]) == (130, "stopped", "host")
    assert found["schema"] == "poultice.run/1" and found["session"] is None
    assert done.stderr.strip() == "left; nothing was started"


@pytest.mark.parametrize("name", ["SIGINT", *OTHERS])
@pytest.mark.parametrize("at", WHILE)
def test_a_run_reports_that_it_was_stopped(at: str, name: str) -> None:
    require_stopped(interrupted(at, *RUN, name=name))


@pytest.mark.parametrize("second", WHILE[1:])
def test_a_second_one_does_not_cut_that_short(second: str) -> None:
    require_stopped(interrupted(f"{WHILE[0]},{second}", *RUN))


@pytest.mark.parametrize("name", ["SIGINT", *OTHERS])
def test_nor_while_it_says_so(name: str) -> None:
    # The tally is looked for by what a run reports that did not come to have one.
    require_stopped(interrupted("poultice.therapy.library,poultice.session.tally", *RUN, name=name))


@pytest.mark.parametrize("args", [("protocols",), ("history", "list"), ("doctor",)])
def test_any_command_ends_without_a_traceback(args: tuple[str, ...]) -> None:
    done = interrupted("poultice.cli.boundary", *args)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "left; nothing was started"


def test_nor_any_number_of_them() -> None:
    require_stopped(interrupted(",".join(WHILE), *RUN))


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("args", [("protocols",), ("history", "list"), ("devices",)])
def test_any_other_command_ends_as_it_would_have(args: tuple[str, ...], name: str) -> None:
    done = interrupted("poultice.cli.boundary", *args, name=name)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.Signals[name], "", "")


@pytest.mark.parametrize("name", ["SIGINT", *OTHERS])
def test_one_that_was_ignored_from_the_beginning_stays_ignored(name: str) -> None:
    done = interrupted("poultice.cli.boundary", "protocols", name=name, before="SIG_IGN")
    assert done.returncode == 0
