"""README and the door of the site: what they name is there, and what they count is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import conftest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOME = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
INSTALL = (ROOT / "docs" / "how-to" / "install.md").read_text(encoding="utf-8")


def test_a_picture_three_lines_the_hazards_and_how_to_install_come_first() -> None:
    first, *_ = README.split("\n## ")
    places = [
        first.index(part)
        for part in ("\n- ", "](docs/images/run.svg)", "> **Read this first.**", "**Install:**")
    ]
    assert places == sorted(places)
    assert len(re.findall(r"^- ", first, re.M)) == 3
    assert len(first.splitlines()) <= 24
    second = README.split("\n## ")[1]
    assert re.findall(r"^\$ (make \w+)", second, re.M) == ["make demo", "make test"]


@pytest.mark.parametrize("page", [README, HOME, INSTALL], ids=["README", "home", "install"])
def test_they_install_in_the_same_way_from_nowhere_invented(page: str) -> None:
    assert "pipx install ." in page
    # There is no public address of the source yet: none is made up.
    assert not re.findall(r"https?://|git clone", page)


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"],
    ids=lambda page: page.name,
)
def test_a_wheel_is_named_as_a_path(page: Path) -> None:
    """Debian 12's pipx asks the package index for a wheel whose name has no slash."""
    assert not re.findall(r"pipx install [\w.*-]+\.whl", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [README, INSTALL], ids=["README", "install"])
def test_every_target_and_extra_named_is_there(page: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"`make ([a-z-]+)`|^\$ make ([a-z-]+)", page, re.M)) <= {
        pair for name in targets for pair in ((name, ""), ("", name))
    }
    project = (ROOT / "pyproject.toml").read_text()
    for extras in re.findall(r"'\.\[([\w,]+)\]'", page):
        for extra in extras.split(","):
            assert re.search(rf"^{extra} = \[", project, re.M), extra


def test_what_make_test_leaves_out_is_told_with_what_brings_it() -> None:
    [told] = re.findall(r"`make test` ends with the tiers.*?\n\n", README, re.S)
    brings = {
        tier: re.findall(r"`(make [a-z]+)`", how) for tier, how in conftest.HOW_TO_GET.items()
    }
    # MicroPython's port comes with the packages of the tests.
    for tier, commands in brings.items():
        for command in set(commands) - {"make test"}:
            assert command in told, tier
    assert "on a bench" in told


def test_the_requirements_counted_are_those_there_are() -> None:
    [last] = re.findall(r"\(SR-01 to (SR-\d\d)\)", README)
    assert last == conftest.REQUIREMENTS[-1]
