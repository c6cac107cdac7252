"""Sessions that were left to run by themselves: what the next contact makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice import session
from poultice.cli import main
from poultice.record.store import History
from poultice.session.takeover import take_over
from poultice.therapy import library, screening
from tests.host.conftest import Say
from tests.host.faulty import PATH, Faulty, plan, says
from tests.host.recorded import changed

NOTE = "note: the device tells of a session that ran by itself; the history has it now"


def listed() -> list[tuple[str | None, str]]:
    return [(one["outcome"], one["protocol"]) for one in reversed(History.open().list())]


def taken(device: Faulty, **more: Any) -> list[str]:
    client = device.client()
    return take_over(client, client.hello(), **more)


def killed(device: Faulty, short: str) -> None:
    """A session whose host is killed after ten seconds; the device is told to stop."""

    def show(update: object) -> None:
        if device.clock_s > 10:
            raise KeyboardInterrupt

    protocol = library.load(short)
    with pytest.raises(KeyboardInterrupt):
        session.run(protocol, PATH, answers=screening.assumed, on_update=show)
    assert listed() == [(None, "short")]


@pytest.mark.parametrize("contact", ["status", "stop", "watch --for 1", "run short.toml --yes"])
@pytest.mark.parametrize(
    ("befalls", "outcome", "reason", "fault"),
    [
        (lambda device: None, "complete", None, None),
        (lambda device: device.stopped(device.clock_s + 20), "stopped", "button", None),
        (lambda device: device.befalls("sensor_open", device.clock_s + 20), "fault", None,
         "sensor_open"),
    ],
    ids=["complete", "stopped", "fault"],
)  # fmt: skip
def test_a_detached_session_gets_its_end_at_the_next_contact(
    contact: str,
    befalls: Callable[[Faulty], object],
    outcome: str,
    reason: str | None,
    fault: str | None,
    device: Faulty,
    short: str,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(Path(short).parent)
    say("run short.toml --yes --detach")
    say("status")
    assert listed() == [(None, "short")]
    befalls(device)
    device.passes(60)
    for count in (1, 0):
        capsys.readouterr()
        main(contact.split())
        assert capsys.readouterr().err.count(NOTE) == count
        assert listed()[0] == (outcome, "short")
    shown = History.open().show(1)
    entries = device.client().journal()["entries"]
    entry = next(one for one in entries if one["kind"] == "session")
    assert (shown["reason"], shown["fault"], shown["peak_mc"]) == (reason, fault, entry["peak_mc"])
    summaries = [History.open().show(n + 1)["summary"] for n in range(len(listed()))]
    assert [one.get("from_journal", False) for one in summaries] == [True] + [False] * (
        len(summaries) - 1
    )
    assert shown["screening"] == "assumed" and shown["plan"]["phases"]
    say("history show 1")
    say("report 1 -o -")


def test_what_ran_without_this_history_is_taken_in_and_marked(
    device: Faulty, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = device.client()
    for phase, after_s in ((("heat", 40_000, 60), 100), (("rest", None, 60), 340)):
        client.start(client.arm(plan(phase, attended_s=0).to_wire())["token"])
        device.passes(after_s)
    entries = client.journal()["entries"]
    entries[0]["unix_s"] = 1_780_000_060
    device.answers["journal"] = says({"entries": entries, "next": None})
    monkeypatch.setattr("time.time", lambda: 1_790_000_000.0)
    assert taken(device) == [NOTE.replace("a session", "2 sessions")]
    assert listed() == [("complete", "arthritis")] * 2
    shown = [History.open().show(n) for n in (1, 2)]
    assert shown[0]["started_unix"] == 1_780_000_060 - entries[0]["heat_s"]
    assert shown[1]["started_unix"] == pytest.approx(1_790_000_000 - 280, abs=2)
    assert [(one["screening"], one["answers"]) for one in shown] == [("journal", {})] * 2
    assert taken(device) == []
    say("report 2 -o -")
    say("history trends")


def test_what_was_recorded_is_not_taken_in_again(device: Faulty, short: str) -> None:
    for _ in range(2):
        done = session.run(library.load(short), PATH, answers=screening.assumed)
        assert done.notes == []
        device.passes(1_300)
    assert listed() == [("complete", "short")] * 2


def test_a_session_whose_host_was_killed_gets_the_end_that_the_device_saw(
    device: Faulty, short: str
) -> None:
    killed(device, short)
    assert len(taken(device)) == 1
    assert listed() == [("stopped", "short")]
    assert History.open().show(1)["samples"] >= 8


@pytest.mark.parametrize("awaited", [False, True])
def test_one_killed_before_its_first_event_leaves_no_row_behind(
    awaited: bool, device: Faulty, short: str
) -> None:
    killed(device, short)
    # As the record stands between the row and the first event in it.
    changed(History.open().path, "DELETE FROM events")
    assert taken(device, awaited=awaited) == [NOTE]
    assert listed() == [("stopped", "short")]
    assert taken(device, awaited=awaited) == []


def test_one_of_another_day_is_another_session(device: Faulty, short: str) -> None:
    killed(device, short)
    changed(
        History.open().path,
        "DELETE FROM events",
        "UPDATE sessions SET started_unix = started_unix - 90000",
    )
    assert taken(device) == [NOTE]
    assert listed() == [(None, "short"), ("stopped", "short")]


def test_a_number_that_began_anew_is_another_session(device: Faulty, short: str, say: Say) -> None:
    say(["run", short, "--yes", "--detach"])
    device.passes(60)
    # Its flash was lost, and its numbers with it: this 1 is not that 1.
    entries = [{**one, "plan": "contrast"} for one in device.client().journal()["entries"]]
    device.answers["journal"] = says({"entries": entries, "next": None})
    assert taken(device) == [NOTE]
    assert listed() == [(None, "short"), ("complete", "contrast")]
    assert taken(device) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "session"},
        {"kind": "session", "session": "x", "outcome": "complete"},
        {"kind": "session", "session": 5, "outcome": "odd"},
        {"kind": "session", "session": 5, "outcome": ["complete"]},
        {"kind": "fault", "session": 5, "outcome": "complete"},
    ],
)
def test_an_entry_that_is_none_is_passed_over(entry: dict[str, Any], device: Faulty) -> None:
    device.answers["journal"] = says({"entries": [{"n": 1, **entry}], "next": None})
    assert taken(device) == []
    assert listed() == []


@pytest.mark.parametrize("awaited", [False, True])
def test_a_history_that_cannot_be_used_costs_nothing(
    awaited: bool, device: Faulty, data: Path
) -> None:
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    entry = {"n": 1, "kind": "session", "session": 9, "outcome": "complete"}
    device.answers["journal"] = says({"entries": [entry], "next": None})
    assert taken(device, awaited=awaited) == []


MOST = {
    "en": "heat, cold and dose are as planned: the device restarted, and kept no more of it",
    "de": "Wärme, Kälte und Dosis wie geplant: das Gerät startete neu und behielt nicht mehr",
}


AT_MOST_OF = {
    "en": "1 session counts as it was planned: the device restarted",
    "de": "1 Sitzung zählt, wie sie geplant war: das Gerät startete neu",
}


@pytest.mark.parametrize("language", MOST)
@pytest.mark.parametrize("left", [False, True])
def test_figures_as_planned_are_said_to_be_the_most(
    left: bool, language: str, device: Faulty, short: str, say: Say, set_in_file: Any
) -> None:
    set_in_file(f'language = "{language}"\n')
    device.at(20, device.device.brown_out)
    if left:
        say(["run", short, "--yes", "--detach"])
        device.passes(60)
        say("status")
    else:
        assert MOST[language] in say(["run", short, "--yes"], 8).out
    assert MOST[language] in say("history show 1").out
    assert MOST[language] in say("report 1 -o -").out
    assert AT_MOST_OF[language] in say("history trends").out
    summary = History.open().show(1)["summary"]
    assert (summary["at_most"], summary["heat_s"]) == (True, 30)
    # What was seen is no less for it, and what nobody saw is not told.
    assert (summary["duration_s"], summary["heat_operations"]) == (
        (None, 0) if left else (pytest.approx(19, abs=2), pytest.approx(2, abs=1))
    )


def test_a_kept_session_takes_the_place_of_what_the_journal_told(
    device: Faulty, short: str, data: Path, say: Say
) -> None:
    broken = data / "history.sqlite3"
    broken.write_bytes(b"no database" * 100)
    told = say(["run", short, "--yes", "--json"])
    [kept] = data.glob("session-*.jsonl")
    assert told.json["record"] == str(kept) and str(kept) in told.err
    broken.unlink()
    assert taken(device) == [NOTE]
    assert History.open().show(1)["samples"] == 0
    say(["history", "import", str(kept)])
    assert listed() == [("complete", "short")]
    shown = History.open().show(1)
    assert shown["samples"] > 20 and shown["screening"] == "assumed"
    assert taken(device) == []
    say("report 1 -o -")


@pytest.mark.parametrize(
    ("fault", "at_s", "confirm", "name"),
    [
        ("sensor_open", 1.0, [], "sensor_open"),
        ("estop", 2.0, ["--confirm", "button"], "emergency_stop"),
    ],
)
def test_a_fault_before_it_runs_is_exit_7_and_no_session(
    fault: str, at_s: float, confirm: list[str], name: str, device: Faulty, short: str, say: Say
) -> None:
    device.befalls(fault, at_s)
    told = say(["run", short, "--yes", "--detach", *confirm, "--json"], 7)
    assert (told.json["outcome"], told.json["fault"]) == ("fault", name)
    assert "runs by itself" not in told.out
    assert listed() == []
