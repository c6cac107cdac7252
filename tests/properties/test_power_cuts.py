"""What is on flash is damaged, missing, or could not be written, and the power goes and comes.

The device that comes up may know too much of what was done to a body, never too little. A cut in
the middle of a save, at each one that there is, is for `tests/flash` and `tests/core`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.backend import CPythonBackend
from tests.properties.shadow import FAULT, FAULTS, IDLE, WAITING
from tests.properties.test_guard_machine import TOY, plan_of

NOTHING_BROKEN = {"sensor_b": True, "sense": True, "two_point": True, "fold_safe": True}
HEAT_PLAN = plan_of([("heat", 40_000, 5), ("rest", None, 1)], "normal", 0, 1)
COLD_PLAN = plan_of([("cold", 12_000, 4)], "normal", 0, 1)


def run_session(backend: CPythonBackend, plan: dict[str, Any], ticks: int) -> int | None:
    """Arm and start it; its number, or None where the device would not (or is dead)."""
    code, body = backend.command("arm", {"plan": plan})
    if code != 0:
        return None
    code, body = backend.command("start", {"token": body["token"]})
    if code != 0:
        return None
    backend.step(ticks, 100, 0, 40)
    return int(body["session"])


@given(name=st.sampled_from(["journal", "config"]), size=st.integers(0, 2_000), flip=st.booleans())
@pytest.mark.requirement("SR-05", "SR-15")
def test_a_torn_or_rotten_file_is_a_fault_and_a_maximal_session(
    name: str, size: int, flip: bool
) -> None:
    backend = CPythonBackend()
    backend.reset(dict(NOTHING_BROKEN, sensor_b=False), {}, {}, "power_on", 0)
    backend.step(12)
    image = backend.image()
    text = image[name]
    if flip:
        at = size % len(text)
        image[name] = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
    else:
        image[name] = text[: size % len(text)]
    backend.reset(None, {}, image, "power_on", 0)
    seen = backend.step(12)[-1]
    assert seen.state == FAULT
    if name == "config":
        assert seen.fault == FAULTS["config_lost"]
        return
    assert seen.fault == FAULTS["journal_lost"]
    _, sessions, heat_s, cold_s, dose_m, rest_heat_s, rest_cold_s = backend.ledger()
    assert (sessions, heat_s, cold_s, dose_m) == (1, 1_800, 1_200, 9_000)
    assert 1_198 <= rest_heat_s <= 1_200
    assert 7_198 <= rest_cold_s <= 7_200


def new_device(config: dict[str, Any] | None = None, **image: str) -> CPythonBackend:
    backend = CPythonBackend()
    backend.reset(config, TOY if config is not None else {}, image, "power_on", 0)
    backend.step(12)
    return backend


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("other", ["config", "pending", "log0", "log5"])
def test_a_journal_gone_while_other_files_remain_is_lost(other: str) -> None:
    backend = CPythonBackend()
    backend.reset(None, {}, {other: "anything"}, "power_on", 0)
    assert backend.step(1)[0].state == FAULT
    assert backend.ledger()[1] == 1


@pytest.mark.requirement("SR-05")
def test_a_start_that_could_not_be_written_down_is_no_session_later() -> None:
    backend = new_device(NOTHING_BROKEN)
    _, body = backend.command("arm", {"plan": HEAT_PLAN})
    backend.set(store_fails=True)
    code, _ = backend.command("start", {"token": body["token"]})
    assert code == 3
    backend.step(3)
    backend.set(store_fails=False)
    code, body = backend.command("clear_fault", {"fault": "journal_lost"})
    assert (code, body["cause_gone"]) == (3, False)  # not before a save has gone
    backend.step(10)
    assert backend.command("clear_fault", {"fault": "journal_lost"})[0] == 0
    assert backend.step(3)[-1].state == IDLE
    backend.restart("power_on", 0)
    assert backend.step(1)[0].budget_uj == 600_000
    assert backend.ledger()[1:5] == [0, 0, 0, 0]


def lay_pack(then: str) -> CPythonBackend:
    """A pack confirmed as laid on, and another request before the next tick."""
    backend = new_device({**NOTHING_BROKEN, "cooler": False})
    plan = plan_of([("cold", 12_000, 5), ("heat", 38_000, 5)], "normal", 0, 1)
    assert run_session(backend, plan, 5) == 1
    assert backend.step(1)[0].state == WAITING
    backend.command("confirm")
    backend.command(then)
    return backend


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("then", ["stop", "pause"])
def test_a_pack_counts_from_the_moment_it_is_confirmed(then: str) -> None:
    backend = lay_pack(then)
    backend.set(mc_a=15_000, mc_b=15_000)
    backend.step(40)
    backend.command("stop")
    seen = backend.step(5)
    assert seen[-1].state == IDLE
    assert backend.ledger()[3] >= 3
    assert backend.command("status")[1]["prompt"] == "remove_pack"


@pytest.mark.requirement("SR-05", "SR-23")
def test_a_pack_left_on_over_a_power_cut_is_not_rest() -> None:
    backend = new_device({**NOTHING_BROKEN, "cooler": False})
    backend.command("set_clock", {"unix_s": 1_700_000_000})
    backend.set(mc_a=15_000, mc_b=15_000)
    assert run_session(backend, COLD_PLAN, 5) == 1
    backend.command("confirm")
    backend.step(40)
    backend.command("stop")
    backend.step(30)
    backend.restart("power_on", 0)
    backend.step(10)
    assert backend.ledger()[6] > 0
    assert backend.command("status")[1]["prompt"] == "remove_pack"


@given(pauses=st.integers(0, 3), cut_after=st.integers(30, 60), off_s=st.integers(0, 20))
@pytest.mark.requirement("SR-05")
def test_a_true_clock_after_a_cut_never_credits_more_than_has_passed(
    pauses: int, cut_after: int, off_s: int
) -> None:
    backend = new_device({**NOTHING_BROKEN, "cooler": True})
    unix_s = 1_700_000_000
    backend.command("set_clock", {"unix_s": unix_s})
    ticks = 14
    assert run_session(backend, HEAT_PLAN, ticks) == 1
    for _ in range(pauses):
        backend.command("pause")
        backend.step(40)
        backend.command("resume")
        backend.step(2, 100, 0, 40)
        ticks += 42
    heated = backend.step(cut_after, 100, 0, 40)
    ticks += cut_after
    if heated[-1].state in (IDLE, FAULT):
        return
    backend.restart("power_on", 0)
    backend.step(2)
    rest_s = backend.ledger()[5]
    now_s = unix_s + (ticks + 12) // 10 + off_s
    backend.command("set_clock", {"unix_s": now_s})
    assert rest_s - backend.ledger()[5] <= off_s + 2
    assert backend.command("journal")[1]["entries"][-1]["outcome"] == "power_lost"
