"""The query of a `sim:` path: every option, its bounds, and what a wrong one is told."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.errors import UsageError
from poultice.virtual.faults import INJECT
from poultice.virtual.options import FAULTS, FaultAt, SimOptions, parse_options


def test_nothing_given_is_the_contracts_defaults() -> None:
    options = parse_options("")
    assert options == parse_options("?") == SimOptions()
    assert options.speed is None
    assert (options.ambient_c, options.pad_w_cm2, options.mass_j_m2k) == (23, 0.05, 2000)
    assert options.perfusion == 1
    assert options.cooler and options.sensor_b and options.sense and options.two_point
    assert options.fold_safe
    assert options.user_present
    assert options.state is None
    assert options.faults == ()


def test_everything_given() -> None:
    options = parse_options(
        "?speed=max&ambient=22&pad=0.1&mass=700&perfusion=0&cooler=0&sensor_b=0&sense=0"
        "&two_point=0&fold_safe=0&user=absent&state=%2Ftmp%2Fa%20b&seed=7&offset=-0.8&bath=25,40"
        "&fault=sensor_open@300,estop@boot"
    )
    assert (options.offset_c, options.baths_c) == (-0.8, (25.0, 40.0))
    assert options.speed == math.inf
    assert options.state == Path("/tmp/a b")
    assert options.seed == 7
    assert not (options.cooler or options.sensor_b or options.sense or options.two_point)
    assert not options.fold_safe
    assert not options.user_present
    assert options.faults == (FaultAt("sensor_open", 300.0), FaultAt("estop", None))


@pytest.mark.parametrize(
    ("pad", "density"), [("0.01", 30), ("0.03", 30), ("0.05", 50), ("0.1", 100), ("0.24", 100)]
)
def test_the_density_told_stays_within_its_bounds(pad: str, density: int) -> None:
    assert parse_options(f"pad={pad}").density_mw_cm2() == density


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("?spede=max", "speed"),
        ("?fault=sensor_opne@3", "sensor_open"),
        ("?fault=sensor_open", "NAME@SECONDS"),
        ("?fault=sensor_open@soon", "boot"),
        ("?fault=sensor_open@-1", "boot"),
        ("?fault=hang@3", "sim:"),
        ("?speed=0", "factor"),
        ("?speed=nan", "factor"),
        ("?ambient=hot", "number"),
        ("?ambient=nan", "number"),
        ("?pad=1e9", "number"),
        ("?cooler=yes", "0 or 1"),
        ("?fold_safe=yes", "0 or 1"),
        ("?user=me", "prompt or absent"),
        ("?state=", "directory"),
        ("?offset=6", "number"),
        ("?bath=", "number"),
        ("?bath=25,hot", "number"),
        ("?bath=61", "number"),
        ("?bath=1,2,3,4,5,6,7,8,9", "at most 8"),
        ("?seed=-1", "whole number"),
        ("?seed=1.5", "whole number"),
        ("?seed", "sim:?"),
        ("max", "sim:?"),
        ("?seed=1&seed=2", "once"),
    ],
)
def test_a_wrong_option_is_told_what_is_right(query: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_options(query)
    assert caught.value.hint is not None
    assert hint in caught.value.hint


@given(st.text(max_size=60))
def test_any_text_is_options_or_a_usage_error(text: str) -> None:
    try:
        assert isinstance(parse_options(text), SimOptions)
    except UsageError as error:
        assert error.hint


@given(
    faults=st.lists(
        st.tuples(st.sampled_from(FAULTS), st.one_of(st.none(), st.integers(0, 86_400))), min_size=1
    ),
    seed=st.integers(0, 10**18 - 1),
    ambient_c=st.floats(0, 45),
    flags=st.tuples(*[st.booleans()] * 5),
)
def test_what_is_written_is_read_back(
    faults: list[tuple[str, int | None]],
    seed: int,
    ambient_c: float,
    flags: tuple[bool, ...],
) -> None:
    names = ("cooler", "sensor_b", "sense", "two_point", "fold_safe")
    query = "&".join(
        [
            "fault=" + ",".join(f"{n}@{'boot' if s is None else s}" for n, s in faults),
            f"seed={seed}",
            f"ambient={ambient_c!r}",
            *(f"{name}={int(flag)}" for name, flag in zip(names, flags, strict=True)),
        ]
    )
    options = parse_options("?" + query)
    assert options.faults == tuple(FaultAt(name, at_s) for name, at_s in faults)
    assert options.seed == seed
    assert options.ambient_c == ambient_c
    assert tuple(getattr(options, name) for name in names) == flags


def test_every_fault_name_does_something() -> None:
    assert set(INJECT) == set(FAULTS)
