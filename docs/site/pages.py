"""Every page that is generated, by its path below docs; and what is added to written ones."""

from __future__ import annotations

from docs.site import case, reference, trace


class CannotGenerateError(Exception):
    """The project contradicts itself: each line of the text says where."""


def generated() -> dict[str, str]:
    """Path to Markdown. Raises CannotGenerateError where the safety case does not hold."""
    traced = trace.trace()
    wrong = [*trace.gaps(traced), *trace.failures(traced)]
    if wrong:
        raise CannotGenerateError("the safety case does not hold:\n" + "\n".join(wrong))
    return {
        "safety/case.md": case.case_page(traced),
        "safety/requirements.md": case.requirements_page(traced),
        **reference.pages(),
    }


def completed(name: str, markdown: str) -> str:
    """`markdown` of the written page `name`, with what only the site has."""
    if name == "safety/README.md":
        return markdown.replace("<!-- site: case -->", case.POINTER)
    return markdown
