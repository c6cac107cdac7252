"""`run` against the real device logic on a simulated body, in process and over a real port."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.host.conftest import Say
from tests.host.served import Served
from tests.host.written import phase, protocol

SIM = "sim:?speed=max"


@pytest.fixture(autouse=True)
def here(short: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the protocols `short.toml` and `cold.toml` are."""
    place = Path(short).parent
    (place / "cold.toml").write_text(protocol("cold", phase("cold", 15, 60)), encoding="utf-8")
    monkeypatch.chdir(place)


def test_a_whole_session(say: Say) -> None:
    found = say(f"run arthritis -d {SIM} --yes --json").json
    assert (found["outcome"], found["heat_s"]) == ("complete", 1200)
    assert 40_000 <= found["peak_mc"] <= 41_100
    assert found["phases"][0]["actual_s"] == 1200
    assert found["heat_operations"] > 0


@pytest.mark.parametrize(
    ("line", "options", "code", "told"),
    [
        ("short.toml", "&fault=sensor_open@20", 7, {"outcome": "fault", "fault": "sensor_open"}),
        ("short.toml", "&fault=estop@20", 7, {"outcome": "fault", "fault": "emergency_stop"}),
        ("short.toml", "&fault=estop@boot", 7, {"outcome": "fault", "fault": "emergency_stop"}),
        ("short.toml", "&fault=sensor_open@boot", 6, {"outcome": "refused", "fault": None}),
        ("short.toml", "&fault=host_lost@20", 8, {"outcome": "lost", "fault": None}),
        ("short.toml", "&fault=power_cut@20", 8, {"outcome": "lost", "fault": None}),
        # Without a terminal prompts are left to the button, and a start where it is said.
        ("cold.toml", "&cooler=0", 0, {"outcome": "complete"}),
        ("cold.toml", "&cooler=0&user=absent", 8,
         {"outcome": "stopped", "reason": "prompt_timeout"}),
        ("short.toml --confirm button", "", 0, {"outcome": "complete"}),
        ("short.toml --confirm button", "&user=absent", 8, {"session": None}),
    ],
)  # fmt: skip
def test_each_kind_of_end(
    line: str, options: str, code: int, told: dict[str, Any], say: Say
) -> None:
    found = say(f"run {line} --yes --json -d {SIM}{options}", code).json
    assert {name: found[name] for name in told} == told


def test_rest_is_asked_across_runs_with_a_kept_flash(tmp_path: Path, say: Say) -> None:
    line = f"run short.toml --yes -d {SIM}&state={tmp_path / 'flash'}"
    say(line)
    assert "rest first" in say(line, 6).err


@pytest.mark.parametrize("scheme", ["sim", "emulator"])
@pytest.mark.parametrize(
    "line", ["run short.toml --yes --detach", "config set cooler=no --no-wait"]
)
def test_nothing_is_left_to_a_device_that_ends_with_this_process(
    line: str, scheme: str, say: Say
) -> None:
    told = say(f"{line} -d {scheme}:?speed=max", 2)
    assert f"{scheme}:?speed=max is in this process, and ends with it" in told.err
    assert "state=DIR" in told.err and told.out == ""


def test_a_detached_session_of_a_kept_flash_is_over_at_once(tmp_path: Path, say: Say) -> None:
    where = f"-d {SIM}&state={tmp_path / 'flash'}"
    told = say(f"run short.toml --yes --detach {where}").out
    assert told == "session 1 went on by itself and is over; `poultice status` tells\n"
    assert "a session that ran by itself" in say(f"status {where}").err
    assert say("history show 1 --json").json["outcome"] == "complete"


def test_everything_over_a_real_port(say: Say) -> None:
    with Served() as served:
        found = say(f"run short.toml -d {served.path} --yes --json").json
        assert found["outcome"] == "complete"
        assert found["device"]["path"] == f"serial:{served.path}"
        assert say(f"status -d serial:{served.path} --json").json["state"] == "idle"


def test_the_first_prompt_is_in_the_record(say: Say) -> None:
    say(f"run cold.toml -d {SIM}&cooler=0 --yes")
    events = say("history show 1 --json").json["events"]
    assert [(one["kind"], one.get("prompt")) for one in events] == [
        ("prompt", "lay_pack"),
        ("phase", None),
        ("warning", None),
        ("prompt", "remove_pack"),
        ("complete", None),
    ]


def test_without_a_screen_to_draw_on_nothing_that_draws_is_loaded() -> None:
    program = (
        "import sys; from poultice.cli import main; "
        f"main(['run', 'short.toml', '-d', {SIM!r}, '--yes']); "
        "assert not {'textual', 'rich', 'asyncio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize("fit", ["", "--fit", "--fit --sensitive"])
@pytest.mark.parametrize(
    ("mode", "target", "meant"),
    [("heat", 104, "104 °F is 40.0 °C"), ("heat", 400, "40.0 °C"), ("cold", 54, "12.2 °C")],
)
def test_a_slip_of_the_pen_is_never_treated(
    fit: str, mode: str, target: int, meant: str, say: Say
) -> None:
    Path("slip.toml").write_text(protocol("short", phase(mode, target, 60)), encoding="utf-8")
    for line in (
        f"run slip.toml -d {SIM} --yes {fit}",
        f"run slip.toml -d sim: --dry-run {fit}",
        "protocols check slip.toml",
    ):
        said = say(line, 6).err
        assert meant in said and "--fit" not in said
    assert say("history --simulated --json").json["sessions"] == []
