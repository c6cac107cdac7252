"""What the guard is given in a tick: what was measured and told, and what is asked for.

Both are made once and filled in anew in every tick. Whoever measures fills `Tick`, whoever
wishes fills `Ask`; the guard changes neither.
"""

from .limits import Limits
from .settings import Settings
from .ticks import diff_ms

# Commands: what a host may want of the guard. One a tick, answered in that tick.
NO_COMMAND = 0
ARM = 1
START = 2
STOP = 3
PAUSE = 4
RESUME = 5
CONFIRM = 6
CLEAR = 7

# Answers to a command.
OK = 0
WRONG_STATE = 1
BEYOND = 2
BAD_TOKEN = 3
TOTALS = 4
NOT_READY = 5
REST = 6
BRAKED = 7
NOT_CLEARABLE = 8


class Order:
    """What an accepted plan asks of the guard, which takes each bound only as far as limits go.

    `within`: was the plan judged, and found to break no limit? `heat_phases`: the relay proof runs
    after the last one. Seconds, and `dose_m` in thousandths of a CEM43 minute.
    """

    def __init__(self) -> None:
        self.within = True
        self.heat_s = 0
        self.hot_s = 0
        self.cold_s = 0
        self.total_s = 0
        self.heat_phases = 0
        self.sensitive = False
        self.attended_s = 0
        self.dose_m = 0


class Tick:
    """One tick's measurements and news.

    `dt_ms`: since the tick before (0 in the first; below 0 where time ran backwards), worked out
    here and nowhere else. `code_x8_*`: eighths of a 12-bit code (the sum of the burst's middle 8).
    `raw_*`: the plain sum of all 16. `spread_*`: from the lowest to the highest of the middle 8.
    `fresh`: was there a new burst? `heard`: came a valid request? `failed`: did anything outside
    the guard raise since the last tick? `lost`: bits of faults that memory found. `written`: is
    all on flash that must be there before the pad is energised? `writes`: did the last save go?
    `saved_ms`: what a save of our own took since the last tick. `command` with `token`, `order`,
    `fault`: what a host wants. `settings`, `limits`: a configuration that comes into force, else
    None.
    """

    def __init__(self) -> None:
        self.now_ms = -1
        self.dt_ms = 0
        self.fresh = True
        self.code_x8_a = 0
        self.raw_a = 0
        self.spread_a = 0
        self.code_x8_b = 0
        self.raw_b = 0
        self.spread_b = 0
        self.sense = 0
        self.button = False
        self.estop = False
        self.heard = False
        self.failed = False
        self.lost = 0
        self.written = True
        self.writes = True
        self.saved_ms = 0
        self.command = NO_COMMAND
        self.token = -1
        self.order: Order | None = None
        self.fault = 0
        self.settings: Settings | None = None
        self.limits: Limits | None = None

    def at(self, now_ms: int) -> None:
        """A tick begins at this time on the ring."""
        self.dt_ms = diff_ms(now_ms, self.now_ms) if self.now_ms >= 0 else 0
        self.now_ms = now_ms


class Ask:
    """What the sequencer asks for: a phase, its mode and target, the relays; that all is done."""

    def __init__(self) -> None:
        self.phase = -1
        self.mode = 0
        self.target_mc = 0
        self.heat = False
        self.cool = False
        self.done = False
