"""The shipped protocols fit and are sourced; a file that is wrong says where and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.errors import ExitCode, ProtocolFileError, UnknownProtocolError
from poultice.therapy import library, plan
from poultice.therapy.phase import Phase, Protocol
from poultice_core.limits import Limits

# protocols.md's table: mode, milli-°C, seconds.
H, C, R = "heat", "cold", "rest"
TABLE: dict[str, tuple[str, list[tuple[str, int | None, int]]]] = {
    "arthritis": ("no", [(H, 40_500, 1200)]),
    "arthritis-flare": ("any", [(C, 12_000, 900)]),
    "muscle-strain": ("no", [(C, 12_000, 600), (R, None, 120), (H, 40_000, 900)]),
    "muscle-strain-acute": ("only", [(C, 12_000, 600), (R, None, 600), (C, 12_000, 600)]),
    "sprain": ("no", [(C, 12_000, 600), (R, None, 120), (H, 40_000, 900)]),
    "tendinitis": ("any", [(C, 12_000, 900)]),
    "tendinosis": ("no", [(H, 40_500, 900)]),
    "muscle-spasm": ("no", [(H, 40_500, 1200)]),
    "contrast": ("no", [(H, 40_500, 240), *[(C, 12_000, 60), (H, 40_500, 240)] * 4]),
    "soreness": ("no", [(H, 40_000, 1200)]),
}

WHOLE = """\
name = "mine"
title = "Mine"
summary = "Short."
evidence = ["a source"]
acute = "any"

[[phase]]
mode = "heat"
target = 40.5
minutes = 20
say = "Warm."

