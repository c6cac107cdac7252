"""`poultice run` on the release image: in process, and through a real serial port."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from poultice.virtual.emulator.bench import MASTER
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.flash import FlashStore
from poultice.virtual.options import parse_options
from tests.emulator.copies import heating, idle, on_a_copy
from tests.emulator.link import HEAT, Link

MINUTE = """
name = "minute"
title = "A minute"
summary = "For tests."
evidence = ["none"]
acute = "any"
[[phase]]
mode = "heat"
target = 40
seconds = {seconds}
"""


@pytest.fixture(autouse=True)
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


def ran(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, device: str, seconds: int = 60
) -> tuple[int, dict[str, Any]]:
    plan = tmp_path / "minute.toml"
    plan.write_text(MINUTE.format(seconds=seconds), encoding="utf-8")
    code = main(["run", str(plan), "-d", device, "--yes", "--json"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(found, dict)
    return code, found


def test_half_a_minute_of_heat_gives_the_summary_that_the_simulator_gives(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, found = ran(capsys, tmp_path, "emulator:", 30)
    code_sim, expected = ran(capsys, tmp_path, "sim:?speed=max", 30)

    assert (code, code_sim) == (0, 0)
    assert found.keys() == expected.keys()
    for name in ("schema", "outcome", "reason", "protocol", "session", "cold_s", "fault", "dose_m"):
        assert found[name] == expected[name], name
    assert found["heat_operations"] == expected["heat_operations"]
    assert abs(found["duration_s"] - expected["duration_s"]) <= 2
    assert abs(found["heat_s"] - expected["heat_s"]) <= 1
    for name in ("peak_mc", "min_mc"):
        assert abs(found[name] - expected[name]) <= 300, name
    assert found["device"]["path"] == "emulator:"


@pytest.mark.requirement("SR-14")
def test_a_hang_ends_the_run_as_the_fault_that_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, found = ran(capsys, tmp_path, "emulator:?fault=hang@6")

    assert (code, found["outcome"], found["fault"]) == (7, "fault", "watchdog_reset")


def test_power_that_is_cut_loses_the_device_and_its_flash_tells_of_the_session(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    state = tmp_path / "flash"
    code, found = ran(capsys, tmp_path, f"emulator:?fault=power_cut@5&state={state}")
    assert (code, found["outcome"]) == (8, "lost")

    code, found = ran(capsys, tmp_path, f"emulator:?state={state}")

    assert (code, found["outcome"]) == (6, "refused")


def test_the_whole_of_it_through_real_pyserial(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pty_server = pytest.importorskip("poultice.virtual.pty_server")
    pytest.importorskip("tty")
    server = pty_server.PtyServer(EmulatedDevice(parse_options("", "emulator")))
    # A start-up is all work, and that is the one thing the emulator is slow at.
    for _ in range(10):
        server.device.step()
    stop = threading.Event()
    thread = threading.Thread(target=server.serve, args=(stop.is_set,))
    thread.start()
    try:
        code, found = ran(capsys, tmp_path, f"serial:{server.path}", 30)
    finally:
        stop.set()
        thread.join(30)

    assert (code, found["outcome"], found["fault"]) == (0, "complete", None)
    assert found["phases"][0]["actual_s"] >= 29
    assert found["device"]["uid"] == "e100000000000001"


@pytest.mark.requirement("SR-22")
@on_a_copy(idle)
def test_the_relay_proof_never_has_both_relays_closed_and_then_the_pad_is_live(link: Link) -> None:
    board = link.device.board
    live_ms: list[int] = []
    closed_together: list[int] = []

    link.start(HEAT)
    end_s = link.now_s + 4.0
    while link.now_s < end_s and link.state != "fault":
        link.wait(0.001)
        if board.energised:
            live_ms.append(board.now_ms)
        if board.k1.contact and board.k2.contact:
            closed_together.append(board.now_ms)

    heat = [(at, up) for at, pin, up in link.device.chip.edges if pin == 11]
    master = [(at, up) for at, pin, up in link.device.chip.edges if pin == MASTER]
    assert [up for _, up in heat] == [True, False, True]
    assert [up for _, up in master] == [True]
    assert heat[1][0] + 200e6 <= master[0][0]
    # Counted in ticks, seen at the pins: a tick's outputs come a fraction of a millisecond
    # earlier or later than the last one's.
    assert master[0][0] + 499e6 <= heat[2][0]
    assert live_ms[0] == closed_together[0]
    assert live_ms[0] >= heat[2][0] / 1e6


def test_a_cold_phase_of_a_hand_laid_pack_is_answered_by_the_person() -> None:
    link = Link("cooler=0")
    link.boot()

    link.start({"mode": "cold", "target_mc": 12_000, "duration_s": 30})
    assert link.until(lambda: link.state == "waiting", 3.0)
    assert link.until(lambda: link.state == "running", 8.0)

    assert link.device.plant.pack_on
    assert link.events("prompt")[0]["prompt"] == "lay_pack"


@on_a_copy(heating)
def test_the_flash_that_the_chip_writes_is_read_from_outside(link: Link) -> None:
    link.call("stop")
    link.wait(0.6)

    link.device.cut_power()

    store = FlashStore(link.device.flash)
    assert store.load("journal") is not None
    assert len(store.load("journal") or b"") > 40


def test_the_simulator_command_serves_the_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[object] = []
    monkeypatch.setattr(
        "poultice.virtual.pty_server.serve", lambda device, announce: served.append(device)
    )

    assert main(["simulator", "-d", "emulator:?seed=2"]) == 0

    assert isinstance(served[0], EmulatedDevice)
    assert served[0].options.seed == 2
