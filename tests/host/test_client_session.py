"""The session engine: how each way of ending is told, and that none leaves the pad on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from poultice import errors
from poultice.link.client import Client
from poultice.link.messages import Event, Telemetry
from poultice.session.engine import Ending, Engine, Tell
from poultice.session.orders import Orders
from poultice.session.tally import Tally
from tests.host.faulty import Faulty, error, plan, says

PLAN = plan(("heat", 40_500, 60), ("rest", None, 30), ("heat", 40_000, 30))
COLD = plan(("cold", 15_000, 60))
BUTTON = "?user=absent"


class Ordered(Orders):
    """Orders that its test gives by the device's clock."""

    def __init__(self, **said: Callable[..., Any]) -> None:
        super().__init__()
        for name, say in said.items():
            setattr(self, name, say)


def engine_of(
    device: Faulty, tell: Tell = lambda update: None, planned: Any = PLAN, **options: Any
) -> Engine:
    said = {name: options.pop(name) for name in ("stopping", "answered", "wanted") & options.keys()}
    engine = Engine(Client(device), planned, orders=Ordered(**said), **options)
    engine.run(tell)
    return engine


def ran(device: Faulty, tell: Tell = lambda update: None, **options: Any) -> Ending:
    result = engine_of(device, tell, **options).result
    assert result is not None
    return result


def code_of(result: Ending) -> int:
    return result.error.exit_code if result.error else 0


def without(*words: str) -> Callable[[str], str | None]:
    """Lines with all these words do not arrive."""
    return lambda text: None if all(one in text for one in words) else text


def test_a_whole_session_is_kept_attended_to_its_end() -> None:
    device = Faulty()
    engine = engine_of(device)
    assert engine.result == Ending("complete")
    told = engine.tally.to_json()
    assert 120 <= told["duration_s"] <= 124 and told["heat_operations"] > 0
    assert [(one["mode"], one["actual_s"]) for one in told["phases"]] == [
        ("heat", 60),
        ("rest", 30),
        ("heat", 30),
    ]
    assert 30_000 < told["phases"][0]["mean_mc"] < told["phases"][0]["peak_mc"] <= told["peak_mc"]
    assert device.asked.count("ping") >= 120 / 2 - 1


def test_each_warning_of_events_and_of_the_closing_entry_is_in_the_summary_once() -> None:
    tally = Tally.of(PLAN.phases)
    for data in ({"what": "inhibited", "cause": "sensor"}, {"what": "budget"}, {"what": 5}, {}):
        tally.event(Event("warning", 1_000, data))
    assert tally.to_json()["warnings"] == ["inhibited", "budget"]
    for warnings in (["budget", "undertreated", "moon_phase", None, 3], None, "dose"):
        tally.journal({"warnings": warnings})
        assert tally.to_json()["warnings"] == ["inhibited", "budget", "undertreated", "moon_phase"]


@pytest.mark.parametrize(
    ("heard", "entry", "duration_s"),
    [
        # The device ended it while the computer slept.
        ([], {"t_ms": 17_000}, 16),
        ([Event("stopped", 12_000, {})], {"t_ms": 12_400}, 11),
        ([], {}, 4),
        ([], {"t_ms": None}, 4),
    ],
)
def test_a_session_lasted_until_the_end_that_was_heard_or_is_in_the_journal(
    heard: list[Event], entry: dict[str, Any], duration_s: int
) -> None:
    tally = Tally.of(PLAN.phases)
    tally.event(Event("phase", 1_000, {"phase": 0}))
    tally.take(Telemetry(t_ms=5_000, state="running"))
    for event in heard:
        tally.event(event)
    tally.journal(entry)
    assert tally.to_json()["duration_s"] == duration_s


