"""The board's parts that meet a chip's own machines, on stand-ins that remember what was said.

That the machines do it is for tests/emulator to show.
"""

from __future__ import annotations

import sys
import time
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.firmware.fake_machine import FakePin, FakeTime
from tests.firmware.fake_machine import clock as clock
from tests.firmware.test_board_parts import FakeConverter

# A half-wave of MASTER_PUMP, of ten steps.
HALF_WAVE_CYCLES, HALF_WAVE_STEPS = 202, 10
WDT_RESET, POWER_ON = 3, 1


class FakeStateMachine:
    """What was put into it, and what it has to give."""

    made: dict[int, FakeStateMachine]

    def __init__(self, number: int, program: object, freq: int, **pins: object) -> None:
        self.freq = freq
        self.taken: list[int] = []
        self.gives: list[int] = []
        self.made[number] = self

    def active(self, on: int) -> None:
        assert on

    def put(self, word: int) -> None:
        self.taken.append(word)

    def rx_fifo(self) -> int:
        return len(self.gives)

    def get(self) -> int:
        return self.gives.pop(0)


class Registers(dict[int, int]):
    """Those in `latches` hold bits until they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.latches: dict[int, int] = {}

    def __getitem__(self, register: int) -> int:
        latches = self.latches
        return latches[register] if register in latches else super().__getitem__(register)

    def __setitem__(self, register: int, value: int) -> None:
        if register in self.latches:
            self.latches[register] &= ~value
        else:
            super().__setitem__(register, value)


class FakeFlash:
    """Blocks of 4096 bytes, the one numbered `written` with something in it."""

    written: int | None = None

    def ioctl(self, what: int, _: int) -> int:
        assert what == 4
        return 8

    def readblocks(self, number: int, page: bytearray, offset: int) -> None:
        page[:] = (b"x" if number == self.written else b"\xff") * len(page)


@pytest.fixture
def chip(clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`machines` by number, the memory `mem32`, and `why` the chip last started."""
    FakeStateMachine.made = {}
    found = SimpleNamespace(
        machines=FakeStateMachine.made, mem32=Registers(), why=WDT_RESET, mounts=[]
    )

    def mount(*what: object) -> None:
        found.mounts.append("mount")
        if found.mounts == ["mount"]:
            raise OSError

    rp2 = ModuleType("rp2")
    vars(rp2).update(
        asm_pio=lambda **how: lambda program: program,
        PIO=SimpleNamespace(OUT_LOW=0),
        StateMachine=FakeStateMachine,
        Flash=FakeFlash,
    )
    vfs = ModuleType("vfs")
    littlefs = type("VfsLfs2", (), {"__init__": lambda *made, **how: None})
    littlefs.mkfs = lambda flash, progsize: found.mounts.append("mkfs")  # type: ignore[attr-defined]
    vars(vfs).update(mount=mount, VfsLfs2=littlefs)
    for module in (rp2, vfs):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    vars(sys.modules["machine"]).update(
        WDT=None,
        WDT_RESET=WDT_RESET,
        mem32=found.mem32,
        unique_id=lambda: b"12345678",
        reset_cause=lambda: found.why,
    )
    return found


@pytest.mark.requirement("SR-14")
def test_master_is_a_token_a_tick_and_none_is_off_at_once(chip: Any) -> None:
    from poultice_pico.board import PicoBoard
    from poultice_pico.deadman import DeadMan

    board = PicoBoard.__new__(PicoBoard)
    written: list[tuple[str, bool]] = []
    board._dead_man = DeadMan()
    board._heat = lambda on: written.append(("heat", on))
    board._cool = lambda on: written.append(("cool", on))
    [machine] = chip.machines.values()
    board.write(True, True, False)
    [token] = machine.taken
    held_s = token / HALF_WAVE_STEPS * HALF_WAVE_CYCLES / machine.freq
    assert held_s == pytest.approx(0.250)
    board.write(False, False, False)
    assert machine.taken == [token, 0]
    assert written == [("heat", True), ("cool", False), ("heat", False), ("cool", False)]


