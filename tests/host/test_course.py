"""A course of treatment: what is due, what was done, and a calendar of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from poultice.cli import main
from poultice.errors import CourseFileError, ProtocolFileError, UsageError
from poultice.record import calendar
from poultice.record.store import History
from poultice.therapy import course_of_treatment as courses
from poultice.therapy.course_of_treatment import CourseOfTreatment, kept, left_today, load

GOOD = {
    "protocol": '"arthritis"',
    "from": "2026-11-16",
    "until": "2026-12-13",
    "days": '["mon", "Wed", "friday"]',
    "times": '["8:00", "20:00"]',
}


def written(directory: Path, **changes: str | None) -> Path:
    path = directory / "knee.toml"
    values = {**GOOD, **{key.rstrip("_"): value for key, value in changes.items()}}
    path.write_text("".join(f"{k} = {v}\n" for k, v in values.items() if v is not None))
    return path


def test_a_course_is_read(tmp_path: Path) -> None:
    found = load(written(tmp_path))
    assert (found.name, found.protocol, found.days) == ("knee", "arthritis", (0, 2, 4))
    assert found.times == (time(8), time(20))
    due = list(found.due())
    assert (due[0], due[-1]) == (datetime(2026, 11, 16, 8), datetime(2026, 12, 11, 20))
    assert len(due) == 24


@pytest.mark.parametrize(
    ("changes", "times", "days"),
    [
        ({"days": None}, 2, 7),
        ({"times": '"07:30"'}, 1, 3),
        ({"times": "[07:30:00, 07:30:15, 07:30:00.5]"}, 1, 3),
        ({"from_": '"2026-11-16"'}, 2, 3),
        ({"from_": "2025-12-13", "until": "2026-12-13"}, 2, 3),
        ({"times": json.dumps([f"{h}:00" for h in range(8)])}, 8, 3),
    ],
)
def test_what_may_be_left_out_or_said_otherwise(
    changes: dict[str, str | None], times: int, days: int, tmp_path: Path
) -> None:
    found = load(written(tmp_path, **changes))
    assert (len(found.times), len(found.days)) == (times, days)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"protocol": None}, "protocol is missing"),
        ({"protocol": '"nope"'}, "knee.toml:1: there is no protocol named 'nope'"),
        ({"protocol": '"gout"'}, "knee.toml:1: there is no protocol named 'gout'"),
        ({"from_": None}, "from is missing"),
        ({"from_": "5"}, "from is a number; expected a day"),
        ({"from_": '"1.12.2026"'}, "knee.toml:2: from is '1.12.2026'"),
        ({"from_": "2026-12-01T08:00:00"}, "from is"),
        ({"from_": "2026-02-30"}, "knee.toml:2: is not valid TOML"),
        ({"until": "2026-11-15"}, "until 2026-11-15 is before from 2026-11-16"),
        ({"from_": "2025-12-12", "until": "2026-12-13"}, "more than 366 days"),
        ({"days": "[]"}, "no days"),
        ({"days": '["mon", "never"]'}, "days holds 'never'"),
        ({"days": "[1]"}, "days holds a number"),
        ({"days": '["sun"]', "until": "2026-11-21"}, "none of its days"),
        ({"times": None}, "times is missing"),
        ({"times": "[]"}, "0 times"),
        ({"times": json.dumps([f"{h}:00" for h in range(9)])}, "9 times"),
        ({"times": '["24:00"]'}, "times holds '24:00'"),
        ({"times": "8"}, "times holds a number"),
        ({"days": '["monthly"]'}, "days holds 'monthly'"),
        ({"from_": "9999-01-01", "until": "9999-12-31"}, "until is 9999-12-31"),
        ({"minutes": "20"}, "unknown key 'minutes'"),
        ({"times": '["8:00'}, "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_line(
    changes: dict[str, str | None], says: str, tmp_path: Path
) -> None:
    with pytest.raises(CourseFileError) as caught:
        load(written(tmp_path, **changes))
    assert says in str(caught.value)


def test_a_protocol_beside_it_is_taken_along(tmp_path: Path) -> None:
    path = written(tmp_path, protocol='"mine.toml"')
    with pytest.raises(ProtocolFileError, match="no such file"):
        load(path)
    text = 'name = "mine"\ntitle = "Mine"\nacute = "no"\n[[phase]]\nmode = "heat"\n'
    (tmp_path / "mine.toml").write_text(text + "target = 40\nminutes = 15\n")
    found = load(path)
    assert (found.protocol, found.title, found.session_s) == ("mine", "Mine", 900)
    assert found.source == str(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_text(
        text.replace('"mine"', '"arthritis"') + "target = 38\nminutes = 15\n"
    )
    with pytest.raises(CourseFileError, match="has the name of a protocol of the library"):
        load(path)


def test_an_unknown_home_is_told_and_a_name_obeys_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no user 'nobodyy'"):
        load(written(tmp_path, protocol='"~nobodyy/x.toml"'))
    odd = written(tmp_path).rename(tmp_path / "a\x1b[31m\udcff.toml")
    assert load(odd).name == "a?[31m?"
    when = datetime(2026, 11, 1).astimezone()
    assert b"\x1b" not in calendar.of(load(odd), when, 0)


DAY = date(2026, 11, 16)


def made(days: tuple[int, ...], times: tuple[time, ...], weeks: int = 0) -> CourseOfTreatment:
    return CourseOfTreatment(
        name="c",
        protocol="arthritis",
        source="arthritis",
        modes=frozenset({"heat"}),
        title="A",
        first=DAY,
        last=DAY + timedelta(weeks=weeks),
        days=days,
        times=times,
        session_s=1200,
    )


COURSES = st.builds(
    made,
    st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple),
    st.sets(st.integers(0, 23), min_size=1, max_size=8)
    .map(sorted)
    .map(lambda hours: tuple(map(time, hours))),
    st.integers(0, 8),
).filter(lambda course: next(course.due(), None) is not None)
MOMENTS = st.datetimes(datetime(2026, 11, 10), datetime(2027, 2, 1))


@given(COURSES, st.lists(MOMENTS, max_size=40), MOMENTS)
def test_nothing_is_counted_twice_and_nothing_is_lost(
    course: CourseOfTreatment, sessions: list[datetime], now: datetime
) -> None:
    found = kept(course, sessions, now)
    by_now = [one for one in sessions if one <= now]
    assert found.done + found.extra == len(by_now)
    assert 0 <= found.done <= found.due <= sum(1 for _ in course.due())
    assert 0 <= found.missed <= found.due - found.done
    assert (found.pct is None) == (found.due == 0)
    # A day with more than was due makes up for none with less.
    a_day = Counter(one.date() for one in by_now)
    assert found.done == sum(min(n, len(course.on(day))) for day, n in a_day.items())
    left = left_today(course, sessions, now)
    today = course.on(now.date())
    assert left == today[len(today) - len(left) :]
    assert len(today) - len(left) == min(len(today), a_day[now.date()])


@pytest.mark.parametrize(
    ("now", "sessions", "due", "done", "left"),
    [
        ("07:59", [], 0, 0, 2),
        ("08:00", [], 1, 0, 2),
        ("19:59", ["08:10"], 1, 1, 1),
        ("20:00", ["08:10"], 2, 1, 1),
        ("09:00", ["06:00", "08:10"], 2, 2, 0),
        ("09:00", ["10:00"], 1, 0, 2),
    ],
)
def test_a_day_counts_as_a_whole(
    now: str, sessions: list[str], due: int, done: int, left: int
) -> None:
    course = made(tuple(range(7)), (time(8), time(20)))
    at = [datetime.combine(DAY, time.fromisoformat(one)) for one in (now, *sessions)]
    found = kept(course, at[1:], at[0])
    assert (found.due, found.done, found.extra) == (due, done, 0)
    assert len(left_today(course, at[1:], at[0])) == left


@given(COURSES, st.integers(0, 1440))
def test_the_calendar_has_every_session_and_no_other(
    course: CourseOfTreatment, remind_min: int
) -> None:
    when = datetime(2026, 11, 1).astimezone()
    read = icalendar.Calendar.from_ical(calendar.of(course, when, remind_min))
    found = []
    for entry in read.walk("VEVENT"):
        rule = entry["rrule"].to_ical().decode()
        found += rrulestr(rule, dtstart=entry.decoded("dtstart"))
        alarms = [alarm.decoded("trigger") for alarm in entry.walk("VALARM")]
        assert alarms == ([timedelta(minutes=-remind_min)] if remind_min else [])
        assert entry.decoded("duration") == timedelta(seconds=1200)
    assert sorted(found) == list(course.due())
    uids = [str(entry["uid"]) for entry in read.walk("VEVENT")]
    assert len(set(uids)) == len(course.times)


def recorded(history: History, when: datetime, protocol: str, outcome: str, path: str) -> None:
    writer = history.begin(
        protocol=protocol, device={"path": path, "uid": "u", "firmware": "0.1.0"}, hello={},
        plan={}, answers={"screening": "asked", "injury_age": "none", "answers": {}},
        started_unix=when.timestamp(),
    )  # fmt: skip
    writer.finish(outcome, {"duration_s": 1200})


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that began a week ago, twice every day; of the sessions on record two count."""
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    today = datetime.combine(date.today(), time(0, 0))
    history = History.open()
    for days, protocol, outcome, path in (
        (3, "arthritis", "complete", "serial:/dev/ttyACM0"),
        (2, "arthritis", "complete", "serial:/dev/ttyACM0"),
        (2, "arthritis", "stopped", "serial:/dev/ttyACM0"),
        (2, "gout", "complete", "serial:/dev/ttyACM0"),
        (2, "arthritis", "complete", "sim:"),
        (30, "arthritis", "complete", "serial:/dev/ttyACM0"),
    ):
        recorded(history, today - timedelta(days=days), protocol, outcome, path)
    first, last = today - timedelta(days=7), today + timedelta(days=7)
    return written(
        tmp_path, from_=f"{first:%Y-%m-%d}", until=f"{last:%Y-%m-%d}", days=None,
        times='["00:00", "23:59"]',
    )  # fmt: skip


