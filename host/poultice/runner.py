"""A session from `arm` to its closing entry, without a screen.

`SessionRunner.updates` is a generator: it yields what the device says and, once exhausted,
`result` tells how it ended. Whoever stops listening early (an exception, a closed terminal)
ends the session: the device is told to stop before the generator is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from poultice import remedies
from poultice.client import Client
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
from poultice.messages import Event, Telemetry
from poultice.tally import ACTIVE, PlannedPhase, Tally

POLL_S = 0.2
"""How soon a key or Ctrl-C is seen."""

STOP_S = 10.0
"""A stop is answered within a tick; the closing entry is a flash save of at most 0.4 s."""

_BUTTON_GRACE_S = 3.0
_START_SEEN_S = 5.0
_JOURNAL_TRIES = 6
_JOURNAL_PAGES = 64
_TIMED_OUT = frozenset(
    {"attended", "pause_timeout", "prompt_timeout", "session_timeout", "proof_repeated"}
)


class Plan(Protocol):
    """What is needed of a plan here."""

    @property
    def phases(self) -> Sequence[PlannedPhase]:
        """What it is made of, in order."""

    def to_wire(self) -> dict[str, Any]:
        """As ``link.md`` has it."""


@dataclass
class Result:
    """How it ended: `outcome` and `reason` as in ``cli.md``; `error` carries the exit code."""

    outcome: str
    reason: str | None = None
    fault: str | None = None
    error: PoulticeError | None = None


class SessionRunner:
    """One session on one device.

    `interrupted` says whether the person wants it to end, `answered` whether they answered
    the prompt, `wanted` gives `"pause"` or `"resume"` once for each time they asked for it;
    all are asked a few times a second, from the thread that takes the updates. `refused` is
    told why a pause or a resume came to nothing. `token_s` is how long an armed plan lasts,
    seconds.
    """

    def __init__(
        self,
        client: Client,
        plan: Plan,
        *,
        by_button: bool = False,
        token_s: int = 60,
        interrupted: Callable[[], bool] = lambda: False,
        answered: Callable[[], bool] = lambda: False,
        wanted: Callable[[], str | None] = lambda: None,
        refused: Callable[[PoulticeError], None] = lambda error: None,
    ) -> None:
        self.client = client
        self.plan = plan
        self.tally = Tally.of(plan.phases)
        self.result: Result | None = None
        self._by_button = by_button
        self._token_s = token_s
        self._interrupted = interrupted
        self._answered = answered
        self._wanted = wanted
        self._refused = refused
        self._armed = False

    def updates(self) -> Generator[Telemetry | Event, None, None]:
        """Run it. Raises the device's refusals of `arm` and `start`; nothing afterwards."""
        try:
            self._begin()
            yield from self._watch()
        except (DeviceLostError, DeviceTimeoutError, LinkError) as error:
            if not self._armed:
                raise
            if not isinstance(error, DeviceLostError):
                self._abandon()
            known = self.tally.fault is not None or self.tally.ended is not None
            self.result = self._verdict(None) if known else self._lost(error)
        finally:
            if self.result is None and self._armed:
                self._abandon()

    def start_and_leave(self) -> int:
        """Arm and start, then let it run by itself; the number of the session.

        Raises what `arm` and `start` raise, and DeviceTimeoutError where nobody presses the
        button.
        """
        self._begin()
        if self._by_button:
            for _ in self._until_begun():
                pass
        if self.result is not None and self.result.error is not None:
            raise self.result.error
        return self.tally.session or 0

    def _begin(self) -> None:
        if self._interrupted():
            raise Interrupted("stopped; nothing was started")
        # A refused `arm` leaves the device as it was: it may be busy with another session,
        # which is not ours to stop.
        token = self.client.arm(self.plan.to_wire())["token"]
        try:
            if not self._by_button:
                self.tally.session = self._start(token)
        except PoulticeError:
            self._abandon()
            raise
        self._armed = True

    def _start(self, token: str) -> int | None:
        try:
            return self.client.start(token)
        except DeviceTimeoutError:
            # The token is good for one start: ask what came of it instead of trying again.
            now = self.client.status()
            if now.state not in ACTIVE:
                raise
            return now.session

    def _watch(self) -> Iterator[Telemetry | Event]:
        if self._by_button:
            yield from self._until_begun()
        quiet_s = self.client.now_s() + _START_SEEN_S
        while self.result is None:
            if self._interrupted():
                yield from self._stop()
                return
            update = self.client.poll(POLL_S)
            if update is None and not self.tally.began and self.client.left_s(quiet_s) == 0:
                update = self.client.status()
                if update.state not in ACTIVE:
                    raise LinkError("the device says it started and does not run")
            if update is not None:
                self._count(update)
                yield update
            self._prompt()
            self._pause_or_resume()
            if self._over():
                yield from self._close()

    def _until_begun(self) -> Iterator[Telemetry | Event]:
        """Wait for the button. Sets `result` where nobody presses it."""
        deadline_s = self.client.now_s() + self._token_s + _BUTTON_GRACE_S
        was_armed = False
        while not self.tally.began and self.tally.state != "fault":
            if self._interrupted():
                yield from self._stop()
                return
            update = self.client.poll(POLL_S)
            if update is not None:
                self._count(update)
                yield update
                was_armed = was_armed or self.tally.state == "armed"
            expired = was_armed and self.tally.state == "idle"
            if expired or self.client.left_s(deadline_s) == 0:
                self._abandon()
                self.result = Result(
                    "refused",
                    error=DeviceTimeoutError(
                        f"nobody pressed the device's button within {self._token_s} s",
                        hint="run it again and press the button when it asks",
                    ),
                )
                return

    def _count(self, update: Telemetry | Event) -> None:
        if isinstance(update, Event):
            self.tally.event(update)
        else:
            self.tally.sample(update)

    def _over(self) -> bool:
        tally = self.tally
        if tally.state == "fault":
            return True
        if tally.restarted:
            return tally.state == "idle"
        # An idle or armed from before the start may still have been on its way.
        return tally.state not in ACTIVE and (tally.seen_active or tally.ended is not None)

    def _prompt(self) -> None:
        if self.tally.state == "waiting" and not self._by_button and self._answered():
            try:
                self.client.confirm()
            except (RefusedError, DeviceFaultError, DeviceTimeoutError):
                # Somebody pressed the button in the same second, or the line was torn: what
                # the device then says of itself decides, and a lost one is found by its silence.
                pass

    def _pause_or_resume(self) -> None:
        asked = self._wanted() if self.tally.state in ACTIVE else None
        if asked is None:
            return
        try:
            if asked == "pause":
                self.client.pause()
            else:
                self.client.resume()
        except (RefusedError, DeviceFaultError, DeviceTimeoutError) as error:
            self._refused(error)

    def _stop(self) -> Iterator[Telemetry | Event]:
        """Ctrl-C: end it, and come back only when the outputs are known to be off."""
        self.client.stop()
        deadline_s = self.client.now_s() + STOP_S
        while True:
            now = self.client.status()
            self._count(now)
            yield now
            if now.state not in ACTIVE and not (now.master or now.heat or now.cool):
                break
            if self.client.left_s(deadline_s) == 0:
                self.result = Result("stopped", "host", error=_unconfirmed())
                return
            yield from self._drain(POLL_S)
        if now.state == "fault":
            yield from self._close()
            return
        yield from self._drain(POLL_S)
        self._take_journal()
        self.result = Result("stopped", "host", error=Interrupted("stopped; the pad is off"))

    def _close(self) -> Iterator[Telemetry | Event]:
        yield from self._drain(POLL_S)
        entry = self._take_journal()
        self.result = self._verdict(entry)

    def _drain(self, seconds: float) -> Iterator[Telemetry | Event]:
        deadline_s = self.client.now_s() + seconds
        while (left_s := self.client.left_s(deadline_s)) > 0:
            update = self.client.poll(left_s)
            if update is not None:
                self._count(update)
                yield update

    def _verdict(self, entry: Mapping[str, Any] | None) -> Result:
        tally, ended = self.tally, self.tally.ended
        if tally.fault is not None or tally.state == "fault":
            return Result("fault", None, tally.fault, remedies.fault_error(tally.fault))
        outcome = ended.kind if ended else (entry or {}).get("outcome")
        reason = ended.data.get("reason") if ended else (entry or {}).get("reason")
        if tally.restarted or outcome not in ("complete", "stopped"):
            return self._lost(DeviceLostError("the device restarted during the session"))
        if outcome == "complete":
            return Result("complete")
        error = None
        if reason in _TIMED_OUT:
            error = SessionTimeoutError(
                f"the session was {remedies.STOPS[reason]}", data={"reason": reason}
            )
        return Result("stopped", reason, error=error)

    def _take_journal(self) -> Mapping[str, Any] | None:
        """The closing entry of this session, where the device has it and can be asked."""
        try:
            for _ in range(_JOURNAL_TRIES):
                entry = self._find_entry()
                if entry is not None:
                    self.tally.journal(entry)
                    return entry
                for update in self._drain(0.5):
                    del update
        except PoulticeError:
            # The session is over and its outcome known; only some figures are less exact.
            pass
        return None

    def _find_entry(self) -> Mapping[str, Any] | None:
        after, found = 0, None
        for _ in range(_JOURNAL_PAGES):
            page = self.client.journal(after)
            for entry in page["entries"]:
                ours = entry.get("session") == self.tally.session
                if entry.get("kind") == "session" and ours:
                    found = entry
            if page["next"] is None or page["next"] == after:
                break
            after = page["next"]
        return found

    def _lost(self, error: PoulticeError) -> Result:
        return Result("lost", error=error)

    def _abandon(self) -> None:
        try:
            self.client.stop()
        except PoulticeError:
            # Nothing more can be done from here; without requests the device stops by itself
            # after `attended_s`.
            pass


def _unconfirmed() -> DeviceTimeoutError:
    return DeviceTimeoutError(
        "the device did not confirm that the pad is off",
        hint="press the emergency stop or pull the pad's plug",
    )
