"""A hobby controller: PID, a session timer, a watchdog; after highvaper's heater-controller."""

from __future__ import annotations

from typing import ClassVar

from tests.rivals.bench import TICK_MS, RivalBoard
from tests.rivals.contender import TICK_S, Rival
from tests.rivals.rules import CHOSEN, Rule

SESSION_S = 1200.0
SETPOINT_MAX_C = 250.0
BAD_BELOW_C, BAD_ABOVE_C = 0.0, 1000.0
WATCHDOG_S = 3.0
HOLDING_W_CM2 = 0.0175
_WINDOW_TICKS = 100  # duty by a relay: parts of ten seconds
_KP_PER_C = 0.25
_KI_PER_C_S = 0.0012
_KD_S_PER_C = 2.5
_SLOPE_S = 3.0


class Pid:
    """Duty from 0 to 1, tuned here for no overshoot on either pad; no wind-up while saturated."""

    def __init__(self) -> None:
        self._integral = 0.0
        self._smooth_c: float | None = None

    def duty(self, temp_c: float, target_c: float) -> float:
        """One tick."""
        before_c = temp_c if self._smooth_c is None else self._smooth_c
        self._smooth_c = before_c + TICK_S / _SLOPE_S * (temp_c - before_c)
        slope = (self._smooth_c - before_c) / TICK_S
        error_c = target_c - temp_c
        raw = _KP_PER_C * error_c - _KD_S_PER_C * slope + self._integral
        if 0.0 < raw < 1.0:
            self._integral = min(1.0, max(0.0, self._integral + _KI_PER_C_S * error_c * TICK_S))
        return min(1.0, max(0.0, raw))


class Hobby(Rival):
    """PID on one sensor, its own timer, no check but the sensor's own error."""

    name = "hobby"
    title = "hobby PID and timer"
    watchdog_s = WATCHDOG_S
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule("session timer, then off by itself; 7 min, extended by hand", "main.py"),
        Rule("the timer set to 20 min for this session, never extended", "", CHOSEN),
        Rule("set-point at most 250 °C", "shared_state.py"),
        Rule("sensor fault below 0 °C and above 1000 °C only", "thermocouple.py"),
        Rule("a sensor fault in a session turns the heater off", "", CHOSEN),
        Rule("no sensor at the start: open-loop duty cycle", "main.py"),
        Rule("that duty is the one that holds 42 °C on healthy skin", "", CHOSEN),
        Rule("watchdog of 3 s, left on; it boots with the heater off", "main.py"),
        Rule("a PID that is well tuned for either pad, by a relay in windows of 10 s", "", CHOSEN),
    )

    def __init__(self, board: RivalBoard) -> None:
        super().__init__(board)
        self._pid = Pid()
        self._begun_s: float | None = None
        self._open_loop: float | None = None
        self._due_ticks = 0
        self._tick = 0

    def begin(self, target_c: float) -> None:
        """Without a sensor it goes on without one."""
        super().begin(min(target_c, SETPOINT_MAX_C))
        self._begun_s = self.board.now_s
        if not BAD_BELOW_C <= self.board.reading_c() <= BAD_ABOVE_C:
            self._open_loop = min(1.0, HOLDING_W_CM2 / self.board.plant.pad.density_w_cm2)

    def control(self, now_s: float) -> bool:
        """Timer, sensor, then a part of every window."""
        if self._begun_s is not None and now_s - self._begun_s >= SESSION_S - 1e-9:
            self.shut_down("session timer")
        duty = self.duty(self.board.reading_c())
        if self._tick == 0:
            self._due_ticks = round(duty * _WINDOW_TICKS)
        on = self._tick < self._due_ticks and duty > 0.0
        self._tick = (self._tick + 1) % (_WINDOW_TICKS)
        return on

    def duty(self, temp_c: float) -> float:
        """What the loop asks for at this reading."""
        if self.target_c is None:
            return 0.0
        if self._open_loop is not None:
            return self._open_loop
        if not BAD_BELOW_C <= temp_c <= BAD_ABOVE_C:
            self.shut_down("sensor error")
            return 0.0
        return self._pid.duty(temp_c, self.target_c)


assert TICK_MS * _WINDOW_TICKS == 10_000
