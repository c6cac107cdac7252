"""The firmware's files on a board that runs a stock MicroPython, by `mip` of mpremote.

For who must not or cannot write a whole image. Slower to start than the release image, and
without its larger buffer: see docs/how-to/flash-a-board.md.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from typing import Any

from poultice.device import discovery, flashing, uf2
from poultice.errors import DeviceLostError, NoDeviceError, UsageError

_BACK_AT_PROMPT_S = 15.0
_COPY_TIMEOUT_S = 180.0
# By a path that holds no @, which mip takes for the beginning of a version; into the root.
_INSTALL = ("resume", "mip", "install", "--target=", "./package.json", "+", "reset")


def copy(device: str | None, progress: flashing.Progress) -> dict[str, Any]:
    """Copy every file, restart the board, see it answer; as `flashing.flash` returns it.

    Raises what `flashing.flash` does, and UsageError where mpremote is not installed.
    """
    flashing.real(device)
    firmware = uf2.TREE / "firmware"
    if not (firmware / "package.json").is_file():
        raise UsageError(
            "the firmware's files are in poultice's source tree, and this is an installed package",
            hint="flash the release image instead (--method uf2), or get the source tree",
        )
    if importlib.util.find_spec("mpremote") is None:
        raise UsageError(
            "--method mpremote needs the package mpremote, which is not installed",
            hint="`python -m pip install mpremote`",
        )
    port = _port(device)
    found = discovery.probe(port)
    if isinstance(found.error, NoDeviceError):
        # A directory, a pipe, /dev/null are there, and no port.
        raise NoDeviceError(f"there is no port {port.path}", hint=found.error.hint)
    before = found.hello.firmware if found.hello else None
    if found.hello is not None:
        flashing.restart(f"serial:{port.path}", "repl")
        progress.say("the device went to its prompt")
        # It goes away first.
        time.sleep(0.5)
        flashing.until(
            lambda: port.path in {one.path for one in discovery.candidates()} or None,
            _BACK_AT_PROMPT_S,
            DeviceLostError(
                f"{port.path} did not come back at its prompt",
                hint="unplug the board, hold its button (GP16) while plugging it in, try again",
            ),
        )
    progress.say(f"copying the files to {port.path}")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port.path, *_INSTALL],
            cwd=firmware,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_COPY_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeviceLostError(
            f"copying to {port.path} did not end within {_COPY_TIMEOUT_S:.0f} s",
            hint="unplug the board, hold its button (GP16) while plugging it in, and try again",
        ) from None
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["no reason given"])[-1]
        raise DeviceLostError(
            f"mpremote could not copy to {port.path}: {last}",
            hint="is MicroPython on the board, and at its prompt? "
            "`mpremote connect PORT` shows it; hold the button (GP16) at power-up to get there",
        )
    progress.say("copied; waiting for the device to answer")
    return {**flashing.answered(flashing.shipped_version(), port), "before": before}


def _port(device: str | None) -> discovery.Port:
    if device is not None:
        return discovery.port_at(discovery.port_named(device))
    ports = discovery.candidates()
    if len(ports) == 1:
        return ports[0]
    if ports:
        listing = ", ".join(port.path for port in ports)
        raise UsageError(f"{len(ports)} boards: {listing}", hint="choose one with --device")
    raise NoDeviceError(
        "no board found", hint="plug it in with a cable that carries data, then try again"
    )
