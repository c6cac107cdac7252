"""Klipper's heater rules: a host that controls, a board that lets go when it falls silent."""

from __future__ import annotations

from typing import ClassVar

from tests.rivals.bench import RivalBoard
from tests.rivals.contender import Rival
from tests.rivals.rules import CHOSEN, RECALLED, Rule

MAX_DELTA_C = 2.0
HYSTERESIS_C = 5.0
MAX_ERROR_C_S = 120.0
HEATING_GAIN_C = 2.0
CHECK_GAIN_S = 60.0
BAD_REPORTS = 4
REPORT_S = 0.3
LEASE_S = 3.0
STALE_S = 7.0
IDLE_S = 600.0
WATCHDOG_S = 0.35
MIN_TEMP_C, MAX_TEMP_C = 5.0, 46.0
_CHECK_S = 1.0


class VerifyHeater:
    """Is the heater getting anywhere? Asked once a second by the host.

    Within `HYSTERESIS_C` of the target all is well. Below it, the shortfall in °C·s runs up, and
    `MAX_ERROR_C_S` of it is a fault; but while the reading climbs by `HEATING_GAIN_C` in every
    `CHECK_GAIN_S` after a change of target, it is approaching and nothing runs up.
    """

    def __init__(self) -> None:
        self.error_c_s = 0.0
        self._target_c = 0.0
        self._approaching = False
        self._goal_c = 0.0
        self._goal_s = 0.0

    def failed(self, temp_c: float, target_c: float, now_s: float) -> bool:
        """One check; True is a fault."""
        changed, self._target_c = target_c != self._target_c, target_c
        if target_c <= 0.0 or temp_c >= target_c - HYSTERESIS_C:
            self._approaching = False
            if temp_c <= target_c + HYSTERESIS_C:
                self.error_c_s = 0.0
            return False
        self.error_c_s += target_c - HYSTERESIS_C - temp_c
        if not self._approaching:
            if changed:
                self._approach(temp_c, now_s)
            return not changed and self.error_c_s >= MAX_ERROR_C_S
        if temp_c >= self._goal_c:
            self.error_c_s = 0.0
            self._approach(temp_c, now_s)
        elif now_s >= self._goal_s:
            self._approaching = False
        return False

    def _approach(self, temp_c: float, now_s: float) -> None:
        self._approaching = True
        self._goal_c = temp_c + HEATING_GAIN_C
        self._goal_s = now_s + CHECK_GAIN_S


class Klipper(Rival):
    """A host with bang-bang control and verify_heater, a board with ranges, lease and watchdog."""

    name = "klipper"
    title = "Klipper's rules"
    watchdog_s = WATCHDOG_S
    stopped_by_host = True
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule("off 2.0 °C above, on 2.0 °C below the target (`max_delta`)", "heaters.py"),
        Rule("the two-sided reading of `max_delta`", "heaters.py", RECALLED),
        Rule(
            "`verify_heater`: 5 °C of hysteresis, 120 °C·s of error, while heating up 2 °C in 60 s",
            "docs/Config_Reference.md",
        ),
        Rule("its order of checks, once a second", "verify_heater.py", RECALLED),
        Rule("min_temp and max_temp on the board: 4 bad reports of 0.3 s", "adc_temperature.py"),
        Rule("the board lets go 3 s after the host's last word", "heaters.py"),
        Rule("a reading older than 7 s counts as 0 °C", "heaters.py"),
        Rule("heaters off after 600 s idle", "docs/Config_Reference.md"),
        Rule("watchdog of 350 ms", "src/rp2040/watchdog.c"),
        Rule("any fault stops every output", "verify_heater.py"),
        Rule("until it is restarted by hand", "", RECALLED),
        Rule("a target outside min_temp to max_temp is refused", "heaters.py", RECALLED),
        Rule(
            "min_temp 5 °C, max_temp 46 °C: its own swing in a healthy session reaches 44.6 °C",
            "",
            CHOSEN,
        ),
        Rule(
            "a script on the host keeps it busy for 20 min, then turns the heater off", "", CHOSEN
        ),
        Rule("forgotten: that script does not turn it off, and idle begins at its end", "", CHOSEN),
    )

    def __init__(self, board: RivalBoard, busy_s: float = 1200.0) -> None:
        super().__init__(board)
        self._verify = VerifyHeater()
        self._busy_s = busy_s
        self._bad = 0
        self._heating = False
        self._lease_s = 0.0
        self._reading = (0.0, 0.0)
        self._report_s = self._check_s = 0.0

    def begin(self, target_c: float) -> None:
        """A target out of range is refused."""
        if MIN_TEMP_C <= target_c <= MAX_TEMP_C:
            super().begin(target_c)
        else:
            self.shut_down("refused")

    def control(self, now_s: float) -> bool:
        """What the board does with what the host says."""
        if now_s >= self._report_s - 1e-9:
            self._report_s = now_s + REPORT_S
            self.report(self.board.reading_c(), now_s)
        if not self.host_gone and now_s >= self._check_s - 1e-9:
            self._check_s = now_s + _CHECK_S
            self.check(now_s)
        if self._heating and now_s > self._lease_s + 1e-9:
            self._heating = False
            self.shut_down("host lease")
        return self._heating

    def report(self, temp_c: float, now_s: float) -> None:
        """One report of the sensor: judged by the board, then controlled by the host."""
        self._bad = 0 if MIN_TEMP_C <= temp_c <= MAX_TEMP_C else self._bad + 1
        if self._bad >= BAD_REPORTS:
            self.shut_down("min/max_temp")
        if not self.host_gone:
            self._reading = (temp_c, now_s)
            self._bang(temp_c)
            self._lease_s = now_s + LEASE_S

    def check(self, now_s: float) -> None:
        """Once a second on the host: verify_heater, idle_timeout."""
        target_c = self.target_c
        if target_c is not None and self._verify.failed(self.read_c(now_s), target_c, now_s):
            self.shut_down("verify_heater")
        if now_s >= self._busy_s + IDLE_S:
            self.shut_down("idle_timeout")

    def read_c(self, now_s: float) -> float:
        """The last reading, 0 once it is stale."""
        temp_c, at_s = self._reading
        return temp_c if now_s - at_s <= STALE_S else 0.0

    def _bang(self, temp_c: float) -> None:
        if self.target_c is None:
            self._heating = False
        elif self._heating:
            self._heating = temp_c < self.target_c + MAX_DELTA_C
        else:
            self._heating = temp_c <= self.target_c - MAX_DELTA_C
