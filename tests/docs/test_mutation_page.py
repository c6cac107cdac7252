"""The list of equivalent mutants: its table in the docs, and that its lines are still there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutation.equivalents import Equivalent, listed, table
from tests.mutation.modules import MODULES, of_host, path_of
from tests.mutation.runner import FIRST, HOST_TESTS, OF_HOST, TESTS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "mutation-testing.md"


def test_the_table_is_the_list() -> None:
    found = re.search(r"--table` -->\n(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1].strip() == table()


@pytest.mark.parametrize("one", listed(), ids=lambda one: f"{one.module}: {one.line[:40]}")
def test_a_listed_line_is_still_there(one: Equivalent) -> None:
    """`make mutation` asks the same of each mutant."""
    source = re.sub(r"\s+", " ", path_of(one.module).read_text())
    assert source.count(one.line) >= one.nth
    assert one.line not in one.becomes


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_tests(module: str) -> None:
    """A file that was renamed would only make the mutants live longer."""
    folder = HOST_TESTS if of_host(module) else TESTS
    named = OF_HOST[module] if of_host(module) else FIRST.get(module, ())
    assert path_of(module).is_file()
    assert [name for name in named if not (folder / name).is_file()] == []


def test_only_modules_there_are_have_tests_of_their_own() -> None:
    assert set(FIRST) | set(OF_HOST) <= set(MODULES)
