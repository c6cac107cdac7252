"""Any plan, through the whole device, on a plant simple enough to have no opinion of its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.properties.backend import CPythonBackend, Seen
from tests.properties.shadow import CONTRACT, FAULT, HEAT, IDLE, PAUSED, RUNNING, Shadow
from tests.properties.test_guard_machine import plan_of

PHASE = st.one_of(
    st.tuples(
        st.just("heat"), st.sampled_from([34_000, 36_500, 38_000, 40_000]), st.integers(30, 90)
    ),
    st.tuples(st.just("cold"), st.sampled_from([11_000, 18_000]), st.integers(30, 60)),
    st.tuples(st.just("rest"), st.none(), st.integers(30, 40)),
)


@settings(max_examples=max(10, settings.default.max_examples // 4))
@given(
    phases=st.lists(PHASE, min_size=1, max_size=3),
    on_mc=st.integers(12, 30),
    off_mc=st.integers(-4, -1),
    sensor_b=st.booleans(),
    sense=st.booleans(),
    pause_at=st.sampled_from([None, None, 200, 301]),
)
@pytest.mark.requirement("SR-04", "SR-16")
def test_a_session_ends_complete_and_every_phase_is_exact_to_a_tick(
    phases: Any, on_mc: int, off_mc: int, sensor_b: bool, sense: bool, pause_at: int | None
) -> None:
    config = {"cooler": True, "sensor_b": sensor_b, "sense": sense, "density_mw_cm2": 30}
    config["fold_safe"] = True
    backend = CPythonBackend()
    backend.reset(config, {}, {}, "power_on", (1 << 30) - 10_000)
    shadow = Shadow(config, {})
    plan = plan_of(phases, "normal", 0, 1)
    total_s = sum(p["duration_s"] for p in plan["phases"])

    seen: list[Seen] = []

    def run(count: int) -> None:
        for tick in backend.step(count, 100, off_mc, on_mc):
            shadow.tick(tick)
            seen.append(tick)

    def ask(method: str, params: Any = None) -> tuple[int | None, Any]:
        code, body, ticks = backend.ask(method, params)
        for index, tick in enumerate(ticks):
            shadow.tick(tick, (method, params, code, body) if index == 0 else None)
            seen.append(tick)
        return code, body

    run(12)
    code, body = ask("arm", {"plan": plan})
    assert code == 0
    assert ask("start", {"token": body["token"]})[0] == 0
    seen.clear()
    if pause_at is not None:
        run(pause_at)
        assume(ask("pause")[0] == 0)
        run(20)
        assert seen[-1].outputs == 0
        assert seen[-1].state == PAUSED
        assert ask("resume")[0] == 0
    run(total_s * 10 + 60)
    assert seen[-1].state == IDLE, f"state {seen[-1].state}, fault {seen[-1].fault}"
    assert all(s.state != FAULT for s in seen)
    for index, phase in enumerate(plan["phases"]):
        ticks = sum(s.phase == index and s.state == RUNNING for s in seen)
        asked = phase["duration_s"] * 10
        assert asked <= ticks <= asked + (pause_at is not None)
    entry = backend.command("journal")[1]["entries"][-1]
    assert entry["outcome"] == "complete"
    heat_s = sum(p["duration_s"] for p in plan["phases"] if p["mode"] == "heat")
    assert heat_s <= entry["heat_s"] <= heat_s + 1
    assert entry["peak_mc"] < CONTRACT["heat_cutoff_mc"]
    if heat_s:
        assert entry["dose_m"] >= shadow.past[-1][3] / 1000 - 1e-6
        hottest = max(p["target_mc"] for p in plan["phases"] if p["mode"] == "heat")
        overshoot_mc = 1_500 + 20 * on_mc
        assert max(s.target_mc for s in seen if s.mode == HEAT) == hottest
        assert entry["peak_mc"] <= max(hottest, 32_000) + overshoot_mc
