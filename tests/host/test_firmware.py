"""Flashing: the right image, onto the right board, while nothing runs, seen to answer."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from poultice import errors
from poultice.device import bootsel, flashing, mip, uf2
from poultice.device.flashing import Progress
from tests.host.boards import RP2350, Desk, blocks
from tests.host.conftest import Say
from tests.host.faulty import says


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def image(family: int = 0xE48BFF56, version: str = "0.1.0") -> uf2.Image:
    content = f"poultice firmware {version} link 1 end".encode()
    return uf2.parse(Path("image.uf2"), blocks(content, family))


def flash(desk: Desk, which: uf2.Image | None = None, **more: Any) -> dict[str, Any]:
    options = {"device": None, "drive": None, "progress": Progress(), **more}
    return flashing.flash(which or image(), **options)


def test_a_running_device_is_sent_to_its_boot_rom_and_comes_back(
    desk: Desk, tmp_path: Path
) -> None:
    told: list[int] = []
    done = flash(desk, progress=Progress(copied=lambda part, total: told.append(part)))
    assert desk.rebooted == ["bootloader"]
    assert (tmp_path / "flashed.uf2").read_bytes() == image().data
    assert told[-1] == len(image().data)
    assert done["path"] == "serial:/dev/ttyACM8"
    assert (done["before"], done["firmware"]) == ("0.1.0", "0.1.0")


def test_a_board_in_its_boot_rom_needs_no_device(desk: Desk) -> None:
    desk.in_boot_rom()
    done = flash(desk)
    assert (done["before"], done["firmware"], desk.rebooted) == (None, "0.1.0", [])


def test_a_drive_that_is_named_is_taken(desk: Desk) -> None:
    desk.in_boot_rom()
    assert flash(desk, drive=desk.drive)["firmware"] == "0.1.0"


@pytest.mark.parametrize("state", ["boot", "self_test", "armed", "running", "paused", "waiting"])
def test_nothing_is_flashed_while_anything_runs(desk: Desk, state: str) -> None:
    desk.device.shows = lambda now: {**now, "state": state}
    with pytest.raises(errors.WrongStateError) as caught:
        flash(desk)
    assert caught.value.exit_code == 6
    assert desk.rebooted == []


def test_a_device_in_fault_can_be_flashed(desk: Desk) -> None:
    desk.device.shows = lambda now: {**now, "state": "fault", "fault": "watchdog_reset"}
    assert flash(desk)["firmware"] == "0.1.0"


def test_a_device_of_another_version_can_be_flashed(desk: Desk) -> None:
    desk.device.answers["hello"] = says({"protocol": 0})
    original = desk._back

    def mended() -> None:
        del desk.device.answers["hello"]
        desk._settle()
        original()

    desk._back = mended  # type: ignore[method-assign]
    assert flash(desk)["before"] is None


def test_an_image_for_the_other_board_is_not_written(desk: Desk) -> None:
    with pytest.raises(errors.UsageError, match="is a pico, and the image is for a pico2"):
        flash(desk, image(RP2350))
    assert desk.rebooted == []
    desk.in_boot_rom()
    with pytest.raises(errors.UsageError, match="for a pico2"):
        flash(desk, image(RP2350))
    assert not (desk.drive / "poultice.uf2").exists()


def test_two_boards_in_their_boot_rom_are_one_too_many(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.in_boot_rom()
    second = tmp_path / "second"
    second.mkdir()
    (second / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
    monkeypatch.setattr("poultice.device.bootsel.mounted", lambda: [desk.drive, second])
    with pytest.raises(errors.UsageError, match="2 boards") as caught:
        flash(desk)
    assert "--drive" in (caught.value.hint or "")
    assert flash(desk, drive=desk.drive)["firmware"] == "0.1.0"


def test_a_device_and_a_stranger_in_its_boot_rom_are_not_mixed_up(desk: Desk) -> None:
    desk._mount()
    with pytest.raises(errors.UsageError, match="was asked for"):
        flash(desk, device="serial:/dev/ttyACM7")
    assert not (desk.drive / "poultice.uf2").exists()


@pytest.mark.parametrize(
    ("changes", "options", "kind", "says"),
    [
        ({"drive_after_s": None}, {}, errors.NoDeviceError, "mount"),
        ({"answer_after_s": None}, {}, errors.DeviceTimeoutError, "was written"),
        ({"serial_after": "another"}, {}, errors.DeviceTimeoutError, ""),
        ({"port": None}, {}, errors.NoDeviceError, "BOOTSEL"),
        ({}, {"which": image(version="9.9.9")}, errors.VersionMismatchError,
         "0.1.0, and 9.9.9 was written"),
        ({}, {"device": "sim:"}, errors.UsageError, "simulated"),
        ({}, {"device": "emulator:"}, errors.UsageError, "simulated"),
    ],
    ids=["no drive", "no answer", "another board", "nothing there", "version", "sim", "emulator"],
)  # fmt: skip
def test_what_goes_wrong_says_what_to_do(
    changes: dict[str, Any], options: Any, kind: type[errors.PoulticeError], says: str, desk: Desk
) -> None:
    vars(desk).update(changes)
    with pytest.raises(kind) as caught:
        flash(desk, **options)
    assert says in f"{caught.value} {caught.value.hint}"
    if changes == {"drive_after_s": None}:
        assert desk.now_s == pytest.approx(flashing.DRIVE_WAIT_S, abs=1.0)


class Torn:
    """A drive that takes so many bytes and then fails as `number` says."""

    def __init__(self, takes: int, number: int) -> None:
        self.takes, self.number = takes, number

    def __enter__(self) -> Torn:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def write(self, data: bytes) -> int:
        if self.takes <= 0:
            raise OSError(self.number, "as told")
        taken = min(self.takes, len(data))
        self.takes -= taken
        return taken

    def fileno(self) -> int:
        raise OSError(errno.ENODEV, "gone")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.ENODEV])
def test_a_drive_that_stops_taking_is_lost_and_can_be_written_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    desk.in_boot_rom()
    whole = len(image().data)
    drive = bootsel.named(desk.drive)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *a, **k: Torn(whole - 1, number))
        with pytest.raises(errors.DeviceLostError) as caught:
            bootsel.write(image(), drive, lambda done: None)
    assert "again" in (caught.value.hint or "")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *a, **k: Torn(whole, number))
        bootsel.write(image(), drive, lambda done: None)


def test_a_drive_of_somebody_else_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.in_boot_rom()
    drive = bootsel.named(desk.drive)
    monkeypatch.setattr(Path, "open", lambda *a, **k: Torn(0, errno.EACCES))
    with pytest.raises(errors.PermissionDeniedError):
        bootsel.write(image(), drive, lambda done: None)


def test_a_directory_that_is_no_boot_drive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError, match=r"INFO_UF2\.TXT"):
        bootsel.named(tmp_path)
    with pytest.raises(errors.NoDeviceError):
        bootsel.named(tmp_path / "none")
    (tmp_path / "INFO_UF2.TXT").write_text("Board-ID: SOMETHING-ELSE\n")
    assert bootsel.drive_at(tmp_path) is None


# The files onto a stock MicroPython.


class Board:
    """What `mip` writes to, of mpremote's."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.folders = set[str]()

    def fs_exists(self, path: str) -> bool:
        return path in self.folders

    def fs_mkdir(self, path: str) -> None:
        self.folders.add(path)

    def fs_writefile(self, path: str, data: bytes, **_: Any) -> None:
        self.files[path] = data


