"""Protocol files that tests write."""

from __future__ import annotations

_HEAD = """
name = "{name}"
title = "{title}"
summary = "For tests."
evidence = ["none"]
acute = "any"
"""


def protocol(name: str, *phases: str) -> str:
    """The text of one for healthy people of any day; each phase as `phase` gives it."""
    return _HEAD.format(name=name, title=name.capitalize()) + "".join(phases)


def phase(mode: str, target: float, seconds: int) -> str:
    """One of its phases."""
    return f'[[phase]]\nmode = "{mode}"\ntarget = {target}\nseconds = {seconds}\n'
