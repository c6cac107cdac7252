"""The reference pages say what the code does; a page that drifts fails here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs.site import pages
from poultice.cli.root import COMMANDS
from poultice.record import schema
from poultice.remedies import BUTTON_ONLY
from poultice.therapy import library
from poultice.virtual import options
from poultice_core import faults
from poultice_core.config import default
from poultice_core.limits import REPORTED, Limits
from poultice_core.settings import Settings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
HOME = ROOT / "docs" / "index.md"
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of every table row of a page whose first column is code or a number."""
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text(name).splitlines()
        if line.startswith("| ")
    ]
    return [cells for cells in found if re.fullmatch(r"`\w+`|\d+", cells[0])]


def test_limits() -> None:
    page = {
        cells[0].strip("`"): int(cells[1].replace(" ", ""))
        for cells in rows("limits.md")
        if re.fullmatch(r"[\d ]+", cells[1])
    }
    assert page == Limits().reported()
    assert list(page) == list(REPORTED)


@pytest.mark.parametrize("option", ["two_point", "fold_safe", "sensor_b"])
def test_limits_under_a_configuration(option: str) -> None:
    fitted = default() | {"two_point": True, "fold_safe": True, option: False}
    whole, narrowed = Limits().reported(), Limits().under(Settings(fitted)).reported()
    changed = {name: value for name, value in narrowed.items() if value != whole[name]}
    [line] = [line for line in text("limits.md").splitlines() if f"`{option}` false" in line]
    says = re.findall(r"`(\w+)` ([\d ]+\d)", line)
    assert {name: int(value.replace(" ", "")) for name, value in says} == changed


def test_faults() -> None:
    page = [(int(c[0]), c[1].strip("`"), c[2]) for c in rows("faults.md") if c[0].isdigit()]
    assert page == [
        (number, name, "button" if faults.SEVERE >> number & 1 else "host")
        for number, name in enumerate(faults.NAMES)
        if name is not None
    ]
    severe = {faults.NAMES[n] for n in range(len(faults.NAMES)) if faults.SEVERE >> n & 1}
    assert severe == BUTTON_ONLY


def test_commands() -> None:
    named = set(re.findall(r"`poultice ([a-z]+)", text("cli.md")))
    assert named == set(COMMANDS)


def test_options_of_run() -> None:
    from poultice.cli.run import run

    page = text("cli.md").partition("## `run`")[2].partition("## Where")[0]
    named = {*re.findall(r"^\| `(--[a-z-]+)", page, re.MULTILINE), "--device"}
    taken = {name for parameter in run.params for name in parameter.opts if name[:2] == "--"}
    assert named == taken


def test_simulator_options() -> None:
    page = text("simulator-options.md")
    named, _, fault_table = page.partition("| fault | what happens |")
    assert set(re.findall(r"^\| `(\w+)` \|", named, re.MULTILINE)) == set(options.READERS)
    cells = re.findall(r"^\| (`.*?) \|", fault_table, re.MULTILINE)
    assert re.findall(r"\w+", " ".join(cells)) == list(options.FAULTS)


def test_record() -> None:
    page = text("record.md")
    for column in schema.SAMPLE_COLUMNS:
        assert f"`{column}`" in page
    assert f"`PRAGMA user_version` is {schema.SCHEMA_VERSION}." in page


@pytest.mark.parametrize("page", ["reference/protocol-file.md", "how-to/write-a-protocol.md"])
def test_the_protocols_shown_are_protocols(page: str) -> None:
    shown = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", shown, re.DOTALL)
    assert blocks
    for block in blocks:
        assert library.parse(block.encode(), page).phases


def test_the_configuration_shown_is_toml() -> None:
    [block] = re.findall(r"```toml\n(.*?)```", text("cli.md"), re.DOTALL)
    assert tomllib.loads(block)["run"] == {"sensitive": True}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            there = (page.parent / target).exists()
            # The home page is the site's alone: it may lead to what is generated.
            assert there or (page == HOME and target in pages.names()), target