def test_mip_puts_every_file_into_the_root_and_main_comes_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mpremote import mip as installer

    firmware = uf2.TREE / "firmware"
    board = Board()
    target = next(one for one in mip._INSTALL if one.startswith("--target="))
    package = next(one for one in mip._INSTALL if one.endswith(".json"))
    monkeypatch.chdir(firmware)
    installer._install_package(board, package, "", target.removeprefix("--target="), None, True)
    urls = json.loads((firmware / "package.json").read_text())["urls"]
    assert board.files == {f"/{there}": (firmware / here).read_bytes() for there, here in urls}
    assert list(board.files)[-2:] == ["/boot.py", "/main.py"]
    assert "/poultice_core" in board.folders


def test_files_are_copied_from_the_prompt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        ran.append(command)
        return type("Done", (), {"returncode": 0, "stdout": ""})()

    monkeypatch.setattr("subprocess.run", run)
    desk._back = lambda: setattr(  # type: ignore[method-assign]
        desk, "port", flashing.discovery.Port("/dev/ttyACM7", "E66", "Board")
    )
    done = mip.copy(None, Progress())
    assert desk.rebooted == ["repl"]
    assert ran[0][1:7] == ["-m", "mpremote", "connect", "/dev/ttyACM7", "resume", "mip"]
    assert ran[0][-1] == "reset"
    assert done["firmware"] == "0.1.0"


