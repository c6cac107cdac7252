"""The tree of errors, and the documented exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from poultice import errors, remedies, texts, words
from poultice.link.messages import Event

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "exit-codes.md"


def all_errors() -> list[type[errors.PoulticeError]]:
    found, waiting = [], [errors.PoulticeError]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += one.__subclasses__()
    return found


def test_the_documented_table_is_the_programs_table() -> None:
    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \|", PAGE.read_text(encoding="utf-8"), re.M)
    documented = {int(code): name.replace(" ", "_").upper() for code, name in rows}
    assert documented == {code.value: code.name for code in errors.ExitCode}


def test_every_code_but_done_belongs_to_an_error() -> None:
    used = {one.exit_code for one in all_errors()}
    assert used == set(errors.ExitCode) - {errors.ExitCode.DONE}


def test_the_drawing_shows_every_class_with_its_code() -> None:
    drawn = re.findall(r"(\w+) +(\d+)(?:  |$)", errors.__doc__ or "", re.M)
    assert {(one.__name__, one.exit_code.value) for one in all_errors()} == {
        (name, int(code)) for name, code in drawn
    }


@pytest.mark.parametrize(
    ("code", "message", "data", "kind", "says"),
    [
        (
            1,
            "wrong_state",
            {"state": "running", "states": ["idle"]},
            errors.WrongStateError,
            "`poultice watch` shows it, `poultice stop` ends it",
        ),
        (
            2,
            "limit_exceeded",
            {"limit": "heat_target_max_mc", "asked": 43000, "allowed": 42000, "phase": 0},
            errors.LimitError,
            "heat_target_max_mc",
        ),
        (
            3,
            "fault_active",
            {"fault": "heat_welded", "clear": "button", "cause_gone": False},
            errors.DeviceFaultError,
            "3 s",
        ),
        (4, "rest_required", {"rest_s": 1080, "after": "heat"}, errors.RestError, "18 min"),
        (5, "bad_token", {}, errors.BadTokenError, "token"),
        (6, "busy", {"retry_ms": 100}, errors.BusyError, "in 1 s"),
        (6, "busy", {"retry_ms": "soon"}, errors.BusyError, "in a moment"),
        (6, "busy", {"retry_ms": 582_500}, errors.BusyError, "in 10 min: the device limits"),
        (7, "not_ready", {"reason": "sensor_open"}, errors.NotReadyError, "plug"),
        (-32602, "invalid params", {"param": "plan", "expected": "x"}, errors.RefusedError, "plan"),
        (-32601, "method not found", {}, errors.LinkError, "method not found"),
        (99, "?", {}, errors.LinkError, "?"),
    ],
)
def test_each_answer_of_the_device_is_an_error_of_the_tree(
    code: int,
    message: str,
    data: dict[str, object],
    kind: type[errors.PoulticeError],
    says: str,
) -> None:
    error = remedies.from_answer(code, message, data)
    assert type(error) is kind
    assert (error.code, error.message, error.data) == (code, message, data)
    assert says in f"{error} {error.hint}"


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7, -32602])
def test_an_answer_without_its_data_is_still_an_error_with_words(code: int) -> None:
    assert str(remedies.from_answer(code, "x", {}))


@pytest.mark.parametrize(
    ("allowed", "asked", "says"),
    [
        (39_000, 40_500, "config set fold_safe=true"),
        (39_000, 42_000, "config set fold_safe=true"),
        (41_000, 42_000, "poultice calibrate"),
    ],
)
def test_a_target_that_a_new_device_does_not_hold_yet_says_how_it_would(
    allowed: int, asked: int, says: str
) -> None:
    data = {"limit": "heat_target_max_mc", "allowed": allowed, "asked": asked, "phase": 0}
    hint = str(remedies.from_answer(2, "limit_exceeded", data).hint)
    assert says in hint
    assert "--fit" in hint
    fitted = remedies.limit_hint("heat_target_max_mc", allowed, asked, fit=True)
    assert says in str(fitted)
    assert "--fit" not in str(fitted)


@pytest.mark.parametrize(
    ("limit", "allowed", "asked"),
    [
        ("heat_target_max_mc", 39_000, 42_001),
        ("heat_target_max_mc", 40_000, 41_000),
        ("heat_target_max_mc", 42_000, 43_000),
        ("session_s", 39_000, 39_001),
    ],
)
def test_what_no_confirmation_helps_is_not_told_to_confirm(
    limit: str, allowed: int, asked: int
) -> None:
    told = str(remedies.limit_hint(limit, allowed, asked))
    assert "--fit" in told
    assert "config set" not in told
    assert remedies.limit_hint(limit, allowed, asked, fit=True) is None


COMMANDS = {
    "arm": ("idle",),
    "set_config": ("idle", "fault"),
    "clear": ("fault",),
    "start": ("armed",),
    "pause": ("running",),
    "resume": ("paused",),
    "confirm": ("waiting",),
}


@pytest.mark.parametrize("allowed", COMMANDS.values(), ids=COMMANDS)
def test_in_every_state_it_is_said_what_to_do(allowed: tuple[str, ...]) -> None:
    states = pytest.importorskip("poultice_core.states")
    for state in states.NAMES:
        if state in allowed or state == "fault":
            continue
        hint = remedies.state_hint(state, list(allowed))
        assert "`poultice" in hint or "try again" in hint


def test_every_reason_of_a_stop_has_words() -> None:
    states = pytest.importorskip("poultice_core.states")
    assert set(remedies.STOPS) == {name for name in states.REASONS if name}


def test_every_warning_has_words() -> None:
    states = pytest.importorskip("poultice_core.states")
    assert set(texts.texts()["warnings"]) == set(states.WARNINGS)
    assert set(texts.texts()["causes"]) == {name for name in states.INHIBITS if name}
    assert words.warning("moon_phase") == "moon_phase"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"what": "inhibited", "cause": "sensor"}, "check its plug"),
        ({"what": "inhibited", "cause": "predictive"}, "fold"),
        ({"what": "inhibited", "cause": "tide"}, "held back"),
        ({"what": "undertreated", "phase": 1}, "far from its target"),
        ({"what": "moon_phase"}, "moon_phase"),
        ({}, "None"),
    ],
)
def test_a_warning_is_told_in_words_also_where_it_is_not_known(
    data: dict[str, object], says: str
) -> None:
    told = words.event(Event("warning", 1, data))
    assert told.startswith("warning: ")
    assert says in told


def test_every_fault_has_a_remedy_and_the_right_way_to_clear_it() -> None:
    faults = pytest.importorskip("poultice_core.faults")
    assert set(remedies.FAULTS) == {name for name in faults.NAMES if name}
    severe = {faults.NAMES[n] for n in range(len(faults.NAMES)) if faults.SEVERE >> n & 1}
    assert severe == remedies.BUTTON_ONLY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (1080, "18 min"), (7200, "2 h"), (7500, "2 h 5 min")],
)
def test_a_wait_is_never_told_shorter_than_it_is(seconds: int, text: str) -> None:
    assert remedies.duration(seconds) == text
