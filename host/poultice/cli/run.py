"""`poultice run`: screen, arm, start, watch, record, summarise."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import attend, complete, output
from poultice.cli.base import (
    Command,
    Result,
    asked_for_json,
    device_option,
    json_option,
    option,
)
from poultice.errors import (
    DeviceFaultError,
    DeviceLostError,
    Interrupted,
    LimitError,
    PoulticeError,
    RefusedError,
    ScreeningError,
)

if TYPE_CHECKING:
    from poultice.client import Client
    from poultice.messages import Hello
    from poultice.runner import SessionRunner

ATTENDED_S = 10


class RunCommand(Command):
    """A command that reports an outcome even where it never came to run."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **more: Any,
    ) -> click.Context:
        """Click's; a usage error is reported as an object too where --json was given."""
        wanted = "--json" in args or bool(
            os.environ.get("POULTICE_JSON") or os.environ.get("POULTICE_RUN_JSON")
        )
        try:
            return super().make_context(info_name, args, parent, **more)
        except click.UsageError:
            if wanted:
                output.show("run", Report().to_json("refused"), "nothing", as_json=True)
            raise


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
        }
        fault = session = None
        if self.runner is not None:
            measured = self.runner.tally.to_json()
            session = self.runner.tally.session
            fault = self.runner.result.fault if self.runner.result else None
        phases = measured.pop("phases")
        return {
            "outcome": outcome,
            "reason": reason if outcome == "stopped" else None,
            "protocol": self.protocol,
            "session": session,
            "device": self.device,
            **measured,
            "fault": fault,
            "phases": phases,
            "record": self.record,
            **self.extra,
        }


@dataclass(frozen=True)
class Asked:
    """The options of one `run`."""

    protocol: str
    device: str | None
    dry_run: bool
    detach: bool
    yes: bool
    sensitive: bool
    fit: bool
    by_button: bool
    record: str | None


@click.command(cls=RunCommand)
@click.argument("protocol", shell_complete=complete.protocol)
@device_option
@option("--dry-run", is_flag=True, help="Show what would be sent; arm nothing.")
@option("--detach", is_flag=True, help="Start it and leave: the device goes on by itself.")
@option(
    "--yes",
    is_flag=True,
    help='Answer "no" to every screening question. Never a prompt.',
)
@option("--sensitive", is_flag=True, help="Lower heat and a lower dose limit.")
@option("--fit", is_flag=True, help="Lower targets and times to the device's limits.")
@option(
    "--confirm",
    type=click.Choice(["host", "button"]),
    default="host",
    show_default=True,
    help="Who answers start and prompts.",
)
@option("--record", metavar="FILE", help="All the device says, as JSON Lines.")
@json_option
@click.pass_context
def run(ctx: click.Context, /, confirm: str, as_json: bool, **options: Any) -> Result:
    """Run a session with PROTOCOL, a name of the library or a .toml file.

    Screens, arms, starts, shows it live, stops on Ctrl-C, records and summarises.
    """
    asked = Asked(by_button=confirm == "button", **options)
    report = Report()
    quiet = asked_for_json(ctx)
    try:
        return _run(asked, report)
    except (PoulticeError, click.Abort, KeyboardInterrupt) as error:
        if quiet:
            data = report.to_json(*_outcome_of(error))
            if isinstance(error, DeviceFaultError):
                data["fault"] = error.data.get("fault")
            output.show("run", data, "nothing", as_json=True)
        raise


def _outcome_of(error: BaseException) -> tuple[str, str | None]:
    """The outcome of a run that never got as far as a result."""
    if isinstance(error, DeviceFaultError):
        return "fault", None
    if isinstance(error, DeviceLostError):
        return "lost", None
    if isinstance(error, PoulticeError) and not isinstance(error, Interrupted):
        return "refused", None
    return "stopped", "host"


def _run(asked: Asked, report: Report) -> Result:
    from poultice import discovery, library

    report.protocol = asked.protocol
    protocol = library.load(asked.protocol)
    report.protocol = protocol.name
    if not (asked.yes or asked.dry_run or attend.at_terminal()):
        raise ScreeningError(
            "there is nobody to answer the screening questions",
            hint="run it in a terminal, or with --yes where you have answered them for yourself",
        )
    record = attend.RecordFile(asked.record) if asked.record and not asked.dry_run else None
    with contextlib.ExitStack() as closing:
        if record is not None:
            closing.callback(record.close)
        client = closing.enter_context(discovery.open_device(asked.device))
        hello = client.hello()
        report.device = {
            "path": client.path,
            "uid": hello.uid,
            "firmware": hello.firmware,
        }
        plan = _plan(asked, protocol, hello)
        if asked.dry_run:
            report.extra = {"dry_run": True, "plan": plan.to_wire()}
            return Result(report.to_json(None), "plan")
        client.settle()
        with contextlib.suppress(RefusedError):
            client.set_clock(int(time.time()))
        from poultice.cli.screen import screen

        answers = screen(protocol, assume=asked.yes)
        return _session(asked, report, client, hello, plan, answers, record)


