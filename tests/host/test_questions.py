"""What is asked before a session, and what is said before it is asked at all."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice import remedies
from poultice.cli import ask
from poultice.cli.screen import screen
from poultice.errors import (
    DeviceFaultError,
    RestError,
    ScreeningError,
    WrongStateError,
)
from poultice.link.messages import Telemetry
from poultice.therapy import library, screening
from tests.host.conftest import Say
from tests.host.terminal import Terminal

HEAT = [one for one in screening.QUESTIONS if one.applies_to in ("both", "heat")]
COUNT = len(HEAT) + 1
Answered = Callable[..., tuple[Any, str]]


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answered:
    """The answers that come of typed lines, and what was shown; what is left over is an error."""

    def given(*lines: str, protocol: str = "arthritis", who: str | None = None) -> tuple[Any, str]:
        typed = io.StringIO("".join(f"{line}\n" for line in lines))
        monkeypatch.setattr("sys.stdin", typed)
        found = screen(library.load(protocol), assume=False, who=who)
        assert typed.read() == ""
        return found, capsys.readouterr().err

    return given


def test_each_is_counted(answered: Answered) -> None:
    found, shown = answered(*["n"] * len(HEAT), "4")
    assert set(found.answers) == {one.key for one in HEAT}
    assert not any(found.answers.values())
    assert (found.injury_age, found.assumed) == ("older", False)
    for number in range(1, COUNT + 1):
        assert f"{number} of {COUNT}  " in shown


@pytest.mark.parametrize("at", range(len(HEAT)))
def test_a_yes_ends_the_asking_with_its_own_reason(
    at: int, answered: Answered, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ScreeningError) as caught:
        answered(*["n"] * at, "y")
    assert str(caught.value) == HEAT[at].reason
    assert f"{at + 2} of {COUNT}" not in capsys.readouterr().err


def test_a_yes_names_what_fits_instead(answered: Answered) -> None:
    at = [one.key for one in HEAT].index("hot_swollen")
    with pytest.raises(ScreeningError) as caught:
        answered(*["n"] * at, "Yes")
    assert "arthritis-flare" in str(caught.value.hint)


def test_a_way_back(answered: Answered) -> None:
    found, shown = answered("n", "b", "n", "b", "b", *["n"] * len(HEAT), "b", "n", "back", "n", "4")
    assert found.injury_age == "older"
    assert set(found.answers) == {one.key for one in HEAT}
    assert len(re.findall(rf"(?<!\d)1 of {COUNT}  ", shown)) == 4
    assert shown.count(f"{COUNT} of {COUNT}  ") == 3


@pytest.mark.parametrize("word", ["maybe", "", "?", "j", "not sure", "1"])
def test_what_is_no_yes_and_no_no_is_asked_again(word: str, answered: Answered) -> None:
    found, shown = answered(word, *["NO"] * len(HEAT), "4")
    assert not any(found.answers.values())
    assert shown.count("If you are not sure, that is a yes.") == 1


@pytest.mark.parametrize("word", ["n", "0", "5", "older", "1.0", "", "²"])
def test_what_is_no_number_of_the_list_is_asked_again(word: str, answered: Answered) -> None:
    found, shown = answered(*["n"] * len(HEAT), word, "1")
    assert found.injury_age == "none"
    assert shown.count("one of the numbers 1 to 4") == 1


def test_no_line_is_wider_than_the_terminal_and_no_word_broken(answered: Answered) -> None:
    _, shown = answered(*["n"] * len(HEAT), "4", who="usb:E66038B713")
    assert max(map(len, shown.splitlines())) < 80 * 3
    for line in shown.replace("[y/n] ", "[y/n] \n").splitlines():
        assert len(line) <= 80, line
    words = set(" ".join(one.text for one in HEAT).split())
    assert words <= set(shown.split())


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("25", 25.0),
        ("25.1", 25.1),
        ("25,1", 25.1),
        ("25.1 °c", 25.1),
        ("77f", 77.0),
        ("n", None),
        ("maybe", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("25 1", None),
    ],
)
def test_a_number_as_people_write_it(typed: str, value: float | None) -> None:
    assert ask.number(typed) == value


# What stands in the way is said first.

FREE = Telemetry(t_ms=0, state="idle", rest_heat_s=0, rest_cold_s=0)


@pytest.mark.parametrize(
    ("changes", "modes", "kind"),
    [
        ({"rest_heat_s": 1200}, {"heat"}, RestError),
        ({"rest_heat_s": 1}, {"heat", "rest"}, RestError),
        ({"rest_heat_s": 1200}, {"cold"}, None),
        ({"rest_cold_s": 7200}, {"cold"}, RestError),
        ({"rest_cold_s": 7200}, {"heat"}, None),
        ({"rest_cold_s": 60, "rest_heat_s": 120}, {"heat", "cold"}, RestError),
        ({"state": "running"}, {"heat"}, WrongStateError),
        ({"state": "fault", "fault": "sensor_open"}, {"heat"}, DeviceFaultError),
        ({}, {"heat", "cold"}, None),
    ],
)
def test_what_stands_in_the_way(
    changes: dict[str, Any], modes: set[str], kind: type[Exception] | None
) -> None:
    if kind is None:
        remedies.require_free(FREE._replace(**changes), modes)
        return
    with pytest.raises(kind):
        remedies.require_free(FREE._replace(**changes), modes)


@pytest.mark.parametrize(
    ("at", "wait_s", "says"),
    [
        ("2026-03-02 18:07:00", 1200, "18:27"),
        ("2026-03-02 18:07:00", 1201, "18:28"),
        ("2026-03-02 18:06:01", 1200, "18:27"),
        ("2026-03-02 23:50:00", 540, "23:59"),
        ("2026-03-02 23:50:00", 600, "Tue 00:00"),
        ("2026-03-02 18:00:00", 86_400, "Tue 18:00"),
    ],
)
def test_the_clock_time_is_never_too_early(
    at: str, wait_s: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = time.mktime(time.strptime(at, "%Y-%m-%d %H:%M:%S"))
    monkeypatch.setattr("time.time", lambda: now_s)
    assert remedies.clock_after(wait_s) == says


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [("&state=flash", 6, "rest first: 20 min, until "), ("&fault=estop@boot", 7, "emergency_stop")],
)
def test_what_stands_in_the_way_is_said_before_any_question(
    options: str,
    code: int,
    says: str,
    short: str,
    say: Say,
    typed: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(Path(short).parent)
    device = f"-d sim:?speed=max{options}"
    if code == 6:
        say(f"run short.toml {device} --yes")
    typed("")
    said = say(f"run short.toml {device}", code).err
    assert says in said and " of 13" not in said
    assert code == 7 or "next heat" in say(f"status {device}").out


def test_on_a_terminal_of_80_columns(tmp_path: Path) -> None:
    with Terminal(tmp_path, "run", "arthritis", "-d", "sim:?speed=max") as terminal:
        terminal.answer(
            ("1 of 13  ", "maybe"),
            ("not sure, that is a yes", "n"),
            ("2 of 13  ", "b"),
            ("1 of 13  ", "y"),
        )
        assert terminal.ended() == 6
    assert "a burn or frostbite gives no warning" in " ".join(terminal.text.split())
    # What is typed may be echoed late: a question ends where its answer is waited for.
    for line in terminal.text.replace("\r", "").replace("[y/n] ", "[y/n]\n").split("\n"):
        assert len(line) <= 80 or line.startswith(("error:", "hint:")), line
