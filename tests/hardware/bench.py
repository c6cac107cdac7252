"""The device at the other end of the cable: its link by the client, its prompt by pyserial."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import serial

from poultice.device.discovery import open_transport
from poultice.errors import DeviceTimeoutError, PoulticeError
from poultice.link import wire
from poultice.link.client import Client
from poultice.link.messages import Event, Telemetry

BACK_WITHIN_S = 30.0
_BRIEFLY_S = 3.0
# From a restart to the port being gone: before that, what was there answers.
_SETTLES_S = 1.0
_PROMPT = b">>> "
_ERASE = "from poultice_pico.disk import erase; erase()"
PHASE_S = 100
"""Shorter than the 120 s after which a pad that never gets warmer is `heating_stalled`."""
PHASE = {"mode": "heat", "target_mc": 39_000, "duration_s": PHASE_S}


class Bench:
    """One device. `port` says where it is now: after a restart it may be somewhere else."""

    def __init__(self, port: Callable[[], str], serial_number: str) -> None:
        self._port = port
        self._serial_number = serial_number
        self._client: Client | None = None
        self._raw: serial.Serial | None = None

    @property
    def client(self) -> Client:
        """The open link."""
        assert self._client is not None, "not connected"
        return self._client

    def connect(self, within_s: float = BACK_WITHIN_S) -> None:
        """Open the link of the device, once it is there; no other device will do."""
        deadline_s = time.monotonic() + within_s
        while True:
            self.disconnect()
            try:
                self._client = Client(open_transport(self._port()))
                hello = self._client.hello()
                break
            except PoulticeError:
                if time.monotonic() >= deadline_s:
                    raise
                time.sleep(0.5)
        assert hello.uid.lower() == self._serial_number.lower(), "this is another device"
        self._client.settle()

    def disconnect(self) -> None:
        """Let go of the port."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._raw is not None:
            self._raw.close()
            self._raw = None

    def raw(self) -> serial.Serial:
        """The port for what no client would do; the link is closed meanwhile."""
        self.disconnect()
        self._raw = serial.Serial(self._port(), timeout=0.2, write_timeout=30.0, exclusive=True)
        return self._raw

    def wait(self, seconds: float) -> None:
        """Let so much time pass at the bench."""
        time.sleep(seconds)

    # --- a session ----------------------------------------------------------------------

    def start(self, attended_s: int = 0) -> None:
        """A heat phase, from a second after its relay proof on."""
        plan = {"name": "bench", "attended_s": attended_s, "phases": [PHASE]}
        self.client.start(self.client.arm(plan)["token"])
        self.until(lambda now: (now.phase_left_s or PHASE_S) < PHASE_S)
        assert self.client.status().master

    def until(self, wanted: Callable[[Telemetry], bool], limit_s: float = 20.0) -> Telemetry:
        """The first telemetry that is `wanted`. Raises DeviceTimeoutError."""
        deadline_s = time.monotonic() + limit_s
        now = self.client.status()
        while not wanted(now):
            if time.monotonic() >= deadline_s:
                raise DeviceTimeoutError(f"waited for it {limit_s:.0f} s; the last was {now}")
            heard = self.client.poll(0.5)
            now = self.client.status() if heard is None or isinstance(heard, Event) else heard
        return now

    def fault(self, limit_s: float = 20.0) -> str | None:
        """The fault it is in, once it is."""
        return self.until(lambda now: now.state == "fault", limit_s).fault

    def quiet(self) -> None:
        """Nothing runs any more, whatever the test has left."""
        try:
            if self._client is None:
                self.connect(_BRIEFLY_S)
            self.client.stop()
        except PoulticeError:
            self.disconnect()

    # --- the prompt ---------------------------------------------------------------------

    def prompt(self) -> serial.Serial:
        """MicroPython's prompt instead of the application; the relays are off there."""
        if self._client is None:
            port = self._prompt_now(_BRIEFLY_S)
            if port is not None:
                return port
            self.connect()
        self.client.stop()
        self.until(lambda now: now.state in ("idle", "fault"))
        self.client.reboot("repl")
        self.disconnect()
        deadline_s = time.monotonic() + BACK_WITHIN_S
        while (port := self._prompt_now(_BRIEFLY_S)) is None:
            assert time.monotonic() < deadline_s, "no prompt"
        return port

    def _prompt_now(self, limit_s: float) -> serial.Serial | None:
        time.sleep(_SETTLES_S)
        try:
            port = self.raw()
            port.write(b"\r\n")
            return port if self._prompted(port, limit_s) is not None else None
        except (OSError, PoulticeError):
            # Not back yet.
            return None

    def types(self, port: serial.Serial, line: str, limit_s: float = 20.0) -> str:
        """Type one line and wait for the next prompt; what was said in between."""
        port.write(line.encode() + b"\r\n")
        said = self._prompted(port, limit_s)
        assert said is not None, f"no prompt after {line}"
        assert "Traceback" not in said, said
        return said

    def restarted(self) -> None:
        """The link again, after a prompt whose chip is about to restart by itself."""
        time.sleep(_SETTLES_S)
        self.connect()

    def renew(self) -> None:
        """The device as new: its record, configuration and faults gone, if there are any."""
        if not self._as_new():
            port = self.prompt()
            self.types(port, _ERASE)
            port.write(b"import machine; machine.reset()\r\n")
            self.restarted()

    def leave(self) -> None:
        """As new, with nothing of the tests left in its totals."""
        self.renew()
        self.disconnect()

    def _as_new(self) -> bool:
        if self._client is None:
            return False
        try:
            now, config = self.client.status(), self.client.get_config()
            return (
                now.state == "idle"
                and self.client.journal()["entries"] == []
                and not config["two_point"]
                and not config.get("pending")
            )
        except PoulticeError:
            return False

    def _prompted(self, port: serial.Serial, limit_s: float) -> str | None:
        deadline_s = time.monotonic() + limit_s
        said = b""
        while not said.endswith(_PROMPT):
            if time.monotonic() >= deadline_s:
                return None
            said += port.read(max(1, port.in_waiting))
        return said.decode(errors="replace")


def request(method: str, number: int) -> bytes:
    """A line of the link, for a host that is not a client."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
    return wire.encode(message)
