"""The named faults: what each does to the board, the plant or the device.

What any controller can suffer is in `hazards`, and here under its name in `sim:`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from poultice.virtual.adc import NOISY
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.relays import Relay
from poultice.virtual.virtual_board import VirtualBoard

LATE_MS = 2_000


def _contact(name: str, act: Callable[[Relay], None]) -> Callable[[Any], None]:
    def befall(device: Any) -> None:
        act(getattr(device.board, name))
        device.board.settle()

    return befall


def _supply_lost(device: Any) -> None:
    board: VirtualBoard = device.board
    board.supply = False
    board.settle()


def _estop(device: Any) -> None:
    device.board.estop_open = True


def _late_tick(device: Any) -> None:
    device.late_ms = LATE_MS


# By the names in `options.FAULTS`; each is given the `SimulatedDevice`.
INJECT: dict[str, Callable[[Any], None]] = {
    **{name: HAZARDS[name].befall for name in ("sensor_open", "sensor_short", "sensor_drift")},
    "sensor_frozen": HAZARDS["sensor_frozen"].befall,
    "sensor_noisy": lambda device: device.board.channel_a.fail(NOISY),
    "sensor_detached": HAZARDS["sensor_off"].befall,
    "weld_k1": _contact("k1", Relay.weld),
    "weld_k2": HAZARDS["weld_one"].befall,
    "relay_dead": _contact("k2", Relay.kill),
    "supply_lost": _supply_lost,
    "estop": _estop,
    "host_lost": HAZARDS["host_gone"].befall,
    "power_cut": lambda device: device.cut_power(),
    "late_tick": _late_tick,
    # Nothing at its time: the counter cannot jump, so it is set at power-up (`start_ms`).
    "tick_wrap": lambda device: None,
}
