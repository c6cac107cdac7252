"""The list of equivalent mutants: its table in the docs, and that its lines are still there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutation.equivalents import Equivalent, listed, table
from tests.mutation.modules import CORE

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "mutation-testing.md"


def test_the_table_is_the_list() -> None:
    found = re.search(r"--table` -->\n(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1].strip() == table()


@pytest.mark.parametrize("one", listed(), ids=lambda one: f"{one.module}: {one.line[:40]}")
def test_a_listed_line_is_still_there(one: Equivalent) -> None:
    """`make mutation` asks the same of each mutant."""
    source = re.sub(r"\s+", " ", (CORE / f"{one.module}.py").read_text())
    assert source.count(one.line) >= one.nth
    assert one.line not in one.becomes