@pytest.mark.parametrize(
    ("befalls", "outcome", "reason", "code"),
    [
        ("?fault=sensor_open@20", "fault", None, 7),
        ("?fault=host_lost@20", "lost", None, 8),
        ({"lost_at_s": 20}, "lost", None, 8),
        ({"silent_at_s": 20}, "lost", None, 8),
        ({"deaf_at_s": 20}, "lost", None, 8),
        ("attended", "stopped", "attended", 8),
        ("brown_out", "lost", None, 8),
        ("button", "stopped", "button", 0),
        ("host", "stopped", "host", 0),
        ("pause_timeout", "stopped", "pause_timeout", 8),
        ("prompt_timeout", "stopped", "prompt_timeout", 8),
        ("session_timeout", "stopped", "session_timeout", 8),
        ("proof_repeated", "stopped", "proof_repeated", 8),
    ],
    ids=str,
)
def test_every_other_end(befalls: Any, outcome: str, reason: str | None, code: int) -> None:
    device = Faulty(befalls if str(befalls)[:1] == "?" else "")
    if isinstance(befalls, dict):
        vars(device).update(befalls)
    elif befalls == "brown_out":
        device.at(20, device.device.brown_out)
    elif device.options == "":
        device.stopped(20, befalls)
    result = ran(device)
    assert (result.outcome, result.reason, code_of(result)) == (outcome, reason, code)
    if outcome == "fault":
        assert result.fault == "sensor_open"
        assert "poultice clear sensor_open" in str(getattr(result.error, "hint", ""))
    assert ("restarted" in str(result.error)) == (befalls == "brown_out")


def test_a_lost_device_leaves_what_was_seen() -> None:
    told = engine_of(Faulty(lost_at_s=20)).tally.to_json()
    assert 17 <= told["duration_s"] <= 20
    assert told["phases"][0]["peak_mc"] > 30_000


def test_an_entry_of_another_session_is_none_of_one_that_restarted() -> None:
    entry = {"n": 1, "kind": "session", "session": 0, "outcome": "complete"}
    device = Faulty(answers={"journal": says({"entries": [entry], "next": None})})
    device.at(20, device.device.brown_out)
    result = ran(device)
    assert (result.outcome, result.fault) == ("lost", None)


@pytest.mark.parametrize("button", [False, True])
@pytest.mark.parametrize(
    "lost", [('"event"', '"complete"'), ('"method"',), ('"telemetry"',)], ids=" ".join
)
def test_the_end_is_found_whatever_was_not_heard(lost: tuple[str, ...], button: bool) -> None:
    device = Faulty(reword=without(*lost))
    assert ran(device, by_button=button, stopping=lambda: device.clock_s > 1_000).outcome == (
        "complete"
    )
    assert device.clock_s < 180


def test_one_that_answers_nothing_has_fallen_silent_within_seconds() -> None:
    device = Faulty(silent_at_s=20)
    result = ran(device)
    assert (result.outcome, "fallen silent" in str(result.error)) == ("lost", True)
    assert device.asked[-1] == "stop" and "status" not in device.asked


def test_a_trip_of_which_nothing_is_heard_is_asked_for() -> None:
    result = ran(Faulty("?fault=sensor_open@2", reword=without('"method"')))
    assert (result.outcome, result.fault) == ("fault", "sensor_open")


def test_an_end_that_nothing_tells_is_no_restart() -> None:
    nothing = {"journal": says({"entries": [], "next": None})}
    result = ran(Faulty(answers=nothing, reword=without('"event"', '"complete"')))
    assert (result.outcome, "restarted" in str(result.error)) == ("lost", False)


@pytest.mark.parametrize("lies", [None, "state", "master", "heat", "cool"])
def test_ctrl_c_waits_until_every_relay_was_seen_open(lies: str | None) -> None:
    device = Faulty()

    def shows(now: dict[str, Any]) -> dict[str, Any]:
        lie = {"state": "running"} if lies == "state" else {lies: True}
        return {**now, **lie} if lies and device.clock_s > 15 else now

    device.shows = shows
    result = ran(device, stopping=lambda: device.clock_s > 15)
    assert (result.outcome, result.reason) == ("stopped", "host")
    assert device.state == "idle"
    if lies is None:
        assert isinstance(result.error, errors.Interrupted)
        assert device.asked.index("stop") < len(device.asked) - 1
    else:
        assert isinstance(result.error, errors.DeviceTimeoutError)
        assert "did not confirm" in str(result.error) and "plug" in str(result.error.hint)


def test_whoever_stops_listening_ends_the_session() -> None:
    device = Faulty()

    def tell(update: object) -> None:
        if device.clock_s > 20:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ran(device, tell)
    assert device.asked[-1] == "stop" and device.state == "idle"


