"""The person at the bench: what can be asked of them, and the one who is asked at a terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from tests.hardware.resistors import BELOW_C, REST_C, beside, ohms

STEPS = {
    "rest": f"Box 1 at {ohms(REST_C):.0f} Ω ({REST_C} °C), box 2 switched off, sensor B "
    "6.2 kΩ, emergency stop closed, 12 V on, USB in.",
    "warm": f"Box 1 to {ohms(BELOW_C):.0f} Ω ({BELOW_C} °C), box 2 switched off.",
    "box2_off": "Switch box 2 off.",
    "open": "Pull the lead of sensor A (box 1) out.",
    "short": "Bridge box 1 with a wire.",
    "plug": "Put the lead of box 1 back, take any bridge away.",
    "estop": "Analyser on GP17 (rising edge) and GP10. Press the emergency stop.",
    "estop_release": "Release the emergency stop.",
    "hold": "Hold the device's button for more than 3 seconds.",
    "supply_off": "Switch the 12 V supply off.",
    "weld": "Bridge the contact of K2 (without relays: GP20 to 3.3 V).",
    "weld_off": "Take that bridge away.",
    "watch": "Analyser on GP10 and GP11, trigger on a rising edge of either, and start it.",
    "watch_master": "Analyser on GP10, trigger on its rising edge, and start it.",
    "cable_out": "Pull the USB cable (the board stays powered at VSYS).",
    "cable_in": "Plug the USB cable in again.",
    "power_cut": "Take all power from the board (USB and VSYS), wait 5 seconds, give it back.",
}
"""Everything that is done by hand, apart from setting box 2."""

QUESTIONS = {
    "lamp": "Is the lamp in place of the pad lit?",
    "high": "Is GP10 or GP11 high now?",
    "edges": "Has the analyser seen GP10 or GP11 high, even for a moment?",
    "master_fell": "Has the analyser seen GP10 low, even for a moment, since it was started?",
}

NUMBERS = {
    "estop_ms": "Milliseconds from the rise of GP17 to the fall of GP10",
    "held_ms": "Milliseconds for which GP10 was high",
}


class Operator(Protocol):
    """Whoever has hands."""

    def agrees(self, question: str) -> bool:
        """The answer to a question about going on at all."""

    def do(self, step: str) -> None:
        """One of STEPS; returns when it is done."""

    def box2(self, reading_c: float) -> None:
        """Box 2 set to what makes `reading_c` of box 1 at BELOW_C, and switched on."""

    def sees(self, question: str) -> bool:
        """One of QUESTIONS."""

    def reads(self, number: str) -> float:
        """One of NUMBERS, off the analyser."""


class _Capture(Protocol):
    def global_and_fixture_disabled(self) -> AbstractContextManager[None]:
        """Let the terminal be the terminal for a while."""


class TerminalOperator:
    """Asks on the terminal and waits for an answer, as long as it takes."""

    def __init__(self, capture: _Capture) -> None:
        self._capture = capture

    def agrees(self, question: str) -> bool:
        return self._yes(question)

    def do(self, step: str) -> None:
        self._ask(f"{STEPS[step]} [Enter] ")

    def box2(self, reading_c: float) -> None:
        text = f"{beside(reading_c, BELOW_C):.0f} Ω ({reading_c} °C)"
        self._ask(f"Switch box 2 off, set it to {text}, switch it on. [Enter] ")

    def sees(self, question: str) -> bool:
        return self._yes(QUESTIONS[question])

    def reads(self, number: str) -> float:
        while True:
            try:
                return float(self._ask(f"{NUMBERS[number]}: ").replace(",", "."))
            except ValueError:
                continue

    def _yes(self, question: str) -> bool:
        while (answer := self._ask(f"{question} [y/n] ").lower()) not in ("y", "n"):
            pass
        return answer == "y"

    def _ask(self, text: str) -> str:
        with self._capture.global_and_fixture_disabled():
            return input(f"\n>>> {text}").strip()
