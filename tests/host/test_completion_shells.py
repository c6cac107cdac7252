"""Completion as it is typed, in a real bash, zsh and fish on a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from poultice.cli import main
from tests.host.shells import SHELLS, Shell

TAB = "\t"


@pytest.fixture(scope="module", params=SHELLS)
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"no {name} here: `apt-get install {name}` as root")
    home = tmp_path_factory.mktemp(name)
    for file in ("mine.toml", "other.html", "leaflet.pdf", "my knee.toml"):
        (home / file).write_text("x")
    (home / "alone").mkdir()
    for file in ("one.toml", "one.html"):
        (home / "alone" / file).write_text("x")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("POULTICE_DATA_DIR", str(home / "data"))
        assert main(["run", "arthritis", "-d", "sim:?speed=max", "--yes"]) == 0
    with Shell(name, home, POULTICE_DATA_DIR=str(home / "data")) as running:
        yield running


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("run tendinit", "run tendinitis "),
        ("run ten", "run tendin"),
        ("clear sensor_op", "clear sensor_open "),
        ("run --the", "run --theme "),
        ("config set sensor_b=t", "config set sensor_b=true "),
        ("config set sensor_", "config set sensor_b="),
        ("history show ", "history show 1 "),
        ("history export ", "history export 1 "),
        ("report ", "report 1 "),
        # Devices.
        ("status -d us", "status -d usb:E66"),
        ("status -d usb:E660", "status -d usb:E66038B713 "),
        ("status --device=us", "status --device=usb:E66"),
        ("status --device=usb:E660", "status --device=usb:E66038B713 "),
        ("status -d serial:/dev/ttyACM1", "status -d serial:/dev/ttyACM1 "),
        ("status -d /dev/ttyACM1", "status -d /dev/ttyACM1 "),
        # In quotes, which stay as they are until there is nothing to follow.
        ("status -d 'si", "status -d 'sim:"),
        ("status -d 'sim:", "status -d 'sim:?"),
        ("status -d 'sim:?fa", "status -d 'sim:?fault="),
        ("status -d 'sim:?fault=sensor_o", "status -d 'sim:?fault=sensor_open@"),
        (
            "status -d 'sim:?fault=estop@3,sensor_fro",
            "status -d 'sim:?fault=estop@3,sensor_frozen@",
        ),
        ("status -d 'sim:?sense=1&us", "status -d 'sim:?sense=1&user="),
        ("status -d 'sim:?sense=1&user=pro", "status -d 'sim:?sense=1&user=prompt' "),
        ("status -d 'sim:?amb", "status -d 'sim:?ambient="),
        # Files: those that may be a protocol.
        ("run ./mi", "run ./mine.toml "),
        ("run alone/", "run alone/one.toml "),
        ("run alo", "run alone/"),
        ("protocols check ./alone/", "protocols check ./alone/one.toml "),
        ("run 'my", "run 'my knee.toml' "),
        ("run my", r"run my\ knee.toml "),
        ("run ~/alone/o", "run ~/alone/one.toml "),
        ("report -o oth", "report -o other.html "),
    ],
)
def test_one_tab(shell: Shell, typed: str, line: str) -> None:
    told = shell.after(f"poultice {typed}{TAB}")
    assert told == f"poultice {line}"


@pytest.mark.parametrize(
    "typed",
    [
        f"status --device='sim:?us{TAB}",
        f"status --device='sim:?us{TAB}{TAB}",
        f"status -d 'sim:?us{TAB}{TAB}",
    ],
)
def test_an_option_and_its_quote_stay(shell: Shell, typed: str) -> None:
    """zsh writes the one as \\?, which means the same."""
    told = shell.after(f"poultice {typed}").replace("\\?", "?").replace("'", "")
    assert told == f"poultice {typed.partition('?us')[0]}?user=".replace("'", "")


@pytest.mark.parametrize(
    "typed",
    [
        f"status -d 'sim:?sense=1&us{TAB}{TAB}",
        f"status -d 'sim:?sense=1&us'{TAB}",
        f"status -d 'sim:?sense=1&us'{TAB}{TAB}",
        f'status -d "sim:?sense=1&us{TAB}{TAB}',
        f"status --device='sim:?sense=1&us{TAB}{TAB}",
        f"status --device='sim:?sense=1&us'{TAB}",
        f"status -d 'sim:?sense=1&user=pro{TAB}{TAB}{TAB}",
        f"status -d 'sim:?sense=1&fault=sensor_o{TAB}{TAB}",
    ],
)
def test_no_ampersand_is_ever_left_to_the_shell(shell: Shell, typed: str) -> None:
    told = shell.after(f"poultice {typed}")
    bare, quote, escaped = [], "", False
    for one in told:
        if escaped:
            escaped = False
        elif one == "\\" and quote != "'":
            escaped = True
        elif one in "'\"" and quote in ("", one):
            quote = "" if quote else one
        elif one == "&" and not quote:
            bare.append(one)
    assert "&" in told
    assert not bare, told


def test_what_was_completed_runs(shell: Shell) -> None:
    shown = shell.ran(f"poultice status -d 'sim:?speed=max&us{TAB}pro{TAB}")
    assert "state" in shown
    assert "idle" in shown
    assert "[1]" not in shown


def test_what_there_is_to_choose_from_is_listed(shell: Shell) -> None:
    begin = len(shell.shown)
    shell.after(f"poultice run ./{TAB}{TAB}")
    shown = shell.shown[begin:].decode("utf-8", "replace")
    assert "mine.toml" in shown
    assert "alone" in shown
    assert "other.html" not in shown
    assert "leaflet.pdf" not in shown
