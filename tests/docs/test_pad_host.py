"""The page that runs a real pad runs the host's own modules: in MicroPython's dialect, on
MicroPython, a session goes as on CPython, to the last figure."""

from __future__ import annotations

import json
import re
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docs import catalogues
from docs.browser import commands
from docs.site import browser, dialect
from poultice import language, remedies, session
from poultice.errors import DeviceLostError
from poultice.link import wire
from poultice.therapy import library, screening
from poultice.therapy.screening import Answers
from poultice.virtual.in_process import simulated
from poultice_core import queries
from tests.properties.backend import micropython

DRIVER = """
import json, sys
sys.path.insert(0, {folder!r})
import pad, poultice.link.wire as wire
from poultice import remedies
with open({folder!r} + "/library.json") as file:
    library = file.read()
host = pad.Host(library)
while True:
    line = sys.stdin.readline()
    if not line:
        break
    name, given = json.loads(line)
    if name == "decode":
        try:
            told = wire.decode(bytes(given[0]))
        except wire.GarbledLine:
            told = None
    elif name == "again":
        host = pad.Host(library, 0, *given)
        told = None
    elif name == "remedy":
        told = getattr(remedies, given[0])(*given[1:])
        if isinstance(told, Exception):
            told = [str(told), told.hint]
    else:
        told = getattr(host, name)(*given)
    print(json.dumps(told))
"""


