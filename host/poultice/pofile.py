"""A catalogue of gettext's as its translator wrote it (.po), looked into text by text.

A run needs a few dozen of its hundreds of texts. To find them costs less than to read them all,
and less than to load them compiled (.mo): docs/how-to/add-a-language.md.
"""

from __future__ import annotations

from pathlib import Path


class Catalogue:
    """What is in the file; a text that is marked `fuzzy`, or has no translation, is not."""

    def __init__(self, path: Path) -> None:
        # A string may go on over several lines, each in quotes of its own.
        self._text = path.read_text(encoding="utf-8-sig").replace('"\n"', "")
        self._found: dict[str, list[str]] = {}

    def gettext(self, text: str) -> str:
        """Its translation, else the text itself."""
        return (self.forms(text) or [text])[0]

    def ngettext(self, one: str, many: str, n: int) -> str:
        """That of the form for the number `n`."""
        forms = self.forms(one, many)
        if not forms:
            return one if n == 1 else many
        from gettext import c2py

        rule = self._text.partition("plural=")[2].partition(";")[0]
        number = c2py(rule or "n != 1")(n)
        return forms[number] if number < len(forms) else forms[-1]

    def forms(self, one: str, many: str | None = None) -> list[str]:
        """All forms of a translation; none where there is none."""
        head = f'msgid "{_escaped(one)}"\n'
        if many is not None:
            head += f'msgid_plural "{_escaped(many)}"\n'
        if head not in self._found:
            self._found[head] = self._looked_up(head)
        return self._found[head]

    def _looked_up(self, head: str) -> list[str]:
        at = self._text.find(f"\n{head}msgstr")
        if at < 0 or head == 'msgid ""\n':
            return []
        notes = self._text[self._text.rfind("\n\n", 0, at) : at].split("\n")
        end = self._text.find("\n\n", at)
        lines = self._text[at + 1 + len(head) : end if end > 0 else None].split("\n")
        told = [_meant(one.partition(' "')[2].removesuffix('"')) for one in lines if one[:1] == "m"]
        fuzzy = any(one.startswith("#,") and "fuzzy" in one for one in notes)
        return told if all(told) and not fuzzy else []


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _meant(text: str) -> str:
    if "\\" not in text:
        return text
    for written, meant in (("\\\\", "\0"), ('\\"', '"'), ("\\n", "\n"), ("\0", "\\")):
        text = text.replace(written, meant)
    return text