def test_without_mpremote_it_says_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(errors.UsageError) as caught:
        mip.copy(None, Progress())
    assert "pip install mpremote" in (caught.value.hint or "")


@pytest.mark.parametrize("what", ["missing", "directory", "pipe", os.devnull])
def test_what_is_no_port_is_told_before_anything_is_copied(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("directory").mkdir()
    os.mkfifo("pipe")
    ran: list[object] = []
    monkeypatch.setattr("poultice.device.mip.subprocess.run", lambda *a, **_: ran.append(a))
    path = str(tmp_path / what)
    said = say(["firmware", "flash", "-y", "--method", "mpremote", "-d", path], 3).err
    assert f"there is no port {path}" in said and "hint: " in said
    assert "copying" not in said and not ran


# The command line.


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "built.uf2"
    path.write_bytes(blocks())
    monkeypatch.setenv("POULTICE_IMAGE", str(path))
    return path


INFO = "firmware info --json"


def test_info_without_a_device(desk: Desk, built: Path, say: Say) -> None:
    desk.port = None
    found = say(INFO).json
    assert found["schema"] == "poultice.firmware/1"
    assert found["image"]["sha256"] == uf2.read(built).sha256
    assert (found["device"], found["match"]) == (None, None)


def test_info_of_a_device(desk: Desk, built: Path, say: Say) -> None:
    found = say(INFO).json
    assert (found["device"]["firmware"], found["match"]) == ("0.1.0", True)
    assert "match         yes" in say("firmware info").out


def test_info_of_an_old_device_gives_the_command_that_mends_it(
    desk: Desk, built: Path, say: Say
) -> None:
    desk.device.answers["hello"] = says({"protocol": 0})
    found = say(f"{INFO} -d serial:/dev/ttyACM7").json
    mends = "the device is older: `poultice firmware flash --device serial:/dev/ttyACM7`"
    assert (found["match"], found["hint"]) == (False, mends)


def test_info_without_an_image_says_how_to_get_one(
    desk: Desk, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POULTICE_IMAGE", "/nowhere/at/all.uf2")
    found = say(INFO).json
    assert found["image"] is None and "make firmware" in found["hint"]


def test_flash_asks_first_where_nobody_said_yes(desk: Desk, built: Path, say: Say) -> None:
    assert "--yes" in say("firmware flash", 6).err
    assert desk.rebooted == []


def test_flash_through_the_command_line(desk: Desk, built: Path, say: Say) -> None:
    streams = say("firmware flash --yes --json")
    found = streams.json
    assert found["device"]["firmware"] == "0.1.0"
    assert found["image"]["path"] == str(built)
    assert streams.err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("-y --image none.uf2", 2),
        ("-y --board pico2", 2),
        ("-y -d sim:", 2),
        ("-y --drive none", 3),
        ("-y --method mpremote --image a.uf2", 2),
        ("--method floppy", 2),
    ],
)
def test_usage_of_flash(words: str, code: int, desk: Desk, built: Path, say: Say) -> None:
    assert "hint:" in say(f"firmware flash {words}", code).err


def test_build_away_from_the_source_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, say: Say
) -> None:
    monkeypatch.setattr(uf2, "TREE", tmp_path)
    assert "source tree" in say("firmware build", 2).err
