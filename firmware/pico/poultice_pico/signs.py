"""LED blink codes and buzzer tunes, moved on between ticks: nothing here waits."""

from time import ticks_add, ticks_diff, ticks_ms

from machine import PWM, Pin

from .chip import has_radio
from .pins import BUZZER, LED

_BLINK_MS = 150
_PAUSE_MS = 1_000
_HALF = 32_768

# By number (`poultice_core.signals`): pairs of Hz (0: silence) and ms.
_TUNES = (
    (),
    ((1_760, 120),),
    ((1_320, 150), (0, 80), (1_760, 300)),
    ((1_760, 150), (0, 80), (1_320, 300)),
    ((1_320, 120), (1_568, 120), (2_093, 350)),
    ((1_047, 300),),
    ((2_637, 200), (0, 100)) * 8,
)


class Led:
    """So many blinks, then a pause; steady for 0. At GP22, and at the board's own LED where that
    does not hang on a radio, which stays off."""

    def __init__(self):
        self._pins = [Pin(LED, Pin.OUT, value=0)]
        if not has_radio():
            self._pins.append(Pin("LED", Pin.OUT, value=0))
        self._blinks = 1
        self._step = 0
        self._due_ms = ticks_ms()

    def show(self, blinks):
        """Change the code; the same one goes on undisturbed."""
        if blinks != self._blinks:
            self._blinks = blinks
            self._step = 0
            self._due_ms = ticks_ms()

    def move_on(self, now_ms):
        """The next edge, where it is due."""
        if ticks_diff(now_ms, self._due_ms) < 0:
            return
        if self._blinks == 0:
            self._light(1)
            self._due_ms = ticks_add(now_ms, _PAUSE_MS)
            return
        self._light(self._step & 1 == 0)
        self._step += 1
        wait_ms = _BLINK_MS
        if self._step >= 2 * self._blinks:
            self._step = 0
            wait_ms = _PAUSE_MS
        self._due_ms = ticks_add(now_ms, wait_ms)

    def _light(self, level):
        for pin in self._pins:
            pin(level)


class Buzzer:
    """One tune at a time; a new one replaces what is playing."""

    def __init__(self):
        self._pwm = PWM(Pin(BUZZER), freq=1_000, duty_u16=0)
        self._tune = _TUNES[0]
        self._note = 0
        self._due_ms = 0
        self._sounding = False

    def play(self, number):
        """Start a tune."""
        self._tune = _TUNES[number]
        self._note = 0
        self._due_ms = ticks_ms()
        self._sounding = True

    def move_on(self, now_ms):
        """The next note, where it is due."""
        if not self._sounding or ticks_diff(now_ms, self._due_ms) < 0:
            return
        if self._note == len(self._tune):
            self._pwm.duty_u16(0)
            self._sounding = False
            return
        hz, wait_ms = self._tune[self._note]
        self._note += 1
        if hz:
            self._pwm.freq(hz)
        self._pwm.duty_u16(_HALF if hz else 0)
        self._due_ms = ticks_add(now_ms, wait_ms)
