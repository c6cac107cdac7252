"""The built site, as a person meets it first: on a telephone, by its search, at its door.

`make docs` builds it; one that is older than its pages is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import pads

DOCS = Path(__file__).parents[2] / "docs"
SITE = DOCS.parent / "build" / "site"
PATIENCE_MS = 60_000
TELEPHONE_PX = 360
# Of what is generated one of each kind: they come from one template.
GENERATED = (
    "reference/commands.md",
    "reference/faults/over_temperature.md",
    "reference/api/poultice.link.client.md",
    "reference/core/poultice_core.guard.md",
    "safety/requirements.md",
    "safety/measured.md",
)
# What reaches beyond the right edge, and is in nothing that scrolls by itself. The theme hides what
# overflows, so the page's own width would not tell.
CUT_OFF = """() => {
  const may = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
  const scrolls = (node) => node !== document.body && (may(node) || scrolls(node.parentElement));
  return [...document.querySelectorAll(".md-content *")]
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1
      && node.getBoundingClientRect().width > 0 && !scrolls(node.parentElement))
    .map((node) => `${node.tagName}: ${node.textContent.slice(0, 60)}`);
}"""


def page_of(name: str) -> Path:
    path = SITE / name.replace("README.md", "index.md")
    return path.with_suffix(".html")


@pytest.fixture(scope="module")
def site() -> Path:
    home = SITE / "index.html"
    sources = [*DOCS.rglob("*.md"), *DOCS.rglob("*.css"), *(DOCS / "site").iterdir()]
    if not home.exists() or home.stat().st_mtime < max(one.stat().st_mtime for one in sources):
        pytest.skip("the site is not built, or older than its pages: `make docs`")
    return SITE


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with pads.static(site) as address:
        yield address


def test_every_page_is_read_on_a_telephone_without_scrolling_sideways(
    site: Path, tabs: Any
) -> None:
    page = tabs(width=TELEPHONE_PX).page
    written = [path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md"))]
    wrong = {}
    for name in [*written, *GENERATED]:
        page.goto(page_of(name).as_uri(), wait_until="domcontentloaded")
        cut_off = page.evaluate(CUT_OFF)
        width = page.evaluate("document.documentElement.scrollWidth")
        if cut_off or width > TELEPHONE_PX:
            wrong[name] = (width, cut_off[:3])
    assert wrong == {}
    # The measure itself: what is too wide is seen.
    page.evaluate(
        "document.querySelector('.md-typeset')"
        ".insertAdjacentHTML('beforeend', '<p style=\"width: 40em\">too wide</p>')"
    )
    assert page.evaluate(CUT_OFF) == ["P: too wide"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("rest", "how-to/run-a-session.html#rest-between-sessions"),
        ("install", "how-to/install.html"),
    ],
)
def test_the_search_finds_what_a_person_looks_for(
    asked: str, found: str, address: str, tabs: Any
) -> None:
    page = tabs().page
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/index.html")
    page.click("[data-md-component=search-query]")
    page.keyboard.type(asked)
    first = page.locator(".md-search-result__item").first
    first.wait_for()
    links = first.locator("a").evaluate_all(
        "(all) => all.map((one) => one.href.split('?')[0] + one.hash)"
    )
    assert f"{address}/{found}" in links, links


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [TELEPHONE_PX, 1_280])
def test_at_the_door_a_picture_the_hazards_and_how_to_install(
    width: int, scheme: str, site: Path, tabs: Any
) -> None:
    page = tabs(width=width, scheme=scheme).open(site / "index.html")
    picture = page.locator("article img").first
    assert picture.evaluate("(one) => one.complete && one.naturalWidth > 0")
    assert picture.get_attribute("alt")
    assert picture.bounding_box()["width"] <= min(width, 720)
    body = page.locator("article").inner_text()
    assert "not a certified medical device" in body
    assert "pipx install ." in body
