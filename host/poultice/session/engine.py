"""A session from `arm` to its closing entry, without a screen, a file or a terminal.

`Engine.run` is meant for a thread of its own: it waits for the device and for nothing else.
What the device says goes to `tell`, which must not wait either; what a person wants comes from
`orders`. Where `tell` raises, or the orders are to abandon it, the device is told to stop first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poultice import remedies
from poultice.errors import (
    DeviceFaultError,
    DeviceLostError,
    DeviceTimeoutError,
    Interrupted,
    LinkError,
    PoulticeError,
    RefusedError,
    SessionTimeoutError,
)
from poultice.language import later, tr
from poultice.link.client import Client
from poultice.link.messages import Event, Telemetry
from poultice.session.orders import Orders
from poultice.session.tally import ACTIVE, Tally
from poultice.texts import told

if TYPE_CHECKING:
    from poultice.therapy.plan import Plan

POLL_S = 0.2
"""How soon a key or Ctrl-C is seen."""

STOP_S = 10.0
"""A stop is answered within a tick; the closing entry is a flash save of at most 0.4 s."""

_BUTTON_GRACE_S = 3.0
_HEARD_MAX = 1024  # notifications that a client holds
# It says once a second how it is: what is not heard for so long was lost on its way, or read by
# a second program.
_QUIET_S = 5.0
_PROVEN_S = 2.0
_JOURNAL_TRIES = 6
_TIMED_OUT = frozenset(
    {"attended", "pause_timeout", "prompt_timeout", "session_timeout", "proof_repeated"}
)

Tell = Callable[[Telemetry | Event], None]
Refused = Callable[[PoulticeError], None]


@dataclass
class Ending:
    """How it ended: `outcome` and `reason` as in ``cli.md``; `error` carries the exit code."""

    outcome: str
    reason: str | None = None
    fault: str | None = None
    error: PoulticeError | None = None


class Engine:
    """One session on one device: `run`, or `leave` it running; its `result` and its `tally`.

    `refused` is told why a pause or a resume came to nothing. `token_s` is how long an armed
    plan lasts, seconds.
    """

    def __init__(
        self,
        client: Client,
        plan: Plan,
        *,
        orders: Orders | None = None,
        refused: Refused = lambda error: None,
        by_button: bool = False,
        token_s: int = 60,
    ) -> None:
        self.client = client
        self.plan = plan
        self.orders = orders or Orders()
        self.tally = Tally.of(plan.phases)
        self.result: Ending | None = None
        self._tell: Tell = lambda update: None
        self._refused = refused
        self._by_button = by_button
        self._token_s = token_s
        self._armed = False
        self._quiet_s = client.now_s() + _QUIET_S

    def run(self, tell: Tell) -> None:
        """To its end. Raises the device's refusals of `arm` and `start`; nothing afterwards."""
        self._tell = tell
        try:
            self._begin()
            if self._by_button:
                self._until_begun()
            if self.result is None:
                self._until_over()
        except (DeviceLostError, DeviceTimeoutError, LinkError) as error:
            if not self._armed:
                raise
            # Tried whatever was lost: the way back may be broken and the way there not.
            self._abandon()
            known = self.tally.fault is not None or self.tally.ended is not None
            self.result = self._verdict(None) if known else Ending("lost", error=error)
        finally:
            if self.result is None and self._armed:
                self._abandon()

    def leave(self) -> int:
        """Arm and start, then let it run by itself; the number of the session.

        Raises what `arm` and `start` raise, DeviceTimeoutError where nobody presses the button,
        DeviceFaultError where the device trips while it waits for that, and what `take_back` does.
        """
        self._begin()
        try:
            if self._by_button:
                self._until_begun()
            if self.tally.state == "fault":
                raise remedies.fault_error(self.tally.fault)
            if self.result is not None and self.result.error is not None:
                raise self.result.error
            # Its relays are proven first: what trips there is not left "running by itself".
            deadline_s = self.client.now_s() + _PROVEN_S
            while (left_s := self.client.left_s(deadline_s)) > 0:
                self.take_back()
                self._drain(min(left_s, POLL_S))
            now = self._running()
            if now.state == "fault":
                raise remedies.fault_error(now.fault)
        except PoulticeError:
            self._abandon()
            raise
        return self.tally.session or 0

    def take_back(self) -> None:
        """Where a stop was ordered by now: stop it, and raise Interrupted, or how else it ended."""
        if self.orders.stopping():
            self._stop()
            if self.result is not None and self.result.error is not None:
                raise self.result.error
            raise Interrupted(tr("stopped; the pad is off"))

    def _begin(self) -> None:
        if self.orders.stopping() or self.orders.abandoned:
            raise Interrupted(tr("stopped; nothing was started"))
        token = self._arm()
        try:
            if not self._by_button:
                self.tally.session = self._start(token)
        except PoulticeError:
            self._abandon()
            raise
        self._armed = True

    def _arm(self) -> str:
        # A refused `arm` leaves the device as it was: it may be busy with another session,
        # which is not ours to stop. One that nobody answered may have armed it, and then a
        # press of its button would start what nobody watches.
        for last in (False, True):
            try:
                token = str(self.client.arm(self.plan.to_wire())["token"])
                # An idle of before would look like an arming that has run out.
                for _ in range(_HEARD_MAX if last else 0):
                    if self.client.poll(0.0) is None:
                        break
                return token
            except (DeviceTimeoutError, LinkError) as error:
                try:
                    state = self.client.status().state
                except PoulticeError:
                    state = "unknown"
                if state in ("armed", "unknown"):
                    self._abandon()
                if last or state == "unknown" or isinstance(error, LinkError):
                    raise
        raise AssertionError

    def _start(self, token: str) -> int | None:
        try:
            return self.client.start(token)
        except DeviceTimeoutError:
            # The token is good for one start: ask what came of it instead of trying again.
            now = self.client.status()
            if now.state not in ACTIVE:
                raise
            return now.session

    def _until_over(self) -> None:
        seen_s = self.client.now_s() + _QUIET_S
        while self.result is None:
            if self._leaving():
                self._stop()
                return
            self._next()
            if not self.tally.began and self.client.left_s(seen_s) == 0:
                self._heard(self._running())
            self._obey()
            if self._over():
                self._close()

    def _running(self) -> Telemetry:
        """The device, asked: it runs the session, or has tripped by now. Raises LinkError."""
        now = self.client.status()
        if now.state not in (*ACTIVE, "fault"):
            raise LinkError(tr("the device says it started and does not run"))
        return now

    def _until_begun(self) -> None:
        """Wait for the button. Sets `result` where nobody presses it."""
        deadline_s = self.client.now_s() + self._token_s + _BUTTON_GRACE_S
        was_armed = False
        while not self.tally.began and self.tally.state != "fault":
            if self._leaving():
                self._stop()
                return
            self._next()
            was_armed = was_armed or self.tally.state == "armed"
            expired = was_armed and self.tally.state == "idle"
            if expired or self.client.left_s(deadline_s) == 0:
                self._abandon()
                error = DeviceTimeoutError(
                    tr("nobody pressed the device's button within {wait} s", wait=self._token_s),
                    hint=tr("run it again and press the button when it asks"),
                )
                self.result = Ending("refused", error=error)
                return

    def _leaving(self) -> bool:
        if self.orders.abandoned:
            raise Interrupted(tr("left; the device was told to stop"))
        return self.orders.stopping()

    def _next(self) -> None:
        update = self.client.poll(POLL_S)
        # One that answers nothing at all is not asked and waited for: the client counts that.
        if update is None and self.client.answering and self.client.left_s(self._quiet_s) == 0:
            update = self.client.status()
        self._heard(update)

    def _heard(self, update: Telemetry | Event | None) -> None:
        if update is None:
            return
        self._quiet_s = self.client.now_s() + _QUIET_S
        self.tally.take(update)
        self.orders.heard(update)
        self._tell(update)

    def _over(self) -> bool:
        tally = self.tally
        if tally.state == "fault":
            return True
        if tally.restarted:
            return tally.state == "idle"
        # An idle or armed from before the start may still have been on its way.
        return tally.state not in ACTIVE and (tally.seen_active or tally.ended is not None)

    def _obey(self) -> None:
        if self.tally.state in ACTIVE:
            prompt = self.tally.prompt if self.tally.state == "waiting" else None
            _obey(self.client, self.orders, None if self._by_button else prompt, self._refused)

    def _stop(self) -> None:
        """End it, and come back only when the outputs are known to be off."""
        self.client.stop()
        deadline_s = self.client.now_s() + STOP_S
        while True:
            now = self.client.status()
            self._heard(now)
            if now.state not in ACTIVE and not (now.master or now.heat or now.cool):
                break
            if self.client.left_s(deadline_s) == 0:
                error = DeviceTimeoutError(
                    tr("the device did not confirm that the pad is off"),
                    hint=tr("press the emergency stop or pull the pad's plug"),
                )
                self.result = Ending("stopped", "host", error=error)
                return
            self._drain(POLL_S)
        if now.state == "fault":
            self._close()
            return
        self._drain(POLL_S)
        stopped = Ending("stopped", "host", error=Interrupted(tr("stopped; the pad is off")))
        entry = self._take_journal() if self.tally.began else None
        # It may have ended by itself in the second of the stop: then that is how it ended.
        verdict = self._verdict(entry) if entry is not None else stopped
        by_us = (verdict.outcome, verdict.reason) == ("stopped", "host")
        self.result = stopped if by_us else verdict

    def _close(self) -> None:
        self._drain(POLL_S)
        self.result = self._verdict(self._take_journal())

    def _drain(self, seconds: float, *, tell: bool = True) -> None:
        deadline_s = self.client.now_s() + seconds
        while (left_s := self.client.left_s(deadline_s)) > 0:
            update = self.client.poll(left_s)
            if tell:
                self._heard(update)

    def _verdict(self, entry: Mapping[str, Any] | None) -> Ending:
        """What the device's journal says, else what was heard before the device was lost."""
        tally = self.tally
        if tally.fault is not None or tally.state == "fault":
            return Ending("fault", None, tally.fault, remedies.fault_error(tally.fault))
        ended: Mapping[str, Any] = entry or {}
        if entry is None and tally.ended is not None and not tally.restarted:
            ended = {"outcome": tally.ended.kind, "reason": tally.ended.data.get("reason")}
        outcome, reason = ended.get("outcome"), ended.get("reason")
        reason = reason if isinstance(reason, str) else None
        if outcome == "fault":
            return Ending("fault", None, reason, remedies.fault_error(reason))
        if outcome == "complete":
            return Ending("complete")
        if outcome != "stopped":
            lost = later("the device restarted during the session")
            if entry is None and not tally.restarted:
                lost = later("the session is over, and the device could not be asked how it ended")
            return Ending("lost", error=DeviceLostError(tr(lost)))
        late = None
        if reason in _TIMED_OUT:
            said = tr("the session was {how}", how=told("stops", reason))
            late = SessionTimeoutError(said, data={"reason": reason})
        return Ending("stopped", reason, error=late)

    def _take_journal(self) -> Mapping[str, Any] | None:
        """The closing entry of this session, where the device has it and can be asked."""
        ours = ("session", self.tally.session)
        # The session is over and its outcome known; only some figures are less exact without.
        with contextlib.suppress(PoulticeError):
            for _ in range(_JOURNAL_TRIES):
                told = self.client.entries()
                found = [one for one in told if (one.get("kind"), one.get("session")) == ours]
                if found:
                    self.tally.journal(found[-1])
                    return found[-1]
                self._drain(0.5, tell=False)
        return None

    def _abandon(self) -> None:
        # Nothing more can be done from here; without requests the device stops by itself after
        # `attended_s`.
        with contextlib.suppress(PoulticeError):
            self.client.stop()


