"""`run` against the real device logic on a simulated body, in process and over a real port."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from tests.host.served import Served
from tests.host.written import phase, protocol

pytest.importorskip("poultice.virtual.in_process")


pytestmark = pytest.mark.usefixtures("own_record")


@pytest.fixture
def short(tmp_path: Path) -> str:
    path = tmp_path / "short.toml"
    path.write_text(protocol("short", phase("heat", 40, 60)), encoding="utf-8")
    return str(path)


@pytest.fixture
def cold(tmp_path: Path) -> str:
    path = tmp_path / "cold.toml"
    path.write_text(protocol("short", phase("cold", 15, 60)), encoding="utf-8")
    return str(path)


def ran(capsys: pytest.CaptureFixture[str], *line: str) -> tuple[int, dict[str, Any]]:
    code = main(["run", *line, "--json"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(found, dict)
    return code, found


def test_a_whole_session(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = ran(capsys, "arthritis", "-d", "sim:?speed=max", "--yes")
    assert (code, found["outcome"], found["heat_s"]) == (0, "complete", 1200)
    assert 40_000 <= found["peak_mc"] <= 41_100
    assert found["phases"][0]["actual_s"] == 1200
    assert found["heat_operations"] > 0


@pytest.mark.parametrize(
    ("options", "code", "outcome", "fault"),
    [
        ("fault=sensor_open@20", 7, "fault", "sensor_open"),
        ("fault=estop@20", 7, "fault", "emergency_stop"),
        ("fault=estop@boot", 7, "fault", "emergency_stop"),
        ("fault=sensor_open@boot", 6, "refused", None),
        ("fault=host_lost@20", 8, "lost", None),
        ("fault=power_cut@20", 8, "lost", None),
    ],
)
def test_each_kind_of_end(
    options: str,
    code: int,
    outcome: str,
    fault: str | None,
    short: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = f"sim:?speed=max&{options}"
    ended, found = ran(capsys, short, "-d", device, "--yes")
    assert (ended, found["outcome"], found["fault"]) == (code, outcome, fault)


def test_prompts_are_left_to_the_button_without_a_terminal(
    cold: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = ran(capsys, cold, "-d", "sim:?speed=max&cooler=0", "--yes")
    assert (code, found["outcome"]) == (0, "complete")
    code, found = ran(capsys, cold, "-d", "sim:?speed=max&cooler=0&user=absent", "--yes")
    assert (code, found["outcome"], found["reason"]) == (8, "stopped", "prompt_timeout")


def test_a_start_left_to_the_button(short: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = [short, "--yes", "--confirm", "button", "-d"]
    code, found = ran(capsys, *line, "sim:?speed=max")
    assert (code, found["outcome"]) == (0, "complete")
    code, found = ran(capsys, *line, "sim:?speed=max&user=absent")
    assert (code, found["session"]) == (8, None)


def test_rest_is_asked_across_runs_with_a_kept_flash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = f"sim:?speed=max&state={tmp_path / 'flash'}"
    code, _ = ran(capsys, "tendinosis", "-d", device, "--yes")
    assert code == 0
    assert main(["run", "tendinosis", "-d", device, "--yes"]) == 6
    assert "rest first" in capsys.readouterr().err


def test_everything_over_a_real_port(short: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Served() as served:
        code, found = ran(capsys, short, "-d", served.path, "--yes")
        assert (code, found["outcome"]) == (0, "complete")
        assert found["device"]["path"] == f"serial:{served.path}"
        assert main(["status", "-d", f"serial:{served.path}", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == "idle"


def test_the_first_prompt_is_in_the_record(capsys: pytest.CaptureFixture[str], cold: str) -> None:
    ran(capsys, cold, "-d", "sim:?speed=max&cooler=0", "--yes")
    assert main(["history", "show", "1", "--json"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert [(one["kind"], one.get("prompt")) for one in events] == [
        ("prompt", "lay_pack"),
        ("phase", None),
        ("warning", None),
        ("prompt", "remove_pack"),
        ("complete", None),
    ]


def test_without_a_screen_to_draw_on_nothing_that_draws_is_loaded(short: str) -> None:
    program = (
        "import sys; from poultice.cli import main; "
        f"main(['run', {short!r}, '-d', 'sim:?speed=max', '--yes']); "
        "assert not {'textual', 'rich', 'asyncio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize("fit", [[], ["--fit"], ["--fit", "--sensitive"]], ids=" ".join)
@pytest.mark.parametrize(
    ("mode", "target", "meant"),
    [("heat", 104, "104 °F is 40.0 °C"), ("heat", 400, "40.0 °C"), ("cold", 54, "12.2 °C")],
)
def test_a_slip_of_the_pen_is_never_treated(
    fit: list[str],
    mode: str,
    target: int,
    meant: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "slip.toml"
    path.write_text(protocol("short", phase(mode, target, 60)), encoding="utf-8")
    for line in (["run", str(path), "-d", "sim:?speed=max", "--yes", *fit],
                 ["run", str(path), "-d", "sim:", "--dry-run", *fit],
                 ["protocols", "check", str(path)]):  # fmt: skip
        assert main(line) == 6
        said = capsys.readouterr().err
        assert meant in said
        assert "--fit" not in said
    assert main(["history", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sessions"] == []
