"""The telemetry object, member by member, and the events."""

from __future__ import annotations

from typing import Any

import pytest

from poultice_core import faults, telemetry
from poultice_core.board import SENSE_HIGH
from poultice_core.limits import Limits
from tests.core.rig import Rig, plan

L = Limits()
HEAT = plan(("heat", 40_000, 60), ("rest", None, 30))
# name -> its type where it is not null, and whether it can be null
MEMBERS: dict[str, tuple[type, bool]] = {
    "t_ms": (int, False),
    "state": (str, False),
    "session": (int, True),
    "plan": (str, True),
    "profile": (str, True),
    "phase": (int, True),
    "mode": (str, True),
    "phase_left_s": (int, False),
    "left_s": (int, False),
    "temp_mc": (int, True),
    "temp_b_mc": (int, True),
    "target_mc": (int, True),
    "master": (bool, False),
    "heat": (bool, False),
    "cool": (bool, False),
    "sense": (bool, True),
    "duty_pct": (int, False),
    "dose_m": (int, False),
    "budget_pct": (int, False),
    "prompt": (str, True),
    "fault": (str, True),
    "faults_more": (int, False),
    "rest_heat_s": (int, False),
    "rest_cold_s": (int, False),
    "rx_errors": (int, False),
    "tx_dropped": (int, False),
}
EVENTS: dict[str, set[str]] = {
    "phase": {"phase", "mode", "target_mc", "duration_s"},
    "prompt": {"prompt"},
    "warning": {"what"},
    "complete": set(),
    "stopped": {"reason"},
    "fault": {"fault", "temp_mc", "state"},
    "boot": {"reset_cause", "fault"},
}

MORE: dict[str | None, set[str]] = {"inhibited": {"cause"}, "undertreated": {"phase"}}


def _check(seen: list[dict[str, Any]]) -> None:
    for message in seen:
        params = message.get("params")
        if message.get("method") == "telemetry":
            assert isinstance(params, dict)
            assert set(params) == set(MEMBERS)
            for name, (kind, nullable) in MEMBERS.items():
                value = params[name]
                assert (value is None and nullable) or type(value) is kind, (name, value)
        elif message.get("method") == "event":
            assert isinstance(params, dict)
            more = MORE.get(params.get("what"), set())
            assert set(params) == {"kind", "t_ms", "session"} | EVENTS[params["kind"]] | more


def _follow(rig: Rig, ticks: int) -> list[dict[str, Any]]:
    """Tick with a host that pings; the telemetry that came."""
    before = len(rig.seen)
    for tick in range(ticks):
        if tick % 20 == 0:
            rig.ping()
        rig.tick()
    _check(rig.seen)
    return [m["params"] for m in rig.seen[before:] if m.get("method") == "telemetry"]


def test_the_members_are_the_contracts_in_every_state() -> None:
    rig = Rig(idle=False)
    states = {t["state"] for t in _follow(rig, 20)}
    rig.result("arm", {"plan": HEAT})
    states |= {t["state"] for t in _follow(rig, 12)}
    rig.result("stop")
    rig.start(HEAT)
    states |= {t["state"] for t in _follow(rig, 60)}
    rig.result("pause")
    states |= {t["state"] for t in _follow(rig, 12)}
    rig.board.set_mc(45_500)
    states |= {t["state"] for t in _follow(rig, 12)}
    rig = Rig()
    rig.start(plan(("cold", 12_000, 30)))
    states |= {t["state"] for t in _follow(rig, 12)}
    assert states >= {"self_test", "idle", "armed", "running", "paused", "waiting", "fault"}


def test_in_idle() -> None:
    rig = Rig()
    telemetry = _follow(rig, 20)[-1]
    for name in ("session", "plan", "profile", "phase", "mode", "target_mc", "prompt", "fault"):
        assert telemetry[name] is None, name
    for name in ("phase_left_s", "left_s", "dose_m", "duty_pct", "rest_heat_s", "rest_cold_s"):
        assert telemetry[name] == 0, name
    assert telemetry["budget_pct"] == 100
    assert telemetry["state"] == "idle"
    assert 31_900 <= telemetry["temp_mc"] <= 32_000


