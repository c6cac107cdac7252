"""The session engine: how each way of ending is told, and that none leaves the pad on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from poultice import errors
from poultice.link.client import Client
from poultice.link.messages import Event
from poultice.session.engine import Engine, Tell
from poultice.session.orders import Orders
from poultice.session.tally import Tally
from tests.host.fakes import Error, FakeDevice, FakePhase, FakePlan

PLAN = FakePlan(
    (FakePhase("heat", 60, 40_500), FakePhase("rest", 30), FakePhase("heat", 30, 40_000))
)


class Ordered(Orders):
    """Orders that its test gives by the device's clock."""

    def __init__(self, **said: Callable[..., Any]) -> None:
        super().__init__()
        for name, say in said.items():
            setattr(self, name, say)


def ran(device: FakeDevice, tell: Tell = lambda update: None, **options: Any) -> Engine:
    said = {name: options.pop(name) for name in ("stopping", "answered", "wanted") & options.keys()}
    engine = Engine(Client(device), PLAN, orders=Ordered(**said), **options)
    engine.run(tell)
    return engine


def test_a_whole_session() -> None:
    engine = ran(FakeDevice())
    assert engine.result is not None
    assert (engine.result.outcome, engine.result.error) == ("complete", None)
    told = engine.tally.to_json()
    assert (told["duration_s"], told["dose_m"], told["heat_operations"]) == (120, 123, 17)
    assert [(one["mode"], one["actual_s"]) for one in told["phases"]] == [
        ("heat", 60),
        ("rest", 30),
        ("heat", 30),
    ]
    assert told["phases"][0]["mean_mc"] == 40_000


def test_each_warning_of_events_and_of_the_closing_entry_is_in_the_summary_once() -> None:
    tally = Tally.of(PLAN.phases)
    for data in ({"what": "inhibited", "cause": "sensor"}, {"what": "budget"}, {"what": 5}, {}):
        tally.event(Event("warning", 1_000, data))
    assert tally.to_json()["warnings"] == ["inhibited", "budget"]
    tally.journal({"warnings": ["budget", "undertreated", "moon_phase", None, 3]})
    assert tally.to_json()["warnings"] == ["inhibited", "budget", "undertreated", "moon_phase"]
    tally.journal({"warnings": None})
    tally.journal({"warnings": "dose"})
    assert tally.to_json()["warnings"] == ["inhibited", "budget", "undertreated", "moon_phase"]


def test_the_host_keeps_the_session_attended() -> None:
    device = FakeDevice()
    ran(device)
    assert device.asked.count("ping") >= 120 / 2 - 1


