"""Marlin's bed rules: one board, bang-bang, thermal protection below the target, MAXTEMP above."""

from __future__ import annotations

from typing import ClassVar

from tests.rivals.bench import RivalBoard
from tests.rivals.contender import Rival
from tests.rivals.rules import CHOSEN, RECALLED, Rule

RUNAWAY_S, RUNAWAY_C = 20.0, 2.0
WATCH_S, WATCH_C = 60.0, 2.0
HEADROOM_C = 10.0
MAXTEMP_C = 52.0
MINTEMP_C = 5.0
CHECK_S = 5.0
WATCHDOG_S = 4.0


class Runaway:
    """THERMAL_PROTECTION_BED: once the target was reached, not `RUNAWAY_C` below for long."""

    def __init__(self) -> None:
        self._reached = False
        self._due_s = 0.0

    def failed(self, temp_c: float, target_c: float, now_s: float) -> bool:
        """One look; True is a runaway."""
        self._reached = self._reached or temp_c >= target_c
        if not self._reached or temp_c >= target_c - RUNAWAY_C:
            self._due_s = now_s + RUNAWAY_S
            return False
        return now_s >= self._due_s


class Watch:
    """WATCH_BED_TEMP: while far below the target, `WATCH_C` more in every `WATCH_S`."""

    def __init__(self) -> None:
        self._goal_c: float | None = None
        self._due_s = 0.0

    def start(self, temp_c: float, target_c: float, now_s: float) -> None:
        """Set the next goal, or none where the target is near."""
        near = temp_c >= target_c - (WATCH_C + RUNAWAY_C + 1.0)
        self._goal_c = None if near else temp_c + WATCH_C
        self._due_s = now_s + WATCH_S

    def failed(self, temp_c: float, target_c: float, now_s: float) -> bool:
        """One look; True is "heating failed"."""
        if self._goal_c is None:
            return False
        if temp_c >= self._goal_c:
            self.start(temp_c, target_c, now_s)
            return False
        return now_s >= self._due_s


class Marlin(Rival):
    """One board that goes on by itself until it is told to stop."""

    name = "marlin"
    title = "Marlin's rules"
    watchdog_s = WATCHDOG_S
    stopped_by_host = True
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule("runaway: 2 °C below a target once reached, for 20 s (bed)", "Configuration_adv.h"),
        Rule("heating failed: less than 2 °C more in 60 s (bed)", "Configuration_adv.h"),
        Rule(
            "the watch ends within 5 °C of the target and starts anew at each goal",
            "temperature.cpp",
            RECALLED,
        ),
        Rule("target at most MAXTEMP - 10 °C (bed); higher ones are lowered", "Configuration.h"),
        Rule("MAXTEMP 52 °C: the lowest that allows 42 °C", "", CHOSEN),
        Rule("MINTEMP 5 °C; both judged at every reading", "Configuration.h", RECALLED),
        Rule("bed on below, off at the target, every 5 s", "Configuration.h", RECALLED),
        Rule("watchdog of 4 s", "", RECALLED),
        Rule("no timer of its own: a script sent by a computer ends the session", "", CHOSEN),
        Rule("any fault halts until a hard reset", "Configuration_adv.h"),
    )

    def __init__(self, board: RivalBoard) -> None:
        super().__init__(board)
        self._runaway = Runaway()
        self._watch: Watch | None = None
        self._on = False
        self._next_s = 0.0

    def begin(self, target_c: float) -> None:
        """A target beyond the headroom is lowered to it."""
        super().begin(min(target_c, MAXTEMP_C - HEADROOM_C))

    def control(self, now_s: float) -> bool:
        """Judge, then switch every `CHECK_S`."""
        self.judge(self.board.reading_c(), now_s)
        return self._on

    def judge(self, temp_c: float, now_s: float) -> None:
        """One reading."""
        if temp_c >= MAXTEMP_C:
            self.shut_down("MAXTEMP")
        elif temp_c <= MINTEMP_C:
            self.shut_down("MINTEMP")
        target_c = self.target_c
        if target_c is None:
            self._on = False
            return
        if self._watch is None:
            self._watch = Watch()
            self._watch.start(temp_c, target_c, now_s)
        if self._watch.failed(temp_c, target_c, now_s):
            self.shut_down("heating failed")
        if self._runaway.failed(temp_c, target_c, now_s):
            self.shut_down("thermal runaway")
        if now_s >= self._next_s - 1e-9:
            self._next_s = now_s + CHECK_S
            self._on = temp_c < target_c
