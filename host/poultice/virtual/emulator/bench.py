"""What is wired to the emulated chip: relays, pad, body, sensors, button, emergency stop."""

from __future__ import annotations

from poultice.virtual.adc import SAMPLES
from poultice.virtual.emulator.chip import Chip
from poultice.virtual.virtual_board import VirtualBoard

MASTER, HEAT, COOL, PUMP = 10, 11, 12, 9
BUTTON, ESTOP, SENSE = 16, 17, 20
RELAYS = (MASTER, HEAT, COOL)
WATCHED = (*RELAYS, PUMP)

MS_NS = 1e6
_BURST_GAP_NS = 10e6
# A third of 5 V, pulled down a little, where a Pico has it; a Pico W has nothing there.
_SUPPLY = (3, 900)
# 27 °C on the chip's own sensor.
_CHIP_TEMPERATURE = (4, 876)


class Bench(VirtualBoard):
    """The simulator's board with the device's logic taken off it and a chip put in its place.

    The relays follow the chip's pins, the chip's pins and converter follow the plant, in steps
    of a millisecond. `power` connects a chip, at the start and after a power cut.
    """

    def power(self, chip: Chip) -> None:
        """Wire `chip` up; its time and that of the bench go together from now on."""
        self._chip = chip
        self._start_ns = chip.now_ns - self.now_ms * MS_NS
        self._driven: dict[int, bool] = {}
        self._burst: dict[int, list[int]] = {0: [], 1: []}
        self._converted_ns: dict[int, float] = {0: -_BURST_GAP_NS, 1: -_BURST_GAP_NS}
        adc = chip.mcu.adc
        adc.channel_values[_CHIP_TEMPERATURE[0]] = _CHIP_TEMPERATURE[1]
        adc.channel_values[_SUPPLY[0]] = _SUPPLY[1]
        adc.on_adc_read = self._convert
        self._drive_inputs()

    def pass_ms(self) -> None:
        """One millisecond, for the chip first and then for everything around it."""
        chip = self._chip
        chip.run_until(self._start_ns + (self.now_ms + 1) * MS_NS)
        levels = chip.levels
        # The pin is the dead-man's output already: as long as it is high, K1's coil has current.
        self.write(levels[MASTER], levels[HEAT], levels[COOL])
        self.advance(1)
        self._drive_inputs()

    def dark_ms(self) -> None:
        """One millisecond without a powered chip."""
        self.write(False, False, False)
        self.advance(1)

    def _drive_inputs(self) -> None:
        self._drive(BUTTON, not self.button_down)
        self._drive(ESTOP, self.estop_open)
        if self._sense:
            self._drive(SENSE, self._sense_level)

    def _drive(self, pin: int, level: bool) -> None:
        # Telling a pin what it knows already would be an edge to the emulator.
        if self._driven.get(pin) is not level:
            self._driven[pin] = level
            self._chip.drive(pin, level)

    def _convert(self, channel: int) -> None:
        adc = self._chip.mcu.adc
        adc.current_channel = channel
        if channel in self._burst:
            adc.channel_values[channel] = self._code(channel)
        adc.sample_alarm.schedule(adc.sample_time * 1000)

    def _code(self, channel: int) -> int:
        """The next of a burst of sixteen; after a pause a new burst begins."""
        now_ns = self._chip.now_ns
        burst = self._burst[channel]
        if not burst or now_ns - self._converted_ns[channel] > _BURST_GAP_NS:
            burst[:] = [0] * SAMPLES
            if channel == 0:
                self.channel_a.sample(self.plant.sensor_a_c, burst)
            elif self._sensor_b:
                self.channel_b.sample(self.plant.sensor_b_c, burst)
        self._converted_ns[channel] = now_ns
        return burst.pop()
