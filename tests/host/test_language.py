"""What a person reads in another language; what programs read stays as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs import catalogues
from poultice import language, temperature, words
from poultice.cli import ask
from poultice.cli.dashboard import panels
from poultice.cli.dashboard.course import Course
from poultice.cli.dashboard.drawn import UNICODE, width_of
from poultice.cli.feed import Feed
from poultice.cli.keys import Keys
from poultice.language import Translated, joined, number, put, tr, trn
from poultice.link.messages import Event
from poultice.pofile import Catalogue
from poultice.session.orders import Orders
from poultice.therapy import screening
from tests.host.conftest import Say
from tests.host.recorded import opened, record, sample
from tests.host.written import phase, protocol

MESSAGES = catalogues.extracted()
OTHERS = [one for one in language.KNOWN if one != language.ENGLISH]
HEAT = [one for one in screening.QUESTIONS if one.applies_to in ("both", "heat")]
WELL = "n\n" * len(HEAT) + "4\n"
_COMMAND = re.compile(r"`[^`]*`")


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for as in a shell, and in force at once."""
    monkeypatch.setenv("POULTICE_LANGUAGE", "de")
    monkeypatch.setenv("COLUMNS", "80")
    language.use("de")


def catalogue(name: str) -> Catalogue:
    return Catalogue(catalogues.LOCALE / name / "LC_MESSAGES" / "poultice.po")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def english_in(text: str) -> list[str]:
    """The sources' longer texts that stand in `text`."""
    flat = " ".join(text.split())
    longer = [one.one for one in MESSAGES if len(one.one) > 14 and "{" not in one.one]
    return [one for one in longer if one in flat]


# The catalogues.


def as_it_should_be(message: catalogues.Message, told: str) -> bool:
    """Whether the same is put into it, it quotes the same commands, and has the same edges."""
    edges = [(one[:1].isspace(), one[-1:].isspace()) for one in (told, message.one)]
    quoted = [sorted(_COMMAND.findall(one)) for one in (told, message.one)]
    # Of a text with a plural the number may stay out.
    put_in = [fields(one) | ({"n"} if message.many else set()) for one in (told, message.one)]
    return all(one == other for one, other in (edges, quoted, put_in))


@pytest.mark.parametrize("name", OTHERS)
def test_every_text_has_a_translation_with_the_same_in_it(name: str) -> None:
    found = catalogue(name)
    forms = {one: found.forms(one.one, one.many) for one in MESSAGES}
    lacking = [one for one, told in forms.items() if not told]
    assert lacking == [], "python docs/catalogues.py adds them"
    wrong = [each for one, told in forms.items() for each in told if not as_it_should_be(one, each)]
    assert wrong == []


@pytest.mark.parametrize("name", OTHERS)
def test_no_catalogue_has_what_the_sources_have_not(name: str) -> None:
    text = (catalogues.LOCALE / name / "LC_MESSAGES" / "poultice.po").read_text(encoding="utf-8")
    ids = [one for one in text.replace('"\n"', "").split("\n") if one.startswith("msgid ")][1:]
    assert len(ids) == len(set(ids)) == len(MESSAGES)
    assert "#~" not in text
    assert "@" not in text, "nobody's address"


@pytest.mark.parametrize("name", OTHERS)
def test_no_word_for_yes_means_no_elsewhere(name: str) -> None:
    english = ask.understood()
    language.use(name)
    known = ask.understood()
    assert {word: known[word] for word in english} == english
    assert set(known.values()) == {ask.YES, ask.NO, ask.BACK}
    assert known[ask.back()] == ask.BACK


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(st.sampled_from([one for one in MESSAGES if one.many is None]), st.data())
def test_whatever_is_put_into_a_text_is_in_it_and_in_its_english(
    message: catalogues.Message, data: st.DataObject
) -> None:
    values = {name: data.draw(TEXT) for name in fields(message.one)}
    language.use("de")
    try:
        told = tr(message.one, **values)
    finally:
        language.use("en")
    english = message.one.format(**values) if values else message.one
    assert language.english(told) == english == tr(message.one, **values)
    assert all(value in told for value in values.values())


