"""`run` and `watch` on a real pseudo-terminal: keys, signals, its size, and its end."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from tests.host.terminal import ESCAPE, START, Terminal
from tests.host.written import phase, protocol

# Fast enough to wait for, slow enough that no test comes too late.
SLOW = "sim:?speed=20"
QUICK = "sim:?speed=400"
FAST = "sim:?speed=2000"
SHORT = str(Path(__file__).parents[1] / "protocols" / "short.toml")
RUN = ("run", "arthritis", "--yes", "-d")
DRAWN = "heat budget"
COLD = protocol("cold", phase("cold", 15, 300))


def last(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The latest session of the record."""
    monkeypatch.setenv("POULTICE_DATA_DIR", str(data))
    main(["history", "list", "--simulated", "--json"])
    return json.loads(capsys.readouterr().out)["sessions"][0]


@pytest.mark.parametrize("keys", ["s", "\x03", "qy", "qq", "\x11y"])
def test_stopping_by_key_ends_with_130_and_the_record_says_so(
    keys: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Terminal(tmp_path, *RUN, SLOW) as terminal:
        terminal.until(DRAWN)
        for key in keys:
            terminal.type(key)
        assert terminal.ended() == 130
    assert "stopped; the pad is off" in terminal.text
    assert last(tmp_path, capsys, monkeypatch)["outcome"] == "stopped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_too(number: int, tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, SLOW) as terminal:
        terminal.until(DRAWN)
        terminal.signal(number)
        assert terminal.ended() == 130
    assert "stopped; the pad is off" in terminal.text


def test_a_terminal_that_vanishes_stops_the_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Terminal(tmp_path, *RUN, SLOW) as terminal:
        terminal.until(DRAWN)
        terminal.hang_up()
        # There is nowhere left to write the summary to: how it ended is told all the same.
        assert terminal.ended() == 130
    assert last(tmp_path, capsys, monkeypatch)["outcome"] == "stopped"


def test_a_session_to_its_end_leaves_the_screen_and_summarises(tmp_path: Path) -> None:
    with Terminal(tmp_path, "run", SHORT, "--yes", "-d", FAST) as terminal:
        assert terminal.ended() == 0
    left = terminal.read.rpartition("\x1b[?1049l")[2]
    assert "short: complete" in left


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
    device = f"sim:?speed=200&fault={fault}"
    with Terminal(tmp_path, *RUN, device) as terminal:
        assert terminal.ended() == code
    assert said in ESCAPE.sub("", terminal.read.rpartition("\x1b[?1049l")[2])


def test_pause_and_resume(tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, SLOW) as terminal:
        terminal.until(DRAWN)
        terminal.until("running")
        terminal.type("p")
        terminal.until("paused: the pad is off")
        terminal.type("r")
        terminal.until("running")
        terminal.type("s")
        assert terminal.ended() == 130


def test_a_prompt_is_answered_with_enter(tmp_path: Path) -> None:
    cold = tmp_path / "cold.toml"
    cold.write_text(COLD, encoding="utf-8")
    device = "sim:?speed=20&cooler=0&user=absent"
    with Terminal(tmp_path, "run", str(cold), "--yes", "-d", device) as terminal:
        terminal.until("Lay the cold pack on, then press Enter")
        terminal.type("\r")
        terminal.until("phase 1: cold")
        terminal.type("s")
        assert terminal.ended() == 130


def test_a_terminal_that_is_too_small_gets_lines_with_a_status(tmp_path: Path) -> None:
    with Terminal(tmp_path, "run", SHORT, "--yes", "-d", FAST, size=(80, 23)) as terminal:
        assert terminal.ended() == 0
    assert "note: the terminal is 80x23, the full view needs 80x24: lines instead" in terminal.text
    assert "\x1b[?1049h" not in terminal.read
    assert "short: complete" in terminal.text


def test_shrinking_and_growing_changes_nothing_about_the_session(tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, SLOW) as terminal:
        terminal.until(DRAWN)
        terminal.resize(40, 10)
        terminal.until("too small")
        terminal.resize(100, 30)
        terminal.until(DRAWN)
        terminal.type("s")
        assert terminal.ended() == 130


def test_plain_is_lines_on_a_terminal_too(tmp_path: Path) -> None:
    with Terminal(tmp_path, "run", SHORT, "--yes", "-d", FAST, "--view", "plain") as terminal:
        assert terminal.ended() == 0
    assert "\x1b" not in terminal.read
    assert "phase 1: heat" in terminal.text and "complete" in terminal.text


def test_json_never_takes_the_screen(tmp_path: Path) -> None:
    with Terminal(tmp_path, "run", SHORT, "--yes", "-d", FAST, "--json") as terminal:
        assert terminal.ended() == 0
    assert "\x1b[?1049h" not in terminal.read
    assert '"outcome": "complete"' in terminal.text


def test_no_color_has_no_colour(tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, SLOW, NO_COLOR="1") as terminal:
        terminal.until(DRAWN)
        terminal.type("s")
        assert terminal.ended() == 130
    assert re.search(r"\x1b\[[\d;]*\b[34][0-8][;m]", terminal.read) is None


def test_without_utf_8_all_is_ascii(tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, SLOW, PYTHONIOENCODING="ascii") as terminal:
        terminal.until(DRAWN)
        terminal.until("master")
        terminal.type("s")
        assert terminal.ended() == 130
    drawn = terminal.text.partition("arthritis: stopped")[0]
    assert drawn.isascii()
    assert "?" not in drawn.replace("sim:?speed", "")


def test_a_view_that_fails_gives_way_to_lines_and_the_session_goes_on(tmp_path: Path) -> None:
    broken = START.replace(
        "from poultice.cli import main",
        "import poultice.cli.dashboard.panels as p; p.facts = None; from poultice.cli import main",
    )
    with Terminal(tmp_path, "run", SHORT, "--yes", "-d", QUICK, start=broken) as terminal:
        assert terminal.ended() == 0
    assert "note: the view failed" in terminal.text
    assert "Traceback" not in terminal.text
    assert "short: complete" in terminal.text


def test_ctrl_c_stops_after_the_view_has_failed(tmp_path: Path) -> None:
    broken = START.replace(
        "from poultice.cli import main",
        "import poultice.cli.dashboard.panels as p; p.facts = None; from poultice.cli import main",
    )
    with Terminal(tmp_path, *RUN, SLOW, start=broken) as terminal:
        terminal.until("the view failed")
        terminal.type("\x03")
        assert terminal.ended() == 130
    assert "stopped; the pad is off" in terminal.text


def test_watching_is_left_with_q(tmp_path: Path) -> None:
    with Terminal(tmp_path, "watch", "-d", SLOW) as terminal:
        terminal.until("no session runs")
        terminal.type("q")
        assert terminal.ended() == 0
    assert "Traceback" not in terminal.text


def test_watching_for_a_time_ends_by_itself(tmp_path: Path) -> None:
    with Terminal(tmp_path, "watch", "-d", FAST, "--for", "30") as terminal:
        assert terminal.ended() == 0
    assert "no session runs" in terminal.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_watching_and_gives_the_screen_back(number: int, tmp_path: Path) -> None:
    with Terminal(tmp_path, "watch", "-d", SLOW) as terminal:
        terminal.until("no session runs")
        terminal.signal(number)
        assert terminal.ended() == 0
    assert "\x1b[?1049l" in terminal.read


def test_several_pads_on_one_screen(tmp_path: Path) -> None:
    devices = ("-d", "sim:?speed=20&seed=1", "-d", "sim:?speed=20&seed=2&fault=estop@10")
    with Terminal(tmp_path, "run", "arthritis", "--yes", *devices) as terminal:
        terminal.until("emergency_stop")
        terminal.type("\x03")
        assert terminal.ended() == 7
    assert "seed=1: stopped; the pad is off" in terminal.text
    assert "estop@10: the device is in fault: emergency_stop" in terminal.text


def test_watching_through_a_pipe_stays_lines(tmp_path: Path) -> None:
    with Terminal(tmp_path, "watch", "-d", FAST, "--for", "5", "--view", "plain") as terminal:
        assert terminal.ended() == 0
    assert "\x1b" not in terminal.read
    assert "idle" in terminal.text
