"""One device of a `poultice run` and its session: made ready, run, accounted for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import attend, output
from poultice.cli.base import Result
from poultice.cli.wishes import Wishes
from poultice.errors import (
    DeviceFaultError,
    DeviceLostError,
    ExitCode,
    Interrupted,
    PoulticeError,
)

if TYPE_CHECKING:
    from poultice.cli.feed import Feed
    from poultice.client import Client
    from poultice.library import Protocol
    from poultice.messages import Hello
    from poultice.plan import Plan
    from poultice.runner import SessionRunner
    from poultice.screening import Answers


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


@dataclass
class Report:
    """What is known so far for the object that `run --json` ends with."""

    protocol: str | None = None
    device: dict[str, Any] | None = None
    runner: SessionRunner | None = None
    record: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self, outcome: str | None, reason: str | None = None) -> dict[str, Any]:
        """The members of ``cli.md``, every one of them."""
        measured: dict[str, Any] = {
            "duration_s": 0,
            "heat_s": 0,
            "cold_s": 0,
            "peak_mc": None,
            "min_mc": None,
            "dose_m": 0,
            "heat_operations": 0,
            "phases": [],
            "warnings": [],
        }
        fault = session = None
        if self.runner is not None:
            measured = self.runner.tally.to_json()
            session = self.runner.tally.session
            fault = self.runner.result.fault if self.runner.result else None
        phases, warnings = measured.pop("phases"), measured.pop("warnings")
        return {
            "outcome": outcome,
            "reason": reason if outcome == "stopped" else None,
            "protocol": self.protocol,
            "session": session,
            "device": self.device,
            **measured,
            "fault": fault,
            "phases": phases,
            "warnings": warnings,
            "record": self.record,
            **self.extra,
        }

    def after(self, error: BaseException) -> dict[str, Any]:
        """The same for a run that never got as far as a result."""
        data = self.to_json(*_outcome_of(error))
        if isinstance(error, DeviceFaultError):
            data["fault"] = error.data.get("fault")
        return data


def _outcome_of(error: BaseException) -> tuple[str, str | None]:
    if isinstance(error, DeviceFaultError):
        return "fault", None
    if isinstance(error, DeviceLostError):
        return "lost", None
    if isinstance(error, PoulticeError) and not isinstance(error, Interrupted):
        return "refused", None
    return "stopped", "host"


class Seat:
    """One device: `prepare` it, then `attend` its session or `leave` it running.

    Only one thread at a time may do so. `failure` is what stood in the way, `result` what came
    of it; `say` tells the person something about this device.
    """

    def __init__(self, path: str | None, say: Callable[[str], None] = output.say) -> None:
        self.path = path
        self.say = say
        self.report = Report()
        self.wishes = Wishes()
        self.result: Result | None = None
        self.failure: BaseException | None = None
        self.client: Client
        self.hello: Hello
        self.plan: Plan
        self._answers: Answers
        self._by_button = False

    @property
    def name(self) -> str:
        """The device as it was asked for, or as it was found."""
        device = self.report.device
        return self.path or (device["path"] if device else "the device")

    @property
    def error(self) -> BaseException | None:
        """What it ended with, None where all went as planned."""
        return self.failure or (self.result.error if self.result else None)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of this device alone."""
        if self.error is None:
            return ExitCode.DONE
        if isinstance(self.error, KeyboardInterrupt | click.Abort):
            return ExitCode.INTERRUPTED
        return getattr(self.error, "exit_code", ExitCode.UNEXPECTED)

    def to_json(self) -> dict[str, Any]:
        """The object of `run --json` for this device, whatever happened."""
        if self.result is not None:
            return self.result.data
        return self.report.after(self.failure or DeviceLostError("never run"))

    def open(self, asked: Asked, protocol: Protocol, closing: contextlib.ExitStack) -> None:
        """Get hold of the device and make a plan for it; in a dry run that is the result."""
        from poultice import discovery, session

        self.report.protocol = protocol.name
        self._by_button = asked.by_button
        self.client = closing.enter_context(discovery.open_device(self.path))
        self.hello = self.client.hello()
        self.report.device = session.identified(self.client.path, self.hello)
        self.plan, notes = session.plan_for(
            protocol,
            self.hello,
            sensitive=asked.sensitive,
            fit=asked.fit,
            attended_s=0 if asked.detach else session.ATTENDED_S,
        )
        for note in notes:
            self.say(f"note: {note}")
        if asked.dry_run:
            self.report.extra = {"dry_run": True, "plan": self.plan.to_wire()}
            self.result = Result(self.report.to_json(None), "plan")

    def screen(self, asked: Asked, protocol: Protocol, who: str | None = None) -> None:
        """Wait until the device is ready, then ask. Raises ScreeningError."""
        from poultice import remedies, session
        from poultice.cli.screen import screen

        session.make_ready(self.client)
        remedies.require_free(self.client.status(), {phase.mode for phase in protocol.phases})
        self._answers = screen(protocol, assume=asked.yes, who=who)

    def leave(self, interrupted: Callable[[], bool]) -> None:
        """Start it and let it run by itself."""
        runner = self._runner(interrupted, lambda: False)
        runner.start_and_leave()
        self.report.extra = {"detached": True}
        self.result = Result(self.report.to_json(None), "run")

    def attend(
        self,
        view: Any,
        interrupted: Callable[[], bool],
        answered: Callable[[], bool],
        record: attend.RecordFile | None = None,
    ) -> None:
        """Run the session to its end, shown on `view`."""
        from poultice import session
        from poultice.recording import Recording

        runner = self._runner(interrupted, answered, view)
        what = session.described(
            self.report.protocol, self.client.path, self.hello, self.plan, self._answers
        )
        with contextlib.ExitStack() as watching:
            recording = watching.enter_context(contextlib.closing(Recording(what, view.note)))
            watching.enter_context(view)
            if self._by_button:
                view.note(f"press the device's button to start ({self.plan.name})")
            # Closed here and not by the garbage collector: if anything below fails, the
            # device is told to stop while there still is a port to tell it by.
            updates = watching.enter_context(contextlib.closing(runner.updates()))
            for update in updates:
                self.wishes.heard(update)
                if record is not None:
                    record.write(update)
                recording.take(update, began=runner.tally.began)
                view.show(update)
            result = session.ended(runner)
            self.report.record = record.path if record is not None else recording.path
            recording.finish(result.outcome, self.report.to_json(result.outcome, result.reason))
            self.report.record = record.path if record is not None else recording.path
            data = self.report.to_json(result.outcome, result.reason)
            self.result = Result(data, "run", result.error)

    def feed(self) -> Feed:
        """What its session says, for a view in another thread."""
        from poultice.cli.feed import Feed

        return Feed(
            self.name,
            self.wishes,
            title=self.plan.name,
            phases=self.plan.to_wire()["phases"],
            says=[phase.say for phase in self.plan.phases],
            limits=self.hello.limits,
        )

    def keep(self, do: Callable[[], None]) -> None:
        """Do it, and keep whatever it raises as `failure`: one device never ends another."""
        try:
            do()
        except BaseException as error:
            self.failure = error

    def _runner(
        self, interrupted: Callable[[], bool], answered: Callable[[], bool], view: Any = None
    ) -> SessionRunner:
        from poultice.runner import SessionRunner

        def refused(error: PoulticeError) -> None:
            if view is not None:
                view.note(str(error))

        runner = SessionRunner(
            self.client,
            self.plan,
            by_button=self._by_button,
            token_s=self.hello.limits.get("token_s", 60),
            interrupted=lambda: interrupted() or self.wishes.stopping(),
            answered=answered,
            wanted=self.wishes.wanted,
            refused=refused,
        )
        self.report.runner = runner
        return runner