@given(TEXT.filter(bool), TEXT.filter(bool), st.lists(st.integers(1, 39), max_size=3))
def test_what_is_written_is_found(
    tmp_path_factory: pytest.TempPathFactory, text: str, told: str, cuts: list[int]
) -> None:
    def quoted(one: str) -> str:
        places = sorted({0, *(cut for cut in cuts if cut < len(one))})
        parts = [one[a:b] for a, b in zip(places, [*places[1:], None], strict=True)]
        escaped = [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
        return "\n".join(f'"{part}"' for part in (["", *escaped] if cuts else escaped))

    path = tmp_path_factory.getbasetemp() / "one.po"
    header = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    path.write_text(f"{header}\nmsgid {quoted(text)}\nmsgstr {quoted(told)}\n", encoding="utf-8")
    assert Catalogue(path).gettext(text) == told
    assert Catalogue(path).gettext(text + "?") == text + "?"


def test_what_is_fuzzy_empty_or_missing_is_english(tmp_path: Path) -> None:
    path = tmp_path / "some.po"
    path.write_text(
        '\ufeffmsgid ""\nmsgstr ""\n'
        '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\\n"\n\n'
        '#, fuzzy, python-brace-format\nmsgid "a"\nmsgstr "A"\n\n# not fuzzy\nmsgid "b"\n'
        'msgstr "B"\n\nmsgid "c"\nmsgstr ""\n\n#~ msgid "d"\n#~ msgstr "D"\n\n'
        'msgid "{n} one"\nmsgid_plural "{n} many"\nmsgstr[0] "I {n}"\nmsgstr[1] "II"\n'
        'msgstr[2] "III {n}"\n'.replace("\n", "\r\n"),
        encoding="utf-8",
        newline="",
    )
    found = Catalogue(path)
    assert [found.gettext(one) for one in ("a", "b", "c", "d", "")] == ["a", "B", "c", "d", ""]
    assert [found.ngettext("{n} one", "{n} many", n) for n in (1, 2, 3)] == [
        "I {n}",
        "II",
        "III {n}",
    ]
    assert found.ngettext("x", "y", 2) == "y"


def test_numbers_and_what_is_made_of_texts_keep_their_english() -> None:
    assert (temperature.shown(40_500), trn("{n} session", "{n} sessions", 1)) == (
        "40.5 °C",
        "1 session",
    )
    language.use("de")
    shown = temperature.shown(40_500)
    assert (shown, language.english(shown), number("12,345.6")) == (
        "40,5 °C",
        "40.5 °C",
        "12.345,6",
    )
    both = joined(tr(" or "), [put("{a}: {b}", a="x", b=tr("heat")), shown])
    assert (both, language.english(both)) == ("x: Wärme oder 40,5 °C", "x: heat or 40.5 °C")
    assert trn("{n} session", "{n} sessions", 2) == "2 Sitzungen"
    assert language.in_english({"a": [tr("heat"), 1, None], "b": ("x", tr("cold"))}) == {
        "a": ["heat", 1, None],
        "b": ["x", "cold"],
    }
    error = str(ValueError(tr("heat")))
    assert (error, language.english(error)) == ("Wärme", "heat")
    assert isinstance(tr("no text of ours"), Translated)


# Which language.


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de_AT@euro"}, "de"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_DE"}, "de"),
        ({"LANG": "de_DE", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "POSIX"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "it:de:en"}, "de"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "en:de"}, "en"),
        ({"LANGUAGE": "de"}, "en"),
        ({"LANG": "../../x"}, "en"),
    ],
)
def test_the_locale_says_which(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LC_ALL")
    for one in ("LANG", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(one, raising=False)
    for one, value in variables.items():
        monkeypatch.setenv(one, value)
    assert language.of_locale() == name


def test_the_nearest_setting_counts(
    say: Say, set_in_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    german, english = "Protokoll", "protocol"
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    lacks = "protocols show nothing-of-this"
    assert german in say(lacks, 2).err
    set_in_file('language = "en"')
    assert english in say(lacks, 2).err
    set_in_file('language = "en"\n[protocols]\nlanguage = "de"')
    assert german in say(lacks, 2).err
    monkeypatch.setenv("POULTICE_LANGUAGE", "en")
    assert english in say(lacks, 2).err
    monkeypatch.setenv("POULTICE_PROTOCOLS_LANGUAGE", "de")
    assert german in say(lacks, 2).err
    assert english in say(f"{lacks} --language en", 2).err


def test_an_unknown_one_is_told_with_those_there_are(
    say: Say, set_in_file: Callable[[str], Path]
) -> None:
    told = say("history --language fr", 2).err
    assert all(f"'{name}'" in told for name in language.KNOWN)
    set_in_file('language = "fr"')
    told = say("history", 2).err
    assert "configuration file" in told
    assert "'de'" in told


def test_what_is_for_whoever_mends_it_is_english(say: Say, german: None) -> None:
    assert "Fehler" not in say("config show -d sim:?speed=0", 2).err
    assert "Usage: " in say("run --help").out


def test_english_loads_no_catalogue() -> None:
    line = (
        "import sys; from poultice.cli import main; "
        "main(['run', 'arthritis', '--dry-run', '-d', 'sim:']); "
        "print('poultice.pofile' in sys.modules)"
    )
    for name, loaded in (("en", "False"), ("de", "True")):
        env = {
            **os.environ,
            "POULTICE_LANGUAGE": name,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONUTF8": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", line], env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == loaded


# A patient's evening.


def test_a_session_from_its_first_question_to_its_page(
    say: Say, short: str, typed: Callable[[str], None], german: None, tmp_path: Path
) -> None:
    typed("vielleicht\nz\nnein\nn\nz\n" + WELL.removeprefix("n\n"))
    told = say(["run", short, "-d", "sim:?speed=max"])
    whole = told.out + told.err
    assert f"1 von {len(HEAT) + 1}  Ist an der Stelle" in told.err
    assert "Sind Sie nicht sicher, gilt das als Ja." in told.err
    for one in ("Wärme 40,0 °C, 30 s", "short: vollständig", "Kissenrelais", "nächste Sitzung"):
        assert one in whole
    assert english_in(whole) == []
    page = Path(say(["report", "-o", str(tmp_path / "x.html")]).out.strip()).read_text("utf-8")
    assert '<html lang="de">' in page
    assert "Vollständig: sie lief bis zu ihrem Ende" in page
    visible = re.sub("<(script|style).*?</\\1>", "", page, flags=re.S)
    assert english_in(visible) == []
    assert re.search(r"\d,\d °C", visible)
    assert not re.search(r"\d\.\d °C", visible)
    say(["report", "--language", "en", "-o", str(tmp_path / "x.html")])
    assert '<html lang="en">' in (tmp_path / "x.html").read_text("utf-8")


@pytest.mark.parametrize("yes", ["j", "Ja", "y", "yes"])
def test_a_yes_refuses_in_german(
    yes: str, say: Say, typed: Callable[[str], None], german: None
) -> None:
    typed(f"n\n{yes}\n")
    told = say("run arthritis -d sim:?speed=max", 6).err
    assert "Fehler: durch Diabetes geschädigte Nerven" in told
    assert "Tipp: fragen Sie Ihre Ärztin" in told
    assert english_in(told) == []


@pytest.mark.parametrize("question", [*screening.QUESTIONS], ids=lambda one: one.key)
def test_no_word_is_broken_at_80_columns(question: screening.Question, german: None) -> None:
    for text in (f"12 von 14  {tr(question.text)} [j/n]", tr(question.reason)):
        lines = ask.lines(text, " " * 9).splitlines()
        assert max(map(len, lines)) < 80
        assert " ".join(lines).split() == text.split()


@pytest.mark.parametrize("mode", ["heat", "cold", "rest"])
def test_the_full_screen_has_room_for_it(mode: str, german: None) -> None:
    from poultice.link import messages

    limits = {"heat_cutoff_mc": 43_000, "cold_cutoff_mc": 7_000, "dose_session_m": 9_000}
    plan = [{"mode": mode, "target_mc": None, "duration_s": 600}]
    course = Course("sim:", "contrast", plan, ["Warm again."], limits)
    row = {**sample(9, 0, mode, 40_500, 500), "mode": mode, "duty_pct": 100, "budget_pct": 100}
    now = messages.telemetry(row)
    assert now is not None
    course.take(now)
    for line in panels.facts(course, 80, UNICODE):
        assert width_of(line) <= 80, line
    assert width_of(panels.heading(course, 80, UNICODE)) == 80
    assert panels.message(course, watching=False, stopping=False)[0] == " Wieder warm."
    assert tr(mode)[0] in "".join(text for text, _ in panels.timeline(course, 80, UNICODE))


def test_a_fault_is_named_in_words_and_by_its_name(german: None) -> None:
    told = words.event(Event("fault", 0, {"fault": "over_temperature", "temp_mc": 43_200}))
    assert told == "Störung: Übertemperatur (over_temperature) bei 43,2 °C"
    assert language.english(told) == "fault: over_temperature at 43.2 °C"


def test_what_is_no_rating_is_told_in_the_language(say: Say, german: None) -> None:
    assert say("note 1 --pain-before 11", 2).err.startswith("Fehler: --pain-before '11' ist")


def test_one_closing_is_one(german: None) -> None:
    told = trn("{n} closing", "{n} closings", 1)
    assert (told, language.english(told)) == ("1 Schaltung", "1 closing")
    course = {"due": 0, "sessions": 1, "from": "2026-05-01", "done": 1, "pct": 100, "extra": 0}
    told = words.course(course)
    assert language.english(told) == "nothing was due yet: 1 session from 2026-05-01 on"
    assert words.course({**course, "due": 1}) == "1 von 1 fälligen Sitzung (100 %)"
    assert words.course({**course, "due": 2}) == "1 von 2 fälligen Sitzungen (100 %)"


def test_the_calendar_is_in_the_language_too(say: Say, given_files: dict[str, str]) -> None:
    line = ["course", "calendar", given_files["COURSE"], "-o", "-"]
    for name, title in (("en", "moist-feeling low heat"), ("de", "milde")):
        assert title in say([*line, "--language", name]).out


@pytest.mark.parametrize(("name", "left"), [("en", False), ("de", True)])
def test_the_key_for_yes_is_that_of_the_language(name: str, left: bool) -> None:
    language.use(name)
    stopped: list[bool] = []
    keys = Keys([Feed("sim:", Orders())], stop_all=lambda: stopped.append(True))
    keys.press("q")
    keys.press("j")
    assert (bool(stopped), keys.asking) == (left, not left)
    keys.press("n")
    assert not keys.asking


# What programs read.

LINES = [
    "protocols --json",
    "protocols show contrast --json",
    "history --json",
    "history show 1 --json",
    "history trends --json",
    "note 1 --pain-after 3 --json",
    "status -d sim:?seed=3 --json",
    "run arthritis --yes --json -d sim:?speed=max&seed=3",
    "run arthritis --yes --json -d sim:?speed=max&seed=4&fault=estop@60",
    "run SHORT --yes --json -d sim:?speed=max&seed=5 -d sim:?speed=max&seed=6&fault=estop@9",
    "run HOT --yes --json -d sim:?speed=max",
    "run arthritis --dry-run --json -d sim:",
    "course show COURSE --json",
    "course today COURSE --json -d sim:?seed=9",
]


@pytest.fixture
def given_files(tmp_path: Path, short: str) -> dict[str, str]:
    record(opened(tmp_path / "data"), until_s=60, outcome="stopped", reason="button")
    hot = tmp_path / "hot.toml"
    hot.write_text(protocol("hot", phase("heat", 44, 600)), encoding="utf-8")
    course = tmp_path / "knee.toml"
    course.write_text(
        'protocol = "arthritis"\nfrom = 2026-01-01\nuntil = 2026-12-31\ntimes = ["08:00"]\n',
        encoding="utf-8",
    )
    return {"SHORT": short, "HOT": str(hot), "COURSE": str(course)}


def code_of(line: str) -> int:
    return 7 if "estop" in line else 6 if "HOT" in line else 0


@pytest.mark.parametrize("line", LINES)
def test_json_is_the_same(
    line: str, say: Say, given_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poultice.remedies.clock_after", lambda wait_s: "18:27")
    args = [given_files.get(word, word) for word in line.split()]
    told = []
    for name in ("en", "de"):
        monkeypatch.setenv("POULTICE_LANGUAGE", name)
        told.append(say(args, code_of(line)).out)
    assert told[0] == told[1] != ""


@pytest.mark.parametrize("line", [one for one in LINES if one.startswith("run")])
def test_a_log_is_the_same(
    line: str,
    say: Say,
    given_files: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("poultice.remedies.clock_after", lambda wait_s: "18:27")
    args = [given_files.get(word, word) for word in line.split() if word != "--json"]
    told = []
    for name in ("en", "de"):
        monkeypatch.setenv("POULTICE_LANGUAGE", name)
        path = tmp_path / f"{name}.log"
        say([*args, "--log-file", str(path)], code_of(line))
        kept = path.read_text(encoding="utf-8").splitlines()[1:]
        told.append([re.sub(r"report \d+", "report N", one[26:]) for one in kept])
    assert sorted(told[0]) == sorted(told[1])
