"""Why the chip started (SR-14), and how to make it start again on purpose.

`machine.reset_cause()` calls every reset by the watchdog block the same. What tells them apart
survives in its scratch registers: in number 4 the SDK's own mark that the timer had been running
(a reset asked for clears it, and so does the boot ROM after it has written a UF2), in number 0
ours, where to go.
"""

import time

import machine

from .chip import SCRATCH0, SCRATCH4

_TIMER_RAN = 0x6AB73121
_MARK = 0x17A30000
_PLACES = ("", "app", "repl")
# Long enough for the host to fetch the answer; the watchdog is ten times as patient.
_LAST_WORDS_MS = 100


class Cause:
    """`name` as the link contract has it; `into` is "app", "repl", or "" where not planned."""

    def __init__(self):
        mark = machine.mem32[SCRATCH0]
        machine.mem32[SCRATCH0] = 0
        place = mark - _MARK
        self.into = _PLACES[place] if 0 < place < len(_PLACES) else ""
        if machine.reset_cause() != machine.WDT_RESET:
            self.name = "power_on"
            self.into = ""
        elif self.into == "" and machine.mem32[SCRATCH4] == _TIMER_RAN:
            self.name = "watchdog"
        else:
            self.name = "reboot"


def restart(into):
    """Leave the mark and restart into `app`, `repl` or `bootloader`. Does not return."""
    time.sleep_ms(_LAST_WORDS_MS)
    if into == "bootloader":
        machine.bootloader()
    machine.mem32[SCRATCH0] = _MARK + _PLACES.index(into)
    machine.reset()
