"""Two thermistor inputs, sixteen conversions each in one burst."""

import micropython
from machine import ADC, Pin

from . import chip
from .pins import SENSOR_A, SENSOR_B

_INPUT0 = micropython.const(26)  # GP26 is the converter's input 0
_STEPS = micropython.const(0x100)  # beside a channel: its codes are to be `corrected`


def corrected(code):
    """A raw RP2040 code with the steps taken out: monotonic, 0 and 4095 unchanged.

    The converter leaves out about eight codes at each of 512, 1536, 2560 and 3584 (erratum
    RP2040-E11). Eight are put back at each, and one taken away every 128 codes, so that no code
    is moved by more than four and an ideal converter still reads right to 0.12 °C.
    """
    return code + (code + 512 >> 10 << 3) - (code + 127 >> 7)


class Analog:
    """Sensors A and B."""

    def __init__(self):
        # Sets up the pins and starts the converter; what it reads is read by `_burst`.
        ADC(Pin(SENSOR_A))
        ADC(Pin(SENSOR_B))
        self._codes = bytearray(2 * 16)
        steps = _STEPS if chip.RP2040 else 0
        self._a = SENSOR_A - _INPUT0 | steps
        self._b = SENSOR_B - _INPUT0 | steps

    def sample(self, burst_a, burst_b):
        """What 16 codes of each come to, fitted or not: what is not is not looked at. False where
        a conversion never came to its end."""
        codes = self._codes
        return _burst(chip.ADC_CS, self._a, codes, burst_a) and _burst(
            chip.ADC_CS, self._b, codes, burst_b
        )


@micropython.viper
def _burst(cs: ptr32, source: int, codes: ptr16, burst) -> bool:  # noqa: F821 (viper's own)
    # A tick is mostly conversions: by the registers (control and status, then the result) one takes
    # 2 µs and not 20, and they are put in order as they come. `corrected` and `condense` (in the
    # core's `board`) are written out for the same reason.
    steps = source & 0x100
    channel = source & 0xF
    total = 0
    for i in range(16):
        cs[0] = channel << 12 | 0x5  # START_ONCE, EN
        looks = 0
        while not cs[0] & 0x100:  # READY
            looks += 1
            if looks > 1_000:
                return False
        code = cs[1] & 0xFFF
        if steps:
            code += (code + 512 >> 10 << 3) - (code + 127 >> 7)
        total += code
        at = i
        while at > 0:
            before = codes[at - 1]
            if before <= code:
                break
            codes[at] = before
            at -= 1
        codes[at] = code
    middle = 0
    for i in range(4, 12):
        middle += codes[i]
    burst[0] = total  # SUM
    burst[1] = middle  # MIDDLE_X8
    burst[2] = codes[11] - codes[4]  # SPREAD
    return True
