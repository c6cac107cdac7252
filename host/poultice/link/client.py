"""Typed calls on a device, over any transport.

A line that cannot be trusted is counted and otherwise ignored; nothing is ever concluded
from it. All waiting is by the transport's own clock, so that a simulated hour takes as long
as its simulation.

    with Client(open_transport("sim:")) as client:
        print(client.hello().firmware)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from poultice import remedies
from poultice.errors import (
    BusyError,
    DeviceLostError,
    DeviceTimeoutError,
    LinkError,
    VersionMismatchError,
)
from poultice.language import tr
from poultice.link import messages, wire
from poultice.link.messages import Event, Hello, Telemetry

if TYPE_CHECKING:
    from poultice.link.transport import Transport

PROTOCOL = 1
"""The version of the link contract that this host speaks."""

PING_PERIOD_S = 2.0
"""``link.md``: hosts ping every 2 s; the device falls silent 5 s after the last valid line."""

PING_DEVICE_MS = 3000
"""The same by the device's clock as last heard, which is up to a second old."""

LOST_AFTER_PINGS = 3
"""So many requests without a single valid line in between: nobody is there.

Counted in requests and not in seconds: a host that slept has not heard for an hour either.
"""

CALL_TIMEOUT_S = 3.0
"""`start` writes flash and waits for the tick's end; everything else is faster."""

SETTLE_S = 10.0
"""A device that has not finished its self-test by then is not going to."""

_TRIES = 3
_RETRY_MS = 100
_RETRY_MAX_MS = 10_000
_HELD_MAX = 1024
_PAGES, _PAGE_ENTRIES = 64, 8
# Asked twice, these do no more than asked once. `arm`, `start` and `confirm` are not here.
_REPEATABLE = frozenset(
    {"hello", "status", "ping", "journal", "stop", "get_config", "self_test", "set_clock"}
)
_GARBLED_ON_THE_WAY = -32700
# The number of no request: who waits for its answer just waits.
_NOTHING = 0


