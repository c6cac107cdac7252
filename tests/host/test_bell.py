"""The computer's bell: once at each prompt and once at the end, in both views."""

from __future__ import annotations

from pathlib import Path

import pytest

from poultice.cli.feed import Feed
from poultice.link.messages import telemetry
from poultice.session.orders import Orders
from tests.host.terminal import ESCAPE, Terminal
from tests.host.written import phase, protocol


def rings(shell: Terminal) -> int:
    # An operating-system command ends with that character too.
    return ESCAPE.sub("", shell.read).count("\a")


@pytest.fixture
def line(tmp_path: Path) -> list[str]:
    text = protocol("mine", phase("heat", 40, 30), phase("cold", 15, 30))
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    device = "sim:?speed=40&cooler=0"
    return ["run", str(tmp_path / "mine.toml"), "-d", device, "--yes", "--confirm", "button"]


@pytest.mark.parametrize(
    ("args", "least"), [(["--view", "plain"], 2), (["--view", "full"], 2), (["--no-bell"], 0)]
)
def test_it_rings_at_a_prompt_and_at_the_end(
    args: list[str], least: int, line: list[str], tmp_path: Path
) -> None:
    with Terminal(tmp_path / "data", *line, *args) as shell:
        assert shell.ended() == 0
        assert "mine: complete" in shell.text
        # Laid on, taken off, and the end: a view that draws seldom sees two as one.
        assert least <= rings(shell) <= (3 if least else 0)


def test_not_with_json(line: list[str], tmp_path: Path) -> None:
    with Terminal(tmp_path / "data", *line, "--json") as shell:
        assert shell.ended() == 0
        assert "Lay" in shell.text and rings(shell) == 0


def test_the_file_can_switch_it_off(line: list[str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[run]\nbell = false\n", encoding="utf-8")
    with Terminal(tmp_path / "data", *line, POULTICE_CONFIG=str(tmp_path / "config.toml")) as shell:
        assert shell.ended() == 0
        assert rings(shell) == 0


def test_it_is_due_once(feed: Feed) -> None:
    def say(prompt: str | None) -> bool:
        state = "waiting" if prompt else "running"
        now = telemetry({"t_ms": 1000, "state": state, "prompt": prompt})
        assert now is not None
        feed.show(now)
        feed.drain()
        return feed.rang()

    asked = [say(one) for one in (None, "lay_pack", "lay_pack", None, "remove_pack", None)]
    assert asked == [False, True, False, False, True, False]
    feed.over = True
    assert feed.rang()
    feed.over = True
    assert not feed.rang()


@pytest.fixture
def feed() -> Feed:
    return Feed("sim:", Orders(), rings=True)
