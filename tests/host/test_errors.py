"""The tree of errors, and the documented exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from poultice import errors, remedies

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
            "idle",
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
        (6, "busy", {"retry_ms": 100}, errors.BusyError, "100 ms"),
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


def test_every_fault_has_a_remedy_and_the_right_way_to_clear_it() -> None:
    faults = pytest.importorskip("poultice_core.faults")
    assert set(remedies.FAULTS) == {name for name in faults.NAMES if name}
    severe = {faults.NAMES[n] for n in range(len(faults.NAMES)) if faults.BUTTON_ONLY[n]}
    assert severe == remedies.BUTTON_ONLY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (1080, "18 min"), (7200, "2 h"), (7500, "2 h 5 min")],
)
def test_a_wait_is_never_told_shorter_than_it_is(seconds: int, text: str) -> None:
    assert remedies.duration(seconds) == text
