"""A plan: its shape, and the first limit it breaks in document order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core.codec import INVALID_PARAMS, Refusal
from poultice_core.limits import Limits
from poultice_core.plan import judge, read
from tests.core.rig import plan

L = Limits()
Triple = tuple[str, int | None, int]


def _refusal(value: object) -> Refusal | None:
    try:
        judge(read(value), L)
    except Refusal as refusal:
        return refusal
    return None


def _broken(*phases: Triple, **members: Any) -> dict[str, object] | None:
    refusal = _refusal(plan(*phases, **members))
    if refusal is None:
        return None
    assert refusal.code == 2, refusal.data
    return refusal.data


GOOD = plan(("heat", 40_000, 60))


# --- shape --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "arthritis",
        {},
        GOOD | {"name": ""},
        GOOD | {"name": "a" * 33},
        GOOD | {"name": "X"},
        GOOD | {"name": "a b"},
        GOOD | {"name": "ä"},
        GOOD | {"name": 5},
        {k: v for k, v in GOOD.items() if k != "name"},
        GOOD | {"profile": "brave"},
        GOOD | {"profile": None},
        GOOD | {"attended_s": 1.5},
        GOOD | {"attended_s": True},
        GOOD | {"attended_s": "10"},
        GOOD | {"phases": []},
        GOOD | {"phases": {}},
        GOOD | {"phases": [5]},
        {k: v for k, v in GOOD.items() if k != "phases"},
        GOOD | {"extra": 1},
        plan(("heat", None, 60)),
        plan(("cold", None, 60)),
        plan(("rest", 30_000, 60)),
        plan(("warm", 30_000, 60)),
        plan(("heat", 40_000, 60)) | {"phases": [{"mode": "rest"}]},
        plan() | {"phases": [{"mode": "rest", "duration_s": 60.0}]},
        plan() | {"phases": [{"mode": "rest", "duration_s": True}]},
        plan() | {"phases": [{"mode": "rest", "duration_s": 60, "say": "x"}]},
        plan() | {"phases": [{"mode": "heat", "target_mc": 40_000.0, "duration_s": 60}]},
        plan() | {"phases": [{"mode": "heat", "target_mc": "40", "duration_s": 60}]},
        plan() | {"phases": [{"mode": ["heat"], "target_mc": 40_000, "duration_s": 60}]},
        plan() | {"phases": [{"mode": None, "duration_s": 60}]},
    ],
)
def test_a_wrong_shape_is_named(value: object) -> None:
    refusal = _refusal(value)
    assert refusal is not None
    assert refusal.code == INVALID_PARAMS
    assert set(refusal.data) == {"param", "expected"}
    assert all(isinstance(member, str) and member for member in refusal.data.values())


@pytest.mark.parametrize("name", ["a", "a" * 32, "0-9", "-"])
def test_a_name_of_one_to_32_characters_is_taken(name: str) -> None:
    assert _refusal(GOOD | {"name": name}) is None


def test_the_defaults() -> None:
    body = read(GOOD)
    assert (body.sensitive, body.attended_s) == (False, 0)


def test_shape_is_judged_before_limits() -> None:
    refusal = _refusal(plan(("heat", 99_000, 60), ("rest", 1, 60)))
    assert refusal is not None
    assert refusal.code == INVALID_PARAMS


# --- limits: one unit in, one unit out ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "phases", "members", "asked", "phase"),
    [
        ("heat_target_min_mc", [("heat", L.heat_target_min_mc - 1, 60)], {}, None, 0),
        ("heat_target_max_mc", [("heat", L.heat_target_max_mc + 1, 60)], {}, None, 0),
        ("cold_target_min_mc", [("cold", L.cold_target_min_mc - 1, 60)], {}, None, 0),
        ("cold_target_max_mc", [("cold", L.cold_target_max_mc + 1, 60)], {}, None, 0),
        (
            "sensitive_target_max_mc",
            [("heat", L.sensitive_target_max_mc + 1, 60)],
            {"profile": "sensitive"},
            None,
            0,
        ),
        ("phase_min_s", [("rest", None, L.phase_min_s - 1)], {}, L.phase_min_s - 1, 0),
        ("phase_min_s", [("heat", 40_000, -5)], {}, -5, 0),
        ("attended_min_s", [("rest", None, 60)], {"attended_s": L.attended_min_s - 1}, 4, None),
        ("attended_max_s", [("rest", None, 60)], {"attended_s": L.attended_max_s + 1}, 61, None),
        ("attended_min_s", [("rest", None, 60)], {"attended_s": -1}, -1, None),
        (
            "heat_session_s",
            [("heat", 40_000, L.heat_session_s - 60), ("rest", None, 60), ("heat", 40_000, 61)],
            {},
            L.heat_session_s + 1,
            2,
        ),
        (
            "heat_hot_session_s",
            [("heat", L.heat_hot_mc + 1, 600), ("heat", L.heat_hot_mc, 100),
             ("heat", 42_000, L.heat_hot_session_s - 599)],
            {},
            L.heat_hot_session_s + 1,
            2,
        ),
        ("cold_phase_s", [("cold", 12_000, L.cold_phase_s + 1)], {}, L.cold_phase_s + 1, 0),
        (
            "cold_session_s",
            [("cold", 12_000, 600), ("cold", 12_000, L.cold_session_s - 599)],
            {},
            L.cold_session_s + 1,
            1,
        ),
        ("session_s", [("rest", None, 1200), ("rest", None, 1201)], {}, L.session_s + 1, 1),
        ("phases_max", [("rest", None, 30)] * (L.phases_max + 1), {}, L.phases_max + 1, 16),
    ],
)  # fmt: skip
def test_one_unit_out_is_refused_and_one_unit_in_is_not(
    name: str,
    phases: list[Triple],
    members: dict[str, Any],
    asked: int | None,
    phase: int | None,
) -> None:
    data = _broken(*phases, **members)
    assert data is not None
    assert (data["limit"], data["allowed"]) == (name, getattr(L, name))
    assert data.get("phase") == phase
    assert set(data) == {"limit", "asked", "allowed"} | ({"phase"} if phase is not None else set())
    assert data["asked"] == (phases[0][1] if asked is None else asked)
    if asked is not None and asked < 0:
        return
    inward = 1 if name.endswith(("min_mc", "min_s")) else -1
    inside = list(phases)
    mode, target_mc, duration_s = phases[-1]
    if name.endswith("_mc"):
        assert target_mc is not None
        inside[-1] = (mode, target_mc + inward, duration_s)
    elif name == "phases_max":
        inside.pop()
    elif "attended" in name:
        members = {"attended_s": members["attended_s"] + inward}
    else:
        inside[-1] = (mode, target_mc, duration_s + inward)
    assert _broken(*inside, **members) is None


@pytest.mark.parametrize("asked", [1 << 31, 1 << 32, 1 << 40, (1 << 53) - 1, 1 << 90])
def test_a_number_beyond_any_type_is_over_the_limit(asked: int) -> None:
    told = min(asked, (1 << 53) - 1)
    data = _broken(("heat", 40_000, asked))
    assert data is not None
    assert (data["limit"], data["asked"]) == ("heat_session_s", told)
    data = _broken(("heat", asked, 60))
    assert data is not None
    assert (data["limit"], data["asked"]) == ("heat_target_max_mc", told)
    data = _broken(("heat", -asked, 60))
    assert data is not None
    assert (data["limit"], data["asked"]) == ("heat_target_min_mc", -told)
    data = _broken(("rest", None, 60), attended_s=asked)
    assert data is not None
    assert (data["limit"], data["asked"]) == ("attended_max_s", told)


def test_the_first_in_document_order_is_named() -> None:
    data = _broken(
        ("heat", 43_000, 10), ("heat", 99_000, 9_999), ("cold", 1_000, 9_999), attended_s=100
    )
    assert data is not None
    assert data["limit"] == "attended_max_s"
    data = _broken(("heat", 43_000, 10), ("heat", 29_000, 9_999))
    assert data is not None
    assert (data["limit"], data["phase"]) == ("heat_target_max_mc", 0)
    data = _broken(("heat", 40_000, 10), ("heat", 29_000, 9_999))
    assert data is not None
    assert (data["limit"], data["phase"]) == ("phase_min_s", 0)


def test_a_cold_phase_is_judged_before_the_colds_together() -> None:
    data = _broken(("cold", 12_000, 600), ("cold", 12_000, 1201))
    assert data is not None
    assert (data["limit"], data["asked"]) == ("cold_phase_s", 1201)


def test_a_mode_is_judged_before_the_session() -> None:
    data = _broken(("rest", None, 1200), ("heat", 40_000, 1801))
    assert data is not None
    assert data["limit"] == "heat_session_s"


@pytest.mark.parametrize(
    ("phases", "members"),
    [
        ([("rest", None, 150)] * 16, {}),
        ([("heat", 42_000, 1200), ("heat", 41_000, 600), ("rest", None, 600)], {}),
        ([("cold", 11_000, 1200), ("heat", 30_000, 1200)], {}),
        ([("heat", 40_000, 900), ("heat", 39_999, 900)], {"profile": "sensitive"}),
        ([("cold", 25_000, 30)], {"attended_s": 5}),
        ([("cold", 25_000, 30)], {"attended_s": 60}),
        ([("cold", 25_000, 30)], {"attended_s": 0}),
    ],
)
def test_the_largest_plans_are_taken(phases: list[Triple], members: dict[str, Any]) -> None:
    assert _broken(*phases, **members) is None


def test_the_order_for_the_guard() -> None:
    body = read(
        plan(
            ("heat", 41_001, 100), ("rest", None, 50), ("heat", 41_000, 30), ("cold", 12_000, 40),
            profile="sensitive", attended_s=10,
        )
    ).order(L)  # fmt: skip
    assert (body.heat_s, body.hot_s, body.cold_s, body.total_s) == (130, 100, 40, 220)
    assert (body.heat_phases, body.sensitive, body.attended_s) == (2, True, 10)
    assert body.dose_m > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "profile", "phases", "mode", "target_mc", "duration_s", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PHASE = st.fixed_dictionaries(
    {"mode": st.sampled_from(["heat", "cold", "rest"]) | JSON},
    optional={"target_mc": st.integers() | JSON, "duration_s": st.integers() | JSON},
)
PLAN = st.fixed_dictionaries(
    {"name": st.just("x"), "phases": st.lists(PHASE, max_size=20) | JSON},
    optional={"profile": JSON, "attended_s": st.integers() | JSON},
)


@given(JSON | PLAN)
def test_whatever_comes_is_taken_or_refused(value: object) -> None:
    refusal = _refusal(value)
    assert refusal is None or refusal.code in (2, INVALID_PARAMS)
