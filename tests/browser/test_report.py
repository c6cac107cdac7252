"""The report in a real browser: nothing missing, nothing fetched, nothing cut off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from poultice.record import report
from poultice.record.report import pdf
from tests.host.recorded import STARTED_UNIX, opened, phase, record

WEEK_S = 7 * 86_400
COLD_BY_HAND = (phase("cold", 12_000, 600), phase("rest", None, 600), phase("cold", 12_000, 600))
HOSTILE = "\"'><script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(2)>"

CUT_OFF = """svg => {
  const box = svg.viewBox.baseVal;
  return [...svg.querySelectorAll("text")].filter((text) => {
    const at = text.getBBox();
    return at.x < 0 || at.y < 0 || at.x + at.width > box.width || at.y + at.height > box.height;
  }).map((text) => text.textContent);
}"""
OVERLAPPING = """svg => {
  const boxes = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBBox()]);
  const found = [];
  boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([two, b]) => {
    if (a.x < b.x + b.width && b.x < a.x + a.width && a.y + 2 < b.y + b.height - 2
        && b.y + 2 < a.y + a.height - 2) found.push(one + " / " + two);
  }));
  return found;
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of ten weeks of sessions, of every kind."""
    directory = tmp_path_factory.mktemp("report")
    history = opened(directory)
    for week in range(9):
        record(history, started_unix=STARTED_UNIX + week * WEEK_S)
    later = {"started_unix": STARTED_UNIX + 9 * WEEK_S}
    warnings = tuple({"kind": "warning", "what": "budget"} for _ in range(9))
    numbers = {
        "whole": record(history, **later, events=warnings),
        "fault": record(history, **later, outcome="fault", fault="sensor_mismatch", until_s=333),
        "cold": record(history, **later, phases=COLD_BY_HAND),
        "short": record(history, **later, until_s=1, outcome="stopped", reason="button"),
        "cut off": record(history, **later, until_s=100, outcome=None, hello=None),
        "empty": record(history, **later, until_s=0, outcome="lost"),
        "hostile": record(history, **later, until_s=30, protocol=HOSTILE, profile=HOSTILE,
                          device={"path": HOSTILE, "uid": HOSTILE, "firmware": HOSTILE},
                          events=({"kind": HOSTILE}, {"kind": "warning", "what": HOSTILE})),
    }  # fmt: skip
    found = {}
    for name, n in numbers.items():
        found[name] = directory / f"{name}.html"
        found[name].write_bytes(report.render(history, n))
    return found


KINDS = ("whole", "fault", "cold", "short", "cut off", "empty", "hostile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_complaint_and_nothing_fetched(
    pages: dict[str, Path], tabs: Any, kind: str, scheme: str
) -> None:
    tab = tabs(scheme=scheme)
    page = tab.open(pages[kind])
    assert tab.complaints == []
    assert tab.asked_for == [pages[kind].as_uri()]
    curves = page.locator(".curve svg")
    assert curves.count() == {"empty": 0, "cold": 3}.get(kind, 4)
    for curve in curves.all():
        box = curve.bounding_box()
        assert box["width"] > 600
        assert box["height"] > 50
    if kind != "empty":
        line = page.locator("#temperature .line.a").bounding_box()
        assert line["width"] > (0 if kind == "short" else 300)


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_of_a_picture_is_cut_off_or_covered(
    pages: dict[str, Path], tabs: Any, kind: str
) -> None:
    page = tabs().open(pages[kind])
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        for picture in page.locator("svg").all():
            assert picture.evaluate(CUT_OFF) == []
            assert picture.evaluate(OVERLAPPING) == []


@pytest.mark.parametrize("width", [360, 1_100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(pages: dict[str, Path], tabs: Any, scheme: str, width: int) -> None:
    """What axe-core checks: contrast, names, headings, tables, what the keyboard reaches."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe-playwright-python: make evidence"
    )
    page = tabs(width=width, scheme=scheme).open(pages["fault"])
    found = axe.Axe().run(page).response
    assert [(one["id"], [node["target"] for node in one["nodes"]])
            for one in found["violations"]] == []  # fmt: skip
    assert len(found["passes"]) > 10


def test_a_telephone_scrolls_the_curves_and_not_the_page(pages: dict[str, Path], tabs: Any) -> None:
    page = tabs(width=360).open(pages["whole"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_look_along_the_curves(pages: dict[str, Path], tabs: Any) -> None:
    tab = tabs()
    page = tab.open(pages["whole"])
    readout = page.locator("#readout")
    assert readout.text_content().startswith("00:00  ·  A 30.0 °C  ·  B 29.9 °C  ·  target 40.5 °C")
    page.locator("#cursor").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    told = readout.text_content()
    assert told.startswith("08:58  ·  A ")
    assert told.endswith("  ·  MASTER + HEAT  ·  0.13 CEM43  ·  budget 83 %")
    assert page.locator("#cursor").get_attribute("aria-valuetext") == told
    page.locator("#dose").scroll_into_view_if_needed()
    box = page.locator("#dose").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    minute, second = map(int, readout.text_content()[:5].split(":"))
    # Left and right of the curves there is room for words: the middle is a little to the left.
    assert 4 * 60 + 15 <= 60 * minute + second <= 4 * 60 + 45
    lines = page.locator(".curve svg .cursor")
    assert lines.count() == 4
    assert len({line.get_attribute("d").split(" ")[0] for line in lines.all()}) == 1
    assert tab.complaints == []


def test_what_crept_in_would_not_run(pages: dict[str, Path], tabs: Any, tmp_path: Path) -> None:
    """The page's own policy, behind the escaping: neither script nor request."""
    html = pages["whole"].read_text(encoding="utf-8")
    crept = '<script>window.ran = 1</script><img src="http://127.0.0.1:9/x"></main>'
    path = tmp_path / "crept.html"
    path.write_text(html.replace("</main>", crept), encoding="utf-8")
    tab = tabs()
    assert tab.open(path).evaluate("window.ran") is None
    assert len([text for text in tab.complaints if "Content Security Policy" in text]) == 2


@pytest.mark.parametrize(("kind", "most"), [("whole", 3), ("fault", 3), ("cold", 3), ("empty", 2)])
def test_on_paper(pages: dict[str, Path], tabs: Any, kind: str, most: int) -> None:
    page = tabs(scheme="dark").open(pages[kind])
    data = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", data)) <= most
    # A4, in points.
    assert set(re.findall(rb"/MediaBox\s*\[([^\]]*)\]", data)) == {b"0 0 594.95996 841.91998"}
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for hidden in ("#look", "details"):
        assert page.locator(hidden).count() == 0 or not page.locator(hidden).is_visible()


def test_as_a_pdf(
    pages: dict[str, Path], chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", chromium)
    monkeypatch.setenv("HOME", str(tmp_path))
    made = pdf.printed(pages["whole"].read_bytes())
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", made)) <= 6
    # Nothing of it in the person's own directories.
    assert list(tmp_path.iterdir()) == []
