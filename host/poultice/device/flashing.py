"""The device's firmware: which there is, building it, and putting it on a board.

Nothing here prints or asks.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from poultice.device import bootsel, discovery, uf2
from poultice.device.fingerprint import core_fingerprint, logic
from poultice.errors import (
    DeviceTimeoutError,
    LinkError,
    NoDeviceError,
    PoulticeError,
    UsageError,
    VersionMismatchError,
    WrongStateError,
)
from poultice.link.client import PROTOCOL, Client
from poultice.link.messages import Hello
from poultice.link.transport import split_path

_T = TypeVar("_T")

DRIVE_WAIT_S = 30.0
"""For the drive: a desktop mounts it within a few seconds, or a person has to."""

BACK_WAIT_S = 30.0
"""For the answer afterwards: start-up takes a second, a first format of its flash 20 s at most."""

_LOOK_S = 0.5
# While nothing runs; the device itself refuses the rest too.
_QUIET = ("idle", "fault")


@dataclass(frozen=True)
class Progress:
    """What a person is told meanwhile: a sentence, or how many bytes of how many."""

    say: Callable[[str], None] = field(default=lambda text: None)
    copied: Callable[[int, int], None] = field(default=lambda done, total: None)


def shipped_version() -> str:
    """The version of the firmware that belongs to this program."""
    from poultice_core import VERSION

    return VERSION


def other_firmware(path: str, hello: Hello) -> tuple[str, str] | None:
    """What is wrong with a device of another version or another logic than this program's, and
    what mends it."""
    remedy = f"`poultice firmware flash --device {path}`"
    if path.startswith("emulator:"):
        remedy = "`make firmware` builds the image of this version"
    shipped = shipped_version()
    if hello.firmware != shipped:
        return f"the device runs {hello.firmware}, this program brings {shipped}", remedy
    tested, says = logic(path, hello)
    return None if tested else (says, remedy)


def describe(device: str | None, board: str = "pico") -> dict[str, Any]:
    """What belongs together: this program, the image, the device. For `firmware info`."""
    told: dict[str, Any] = {"firmware": shipped_version(), "protocol": PROTOCOL}
    told["core"] = core_fingerprint()
    told |= dict.fromkeys(("image", "device", "match", "problem", "hint"))

    def wrong(problem: object, hint: str | None) -> None:
        told.update(problem=str(problem), hint=hint)

    try:
        image = uf2.read(uf2.image_path(board))
        told["image"] = image.to_json() | {"tested": image.holds(told["core"])}
        if not told["image"]["tested"]:
            wrong(f"{image.path} was built of other sources", "`make firmware` builds it anew")
    except PoulticeError as error:
        wrong(error, error.hint)
    try:
        with discovery.open_device(device) as client:
            hello = client.hello()
            told["device"] = _device(client.path, hello)
            other = other_firmware(client.path, hello)
            told["match"] = other is None
            if other is not None:
                wrong(*other)
    except NoDeviceError as error:
        # Asked for by name, it should be there.
        if device is not None:
            raise
        if told["problem"] is None:
            wrong(error, error.hint)
    except VersionMismatchError as error:
        told["match"] = False
        wrong(error, error.hint)
    return told


def build(board: str) -> Path:
    """Build the image from this source tree; its path. Output goes to stderr.

    Raises UsageError where this is no source tree, PoulticeError where it does not build.
    """
    script = uf2.TREE / "firmware" / "build.py"
    if not script.is_file():
        raise UsageError(
            "the firmware is built from poultice's source tree, and this is an installed package",
            hint="get the source tree and run `make firmware` there",
        )
    done = subprocess.run([sys.executable, str(script), board], stdout=sys.stderr, check=False)
    if done.returncode:
        raise PoulticeError("the firmware could not be built", hint="what is above says why")
    return uf2.TREE / "build" / f"poultice-{board}.uf2"


def flash(
    image: uf2.Image, device: str | None, drive: Path | None, progress: Progress
) -> dict[str, Any]:
    """Put `image` on a board and see it answer.

    The board is the one whose boot drive is at `drive`, or is mounted, or the one that `device`
    names; one that runs is asked to go into its boot ROM, which it refuses while anything runs.
    Returns `path`, `uid`, `firmware`, `protocol`, `board` and `before` (the version it ran, or
    None). Raises WrongStateError, NoDeviceError, UsageError, DeviceLostError,
    DeviceTimeoutError, VersionMismatchError.
    """
    port, before = None, None
    there = [bootsel.named(drive)] if drive is not None else _fitting(image)
    if len(there) > 1:
        listing = ", ".join(str(one.path) for one in there)
        raise UsageError(
            f"{len(there)} boards are in their boot ROM: {listing}", hint="choose one with --drive"
        )
    if device is not None and there and drive is None:
        raise UsageError(
            f"{there[0].path} is a board in its boot ROM, and {device} was asked for",
            hint="unplug the one, or leave --device out",
        )
    known = {one.path for one in discovery.candidates()}
    if not there:
        port, before = restart(device, "bootloader", image.board)
        progress.say("the device went into its boot ROM; waiting for its drive")
        there = until(
            lambda: _fitting(image) or None,
            DRIVE_WAIT_S,
            NoDeviceError(
                f"no boot drive appeared within {DRIVE_WAIT_S:.0f} s",
                hint=f"{bootsel.MOUNT_IT} and run the same command again; unplugging the board "
                "starts its old firmware",
            ),
        )
    target = there[0]
    progress.say(f"writing {image.path.name} to {target.path}")
    bootsel.write(image, target, lambda done: progress.copied(done, len(image.data)))
    progress.say("written; waiting for the device to answer")
    return {**answered(image.version, port, known), "before": before}


def until(look: Callable[[], _T | None], limit_s: float, never: PoulticeError) -> _T:
    """What `look` finds, soon after it is there. Raises `never` where that takes too long."""
    end_s = time.monotonic() + limit_s
    while True:
        time.sleep(_LOOK_S)
        found = look()
        if found is not None:
            return found
        if time.monotonic() >= end_s:
            raise never


def restart(
    device: str | None, into: str, board: str | None = None
) -> tuple[discovery.Port, str | None]:
    """Ask the running device to start its `bootloader`, or its `repl`; its port and what it ran.

    Raises WrongStateError while anything runs, UsageError for a simulated device or one that is
    no `board`, and what opening it raises.
    """
    real(device)
    try:
        client = discovery.open_device(device)
    except NoDeviceError as error:
        error.hint = bootsel.HOW_TO_GET_THERE
        raise
    except VersionMismatchError:
        # The only one there is; that it is of another version is what is to be mended.
        client = discovery.open_device(f"serial:{discovery.candidates()[0].path}")
    with client:
        hello = _who(client)
        if hello is not None and board not in (None, hello.board):
            raise UsageError(
                f"{client.path} is a {hello.board}, and the image is for a {board}",
                hint=f"--board {hello.board} takes the image for it",
            )
        state = client.status().state
        if state not in _QUIET:
            raise WrongStateError(
                f"{client.path} is {state}: nothing is flashed while anything runs",
                hint=f"`poultice stop --device {client.path}`, then again",
                data={"state": state, "states": list(_QUIET)},
            )
        port = discovery.port_at(client.path.removeprefix("serial:"))
        client.reboot(into)
    return port, None if hello is None else hello.firmware


def real(device: str | None) -> None:
    """Raises UsageError for a device that has no flash to write."""
    if device is not None and split_path(device)[0] in ("sim", "emulator"):
        raise UsageError(
            f"{device} is simulated: there is nothing to flash",
            hint="the emulator takes the image of POULTICE_IMAGE, else the one just built",
        )


def _who(client: Client) -> Hello | None:
    """Who answers, or None where its version is not ours: that is what is to be mended."""
    try:
        return client.hello()
    except VersionMismatchError:
        return None
    except LinkError as error:
        error.hint = f"not poultice's firmware? {bootsel.HOW_TO_GET_THERE}"
        raise


def _fitting(image: uf2.Image) -> list[bootsel.Drive]:
    found = bootsel.drives()
    return [one for one in found if one.board == image.board] or found


def answered(
    version: str | None, port: discovery.Port | None, known: Collection[str] = ()
) -> dict[str, Any]:
    """What the flashed board answers: by its USB serial number, else the one that is not `known`.

    Raises DeviceTimeoutError, VersionMismatchError.
    """

    def look() -> discovery.Found | None:
        for one in discovery.candidates():
            if port is not None and port.usb_serial is not None:
                ours = one.usb_serial == port.usb_serial
            else:
                ours = one.path not in known or (port is not None and one.path == port.path)
            found = discovery.probe(one) if ours else None
            if found and (found.hello or isinstance(found.error, VersionMismatchError)):
                return found
        return None

    found = until(
        look,
        BACK_WAIT_S,
        DeviceTimeoutError(
            f"the image was written, and no device answered within {BACK_WAIT_S:.0f} s",
            hint="unplug it, plug it in again, then `poultice devices`",
        ),
    )
    path, hello = f"serial:{found.port.path}", found.hello
    if hello is None:
        assert found.error is not None
        raise found.error
    if version is not None and hello.firmware != version:
        raise VersionMismatchError(
            f"{path} answers as firmware {hello.firmware}, and {version} was written",
            hint="was another board plugged in? `poultice devices` lists them",
        )
    return _device(path, hello)


def _device(path: str, hello: Hello) -> dict[str, Any]:
    return {
        **hello.device(path),
        "board": hello.board,
        "protocol": hello.protocol,
        "core": hello.core,
    }