def follow(
    client: Client,
    orders: Orders,
    tell: Tell,
    refused: Refused,
    *,
    for_s: float | None = None,
) -> None:
    """What a device that is only watched says, for so many seconds or until it is abandoned.

    It is never this program's to stop, unless a stop is ordered.
    """
    end_s = None if for_s is None else client.now_s() + for_s
    update: Telemetry | Event | None = client.status()
    prompt = None
    while not orders.abandoned:
        if update is not None:
            orders.heard(update)
            tell(update)
        if isinstance(update, Telemetry):
            prompt = update.prompt if update.state == "waiting" else None
        if orders.took_stop():
            _ask(client.stop, refused)
        _obey(client, orders, prompt, refused)
        left_s = POLL_S if end_s is None else min(POLL_S, client.left_s(end_s))
        if left_s == 0:
            return
        update = client.poll(left_s)


def _obey(client: Client, orders: Orders, prompt: str | None, refused: Refused) -> None:
    """What was ordered of a device that runs; it may well decline."""
    if prompt is not None and orders.answered(prompt):
        # Somebody may have pressed the button in the same second, or the line was torn: what
        # the device then says of itself decides.
        _ask(client.confirm, lambda error: None)
    asked = orders.wanted()
    if asked is not None:
        _ask(client.pause if asked == "pause" else client.resume, refused)


def _ask(call: Callable[[], object], refused: Refused) -> None:
    try:
        call()
    except (RefusedError, DeviceFaultError, DeviceTimeoutError) as error:
        refused(error)
