"""A plain pad: a bimetal switch that cycles, and a timer that turns it off after two hours."""

from __future__ import annotations

from typing import ClassVar

from poultice.virtual import adc
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal
from poultice.virtual.thermistors import Curve
from tests.rivals.bench import RivalBoard
from tests.rivals.contender import Rival
from tests.rivals.rules import CHOSEN, RECALLED, WEAK, Rule

OPENS_C, CLOSES_C = 45.0, 35.0
WRONG_OPENS_C, WRONG_CLOSES_C = 50.0, 40.0
AUTO_OFF_S = 7200.0


class Strip(adc.Channel):
    """The switch where the others have a sensor, and what can befall it.

    A broken wire is off for good; shorted or frozen it stays as it is, as worn contacts and a bent
    strip do; drift makes it open later; the wrong part is the next one in the series.
    """

    def __init__(self) -> None:
        super().__init__(1)
        self.switch = Bimetal(OPENS_C, CLOSES_C)
        self._stuck = False
        self._broken = False
        self._late_c = 0.0
        self._late_c_per_tick = 0.0

    def fail(self, fault: str) -> None:
        """OPEN breaks it, SHORT and FROZEN keep it as it is."""
        self._broken = self._broken or fault == adc.OPEN
        self._stuck = self._stuck or fault in (adc.SHORT, adc.FROZEN)

    def drift(self, c_per_sample: float) -> None:
        """It opens later and later."""
        self._late_c_per_tick = c_per_sample

    def fit(self, curve: Curve) -> None:
        """The wrong part: 50 °C in place of 45 °C."""
        self.switch = Bimetal(WRONG_OPENS_C, WRONG_CLOSES_C)

    def closed(self, temp_c: float) -> bool:
        """Does current flow at this temperature of the strip?"""
        self._late_c += self._late_c_per_tick
        if not self._stuck:
            self.switch.feel(temp_c + self._late_c)
        return self.switch.closed and not self._broken


class BimetalPad(Rival):
    """Two contacts: the thermostat's, and that of the timer and the hand switch."""

    name = "bimetal"
    title = "plain bimetal pad"
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule("auto-off typically after 2 h", "electricblanketinstitute.com", WEAK),
        Rule("a KSD301 bimetal in series, 50 °C in a body pad", "circuit2wires.com", WEAK),
        Rule("here the 45 °C part, held against the skin side like a sensor", "", CHOSEN),
        Rule("closes 10 K lower", "", RECALLED),
        Rule("switched off by hand after 20 min; forgotten: by its timer", "", CHOSEN),
        Rule("the wrong part is the next in the series, 50 °C", "", CHOSEN),
    )

    def __init__(self, plant: Plant) -> None:
        self.strip = Strip()
        super().__init__(RivalBoard(plant, contacts=2, channel=self.strip))

    def begin(self, target_c: float) -> None:
        """It has no setting: on."""
        super().begin(target_c)
        self.board.heat_path[1].drive(True)

    def control(self, now_s: float) -> bool:
        """The strip does what it does, switched on or not."""
        if now_s >= AUTO_OFF_S - 1e-9:
            self.shut_down("auto-off")
        return self.strip.closed(self.board.plant.sensor_a_c)

    def advance(self) -> None:
        """One tick of 100 ms: there is no processor that could drive either contact."""
        self.board.advance()
        self.board.heat_path[0].drive(self.control(self.board.now_s))

    def shut_down(self, because: str) -> None:
        """The other contact opens."""
        super().shut_down(because)
        self.board.heat_path[1].drive(False)
