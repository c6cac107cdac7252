"""The keys in lines and on small terminals: the dashboard's, with and without Enter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from poultice.cli import attend
from poultice.cli.feed import Feed
from poultice.cli.keys import HELP, Keyboard, Keys
from poultice.cli.plain import Lines
from poultice.link.messages import Telemetry
from poultice.session.orders import Orders
from tests.host.terminal import Terminal, acted
from tests.host.written import phase, protocol

SLOW = "sim:?speed=20&cooler=0&user=absent"
PLAIN = ("--view", "plain")
BOTH = protocol("both", phase("heat", 40, 30), phase("cold", 15, 300))


@pytest.fixture
def both(tmp_path: Path) -> str:
    path = tmp_path / "both.toml"
    path.write_text(BOTH, encoding="utf-8")
    return str(path)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (["\n"], ["enter"]),
        (["\r", "\n"], ["enter", "enter"]),
        (["s"], ["s"]),
        (["s\n"], ["s"]),
        (["S", "\n"], ["s"]),
        (["p", "r"], ["p", "r"]),
        (["p", "\n", "\n"], ["p", "enter"]),
        (["yes\n"], ["y", "e"]),
        (["n\n", "\n"], ["n", "enter"]),
        (["no", "w ", "ss\n", "s"], ["n", "o", "s"]),
        (["xs"], ["x"]),
        (["stop\n"], ["s", "t"]),
        (["\x1b[A"], ["up"]),
        (["\x1b[B"], ["down"]),
        (["\x1b"], ["escape"]),
        (["\x1b[5~"], ["?"]),
        (["\x1b[A\n"], ["?"]),
        (["ä\n"], ["ä"]),
    ],
)
def test_what_was_typed_as_keys(typed: list[str], keys: list[str]) -> None:
    keyboard = Keyboard(Clock())
    assert [key for one in typed for key in keyboard.keys(one)] == keys


@pytest.mark.parametrize(("later_s", "keys"), [(0.9, []), (1.0, ["s"])])
def test_a_slip_of_the_finger_never_keeps_a_stop(later_s: float, keys: list[str]) -> None:
    clock = Clock()
    keyboard = Keyboard(clock)
    assert keyboard.keys("x") == ["x"]
    clock.now_s += later_s
    assert keyboard.keys("s") == keys


def test_what_was_typed_before_is_no_part_of_what_comes() -> None:
    keyboard = Keyboard(Clock())
    keyboard.keys("p")
    keyboard.forget()
    assert keyboard.keys("\n") == ["enter"]


def now(state: str, prompt: str | None = None) -> Telemetry:
    return Telemetry(1000, state, prompt=prompt)


def test_each_key_that_is_none_says_what_the_keys_are() -> None:
    feed = Feed("sim:", Orders())
    keys = Keys([feed], stop_all=lambda: None)
    assert {keys.press(key) for key in ("x", "y", "n", "escape", "j", "up", "?")} == {HELP}
    assert "j and k choose" in str(Keys([feed, feed], stop_all=lambda: None).press("x"))


class Typist(Keyboard):
    """A keyboard on which its test types; what is forgotten is gone."""

    def __init__(self, *typed: str | None) -> None:
        super().__init__(Clock())
        self._script = list(typed)
        self.buffer = ""

    def read(self, timeout_s: float) -> list[str]:
        text = self._script.pop(0) if self._script else None
        return self.keys(text) if text else []

    def forget(self) -> None:
        super().forget()
        if self._script:
            self._script[0] = ""


@pytest.mark.parametrize(("typed", "answered"), [(["\n", "\n"], True), (["\n", ""], False)])
def test_what_is_typed_before_a_prompt_is_seen_answers_none(
    typed: list[str], answered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Feed("sim:", Orders())
    said: list[str] = []
    view = Lines([feed], Keys([feed], stop_all=lambda: None), [said.append])
    keyboard = Typist(*typed)
    view._keyboard = keyboard
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    feed.show(now("waiting", "lay_pack"))
    for _ in range(2):
        view._draw()
        for key in keyboard.read(0):
            view._press(key)
    assert feed.orders.answered("lay_pack") == answered
    assert said.count("Enter here answers it too") == 1


def test_a_prompt_that_is_left_to_the_button_is_not_answered_here() -> None:
    feed = Feed("sim:", Orders(), by_button=True)
    feed.show(now("waiting", "lay_pack"))
    feed.drain()
    word = Keys([feed], stop_all=lambda: None).press("enter")
    assert word == "this prompt is left to the device's button"
    assert not feed.orders.answered("lay_pack")


# On real terminals.


VIEWS = pytest.mark.parametrize("view", [PLAIN, ()], ids=["plain", "status"])
RUN = ("run", "arthritis", "--yes", "-d", SLOW)
BEGUN = "phase 1: heat"


@VIEWS
@pytest.mark.parametrize("keys", ["s", "s\r", "qy", "q\ry\r", "qq"])
def test_stopping_with_and_without_enter(view: tuple[str, ...], keys: str, tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, *view, size=(79, 23)) as terminal:
        acted(terminal, (BEGUN, keys))
        assert terminal.ended() == 130
    assert "stopped; the pad is off" in terminal.text
    assert "\x1b" not in terminal.read
    assert ("Stop the session and leave? y yes, n no" in terminal.text) == ("q" in keys)


@VIEWS
def test_the_other_keys_in_lines(view: tuple[str, ...], tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, *view, size=(79, 23)) as terminal:
        acted(
            terminal,
            (BEGUN, "r"),
            ("resume: not possible while running", "\r\r"),
            ("confirm: not possible while running", "hello\r"),
            (HELP, "p\r"),
            ("you asked for a pause", ""),
            *([] if view else [(r"\(paused\)", "")]),
        )
        terminal.type("qn")
        acted(terminal, ("leave", "s"))
        assert terminal.ended() == 130


@VIEWS
def test_only_an_empty_line_after_the_prompt_answers_it(
    view: tuple[str, ...], both: str, tmp_path: Path
) -> None:
    with Terminal(tmp_path, "run", both, "--yes", "-d", SLOW, *view, size=(79, 23)) as terminal:
        acted(
            terminal,
            (BEGUN, "\r"),
            ("confirm: not possible", ""),
            (r"Lay the cold pack on(.|\n)*Enter here answers it too", "n\r"),
            (HELP, "yes\r"),
            (HELP, " \r"),
            (HELP, "p\r"),
            ("pause: not possible while waiting", ""),
        )
        assert "phase 2" not in terminal.text
        terminal.type("\r")
        acted(terminal, ("you answered the prompt", ""), ("phase 2: cold", "s"))
        assert terminal.ended() == 130


def test_the_status_line_is_one_line_written_over_itself(tmp_path: Path) -> None:
    line = (*RUN[:-1], "sim:?speed=200")
    with Terminal(tmp_path, *line, size=(60, 10)) as terminal:
        status = "\rheat .* of 40.5 °C"
        acted(terminal, (BEGUN, ""), (status, ""), (status, "s"))
        assert terminal.ended() == 130
    drawn = re.findall(r"\r(heat [^\r\n]*)", terminal.text)
    assert len(drawn) > 1
    assert all(len(one) < 60 for one in drawn)


def test_watching_in_lines_has_the_same_keys(tmp_path: Path) -> None:
    with Terminal(tmp_path, "watch", "-d", SLOW, *PLAIN) as terminal:
        acted(terminal, ("idle", "p"), ("pause: not possible while idle", "q"))
        assert terminal.ended() == 0


def test_the_terminal_is_as_it_was_afterwards(tmp_path: Path) -> None:
    with Terminal(tmp_path, *RUN, *PLAIN) as terminal:
        terminal.until(BEGUN)
        assert terminal.flags != terminal.flags_before
        terminal.type("s")
        terminal.until("record")
        assert terminal.flags == terminal.flags_before
        assert terminal.ended() == 130
