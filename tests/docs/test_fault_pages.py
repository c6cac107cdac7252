"""A person can learn why it stopped: each fault has a page, and its example shows that fault."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs.site import faults, trace
from poultice import remedies
from poultice.cli.root import root
from poultice_core import signals, states

ROOT = Path(__file__).parents[2]
NAMES = faults.names()
EXAMPLES = {name: remedies.explanation(name).example for name in NAMES}


def test_every_fault_is_explained_in_order_of_severity() -> None:
    text = (ROOT / "host" / "poultice" / "faults.toml").read_text(encoding="utf-8")
    assert list(tomllib.loads(text)) == NAMES


def test_no_explanation_of_what_is_no_fault() -> None:
    with pytest.raises(KeyError):
        remedies.explanation("nothing")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_cause_remedy_and_what_the_device_did(name: str) -> None:
    page = faults.fault_page(name)
    told = remedies.explanation(name)
    for part in (told.did, told.gone, *told.causes, *told.steps):
        assert part in page
    assert remedies.FAULTS[name][1:] in page
    cleared = "No command clears it" if name in remedies.BUTTON_ONLY else f"poultice clear {name}"
    assert cleared in page
    assert f"{signals.LED_BY_STATE[states.FAULT]} blinks" in page


@pytest.mark.parametrize("name", NAMES)
def test_its_requirements_exist(name: str) -> None:
    contract = trace.CONTRACT.read_text(encoding="utf-8")
    known = {one.id for one in trace.requirements(contract, {})}
    assert set(remedies.explanation(name).requirements) <= known


@pytest.mark.parametrize("name", [name for name in NAMES if EXAMPLES[name]])
def test_its_example_ends_in_that_fault(name: str) -> None:
    arguments = ["run", "arthritis", "--yes", "--json", "-d", str(EXAMPLES[name])]
    done = CliRunner().invoke(root, arguments)
    assert json.loads(done.stdout.splitlines()[-1])["fault"] == name


def test_the_table_leads_to_each_page() -> None:
    table = faults.linked(faults.TABLE.read_text(encoding="utf-8"))
    for name in NAMES:
        assert f"[`{name}`](faults/{name}.md)" in table


def test_the_tunes_are_the_firmwares() -> None:
    tunes = faults.tunes()
    assert len(tunes) == len(set(faults._TUNES)) + 1 == signals.TUNE_FAULT + 1
    assert tunes[signals.SILENT] == ()
    page = faults.signals_page()
    assert (
        f"| a fault | 8 times {tunes[signals.TUNE_FAULT][0][0]} Hz 200 ms, pause 100 ms |" in page
    )
    for name in states.NAMES:
        assert f"| `{name}` |" in page