def test_a_session_second_by_second() -> None:
    rig = Rig()
    number = rig.start(HEAT | {"profile": "sensitive"})
    rig.board.set_mc(39_000)
    telemetry = _follow(rig, 700)
    heating = [t for t in telemetry if t["mode"] == "heat"]
    assert {t["session"] for t in heating} == {number}
    assert {t["plan"] for t in heating} == {"test"}
    assert {t["profile"] for t in heating} == {"sensitive"}
    assert {t["target_mc"] for t in heating} == {40_000}
    assert {t["phase"] for t in heating} == {0}
    lefts = [t["phase_left_s"] for t in heating]
    assert lefts == sorted(lefts, reverse=True)
    assert lefts[0] == 60
    assert all(t["left_s"] == t["phase_left_s"] + 30 for t in heating)
    resting = [t for t in telemetry if t["mode"] == "rest"]
    assert resting
    assert {t["target_mc"] for t in resting} == {None}
    assert all(t["left_s"] == t["phase_left_s"] for t in resting)
    assert any(t["heat"] and t["master"] and t["sense"] for t in heating)
    assert any(t["duty_pct"] > 0 for t in heating)
    assert not any(t["cool"] for t in telemetry)


def test_each_temperature_is_null_where_it_is_none() -> None:
    rig = Rig()
    rig.board.code_x8 = 4095 * 8
    rig.tick()
    status = rig.result("status")
    assert (status["temp_mc"], status["temp_b_mc"] is None) == (None, False)
    rig.board.set_mc(32_000)
    rig.board.code_b_x8 = 5
    rig.tick()
    status = rig.result("status")
    assert (status["temp_mc"] is None, status["temp_b_mc"]) == (False, None)
    rig = Rig()
    rig.configure(sensor_b=False, sense=False)
    status = rig.result("status")
    assert (status["temp_b_mc"], status["sense"]) == (None, None)


def test_once_a_second_and_at_every_change_of_state() -> None:
    rig = Rig()
    rig.ping()
    rig.ticks(3)
    telemetry = _follow(rig, 100)
    assert 9 <= len(telemetry) <= 11
    before = len(rig.seen)
    rig.result("arm", {"plan": HEAT})
    rig.tick()
    states = [m["params"]["state"] for m in rig.seen[before:] if m.get("method") == "telemetry"]
    assert states == ["armed"]
    rig.result("stop")
    assert rig.seen[-1]["params"]["state"] == "idle"


def test_the_time_does_not_wrap() -> None:
    rig = Rig(idle=False)
    rig.board.now_ms = (1 << 30) - 2000
    rig.ticks(60)
    first = rig.result("status")["t_ms"]
    assert rig.fault is None
    rig.ticks(10)
    assert rig.result("status")["t_ms"] == first + 1000
    assert first >= 5900


def test_the_dose_is_kept_until_the_next_session() -> None:
    rig = Rig()
    rig.board.set_mc(41_500)
    rig.start(HEAT)
    rig.ticks(60)
    rig.result("stop")
    rig.ticks(20)
    dose_m = rig.result("status")["dose_m"]
    assert dose_m > 0
    assert rig.entries()[-1]["dose_m"] == dose_m
    rig.start(HEAT)
    assert rig.result("status")["dose_m"] == 0


@pytest.mark.requirement("SR-20")
def test_a_fault_and_its_followers() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(30)
    rig.board.set_mc(45_500)
    rig.board.estop_open = True
    rig.tick()
    status = rig.result("status")
    assert (status["state"], status["fault"]) == ("fault", "absolute_temperature")
    assert status["faults_more"] == 1
    rig.board.set_mc(32_000)
    rig.board.sense_forced = SENSE_HIGH
    rig.ticks(10)
    assert rig.result("status")["faults_more"] == 2


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize(("followers", "more"), [(-1 << 30, 0), (-1, 23), (1 << 29, 0), (1, 0)])
def test_bits_that_are_no_fault_of_ours_are_not_counted_for_ever(followers: int, more: int) -> None:
    rig = Rig()
    rig.guard.latch.followers = followers
    assert telemetry.build(rig.loop)["faults_more"] == more


def test_rest_is_told_for_either_mode() -> None:
    rig = Rig()
    rig.guard.ledger.add(0, 100, 0, True)
    status = rig.result("status")
    assert status["rest_heat_s"] == L.rest_cold_to_heat_s
    assert status["rest_cold_s"] == L.rest_cold_to_cold_s


# --- events -------------------------------------------------------------------------------


