"""Every page that is generated, by its path below docs; and what is added to written ones."""

from __future__ import annotations

import re
from functools import cache

from docs.site import case, faults, judged, reference, trace

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


def fetches(html: str) -> list[str]:
    """What a page loads from elsewhere when it is viewed: nothing should."""
    found: list[str] = _FETCHED.findall(html)
    return found
