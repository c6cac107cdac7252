"""The page, its picture and its evidence are what the code gives: some rows are run again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.rivals import picture, report
from tests.rivals.compare import CONTENDERS, HARMLESS_CEM43, cases, cells, run_all
from tests.rivals.rows import BY_NAME, ROWS
from tests.rivals.unseen import MENDS, SKINS

SAFETY = Path(__file__).parents[2] / "docs" / "safety"
PAGE = (SAFETY / "against-the-others.md").read_text(encoding="utf-8")
CHEAP = ("too_hot", "frozen_warm_up", "cpu_hung")


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_rules_and_rows() -> None:
    assert block("rules") == report.rules()
    assert block("rows") == report.rows()


@pytest.mark.parametrize("name", CHEAP)
def test_a_row_run_again_is_that_of_the_page(name: str) -> None:
    table = cells(run_all(cases([BY_NAME[name]], densities=(0.05,))))
    for barriers in (True, False):
        [heading, rest] = block("tables").split(f"### {report.variant(0.05, barriers)}\n")
        del heading
        *_, line = report.one_table(table, 0.05, barriers, [BY_NAME[name]])
        assert line in rest.split("###")[0].splitlines()


def test_every_row_is_in_every_table() -> None:
    for part in block("tables").split("### ")[1:]:
        says = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines()[4:]]
        assert says[: len(ROWS)] == [row.says for row in ROWS]


def test_the_fold_that_nothing_feels() -> None:
    switch = MENDS[-1]
    [line] = [line for line in block("fold").splitlines() if switch.says in line]
    again = report.fold_line(switch, SKINS[:1])
    assert again.strip(" |") == " | ".join(line.strip("| ").split(" | ")[:2])


def test_where_another_is_quicker_the_dose_does_not_matter() -> None:
    """Ours is harmless there, or the heat is the hazard's own (a bottle) and nobody's is less."""
    doses = {}
    least = {}
    for part in block("tables").split("### ")[1:]:
        heading, *lines = part.splitlines()
        for line in [line for line in lines if line.startswith("| ")][2:]:
            says, *all_doses = line.removeprefix("| ").removesuffix(" |").split(" | ")
            doses[heading, says] = all_doses[0].split(",")[0]
            read = [re.match(r"\W*([0-9.]+)", one) for one in all_doses]
            least[heading, says] = min(float(one[1]) for one in read if one)
    lines = block("sooner").splitlines()[2:]
    assert lines
    for line in lines:
        says, pad = line.removeprefix("| ").split(" | ")[:2]
        where = report.variant(float(pad), True), says
        assert float(doses[where]) < max(HARMLESS_CEM43, least[where] + 0.1)


def test_the_evidence_agrees_with_the_page() -> None:
    evidence = json.loads((SAFETY / "evidence" / "comparison.json").read_text(encoding="utf-8"))
    figures = dict(evidence["figures"])
    ahead, lines = re.findall(r"in (\d+) of (\d+) lines of", block("summary"))[0]
    assert figures["lines in which nobody has less dose"] == ahead
    assert figures["lines compared"] == lines
    assert evidence["command"] == "make compare"


def test_the_picture_has_a_mark_for_every_cell() -> None:
    root = ElementTree.parse(SAFETY / "against-the-others.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    ours = len(root.findall(f".//{space}circle"))
    # One in the legend, one for each row of each panel.
    assert ours == 1 + 4 * len(ROWS)
    says = {text.text for text in root.iter(f"{space}text")}
    assert {row.says for row in ROWS} <= says


def test_a_drawn_mark_lies_where_its_dose_is() -> None:
    table = cells(
        run_all(cases([BY_NAME["too_hot"]], contenders=CONTENDERS[:1], densities=(0.05,)))
    )
    assert picture.draw(table).count("<circle") == 1 + 2
    assert picture._x(0.001) == picture._x(0.01) == 0.0
    assert picture._x(10.0) == pytest.approx(picture._x(100.0) * 3 / 4)
