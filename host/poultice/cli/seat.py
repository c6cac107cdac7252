"""One device of a `poultice run` and its session: made ready, run, accounted for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from poultice import words
from poultice.cli import attend, output
from poultice.cli.base import Result
from poultice.errors import (
    DeviceFaultError,
    DeviceLostError,
    ExitCode,
    Interrupted,
    PoulticeError,
    ScreeningError,
)
from poultice.language import tr
from poultice.link.messages import Event
from poultice.session.orders import Orders

if TYPE_CHECKING:
    from poultice.cli.feed import Feed
    from poultice.cli.record_file import RecordFile
    from poultice.link.client import Client
    from poultice.link.messages import Hello, Telemetry
    from poultice.session.engine import Ending, Engine
    from poultice.session.recorder import Recording
    from poultice.therapy.phase import Protocol
    from poultice.therapy.plan import Plan
    from poultice.therapy.screening import Answers


SCREENED_S = 600
"""So old may the answers to a screening be when the session starts."""


@dataclass(frozen=True)
class Asked:
    """The options of one `run`."""

    protocol: str
    device: tuple[str, ...]
    dry_run: bool
    detach: bool
    yes: bool
    sensitive: bool
    fit: bool
    by_button: bool
    record: str | None
    view: str
    theme: str
    rate: bool
    bell: bool


def awake_s() -> float:
    """Seconds that also pass while the machine sleeps, and whatever its clock is set to."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def exit_code(error: BaseException | None) -> ExitCode:
    """That of a device whose session, or whose watching, ended with `error`."""
    if error is None:
        return ExitCode.DONE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return ExitCode.INTERRUPTED
    return getattr(error, "exit_code", ExitCode.UNEXPECTED)


def _outcome_of(error: BaseException | None) -> tuple[str, str | None]:
    """Of a session that never got as far as a result."""
    if isinstance(error, DeviceFaultError):
        return "fault", None
    if isinstance(error, DeviceLostError):
        return "lost", None
    if isinstance(error, PoulticeError) and not isinstance(error, Interrupted):
        return "refused", None
    return "stopped", "host"


