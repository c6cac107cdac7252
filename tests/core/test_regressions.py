"""What once went wrong, each kept as the story that showed it."""

from __future__ import annotations

from typing import Any

import pytest

from poultice_core import codec, entries
from poultice_core.limits import Limits

from .rig import Rig, plan, set_up

L = Limits()


def _running() -> Rig:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 300)))
    rig.ticks(30)
    return rig


def _laid(mc: int) -> Rig:
    """In a cold phase, the pack laid and read as so cold."""
    rig = Rig()
    rig.start(plan(("cold", 12_000, 300)))
    rig.ticks(3)
    rig.result("confirm")
    rig.board.set_mc(mc)
    return rig


def test_an_id_that_escapes_to_384_bytes_does_not_block_the_link() -> None:
    """32 astral characters made a journal answer of 2055 bytes: it never fitted, and everything
    after it waited behind it for ever."""
    rig = Rig()
    for _ in range(13):
        rig.loop.memory._journal.add((("kind", "fault"), ("fault", "x" * 90), ("t_ms", 123456)))
    request = {"jsonrpc": "2.0", "id": "\U0001f600" * 32, "method": "journal", "params": {}}
    rig.raw(codec.encode({**request, "params": {"after": 0, "limit": 64}}))
    rig.ticks(5)
    answers = [m for m in rig.seen if m.get("id") == request["id"]]
    assert [bool(m["result"]["entries"]) for m in answers] == [True]
    assert len(codec.encode(answers[0])) <= codec.MAX_LINE
    assert rig.result("ping")


def test_a_number_of_1900_digits_is_not_echoed() -> None:
    rig = Rig()
    body = {"plan": plan(("heat", 10**1900, 60))}
    line = codec.encode({"jsonrpc": "2.0", "id": 1, "method": "arm", "params": body})
    assert len(line) <= codec.MAX_LINE
    assert not [m for m in rig.raw(line) if "999" in str(m) or "000000" in str(m)]
    assert rig.loop.link.rx_errors == 1
    assert rig.result("ping")


@pytest.mark.parametrize("method", ["pause", "resume", "stop"])
def test_a_state_and_its_outputs_are_of_the_same_tick(method: str) -> None:
    """Row 18: `paused` came with the outputs of the tick before, `running` with all open."""
    rig = Rig(set_up(sense=False))
    rig.start(plan(("heat", 38_000, 300)))
    rig.ticks(40)
    if method == "resume":
        rig.result("pause")
        rig.ticks(3)
    rig.result(method)
    status = rig.result("status")
    assert status["state"] == {"pause": "paused", "resume": "running", "stop": "idle"}[method]
    closed = status["state"] == "running"
    assert (status["master"], rig.board.outputs[0]) == (closed, closed)


def test_a_reboot_is_no_power_cycle_for_the_clock() -> None:
    """`reboot` and `set_clock` in turn took the rest and the totals of a day away each time."""
    rig = Rig()
    rig.result("set_clock", {"unix_s": 1_800_000_000})
    rig.start(plan(("heat", 40_000, 60)))
    rig.ticks(800)
    assert rig.result("status")["rest_heat_s"] > 1_000
    again = Rig(rig.board.store, reset_cause="reboot")
    assert again.result("set_clock", {"unix_s": 1_800_093_600}) == {"credited_s": 0}
    assert again.result("status")["rest_heat_s"] > 1_000
    powered = Rig(rig.board.store)
    assert powered.result("set_clock", {"unix_s": 1_800_187_200})["credited_s"] > 93_000


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("lowest_mc", [12_500, 16_000, 30_000])
def test_a_pack_outlives_a_power_cut_in_its_phase_however_cold_it_was(lowest_mc: int) -> None:
    """Row 10: at 16 °C it was forgotten, for nobody had written its lowest down."""
    rig = _laid(lowest_mc)
    rig.ticks(120 if lowest_mc > 15_000 else 300)
    again = Rig(rig.board.store, idle=False)
    for mc, ticks, prompt in (
        (lowest_mc, 400, "remove_pack"),
        (lowest_mc + L.pack_rise_mc - 100, 5, "remove_pack"),
        (lowest_mc + L.pack_rise_mc + 200, 5, None),
    ):
        again.board.set_mc(mc)
        again.ticks(ticks)
        assert again.result("status")["prompt"] == prompt


def test_a_rejected_reading_is_not_shown_as_a_temperature() -> None:
    rig = _running()
    rig.board.set_mc(36_000, 32_000)
    rig.tick()
    status = rig.result("status")
    assert (status["temp_mc"], status["temp_b_mc"]) == (None, 31_999)


def test_no_part_of_a_second_with_the_pack_on_is_lost_between_sessions() -> None:
    """The cold of a pack left on was booked once a second, and what came after the last whole
    second was forgotten when the next session began."""
    rig = _laid(14_000)
    for gap in (7, 9, 11, 13, 15):
        rig.ticks(20)
        rig.ask("stop")
        rig.ticks(gap)
        on_ms = rig.guard.clocks.cold_ms
        rig.start(plan(("heat", 38_000, 60)))
        assert rig.guard.ledger.last_cold_s() * 1_000 >= on_ms


def test_a_fault_is_kept_although_the_session_asked_for_no_mode_there_is() -> None:
    """A mode of 7 broke the journal's entry, and with it the record that there was a fault."""
    rig = _running()
    sequencer = rig.loop.sequencer
    step = sequencer.step

    def asks_for_mode_7(guard: Any, ask: Any, dt_ms: int) -> None:
        step(guard, ask, dt_ms)
        ask.mode = 7

    sequencer.step = asks_for_mode_7  # type: ignore[method-assign]
    rig.board.estop_open = True
    rig.ticks(3)
    again = Rig(rig.board.store)
    assert again.result("status")["fault"] == "emergency_stop"


def test_a_fault_is_kept_although_its_entry_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = _running()

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(entries, "fault", broken)
    rig.board.estop_open = True
    rig.ticks(5)
    saves = rig.board.store.saves
    rig.ticks(50)
    assert rig.board.store.saves <= saves + 1
    assert rig.board.outputs == (False, False, False)
    again = Rig(rig.board.store)
    assert again.result("status")["fault"] == "emergency_stop"
