"""A recorded session as one HTML page that needs nothing else: no network, no other file.

The same record gives the same bytes. The page is made for a screen, light or dark, and for A4
paper; what it shows is described in docs/how-to/read-a-report.md.
"""

from __future__ import annotations

from datetime import date
from pathlib import PurePath

from poultice.errors import UsageError
from poultice.language import tr
from poultice.record.store import History
from poultice.therapy.course_of_treatment import CourseOfTreatment


def file_name(n: int | None, ending: str = "html") -> str:
    """The name that the report of session `n` gets where none is asked for; None: of a summary."""
    return f"poultice-{'summary' if n is None else f'session-{n}'}.{ending}"


def is_pdf(path: str, asked: bool = False) -> bool:
    """Whether the name of a file asks for a PDF rather than the page itself, or that is `asked`.

    Raises UsageError for the ending of something else: it would hold HTML under another's name.
    """
    ending = PurePath(path).suffix.lower()
    if asked and ending in (".html", ".htm"):
        raise UsageError(
            tr("{path}: --pdf writes no page of HTML", path=path), hint=tr("-o FILE.pdf")
        )
    if ending not in ("", ".html", ".htm", ".pdf"):
        raise UsageError(
            tr("{path}: a report has no form with the ending {ending}", path=path, ending=ending),
            hint=tr("-o FILE.html, or .pdf"),
        )
    return asked or ending == ".pdf"


def summary(
    history: History,
    last: date,
    weeks: int,
    *,
    course: CourseOfTreatment | None = None,
    name: str | None = None,
) -> bytes:
    """The weeks up to the day `last` on one page of A4, in UTF-8: for whoever treats the person.

    With a `course`, how far that was kept to in them; a `name` stands there only where it is
    given. Raises HistoryError where the record is unusable.
    """
    from poultice import temperature
    from poultice.record.report import overview

    with temperature.showing_in(temperature.CELSIUS):
        return overview.html(history, last, weeks, course=course, name=name).encode()


def render(history: History, n: int, course: CourseOfTreatment | None = None) -> bytes:
    """The report of session `n`, in UTF-8; with a `course`, how far that was kept to by then.

    Raises UsageError where there is no such session, HistoryError where the record is unusable.
    Whatever a device or a file put into the record is shown as text, never obeyed.
    """
    from poultice import temperature
    from poultice.record.report import page, recorded

    # One record, one page: in the units of its curves, whoever makes it.
    with temperature.showing_in(temperature.CELSIUS):
        return page.html(recorded.read(history, n, course)).encode()
