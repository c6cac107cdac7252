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

from poultice.cli import attend, main
from poultice.cli.root import COMMANDS
from poultice.link.transport import Transport
from tests.host.fakes import LIMITS, Error, FakeDevice
from tests.host.written import phase, protocol

MEMBERS = {
    "schema", "outcome", "reason", "protocol", "session", "device", "duration_s", "heat_s",
    "cold_s", "peak_mc", "min_mc", "dose_m", "heat_operations", "fault", "phases", "warnings",
    "record",
}  # fmt: skip
SHORT = protocol("short", phase("heat", 40, 30))


pytestmark = pytest.mark.usefixtures("own_record")


@pytest.fixture
def short(tmp_path: Path) -> str:
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    return str(path)


def last_object(text: str) -> dict[str, Any]:
    found = json.loads(text.splitlines()[-1])
    assert isinstance(found, dict)
    return found


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


def test_the_constant_version_is_that_of_the_device_logic() -> None:
    core = pytest.importorskip("poultice_core")
    from poultice import __version__

    assert __version__ == core.VERSION


def test_every_kind_of_device_path_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    told = capsys.readouterr().out
    assert all(scheme in told for scheme in ("serial:", "usb:", "sim:", "emulator:"))


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    assert "Usage: poultice" in capsys.readouterr().out


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
        ("status -d serial:/dev/not-there", 3, "no port"),
        ("run arthritis", 6, "--yes"),
        ("run arthritis --yes -d bluetooth:x", 2, "device path"),
        ("simulator -d /dev/ttyACM0", 2, "simulated"),
    ],
)
def test_what_cannot_be_done_says_so_on_stderr_alone(
    line: str, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert "Traceback" not in told.err


def test_an_unexpected_error_is_short_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("boo")

    monkeypatch.setattr("poultice.therapy.library.all_protocols", broken)
    assert main(["protocols"]) == 1
    assert capsys.readouterr().err.startswith("error: unexpected: RuntimeError: boo")
    with pytest.raises(RuntimeError):
        main(["-v", "protocols"])


def test_no_device_says_what_to_try(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    assert main(["status"]) == 3
    assert "--device sim:" in capsys.readouterr().err
    assert main(["devices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": "poultice.devices/1", "devices": []}


@pytest.mark.parametrize(
    ("device", "code", "outcome"),
    [
        (FakeDevice(), 0, "complete"),
        (FakeDevice(fault_at_s=100), 7, "fault"),
        (FakeDevice(lost_at_s=100), 8, "lost"),
        (FakeDevice(silent_at_s=100), 8, "lost"),
        (FakeDevice(stop_reason_at_s=(100, "button")), 0, "stopped"),
        (FakeDevice(stop_reason_at_s=(100, "attended")), 8, "stopped"),
        (FakeDevice(silent_at_s=0), 8, "refused"),
        (FakeDevice(protocol=2), 5, "refused"),
        (FakeDevice(state="fault", fault="sensor_open"), 7, "fault"),
        (FakeDevice(state="running"), 6, "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_run_ends_with_one_object_whatever_happens(
    device: FakeDevice,
    code: int,
    outcome: str,
    plug_in: Callable[[FakeDevice], FakeDevice],
    capsys: pytest.CaptureFixture[str],
) -> None:
    plug_in(device)
    assert main(["run", "arthritis", "--yes", "--json"]) == code
    told = capsys.readouterr()
    found = last_object(told.out)
    assert set(found) == MEMBERS
    assert (found["schema"], found["outcome"]) == ("poultice.run/1", outcome)
    assert len(told.out.splitlines()) == 1
    assert (found["fault"] == "sensor_open") == (outcome == "fault")
    assert ("error: " in told.err) == (code != 0)


@pytest.mark.parametrize("line", ["run --json", "run nope --json", "run arthritis --json --x"])
def test_usage_errors_end_with_the_object_too(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    found = last_object(capsys.readouterr().out)
    assert set(found) == MEMBERS
    assert found["outcome"] == "refused"


def test_ctrl_c_stops_the_device_first(
    plug_in: Callable[[FakeDevice], FakeDevice],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(FakeDevice())

    pressed = threading.Event()
    take = attend.Interrupts._take

    def taken(self: Any, *signalled: Any) -> None:
        take(self, *signalled)
        pressed.set()

    def press(_: Any) -> dict[str, int]:
        if device.clock_s > 60 and "stop" not in device.asked:
            os.kill(os.getpid(), signal.SIGINT)
            # Seen by the main thread, before this device's clock goes on.
            assert pressed.wait(60)
        return {"uptime_ms": 0}

    monkeypatch.setattr(attend.Interrupts, "_take", taken)
    device.override["ping"] = press
    before = signal.getsignal(signal.SIGINT)
    assert main(["run", "arthritis", "--yes", "--json"]) == 130
    found = last_object(capsys.readouterr().out)
    assert (found["outcome"], found["reason"]) == ("stopped", "host")
    assert device.state == "idle"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_view_that_breaks_costs_the_session_nothing(
    plug_in: Callable[[FakeDevice], FakeDevice],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(FakeDevice())

    def broken(self: object, update: object) -> None:
        raise RuntimeError("no room to draw in")

    monkeypatch.setattr("poultice.cli.plain.Told.show", broken)
    assert main(["run", "arthritis", "--yes"]) == 0
    told = capsys.readouterr()
    assert "note: the view failed (no room to draw in)" in told.err
    assert "arthritis: complete" in told.out
    assert "stop" not in device.asked and device.closed


def test_a_record_that_cannot_be_written_is_found_before_arming(
    plug_in: Callable[[FakeDevice], FakeDevice], tmp_path: Path
) -> None:
    device = plug_in(FakeDevice())
    assert main(["run", "arthritis", "--yes", "--record", str(tmp_path / "no" / "x")]) == 2
    assert main(["run", "arthritis", "--yes", "--record", str(tmp_path)]) == 2
    assert "arm" not in device.asked


def test_a_record_holds_everything_that_was_said(
    plug_in: Callable[[FakeDevice], FakeDevice], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice())
    path = tmp_path / "session.jsonl"
    assert main(["run", "arthritis", "--yes", "--json", "--record", str(path)]) == 0
    rows = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert {row["method"] for row in rows} == {"telemetry", "event"}
    assert sum(row["method"] == "telemetry" for row in rows) >= 1200
    assert [row["params"]["kind"] for row in rows if row["method"] == "event"] == [
        "phase",
        "complete",
    ]
    assert last_object(capsys.readouterr().out)["record"] == str(path)


def test_a_broken_history_does_not_cost_the_session(
    plug_in: Callable[[FakeDevice], FakeDevice], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "history.sqlite3").write_bytes(b"not a database, by far " * 100)
    assert main(["run", "arthritis", "--yes", "--json"]) == 0
    told = capsys.readouterr()
    found = last_object(told.out)
    assert (found["outcome"], found["record"]) == ("complete", None)
    assert "warning: this session is not in the history" in told.err
    assert main(["history"]) == 1


def test_a_lost_device_leaves_its_record(
    plug_in: Callable[[FakeDevice], FakeDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice(lost_at_s=100))
    assert main(["run", "arthritis", "--yes"]) == 8
    capsys.readouterr()
    assert main(["history", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["schema"] == "poultice.history/1"
    assert [one["outcome"] for one in listed["sessions"]] == ["lost"]
    assert main(["history", "show", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["samples"] >= 95
    assert shown["screening"] == "assumed"
    assert main(["history", "export"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == shown["samples"] + 1
    assert main(["history", "export", "1", "--json"]) == 0
    rows = [json.loads(line)["record"] for line in capsys.readouterr().out.splitlines()]
    assert rows.count("sample") == shown["samples"]


def test_a_dry_run_arms_nothing(
    plug_in: Callable[[FakeDevice], FakeDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(FakeDevice())
    assert main(["run", "arthritis", "--dry-run", "--json"]) == 0
    found = last_object(capsys.readouterr().out)
    assert found["plan"]["phases"] == [{"mode": "heat", "target_mc": 40500, "duration_s": 1200}]
    assert set(found) > MEMBERS
    assert device.asked == ["hello"]


def test_detached_means_unattended_and_leaves_it_running(
    plug_in: Callable[[FakeDevice], FakeDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(FakeDevice())
    assert main(["run", "arthritis", "--yes", "--detach"]) == 0
    assert device.state == "running"
    assert device.status()["plan"] == "arthritis"
    assert device._plan is not None
    assert device._plan["attended_s"] == 0


def test_a_plan_over_the_devices_limits_is_refused_before_it_is_sent(
    plug_in: Callable[[FakeDevice], FakeDevice],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(FakeDevice())
    hello = device._answer("hello", None)
    limits = {**LIMITS, "heat_target_max_mc": 40_000}
    device.override["hello"] = lambda _: {**hello, "limits": limits}
    assert main(["run", "arthritis", "--yes", "--json"]) == 6
    told = capsys.readouterr()
    assert "40.0 °C" in told.err
    assert "--fit" in told.err
    assert "arm" not in device.asked
    assert main(["run", "arthritis", "--yes", "--json", "--fit"]) == 0
    assert "note: " in capsys.readouterr().err


def test_screening_asks_and_a_yes_refuses(
    plug_in: Callable[[FakeDevice], FakeDevice],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(FakeDevice())
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    from poultice.therapy import screening

    asked = [one for one in screening.QUESTIONS if one.applies_to in ("both", "heat")]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\ny\n"))
    assert main(["run", "arthritis", "--json"]) == 6
    told = capsys.readouterr()
    assert "ask your doctor" in told.err
    assert last_object(told.out)["outcome"] == "refused"
    assert "arm" not in device.asked
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n" * len(asked) + "4\n"))
    assert main(["run", "arthritis", "--json"]) == 0


def test_leaving_the_questions_starts_nothing(
    plug_in: Callable[[FakeDevice], FakeDevice],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(FakeDevice())
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    assert main(["run", "arthritis", "--json"]) == 130
    assert last_object(capsys.readouterr().out)["outcome"] == "stopped"
    assert "arm" not in device.asked


@pytest.mark.parametrize(
    ("line", "asked"),
    [("stop", "stop"), ("pause", "pause"), ("resume", "resume"), ("confirm", "confirm")],
)
def test_one_thing_to_the_device_and_how_it_is_then(
    line: str,
    asked: str,
    plug_in: Callable[[FakeDevice], FakeDevice],
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(FakeDevice(override={asked: lambda _: {}}))
    assert main([line, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["state"]) == (f"poultice.{line}/1", "idle")
    assert found["device"]["path"] == "fake:"
    assert asked in device.asked


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7, -32602])
def test_a_refusal_of_the_device_is_exit_6_and_a_fault_7(
    code: int, plug_in: Callable[[FakeDevice], FakeDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice(override={"resume": lambda _: Error(code, "x", {})}))
    assert main(["resume"]) == (7 if code == 3 else 6)
    assert capsys.readouterr().err.startswith("error: ")


def test_watching_gives_json_lines(
    plug_in: Callable[[FakeDevice], FakeDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice())
    assert main(["watch", "--json", "--for", "5"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
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
def test_protocols_are_found_by_what_they_are_for(
    line: str, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*line.split(), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["protocols"]
    assert [one["name"] for one in listed] == names


def test_the_only_one_for_something_is_shown_but_never_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["protocols", "show", "Gout", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "arthritis-flare"
    for words in (["protocols", "show", "knee"], ["run", "gout", "-d", "sim:", "--yes"],
                  ["run", "back", "-d", "sim:", "--yes"]):  # fmt: skip
        assert main(words) == 2
        assert "for that there is" in capsys.readouterr().err
    assert main(["protocols", "zzzz"]) == 2
    assert main(["protocols", "show", "artritis"]) == 2
    assert "did you mean arthritis" in capsys.readouterr().err


def test_protocols_are_listed_shown_and_checked(
    short: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["protocols", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert main(["protocols", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == listed
    assert len(listed["protocols"]) == 10
    assert main(["protocols", "show", "contrast", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["phases"]) == 9
    assert main(["protocols", "check", short]) == 0
    hot = tmp_path / "hot.toml"
    hot.write_text(protocol("short", phase("heat", 44.5, 30)), encoding="utf-8")
    capsys.readouterr()
    assert main(["protocols", "check", str(hot), "--json"]) == 6
    checked = json.loads(capsys.readouterr().out)
    assert [one["limit"] for one in checked["violations"]] == ["heat_target_max_mc"]


def test_command_line_before_environment_before_file_before_default(
    tmp_path: Path,
    short: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths: list[str] = []

    def opened(path: str) -> Transport:
        paths.append(path)
        return FakeDevice()

    monkeypatch.setattr("poultice.device.discovery.open_transport", opened)
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text(
        'device = "fake:file"\njson = true\n[status]\ndevice = "fake:section"\njson = false\n',
        encoding="utf-8",
    )
    main(["stop"])
    main(["status"])
    monkeypatch.setenv("POULTICE_DEVICE", "fake:environment")
    main(["status"])
    monkeypatch.setenv("POULTICE_STATUS_DEVICE", "fake:own")
    main(["status"])
    main(["status", "-d", "fake:line"])
    assert paths == ["fake:file", "fake:section", "fake:environment", "fake:own", "fake:line"]
    assert len([line for line in capsys.readouterr().out.splitlines() if line[0] == "{"]) == 1
    monkeypatch.setenv("POULTICE_JSON", "1")
    capsys.readouterr()
    main(["status"])
    assert json.loads(capsys.readouterr().out)["schema"] == "poultice.status/1"


@pytest.mark.parametrize("words", ["run", "history", "history list", "protocols check"])
def test_help_is_what_the_option_says(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert main(["help", *words.split()]) == 0
    assert capsys.readouterr().out == told


def test_help_without_a_command_and_for_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert main(["help"]) == 0
    assert capsys.readouterr().out == told
    for words, near in ((["help", "hstory"], "history"), (["help", "history", "lst"], "list"),
                        (["help", "run", "x"], "poultice help")):  # fmt: skip
        assert main(words) == 2
        assert near in capsys.readouterr().err


def test_the_version_by_its_short_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    told = capsys.readouterr().out
    assert main(["-V"]) == 0
    assert capsys.readouterr().out == told


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
    variables: dict[str, str],
    objects: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["run"]) == 2
    assert len(capsys.readouterr().out.splitlines()) == objects


def test_phases_that_never_began_are_one_line() -> None:
    from poultice import words

    begun = {"mode": "heat", "actual_s": 60, "planned_s": 60, "mean_mc": 1, "peak_mc": 1}
    data = {
        "outcome": "stopped", "fault": None, "reason": "host", "protocol": "x", "session": 1,
        "heat_s": 60, "cold_s": 0, "duration_s": 60, "min_mc": 1, "peak_mc": 1, "dose_m": 0,
        "heat_operations": 1, "warnings": [], "record": None,
    }  # fmt: skip
    for never, says in (
        (0, []),
        (1, ["phase 3      never began"]),
        (4, ["phases 3-6   never began"]),
    ):
        phases = [begun, begun, *[{**begun, "actual_s": 0, "mean_mc": None}] * never]
        told = [one.strip() for one in words.summary({**data, "phases": phases})]
        assert [one for one in told if "never began" in one] == says
        assert sum("of 1 min" in one for one in told) == 2
    told = words.summary({**data, "phases": [{**begun, "actual_s": 0}] * 2})
    assert "  phases 1-2   never began" in told


def test_a_configuration_that_does_not_parse_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("device = \n", encoding="utf-8")
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "config.toml"))
    assert main(["protocols"]) == 2
    assert "config.toml" in capsys.readouterr().err


def test_colour_only_on_a_terminal_and_never_with_no_color(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", "nope"])
    assert "\033" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    main(["run", "nope"])
    assert "\033" in capsys.readouterr().err
    monkeypatch.setenv("NO_COLOR", "1")
    main(["run", "nope"])
    assert "\033" not in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e400", "-inf", "-1"])
def test_a_time_without_an_end_is_none(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "-d", "sim:?speed=max", "--for", seconds]) == 2
    assert "--for" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    ["status -d", "stop -d", "watch -d", "run arthritis --yes -d", "calibrate -d", "doctor -d"],
)
def test_an_empty_device_is_not_the_only_one(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`stop -d "$DEVICE"` where nothing is in it."""
    assert main([*line.split(), ""]) == 2
    assert "--device is given, and is empty" in capsys.readouterr().err
