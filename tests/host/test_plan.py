"""`plan.check` says what the device will say, and `fit` only ever asks for less."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice import temperature, words
from poultice.errors import LimitError, LinkError
from poultice.therapy import library, plan
from poultice.therapy.phase import Phase, Protocol
from poultice.therapy.plan import Plan
from poultice_core import plan as core_plan
from poultice_core.codec import Refusal
from poultice_core.config import default
from poultice_core.limits import Limits
from poultice_core.settings import Settings

LIMITS = Limits().reported()
CONFIGURED = [
    Settings(default() | dict(zip(("sensor_b", "two_point", "fold_safe"), flags, strict=True)))
    for flags in product((True, False), repeat=3)
]
LIMIT_SETS = [Limits().under(settings).reported() for settings in CONFIGURED]


def heat(target_mc: int = 40_000, duration_s: int = 600) -> Phase:
    return Phase("heat", target_mc, duration_s)


def cold(target_mc: int = 12_000, duration_s: int = 600) -> Phase:
    return Phase("cold", target_mc, duration_s)


def rest(duration_s: int = 60) -> Phase:
    return Phase("rest", None, duration_s)


def make(*phases: Phase, profile: str = "normal", attended_s: int = 10) -> Plan:
    return Plan("mine", profile, attended_s, phases)


def first(asked: Plan, limits: dict[str, int] = LIMITS) -> tuple[str, int, int, int | None] | None:
    found = plan.check(asked, limits)
    return (found[0].limit, found[0].asked, found[0].allowed, found[0].phase) if found else None


@pytest.mark.parametrize(
    ("inside", "outside", "says"),
    [
        (heat(42_000), heat(42_001), ("heat_target_max_mc", 42_001, 42_000, 0)),
        (heat(30_000), heat(29_999), ("heat_target_min_mc", 29_999, 30_000, 0)),
        (cold(11_000), cold(10_999), ("cold_target_min_mc", 10_999, 11_000, 0)),
        (cold(25_000), cold(25_001), ("cold_target_max_mc", 25_001, 25_000, 0)),
        (rest(30), rest(29), ("phase_min_s", 29, 30, 0)),
        (heat(41_000, 1800), heat(41_000, 1801), ("heat_session_s", 1801, 1800, 0)),
        (heat(41_001, 1200), heat(41_001, 1201), ("heat_hot_session_s", 1201, 1200, 0)),
        (cold(12_000, 1200), cold(12_000, 1201), ("cold_phase_s", 1201, 1200, 0)),
        (rest(2400), rest(2401), ("session_s", 2401, 2400, 0)),
    ],
)
@pytest.mark.requirement("SR-04")
def test_each_limit_from_both_sides(
    inside: Phase, outside: Phase, says: tuple[str, int, int, int]
) -> None:
    assert plan.check(make(inside), LIMITS) == []
    assert first(make(outside)) == says


def test_a_split_phase_gains_no_time() -> None:
    assert first(make(heat(duration_s=900), rest(), heat(duration_s=901))) == (
        "heat_session_s",
        1801,
        1800,
        2,
    )
    assert first(make(cold(), rest(), cold(duration_s=601))) == ("cold_session_s", 1201, 1200, 2)


@pytest.mark.parametrize(
    ("attended_s", "says"),
    [
        (0, None),
        (4, ("attended_min_s", 4, 5, None)),
        (5, None),
        (60, None),
        (61, ("attended_max_s", 61, 60, None)),
    ],
)
def test_attended_timer(attended_s: int, says: Any) -> None:
    assert first(make(heat(), attended_s=attended_s)) == says


def test_number_of_phases() -> None:
    assert first(make(*[rest(30)] * 16)) is None
    assert first(make(*[rest(30)] * 18)) == ("phases_max", 18, 16, 16)


def test_sensitive_profile() -> None:
    assert first(make(heat(40_000), profile="sensitive")) is None
    over = make(heat(40_001), profile="sensitive")
    assert first(over) == ("sensitive_target_max_mc", 40_001, 40_000, 0)
    far = make(heat(43_000), profile="sensitive")
    assert first(far) == ("heat_target_max_mc", 43_000, 42_000, 0)


def test_all_violations_in_document_order() -> None:
    found = plan.check(make(heat(43_000, 10), cold(9_000, 1300), attended_s=90), LIMITS)
    assert [one.limit for one in found] == [
        "attended_max_s",
        "heat_target_max_mc",
        "phase_min_s",
        "cold_target_min_mc",
        "cold_phase_s",
        "cold_session_s",
    ]
    assert found[1].text == "phase 1 (heat): target 43.0 °C; at most 42.0 °C is allowed"


def test_a_limit_that_is_not_reported_is_no_permission() -> None:
    for name in LIMITS:
        partial = {key: value for key, value in LIMITS.items() if key != name}
        try:
            assert plan.check(make(heat(42_000), cold()), partial) == []
        except LinkError as error:
            assert name in str(error)
    with pytest.raises(LinkError):
        plan.check(make(heat()), {})


targets = st.integers(28_000, 46_000)
durations = st.one_of(st.integers(1, 2500), st.sampled_from([29, 30, 600, 900, 1200, 1201, 1800]))
phases = st.one_of(
    st.builds(Phase, st.just("heat"), targets, durations),
    st.builds(Phase, st.just("cold"), st.integers(5_000, 30_000), durations),
    st.builds(Phase, st.just("rest"), st.none(), durations),
)
plans = st.builds(
    Plan,
    st.just("mine"),
    st.sampled_from(["normal", "sensitive"]),
    st.one_of(st.just(0), st.integers(1, 80)),
    st.lists(phases, min_size=1, max_size=20).map(tuple),
)


@given(plans, st.sampled_from(CONFIGURED))
def test_host_and_device_agree(asked: Plan, settings: Settings) -> None:
    limits = Limits().under(settings)
    said = None
    try:
        core_plan.judge(core_plan.read(asked.to_wire()), limits)
    except Refusal as refusal:
        data = refusal.data
        assert isinstance(data, dict)
        said = (data["limit"], data["asked"], data["allowed"], data.get("phase"))
    assert first(asked, limits.reported()) == said


UPWARD = {
    "heat_target_min_mc",
    "cold_target_min_mc",
    "cold_target_max_mc",
    "phase_min_s",
    "attended_min_s",
}


@given(plans, st.sampled_from(LIMIT_SETS))
def test_fit_only_asks_for_less(asked: Plan, limits: dict[str, int]) -> None:
    fitted, notes = plan.fit(asked, limits)
    left = {one.limit for one in plan.check(fitted, limits)}
    assert left <= UPWARD
    assert fitted == asked or notes
    assert len(notes) >= len(asked.phases) - len(fitted.phases)
    assert plan.fit(fitted, limits) == (fitted, [])
    remaining = iter(asked.phases)
    for phase in fitted.phases:
        assert any(
            phase.mode == one.mode
            and phase.duration_s <= one.duration_s
            and (phase.target_mc or 0) <= (one.target_mc or 0)
            and (phase.mode == "heat" or phase.target_mc == one.target_mc)
            for one in remaining
        )


@given(plans)
def test_fit_changes_nothing_that_fits(asked: Plan) -> None:
    if not plan.check(asked, LIMITS):
        assert plan.fit(asked, LIMITS) == (asked, [])


def test_fit_keeps_the_rhythm_of_contrast() -> None:
    one_sensor = Settings(default() | {"sensor_b": False, "two_point": True, "fold_safe": True})
    limits = Limits().under(one_sensor).reported()
    asked, _ = plan.make_plan(
        library.load("contrast"), sensitive=False, attended_s=10, limits=limits
    )
    fitted, notes = plan.fit(asked, limits)
    assert plan.check(fitted, limits) == []
    assert [p.mode for p in fitted.phases] == [p.mode for p in asked.phases]
    assert {p.duration_s for p in fitted.phases if p.mode == "heat"} == {180}
    assert fitted.phases[-1].mode == "heat"
    assert "phase 1 (heat): shortened from 4 min to 3 min" in notes


def test_sensitive_lowers_and_says_so() -> None:
    arthritis = library.load("arthritis")
    made, notes = plan.make_plan(arthritis, sensitive=True, attended_s=0, limits=LIMITS)
    assert made.to_wire() == {
        "name": "arthritis",
        "profile": "sensitive",
        "attended_s": 0,
        "phases": [{"mode": "heat", "target_mc": 40_000, "duration_s": 1200}],
    }
    assert notes == ["phase 1 (heat): target lowered from 40.5 °C to 40.0 °C"]
    made, notes = plan.make_plan(arthritis, sensitive=False, attended_s=10, limits=LIMITS)
    assert made.phases[0].target_mc == 40_500
    assert notes == []


def test_words() -> None:
    assert [temperature.exact(mc) for mc in (40_500, 40_000, 42_001, -50)] == [
        "40.5 °C",
        "40.0 °C",
        "42.001 °C",
        "-0.05 °C",
    ]
    assert [words.span(s) for s in (0, 45, 60, 90)] == ["0 s", "45 s", "1 min", "1 min 30 s"]


def treatment(*phases: Phase) -> Protocol:
    return Protocol("mine", "Mine", "", (), "any", phases, "mine.toml")


@pytest.mark.parametrize(
    ("phase", "hint"),
    [
        (heat(104_000), '104 °F is 40.0 °C: write target = 40.0, or units = "fahrenheit" above'),
        (heat(107_600), "107.6 °F is 42.0 °C"),
        (heat(107_610), None),
        (heat(86_000), "86 °F is 30.0 °C"),
        (heat(85_990), None),
        (heat(400_000), "400 is ten times 40.0 °C"),
        (heat(40_500_000), "40500 m°C is 40.5 °C"),
        (heat(42_001), None),
        (heat(29_999), None),
        (cold(54_000), "54 °F is 12.2 °C"),
        (cold(77_000), "77 °F is 25.0 °C"),
        (cold(51_790), None),
        (cold(120_000), "120 is ten times 12.0 °C"),
        (cold(4_000), None),
        (heat(40_000, 54_000), "900 s is 15 min: write seconds = 900"),
        (heat(40_000, 108_000), "write seconds = 1800"),
        (heat(40_000, 108_060), None),
        (cold(12_000, 600 * 60), "write seconds = 600"),
        (rest(120 * 60), "write seconds = 120"),
        (heat(40_000, 20), "write minutes = 20"),
        (heat(40_000, 29), "write minutes = 29"),
        (cold(12_000, 21), None),
        (heat(40_000, 1801), None),
    ],
)
def test_what_no_device_allows_is_refused_with_what_may_be_meant(
    phase: Phase, hint: str | None
) -> None:
    with pytest.raises(LimitError) as caught:
        plan.within_reference(treatment(phase), 10)
    assert caught.value.data["limit"] in LIMITS
    said = str(caught.value.hint)
    assert hint in said if hint else "lower it in the protocol" in said
    assert "run it with --fit" not in said


def test_what_the_reference_device_allows_is_left_to_the_device() -> None:
    for name in library.names():
        plan.within_reference(library.load(name), 10)
    for edge in (heat(42_000), heat(30_000), cold(11_000), cold(25_000), rest(30)):
        plan.within_reference(treatment(edge), 10)


def test_each_slip_is_named_once() -> None:
    with pytest.raises(LimitError) as caught:
        plan.within_reference(treatment(heat(104_000, 60), heat(104_000, 60), cold(54_000)), 10)
    assert str(caught.value).count("at most") == 3
    assert str(caught.value.hint).count("104 °F") == 1
    assert "54 °F" in str(caught.value.hint)
