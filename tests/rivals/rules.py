"""One published rule, or one choice made for a rival, as a reader wants to see it."""

from __future__ import annotations

from dataclasses import dataclass

STATED = "stated"
WEAK = "stated in a weak source"
RECALLED = "recalled"  # general knowledge, not verified
CHOSEN = "our choice"  # nothing is published, or it has to be configured


@dataclass(frozen=True)
class Rule:
    """What it says, where that stands, and how sure that is."""

    says: str
    source: str
    standing: str = STATED