@pytest.mark.parametrize(
    ("device", "outcome", "reason", "code"),
    [
        (FakeDevice(fault_at_s=20), "fault", None, 7),
        (FakeDevice(lost_at_s=20), "lost", None, 8),
        (FakeDevice(silent_at_s=20), "lost", None, 8),
        (FakeDevice(restart_at_s=20), "lost", None, 8),
        (FakeDevice(stop_reason_at_s=(20, "button")), "stopped", "button", 0),
        (FakeDevice(stop_reason_at_s=(20, "host")), "stopped", "host", 0),
        (FakeDevice(stop_reason_at_s=(20, "attended")), "stopped", "attended", 8),
        (FakeDevice(stop_reason_at_s=(20, "pause_timeout")), "stopped", "pause_timeout", 8),
        (FakeDevice(stop_reason_at_s=(20, "prompt_timeout")), "stopped", "prompt_timeout", 8),
        (FakeDevice(stop_reason_at_s=(20, "session_timeout")), "stopped", "session_timeout", 8),
        (FakeDevice(stop_reason_at_s=(20, "proof_repeated")), "stopped", "proof_repeated", 8),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_other_end(device: FakeDevice, outcome: str, reason: str | None, code: int) -> None:
    result = ran(device).result
    assert result is not None
    assert (result.outcome, result.reason) == (outcome, reason)
    assert (result.error.exit_code if result.error else 0) == code


def test_a_fault_keeps_its_name_and_names_the_remedy() -> None:
    result = ran(FakeDevice(fault_at_s=20)).result
    assert result is not None
    assert result.fault == "sensor_open"
    assert result.error is not None
    assert "poultice clear sensor_open" in (result.error.hint or "")


def test_a_lost_device_leaves_what_was_seen() -> None:
    told = ran(FakeDevice(lost_at_s=20)).tally.to_json()
    assert 18 <= told["duration_s"] <= 20
    assert told["phases"][0]["peak_mc"] == 40_000


def test_the_end_is_found_where_its_event_was_torn() -> None:
    device = FakeDevice()
    device.mangle = lambda line: None if b'"complete"' in line and b"event" in line else line
    result = ran(device).result
    assert result is not None
    assert result.outcome == "complete"


@pytest.mark.parametrize("button", [False, True])
@pytest.mark.parametrize("what", [b'"method"', b'"telemetry"'])
def test_a_session_of_which_nothing_is_heard_comes_to_its_end(button: bool, what: bytes) -> None:
    device = FakeDevice(button_at_s=30 if button else None)
    device.mangle = lambda line: None if what in line else line
    engine = ran(device, by_button=button, stopping=lambda: device.clock_s > 1_000)
    assert engine.result is not None
    assert (engine.result.outcome, engine.result.error) == ("complete", None)
    assert device.clock_s < 180


def test_one_that_answers_nothing_has_fallen_silent_within_seconds() -> None:
    device = FakeDevice(silent_at_s=20)
    result = ran(device).result
    assert result is not None
    assert (result.outcome, "fallen silent" in str(result.error)) == ("lost", True)
    assert device.asked[-1] == "stop" and "status" not in device.asked


def test_a_trip_of_which_nothing_is_heard_is_asked_for() -> None:
    device = FakeDevice(fault_at_s=2)
    device.mangle = lambda line: None if b'"method"' in line else line
    result = ran(device).result
    assert result is not None
    assert (result.outcome, result.fault) == ("fault", "sensor_open")


def test_an_end_that_nothing_tells_is_no_restart() -> None:
    device = FakeDevice(override={"journal": lambda _: {"entries": [], "next": None}})
    device.mangle = lambda line: None if b'"complete"' in line and b"event" in line else line
    result = ran(device).result
    assert result is not None
    assert (result.outcome, "restarted" in str(result.error)) == ("lost", False)
    assert "restarted" in str(getattr(ran(FakeDevice(restart_at_s=20)).result, "error", None))


def test_ctrl_c_stops_and_waits_until_the_pad_is_off() -> None:
    device = FakeDevice()
    engine = ran(device, stopping=lambda: device.clock_s > 15)
    assert engine.result is not None
    assert (engine.result.outcome, engine.result.reason) == ("stopped", "host")
    assert isinstance(engine.result.error, errors.Interrupted)
    assert device.state == "idle"
    assert device.asked.index("stop") < len(device.asked) - 1


def test_ctrl_c_says_so_where_the_pad_is_not_confirmed_off() -> None:
    device = FakeDevice(override={"stop": lambda _: {}})
    result = ran(device, stopping=lambda: device.clock_s > 15).result
    assert result is not None
    assert isinstance(result.error, errors.DeviceTimeoutError)
    assert "plug" in (result.error.hint or "")


def test_whoever_stops_listening_ends_the_session() -> None:
    device = FakeDevice()
    seen: list[object] = []

    def tell(update: object) -> None:
        seen.append(update)
        if len(seen) == 20:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ran(device, tell)
    assert device.asked[-1] == "stop"
    assert device.state == "idle"


def test_a_refused_arm_stops_nothing_that_is_not_ours() -> None:
    device = FakeDevice(state="running")
    with pytest.raises(errors.WrongStateError):
        ran(device)
    assert "stop" not in device.asked


def test_a_refused_start_disarms() -> None:
    answer = Error(7, "not_ready", {"reason": "sensor_open"})
    device = FakeDevice(override={"start": lambda _: answer})
    with pytest.raises(errors.NotReadyError):
        ran(device)
    assert device.state == "idle"


def test_a_start_whose_answer_got_lost_is_not_sent_twice() -> None:
    device = FakeDevice()
    device.mangle = lambda line: None if b'{"session":1}' in line else line
    result = ran(device).result
    assert result is not None
    assert result.outcome == "complete"
    assert device.asked.count("start") == 1


def test_the_button_starts_what_is_left_to_it() -> None:
    device = FakeDevice(button_at_s=30)
    engine = ran(device, by_button=True)
    assert engine.result is not None
    assert engine.result.outcome == "complete"
    assert "start" not in device.asked
    assert engine.tally.session == 1


def test_a_button_that_nobody_presses_is_a_timeout() -> None:
    device = FakeDevice()
    engine = ran(device, by_button=True)
    assert engine.result is not None
    assert isinstance(engine.result.error, errors.DeviceTimeoutError)
    assert device.state == "idle"
    assert device.clock_s < 65


def test_a_prompt_is_answered_by_whom_it_was_left_to() -> None:
    for by_button, expected in ((False, 1), (True, 0)):
        device = FakeDevice(button_at_s=1, override={"confirm": lambda _: {}})

        def tell(update: object, device: FakeDevice = device) -> None:
            if device.clock_s > 10:
                device.state = "waiting" if "confirm" not in device.asked else "running"
            if device.clock_s > 12:
                device.state = "running"

        ran(device, tell, by_button=by_button, answered=lambda prompt: True)
        assert min(device.asked.count("confirm"), 1) == expected


def test_starting_and_leaving() -> None:
    device = FakeDevice()
    assert Engine(Client(device), PLAN).leave() == 1
    assert device.state == "running"
    assert "stop" not in device.asked


def test_ctrl_c_before_the_start_arms_nothing() -> None:
    device = FakeDevice()
    with pytest.raises(errors.Interrupted):
        ran(device, stopping=lambda: True)
    assert device.asked == []


def test_an_answer_to_a_prompt_that_gets_lost_does_not_end_the_session() -> None:
    device = FakeDevice(button_at_s=1, override={"confirm": lambda _: None})

    def tell(update: object) -> None:
        device.state = "waiting" if 10 < device.clock_s < 20 else device.state
        if device.state == "waiting" and device.clock_s >= 20:
            device.state = "running"

    engine = ran(device, tell, answered=lambda prompt: "confirm" not in device.asked)
    assert engine.result is not None
    assert engine.result.outcome == "complete"
    assert "confirm" in device.asked


@pytest.mark.parametrize("asked", ["pause", "resume"])
def test_a_wish_to_pause_or_resume_is_one_request(asked: str) -> None:
    device = FakeDevice(override={"pause": lambda _: {}, "resume": lambda _: {}})
    wishes = iter([None, asked])
    ran(device, wanted=lambda: next(wishes, None))
    other = {"pause": "resume", "resume": "pause"}[asked]
    assert (device.asked.count(asked), device.asked.count(other)) == (1, 0)


@pytest.mark.parametrize("code", [1, 3, 6, 7])
def test_a_wish_that_is_refused_is_told_and_the_session_goes_on(code: int) -> None:
    device = FakeDevice(override={"pause": lambda _: Error(code, "x", {"fault": "internal"})})
    wishes = iter(["pause"])
    refused: list[errors.PoulticeError] = []
    engine = ran(device, wanted=lambda: next(wishes, None), refused=refused.append)
    assert len(refused) == 1
    assert engine.result is not None
    assert engine.result.outcome == "complete"


def test_a_wish_before_anything_runs_is_none() -> None:
    device = FakeDevice(button_at_s=20, override={"pause": lambda _: {}})
    asked: list[float] = []

    def wanted() -> str:
        asked.append(device.clock_s)
        return "pause"

    ran(device, by_button=True, wanted=wanted)
    assert asked and min(asked) >= 20


# What is not seen is not claimed, and what may have been done is undone.


def test_the_pad_is_told_to_stop_whatever_was_lost() -> None:
    device = FakeDevice()
    receive = device.receive
    lost = []

    def once(timeout_s: float) -> bytes | None:
        if device.clock_s > 20 and not lost:
            lost.append(device.clock_s)
            raise errors.DeviceLostError("gone")
        return receive(timeout_s)

    device.receive = once  # type: ignore[method-assign]
    result = ran(device).result
    assert result is not None and result.outcome == "lost"
    assert device.asked[-1] == "stop" and device.state == "idle"


def unanswered(device: FakeDevice, method: str, times: int = 1) -> None:
    """The device does as it is asked, and its answer is lost."""
    left = [None] * times

    def answer(params: Any) -> Any:
        device.override.pop(method)
        told = device._answer(method, params)
        if left:
            left.pop()
            device.override[method] = answer
            return None
        return told

    device.override[method] = answer


@pytest.mark.parametrize("by_button", [False, True])
def test_an_answer_to_arm_that_is_lost_leaves_nothing_armed(by_button: bool) -> None:
    device = FakeDevice(button_at_s=30 if by_button else None)
    unanswered(device, "arm")
    engine = ran(device, by_button=by_button)
    # Disarmed, and armed anew with a token that is known.
    assert device.asked[:4] == ["arm", "status", "stop", "arm"]
    assert engine.result is not None and engine.result.outcome == "complete"


def test_answers_to_arm_that_stay_away_end_disarmed() -> None:
    device = FakeDevice(button_at_s=30)
    unanswered(device, "arm", times=2)
    with pytest.raises(errors.DeviceTimeoutError):
        ran(device)
    assert device.state == "idle" and device.asked[-1] == "stop"


def test_an_arm_that_never_arrived_is_sent_again_and_stops_nobody() -> None:
    device = FakeDevice()
    device.override["arm"] = lambda _: device.override.pop("arm") and None
    result = ran(device).result
    assert result is not None and result.outcome == "complete"
    assert device.asked[:3] == ["arm", "status", "arm"]


def test_an_unanswered_arm_on_a_silent_device_is_followed_by_a_stop() -> None:
    device = FakeDevice(override={"arm": lambda _: None, "status": lambda _: None})
    with pytest.raises(errors.DeviceTimeoutError):
        ran(device)
    assert device.asked[-1] == "stop"


def test_another_hosts_session_outlives_an_unanswered_arm() -> None:
    device = FakeDevice(state="running", override={"arm": lambda _: None})
    with pytest.raises(errors.DeviceTimeoutError):
        ran(device)
    assert "stop" not in device.asked and device.state == "running"


@pytest.mark.parametrize("begun", [True, False])
def test_a_start_that_timed_out_is_claimed_only_where_it_is_seen(begun: bool) -> None:
    device = FakeDevice()
    if begun:
        unanswered(device, "start")
        result = ran(device).result
        assert result is not None and result.outcome == "complete"
    else:
        device.override["start"] = lambda _: None
        with pytest.raises(errors.DeviceTimeoutError):
            ran(device)
        assert device.state == "idle" and device.asked[-1] == "stop"
    assert device.asked.count("start") == 1


def test_a_device_that_restarted_completed_nothing() -> None:
    device = FakeDevice(restart_at_s=20)
    # An entry of another session is none of this one.
    device.journal.append({"n": 1, "kind": "session", "session": 0, "outcome": "complete"})
    result = ran(device).result
    assert result is not None
    assert (result.outcome, result.fault) == ("lost", None)
    assert "restarted" in str(result.error)


@pytest.mark.parametrize("relay", ["master", "heat", "cool"])
def test_the_pad_is_off_only_where_every_relay_was_seen_open(relay: str) -> None:
    device = FakeDevice()
    status = device.status

    def shows() -> dict[str, Any]:
        return {**status(), **({relay: True} if device.clock_s > 15 else {})}

    device.status = shows  # type: ignore[method-assign]
    result = ran(device, stopping=lambda: device.clock_s > 15).result
    assert result is not None
    assert isinstance(result.error, errors.DeviceTimeoutError)
    assert "did not confirm" in str(result.error)


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
    device = FakeDevice()
    end = device._end

    def ends(*_: Any) -> None:
        end("stopped", "host")
        device.journal[-1].update(outcome=outcome, reason=reason)

    device._end = ends  # type: ignore[method-assign]
    result = ran(device, stopping=lambda: device.clock_s > 15).result
    assert result is not None
    assert result.outcome == told
    assert (result.error.exit_code if result.error else 0) == code


@pytest.mark.parametrize(
    ("device", "by_button"),
    [(FakeDevice(fault="sensor_open"), True), (FakeDevice(fault_at_s=0.5), False),
     (FakeDevice(button_at_s=1, fault_at_s=1.5), True)],
    ids=["armed", "proof", "proof by button"],
)  # fmt: skip
def test_what_trips_is_not_left_running_by_itself(device: FakeDevice, by_button: bool) -> None:
    if device.fault is not None:
        arm = device._answer

        def trips(method: str, params: Any) -> Any:
            told = arm(method, params)
            device.state = "fault" if method == "arm" else device.state
            return told

        device._answer = trips  # type: ignore[method-assign]
    with pytest.raises(errors.DeviceFaultError) as caught:
        Engine(Client(device), PLAN, by_button=by_button).leave()
    assert caught.value.data["fault"] == "sensor_open"
