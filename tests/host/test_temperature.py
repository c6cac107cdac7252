"""Temperatures in the units of whoever reads them; JSON and files never."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice import temperature
from poultice.cli import main
from poultice.errors import ProtocolFileError
from poultice.temperature import CELSIUS, FAHRENHEIT
from poultice.therapy import library

RUN = "run short.toml -d sim:?speed=max --yes"
HOST = Path(__file__).parents[2] / "host" / "poultice"


@pytest.fixture(autouse=True)
def own(short: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(Path(short).parent)
    yield
    temperature.show_in(CELSIUS)


@pytest.mark.parametrize(
    ("value_mc", "celsius", "fahrenheit"),
    [
        (40_500, "40.5 °C", "104.9 °F"),
        (40_000, "40.0 °C", "104.0 °F"),
        (42_000, "42.0 °C", "107.6 °F"),
        (0, "0.0 °C", "32.0 °F"),
        (-40_000, "-40.0 °C", "-40.0 °F"),
        (-17_778, "-17.8 °C", "-0.0 °F"),
    ],
)
def test_a_reading(value_mc: int, celsius: str, fahrenheit: str) -> None:
    assert temperature.shown(value_mc) == celsius
    with temperature.showing_in(FAHRENHEIT):
        assert temperature.shown(value_mc) == fahrenheit
        assert temperature.shown(None) == "-"
    assert temperature.shown(value_mc) == celsius


@pytest.mark.parametrize(
    ("value_mc", "celsius", "fahrenheit"),
    [
        (42_000, "42.0 °C", "107.6 °F"),
        (42_001, "42.001 °C", "107.6018 °F"),
        (40_500, "40.5 °C", "104.9 °F"),
        (-50, "-0.05 °C", "31.91 °F"),
        (-20_000, "-20.0 °C", "-4.0 °F"),
    ],
)
def test_a_limit_loses_no_digit(value_mc: int, celsius: str, fahrenheit: str) -> None:
    assert temperature.exact(value_mc) == celsius
    with temperature.showing_in(FAHRENHEIT):
        assert temperature.exact(value_mc) == fahrenheit


def test_a_difference_has_no_zero_of_its_own() -> None:
    assert temperature.difference(500) == "0.5 °C"
    assert temperature.difference(-300, signed=True) == "-0.3 °C"
    with temperature.showing_in(FAHRENHEIT):
        assert temperature.difference(500) == "0.9 °F"
        assert temperature.difference(0, signed=True) == "+0.0 °F"
        assert temperature.span(23_000, 27_000) == "73.4 to 80.6 °F"
    assert temperature.span(38_000, 38_400) == "38 to 38.4 °C"


@given(st.integers(-10_000_000, 10_000_000))
def test_fahrenheit_is_read_to_the_nearest_thousandth(thousandths: int) -> None:
    found = temperature.from_fahrenheit(thousandths)
    assert abs(found - Fraction(5 * (thousandths - 32_000), 9)) <= Fraction(1, 2)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """All that a command says, however it ends."""

    def told(line: str) -> str:
        capsys.readouterr()
        main(line.split())
        return "".join(capsys.readouterr())

    return told


COMMANDS = [
    "status -d sim:",
    "stop -d sim:",
    "watch -d sim:?speed=max --for 1",
    f"{RUN} --view plain",
    "run arthritis -d sim: --dry-run",
    "protocols show arthritis",
    "history --simulated",
    "history show 1",
    "doctor -d sim:",
    "config -d sim:",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_shows_them_in_these_units(line: str, lines: Callable[[str], str]) -> None:
    assert main(RUN.split()) == 0
    told = lines(f"{line} --units fahrenheit")
    assert " °F" in told
    values = re.findall(r"[\d.]+ °C", told)
    assert not values or line.startswith("config"), values
    told = lines(line)
    assert " °C" in told
    assert "°F" not in told


@pytest.mark.parametrize("line", COMMANDS)
def test_json_stays_as_it_is(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(RUN.split()) == 0
    if line.startswith("doctor"):
        return  # what it says is for a person

    def told(words: list[str]) -> Any:
        capsys.readouterr()
        main(words)
        found = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
        for one in found:
            one.pop("sessions", None)
        return found

    words = [*line.replace("--view plain", "").split(), "--json"]
    assert told([*words, "--units", "fahrenheit"]) == told(words)


def test_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: Callable[[str], str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('units = "fahrenheit"\n')
    monkeypatch.setenv("POULTICE_CONFIG", str(config))
    assert "°F" in lines("status -d sim:")
    monkeypatch.setenv("POULTICE_UNITS", "celsius")
    assert "°C" in lines("status -d sim:")
    monkeypatch.setenv("POULTICE_STATUS_UNITS", "fahrenheit")
    assert "°F" in lines("status -d sim:")
    assert "°C" in lines("status -d sim: --units celsius")
    monkeypatch.delenv("POULTICE_UNITS")
    monkeypatch.delenv("POULTICE_STATUS_UNITS")
    for line, sign in (("protocols show arthritis", "°F"),
                       ("protocols --units celsius show arthritis", "°C"),
                       ("protocols show arthritis --units celsius", "°C")):  # fmt: skip
        assert sign in lines(line)
    config.write_text('[protocols]\nunits = "kelvin"\n')
    assert main(["protocols", "show", "arthritis"]) == 2


def test_a_limit_is_told_in_them_too(tmp_path: Path, lines: Callable[[str], str]) -> None:
    path = tmp_path / "hot.toml"
    path.write_text(FILE.format(units="", target=43))
    told = lines(f"protocols check {path} --units fahrenheit")
    assert "109.4 °F; at most 107.6 °F" in told


def test_a_report_is_the_same_in_any(capsys: pytest.CaptureFixture[str]) -> None:
    from poultice.record import report
    from poultice.record.store import History

    assert main(RUN.split()) == 0
    page = report.render(History.open(), 1)
    with temperature.showing_in(FAHRENHEIT):
        assert report.render(History.open(), 1) == page


FILE = (
    'name = "mine"\ntitle = "Mine"\nacute = "any"\n{units}\n'
    '[[phase]]\nmode = "heat"\ntarget = {target}\nminutes = 20\n'
)


@pytest.mark.parametrize(
    ("units", "target", "target_mc"),
    [
        ('units = "fahrenheit"', "104", 40_000),
        ('units = "fahrenheit"', "104.9", 40_500),
        ('units = "fahrenheit"', "105", 40_556),
        ('units = "fahrenheit"', "107.6", 42_000),
        ('units = "celsius"', "40.5", 40_500),
        ("", "40.5", 40_500),
    ],
)
def test_a_file_in_fahrenheit(units: str, target: str, target_mc: int) -> None:
    read = library.parse(FILE.format(units=units, target=target).encode(), "mine.toml")
    assert read.phases[0].target_mc == target_mc


@pytest.mark.parametrize(
    ("units", "target", "says"),
    [
        ('units = "kelvin"', "313", '"celsius", "fahrenheit"'),
        ('units = "Fahrenheit"', "104", "did you mean fahrenheit?"),
        ('units = "fahrenheit"', "104.0005", "degrees Fahrenheit"),
    ],
)
def test_a_file_in_other_units(units: str, target: str, says: str) -> None:
    with pytest.raises(ProtocolFileError) as caught:
        library.parse(FILE.format(units=units, target=target).encode(), "mine.toml")
    assert says in f"{caught.value} {caught.value.hint}"


def test_nothing_else_makes_a_text_of_a_temperature() -> None:
    """What a value is divided by and what sign it gets is told in one place."""
    elsewhere = ("report", "rivals", "campaign", "emulator", "simulator", "dashboard")
    for path in HOST.rglob("*.py"):
        # The scale of the compact view has ticks in °C.
        here = path.name in ("temperature.py", "live.py")
        if here or set(path.relative_to(HOST).parts) & set(elsewhere):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            made = re.search(r"\{[^}]*\} ?°[CF]", line)
            assert not made or re.search("tenths|number", line), f"{path}:{number}: {line}"