[[phase]]
mode = "rest"
minutes = 1.5
"""


def parse(text: str) -> Protocol:
    return library.parse(text.encode(), "mine.toml")


def error_of(text: str | bytes) -> ProtocolFileError:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ProtocolFileError) as caught:
        library.parse(data, "mine.toml")
    assert caught.value.exit_code == ExitCode.USAGE
    assert "mine.toml" in str(caught.value)
    return caught.value


def test_the_shipped_ones_are_those_of_the_contract() -> None:
    assert library.names() == sorted(TABLE)
    for protocol in library.all_protocols():
        acute, phases = TABLE[protocol.name]
        assert protocol.acute == acute
        assert [(p.mode, p.target_mc, p.duration_s) for p in protocol.phases] == phases


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_shipped_protocol_fits_and_is_sourced(name: str) -> None:
    protocol = library.load(name)
    assert protocol.name == name == Path(protocol.source).stem
    assert len(protocol.evidence) >= 2
    assert protocol.summary
    assert all(phase.say for phase in protocol.phases)
    limits = Limits().reported()
    for sensitive in (False, True):
        made, _ = plan.make_plan(protocol, sensitive=sensitive, attended_s=10, limits=limits)
        assert plan.check(made, limits) == []
    # No heat in the first 72 hours of an injury, whatever the protocol.
    assert "heat" not in protocol.modes or protocol.acute == "no"


def test_a_whole_file() -> None:
    assert parse(WHOLE) == Protocol(
        name="mine",
        title="Mine",
        summary="Short.",
        evidence=("a source",),
        acute="any",
        phases=(Phase("heat", 40_500, 1200, "Warm."), Phase("rest", None, 90, None)),
        source="mine.toml",
    )


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("artritis", "arthritis"), ("Contrasst", "contrast"), ("musclestrain", "muscle-strain")],
)
def test_an_unknown_name_gets_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownProtocolError) as caught:
        library.load(name)
    assert caught.value.nearest[0] == nearest
    assert nearest in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Arthritis", "arthritis"),
        ("ARTHRITIS-FLARE", "arthritis-flare"),
        ("Muscle Spasm", "muscle-spasm"),
        ("muscle_strain_acute", "muscle-strain-acute"),
        # A protocol's name wins over a file here; a path or an ending in any case names a file.
        ("arthritis", "arthritis"),
        ("./arthritis", "mine"),
        ("mine.toml", "mine"),
        ("MINE.TOML", "mine"),
        ("{here}/MINE.TOML", "mine"),
    ],
)
def test_a_name_in_any_case_or_a_file(
    given: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("arthritis", "mine.toml", "MINE.TOML"):
        Path(file).write_text(WHOLE)
    assert library.load(given.format(here=tmp_path)).name == name


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("gout", ["arthritis-flare"]),
        ("GOUT", ["arthritis-flare"]),
        ("stiff neck", ["muscle-spasm"]),
        ("my stiff neck", ["muscle-spasm"]),
        ("tennis elbow", ["tendinitis", "tendinosis"]),
        ("zzzz", []),
        ("ba", []),
        ("", []),
        ("for the", []),
        ("\0", []),
    ],
)
def test_what_it_is_for(wanted: str, found: list[str]) -> None:
    assert [one.name for one in library.find(wanted)] == found


@pytest.mark.parametrize(
    ("part", "some"),
    [
        ("knee", "sprain"),
        ("Knees", "arthritis"),
        ("back", "muscle-spasm"),
        ("neck", "muscle-spasm"),
        ("ankles", "sprain"),
        ("elbow", "tendinosis"),
        ("hamstring", "muscle-strain"),
        ("toe", "arthritis-flare"),
        ("gentle", "soreness"),
    ],
)
def test_a_part_of_the_body_or_a_word(part: str, some: str) -> None:
    found = [one.name for one in library.find(part)]
    assert some in found
    assert len(found) < 10
    with pytest.raises(UnknownProtocolError) as caught:
        library.load(part)
    assert caught.value.nearest == tuple(found)
    assert all(name in str(caught.value.hint) for name in found)
    assert f"`poultice protocols {part}`" in str(caught.value.hint)


def test_those_made_for_it_come_first() -> None:
    assert library.find("back")[0].name == "muscle-spasm"
    assert library.find("strain")[0].name.startswith("muscle-strain")


def test_every_shipped_one_is_found_by_its_keywords() -> None:
    for protocol in library.all_protocols():
        assert protocol.keywords
        for word in protocol.keywords:
            assert protocol in library.find(word.upper())


@pytest.mark.parametrize("name", ["leaflet.pdf", "mine", "mine.txt"])
def test_another_file_is_not_called_unknown(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"%PDF-1.4 \0")
    with pytest.raises(UnknownProtocolError) as caught:
        library.load(name)
    assert f"./{name}" in str(caught.value.hint)
    with pytest.raises(ProtocolFileError, match="not a text file"):
        library.load(f"./{name}")


@pytest.mark.parametrize("name", ["", "zzzz", "\0", "x" * 100_000])
def test_a_name_like_nothing(name: str) -> None:
    with pytest.raises(UnknownProtocolError):
        library.load(name)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("target = 40.5", "target = = 40.5", 9, "not valid TOML"),
        ('title = "Mine"', 'title = "Mine', 2, "not valid TOML"),
        ('mode = "heat"', 'mode = "hot"', 8, '"heat", "cold", "rest"'),
        ("target = 40.5", 'target = "40.5"', 9, "target is text"),
        ("target = 40.5", "target = true", 9, "true or false"),
        ("target = 40.5", "target = nan", 9, "out of all range"),
        ("target = 40.5", "target = 1e999999999", 9, "out of all range"),
        ("target = 40.5", "target = 1e99999999999999999999", 9, "out of all range"),
        ("target = 40.5", "target = 1e-999999", 9, "too fine"),
        ("target = 40.5", "target = 40.5000000000000000000000000000000001", 9, "too fine"),
        ("target = 40.5", "target = 40.0005", 9, "too fine"),
        ("target = 40.5\n", "", 7, "target is missing"),
        ("target = 40.5", "targt = 40.5", 9, "did you mean target?"),
        ("minutes = 20", "minutes = 0", 10, "above 0"),
        ("minutes = 20", "minutes = -1", 10, "above 0"),
        ("minutes = 20", "minutes = 0.001", 10, "too fine"),
        ("minutes = 20", "minutes = 20\nseconds = 3", 10, "both minutes and seconds"),
        ("minutes = 20\n", "", 7, "no duration"),
        ("minutes = 1.5", "minutes = 1.5\ntarget = 20", 16, "no target for a rest"),
        ("minutes = 1.5", "minutes = 2007-08-09", 15, "a date or time"),
        ('name = "mine"', 'name = "Mine"', 1, "1 to 32"),
        ('name = "mine"', 'name = "mïne"', 1, "1 to 32"),
        ('title = "Mine"\n', "", None, "title is missing"),
        ('title = "Mine"', r'title = "\u001b[2J"', 2, "not plain"),
        ('acute = "any"', 'acute = "some"', 5, '"only", "no", "any"'),
        ('acute = "any"\n', "", None, "acute is missing"),
        ('evidence = ["a source"]', "evidence = [3]", 4, "list of lines"),
        ('summary = "Short."', "summry = 1", 3, "did you mean summary?"),
        ('say = "Warm."', "say = [1]", 11, "say is a list"),
        ("target = 40.5", "target = 40,5", 9, "a decimal point"),
        ("target = 40.5", "target = 40.5 °C", 9, "the number alone"),
        ("target = 40.5", "target = 104F", 9, "the number alone"),
        ("minutes = 20", "minutes = 20 min", 10, "the number alone"),
        ("minutes = 20", "minutes =", 10, "nothing behind the ="),
        ("minutes = 20", "minutes = # later", 10, "nothing behind the ="),
        ("minutes = 20", "minutes = 20\nminutes = 10", 11, "minutes is given twice"),
        ('mode = "heat"', "mode = heat", 8, "quotes around it"),
        ('mode = "heat"', "mode = “heat”", 8, "straight ones"),
        ('mode = "heat"', 'mode: "heat"', 8, "an equals sign"),
        ('mode = "heat"', 'mode "heat"', 8, "no equals sign"),
        ('mode = "heat"', 'mode = "Heat"', 8, "did you mean heat?"),
        ('mode = "heat"', 'Mode = "heat"', 8, "did you mean mode?"),
        ('title = "Mine"', 'title = "Mine', 2, "a quote at its end"),
        ("target = 40.5", 'target = "40.5"', 9, "take the quotes away"),
        ("[[phase]]", "[[phase]", 7, "two brackets on each side"),
        ("[[phase]]", "[[phases]]", 7, "did you mean phase?"),
        ('say = "Warm."', 'acute = "no"', 11, "above the first [[phase]]"),
        ('acute = "any"', "target = 40", 5, "under [[phase]]"),
        ('summary = "Short."', 'keywords = "knee"', 3, "a list of words"),
        ('summary = "Short."', "keywords = [1]", 3, "keywords holds a number"),
    ],
)
def test_what_is_wrong_and_where(old: str, new: str, line: int | None, says: str) -> None:
    assert old in WHOLE
    error = error_of(WHOLE.replace(old, new, 1))
    assert error.line == line
    assert says in f"{error} {error.hint}"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "name is missing"),
        (b"\xff\xfe", "UTF-8"),
        (WHOLE.encode() + b"#\xff", "UTF-8"),
        (b"#" * 1_000_000, "too large"),
        (b"a = " + b"[" * 20_000, "nested too deeply"),
        (b"a = " + b"9" * 5_000, "not valid TOML"),
        (b'name = "x"\ntitle = "x"\nacute = "any"\nphase = []', "no phases"),
        (b'name = "x"\ntitle = "x"\nacute = "any"\nphase = [1]', "not a table"),
        (b'name = "x"\ntitle = "x"\nacute = "any"\n' + b"[[phase]]\n" * 65, "at most 64"),
        (b"minutes = " + b"1" * 5000, "a number of thousands of digits"),
        (b"name = 'a\nb'\n", "text that is not closed"),
        (b"name = 'a'\rtitle = 'b'\r", "line ends of an old Mac"),
    ],
)
def test_any_bytes_in_words_of_ours(data: bytes, says: str) -> None:
    told = str(error_of(data))
    assert says in told
    assert "sys." not in told and "invalid character" not in told


def test_a_phase_in_one_pair_of_brackets_is_named_so() -> None:
    one = WHOLE[: WHOLE.rindex("[[phase]]")].replace("[[phase]]", "[phase]")
    error = error_of(one)
    assert error.line == 7
    assert "[[phase]], two brackets" in str(error)
    error = error_of(WHOLE.replace("[[phase]]", "[phase]"))
    assert error.line == 13
    assert "[[phase]], two brackets" in str(error)


def test_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.toml", Path("/dev/null"), tmp_path / ("x" * 5000)):
        with pytest.raises(ProtocolFileError) as caught:
            library.load_file(path)
        assert caught.value.hint
    with pytest.raises(ProtocolFileError):
        library.load("a\0b.toml")


texts = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=60
)
written = st.fixed_dictionaries(
    {
        "name": st.text("abcxyz0189-", min_size=1, max_size=32),
        "title": texts,
        "summary": texts,
        "evidence": st.lists(texts, max_size=4),
        "acute": st.sampled_from(library.ACUTE),
        "phases": st.lists(
            st.one_of(
                st.tuples(
                    st.sampled_from(["heat", "cold"]),
                    st.integers(-50_000, 99_999),
                    st.integers(1, 9_999),
                    texts,
                ),
                st.tuples(st.just("rest"), st.none(), st.integers(1, 9_999), texts),
            ),
            min_size=1,
            max_size=16,
        ),
    }
)


def _number(thousandths: int) -> str:
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{abs(thousandths) // 1000}.{abs(thousandths) % 1000:03}"


def _toml(data: dict[str, Any]) -> str:
    def quote(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    lines = [f"{key} = {quote(data[key])}" for key in ("name", "title", "summary", "acute")]
    lines.append("evidence = [" + ", ".join(map(quote, data["evidence"])) + "]")
    for mode, target_mc, duration_s, say in data["phases"]:
        lines += ["[[phase]]", f"mode = {quote(mode)}", f"say = {quote(say)}"]
        if duration_s % 60:
            lines.append(f"seconds = {duration_s}")
        else:
            lines.append(f"minutes = {duration_s // 60}")
        if target_mc is not None:
            lines.append(f"target = {_number(target_mc)}")
    return "\n".join(lines)


@given(written)
def test_what_was_written_is_read(data: dict[str, Any]) -> None:
    protocol = parse(_toml(data))
    assert protocol == Protocol(
        data["name"],
        data["title"],
        data["summary"],
        tuple(data["evidence"]),
        data["acute"],
        tuple(Phase(*phase) for phase in data["phases"]),
        "mine.toml",
    )


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8"))))
def test_nothing_but_a_protocol_file_error(data: bytes) -> None:
    try:
        library.parse(data, "mine.toml")
    except ProtocolFileError:
        pass


values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.sampled_from(["nan", "inf", "1e400", "1979-05-27", '""', '"heat"', '"any"', "40.5"]),
    ).map(lambda v: v if isinstance(v, str) else str(v).lower()),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    max_leaves=5,
)
lines = st.one_of(
    st.just("[[phase]]"),
    st.sampled_from(WHOLE.splitlines()),
    st.tuples(st.sampled_from([*library._PROTOCOL_KEYS, *library._PHASE_KEYS, "nmae"]), values).map(
        lambda pair: f"{pair[0]} = {pair[1]}"
    ),
)


@given(st.lists(lines, max_size=14))
def test_nothing_but_a_protocol_file_error_from_near_misses(several: list[str]) -> None:
    try:
        library.parse("\n".join(several).encode(), "mine.toml")
    except ProtocolFileError as error:
        assert error.line is None or 1 <= error.line <= len(several) + 1
