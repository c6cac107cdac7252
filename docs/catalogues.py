"""`python docs/catalogues.py [LANGUAGE]`: what is to be translated, into each language's catalogue.

Texts that are new in the sources are added without a translation, changed ones get the old one
marked `fuzzy`, which counts as none, and what is gone goes. LANGUAGE, such as `fr`, begins one.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import jinja2
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).parents[1]
HOST = ROOT / "host" / "poultice"
# The page that runs a real pad.
PAGE = tuple(
    ROOT / "docs/browser" / name for name in ("pad.html", "pad.js", "pad.py", "commands.py")
)
LOCALE = HOST / "locale"
_CALLS = ("tr", "trn", "later")
# An element whose content is to be translated: none with another of its own kind in it.
MARKED = re.compile(
    r"<(?P<tag>\w+)(?P<more>[^>]*?) data-tr(?P<rest>[^>]*)>(?P<text>.*?)</(?P=tag)>", re.S
)
_IN_SCRIPT = re.compile(r'\btr\(((?:"(?:[^"\\\n]|\\.)*"\s*\+?\s*)+)')
# Who wrote it when is for the version control to say.
_SAID = re.compile(
    r'^"(Project-Id|POT-Creation|PO-Revision|Last-Trans|Language-Team|Report-M|Generated)[^\n]*\n',
    re.M,
)


class Message(NamedTuple):
    """A text of the sources, its plural form (None: it has none), and the file it is in."""

    one: str
    many: str | None
    file: str


def extracted() -> list[Message]:
    """All of them, once each, by file."""
    return within([*sorted(HOST.rglob("*")), *PAGE])


def within(paths: Iterable[Path]) -> list[Message]:
    """Those of these files."""
    found: dict[str, Message] = {}
    readers = {".py": _in_python, ".html": _in_template, ".toml": _in_table, ".js": _in_script}
    for path in paths:
        reader = _in_page if path == PAGE[0] else readers.get(path.suffix, lambda path: iter(()))
        for one, many in reader(path):
            file = path.relative_to(ROOT).as_posix()
            found.setdefault(one, Message(one, many, file))
    return list(found.values())


def _in_python(path: Path) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in _CALLS:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if texts:
                yield str(texts[0]), str(texts[1]) if texts[1:] else None


def _in_template(path: Path) -> Iterator[tuple[str, str | None]]:
    tree = jinja2.Environment().parse(path.read_text(encoding="utf-8"))
    for _, function, said in extract_from_ast(tree, _CALLS):
        texts = [one for one in ((said,) if isinstance(said, str) else said or ()) if one]
        if texts:
            yield texts[0], texts[1] if function == "trn" else None


def _in_page(path: Path) -> Iterator[tuple[str, str | None]]:
    for found in MARKED.finditer(path.read_text(encoding="utf-8")):
        yield " ".join(found["text"].split()), None


def _in_script(path: Path) -> Iterator[tuple[str, str | None]]:
    for found in _IN_SCRIPT.finditer(path.read_text(encoding="utf-8")):
        yield "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found[1])), None


def _in_table(path: Path) -> Iterator[tuple[str, str | None]]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    texts: list[str] = []
    if path.name == "texts.toml":
        texts = [*table.pop("shown")]
        table.pop("button_only")
        texts += [text for kind in table.values() for text in kind.values()]
    elif path.name == "faults.toml":
        texts = [name.replace("_", " ") for name in table]
        texts += [one[key] for one in table.values() for key in ("title", "seen")]
    elif path.name == "questions.toml":
        texts = [text for one in table["question"] for text in (one["text"], one["reason"])]
    elif path.parent.name == "protocols":
        texts = [table["title"], table["summary"], *(one["say"] for one in table["phase"])]
    yield from ((text, None) for text in texts)


def updated(language: str, text: str) -> str:
    """The catalogue of `language`, with what is in the sources now."""
    from babel.messages import catalog, pofile

    new = catalog.Catalog(project="poultice", locale=language, header_comment="", fuzzy=False)
    for one, many, file in extracted():
        new.add((one, many) if many else one, locations=[(file, None)])
    old = pofile.read_po(io.BytesIO(text.encode()), locale=language) if text else new
    if text:
        old.update(new, update_header_comment=False)
        old.obsolete.clear()
    written = io.BytesIO()
    pofile.write_po(written, old, width=100, include_lineno=False)
    return _SAID.sub("", written.getvalue().decode())


def main(languages: list[str]) -> None:
    """Bring up to date those that are named, else all there are."""
    for language in languages or [one.name for one in LOCALE.iterdir()]:
        path = LOCALE / language / "LC_MESSAGES" / "poultice.po"
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(updated(language, before), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
