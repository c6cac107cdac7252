"""Restarts: planned, by the watchdog, from the prompt, and by power that is cut."""

from __future__ import annotations

import pytest

from poultice.errors import PoulticeError
from tests.hardware.bench import PHASE, Bench
from tests.hardware.operator import Operator

# With the interrupts off the sleep never ends either.
_HANG = (
    "import machine, time; from poultice_pico.board import PicoBoard;"
    ' b = PicoBoard("power_on"); b.write(True, False, False); machine.disable_irq();'
    " time.sleep_ms(60_000)\r\n"
)


def test_a_planned_restart_is_no_fault(bench: Bench, operator: Operator) -> None:
    operator.do("watch")

    bench.client.reboot("app")
    bench.connect()

    assert bench.client.hello().reset_cause == "reboot"
    assert bench.client.status().state == "idle"
    assert not operator.sees("edges")


@pytest.mark.requirement("SR-14")
def test_a_processor_that_hangs(bench: Bench, operator: Operator) -> None:
    port = bench.prompt()
    operator.do("watch_master")

    port.write(_HANG.encode())
    port.flush()
    bench.restarted()

    assert operator.reads("held_ms") <= 350
    assert bench.client.hello().reset_cause == "watchdog"
    assert bench.fault() == "watchdog_reset"
    with pytest.raises(PoulticeError) as refused:
        bench.client.clear_fault("watchdog_reset")
    assert refused.value.data["clear"] == "button"  # type: ignore[attr-defined]
    operator.do("hold")
    assert bench.until(lambda now: now.state == "idle").fault is None


@pytest.mark.requirement("SR-14")
def test_a_soft_reset_from_the_prompt_drops_both_relays(bench: Bench, operator: Operator) -> None:
    port = bench.prompt()
    bench.types(port, "from machine import Pin; Pin(11, Pin.OUT).on()")
    bench.types(port, "from poultice_pico.deadman import DeadMan; d = DeadMan()")
    operator.do("watch_master")

    port.write(b"d.hold()\r\n\x04")
    port.flush()
    bench.restarted()

    assert operator.reads("held_ms") <= 350
    assert not operator.sees("high")


@pytest.mark.requirement("SR-05")
@pytest.mark.requirement("SR-06")
def test_a_power_cut_while_heating(bench: Bench, operator: Operator) -> None:
    bench.start()

    bench.disconnect()
    operator.do("power_cut")
    bench.connect()

    told = bench.client.status()
    assert (told.state, told.fault, told.session) == ("idle", None, None)
    assert told.rest_heat_s > 1_000
    assert told.budget_pct < 10
    entry = bench.client.journal()["entries"][-1]
    assert (entry["kind"], entry["outcome"]) == ("session", "power_lost")
    with pytest.raises(PoulticeError, match="rest"):
        bench.client.arm({"name": "again", "phases": [PHASE]})
    assert not operator.sees("lamp")