class Client:
    """One device, at `path`. A context manager that closes its transport.

    `now_s` is the transport's clock, seconds, by which everything here waits.
    `garbled` counts lines that could not be trusted, `foreign` those that were sound but not
    an answer to anything asked here.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.path, self.now_s = transport.path, transport.now_s
        self.garbled = 0
        self.foreign = 0
        self._next_id = 1
        self._held: deque[Telemetry | Event] = deque(maxlen=_HELD_MAX)
        self._last_sent_s = transport.now_s()
        self._unanswered = 0
        self._ever_heard = False
        self._device_ms = 0
        self._device_ms_at_send = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @property
    def answering(self) -> bool:
        """Whether anything valid was heard since the last request."""
        return self._unanswered == 0

    def left_s(self, deadline_s: float) -> float:
        """Seconds until `deadline_s` of that clock; 0 once less than a millisecond is left.

        A remainder of rounding would otherwise be waited for without the clock ever moving.
        """
        left_s = deadline_s - self.now_s()
        return left_s if left_s > 0.001 else 0.0

    def close(self) -> None:
        """Let go of the device; what runs there goes on by its own rules."""
        self.transport.close()

    # Calls, in the order of link.md.

    def hello(self) -> Hello:
        """Who answers. Raises VersionMismatchError where it speaks another version."""
        result = self.call("hello", timeout_s=1.5)
        spoken = result.get("protocol") if isinstance(result, dict) else None
        if spoken != PROTOCOL:
            hint = tr(
                "the device is older: `poultice firmware flash --device {path}`", path=self.path
            )
            if self.path.startswith("emulator:"):
                hint = "`make firmware` builds the image of this version"
            elif type(spoken) is int and spoken > PROTOCOL:
                hint = tr("the device is newer: `python -m pip install --upgrade poultice`")
            raise VersionMismatchError(
                tr(
                    "the device speaks link version {spoken}, this program version {ours}",
                    spoken=spoken,
                    ours=PROTOCOL,
                ),
                hint=hint,
            )
        return Hello.from_wire(result)

    def status(self) -> Telemetry:
        """The device now."""
        status = messages.telemetry(self.call("status"))
        if status is None:
            raise LinkError("the device's status is not that of the link contract")
        return status

    def settle(self) -> Telemetry:
        """The device once it has started up: its self-test takes a few ticks.

        Raises DeviceTimeoutError where it does not come out of it.
        """
        deadline_s = self.now_s() + SETTLE_S
        while (now := self.status()).state in ("boot", "self_test"):
            if self.left_s(deadline_s) == 0:
                raise DeviceTimeoutError(
                    tr(
                        "the device is still in {state} after {wait} s",
                        state=tr(now.state),
                        wait=round(SETTLE_S),
                    ),
                    hint=tr("unplug the device and plug it in again"),
                )
            self._await(_NOTHING, 0.1)
        return now

    def arm(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Hand over a plan in its wire form; nothing is energised yet. The answer has `token`."""
        return self._members("arm", {"plan": dict(plan)}, "token")

    def start(self, token: str) -> int:
        """Start what is armed; the number of the session."""
        return self._number("start", {"token": token}, "session")

    def confirm(self) -> None:
        """Answer the prompt."""
        self.call("confirm")

    def pause(self) -> None:
        """Relays off, the session kept."""
        self.call("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self.call("resume")

    def stop(self) -> None:
        """End what runs or is armed; answered once the outputs are low."""
        self.call("stop", timeout_s=2.0)

    def ping(self) -> int:
        """Milliseconds since the device started."""
        return self._number("ping", None, "uptime_ms")

    def clear_fault(self, fault: str) -> None:
        """Clear `fault` by name, once its cause is gone."""
        self.call("clear_fault", {"fault": fault})

    def journal(self, after: int = 0) -> dict[str, Any]:
        """A page of the device's own record: its `entries`, and `next`, None at the end."""
        result = self._members("journal", {"after": after, "limit": _PAGE_ENTRIES}, "entries")
        entries, following = result["entries"], result.get("next")
        if not isinstance(entries, list):
            raise LinkError("the device's journal is not that of the link contract")
        return {
            "entries": [entry for entry in entries if isinstance(entry, dict)],
            "next": following if isinstance(following, int) else None,
        }

    def entries(self) -> list[dict[str, Any]]:
        """The whole of that record, oldest first; one without an end is not followed for ever."""
        told: list[dict[str, Any]] = []
        after = 0
        for _ in range(_PAGES):
            page = self.journal(after)
            told += page["entries"]
            if page["next"] is None or page["next"] <= after:
                break
            after = page["next"]
        return told

    def set_clock(self, unix_s: int) -> int:
        """Tell the time; the seconds of rest that were credited."""
        return self._number("set_clock", {"unix_s": unix_s}, "credited_s")

    def get_config(self) -> dict[str, Any]:
        """The configuration in force."""
        return self._members("get_config", None)

    def set_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a configuration; it waits for a 3 s hold of the button."""
        return self._members("set_config", dict(config))

    def drop_config(self) -> dict[str, Any]:
        """Take back what waits for the button; the configuration in force."""
        return self._members("drop_config", None)

    def self_test(self) -> dict[str, Any]:
        """The device's checks by name; energises nothing."""
        return self._members("self_test", None)

    def reboot(self, into: str = "app") -> None:
        """Restart into `app`, `repl` or `bootloader`."""
        self.call("reboot", {"into": into})

    # The machinery under them.

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> Any:
        """The result of one request.

        A request that was garbled on its way is sent again, whatever it was, since the device
        did not act on it; one that nobody answered only where repeating it does no more.
        Raises the device's error, DeviceTimeoutError, LinkError or DeviceLostError.
        """
        tries = _TRIES if method in _REPEATABLE else 1
        for last in [False] * (_TRIES - 1) + [True]:
            asked = self._send(method, params)
            answer = self._await(asked, timeout_s)
            if answer is None:
                tries -= 1
                if tries <= 0:
                    break
                continue
            if "result" in answer:
                return answer["result"]
            error = remedies.error_of(answer)
            if last or not (error.code == _GARBLED_ON_THE_WAY or isinstance(error, BusyError)):
                raise error
            if isinstance(error, BusyError):
                retry_ms = error.data.get("retry_ms")
                if type(retry_ms) is not int or not 0 < retry_ms <= _RETRY_MAX_MS:
                    retry_ms = _RETRY_MS
                self._await(_NOTHING, min(timeout_s, retry_ms / 1000))
        if not self._ever_heard and self.garbled + self.foreign > 0:
            raise LinkError(
                tr("what answers on {path} does not speak this link", path=self.path),
                hint=tr(
                    "is the poultice firmware on it, and is a second program reading the port?"
                ),
            )
        raise DeviceTimeoutError(
            tr("no answer to {method} from {path}", method=method, path=self.path),
            hint=tr(
                "does a second program read the port? Else unplug the device and plug it in "
                "again, then `poultice status`"
            ),
        )

    def poll(self, timeout_s: float) -> Telemetry | Event | None:
        """The next notification, or None after `timeout_s`; pings meanwhile, every 2 s.

        Raises DeviceLostError where the transport does, or where pings stay unanswered.
        """
        deadline_s = self.now_s() + timeout_s
        while not self._held:
            if self._ping_due():
                if self._unanswered >= LOST_AFTER_PINGS:
                    raise DeviceLostError(
                        tr("{path} has fallen silent", path=self.path),
                        hint=tr(
                            "the device turns its pad off by itself; check the cable, and "
                            "whether a second program reads the port, then `poultice status`"
                        ),
                    )
                self._send("ping", None)
            left_s = self.left_s(deadline_s)
            if left_s == 0:
                return None
            self._take(min(left_s, self.left_s(self._last_sent_s + PING_PERIOD_S)))
        return self._held.popleft()

    def _ping_due(self) -> bool:
        # By the device's clock too: a simulated one on a port may run faster than ours, and
        # it is the device's seconds that count for an attended session.
        fast = self._device_ms - self._device_ms_at_send >= PING_DEVICE_MS
        return fast or self.left_s(self._last_sent_s + PING_PERIOD_S) == 0

    def _members(
        self, method: str, params: Mapping[str, Any] | None, needed: str | None = None
    ) -> dict[str, Any]:
        result = self.call(method, params)
        if not isinstance(result, dict) or (needed is not None and needed not in result):
            raise LinkError(f"the device's answer to {method} is not that of the link contract")
        return result

    def _number(self, method: str, params: Mapping[str, Any] | None, needed: str) -> int:
        number = self._members(method, params, needed)[needed]
        if type(number) is not int:
            raise LinkError(f"the device's answer to {method} is not that of the link contract")
        return number

    def _send(self, method: str, params: Mapping[str, Any] | None) -> int:
        asked = self._next_id
        self._next_id = asked % 0x7FFFFFFF + 1
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": asked, "method": method}
        if params is not None:
            message["params"] = params
        try:
            line = wire.encode(message)
        except ValueError as error:
            raise LinkError(f"{method} does not fit the link: {error}") from None
        self._last_sent_s = self.now_s()
        self._device_ms_at_send = self._device_ms
        self._unanswered += 1
        self.transport.send(line)
        return asked

    def _await(self, asked: int, timeout_s: float) -> dict[str, Any] | None:
        deadline_s = self.now_s() + timeout_s
        while True:
            left_s = self.left_s(deadline_s)
            answer = self._take(left_s)
            if answer is not None and answer.get("id") == asked:
                return answer
            if left_s == 0:
                return None

    def _take(self, timeout_s: float) -> dict[str, Any] | None:
        """One line off the transport: held if a notification, given back if an answer."""
        line = self.transport.receive(timeout_s)
        if line is None:
            return None
        try:
            message = wire.decode(line)
        except wire.GarbledLine:
            self.garbled += 1
            return None
        notice = messages.notification(message)
        if notice is not None:
            self._heard()
            if notice.t_ms < self._device_ms:
                self._device_ms_at_send = 0
            self._device_ms = notice.t_ms
            self._held.append(notice)
            return None
        # A port that echoes gives our own requests back: neither an answer nor a sign of life.
        if "method" in message or type(message.get("id")) is not int:
            self.foreign += 1
            return None
        self._heard()
        return message

    def _heard(self) -> None:
        self._unanswered = 0
        self._ever_heard = True
