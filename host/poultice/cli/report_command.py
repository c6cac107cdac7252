"""`poultice report`: one session as a page."""

from __future__ import annotations

import os
from pathlib import Path

import click

from poultice.cli import outfile, output
from poultice.cli.base import Command, Result, asked_for_json, json_option, option, session_argument
from poultice.cli.history import opened
from poultice.errors import UsageError


@click.command(cls=Command)
@session_argument
@option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    help="Where to: FILE.html, FILE.pdf (needs Chromium), a directory, or - for stdout. "
    "Default: poultice-session-N.html here.",
)
@option("--open", "opens", is_flag=True, help="Show it in the browser.")
@json_option
def report(n: int | None, path: str | None, opens: bool) -> Result | None:
    """Session N, or the latest, as one HTML page that needs nothing else, or as PDF. Prints its
    path."""
    from poultice.record import report as reporting

    if path == outfile.STDOUT and (opens or asked_for_json()):
        raise UsageError(
            "the page itself goes to stdout with -o -", hint="take out --open and --json, or -o -"
        )
    into = path is None or os.path.isdir(path)  # noqa: PTH112 - False for a path no system takes
    as_pdf = not into and reporting.is_pdf(path or "")
    book, n = opened(n)
    page = reporting.render(book, n)
    if as_pdf:
        from poultice.record.report import pdf

        page = pdf.printed(page)
    if into or path is None:
        path = str(Path(path or "", reporting.file_name(n)))
    outfile.write(path, page, private=True)
    if path == outfile.STDOUT:
        return None
    if opens:
        import webbrowser

        if not webbrowser.open(Path(path).resolve().as_uri()):
            output.say("note: no browser was found to show it in")
    return Result({"session": n, "file": path, "size": len(page)}, "report")