def told(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main([*map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_only_what_was_a_treatment_of_it_counts(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "course", "show", course)
    assert found["schema"] == "poultice.course/1"
    assert (found["sessions"], found["due"], found["done"], found["extra"]) == (30, 15, 2, 0)
    # This morning's may still be given today.
    assert (found["missed"], found["pct"]) == (12, 13)
    assert told(capsys, "history", "trends", "--course", course)["course"]["done"] == 2
    assert main(["course", "show", str(course)]) == 0
    assert "2 of 15 sessions that were due (13 %)" in capsys.readouterr().out


def test_the_report_says_how_far_it_was_kept_to_by_then(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "1", "--course", str(course), "-o", "-"]) == 0
    page = capsys.readouterr().out
    assert "by this session 1 of 9 sessions that were due (11 %)" in page
    assert main(["report", "1", "-o", "-"]) == 0
    assert "<h2>Course</h2>" not in capsys.readouterr().out


def test_today_asks_the_device_for_its_rest(
    course: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    short = Path(__file__).parents[1] / "protocols" / "short.toml"
    device = f"sim:?speed=max&state={tmp_path / 'flash'}"
    (tmp_path / "flash").mkdir()
    assert told(capsys, "course", "today", course, "-d", device)["next_allowed"] is None
    assert main(["run", str(short), "-d", device, "--yes"]) == 0
    capsys.readouterr()
    found = told(capsys, "course", "today", course, "-d", device)
    assert found["left_today"] == ["00:00", "23:59"]
    assert found["rest_heat_s"] > 0 and "next session" in found["next_allowed"]


def test_today_goes_without_a_device_unless_it_was_named(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poultice.device.discovery.candidates", list)
    assert main(["course", "today", str(course)]) == 0
    said = capsys.readouterr()
    assert "its rest is not known" in said.err and "still due today" in said.out
    assert main(["course", "today", str(course), "-d", "/dev/nowhere"]) == 3


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("sim:?fault=sensor_open@boot", "not now: not ready: sensor_a"),
        ("sim:?fault=estop@boot", "not now: "),
        ("sim:", "the device allows it now"),
    ],
)
def test_today_says_go_only_where_the_device_would(
    device: str, says: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["course", "today", str(course), "-d", device]) == 0
    told = capsys.readouterr().out
    assert says in told
    assert ("`poultice run arthritis` starts it" in told) is (device == "sim:")


def test_a_device_in_fault_is_not_advised_to_run(
    course: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "flash").mkdir()
    device = f"sim:?speed=max&state={tmp_path / 'flash'}"
    short = Path(__file__).parents[1] / "protocols" / "short.toml"
    assert main(["run", str(short), "-d", f"{device}&fault=sensor_open@60", "--yes"]) == 7
    capsys.readouterr()
    assert main(["course", "today", str(course), "-d", device]) == 0
    told = capsys.readouterr().out
    assert "not now: " in told and "starts it" not in told


def test_a_record_without_sessions_still_tells_of_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    assert main(["history", "trends", "--course", str(written(tmp_path))]) == 0
    assert "course knee: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"from_": "2020-01-01", "until": "2020-01-31"}, "nothing is due today"),
        ({"from_": "2199-01-01", "until": "2199-01-31"}, "nothing is due today"),
    ],
)
def test_a_course_that_is_over_or_to_come(
    changes: dict[str, str | None],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    assert main(["course", "today", str(written(tmp_path, **changes))]) == 0
    assert says in capsys.readouterr().out


def test_a_calendar_is_written_for_its_owner_or_refused(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "knee.ics"
    assert main(["course", "calendar", str(course), "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert target.stat().st_mode & 0o777 == 0o600
    before = course.read_bytes()
    for place, says in (
        (tmp_path / "no" / "x.ics", "cannot be written"),
        (course, "is no calendar's file"),
        (tmp_path / "other.TOML", "is no calendar's file"),
    ):
        assert main(["course", "calendar", str(course), "-o", str(place)]) == 2
        assert says in capsys.readouterr().err
    assert course.read_bytes() == before


def test_no_more_times_a_day_than_a_device_allows_sessions() -> None:
    from poultice_core import limits

    assert limits.Limits().sessions_day == courses.TIMES_MAX