@pytest.mark.requirement("SR-14")
def test_a_reboot_has_everything_off_first(chip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from poultice_pico import board as boards

    board = boards.PicoBoard.__new__(boards.PicoBoard)
    told: list[object] = []
    monkeypatch.setattr(board, "write", lambda *outputs: told.append(outputs))
    monkeypatch.setattr(board, "feed", lambda: told.append("feed"))
    monkeypatch.setattr(boards, "restart", told.append)
    board.reboot("app")
    assert told == [(False, False, False), "feed", "app"]


def edges_of(chip: Any, pin: int) -> tuple[int, int]:
    """The latch of a pin's edges, there with none in it; and the pin's bits."""
    from poultice_pico.chip import edges

    register, mask = edges(pin)
    chip.mem32.latches[register] = 0
    return register, mask


def test_an_edge_breaks_the_sense_once(chip: Any) -> None:
    from poultice_pico.board import PicoBoard
    from poultice_pico.pins import SENSE

    from poultice_core.board import SENSE_BROKEN, SENSE_HIGH

    board = PicoBoard.__new__(PicoBoard)
    board._edges, board._edges_mask = edges_of(chip, SENSE)
    board._sense = lambda: 1
    assert board.sense() == SENSE_HIGH
    # Another pin's edges stand in the same register.
    chip.mem32.latches[board._edges] = 0xFFFF_FFFF
    assert [board.sense() for _ in range(2)] == [SENSE_BROKEN, SENSE_HIGH]
    assert chip.mem32[board._edges] == 0xFFFF_FFFF & ~board._edges_mask


@pytest.mark.parametrize(("level", "hums", "held"), [(0, 0, True), (0, 1, False), (1, 0, False)])
def test_hum_at_power_up_is_no_hand(
    level: int, hums: int, held: bool, chip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice_pico import application
    from poultice_pico.pins import BUTTON

    register, mask = edges_of(chip, BUTTON)

    def passes(wait_ms: int) -> None:
        chip.mem32.latches[register] = mask * hums

    monkeypatch.setattr(time, "sleep_ms", passes, raising=False)
    monkeypatch.setattr(FakePin, "__call__", lambda pin: level)
    assert application._button_held() is held


def test_a_press_and_its_end_between_two_ticks_are_two_ticks(chip: Any) -> None:
    from poultice_pico.debounce import Debounced

    button = Debounced()
    [machine] = chip.machines.values()
    assert button.pressed(), "never let go yet"
    machine.gives += [0, 1, 0]
    assert [button.pressed() for _ in range(4)] == [False, True, False, False]


@pytest.mark.requirement("SR-07")
def test_each_sensor_is_read_at_its_own_input(chip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from poultice_pico import analog

    converter = FakeConverter([100] * 16 + [200] * 16)
    monkeypatch.setattr(analog.chip, "ADC_CS", converter)
    monkeypatch.setattr(analog.chip, "RP2040", False)
    a, b = [0] * 3, [0] * 3
    assert analog.Analog().sample(a, b)
    assert converter.selected == [0] * 16 + [1] * 16
    assert (a[0], b[0]) == (1_600, 3_200)


@pytest.mark.requirement("SR-14")
def test_a_reset_that_was_asked_for_is_one_once(chip: Any) -> None:
    from poultice_pico.chip import SCRATCH0, SCRATCH4
    from poultice_pico.restart import _MARK, _PLACES, _TIMER_RAN, Cause

    chip.mem32 |= {SCRATCH0: _MARK + _PLACES.index("repl"), SCRATCH4: 0}
    asked = Cause()
    assert (asked.name, asked.into) == ("reboot", "repl")
    # The watchdog's own, some time later: the mark in number 0 is of the time before.
    chip.mem32[SCRATCH4] = _TIMER_RAN
    bitten = Cause()
    assert (bitten.name, bitten.into) == ("watchdog", "")


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("written", "made"), [(None, True), (0, False), (1, False), (7, False)], ids=str
)
def test_only_flash_that_is_erased_throughout_gets_a_file_system(
    written: int | None, made: bool, chip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice_pico import disk

    monkeypatch.setattr(FakeFlash, "written", written)
    if made:
        disk.mount()
        assert chip.mounts == ["mount", "mkfs", "mount"]
    else:
        with pytest.raises(OSError):  # noqa: PT011 - whatever mounting raised
            disk.mount()
        assert chip.mounts == ["mount"]


class EnoughError(Exception):
    """The story is over."""


def test_a_tick_that_came_late_is_not_made_up_for(
    chip: Any, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice_pico import application

    begun: list[int] = []

    def tick() -> None:
        begun.append(clock.now_ms)
        clock.now_ms += 350 if len(begun) == 3 else 10
        if len(begun) == 6:
            raise EnoughError

    def passes(wait_ms: int) -> tuple[()]:
        clock.now_ms += wait_ms
        return ()

    monkeypatch.setattr(time, "sleep_ms", passes, raising=False)
    poll = SimpleNamespace(register=lambda *what: None, ipoll=passes)
    monkeypatch.setattr(application, "select", SimpleNamespace(poll=lambda: poll, POLLIN=1))
    board = SimpleNamespace(listen_until_ms=0, pump=lambda: None, between=lambda: None)
    with pytest.raises(EnoughError):
        application._go_on(SimpleNamespace(tick=tick, serve=lambda: False), board)
    assert begun == [0, 100, 200, 650, 750, 850]