def test_the_events_of_a_whole_session() -> None:
    rig = Rig()
    number = rig.start(HEAT)
    _follow(rig, 1000)
    events = [m["params"] for m in rig.seen if m.get("method") == "event"]
    assert [e["kind"] for e in events] == ["boot", "phase", "warning", "phase", "complete"]
    assert (events[0]["reset_cause"], events[0]["fault"]) == ("power_on", None)
    assert {k: events[1][k] for k in ("phase", "mode", "target_mc", "duration_s", "session")} == {
        "phase": 0, "mode": "heat", "target_mc": 40_000, "duration_s": 60, "session": number,
    }  # fmt: skip
    # The pad stayed at 32 °C.
    assert (events[2]["what"], events[2]["phase"]) == ("undertreated", 0)
    assert (events[3]["phase"], events[3]["mode"], events[3]["target_mc"]) == (1, "rest", None)
    assert events[4]["session"] == number
    assert rig.entries()[-1]["warnings"] == ["undertreated"]


@pytest.mark.parametrize("cause", ["power_on", "watchdog", "reboot"])
def test_boot_is_told_once_after_the_first_valid_line(cause: str) -> None:
    rig = Rig(reset_cause=cause)
    assert rig.seen == []
    rig.raw(b"nonsense\n")
    rig.tick()
    assert rig.events("boot") == []
    for _ in range(3):
        rig.ping()
        rig.ticks(80)
    boots = rig.events("boot")
    assert len(boots) == 1
    fault = "watchdog_reset" if cause == "watchdog" else None
    assert (boots[0]["reset_cause"], boots[0]["fault"]) == (cause, fault)


def test_a_fault_event_says_what_was_read_in_which_state() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(30)
    rig.board.set_mc(45_500)
    rig.tick()
    event = rig.events("fault")[-1]
    assert (event["fault"], event["state"]) == ("absolute_temperature", "running")
    assert event["temp_mc"] >= 45_000
    assert event["session"] == 1
    _check(rig.seen)


@pytest.mark.requirement("SR-06")
def test_the_dose_warns_once_when_it_reaches_its_line() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(30)
    rig.guard.dose.total_u = (L.dose_warn_m - 1) * 1000
    rig.sealed()
    _follow(rig, 20)
    assert rig.events("warning") == []
    rig.guard.dose.total_u += 1
    rig.sealed()
    _follow(rig, 40)
    assert [e["what"] for e in rig.events("warning")] == ["dose"]


@pytest.mark.requirement("SR-09")
def test_a_weak_pad_is_warned_of_in_its_own_session_only() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 600)))
    rig.board.set_mc(36_500)
    rig.guard.budget._debit_uj_ms = 0
    _follow(rig, 1400)
    assert [e["what"] for e in rig.events("warning")] == ["target_unreachable"]
    rig.result("stop")
    rig.guard.ledger.credit(100_000)
    rig.start(plan(("heat", 40_000, 60)))
    _follow(rig, 60)
    assert len(rig.events("warning")) == 1


@pytest.mark.parametrize("fault", ["sensor_open", "emergency_stop"])
def test_names_on_the_wire_are_the_faults(fault: str) -> None:
    rig = Rig()
    rig.guard.latch.trip(1 << faults.number(fault), 0)
    rig.guard.course.fail()
    rig.sealed()
    rig.ping()
    rig.tick()
    assert rig.result("status")["fault"] == fault


def test_duty_is_the_share_of_heat_in_the_last_minute() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 300)))
    closed = [False] * 600
    for tick in range(1500):
        rig.board.set_mc(38_000 if tick % 400 < 250 else 40_600)
        rig.tick()
        closed.append(rig.board.outputs == (True, True, False))
        if tick > 60 and tick % 50 == 0 and rig.state == "running":
            share_pct = 100 * sum(closed[-600:]) / 600
            assert abs(rig.result("status")["duty_pct"] - share_pct) <= 3
    assert any(closed)


def test_relays_near_the_end_of_their_life_are_warned_of() -> None:
    rig = Rig()
    rig.loop.memory._journal.operations = 100_000
    rig.start(HEAT)
    _follow(rig, 60)
    assert [e["what"] for e in rig.events("warning")] == ["relay_life"]
    rig.result("stop")
    assert rig.entries()[-1]["warnings"] == ["relay_life"]