class PageHost:
    """`pad.Host` at the other end of a pipe, on MicroPython."""

    def __init__(self, folder: Path, interpreter: str) -> None:
        for name, text in browser.pad_sources().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        main = folder / "main.py"
        main.write_text(DRIVER.format(folder=str(folder)), encoding="utf-8")
        self.process = subprocess.Popen(
            [interpreter, "-X", "heapsize=8M", str(main)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, *given: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([name, given]) + "\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline() or "Traceback"
        assert not told.startswith("Traceback"), told + self.process.stdout.read()
        return json.loads(told)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHost]:
    interpreter = micropython()
    if interpreter is None:
        pytest.skip("MicroPython's unix port: Linux on x86-64, or its path in MICROPYTHON")
    host = PageHost(tmp_path_factory.mktemp("pad"), interpreter)
    yield host
    assert host.process.stdin is not None
    host.process.stdin.close()
    assert host.process.wait(10) == 0
    assert host.process.stdout is not None
    host.process.stdout.close()


@pytest.fixture
def page(pages: PageHost) -> PageHost:
    pages.call("again")
    return pages


ANSWERS = dict(screening.assumed(library.load("arthritis")).answers)
ASKED = json.dumps({"protocol": "arthritis", "injury_age": "none", "answers": ANSWERS})

Heard = Callable[[dict[str, Any]], None]


def drive(page: PageHost, path: str, heard: Heard) -> list[dict[str, Any]]:
    """The page on a device in virtual time until it has let go of it; `heard` may ask for more."""
    told: list[dict[str, Any]] = []
    transport = simulated(path)
    line, lost = None, False
    try:
        while True:
            step = json.loads(page.call("step", transport.now_s(), line, lost))
            if step["send"] and not lost:
                transport.send(step["send"].encode())
            for one in step["told"]:
                told.append(one)
                heard(one)
            if step["wait_s"] is None:
                return told
            try:
                got = None if lost else transport.receive(step["wait_s"])
            except DeviceLostError:
                got, lost = None, True
            line = None if got is None else got.decode()
    finally:
        transport.close()


def treat(page: PageHost, path: str, protocol: str, **more: Any) -> list[dict[str, Any]]:
    """One session, from connecting to letting go."""
    given = screening.assumed(library.load(protocol))
    asked = {
        "protocol": protocol,
        "answers": dict(given.answers),
        "injury_age": given.injury_age,
        **more,
    }

    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "hello":
            page.call("run", json.dumps(asked))
        if one["kind"] in ("ended", "refused"):
            page.call("leave")

    return drive(page, path, heard)


def of(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in told if one["kind"] == kind]


@pytest.mark.parametrize(
    ("protocol", "path"),
    [
        ("arthritis", "sim:?speed=max"),
        ("arthritis", "sim:?speed=max&seed=7&pad=0.08&ambient=18"),
        ("arthritis", "sim:?speed=max&fault=sensor_open@300"),
        ("arthritis", "sim:?speed=max&fault=weld_k2@200"),
        ("arthritis", "sim:?speed=max&fault=power_cut@200"),
        ("muscle-strain-acute", "sim:?speed=max&cooler=0"),
        ("muscle-strain-acute", "sim:?speed=max&cooler=0&user=absent"),
        ("muscle-strain", "sim:?speed=max"),
    ],
)
def test_a_session_ends_as_on_the_command_line(page: PageHost, protocol: str, path: str) -> None:
    done = session.run(protocol, path, answers=screening.assumed, record=False)

    (ended,) = of(treat(page, path, protocol), "ended")

    summary = ended["session"]["summary"]
    assert (summary["outcome"], summary["reason"], summary["fault"]) == (
        done.outcome,
        done.reason,
        done.fault,
    )
    assert {name: summary[name] for name in done.summary} == done.summary
    # What became of the port is told by whoever has it.
    if done.outcome != "lost":
        error = (None, None) if done.error is None else (str(done.error), done.error.hint)
        told_of = (ended["error"], ended["hint"])
        assert told_of == error or ("`poultice" in error[1] and told_of[0] == error[0])


def test_what_the_page_knows_is_what_the_library_says(page: PageHost) -> None:
    told = json.loads(page.call("protocols"))
    assert [one["name"] for one in told] == library.names()
    for one in library.all_protocols():
        asked = {key for key, _ in json.loads(page.call("questions", one.name))}
        assert asked == {
            question.key
            for question in screening.QUESTIONS
            if question.applies_to == "both" or question.applies_to in one.modes
        }


@pytest.mark.parametrize("key", [question.key for question in screening.QUESTIONS])
def test_each_yes_refuses_in_the_same_words(page: PageHost, key: str) -> None:
    protocol = library.load("muscle-strain")
    given = screening.assumed(protocol)
    answers = Answers(dict(given.answers) | {key: True}, given.injury_age)
    with pytest.raises(session.ScreeningError) as refused:
        session.judged(protocol, answers)

    told = treat(page, "sim:?speed=max", "muscle-strain", answers=dict(answers.answers))

    (error,) = of(told, "refused")
    assert (error["text"], error["hint"]) == (str(refused.value), refused.value.hint)
    assert not of(told, "begun")


def test_what_is_made_for_it_instead_has_its_title(page: PageHost) -> None:
    answers = ANSWERS | {"hot_swollen": True}

    told = treat(page, "sim:?speed=max", "arthritis", answers=answers)

    title = library.load("arthritis-flare").title
    assert of(told, "refused")[0]["hint"] == f"“{title}” is made for this; ask your doctor"


# What only a command does: by its name, or in so many words.
COMMAND = re.compile(r"`|--\w|\bpip\b|[Ff]lash|[Cc]onfiguration again")
IN_PLAIN = {"en": "on the command line", "de": "auf der Kommandozeile"}
# A page has no session that runs by itself, no protocols of a person's own, and opens no ports
# by name.
NOT_OF_PAGES = {
    "session {number} runs by itself; `poultice status` shows it",
    "session {number} went on by itself and is over; `poultice status` tells",
    "see `poultice protocols`, or give the path of a .toml file",
    "no device allows it, and --fit is for less: lower it in the protocol",
}


def runs(text: str, language: str) -> bool:
    """Can its reader do that?"""
    return not COMMAND.search(text) or IN_PLAIN[language] in text


@pytest.mark.parametrize("name", language.KNOWN)
def test_what_the_host_leaves_to_its_commands_a_page_says_in_its_own_way(name: str) -> None:
    """Each text of a module that the page runs, and nothing besides."""
    files = [f"{one}.py" for one in (*browser.HOSTED, *browser.WAITING)] + list(browser.TABLES)
    texts = catalogues.within(browser.HOST / one for one in files)
    named = {one.one for one in texts if COMMAND.search(one.one)}
    assert named >= NOT_OF_PAGES
    assert set(commands.SAID) == named - NOT_OF_PAGES
    told = browser.catalogue(name)
    assert [
        said for said in commands.SAID.values() if not runs(told.get(said, [said])[0], name)
    ] == []


STATES = ("idle", "armed", "running", "waiting", "paused", "fault")
ALLOWED = (["idle"], ["armed"], ["running"], ["waiting"], ["paused"], ["fault"], ["idle", "fault"])


@pytest.mark.parametrize("name", language.KNOWN)
def test_no_fault_and_no_refusal_sends_the_pages_reader_to_a_terminal(
    pages: PageHost, name: str
) -> None:
    pages.call("again", json.dumps(browser.catalogue(name)))
    asked: list[tuple[Any, ...]] = [("fault_hint", one) for one in (None, *remedies.FAULTS)]
    faults = [(3, "fault_active", {"fault": one}) for one in remedies.FAULTS]
    wrong = [
        (1, "wrong_state", {"state": state, "states": allowed})
        for state in STATES
        for allowed in ALLOWED
    ]
    over = [
        (2, "limit_exceeded", {"limit": "heat_target_max_mc", "asked": 42_000, "allowed": most})
        for most in (39_000, 41_000, 42_000)
    ]
    unready = [(7, "not_ready", {"reason": one}) for one in remedies.NOT_READY]
    others = [(4, "rest_required", {}), (5, "bad_token", {}), (6, "busy", {}), (-1, "what", {})]
    asked += [("from_answer", *one) for one in (*faults, *wrong, *over, *unready, *others)]

    told = [pages.call("remedy", *one) for one in asked]

    texts = [one for each in told for one in ([each] if isinstance(each, str) else each) if one]
    assert len(texts) > 100
    assert [one for one in texts if not runs(one, name)] == []


@pytest.mark.parametrize(("version", "says"), [(0, "older"), (None, "older"), (2, "newer")])
def test_a_device_of_another_version_is_let_go_of(
    page: PageHost, monkeypatch: pytest.MonkeyPatch, version: Any, says: str
) -> None:
    monkeypatch.setattr(queries, "PROTOCOL", version)

    told = treat(page, "sim:?speed=max", "arthritis")

    (gone,) = told
    assert (gone["kind"], says in gone["hint"]) == ("gone", True)


def test_a_plan_over_a_lesser_device_is_refused_and_fitted(page: PageHost) -> None:
    path = "sim:?speed=max&sensor_b=0&two_point=0"
    over = [one.name for one in library.all_protocols() if "heat" in one.modes]
    told = treat(page, path, over[0])
    page.call("again")
    fitted = treat(page, path, over[0], fit=True)

    if of(told, "refused"):
        assert "tick that" in of(told, "refused")[0]["hint"]
        assert of(fitted, "begun")[0]["notes"]
    assert of(fitted, "ended")


def test_what_the_device_declines_is_no_session(page: PageHost) -> None:
    told = treat(page, "sim:?speed=max&fault=sensor_open@boot", "arthritis")

    (refused,) = of(told, "refused")
    assert "sensor_open" in refused["text"]
    assert not of(told, "recorded") and not of(told, "ended")


def test_a_session_is_recorded_from_where_it_runs(page: PageHost) -> None:
    told = treat(page, "sim:?speed=max", "arthritis")

    kinds = [one["kind"] for one in told if one["kind"] in ("begun", "recorded", "ended")]
    assert kinds == ["begun", "recorded", "ended"]
    after = told[told.index(of(told, "recorded")[0]) :]
    assert of(after, "now")[0]["now"]["state"] == "running"


def test_orders_reach_the_device(page: PageHost) -> None:
    states: list[str] = []

    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "hello":
            given = screening.assumed(library.load("arthritis"))
            asked = {"protocol": "arthritis", "answers": dict(given.answers), "injury_age": "none"}
            page.call("run", json.dumps(asked))
        if one["kind"] == "now":
            state, seen = one["now"]["state"], len(states)
            if not states or states[-1] != state:
                states.append(state)
            if one["now"]["heat"] and "paused" not in states:
                page.call("order", "pause")
            elif state == "paused" and len(states) > seen:
                page.call("order", "resume")
            elif state == "running" and "paused" in states:
                page.call("order", "stop")
        if one["kind"] == "ended":
            page.call("leave")

    told = drive(page, "sim:?speed=max", heard)

    assert "paused" in states and states[-1] == "idle"
    assert of(told, "ended")[0]["session"]["summary"]["outcome"] == "stopped"


def test_what_nobody_looks_at_is_put_into_words_now_and_then(page: PageHost) -> None:
    """And at once when somebody does; every second of it is a sample all the same."""
    looked: list[int] = []

    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "hello":
            page.call("look", False)
            page.call("run", ASKED)
        if one["kind"] == "now" and one["now"]["t_ms"] > 300_000 and not looked:
            looked.append(len(told))
            page.call("look", True)
        if one["kind"] == "now":
            told.append(one)
        if one["kind"] == "words":
            told.append(one)
            if looked and len(told) > looked[0] + 30:
                page.call("leave")

    told: list[dict[str, Any]] = []
    drive(page, "sim:?speed=max", heard)

    before, after = told[: looked[0]], told[looked[0] : looked[0] + 20]
    assert 20 < len(of(before, "words")) < 60 < 200 < len(of(before, "now"))
    assert [one["kind"] for one in after] == ["now", "words"] * 10


def test_letting_go_of_a_session_stops_it_first(page: PageHost) -> None:
    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "hello":
            page.call("run", ASKED)
        if one["kind"] == "now" and one["now"]["heat"]:
            page.call("leave")

    told = drive(page, "sim:?speed=max", heard)

    (ended,) = of(told, "ended")
    assert ended["session"]["summary"]["reason"] == "host"
    assert not of(told, "now")[-1]["now"]["master"]


@pytest.mark.parametrize("later", [0, 1, 2, 3, 10])
def test_a_second_start_is_passed_over_and_never_kept_for_later(page: PageHost, later: int) -> None:
    """It stayed asked for, and letting go of the device began it."""
    seen = [0]

    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "hello":
            page.call("run", ASKED)
        if one["kind"] in ("begun", "event", "now"):
            seen[0] += 1
            if seen[0] == 1 + later:
                page.call("run", ASKED)
            if seen[0] == 60:
                page.call("order", "stop")
        if one["kind"] == "ended":
            page.call("leave")

    told = drive(page, "sim:?speed=max", heard)

    assert [one["kind"] for one in told if one["kind"] in ("begun", "ended", "refused")] == [
        "begun",
        "ended",
    ]


@pytest.mark.parametrize("first", ["run", "leave"])
def test_letting_go_and_a_start_at_once_start_nothing(page: PageHost, first: str) -> None:
    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "hello":
            # Only one that is let go of takes neither.
            for what in (first, "leave" if first == "run" else "run"):
                page.call(what, *([ASKED] if what == "run" else []))

    told = drive(page, "sim:?speed=max", heard)

    assert not of(told, "recorded")
    assert not any(one["now"]["master"] for one in of(told, "now"))


def test_a_stop_at_once_starts_nothing(page: PageHost) -> None:
    def heard(one: dict[str, Any]) -> None:
        if one["kind"] == "now" and one["now"]["state"] == "idle" and not asked:
            asked.append(True)
            page.call("run", ASKED)
            page.call("order", "stop")
        if one["kind"] == "refused":
            page.call("leave")

    asked: list[bool] = []
    told = drive(page, "sim:?speed=max", heard)

    assert "nothing was started" in of(told, "refused")[0]["text"]
    assert not of(told, "recorded")


GOOD = wire.encode({"jsonrpc": "2.0", "id": 1, "result": {"a": [1, None, True, "x"], "b": -2.5}})
BODY = GOOD[:-10]


def sealed(body: bytes) -> bytes:
    return body + b"*%08x" % zlib.crc32(body)


@given(
    at=st.integers(0, len(GOOD) - 2),
    put=st.binary(max_size=3) | st.sampled_from([b"1e999", b"NaN", b"\\u00e4", b"[[", b":", b'"']),
    taken=st.integers(0, 4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_its_reader_takes_nothing_that_the_host_refuses(
    page: PageHost, at: int, put: bytes, taken: int
) -> None:
    changed = [whole[:at] + put + whole[at + taken :] for whole in (GOOD[:-1], BODY)]
    for line in (changed[0], sealed(changed[1])):
        taken_as = page.call("decode", list(line))
        try:
            read = wire.decode(line)
        except wire.GarbledLine:
            read = None
        assert taken_as in (None, read)


def test_its_reader_takes_what_a_device_says(page: PageHost) -> None:
    for line in (GOOD[:-1], GOOD[:-1] + b"\r"):
        assert page.call("decode", list(line)) == wire.decode(line)
    for line in (b"", b"*", GOOD[:-2], b"x" * 2048):
        assert page.call("decode", list(line)) is None


def test_the_page_is_small() -> None:
    """With its interpreter 1.5 MB, and both pages' scripts 900 lines."""
    names = ("*.html", "*.css", "*.js")
    own = [path for name in names for path in browser.PAGE.glob(name)]
    sources = json.dumps({"files": browser.pad_sources()})
    others = sum(map(len, browser.packaged().values()))
    assert sum(path.stat().st_size for path in own) + len(sources) + others <= 1_500_000
    scripts = [path.read_text(encoding="utf-8") for path in browser.PAGE.glob("*.js")]
    assert sum(len(text.splitlines()) for text in scripts) <= 900


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("x = f\"{a!r:>4} {'b: c'}\"", "x = '{!r:>4} {}'.format(a, 'b: c')"),
        ("x = f'{{{a}}}'", "x = '{{{}}}'.format(a)"),
        ("x = [*a, 1]", "x = list(a) + [1]"),
        ("x = (1, *a)", "x = tuple([1] + list(a))"),
        ("x = {**a, 'b': 1}", "x = {} | a | {'b': 1}"),
        ("x = isinstance(a, int | str | Mapping)", "x = isinstance(a, ((int, str), dict))"),
        ("x = dict[str, int]()", "x = dict()"),
        ("x = zip(a, b, strict=True)", "x = zip(a, b)"),
        ("x = vars(a)", "x = a.__dict__"),
    ],
)
def test_what_micropython_does_not_read_is_said_otherwise(written: str, read: str) -> None:
    assert dialect.without_types(written + "\n") == read + "\n"


def test_what_waits_gives_way_and_what_is_called_alike_does_not() -> None:
    text = "def a():\n    return b.receive(1)\n\ndef c():\n    tally.a()\n    x = a()\n"
    steps = dialect.as_steps({"m": text}, "receive", never=("tally",))["m"]
    assert "return (yield from b.receive(1))" in steps
    assert "\n    tally.a()\n" in steps
    assert "x = (yield from a())" in steps
