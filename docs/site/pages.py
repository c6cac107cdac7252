"""Every page that is generated, by its path below docs; and what is added to written ones."""

from __future__ import annotations

import re
from functools import cache

from docs.site import case, faults, judged, reference, trace

SEARCH_WEIGHTS = {
    "how-to/": 4,
    "tutorials/": 4,
    "reference/faults/": 0.25,
    "design/": 0.25,
    "decisions/": 0.25,
    "reference/api/": 0.001,
    "reference/core/": 0.001,
}
"""What a page counts in the search, by its folder, where that is not 1. A title outweighs any text
there: `rest` is a function too, `restart` begins like it, and both are found after the page that
says when the next session is allowed."""

_FETCHED = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)"""
)


class CannotGenerateError(Exception):
    """The project contradicts itself: each line of the text says where."""


@cache
def traced() -> trace.Trace:
    """The project's case. Raises CannotGenerateError where it does not hold."""
    found = trace.trace()
    wrong = [*judged.gaps(found), *judged.failures(found)]
    if wrong:
        raise CannotGenerateError("the safety case does not hold:\n" + "\n".join(wrong))
    return found


def names() -> list[str]:
    """The paths below docs of all generated pages."""
    return ["safety/requirements.md", "safety/measured.md", *faults.pages(), *reference.pages()]


def generated() -> dict[str, str]:
    """Path to Markdown. Raises CannotGenerateError where the safety case does not hold."""
    safety = {
        "safety/requirements.md": case.requirements_page(traced()),
        "safety/measured.md": case.measured_page(traced()),
    }
    return {**safety, **faults.pages(), **reference.pages()}


def completed(name: str, markdown: str) -> str:
    """`markdown` of the written page `name`, with what only the site has."""
    if name == "safety/case.md":
        return case.case_page(markdown, traced())
    if name == "reference/faults.md":
        return faults.linked(markdown)
    return markdown


def search_weight(name: str) -> float:
    """What the page `name` counts in the search."""
    return next((weight for start, weight in SEARCH_WEIGHTS.items() if name.startswith(start)), 1)


def fetches(html: str) -> list[str]:
    """What a page loads from elsewhere when it is viewed: nothing should."""
    found: list[str] = _FETCHED.findall(html)
    return found
