"""The doctor: every probe finds what it is for, names the remedy, and never fails itself."""

from __future__ import annotations

import contextlib
import io
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
from poultice.device.bootsel import Drive
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
from poultice.record.store import History
from tests.host.conftest import Say
from tests.host.faulty import PATH, UID, Faulty, but, error, says

NOW = 1_800_000_000
CHECKS = ("sensor_a", "sensor_b", "sense", "estop", "journal", "limits")
Examine = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No boards and no settings but the test's own."""
    monkeypatch.delenv("POULTICE_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("poultice.device.bootsel.drives", list)


@pytest.fixture
def examined(say: Say) -> Examine:
    """Every finding by name, of a doctor that ended with 0."""

    def examine(*line: str) -> dict[str, dict[str, Any]]:
        told = say(["doctor", "--json", *line]).json
        assert told["schema"] == "poultice.doctor/1"
        for one in told["probes"]:
            assert set(one) == {"name", "result", "says", "remedy"}
            assert one["result"] in ("ok", "warn", "fail")
            assert (one["remedy"] is None) == (one["result"] == "ok"), one
        return {one["name"]: one for one in told["probes"]}

    return examine


def test_with_nothing_wrong_nothing_stands_in_the_way(
    device: Faulty, examined: Examine, say: Say
) -> None:
    found = examined("-d", "sim:")
    assert [one["name"] for one in found.values() if one["result"] != "ok"] == []
    assert len(found) >= 20
    assert "nothing stands in the way" in say("doctor -d sim:").out
    # It changes nothing on the device.
    assert set(device.asked) == {"hello", "status", "self_test", "journal", "get_config"}


@pytest.mark.parametrize("device", ["sim:", "sim:?fault=estop@boot", "sim:?fault=sensor_open@boot"])
def test_simulated_devices_have_all_probes_but_those_of_ports(
    device: str, examined: Examine
) -> None:
    found = examined("-d", device)
    assert not {"serial_ports", "permission", "modem_manager"} & set(found)
    assert found["device"]["result"] == "ok"
    if "estop" in device:
        assert "close the emergency stop" in found["fault"]["remedy"]
        assert found["self_test"]["result"] == "warn"
    elif "open" in device:
        assert found["sensor_a"]["result"] == found["temperature"]["result"] == "fail"


@pytest.mark.parametrize(
    ("board", "told"),
    [
        ("pico", "a Pico or Pico W"),
        ("pico2", "a Pico 2 or Pico 2 W"),
        ("another", "board another"),
    ],
)
def test_what_cannot_be_told_over_usb_is_not(
    device: Faulty, examined: Examine, board: str, told: str
) -> None:
    device.answers["hello"] = but(board=board)
    assert f"answers: {told}, uid" in examined()["device"]["says"]


@pytest.mark.parametrize(("closings", "result"), [(79_999, "ok"), (80_000, "warn")])
def test_a_worn_relay_is_told(
    device: Faulty, examined: Examine, monkeypatch: pytest.MonkeyPatch, closings: int, result: str
) -> None:
    History.open()
    monkeypatch.setattr("poultice.record.store.History.closings", lambda _: {UID: closings, "x": 1})
    found = examined()["relay"]
    assert found["result"] == result
    assert f"{closings:,} of some 100,000" in found["says"]


# What is wrong with the device.


def journal(*stamps: int | None) -> Faulty:
    entries = [{"n": n, "kind": "session", "unix_s": one} for n, one in enumerate(stamps, 1)]
    return Faulty(answers={"journal": says({"entries": entries, "next": None})})


def hello(**members: Any) -> Faulty:
    return Faulty(answers={"hello": but(**members)})


def shows(**members: Any) -> Faulty:
    return Faulty(shows=lambda now: {**now, **members})


def waits() -> Faulty:
    device = Faulty("?user=absent")
    device.client().set_config({"cooler": False})
    return device


@pytest.mark.parametrize(
    ("made", "name", "result", "remedy"),
    [
        (lambda: hello(firmware="0.0.9"), "firmware", "warn",
         f"`poultice firmware flash --device {PATH}`"),
        (lambda: hello(protocol=0), "device", "fail", f"poultice firmware flash --device {PATH}"),
        (lambda: hello(protocol=2), "device", "fail", "pip install --upgrade poultice"),
        (lambda: hello(reset_cause="watchdog"), "restart", "warn", "supply"),
        (lambda: shows(state="fault", fault="heat_welded"), "fault", "fail",
         "hold the device's button for 3 s"),
        (lambda: shows(state="fault", fault="sensor_open"), "fault", "fail",
         "`poultice clear sensor_open`"),
        (lambda: shows(state="fault", fault="sensor_open"), "self_test", "warn", "clear the fault"),
        (lambda: Faulty().running(), "self_test", "warn", "`poultice stop`"),
        (lambda: shows(temp_mc=None), "temperature", "fail", "sensor A's plug"),
        (lambda: shows(temp_mc=4_999), "temperature", "fail", "room temperature"),
        (lambda: shows(temp_b_mc=43_000), "temperature", "fail", "cool down"),
        (lambda: shows(temp_mc=38_501, temp_b_mc=None), "temperature", "warn",
         "poultice calibrate"),
        (lambda: shows(temp_mc=30_000, temp_b_mc=21_999), "temperature", "warn",
         "lay the pad flat"),
        *[(lambda mc=mc: shows(temp_mc=mc, temp_b_mc=None), "temperature", "ok", None)
          for mc in (5_000, 38_500, 30_000)],
        (lambda: shows(temp_mc=41_000, temp_b_mc=None, rest_heat_s=1_100), "temperature", "ok",
         None),
        (lambda: shows(rest_heat_s=1_080), "rest", "warn", "wait"),
        (lambda: journal(NOW, None), "clock", "warn", "poultice run"),
        (lambda: journal(NOW + 90_000), "clock", "warn", "timedatectl"),
        (waits, "pending", "warn", "hold the button for 3 s"),
        (lambda: waits().running(), "pending", "warn", "hold the button for 3 s"),
        (lambda: Faulty("?two_point=0"), "two_point", "warn", "`poultice calibrate`"),
        (lambda: Faulty("?fold_safe=0"), "fold_safe", "warn", "config set fold_safe=true"),
        (lambda: Faulty(silent_at_s=0.0), "device", "fail", "unplug the device"),
        (lambda: Faulty(lost_at_s=0.0), "device", "fail", ""),
        (lambda: Faulty(answers={"journal": says(error(-32601))}), "clock", "fail", "one version"),
        *[(lambda name=name, check=check: Faulty(answers={"self_test": says(
            {"checks": {**dict.fromkeys(CHECKS, "ok"), name: check}})}), name, result, None)
          for name in CHECKS
          for check, result in (("ok", "ok"), ("absent", "ok"), ("fail", "fail"), ("odd", "warn"))],
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_device_is_found_with_its_remedy(
    made: Callable[[], Faulty], name: str, result: str, remedy: str | None,
    plug_in: Any, examined: Examine, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plug_in(made())
    monkeypatch.setattr("time.time", lambda: float(NOW))
    found = examined()[name]
    assert found["result"] == result, found
    assert remedy is None or remedy in found["remedy"]
    assert name != "fold_safe" or "39.0 °C" in found["says"]


def test_a_computer_without_a_clock_is_a_finding() -> None:
    found = devices.clock(Faulty().client(), 86_400.0)
    assert (found.result, "timedatectl" in str(found.remedy)) == ("warn", True)


def test_a_journal_without_an_end_is_not_followed() -> None:
    device = Faulty()
    device.answers["journal"] = lambda params, ask: {
        "entries": [{"n": params["after"] + 1, "unix_s": NOW}],
        "next": params["after"] + 1,
    }
    assert devices.clock(device.client(), NOW).result == "ok"
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
    error: Exception, monkeypatch: pytest.MonkeyPatch, examined: Examine
) -> None:
    def broken(path: str | None) -> None:
        raise error

    monkeypatch.setattr(discovery, "open_device", broken)
    found = examined()
    assert found["device"]["result"] in ("warn", "fail")
    assert str(error) in found["device"]["says"]


@pytest.mark.parametrize(
    "device", ["bluetooth:x", "usb:", "usb:nope", "/dev/not-there", "sim:?spede=1", "a\0b"]
)
def test_a_device_path_that_is_none_is_a_finding(device: str, examined: Examine) -> None:
    assert examined("-d", device)["device"]["result"] == "fail"


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


@pytest.mark.parametrize("text", ["[nope]\n", "device = [", "sensitve = true\n", None])
def test_a_broken_configuration_file_is_a_finding_not_an_end(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examined: Examine, say: Say
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("POULTICE_CONFIG", str(path))
    if text is not None:
        path.write_text(text)
    found = examined("-d", "sim:")
    assert found["device"]["result"] == "ok"
    file = found["configuration_file"]
    assert file["result"] == "fail" and str(path) in file["says"]
    if text is None:
        assert "is not there" in file["says"] and "POULTICE_CONFIG" in file["remedy"]
    else:
        say("status -d sim:", 2)


@pytest.mark.parametrize(
    ("how", "remedy"),
    [
        (b"not a database, by far " * 100, "recover"),
        (b"SQLite format 3\0" + b"x" * 500, "recover"),
        ("a damaged page inside", "recover"),
        ("newer", "update poultice"),
    ],
    ids=["text", "header", "page", "newer"],
)
def test_a_record_that_cannot_be_read_is_found_and_left_as_it_is(
    how: bytes | str, remedy: str, data: Path, examined: Examine
) -> None:
    path = data / "history.sqlite3"
    if isinstance(how, str):
        History.open(path)
        assert computer.history().says.endswith("0 sessions")
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            if how == "newer":
                connection.execute("PRAGMA user_version = 99")
            connection.executemany(
                "INSERT INTO events (session_id, kind, event) VALUES (1, ?, ?)",
                [("x" * 500, "y")] * 100,
            )
        whole = bytearray(path.read_bytes())
        for at in range(len(whole) // 2, len(whole), 4096):
            whole[at : at + 64] = whole[at : at + 64] if how == "newer" else b"\xff" * 64
        how = bytes(whole)
    path.write_bytes(how)
    probes = examined("-d", "sim:")
    found = probes["history"]
    assert (found["result"], remedy in found["remedy"]) == ("fail", True)
    assert [name for name, one in probes.items() if str(path) in one["says"]] == ["history"]
    assert path.read_bytes() == how


def test_a_record_that_another_program_holds_is_not_called_damaged(
    data: Path, examined: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poultice.record.database.BUSY_S", 0.0)
    History.open()
    with contextlib.closing(sqlite3.connect(data / "history.sqlite3")) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        found = examined("-d", "sim:")["history"]
    assert (found["result"], "another program holds it" in found["remedy"]) == ("fail", True)


def test_what_is_wrong_is_looked_for_and_nothing_made(
    device: Faulty, examined: Examine, tmp_path: Path
) -> None:
    assert examined()["relay"]["result"] == "ok"
    assert not (tmp_path / "data").exists()


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


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ([], "ok"),
        (["--filter-policy=strict"], "ok"),
        (["--filter-policy", "PARANOID"], "ok"),
        (["--filter-policy=ALLOWLIST-ONLY", "--debug"], "ok"),
        (["--debug", "--filter-policy=legacy"], "warn"),
        (["--filter-policy", "DEFAULT"], "warn"),
    ],
)
def test_modem_manager(words: list[str], result: str, tmp_path: Path) -> None:
    proc, rules = tmp_path / "proc", tmp_path / "rules.d"
    rules.mkdir()
    process(proc, 7, "systemd")
    assert [one.says for one in ports.modem_manager(proc, [rules])] == ["not running"]
    process(proc, 8, "ModemManager")
    (proc / "8/cmdline").write_text("\0".join(["/usr/sbin/ModemManager", *words, ""]))
    [found] = ports.modem_manager(proc, [rules])
    assert (found.result, "doctor --udev" in str(found.remedy)) == (result, result == "warn")
    (rules / RULES.name).write_text(RULES.read_text())
    assert [one.result for one in ports.modem_manager(proc, [rules])] == ["ok"]
    assert list(ports.modem_manager(tmp_path / "none", [rules])) == []


def test_over_a_pseudo_terminal_nobody_else_is_seen(examined: Examine) -> None:
    near, far = os.openpty()
    try:
        found = examined("-d", os.ttyname(far))
    finally:
        os.close(near)
        os.close(far)
    assert found["serial_ports"]["result"] == "ok"
    assert found["permission"]["result"] == found["other_program"]["result"] == "ok"
    assert found["device"]["result"] == "fail"


# The rule.


def test_the_udev_rule_is_printed_as_it_is_shipped(say: Say) -> None:
    text = say("doctor --udev").out
    assert text == RULES.read_text(encoding="utf-8")
    assert f"poultice doctor --udev | sudo tee /etc/udev/rules.d/{RULES.name}" in text
    assert say("doctor --udev --json").json == {"schema": "poultice.doctor/1", "udev": text}
    rules = [line for line in text.splitlines() if not line.startswith("#")]
    ident = f'ATTRS{{idVendor}}=="{discovery.USB_VENDOR:04x}", ATTRS{{idProduct}}=='
    assert all(f'{ident}"{discovery.USB_PRODUCT:04x}"' in line for line in rules)
    # 73-seat-late.rules hands `uaccess` out: a rule behind it does nothing.
    assert int(RULES.name.partition("-")[0]) < 73