class Seat:
    """One device: `open` and `screen` it, then `attend` its session or `leave` it running.

    `attend` is for a thread of its own, `account` for afterwards. `failure` is what stood in the
    way, `result` what came of it; `say` tells the person something about this device.
    """

    def __init__(self, path: str | None, say: Callable[[str], None] = output.say) -> None:
        self.path = path
        self.say = say
        self.protocol: str | None = None
        self.device: dict[str, Any] | None = None
        self.orders = Orders()
        self.record: RecordFile | None = None
        self.recording: Recording | None = None
        self.ended: Ending | None = None
        self.result: Result | None = None
        self.failure: BaseException | None = None
        self.feed: Feed
        self.client: Client
        self.hello: Hello
        self.plan: Plan
        self.rates = False
        self.rest: Telemetry | None = None
        self._answers: Answers
        self._engine: Engine | None = None
        self._kept_in: str | None = None
        self._rated: dict[str, int] = {}
        self._by_button = False
        self._asked_s = 0.0

    @property
    def name(self) -> str:
        """The device as it was asked for, or as it was found."""
        return self.path or (self.device["path"] if self.device else "the device")

    @property
    def error(self) -> BaseException | None:
        """What it ended with, None where all went as planned."""
        return self.failure or (self.result.error if self.result else None)

    def to_json(self) -> dict[str, Any]:
        """The object of `run --json` for this device, whatever happened."""
        if self.result is not None:
            return self.result.data
        data = self._told(*_outcome_of(self.failure))
        if isinstance(self.failure, DeviceFaultError):
            data["fault"] = self.failure.data.get("fault")
        return data

    def _told(self, outcome: str | None, reason: str | None = None, **more: Any) -> dict[str, Any]:
        """The members of ``cli.md``, every one of them, as far as they are known."""
        from poultice.session.tally import Tally

        engine = self._engine
        tally = engine.tally if engine is not None else Tally([])
        measured = tally.to_json()
        phases, warnings = measured.pop("phases"), measured.pop("warnings")
        return {
            "outcome": outcome,
            "reason": reason if outcome == "stopped" else None,
            "protocol": self.protocol,
            "session": tally.session,
            "device": self.device,
            **measured,
            "fault": engine.result.fault if engine is not None and engine.result else None,
            "phases": phases,
            "warnings": warnings,
            "record": self._kept_in,
            **more,
        }

    def open(self, asked: Asked, protocol: Protocol, closing: contextlib.ExitStack) -> None:
        """Get hold of the device and make a plan for it; in a dry run that is the result."""
        from poultice import session
        from poultice.cli.feed import Feed

        self.protocol = protocol.name
        self._by_button = asked.by_button
        self.hello, path = self._greeted(asked, closing)
        self.device = self.hello.device(path)
        if not path.startswith("sim:"):
            from poultice.device.fingerprint import logic

            tested, says = logic(path, self.hello)
            if tested:
                version = self.hello.firmware
                self.say(tr("firmware {version}, {logic}", version=version, logic=says))
            else:
                self.say(tr("note: {what}", what=says))
        self.plan, notes = session.plan_for(
            protocol,
            self.hello,
            sensitive=asked.sensitive,
            fit=asked.fit,
            attended_s=0 if asked.detach else session.ATTENDED_S,
        )
        for note in notes:
            self.say(tr("note: {what}", what=note))
        self.feed = Feed(
            self.name,
            self.orders,
            title=self.plan.name,
            phases=self.plan.to_wire()["phases"],
            says=[phase.say for phase in self.plan.phases],
            limits=self.hello.limits,
            by_button=asked.by_button,
            rings=asked.bell,
        )
        if asked.dry_run:
            data = self._told(None, dry_run=True, plan=self.plan.to_wire())
            self.result = Result(data, "plan")
            return
        from poultice.session.takeover import take_over

        for note in take_over(self.client, self.hello):
            self.say(note)

    def _greeted(self, asked: Asked, closing: contextlib.ExitStack) -> tuple[Hello, str]:
        """What the device says of itself, and its path."""
        if asked.dry_run and self.path and self.path.startswith("sim:"):
            from poultice.virtual import told

            hello = told.hello_of(self.path)
            if hello is not None:
                return hello, self.path
        from poultice.device import discovery

        self.client = closing.enter_context(discovery.open_device(self.path))
        return self.client.hello(), self.client.path

    def screen(self, asked: Asked, protocol: Protocol, who: str | None = None) -> None:
        """Wait until the device is ready, then ask. Raises ScreeningError."""
        from poultice import remedies, session
        from poultice.cli.screen import screen

        session.make_ready(self.client)
        remedies.require_free(self.client.status(), {phase.mode for phase in protocol.phases})
        self._asked_s = awake_s()
        self._answers = screen(protocol, assume=asked.yes, who=who)
        if asked.rate and not self.rates:
            from poultice.cli import rate

            self._rated = rate.before(who)
            self.rates = True

    def screen_again(self, asked: Asked, protocol: Protocol, who: str | None = None) -> None:
        """Where the answers are old by now: this program may have been stopped (Ctrl-Z) since."""
        while self._stale() and not asked.yes and attend.at_terminal():
            self.say(tr("the answers are older than 10 minutes: once more, as it is now"))
            self.screen(asked, protocol, who)
        self._require_fresh()

    def _stale(self) -> bool:
        return awake_s() - self._asked_s > SCREENED_S

    def _require_fresh(self) -> None:
        if self._stale():
            raise ScreeningError(
                tr("the answers to the screening are older than 10 minutes"),
                hint=tr("run it again, and answer for how it is now"),
            )

    def begin(self) -> None:
        """Start it, to be left running by itself once all are started."""
        self._require_fresh()
        self._made().leave()

    def leave(self) -> None:
        """Let it run by itself; where a stop was ordered meanwhile it is stopped instead."""
        assert self._engine is not None
        self._engine.take_back()
        number = self._engine.tally.session or 0
        # The device's journal has the rest, for the next contact with it.
        recording = self._recorded()
        left = {"kind": "detached", "t_ms": 0, "session": number}
        recording.take(Event("detached", 0, left), began=True)
        for line in recording.close():
            self.say(line)
        self._kept_in = recording.path or recording.kept
        self.result = Result(self._told(None, detached=True), "run")

    def attend(self) -> None:
        """Run the session to its end: in a thread of its own, which waits for the device alone."""
        from poultice import session

        self._require_fresh()
        engine = self._made()
        record = self.record
        self._kept_in = record.path if record is not None else None
        self.recording = recording = self._recorded()
        if self._by_button:
            self.feed.note(tr("press the device's button to start ({name})", name=self.plan.name))

        def tell(update: Telemetry | Event) -> None:
            recording.take(update, began=engine.tally.began)
            if record is not None:
                record.write(update, began=engine.tally.began or not self._by_button)
            self.feed.show(update)

        engine.run(tell)
        self.ended = session.ended(engine)
        recording.finish(self.ended.outcome, self._told(self.ended.outcome, self.ended.reason))

    def account(self) -> None:
        """What came of it, once what could be written is written."""
        if self.record is not None:
            ends_early = self.record.close()
            if ends_early:
                self.say(ends_early)
            if not self.record.begun:
                self._kept_in = None
        if self.recording is not None:
            if self.recording.busy:
                self.say(tr("note: waiting for the history, which another program holds"))
            for line in self.recording.close():
                self.say(line)
            self._kept_in = self._kept_in or self.recording.path or self.recording.kept
        if self.ended is not None:
            data = self._told(self.ended.outcome, self.ended.reason)
            self.result = Result(data, "run", self.ended.error)
            if self.ended.outcome in ("complete", "stopped"):
                # What is allowed next is the device's to say; without, nothing is said of it.
                with contextlib.suppress(PoulticeError):
                    self.rest = self.client.status()

    def say_next(self) -> None:
        """When the device allows the next session, and where this one can be looked at."""
        allowed = words.next_allowed(self.rest) if self.rest is not None else None
        if allowed is not None:
            self.say(allowed)
        if self.ended is not None and self.recording is not None and self.recording.number:
            number = self.recording.number
            self.say(tr("`poultice report {number}` makes a page of this session", number=number))

    def keep(self, do: Callable[[], None]) -> None:
        """Do it, and keep whatever it raises as `failure`: one device never ends another."""
        try:
            do()
        except BaseException as error:
            self.failure = error

    def _recorded(self) -> Recording:
        from poultice import session
        from poultice.session.recorder import shared

        what = session.described(
            self.protocol, self.client.path, self.hello, self.plan, self._answers
        )
        return shared().begin({**what, "rated": self._rated})

    def _made(self) -> Engine:
        from poultice.session.engine import Engine

        self._engine = engine = Engine(
            self.client,
            self.plan,
            orders=self.orders,
            refused=self.feed.note,
            by_button=self._by_button,
            token_s=self.hello.limits.get("token_s", 60),
        )
        return engine


