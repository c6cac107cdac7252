"""Stories that were once told as counter-examples, kept under a name.

`python -m tests.explore --story` prints one ready to be put here. Where the guard was right, a rule
of the shadow had asked for more than the safety contract does, or remembered wrongly; where it
was wrong, the name says what it had done.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """`letters` of a scenario from power-up; `told` says what they were taken for."""

    name: str
    scenario: str
    letters: tuple[str, ...]
    told: str


STORIES = (
    Story(
        "a relay that was kept open in its half of the proof was taken for proven",
        "heat",
        (
            *("a second", "a second", "arm heat", "start", "a second", "a second"),
            *("the intent is not on flash", "a second"),
        ),
        "SR-22: heat without a proof of both relays",
    ),
    Story(
        "a proof that was through in the tick of `stop` was good for the next session",
        "heat and SENSE, to the end",
        (
            *("a second", "a second", "arm heat", "start", *["a second"] * 3, "stop"),
            *("arm heat", "start", "a second"),
        ),
        "SR-22: heat without a proof of both relays",
    ),
    Story(
        "the relay proof at the end is outside the session's clock",
        "heat and cold with a cooler",
        (
            *("a second", "a second", "arm both", "start, ask cold", "ask cold"),
            *("confirm, ask cold", "ask cold", *["a second"] * 9, "stall, done", "ask done"),
        ),
        "SR-04: a session for too long",
    ),
    Story(
        "another cold phase counts its ten seconds at 10 °C anew",
        "cold with a cooler",
        (
            *("a second", "a second", "arm cold", "start", "10000 m°C"),
            *("ask too cold at 7 °C", "10000 m°C"),
        ),
        "SR-03: 10 °C, and the cold phase goes on",
    ),
    Story(
        "the two seconds at 7 °C began anew with another cold phase",
        "cold with a cooler",
        (
            *("a second", "a second", "arm cold", "start"),
            *("ask too cold at 7 °C", "7000 m°C"),
        ),
        "under_temperature: outputs 1",
    ),
    Story(
        "a pack laid by the button has its lowest reading from that tick on",
        "cold by hand, to the end",
        (
            *("a second", "a second", "arm cold", "start", "button", "7000 m°C"),
            *("45000 m°C", "late"),
        ),
        "SR-23: a pack is on, and no alarm",
    ),
    Story(
        "a proof that was through before a stall is good for the heat after it",
        "heat",
        (
            *("a second", "a second", "arm heat", "start", *["a second"] * 3, "ask nothing"),
            "arm heat and a stall",
        ),
        "SR-22: a heat phase without the proof",
    ),
    Story(
        "a proof begins, both relays open, a tick after the session",
        "heat and SENSE, to the end",
        (
            *("a second", "a second", "arm heat", "button"),
            *("SENSE high", "a second", "SENSE high"),
        ),
        "supply_lost: outputs 2",
    ),
    Story(
        "a stall between the two halves of the proof takes nothing back",
        "heat and SENSE, to the end",
        (
            *("a second", "a second", "arm heat", "start", "a second", "a second", "stall"),
            *("a second", "a second"),
        ),
        "SR-22: a heat phase without the proof: [(0, 1000), (1, 1000)]",
    ),
    Story(
        "a token was in time for a `start` whose tick came late",
        "cold by hand",
        ("a second", "a second", "arm cold", "a second", "start and a stall"),
        "SR-17: an old token started",
    ),
    Story(
        "a `resume` in the tick in which the pause ends has ended it",
        "cold by hand, to the end",
        ("a second", "a second", "arm cold", "button", "pause", "a second", "resume"),
        "SR-04: paused for longer than 5 min",
    ),
)


def as_story(name: str, scenario: str, letters: list[str], told: str) -> str:
    """A counter-example as it is entered above."""
    lines = [f"            {letter!r}," for letter in letters]
    return "\n".join(
        [
            "    Story(",
            f"        {name!r},",
            f"        {scenario!r},",
            "        (",
            *lines,
            "        ),",
            f"        {told!r},",
            "    ),",
        ]
    )