def test_the_pad_is_told_to_stop_whatever_was_lost() -> None:
    device = Faulty()
    receive, lost = device.receive, []

    def once(timeout_s: float) -> bytes | None:
        if device.clock_s > 20 and not lost:
            lost.append(device.clock_s)
            raise errors.DeviceLostError("gone")
        return receive(timeout_s)

    device.receive = once  # type: ignore[method-assign]
    assert ran(device).outcome == "lost"
    assert device.asked[-1] == "stop" and device.state == "idle"


# What is refused, and answers that are lost.


def unanswered(times: int, *, done: bool = True) -> Callable[..., Any]:
    """The device does as it is asked (or never hears of it), and nothing comes back."""
    left = [None] * times

    def answer(params: Any, ask: Callable[[], Any]) -> Any:
        told = ask() if done or not left else None
        return left.pop() if left else told

    return answer


@pytest.mark.parametrize(
    ("answers", "raised", "asked"),
    [
        ({"start": says(error(7, "not_ready", reason="x"))}, errors.NotReadyError,
         ["arm", "start", "stop"]),
        ({"start": unanswered(9, done=False)}, errors.DeviceTimeoutError,
         ["arm", "start", "status", "stop"]),
        ({"arm": unanswered(2)}, errors.DeviceTimeoutError, ["arm", "status", "stop"] * 2),
        ({"arm": unanswered(9), "status": unanswered(9)}, errors.DeviceTimeoutError,
         ["arm", "status", "status", "status", "stop"]),
        ({"start": unanswered(1)}, None, ["arm", "start", "status"]),
        ({"arm": unanswered(1)}, None, ["arm", "status", "stop", "arm"]),
        ({"arm": unanswered(1, done=False)}, None, ["arm", "status", "arm"]),
    ],
)  # fmt: skip
def test_a_request_that_is_refused_or_lost_leaves_nothing_armed(
    answers: dict[str, Any], raised: type[Exception] | None, asked: list[str]
) -> None:
    device = Faulty(BUTTON, answers=answers)
    if raised is None:
        assert ran(device).outcome == "complete"
        assert device.asked[: len(asked)] == asked
        assert device.asked.count("start") == 1
    else:
        with pytest.raises(raised):
            ran(device)
        assert (device.state, device.asked) == ("idle", asked)


def test_an_arm_whose_answer_was_lost_is_armed_anew_for_the_button() -> None:
    device = Faulty(BUTTON, answers={"arm": unanswered(1)})
    device.at(30, device.press)
    assert ran(device, by_button=True).outcome == "complete"
    assert device.asked[:4] == ["arm", "status", "stop", "arm"]


@pytest.mark.parametrize(
    ("answers", "raised"),
    [
        ({}, errors.WrongStateError),
        ({"arm": unanswered(9, done=False)}, errors.DeviceTimeoutError),
    ],
    ids=["refused", "lost"],
)
def test_another_hosts_session_outlives_our_arm(
    answers: dict[str, Any], raised: type[Exception]
) -> None:
    device = Faulty().running()
    device.answers = answers
    with pytest.raises(raised):
        ran(device)
    assert "stop" not in device.asked and device.state == "running"


# The button, prompts and wishes.


def test_the_button_starts_what_is_left_to_it() -> None:
    device = Faulty(BUTTON)
    device.at(30, device.press)
    engine = engine_of(device, by_button=True)
    assert (engine.result, engine.tally.session) == (Ending("complete"), 1)
    assert "start" not in device.asked


def test_a_button_that_nobody_presses_is_a_timeout() -> None:
    device = Faulty(BUTTON)
    assert isinstance(ran(device, by_button=True).error, errors.DeviceTimeoutError)
    assert device.state == "idle"
    assert device.clock_s < 65


@pytest.mark.parametrize(
    ("by_button", "answers"),
    [
        (False, {}),
        (True, {}),
        (False, {"confirm": unanswered(1)}),
        (False, {"confirm": unanswered(1, done=False)}),
    ],
    ids=["host", "button", "its answer is lost", "never heard"],
)
def test_a_prompt_is_answered_by_whom_it_was_left_to(
    by_button: bool, answers: dict[str, Any]
) -> None:
    device = Faulty("?cooler=0", answers=answers)
    answered = ran(
        device,
        planned=COLD,
        by_button=by_button,
        answered=lambda prompt: "confirm" not in device.asked,
    )
    assert (answered.outcome, "confirm" in device.asked) == ("complete", not by_button)