def afterwards(seats: Sequence[Seat]) -> None:
    """The summary is shown: when the next session may be, and how this one has left the person."""
    for seat in seats:
        seat.say_next()
    for seat in seats:
        n = seat.recording.number if seat.recording is not None else None
        over = seat.ended is not None and seat.error is None
        if n is None or not (seat.rates and over and attend.at_terminal()):
            continue
        from poultice.cli import rate

        if not rate.after(n, seat.name if len(seats) > 1 else None):
            return


def told_of_record(asked: Asked) -> Asked:
    """Say it now where the record cannot be used: the session comes first, and goes on without.
    What nothing can keep is then not asked."""
    from poultice.session import recorder

    why = recorder.unwritable()
    if why is None:
        return asked
    output.say(tr("warning: this session will not be in the history: {why}", why=str(why)))
    if why.hint:
        output.say(tr("hint: {hint}", hint=why.hint))
    return replace(asked, rate=False)


def somebody_answers(asked: Asked) -> None:
    """Raises ScreeningError where questions are to be asked and nobody is there."""
    if not (asked.yes or asked.dry_run or attend.at_terminal()):
        raise ScreeningError(
            tr("there is nobody to answer the screening questions"),
            hint=tr(
                "run it in a terminal, or with --yes where you have answered them for yourself"
            ),
        )