def _plan(asked: Asked, protocol: Any, hello: Hello) -> Any:
    """The plan to send. Raises LimitError where the device would refuse it."""
    from poultice import plan as plans

    attended_s = 0 if asked.detach else ATTENDED_S
    plan, notes = plans.make_plan(
        protocol, sensitive=asked.sensitive, attended_s=attended_s, limits=hello.limits
    )
    if asked.fit:
        plan, more = plans.fit(plan, hello.limits)
        notes = [*notes, *more]
    for note in notes:
        output.say(f"note: {note}")
    violations = plans.check(plan, hello.limits)
    if violations:
        first = violations[0]
        raise LimitError(
            "; ".join(one.text for one in violations),
            hint=None if asked.fit else "--fit lowers targets and times to the device's limits",
            data={"limit": first.limit, "asked": first.asked, "allowed": first.allowed},
        )
    return plan


def _session(
    asked: Asked,
    report: Report,
    client: Client,
    hello: Hello,
    plan: Any,
    answers: Any,
    record: attend.RecordFile | None,
) -> Result:
    from poultice.messages import Event
    from poultice.runner import SessionRunner

    with attend.Interrupts() as interrupts:
        runner = SessionRunner(
            client,
            plan,
            by_button=asked.by_button,
            token_s=hello.limits.get("token_s", 60),
            interrupted=interrupts.asked,
            answered=attend.enter_pressed,
        )
        report.runner = runner
        if asked.detach:
            runner.start_and_leave()
            report.extra = {"detached": True}
            return Result(report.to_json(None), "run")
        history = attend.HistoryRecord()
        what = {
            "protocol": report.protocol,
            "plan": plan.to_wire(),
            "device": report.device,
            "answers": _stored(answers),
            "started_unix": time.time(),
            "hello": _said_of_itself(hello),
        }
        with contextlib.ExitStack() as watching:
            watching.enter_context(contextlib.closing(history))
            watching.enter_context(attend.no_echo())
            view = watching.enter_context(_view(plan, hello))
            if asked.by_button:
                view.note(f"press the device's button to start ({plan.name})")
            # Closed here and not by the garbage collector: if anything below fails, the
            # device is told to stop while there still is a port to tell it by.
            updates = watching.enter_context(contextlib.closing(runner.updates()))
            begun = False
            asked_before: list[Event] = []
            for update in updates:
                if runner.tally.began and not begun:
                    begun = True
                    history.begin(**what)
                    for prompt in asked_before:
                        history.write(prompt)
                elif not begun and isinstance(update, Event) and update.kind == "prompt":
                    # A pack to be laid on first is asked for before the session is seen to run.
                    asked_before.append(update)
                if record is not None:
                    record.write(update)
                history.write(update)
                view.show(update)
            return _finished(report, runner, history, record)


def _finished(
    report: Report,
    runner: SessionRunner,
    history: attend.HistoryRecord,
    record: attend.RecordFile | None,
) -> Result:
    result = runner.result
    if result is None:
        raise DeviceLostError("the session ended without a result")
    report.record = record.path if record is not None else history.path
    history.finish(result.outcome, report.to_json(result.outcome, result.reason))
    report.record = record.path if record is not None else history.path
    return Result(report.to_json(result.outcome, result.reason), "run", result.error)


def _said_of_itself(hello: Hello) -> dict[str, Any]:
    return {
        "board": hello.board,
        "reset_cause": hello.reset_cause,
        "features": dict(hello.features),
        "limits": dict(hello.limits),
    }


def _stored(answers: Any) -> dict[str, Any]:
    return {
        "screening": "assumed" if answers.assumed else "asked",
        "injury_age": answers.injury_age,
        "answers": dict(answers.answers),
    }


def _view(plan: Any, hello: Hello) -> Any:
    import sys

    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from poultice.cli.live import LiveView

        says = [phase.say for phase in plan.phases]
        return LiveView(plan.name, plan.to_wire()["phases"], hello.limits, says)
    from poultice.cli.plain import PlainView

    return PlainView()
