"""The command line: exit codes, what goes where, and the object of `run --json`."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import poultice_core
from poultice import __version__, words
from poultice.cli import attend, main
from poultice.cli.root import COMMANDS
from poultice.therapy import screening
from tests.host.conftest import Say
from tests.host.faulty import LIMITS, PATH, Faulty, but, error
from tests.host.written import phase, protocol

MEMBERS = {
    "schema", "outcome", "reason", "protocol", "session", "device", "duration_s", "heat_s",
    "cold_s", "peak_mc", "min_mc", "dose_m", "heat_operations", "fault", "phases", "warnings",
    "record",
}  # fmt: skip
PlugIn = Callable[[Faulty], Faulty]


def test_version_loads_nothing_that_is_slow() -> None:
    code = (
        "import sys; from poultice.cli import main; main(['--version']); "
        "print(sorted({'rich', 'serial', 'sqlite3', 'poultice_core', 'click'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "poultice 0.1.0\n[]\n"


def test_the_version_is_that_of_the_device_logic(say: Say) -> None:
    assert __version__ == poultice_core.VERSION
    assert say("--version").out == say("-V").out == f"poultice {__version__}\n"


@pytest.mark.parametrize("command", ["", *COMMANDS, "history list", "protocols check"])
def test_every_command_explains_itself(command: str, say: Say) -> None:
    told = say(f"{command} --help").out
    assert "Usage: poultice" in told
    assert say(f"help {command}").out == told
    if command == "run":
        assert all(scheme in told for scheme in ("serial:", "usb:", "sim:", "emulator:"))


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("run nope --yes", 2, "there is no protocol named 'nope'"),
        ("run artritis --yes", 2, "did you mean arthritis"),
        ("run arthritis --bogus", 2, "--bogus"),
        ("run", 2, "PROTOCOL"),
        ("hystory", 2, "did you mean history"),
        ("run /not/there.toml --yes", 2, "/not/there.toml"),
        ("clear sensor_opn", 2, "sensor_open"),
        ("history show 99", 2, "99"),
        ("status", 3, "--device sim:"),
        ("status -d serial:/dev/not-there", 3, "no port"),
        ("run arthritis", 6, "--yes"),
        ("run arthritis --yes -d bluetooth:x", 2, "device path"),
        ("simulator -d /dev/ttyACM0", 2, "simulated"),
        ("help hstory", 2, "history"),
        ("help history lst", 2, "list"),
        ("help run x", 2, "poultice help"),
        ("protocols zzzz", 2, "zzzz"),
        ("protocols show artritis", 2, "did you mean arthritis"),
        ("protocols show knee", 2, "for that there is"),
        ("run gout -d sim: --yes", 2, "for that there is"),
        ("run back -d sim: --yes", 2, "for that there is"),
        *[
            (f"watch -d sim: --for {one}", 2, "--for")
            for one in ("nan", "inf", "1e400", "-inf", "-1")
        ],
    ],
)
def test_what_cannot_be_done_says_so_on_stderr_alone(
    line: str, code: int, says: str, say: Say
) -> None:
    told = say(line, code)
    assert told.out == "" and says in told.err


@pytest.mark.parametrize(
    "line",
    ["status -d", "stop -d", "watch -d", "run arthritis --yes -d", "calibrate -d", "doctor -d"],
)
def test_an_empty_device_is_not_the_only_one(line: str, say: Say) -> None:
    """`stop -d "$DEVICE"` where nothing is in it."""
    assert "--device is given, and is empty" in say([*line.split(), ""], 2).err


def test_an_unexpected_error_is_short_unless_asked_for(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("boo")

    monkeypatch.setattr("poultice.therapy.library.all_protocols", broken)
    assert say("protocols", 1).err.startswith("error: unexpected: RuntimeError: boo")
    with pytest.raises(RuntimeError):
        main(["-v", "protocols"])


def test_no_devices_are_an_empty_list(say: Say) -> None:
    assert say("devices --json").json == {"schema": "poultice.devices/1", "devices": []}


@pytest.mark.parametrize(
    ("made", "code", "outcome"),
    [
        (Faulty, 0, "complete"),
        (lambda: Faulty("?fault=sensor_open@20"), 7, "fault"),
        (lambda: Faulty(lost_at_s=20), 8, "lost"),
        (lambda: Faulty(silent_at_s=20), 8, "lost"),
        (lambda: Faulty().stopped(20), 0, "stopped"),
        (lambda: Faulty().stopped(20, "attended"), 8, "stopped"),
        (lambda: Faulty(silent_at_s=0), 8, "refused"),
        (lambda: Faulty(answers={"hello": but(protocol=2)}), 5, "refused"),
        (lambda: Faulty("?fault=weld_k2@boot"), 7, "fault"),
        (lambda: Faulty().running(), 6, "refused"),
    ],
)
def test_run_ends_with_one_object_whatever_happens(
    made: Callable[[], Faulty], code: int, outcome: str, short: str, plug_in: PlugIn, say: Say
) -> None:
    plug_in(made())
    told = say(["run", short, "--yes", "--json"], code)
    assert set(told.json) == MEMBERS
    assert (told.json["schema"], told.json["outcome"]) == ("poultice.run/1", outcome)
    assert len(told.rows) == 1
    assert (told.json["fault"] is not None) == (outcome == "fault")


@pytest.mark.parametrize("line", ["run --json", "run nope --json", "run arthritis --json --x"])
def test_usage_errors_end_with_the_object_too(line: str, say: Say) -> None:
    found = say(line, 2).json
    assert set(found) == MEMBERS and found["outcome"] == "refused"


def test_ctrl_c_stops_the_device_first(
    device: Faulty, short: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = threading.Event()
    take = attend.Interrupts._take

    def taken(self: Any, *signalled: Any) -> None:
        take(self, *signalled)
        pressed.set()

    def press(params: Any, ask: Callable[[], Any]) -> Any:
        if device.clock_s > 10 and not pressed.is_set():
            os.kill(os.getpid(), signal.SIGINT)
            # Seen by the main thread, before this device's clock goes on.
            assert pressed.wait(60)
        return ask()

    monkeypatch.setattr(attend.Interrupts, "_take", taken)
    device.answers["ping"] = press
    before = signal.getsignal(signal.SIGINT)
    found = say(["run", short, "--yes", "--json"], 130).json
    assert (found["outcome"], found["reason"]) == ("stopped", "host")
    assert device.state == "idle"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_view_that_breaks_costs_the_session_nothing(
    device: Faulty, short: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, update: object) -> None:
        raise RuntimeError("no room to draw in")

    monkeypatch.setattr("poultice.cli.plain.Told.show", broken)
    told = say(["run", short, "--yes"])
    assert "note: the view failed (no room to draw in)" in told.err
    assert "short: complete" in told.out
    assert "stop" not in device.asked and device.closed


@pytest.mark.parametrize("where", ["no/x", "."])
def test_a_record_that_cannot_be_written_is_found_before_arming(
    where: str, device: Faulty, tmp_path: Path, short: str, say: Say
) -> None:
    say(["run", short, "--yes", "--record", str(tmp_path / where)], 2)
    assert "arm" not in device.asked


def test_a_record_holds_everything_that_was_said(
    device: Faulty, tmp_path: Path, short: str, say: Say
) -> None:
    path = tmp_path / "session.jsonl"
    told = say(["run", short, "--yes", "--json", "--record", str(path)])
    assert told.json["record"] == str(path)
    rows = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    events = [row["params"]["kind"] for row in rows if row["method"] == "event"]
    assert events == ["boot", "phase", "warning", "complete"]
    assert sum(row["method"] == "telemetry" for row in rows) == len(rows) - len(events) >= 30


def test_a_broken_history_does_not_cost_the_session(
    device: Faulty, data: Path, short: str, say: Say
) -> None:
    (data / "history.sqlite3").write_bytes(b"not a database, by far " * 100)
    told = say(["run", short, "--yes", "--json"])
    [kept] = data.glob("session-*.jsonl")
    assert (told.json["outcome"], told.json["record"]) == ("complete", str(kept))
    assert "warning: this session is not in the history" in told.err
    say("history", 1)


def test_a_lost_device_leaves_its_record(plug_in: PlugIn, short: str, say: Say) -> None:
    plug_in(Faulty(lost_at_s=20))
    say(["run", short, "--yes"], 8)
    listed = say("history --json").json
    assert listed["schema"] == "poultice.history/1"
    assert [one["outcome"] for one in listed["sessions"]] == ["lost"]
    shown = say("history show 1 --json").json
    assert shown["samples"] >= 15 and shown["screening"] == "assumed"
    assert len(say("history export").out.splitlines()) == shown["samples"] + 1
    rows = [one["record"] for one in say("history export 1 --json").rows]
    assert rows.count("sample") == shown["samples"]


def test_a_dry_run_arms_nothing(device: Faulty, say: Say) -> None:
    found = say("run arthritis --dry-run --json").json
    assert found["plan"]["phases"] == [{"mode": "heat", "target_mc": 40500, "duration_s": 1200}]
    assert set(found) > MEMBERS
    assert device.asked == ["hello"]


def test_detached_means_unattended_and_leaves_it_running(device: Faulty, say: Say) -> None:
    say("run arthritis --yes --detach")
    assert device.state == "running"
    [plan] = [one["plan"] for one in device.sent["arm"]]
    assert (plan["name"], plan["attended_s"]) == ("arthritis", 0)


def test_a_plan_over_the_devices_limits_is_refused_before_it_is_sent(
    device: Faulty, short: str, say: Say
) -> None:
    device.answers["hello"] = but(limits={**LIMITS, "heat_target_max_mc": 39_000})
    told = say(["run", short, "--yes", "--json"], 6).err
    assert "39.0 °C" in told and "--fit" in told
    assert "arm" not in device.asked
    assert "note: " in say(["run", short, "--yes", "--json", "--fit"]).err


def test_screening_asks_and_a_yes_refuses(
    device: Faulty, short: str, say: Say, typed: Callable[[str], None]
) -> None:
    asked = [one for one in screening.QUESTIONS if one.applies_to in ("both", "heat")]
    for text, code, outcome in (("", 130, "stopped"), ("n\ny\n", 6, "refused")):
        typed(text)
        told = say(["run", short, "--json"], code)
        assert told.json["outcome"] == outcome
        assert "arm" not in device.asked
    assert "ask your doctor" in told.err
    typed("n\n" * len(asked) + "4\n")
    say(["run", short, "--json"])


@pytest.mark.parametrize("line", ["stop", "pause", "resume", "confirm"])
def test_one_thing_to_the_device_and_how_it_is_then(line: str, device: Faulty, say: Say) -> None:
    device.answers[line] = lambda params, ask: {}
    found = say(f"{line} --json").json
    assert (found["schema"], found["state"]) == (f"poultice.{line}/1", "idle")
    assert found["device"]["path"] == PATH
    assert line in device.asked


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7, -32602])
def test_a_refusal_of_the_device_is_exit_6_and_a_fault_7(
    code: int, device: Faulty, say: Say
) -> None:
    device.answers["resume"] = lambda params, ask: error(code)
    assert say("resume", 7 if code == 3 else 6).err.startswith("error: ")


def test_watching_gives_json_lines(device: Faulty, say: Say) -> None:
    rows = say("watch --json --for 5").rows
    assert len(rows) >= 4
    assert {row["schema"] for row in rows} == {"poultice.watch/1"}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("protocols gout", ["arthritis-flare"]),
        ("protocols list GOUT", ["arthritis-flare"]),
        ("protocols tennis elbow", ["tendinitis", "tendinosis"]),
    ],
)
def test_protocols_are_found_by_what_they_are_for(line: str, names: list[str], say: Say) -> None:
    assert [one["name"] for one in say(f"{line} --json").json["protocols"]] == names


def test_protocols_are_listed_shown_and_checked(short: str, tmp_path: Path, say: Say) -> None:
    listed = say("protocols --json").json
    assert listed == say("protocols list --json").json
    assert len(listed["protocols"]) == 10
    assert len(say("protocols show contrast --json").json["phases"]) == 9
    assert say("protocols show Gout --json").json["name"] == "arthritis-flare"
    say(["protocols", "check", short])
    hot = tmp_path / "hot.toml"
    hot.write_text(protocol("short", phase("heat", 44.5, 30)), encoding="utf-8")
    checked = say(["protocols", "check", str(hot), "--json"], 6).json
    assert [one["limit"] for one in checked["violations"]] == ["heat_target_max_mc"]


def test_command_line_before_environment_before_file_before_default(
    say: Say, set_in_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths: list[str] = []

    def opened(path: str) -> Faulty:
        paths.append(path)
        return Faulty()

    monkeypatch.setattr("poultice.device.discovery.open_transport", opened)
    set_in_file('device = "usb:1"\njson = true\n[status]\ndevice = "usb:2"\njson = false\n')
    assert say("stop").json["schema"] == "poultice.stop/1"
    assert not say("status").out.startswith("{")
    monkeypatch.setenv("POULTICE_DEVICE", "usb:3")
    say("status")
    monkeypatch.setenv("POULTICE_STATUS_DEVICE", "usb:4")
    say("status")
    assert not say("status -d usb:5").out.startswith("{")
    assert paths == ["usb:1", "usb:2", "usb:3", "usb:4", "usb:5"]
    monkeypatch.setenv("POULTICE_JSON", "1")
    assert say("status").json["schema"] == "poultice.status/1"


@pytest.mark.parametrize(
    ("variables", "objects"),
    [
        ({"POULTICE_JSON": "1"}, 1),
        ({"POULTICE_JSON": "yes"}, 1),
        ({"POULTICE_JSON": "0"}, 0),
        ({"POULTICE_JSON": "no"}, 0),
        ({"POULTICE_JSON": ""}, 0),
        ({"POULTICE_JSON": "maybe"}, 0),
        ({"POULTICE_JSON": "1", "POULTICE_RUN_JSON": "0"}, 0),
        ({"POULTICE_JSON": "0", "POULTICE_RUN_JSON": "1"}, 1),
    ],
)
def test_a_variable_that_says_no_asks_for_no_object(
    variables: dict[str, str], objects: int, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert len(say("run", 2).out.splitlines()) == objects


@pytest.mark.parametrize(
    ("begun", "never", "says"),
    [
        (2, 0, []),
        (2, 1, ["phase 3      never began"]),
        (2, 4, ["phases 3-6   never began"]),
        (0, 2, ["phases 1-2   never began"]),
    ],
)
def test_phases_that_never_began_are_one_line(begun: int, never: int, says: list[str]) -> None:
    one = {"mode": "heat", "actual_s": 60, "planned_s": 60, "mean_mc": 1, "peak_mc": 1}
    data = {
        "outcome": "stopped", "fault": None, "reason": "host", "protocol": "x", "session": 1,
        "heat_s": 60, "cold_s": 0, "duration_s": 60, "min_mc": 1, "peak_mc": 1, "dose_m": 0,
        "heat_operations": 1, "warnings": [], "record": None,
        "phases": [one] * begun + [{**one, "actual_s": 0, "mean_mc": None}] * never,
    }  # fmt: skip
    told = [line.strip() for line in words.summary(data)]
    assert [line for line in told if "never began" in line] == says
    assert sum("of 1 min" in line for line in told) == begun


def test_a_configuration_that_does_not_parse_is_a_usage_error(
    say: Say, set_in_file: Callable[[str], Path]
) -> None:
    set_in_file("device = \n")
    assert "config.toml" in say("protocols", 2).err


def test_colour_only_on_a_terminal_and_never_with_no_color(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def coloured(*, terminal: bool) -> bool:
        stream = io.StringIO()
        stream.isatty = lambda: terminal  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stderr", stream)
        main(["run", "nope"])
        return "\033" in stream.getvalue()

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert [coloured(terminal=one) for one in (False, True)] == [False, True]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(terminal=True)
