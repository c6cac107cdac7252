"""`run` and `watch` on a real pseudo-terminal: keys, signals, its size, and its end."""

from __future__ import annotations

import re
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import pytest

from poultice.record.store import History
from tests.host.terminal import ESCAPE, START, Step, Terminal, acted
from tests.host.written import phase, protocol

# Fast enough to wait for, slow enough that no test comes too late.
SLOW = "sim:?speed=20"
FAST = "sim:?speed=2000"
SHORT = f"run {Path(__file__).parents[1] / 'protocols' / 'short.toml'} --yes -d {FAST}"
RUN = f"run arthritis --yes -d {SLOW}"
TWO = f"run arthritis --yes -d {SLOW}&seed=1 -d {SLOW}&seed=2&fault=estop@10"
WATCH = f"watch -d {SLOW}"
DRAWN = "heat budget"
OFF = "stopped; the pad is off"
OWN_SCREEN, GIVEN_BACK = "\x1b[?1049h", "\x1b[?1049l"
NO_FACTS = START.replace(
    "from poultice.cli import main",
    "import poultice.cli.dashboard.panels as p; p.facts = None; from poultice.cli import main",
)


@pytest.mark.parametrize(
    ("line", "more", "steps", "code", "shows", "never"),
    [
        *[(RUN, {}, [(DRAWN, keys)], 130, OFF, "Traceback")
          for keys in ("s", "\x03", "qy", "qq", "\x11y", SIGINT, SIGTERM)],
        # There is nowhere left to write the summary to: how it ended is told all the same.
        (RUN, {}, [(DRAWN, None)], 130, "", "Traceback"),
        (RUN, {}, [(DRAWN, ""), ("running", "p"), ("paused: the pad is off", "r"),
                   ("running", "s")], 130, OFF, "Traceback"),
        (RUN, {}, [(DRAWN, (40, 10)), ("too small", (100, 30)), (DRAWN, "s")], 130, OFF,
         "Traceback"),
        (SHORT, {}, [], 0, f"{re.escape(GIVEN_BACK)}(.|\n)*short: complete", "Traceback"),
        (SHORT, {"size": (80, 23)}, [], 0,
         "the terminal is 80x23, the full view needs 80x24: lines instead(.|\n)*short: complete",
         OWN_SCREEN),
        (f"{SHORT} --view plain", {}, [], 0, "phase 1: heat(.|\n)*complete", "\x1b"),
        (f"{SHORT} --json", {}, [], 0, '"outcome": "complete"', OWN_SCREEN),
        (SHORT.replace("2000", "400"), {"start": NO_FACTS}, [], 0,
         "note: the view failed(.|\n)*short: complete", "Traceback"),
        (RUN, {"start": NO_FACTS}, [("the view failed", "\x03")], 130, OFF, "Traceback"),
        (TWO, {}, [("emergency_stop", "\x03")], 7,
         f"seed=1: {OFF}(.|\n)*estop@10: the device is in fault: emergency_stop", "Traceback"),
        (WATCH, {}, [("no session runs", "q")], 0, "no session runs", "Traceback"),
        *[(WATCH, {}, [("no session runs", one)], 0, re.escape(GIVEN_BACK), "Traceback")
          for one in (SIGINT, SIGTERM)],
        (f"watch -d {FAST} --for 30", {}, [], 0, "no session runs", "Traceback"),
        (f"watch -d {FAST} --for 5 --view plain", {}, [], 0, "idle", "\x1b"),
    ],
)  # fmt: skip
def test_on_a_terminal(
    line: str, more: Any, steps: list[Step], code: int, shows: str, never: str, tmp_path: Path
) -> None:
    with Terminal(tmp_path / "data", *line.split(), **more) as terminal:
        acted(terminal, *steps)
        assert terminal.ended() == code
    assert re.search(shows, terminal.read) or re.search(shows, terminal.text)
    assert never not in terminal.read
    if line == RUN:
        [session] = History.open().list(simulated=True)
        assert session["outcome"] == "stopped"


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("sensor_open@60", 7, "hint: check the sensor's plug and wires"),
        ("host_lost@60", 8, "error: "),
        ("sensor_open@boot", 6, "error: "),
    ],
)
def test_what_ended_it_is_said_once_the_screen_is_given_back(
    fault: str, code: int, said: str, tmp_path: Path
) -> None:
    line = RUN.replace("speed=20", f"speed=200&fault={fault}")
    with Terminal(tmp_path / "data", *line.split()) as terminal:
        assert terminal.ended() == code
    assert said in ESCAPE.sub("", terminal.read.rpartition(GIVEN_BACK)[2])


def test_a_prompt_is_answered_with_enter(tmp_path: Path) -> None:
    cold = tmp_path / "cold.toml"
    cold.write_text(protocol("cold", phase("cold", 15, 300)), encoding="utf-8")
    line = f"run {cold} --yes -d {SLOW}&cooler=0&user=absent"
    with Terminal(tmp_path / "data", *line.split()) as terminal:
        acted(terminal, ("Lay the cold pack on, then press Enter", "\r"), ("phase 1: cold", "s"))
        assert terminal.ended() == 130


def test_no_color_has_no_colour(tmp_path: Path) -> None:
    with Terminal(tmp_path / "data", *RUN.split(), NO_COLOR="1") as terminal:
        acted(terminal, (DRAWN, "s"))
        assert terminal.ended() == 130
    assert re.search(r"\x1b\[[\d;]*\b[34][0-8][;m]", terminal.read) is None


def test_without_utf_8_all_is_ascii(tmp_path: Path) -> None:
    with Terminal(tmp_path / "data", *RUN.split(), PYTHONIOENCODING="ascii") as terminal:
        acted(terminal, (DRAWN, ""), ("master", "s"))
        assert terminal.ended() == 130
    drawn = terminal.text.partition("arthritis: stopped")[0]
    assert drawn.isascii()
    assert "?" not in drawn.replace("sim:?speed", "")
