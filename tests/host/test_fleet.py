"""Several devices in one command: each with its own end, none in another's way."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import attend, fleet
from poultice.cli.seat import Seat
from poultice.errors import DeviceFaultError, DeviceLostError, ExitCode, Interrupted
from poultice.session.orders import Orders
from poultice.session.recorder import Recording
from poultice.therapy import screening
from tests.host.conftest import Say
from tests.host.faulty import Faulty
from tests.host.written import phase, protocol

Ran = Callable[..., tuple[list[Any], str]]


def named(*paths: str) -> list[str]:
    return list(itertools.chain.from_iterable(("-d", path) for path in paths))


def sims(*options: str) -> list[str]:
    """`-d` for a simulated device each."""
    return named(*(f"sim:?speed=max&seed={n}{one}" for n, one in enumerate(options, 1)))


@pytest.fixture
def ran(say: Say) -> Ran:
    """What a run of several that ends with the code given tells of each, and what it says."""

    def run(code: int, *line: str) -> tuple[list[Any], str]:
        told = say(["run", *line, "--json"], code)
        assert (told.json["schema"], told.json["exit"]) == ("poultice.fleet/1", code)
        return told.json["devices"], told.err

    return run


# Every way a session ends, with its exit code.
ENDS = {
    "": ("complete", 0),
    "&fault=sensor_open@20": ("fault", 7),
    "&fault=host_lost@20": ("lost", 8),
    "&fault=sensor_open@boot": ("refused", 6),
    "&fault=estop@boot": ("fault", 7),
}


def test_each_ends_as_it_would_alone_with_its_own_row_in_the_history(
    short: str, ran: Ran, say: Say
) -> None:
    devices, _ = ran(8, short, "--yes", *sims(*ENDS))
    assert [(one["outcome"], one["exit"]) for one in devices] == list(ENDS.values())
    for one, asked in zip(devices, ENDS, strict=True):
        assert one["device"]["path"].endswith(asked)
        assert one["schema"] == "poultice.run/1"
        assert (one["error"] is None) == (one["exit"] == 0)
        assert one["heat_s"] == (30 if one["outcome"] == "complete" else pytest.approx(20, abs=21))
    sessions = say("history list --simulated --json").json["sessions"]
    rows = [say(f"history show {one['n']} --json").json for one in sessions]
    found = {one["device"]["path"].partition("&fault=")[2]: one["outcome"] for one in rows}
    assert found == {"": "complete", "sensor_open@20": "fault", "host_lost@20": "lost"}
    assert len(rows) == 3


def test_lines_and_errors_name_their_device(short: str, say: Say) -> None:
    told = say(["run", short, "--yes", *sims("", "&fault=sensor_open@20")], 7)
    first, second = "sim:?speed=max&seed=1", "sim:?speed=max&seed=2&fault=sensor_open@20"
    assert f"{first}: 00:3" in told.err and f"{second}: 00:20  fault: sensor_open" in told.err
    assert f"error: {second}: the device is in fault: sensor_open\nhint: " in told.err
    lines = [line for line in told.err.splitlines() if not line.startswith(("error:", "hint:"))]
    assert all(line.startswith((first, second)) for line in lines)
    assert f"{first}:\nshort: complete" in told.out


@pytest.mark.parametrize(
    "devices",
    [
        ["sim:", "sim:"],
        ["sim:?seed=1", "sim:?seed=2", "sim:?seed=1"],
        ["/dev/ttyACM0", "serial:/dev/ttyACM0"],
        ["/dev/ttyACM0", "/dev/../dev/ttyACM0"],
        ["usb:AB", "usb:ab"],
        # One flash is no two devices.
        *[["sim:?state=a", f"sim:?state={one}"]
          for one in ("a&seed=2", "./b/../a&seed=3", "link&seed=2", "%61&seed=2")],
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run arthritis --yes", "watch"])
def test_the_same_device_twice_is_a_usage_error(
    devices: list[str], command: str, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("a")
    told = say([*command.split(), *named(*devices)], 2).err
    assert "is named twice" in told
    assert ("its own state=DIR" in told) == ("state" in devices[0])
    assert not Path("a").exists(), "nothing was begun"


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--yes", "--record", "x.jsonl"], 2, "--record is for one device"),
        (["--yes", "-d", "nope:x"], 2, "nope:x"),
        ([], 6, "--yes"),
    ],
)
def test_what_cannot_be_done_starts_nothing(
    more: list[str], code: int, said: str, short: str, ran: Ran
) -> None:
    devices, told = ran(code, short, *sims("", ""), *more)
    assert said in told
    assert {(one["outcome"], one["exit"]) for one in devices} == {("refused", code)}
    assert {one["session"] for one in devices} == {None}


def test_each_is_screened_by_name_and_a_yes_refuses_that_one(
    short: str, ran: Ran, typed: Callable[[str], None]
) -> None:
    count = sum(one.applies_to in ("both", "heat") for one in screening.QUESTIONS)
    typed("y\n" + "n\n" * count + "4\n")
    devices, told = ran(6, short, *sims("", ""))
    assert [one["outcome"] for one in devices] == ["refused", "complete"]
    for n in (1, 2):
        name = f"sim:?speed=max&seed={n}"
        assert f"Before Short on {name}: " in told
        plain = " ".join(told.split())
        assert plain.count(f"1 of {count + 1} {name}: {screening.QUESTIONS[0].text}") == 1


def test_leaving_the_questions_starts_none(
    short: str, ran: Ran, typed: Callable[[str], None]
) -> None:
    typed("")
    devices, _ = ran(130, short, *sims("", ""))
    assert [(one["session"], one["exit"]) for one in devices] == [(None, 130)] * 2


def test_detached_each_is_started_and_left(short: str, ran: Ran, tmp_path: Path) -> None:
    kept = [f"&state={tmp_path / str(n)}" for n in range(3)]
    kept[1] += "&fault=sensor_open@boot"
    devices, _ = ran(6, short, "--yes", "--detach", *sims(*kept))
    assert [one.get("detached", False) for one in devices] == [True, False, True]
    assert [one["session"] for one in devices] == [1, None, 1]


def test_a_dry_run_shows_each_plan(short: str, ran: Ran) -> None:
    devices, _ = ran(0, short, "--dry-run", *sims("", ""))
    assert [one["plan"]["name"] for one in devices] == ["short", "short"]


def test_ctrl_c_stops_all_and_waits_for_each(
    short: str, pads: Any, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices, words = pads(3)
    pressed = threading.Event()
    started = threading.Barrier(len(devices))
    take = attend.Interrupts._take

    def taken(self: Any, *signalled: Any) -> None:
        take(self, *signalled)
        pressed.set()

    def press(device: Faulty, params: Any, ask: Callable[[], Any]) -> Any:
        if device.clock_s > 10 and not pressed.is_set():
            started.wait(60)
            if device is devices[1]:
                os.kill(os.getpid(), signal.SIGINT)
            # Seen by the main thread, before this device's clock goes on.
            assert pressed.wait(60)
        return ask()

    for one in devices:
        one.answers["ping"] = partial(press, one)
    monkeypatch.setattr(attend.Interrupts, "_take", taken)
    told = say(["run", short, "--yes", "--json", *words], 130)
    ends = [(one["outcome"], one["exit"]) for one in told.json["devices"]]
    assert ends == [("stopped", 130)] * 3
    assert [(one.state, one.closed) for one in devices] == [("idle", True)] * 3
    assert [told.err.count(f"{one.path}: stopped; the pad is off") for one in devices] == [1, 1, 1]


def test_one_that_fails_in_an_unforeseen_way_leaves_the_others(
    short: str, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Recording.take

    def broken(self: Any, update: Any, *, began: bool) -> None:
        if self._what["device"]["path"].endswith("seed=1"):
            raise RuntimeError("no room to draw in")
        take(self, update, began=began)

    monkeypatch.setattr(Recording, "take", broken)
    devices, told = ran(1, short, "--yes", *sims("", ""))
    assert [one["outcome"] for one in devices] == ["stopped", "complete"]
    assert "no room to draw in" in told


def test_an_early_enter_answers_no_later_prompt(
    tmp_path: Path, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "both.toml"
    text = protocol("short", phase("heat", 40, 30), phase("cold", 15, 30))
    path.write_text(text, encoding="utf-8")
    made = Orders.__init__

    def pressed(self: Orders) -> None:
        made(self)
        self.confirm("lay_pack")

    monkeypatch.setattr(Orders, "__init__", pressed)
    devices, _ = ran(8, str(path), "--yes", *sims("&cooler=0&user=absent", "&cooler=0"))
    assert [(one["outcome"], one["reason"], one["cold_s"] > 0) for one in devices] == [
        ("stopped", "prompt_timeout", False),
        ("complete", None, True),
    ]


FAULT, LOST = DeviceFaultError("fault"), DeviceLostError("gone")


@pytest.mark.parametrize(
    ("failures", "worst"),
    [
        ([None], 0),
        ([None, Interrupted("stopped")], 130),
        ([Interrupted("stopped"), FAULT, None], 7),
        ([FAULT, LOST, Interrupted("stopped")], 8),
        ([LOST, RuntimeError()], 1),
    ],
)
def test_the_worst_exit_code_wins(failures: list[BaseException | None], worst: int) -> None:
    assert sorted(fleet.WORST_FIRST) == sorted(ExitCode)
    seats = [Seat("sim:") for _ in failures]
    for seat, failure in zip(seats, failures, strict=True):
        seat.failure = failure
    assert fleet.worst(seats) == worst


def test_watching_several_names_each_and_outlives_a_lost_one(say: Say) -> None:
    line = ["watch", *sims("", "&fault=host_lost@boot"), "--for", "5"]
    told = say([*line, "--json"], 8)
    assert sum(one["device"] == "sim:?speed=max&seed=1" for one in told.rows) >= 4
    assert {one["schema"] for one in told.rows} == {"poultice.watch/1"}
    assert "error: sim:?speed=max&seed=2&fault=host_lost@boot: " in told.err
    told = say(line, 8)
    assert all(one.startswith("sim:?speed=max&seed=") for one in told.out.splitlines())
