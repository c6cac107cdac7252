"""Several devices in one command: each with its own end, none in another's way."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import attend, fleet, main
from poultice.cli.seat import Seat
from poultice.errors import DeviceFaultError, DeviceLostError, ExitCode, Interrupted
from poultice.session.recorder import Recording
from tests.host.fakes import FakeDevice
from tests.host.written import phase, protocol

SHORT = protocol("short", phase("heat", 40, 60))


pytestmark = pytest.mark.usefixtures("own_record")


@pytest.fixture
def short(tmp_path: Path) -> str:
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    return str(path)


def sims(*options: str) -> list[str]:
    """`-d` for a simulated device each."""
    paths = [f"sim:?speed=max&seed={n}{one}" for n, one in enumerate(options, 1)]
    return list(itertools.chain.from_iterable(("-d", path) for path in paths))


def ran(capsys: pytest.CaptureFixture[str], *line: str) -> tuple[int, list[Any], str]:
    code = main(["run", *line, "--json"])
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found["schema"] == "poultice.fleet/1"
    assert found["exit"] == code
    return code, found["devices"], told.err


# Every way a session ends, with its exit code: three of them at a time, in each place.
ENDS = {
    "": ("complete", 0),
    "&fault=sensor_open@20": ("fault", 7),
    "&fault=host_lost@20": ("lost", 8),
    "&fault=sensor_open@boot": ("refused", 6),
    "&fault=estop@boot": ("fault", 7),
}


@pytest.mark.parametrize("options", list(itertools.combinations(ENDS, 3)))
def test_each_ends_as_it_would_alone(
    options: tuple[str, ...], short: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, devices, _ = ran(capsys, short, "--yes", *sims(*options))
    assert [(one["outcome"], one["exit"]) for one in devices] == [ENDS[one] for one in options]
    order = [int(one) for one in fleet.WORST_FIRST]
    assert code == min((ENDS[one][1] for one in options), key=order.index)
    for one, asked in zip(devices, options, strict=True):
        assert one["device"]["path"].endswith(f"{asked}")
        assert one["schema"] == "poultice.run/1"
        assert (one["error"] is None) == (one["exit"] == 0)
        assert one["heat_s"] == (60 if one["outcome"] == "complete" else pytest.approx(20, abs=21))


def test_each_has_its_own_row_in_the_history(
    short: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(capsys, short, "--yes", *sims("", "&fault=sensor_open@20", "&fault=host_lost@20"))
    main(["history", "list", "--simulated", "--json"])
    sessions = json.loads(capsys.readouterr().out)["sessions"]
    assert sorted(one["outcome"] for one in sessions) == ["complete", "fault", "lost"]
    for one in sessions:
        main(["history", "show", str(one["n"]), "--json"])
        shown = json.loads(capsys.readouterr().out)
        lost = "fault=sensor" in shown["device"]["path"], "host_lost" in shown["device"]["path"]
        assert one["outcome"] == {(True, False): "fault", (False, True): "lost"}.get(
            lost, "complete"
        )


def test_lines_and_errors_name_their_device(short: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", short, "--yes", *sims("", "&fault=sensor_open@20")]) == 7
    told = capsys.readouterr()
    first, second = "sim:?speed=max&seed=1", "sim:?speed=max&seed=2&fault=sensor_open@20"
    assert f"{first}: 01:0" in told.err and f"{second}: 00:20  fault: sensor_open" in told.err
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
    ],
)
@pytest.mark.parametrize("command", [["run", "arthritis", "--yes"], ["watch"]])
def test_the_same_device_twice_is_a_usage_error(
    devices: list[str], command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = [*command, *itertools.chain.from_iterable(("-d", one) for one in devices)]
    assert main(line) == 2
    assert "is named twice" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run", "arthritis", "--yes"], ["watch"]])
@pytest.mark.parametrize("other", ["a&seed=2", "./b/../a&seed=3", "link&seed=2", "%61&seed=2"])
def test_one_flash_is_no_two_devices(
    other: str,
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("a")
    assert main([*command, "-d", "sim:?state=a", "-d", f"sim:?state={other}"]) == 2
    told = capsys.readouterr().err
    assert "is named twice" in told and "its own state=DIR" in told
    assert not Path("a").exists(), "nothing was begun"


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--record", "x.jsonl"], "--record is for one device"), (["-d", "nope:x"], "nope:x")],
)
def test_what_cannot_be_done_starts_nothing(
    more: list[str], said: str, short: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, devices, told = ran(capsys, short, "--yes", *sims("", ""), *more)
    assert code == 2
    assert said in told
    assert {(one["outcome"], one["exit"]) for one in devices} == {("refused", 2)}


def test_without_anybody_to_answer_nothing_starts(
    short: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, devices, _ = ran(capsys, short, *sims("", ""))
    assert code == 6
    assert [one["session"] for one in devices] == [None, None]


def test_each_is_screened_by_name_and_a_yes_refuses_that_one(
    short: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice.therapy import screening

    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    count = sum(one.applies_to in ("both", "heat") for one in screening.QUESTIONS)
    well = "n\n" * count + "4\n"
    ill = "y\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(ill + well))
    code, devices, told = ran(capsys, short, *sims("", ""))
    assert code == 6
    assert [one["outcome"] for one in devices] == ["refused", "complete"]
    for n in (1, 2):
        name = f"sim:?speed=max&seed={n}"
        assert f"Before Short on {name}: " in told
        plain = " ".join(told.split())
        assert plain.count(f"1 of {count + 1} {name}: {screening.QUESTIONS[0].text}") == 1


def test_leaving_the_questions_starts_none(
    short: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    code, devices, _ = ran(capsys, short, *sims("", ""))
    assert code == 130
    assert [(one["session"], one["exit"]) for one in devices] == [(None, 130)] * 2


def test_detached_each_is_started_and_left(short: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, devices, _ = ran(
        capsys, short, "--yes", "--detach", *sims("", "&fault=sensor_open@boot", "")
    )
    assert code == 6
    assert [one.get("detached", False) for one in devices] == [True, False, True]
    assert [one["session"] for one in devices] == [1, None, 1]


def test_a_dry_run_shows_each_plan(short: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, devices, _ = ran(capsys, short, "--dry-run", *sims("", ""))
    assert code == 0
    assert [one["plan"]["name"] for one in devices] == ["short", "short"]


def test_ctrl_c_stops_all_and_waits_for_each(
    short: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = {f"fake:{n}": FakeDevice() for n in range(3)}
    pressed = threading.Event()
    started = threading.Barrier(len(devices))
    take = attend.Interrupts._take

    def taken(self: Any, *signalled: Any) -> None:
        take(self, *signalled)
        pressed.set()

    def press(device: FakeDevice, _: Any) -> dict[str, int]:
        if device.clock_s > 60 and "stop" not in device.asked:
            started.wait(60)
            if device is devices["fake:1"]:
                os.kill(os.getpid(), signal.SIGINT)
            # Seen by the main thread, before this device's clock goes on.
            assert pressed.wait(60)
        return {"uptime_ms": 0}

    for one in devices.values():
        one.override["ping"] = partial(press, one)
    monkeypatch.setattr(attend.Interrupts, "_take", taken)
    monkeypatch.setattr("poultice.device.discovery.open_transport", lambda path: devices[path])
    monkeypatch.setattr("poultice.link.transport.split_path", lambda path: ("fake", path))
    line = list(itertools.chain.from_iterable(("-d", one) for one in devices))
    code, found, told = ran(capsys, "arthritis", "--yes", *line)
    assert code == 130
    assert [(one["outcome"], one["exit"]) for one in found] == [("stopped", 130)] * 3
    assert [one.state for one in devices.values()] == ["idle"] * 3
    assert all(one.closed for one in devices.values())
    assert [told.count(f"{one}: stopped; the pad is off") for one in devices] == [1, 1, 1]


def test_one_that_fails_in_an_unforeseen_way_leaves_the_others(
    short: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Recording.take

    def broken(self: Any, update: Any, *, began: bool) -> None:
        if self._what["device"]["path"].endswith("seed=1"):
            raise RuntimeError("no room to draw in")
        take(self, update, began=began)

    monkeypatch.setattr(Recording, "take", broken)
    code, devices, told = ran(capsys, short, "--yes", *sims("", ""))
    assert code == 1
    assert [one["outcome"] for one in devices] == ["stopped", "complete"]
    assert "no room to draw in" in told


def test_an_early_enter_answers_no_later_prompt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice.session.orders import Orders

    path = tmp_path / "both.toml"
    path.write_text(SHORT + phase("cold", 15, 60), encoding="utf-8")
    made = Orders.__init__

    def pressed(self: Orders) -> None:
        made(self)
        self.confirm("lay_pack")

    monkeypatch.setattr(Orders, "__init__", pressed)
    line = sims("&cooler=0&user=absent", "&cooler=0")
    _, devices, _ = ran(capsys, str(path), "--yes", *line)
    assert [(one["outcome"], one["reason"], one["cold_s"] > 0) for one in devices] == [
        ("stopped", "prompt_timeout", False),
        ("complete", None, True),
    ]


def test_the_worst_exit_code_wins() -> None:
    assert sorted(fleet.WORST_FIRST) == sorted(ExitCode)

    def seat(error: BaseException | None) -> Seat:
        one = Seat("sim:")
        one.failure = error
        return one

    done, stopped = seat(None), seat(Interrupted("stopped"))
    fault, lost = seat(DeviceFaultError("fault")), seat(DeviceLostError("gone"))
    unknown = seat(RuntimeError())
    assert fleet.worst([done]) == 0
    assert fleet.worst([done, stopped]) == 130
    assert fleet.worst([stopped, fault, done]) == 7
    assert fleet.worst([fault, lost, stopped]) == 8
    assert fleet.worst([lost, unknown]) == 1


def test_watching_several_names_each_and_outlives_a_lost_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = ["watch", *sims("", "&fault=host_lost@boot"), "--for", "5"]
    assert main([*line, "--json"]) == 8
    told = capsys.readouterr()
    rows = [json.loads(one) for one in told.out.splitlines()]
    assert sum(one["device"] == "sim:?speed=max&seed=1" for one in rows) >= 4
    assert {one["schema"] for one in rows} == {"poultice.watch/1"}
    assert "error: sim:?speed=max&seed=2&fault=host_lost@boot: " in told.err
    assert main(line) == 8
    told = capsys.readouterr()
    assert all(one.startswith("sim:?speed=max&seed=") for one in told.out.splitlines())