@pytest.mark.parametrize("asked", ["pause", "resume"])
def test_a_wish_to_pause_or_resume_is_one_request(asked: str) -> None:
    device = Faulty(answers={one: says({}) for one in ("pause", "resume")})
    wishes = iter([None, asked])
    ran(device, wanted=lambda: next(wishes, None))
    assert [one for one in device.asked if one in ("pause", "resume")] == [asked]


@pytest.mark.parametrize("code", [1, 3, 6, 7])
def test_a_wish_that_is_refused_is_told_and_the_session_goes_on(code: int) -> None:
    device = Faulty(answers={"pause": says(error(code, fault="internal"))})
    wishes = iter(["pause"])
    refused: list[errors.PoulticeError] = []
    result = ran(device, wanted=lambda: next(wishes, None), refused=refused.append)
    assert (len(refused), result.outcome) == (1, "complete")


def test_a_wish_before_anything_runs_is_none() -> None:
    device = Faulty(BUTTON, answers={"pause": says({})})
    device.at(20, device.press)
    asked: list[float] = []
    ran(device, by_button=True, wanted=lambda: asked.append(device.clock_s) or "pause")
    assert asked and min(asked) >= 20


def test_ctrl_c_before_the_start_arms_nothing() -> None:
    device = Faulty()
    with pytest.raises(errors.Interrupted):
        ran(device, stopping=lambda: True)
    assert device.asked == []


# What the journal says, and what is left to run by itself.


@pytest.mark.parametrize(
    ("outcome", "reason", "told", "code"),
    [
        ("complete", None, "complete", 0),
        ("stopped", "host", "stopped", 130),
        ("stopped", "button", "stopped", 0),
        ("stopped", "attended", "stopped", 8),
        ("fault", "over_temperature", "fault", 7),
        ("power_lost", None, "lost", 8),
        ("stopped", ["no text"], "stopped", 0),
        (["no text"], None, "lost", 8),
    ],
)
def test_what_the_journal_says_is_the_outcome_also_of_a_stop(
    outcome: object, reason: object, told: str, code: int
) -> None:
    def journal(params: Any, ask: Callable[[], Any]) -> Any:
        page = ask()
        for one in page["entries"]:
            one.update(outcome=outcome, reason=reason)
        return page

    device = Faulty(answers={"journal": journal})
    result = ran(device, stopping=lambda: device.clock_s > 15)
    assert (result.outcome, code_of(result)) == (told, code)


def test_starting_and_leaving() -> None:
    device = Faulty()
    assert Engine(Client(device), PLAN).leave() == 1
    assert device.state == "running" and "stop" not in device.asked


def test_an_offer_that_is_ended_is_taken_back() -> None:
    """As by `timeout 40 poultice run --detach --confirm button`, of the page on schedulers."""
    device = Faulty(BUTTON)
    over = Ordered(stopping=lambda: device.clock_s > 40)
    with pytest.raises(errors.Interrupted) as raised:
        Engine(Client(device), PLAN, orders=over, by_button=True).leave()
    assert raised.value.exit_code == errors.ExitCode.INTERRUPTED
    assert (device.state, device.clock_s < 45) == ("idle", True)
    device.press()
    Client(device).poll(2.0)
    assert device.state == "idle"


@pytest.mark.parametrize(
    ("options", "by_button", "fault"),
    [
        ("?user=absent", True, "emergency_stop"),
        ("?fault=sensor_open@0.5", False, "sensor_open"),
        ("?fault=sensor_open@0.5", True, "sensor_open"),
    ],
    ids=["armed", "proof", "proof by button"],
)
def test_what_trips_is_not_left_running_by_itself(
    options: str, by_button: bool, fault: str
) -> None:
    device = Faulty(options)
    if fault == "emergency_stop":
        device.at(2, lambda: setattr(device.device.board, "estop_open", True))
    with pytest.raises(errors.DeviceFaultError) as caught:
        Engine(Client(device), PLAN, by_button=by_button).leave()
    assert caught.value.data["fault"] == fault
