"""The site: what is generated for it, and its navigation. `make docs` builds it, strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.site import navigation, pages, reference

ROOT = Path(__file__).parents[2]


def flat(nav: list[object]) -> list[str]:
    found: list[str] = []
    for one in nav:
        if isinstance(one, str):
            found.append(one)
        else:
            assert isinstance(one, dict)
            for inner in one.values():
                found += [inner] if isinstance(inner, str) else flat(inner)
    return found


def test_every_page_is_in_the_navigation_once() -> None:
    written = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    names = [*written, *pages.names(), "how-to/brand-new.md", "elsewhere/lost.md"]
    assert sorted(flat(navigation.of(names))) == sorted(names)


def test_a_page_that_nobody_put_in_order_comes_after_those_that_were() -> None:
    [section] = navigation.of(["how-to/a-new-one.md", "how-to/run-a-session.md", "how-to/x.md"])
    assert section == {"How-to": ["how-to/run-a-session.md", "how-to/a-new-one.md", "how-to/x.md"]}


def test_the_public_modules_are_what_a_program_may_use() -> None:
    names = reference.public_modules()
    assert {
        "poultice",
        "poultice.link.client",
        "poultice.errors",
        "poultice.link.transport",
    } <= set(names)
    assert not {"poultice.cli", "poultice.cli.root", "poultice.__main__"} & set(names)


def test_the_devices_modules_are_all_there() -> None:
    names = reference.device_modules()
    assert {"poultice_core.guard", "poultice_pico.deadman", "boot", "_boot"} <= set(names)
    files = [*(ROOT / "firmware/core").rglob("*.py"), *(ROOT / "firmware/pico").rglob("*.py")]
    assert len(names) == len(files)


def test_other_pages_are_as_they_were_written() -> None:
    assert pages.completed("how-to/run-a-session.md", "# As it is") == "# As it is"


@pytest.mark.parametrize(
    ("html", "fetched"),
    [
        ('<script src="https://cdn.example/a"></script>', ["https://cdn.example/a"]),
        ("<link rel=stylesheet href='//fonts.example/b.css'>", ["//fonts.example/b.css"]),
        ("<img src=http://example.org/c.png>", ["http://example.org/c.png"]),
        ('<a href="https://example.org">a link is followed, not fetched</a>', []),
        ('<script src="../assets/offline.js"></script>', []),
    ],
)
def test_what_a_page_would_fetch_from_elsewhere(html: str, fetched: list[str]) -> None:
    assert pages.fetches(html) == fetched
