"""A session from a script: the steps of `poultice run`, one call each or all in one.

    from poultice import session
    from poultice.therapy import screening

    done = session.run("arthritis", "sim:?speed=max", answers=screening.assumed)
    print(done.outcome, done.summary["peak_mc"] / 1000, "°C")

Units are in the names: `_mc` thousandths of a degree Celsius, `_s` seconds, `_m` thousandths of
a CEM43 minute. The device owns every timer and every limit; nothing here can raise one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from poultice.errors import DeviceLostError, PoulticeError, RefusedError, ScreeningError
from poultice.language import joined, put, tr

# The rest is loaded by the calls that need it: this package's parts serve commands too that run
# no session.
if TYPE_CHECKING:
    from poultice.link.client import Client
    from poultice.link.messages import Event, Hello, Telemetry
    from poultice.session.engine import Ending, Engine
    from poultice.therapy import screening
    from poultice.therapy.phase import Protocol
    from poultice.therapy.plan import Plan
    from poultice.therapy.screening import Answers

ATTENDED_S = 10
"""The device stops an attended session by itself once it has heard nothing for so long."""


@dataclass(frozen=True)
class Done:
    """How a session ended.

    `outcome` is `complete`, `stopped`, `fault`, `lost` or, where nobody pressed the button to
    start it, `refused`; `reason` that of `stopped`. `error` is what `poultice run` would end with
    (its `exit_code`, its `hint`), None where it went as planned. `summary` has the measured
    members of `run --json`: `duration_s`, `heat_s`, `cold_s`, `peak_mc`, `min_mc`, `dose_m`,
    `heat_operations`, `phases`, `warnings`. `notes` tell what was lowered by `fit` or `sensitive`,
    and why the session is not in the history where it is not.
    """

    outcome: str
    reason: str | None
    fault: str | None
    session: int | None
    error: PoulticeError | None
    summary: Mapping[str, Any]
    notes: list[str] = field(default_factory=list)


def run(
    protocol: str | Protocol,
    device: str | None = None,
    *,
    answers: Answers | Callable[[Protocol], Answers],
    sensitive: bool = False,
    fit: bool = False,
    by_button: bool = False,
    record: bool = True,
    on_update: Callable[[Mapping[str, Any] | Event], None] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> Done:
    """Run one session to its end, attended by this call; returns once the pad is off.

    `protocol` is a name of the library, the path of a .toml file, or one that is loaded;
    `device` a device path (`serial:…`, `usb:…`, `sim:…`), None for the only one that answers.
    `answers` are those of the person on whom the pad lies; `screening.assumed` answers "no" to
    every question, which the record shows. Prompts are left to the device's button.

    `on_update` gets all that the device says, about once a second: telemetry as a dict, an event
    as an `Event`. If it raises, the device is told to stop and the exception goes on; so it is
    with KeyboardInterrupt. `interrupted` is asked a few times a second and ends the session in
    good order.

    Raises, with nothing energised: UsageError (protocol, path), NoDeviceError, PortError,
    LinkError, ScreeningError, LimitError (`fit` lowers the plan instead), RestError,
    NotReadyError, WrongStateError, DeviceFaultError, DeviceTimeoutError, DeviceLostError. How a
    session that was started ends is never raised: it is in what is returned.
    """
    from poultice.device import discovery
    from poultice.link.messages import Event
    from poultice.session.engine import Engine
    from poultice.session.recorder import shared
    from poultice.session.takeover import take_over
    from poultice.therapy import library

    chosen = library.load(protocol) if isinstance(protocol, str) else protocol
    given = answers(chosen) if callable(answers) else answers
    with discovery.open_device(device) as client:
        hello = client.hello()
        plan, notes = plan_for(chosen, hello, sensitive=sensitive, fit=fit)
        notes += judged(chosen, given).warnings
        if record:
            notes += take_over(client, hello)
        make_ready(client)
        engine = Engine(client, plan, by_button=by_button, token_s=hello.limits.get("token_s", 60))
        what = described(chosen.name, client.path, hello, plan, given)
        recording = shared().begin(what) if record else None

        def tell(update: Telemetry | Event) -> None:
            if recording is not None:
                recording.take(update, began=engine.tally.began)

        try:
            with contextlib.closing(heard(engine, tell, interrupted)) as updates:
                for update in updates:
                    if on_update is not None:
                        on_update(update if isinstance(update, Event) else update.to_json())
            result = ended(engine)
            summary = engine.tally.to_json()
            if recording is not None:
                recording.finish(result.outcome, summary)
        finally:
            if recording is not None:
                notes += recording.close()
    return Done(
        outcome=result.outcome,
        reason=result.reason if result.outcome == "stopped" else None,
        fault=result.fault,
        session=engine.tally.session,
        error=result.error,
        summary=summary,
        notes=notes,
    )


def heard(
    engine: Engine,
    tell: Callable[[Telemetry | Event], None],
    interrupted: Callable[[], bool] = lambda: False,
) -> Generator[Telemetry | Event, None, None]:
    """What the device says while `engine` runs in a thread of its own; close it to abandon that.

    However slow this is taken, the engine goes on: only where the device's clock stands still
    meanwhile (`sim:`) does it keep step. Raises what the engine raises.
    """
    import queue
    import threading

    from poultice.session.engine import POLL_S

    said: queue.SimpleQueue[Telemetry | Event | None] = queue.SimpleQueue()
    taken = threading.Semaphore(0)
    in_step = engine.client.transport.virtual
    failed: list[BaseException] = []

    def each(update: Telemetry | Event) -> None:
        tell(update)
        said.put(update)
        if in_step and not engine.orders.abandoned:
            taken.acquire()

    def work() -> None:
        try:
            engine.run(each)
        except BaseException as error:
            failed.append(error)
        said.put(None)

    thread = threading.Thread(target=work, name="session")
    thread.start()
    try:
        while True:
            if interrupted():
                engine.orders.stop()
            try:
                update = said.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if update is None:
                break
            yield update
            taken.release()
    finally:
        engine.orders.abandon()
        taken.release()
        thread.join()
    if failed:
        raise failed[0]


def plan_for(
    protocol: Protocol,
    hello: Hello,
    *,
    sensitive: bool = False,
    fit: bool = False,
    attended_s: int = ATTENDED_S,
) -> tuple[Plan, list[str]]:
    """The plan to send to the device that said `hello`, and a note for each thing lowered.

    `attended_s` 0 is a session that goes on without a computer. Raises LimitError where the
    device would refuse the plan, naming all that is over; `fit` lowers that instead, but never
    what no device allows.
    """
    from poultice.therapy import plan as plans

    plans.within_reference(protocol, attended_s)
    plan, notes = plans.make_plan(
        protocol, sensitive=sensitive, attended_s=attended_s, limits=hello.limits
    )
    if fit:
        plan, more = plans.fit(plan, hello.limits)
        notes += more
    violations = plans.check(plan, hello.limits)
    if violations:
        from poultice import remedies

        first = violations[0]
        hint = remedies.limit_hint(first.limit, first.allowed, first.asked, fit=fit)
        raise plans.over(violations, hint)
    return plan, notes


def judged(protocol: Protocol, answers: Answers) -> screening.Verdict:
    """The verdict on the answers. Raises ScreeningError where one of them refuses."""
    from poultice.therapy import screening

    verdict = screening.judge(protocol, answers)
    if verdict.refusals:
        hint = tr("ask your doctor")
        if verdict.instead:
            says = tr("`poultice run {instead}` is made for this", instead=verdict.instead)
            hint = put("{instead}; {hint}", instead=says, hint=hint)
        raise ScreeningError(
            joined("; ", verdict.refusals),
            hint=hint,
            data={"refusals": list(verdict.refusals), "instead": verdict.instead},
        )
    return verdict


def make_ready(client: Client) -> None:
    """Wait for the device's self-test and tell it the time, by which it counts rests.

    Raises DeviceTimeoutError where it does not come out of its self-test.
    """
    client.settle()
    with contextlib.suppress(RefusedError):
        client.set_clock(int(time.time()))


def ended(engine: Engine) -> Ending:
    """The result of a session that was run. Raises DeviceLostError without one."""
    if engine.result is None:
        raise DeviceLostError(tr("the session ended without a result"))
    return engine.result


def described(
    protocol: str | None, path: str, hello: Hello, plan: Plan, answers: Answers
) -> dict[str, Any]:
    """What the history keeps of a session beside what the device says: for `Recorder`."""
    return {
        "protocol": protocol,
        "plan": plan.to_wire(),
        "device": hello.device(path),
        "answers": {
            "screening": "assumed" if answers.assumed else "asked",
            "injury_age": answers.injury_age,
            "answers": dict(answers.answers),
        },
        "started_unix": time.time(),
        "hello": hello.to_record(),
    }
