"""The named faults: what each does to the board, the plant or the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from poultice.virtual import adc
from poultice.virtual.options import FaultAt
from poultice.virtual.plant import Plant
from poultice.virtual.virtual_board import RING_MS, VirtualBoard

DRIFT_C_PER_MIN = -0.5
LATE_MS = 2_000
WRAP_AFTER_S = 5


class Faulted(Protocol):
    """What of a device a fault is done to."""

    late_ms: int

    @property
    def board(self) -> VirtualBoard:
        """Relays, sensors, button, supply."""

    @property
    def plant(self) -> Plant:
        """The pad and the body."""

    def lose_host(self) -> None:
        """The link ends."""

    def cut_power(self) -> None:
        """The supply ends."""


def _sensor_open(device: Faulted) -> None:
    device.board.channel_a.fail(adc.OPEN)


def _sensor_short(device: Faulted) -> None:
    device.board.channel_a.fail(adc.SHORT)


def _sensor_drift(device: Faulted) -> None:
    device.board.channel_a.drift(DRIFT_C_PER_MIN / 600)


def _sensor_frozen(device: Faulted) -> None:
    device.board.channel_a.fail(adc.FROZEN)


def _sensor_noisy(device: Faulted) -> None:
    device.board.channel_a.fail(adc.NOISY)


def _sensor_detached(device: Faulted) -> None:
    device.plant.grip_a = 0.0


def _weld_k1(device: Faulted) -> None:
    device.board.k1.weld()
    device.board.settle()


def _weld_k2(device: Faulted) -> None:
    device.board.k2.weld()
    device.board.settle()


def _relay_dead(device: Faulted) -> None:
    device.board.k2.kill()
    device.board.settle()


def _supply_lost(device: Faulted) -> None:
    device.board.supply = False
    device.board.settle()


def _estop(device: Faulted) -> None:
    device.board.estop_open = True


def _host_lost(device: Faulted) -> None:
    device.lose_host()


def _power_cut(device: Faulted) -> None:
    device.cut_power()


def _late_tick(device: Faulted) -> None:
    device.late_ms = LATE_MS


def _tick_wrap(device: Faulted) -> None:
    """Nothing at its time: the counter cannot jump, so it is set at power-up (`start_ms`)."""


INJECT: dict[str, Callable[[Faulted], None]] = {
    "sensor_open": _sensor_open,
    "sensor_short": _sensor_short,
    "sensor_drift": _sensor_drift,
    "sensor_frozen": _sensor_frozen,
    "sensor_noisy": _sensor_noisy,
    "sensor_detached": _sensor_detached,
    "weld_k1": _weld_k1,
    "weld_k2": _weld_k2,
    "relay_dead": _relay_dead,
    "supply_lost": _supply_lost,
    "estop": _estop,
    "host_lost": _host_lost,
    "power_cut": _power_cut,
    "late_tick": _late_tick,
    "tick_wrap": _tick_wrap,
}


def start_ms(faults: tuple[FaultAt, ...]) -> int:
    """The tick counter at power-up: 0, or with `tick_wrap@S` so that it wraps 5 s after S.

    S counts from power-up there, a few seconds before the session starts: to count from the
    start itself the counter would have to jump.
    """
    for fault in faults:
        if fault.name == "tick_wrap":
            return int(RING_MS - ((fault.at_s or 0.0) + WRAP_AFTER_S) * 1000) % RING_MS
    return 0
