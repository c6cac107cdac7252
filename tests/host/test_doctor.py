"""The doctor: every probe finds what it is for, names the remedy, and never fails itself."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
from collections import namedtuple
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from poultice.device import discovery, doctor
from poultice.device.doctor import attached as devices
from poultice.device.doctor import computer, ports
from poultice.device.doctor.probe import RULES, Finding, look
from poultice.errors import (
    NoDeviceError,
    PermissionDeniedError,
    PortBusyError,
    PoulticeError,
    UsageError,
)
from poultice.link.messages import telemetry
from poultice_core import config as configuration
from tests.host.fakes import Error
from tests.host.test_calibration import Bath

NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ports, no record and no settings but the test's own."""
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("POULTICE_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    monkeypatch.setattr("poultice.device.bootsel.drives", list)


def checks(**changed: str) -> dict[str, Any]:
    names = ("sensor_a", "sensor_b", "sense", "estop", "journal", "limits")
    return {"checks": {**dict.fromkeys(names, "ok"), **changed}}


def healthy(**attributes: Any) -> Bath:
    """A device with nothing wrong; beads at skin temperature."""
    device = Bath(baths_mc=(30_000,), error_mc=(0, 0), **attributes)
    device.config["two_point"] = device.config["fold_safe"] = True
    device.override["self_test"] = lambda _: checks()
    return device


def examined(capsys: pytest.CaptureFixture[str], *line: str) -> dict[str, dict[str, Any]]:
    """Every finding by name, of a doctor that ended with 0."""
    capsys.readouterr()
    assert main(["doctor", "--json", *line]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "poultice.doctor/1"
    for one in told["probes"]:
        assert set(one) == {"name", "result", "says", "remedy"}
        assert one["result"] in ("ok", "warn", "fail")
        assert (one["remedy"] is None) == (one["result"] == "ok"), one
    return {one["name"]: one for one in told["probes"]}


def test_with_nothing_wrong_nothing_stands_in_the_way(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(healthy())
    found = examined(capsys, "-d", "sim:")
    assert [one["name"] for one in found.values() if one["result"] != "ok"] == []
    assert len(found) >= 20
    assert main(["doctor", "-d", "sim:"]) == 0
    assert "nothing stands in the way" in capsys.readouterr().out


def test_it_changes_nothing_on_the_device(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(healthy())
    examined(capsys)
    asked = {"hello", "status", "self_test", "journal", "get_config"}
    assert set(device.asked) == asked


@pytest.mark.parametrize("device", ["sim:", "sim:?fault=estop@boot", "sim:?fault=sensor_open@boot"])
def test_simulated_devices_have_all_probes_but_those_of_ports(
    device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = examined(capsys, "-d", device)
    assert not {"serial_ports", "permission", "modem_manager"} & set(found)
    assert found["device"]["result"] == "ok"
    if "estop" in device:
        assert "close the emergency stop" in found["fault"]["remedy"]
        assert found["self_test"]["result"] == "warn"
    elif "open" in device:
        assert found["sensor_a"]["result"] == found["temperature"]["result"] == "fail"


@pytest.mark.parametrize(("closings", "result"), [(79_999, "ok"), (80_000, "warn")])
def test_a_worn_relay_is_told(
    plug_in: Callable[[Bath], Bath],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    closings: int,
    result: str,
) -> None:
    device = plug_in(healthy())
    uid = device._answer("hello", None)["uid"]
    monkeypatch.setattr("poultice.record.store.History.closings", lambda _: {uid: closings, "x": 1})
    found = examined(capsys)["relay"]
    assert found["result"] == result
    assert f"{closings:,} of some 100,000" in found["says"]


# What is wrong with the device.


def hello_with(device: Bath, **members: Any) -> Bath:
    answer = device._answer("hello", None)
    device.override["hello"] = lambda _: {**answer, **members}
    return device


def status_with(device: Bath, **members: Any) -> Bath:
    device.override["status"] = lambda _: {**Bath.status(device), **members}
    return device


def entries(*stamps: int | None) -> list[dict[str, Any]]:
    return [{"n": n, "kind": "session", "unix_s": one} for n, one in enumerate(stamps, 1)]


@pytest.mark.parametrize(
    ("device", "name", "result", "remedy"),
    [
        (
            hello_with(healthy(), firmware="0.0.9"),
            "firmware",
            "warn",
            "`poultice firmware flash --device fake:`",
        ),
        (healthy(protocol=0), "device", "fail", "poultice firmware flash --device fake:"),
        (healthy(protocol=2), "device", "fail", "pip install --upgrade poultice"),
        (hello_with(healthy(), reset_cause="watchdog"), "restart", "warn", "supply"),
        (
            healthy(state="fault", fault="heat_welded"),
            "fault",
            "fail",
            "hold the device's button for 3 s",
        ),
        (
            healthy(state="fault", fault="sensor_open"),
            "fault",
            "fail",
            "`poultice clear sensor_open`",
        ),
        (healthy(state="fault", fault="sensor_open"), "self_test", "warn", "clear the fault"),
        (healthy(state="running"), "self_test", "warn", "`poultice stop`"),
        (status_with(healthy(), temp_mc=None), "temperature", "fail", "sensor A's plug"),
        (status_with(healthy(), temp_mc=4_999), "temperature", "fail", "room temperature"),
        (status_with(healthy(), temp_b_mc=43_000), "temperature", "fail", "cool down"),
        (status_with(healthy(), temp_mc=38_501), "temperature", "warn", "poultice calibrate"),
        (status_with(healthy(), temp_b_mc=21_999), "temperature", "warn", "lay the pad flat"),
        (status_with(healthy(), rest_heat_s=1_080), "rest", "warn", "wait"),
        (healthy(journal=entries(NOW, None)), "clock", "warn", "poultice run"),
        (healthy(journal=entries(NOW + 90_000)), "clock", "warn", "timedatectl"),
        (
            healthy(waits={**configuration.default(), "cooler": True}, holds_after_s=None),
            "pending",
            "warn",
            "hold the button for 3 s",
        ),
        (healthy(silent_at_s=0.0), "device", "fail", "unplug the device"),
        (healthy(lost_at_s=0.0), "device", "fail", ""),
        (
            healthy(override={"journal": lambda _: Error(-32601, "method not found", {})}),
            "clock",
            "fail",
            "one version",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_what_is_wrong_with_the_device_is_found_with_its_remedy(
    device: Bath,
    name: str,
    result: str,
    remedy: str,
    plug_in: Callable[[Bath], Bath],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plug_in(device)
    monkeypatch.setattr("time.time", lambda: float(NOW))
    found = examined(capsys)
    assert found[name]["result"] == result
    assert remedy in found[name]["remedy"]


@pytest.mark.parametrize("value", [5_000, 38_500, 30_000])
def test_temperatures_that_can_be(value: int) -> None:
    now = telemetry({**healthy().status(), "temp_mc": value, "temp_b_mc": None})
    assert now is not None
    assert [one.result for one in devices.temperature(now)] == ["ok"]


def test_after_heat_a_warm_pad_is_no_finding() -> None:
    now = telemetry(
        {**healthy().status(), "temp_mc": 41_000, "temp_b_mc": None, "rest_heat_s": 1_100}
    )
    assert now is not None
    assert [one.result for one in devices.temperature(now)] == ["ok"]


@pytest.mark.parametrize("name", ["sensor_a", "sensor_b", "sense", "estop", "journal", "limits"])
def test_each_check_of_the_device_is_a_probe(
    name: str, plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(healthy())
    for told, result in (("ok", "ok"), ("absent", "ok"), ("fail", "fail"), ("odd", "warn")):
        device.override["self_test"] = lambda _, told=told: checks(**{name: told})
        device.closed = False
        assert examined(capsys)[name]["result"] == result


def test_a_configuration_without_the_check_is_told_what_to_do(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(healthy())
    device.config["two_point"] = False
    assert examined(capsys)["two_point"]["remedy"] == "`poultice calibrate`"


def test_a_new_device_is_told_how_it_may_hold_more_than_39_degrees(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(healthy())
    device.config["fold_safe"] = False
    found = examined(capsys)["fold_safe"]
    assert "39.0 °C" in found["says"]
    assert "config set fold_safe=true" in found["remedy"]
    assert "hold" in found["remedy"]


def test_a_computer_without_a_clock_is_a_finding() -> None:
    from poultice.link.client import Client

    found = devices.clock(Client(healthy()), 86_400.0)
    assert (found.result, "timedatectl" in str(found.remedy)) == ("warn", True)


def test_a_journal_without_an_end_is_not_followed() -> None:
    from poultice.link.client import Client

    device = healthy()
    device.override["journal"] = lambda params: {
        "entries": [{"n": params["after"] + 1, "unix_s": NOW}],
        "next": params["after"] + 1,
    }
    assert devices.clock(Client(device), NOW).result == "ok"
    assert device.asked.count("journal") == 64


# What never comes from a probe.


@pytest.mark.parametrize(
    "error",
    [
        NoDeviceError("none", hint="plug it in"),
        PortBusyError("busy", hint="close it"),
        PermissionDeniedError("no", hint="join the group"),
        UsageError("several", hint="choose one"),
        PoulticeError("no hint at all"),
        RuntimeError("a defect"),
        OSError(5, "broken"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_whatever_opening_raises_is_a_finding(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(path: str | None) -> None:
        raise error

    monkeypatch.setattr(discovery, "open_device", broken)
    found = examined(capsys)
    assert found["device"]["result"] in ("warn", "fail")
    assert str(error) in found["device"]["says"]


@pytest.mark.parametrize(
    "device", ["bluetooth:x", "usb:", "usb:nope", "/dev/not-there", "sim:?spede=1", "a\0b"]
)
def test_a_device_path_that_is_none_is_a_finding(
    device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examined(capsys, "-d", device)["device"]["result"] == "fail"


def test_each_probe_may_break_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in ((computer, computer.probes("", dict)), (ports, ports.probes(None))):
        for name, _ in names:
            function = name if hasattr(module, name) else "emulator"

            def broken(*_: Any) -> Finding:
                raise ZeroDivisionError("oh")

            with monkeypatch.context() as patch:
                patch.setattr(module, function, broken)
                told = doctor.examine("sim:" if module is computer else None)["probes"]
            [found] = [one for one in told if one["name"] == name]
            assert found["result"] == "warn"
            assert "ZeroDivisionError" in found["says"]


def test_a_defect_of_a_probe_asks_to_be_reported() -> None:
    def probe() -> Finding:
        raise KeyError("x")

    [found] = look("one", probe)
    assert (found.result, "report" in str(found.remedy)) == ("warn", True)


def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(computer, "probes", pressed)
    assert main(["doctor"]) == 130


# The computer.


@pytest.mark.parametrize("text", ["[nope]\n", "device = [", "sensitve = true\n"])
def test_a_broken_configuration_file_is_a_finding_not_an_end(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    monkeypatch.setenv("POULTICE_CONFIG", str(path))
    found = examined(capsys, "-d", "sim:")
    assert found["configuration_file"]["result"] == "fail"
    assert str(path) in found["configuration_file"]["says"]
    assert found["device"]["result"] == "ok"
    assert main(["status", "-d", "sim:"]) == 2


def test_a_configuration_file_that_is_named_and_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "none.toml"))
    found = examined(capsys, "-d", "sim:")["configuration_file"]
    assert (found["result"], "none.toml is not there" in found["says"]) == ("fail", True)
    assert "POULTICE_CONFIG" in found["remedy"]


@pytest.mark.parametrize(
    "content", [b"not a database, by far " * 100, b"SQLite format 3\0" + b"x" * 500]
)
def test_a_corrupt_record_is_found_and_left_as_it_is(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "history.sqlite3"
    path.write_bytes(content)
    found = examined(capsys, "-d", "sim:")["history"]
    assert (found["result"], "recover" in found["remedy"]) == ("fail", True)
    assert path.read_bytes() == content


def test_a_damaged_page_inside_is_found(tmp_path: Path) -> None:
    from poultice.record.store import History

    path = History.open(tmp_path / "data" / "history.sqlite3").path
    assert computer.history().says.endswith("0 sessions")
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO events (session_id, kind, event) VALUES (1, ?, ?)",
            [("x" * 500, "y")] * 100,
        )
    connection.close()
    whole = bytearray(path.read_bytes())
    for at in range(len(whole) // 2, len(whole), 4096):
        whole[at : at + 64] = b"\xff" * 64
    path.write_bytes(whole)
    assert computer.history().result == "fail"


def test_a_record_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "history.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    found = look("history", computer.history)[0]
    assert (found.result, "update poultice" in str(found.remedy)) == ("fail", True)


def test_a_data_directory_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "file" / "data"))
    assert computer.data_directory().result == "fail"
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "new" / "data"))
    assert computer.data_directory().result == "ok"
    assert not (tmp_path / "new").exists()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    assert computer.data_directory().result == "warn"


def test_a_terminal_without_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    assert computer.terminal().result == "ok"
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    found = computer.terminal()
    assert (found.result, found.remedy) == ("warn", "`export LANG=C.UTF-8`")


def test_the_packages_are_those_of_the_metadata() -> None:
    with (Path(__file__).parents[2] / "pyproject.toml").open("rb") as file:
        stated = tomllib.load(file)["project"]["dependencies"]
    names = {re.split(r"[<>=~]", one)[0] for one in stated}
    assert {"jinja2", "textual"} <= names
    found = computer.packages()
    assert found.result == "ok"
    # What is installed here may be a little older than the tree.
    assert {one.split()[0] for one in found.says.split(", ")} >= names


@pytest.mark.parametrize("missing", ["jinja2", "textual", "click"])
def test_a_missing_package(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = metadata.version

    def version(name: str) -> str:
        if name == missing:
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    found = computer.packages()
    assert (found.result, f"pip install {missing}" in str(found.remedy)) == ("fail", True)


def test_optional_packages_are_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = ["click>=8.1,<9", "nothing>=1; extra == 'data'", 'nothing; extra == "plot"']
    monkeypatch.setattr("importlib.metadata.requires", lambda name: stated)
    found = computer.packages()
    assert (found.result, found.says.split()[0]) == ("ok", "click")
    monkeypatch.setattr("importlib.metadata.requires", lambda name: None)
    assert computer.packages().result == "ok"


def test_a_tree_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", requires)
    assert computer.packages().result == "warn"


@pytest.mark.parametrize("wanted", [False, True])
def test_the_emulators_extra_and_image(
    wanted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computer, "EXTRAS", ("no_such_module",))
    assert computer.emulator(wanted).result == ("fail" if wanted else "ok")
    monkeypatch.setenv("POULTICE_IMAGE", str(tmp_path / "none.uf2"))
    [found] = look("image", lambda: computer.image(wanted))
    assert found.result == ("fail" if wanted else "ok")
    assert "make firmware" in (found.remedy if wanted else found.says)  # type: ignore[operator]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_completion_is_found_where_it_says_to_put_it(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computer, "_SYSTEM", dict.fromkeys(("bash", "zsh", "fish"), "/nowhere"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", f"/bin/{shell}")
    assert computer.completion().result == "ok"
    if shell == "tcsh":
        assert "bash, zsh and fish" in computer.completion().says
        return
    assert f"poultice completion {shell}" in computer.completion().says
    place = computer._COMPLETIONS[shell]
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text("")
    assert place in computer.completion().says


# The ports.

Info = namedtuple("Info", "device serial_number description vid pid")


def test_the_ports_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cable" in str(ports.serial_ports().remedy)
    there = [Info("/dev/ttyACM0", "E66", "x", 0x2E8A, 0x000A)]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: there)
    assert "BOOTSEL" in str(ports.serial_ports().remedy)
    there.append(Info("/dev/ttyACM1", "E67", "x", 0x2E8A, 0x0005))
    assert ports.serial_ports() == Finding("serial_ports", "ok", "/dev/ttyACM1 (usb:E67)")


def test_a_board_in_its_boot_rom(monkeypatch: pytest.MonkeyPatch) -> None:
    from poultice.device.bootsel import Drive

    monkeypatch.setattr("poultice.device.bootsel.drives", lambda: [Drive(Path("/media/x"), "pico")])
    assert ports.serial_ports().remedy == "`poultice firmware flash`"


def test_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "ttyACM0"
    port.write_text("")
    assert [one.result for one in ports.permission([str(port)])] == ["ok"]
    monkeypatch.setattr("os.access", lambda path, mode: False)
    [found] = ports.permission([str(port), str(tmp_path / "none")])
    assert found.result == "fail"
    assert "poultice doctor --udev" in str(found.remedy)


def test_the_udev_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(ports, "_in_a_serial_group", lambda: False)
    [found] = ports.udev_rule([tmp_path])
    assert (found.result, "poultice doctor --udev" in str(found.remedy)) == ("warn", True)
    monkeypatch.setattr(ports, "_in_a_serial_group", lambda: True)
    assert [one.result for one in ports.udev_rule([tmp_path])] == ["ok"]
    (tmp_path / RULES.name).write_text(RULES.read_text())
    assert [one.says for one in ports.udev_rule([tmp_path])] == [str(tmp_path / RULES.name)]
    monkeypatch.setattr("sys.platform", "darwin")
    assert list(ports.udev_rule([tmp_path])) == []


def process(proc: Path, number: int, name: str, *opened: Path | str) -> None:
    directory = proc / str(number) / "fd"
    directory.mkdir(parents=True)
    (directory.parent / "comm").write_text(f"{name}\n")
    for index, path in enumerate(opened):
        (directory / str(index)).symlink_to(path)


@pytest.fixture
def port() -> Iterator[str]:
    """Of a pseudo-terminal, whose path is a port's."""
    near, far = os.openpty()
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


def test_another_program_on_the_port_is_named(tmp_path: Path, port: str) -> None:
    proc = tmp_path / "proc"
    process(proc, 42, "screen", "/dev/null", port)
    process(proc, 43, "bash", "/dev/null")
    process(proc, 44, "poultice", port, "/dev/ptmx")
    process(proc, os.getpid(), "python", port)
    [found] = ports.other_program([port], proc)
    assert found.result == "fail"
    assert found.says == f"screen (process 42) has {port} open"
    assert "kill 42" in str(found.remedy)
    (proc / "42" / "fd" / "1").unlink()
    assert [one.result for one in ports.other_program([port], proc)] == ["ok"]
    assert list(ports.other_program([port], tmp_path / "none")) == []


def test_the_device_is_compared_and_not_its_name(tmp_path: Path, port: str) -> None:
    proc, alias = tmp_path / "proc", tmp_path / "by-id"
    alias.symlink_to(port)
    near, far = os.openpty()
    try:
        process(proc, 42, "screen", alias)
        process(proc, 43, "bash", os.ttyname(far), tmp_path / "gone")
        assert list(ports.holding(port, proc)) == [(42, "screen")]
    finally:
        os.close(near)
        os.close(far)


def test_who_serves_another_pseudo_terminal_may_hold_this_one(tmp_path: Path, port: str) -> None:
    """An editor with a terminal in it."""
    for number, index in ((42, os.minor(os.stat(port).st_rdev)), (43, 9_999)):
        process(tmp_path, number, "editor", port, "/dev/ptmx")
        (tmp_path / str(number) / "fdinfo").mkdir()
        (tmp_path / str(number) / "fdinfo" / "1").write_text(f"pos:\t0\ntty-index:\t{index}\n")
    assert list(ports.holding(port, tmp_path)) == [(43, "editor")]


ELSEWHERE = """
import ctypes, fcntl, os, struct, sys
libc = ctypes.CDLL(None)
NEWNS, REC_PRIVATE = 0x00020000, 0x44000
if libc.unshare(NEWNS) or libc.mount(b"none", b"/", None, REC_PRIVATE, None):
    sys.exit(77)
if libc.mount(b"devpts", b"/dev/pts", b"devpts", 0, b"newinstance,ptmxmode=0666"):
    sys.exit(77)
number = -1
while number != int(sys.argv[1]):
    near = os.open("/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY)
    number = struct.unpack("I", fcntl.ioctl(near, 0x80045430, b"0000"))[0]
fcntl.ioctl(near, 0x40045431, struct.pack("i", 0))
far = os.open(f"/dev/pts/{number}", os.O_RDWR | os.O_NOCTTY)
read, write = os.pipe()
child = os.fork()
if child == 0:
    os.closerange(near - int(sys.argv[1]), far)
    os.close(write)
    os.read(read, 1)
    os._exit(0)
print(child, os.readlink(f"/proc/{child}/fd/{far}"), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pseudo-terminals of Linux")
def test_a_pseudo_terminal_of_another_container_is_not_this_one(port: str) -> None:
    number = str(os.minor(os.stat(port).st_rdev))
    with subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, number],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as elsewhere:
        assert elsewhere.stdout is not None
        told = elsewhere.stdout.readline().split()
        if not told:
            pytest.skip("no mount namespace here: it takes root")
        child, name = told
        assert name == port
        held = list(ports.holding(port))
        elsewhere.communicate("")
    assert child not in [str(one) for one, _ in held]


@pytest.mark.parametrize(
    ("name", "line"),
    [("poultice", b""), ("python3", b"/usr/bin/python3\0-m\0poultice\0run\0"),
     ("python3", b"python3\0/home/a/bin/poultice\0watch\0")],
)  # fmt: skip
def test_a_session_s_own_program_is_never_to_be_killed(
    name: str, line: bytes, tmp_path: Path, port: str
) -> None:
    process(tmp_path, 41, "screen", port)
    process(tmp_path, 42, name, port)
    (tmp_path / "42" / "cmdline").write_bytes(line)
    [found] = ports.other_program([port], tmp_path)
    assert "Ctrl-C" in str(found.remedy)
    assert "kill" not in str(found.remedy)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/tty", "file", "none", "a\0b"])
def test_who_has_what_is_no_port_is_not_asked(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    process(tmp_path, 42, "bash", "/dev/null", "/dev/zero", "/dev/tty", tmp_path / "file")
    assert list(ports.other_program([path], tmp_path)) == []


def test_the_terminal_that_this_is_typed_in_is_no_port(
    tmp_path: Path, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path, 42, "bash", port)
    monkeypatch.setattr("os.isatty", lambda fd: fd == 2)
    monkeypatch.setattr("os.fstat", lambda fd: os.stat(port))
    assert list(ports.other_program([port], tmp_path)) == []


def test_modem_manager(tmp_path: Path) -> None:
    proc, rules = tmp_path / "proc", tmp_path / "rules.d"
    rules.mkdir()
    process(proc, 7, "systemd")
    assert [one.result for one in ports.modem_manager(proc, [rules])] == ["ok"]
    process(proc, 8, "ModemManager")
    [found] = ports.modem_manager(proc, [rules])
    assert (found.result, "doctor --udev" in str(found.remedy)) == ("warn", True)
    (rules / RULES.name).write_text(RULES.read_text())
    assert [one.result for one in ports.modem_manager(proc, [rules])] == ["ok"]
    assert list(ports.modem_manager(tmp_path / "none", [rules])) == []


def test_over_a_pseudo_terminal_nobody_else_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    near, far = os.openpty()
    try:
        found = examined(capsys, "-d", os.ttyname(far))
    finally:
        os.close(near)
        os.close(far)
    assert found["serial_ports"]["result"] == "ok"
    assert found["permission"]["result"] == found["other_program"]["result"] == "ok"
    assert found["device"]["result"] == "fail"


# The rule.


def test_the_udev_rule_is_printed_as_it_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--udev"]) == 0
    text = capsys.readouterr().out
    assert text == RULES.read_text(encoding="utf-8")
    assert f"poultice doctor --udev | sudo tee /etc/udev/rules.d/{RULES.name}" in text
    assert main(["doctor", "--udev", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": "poultice.doctor/1", "udev": text}


def test_the_rule_is_for_the_device_and_before_seats_are_given() -> None:
    text = RULES.read_text(encoding="utf-8")
    rules = [line for line in text.splitlines() if not line.startswith("#")]
    ident = f'ATTRS{{idVendor}}=="{discovery.USB_VENDOR:04x}", ATTRS{{idProduct}}=='
    assert all(f'{ident}"{discovery.USB_PRODUCT:04x}"' in line for line in rules)
    # 73-seat-late.rules hands `uaccess` out: a rule behind it does nothing.
    assert int(RULES.name.partition("-")[0]) < 73
