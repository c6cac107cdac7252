"""What stood from the last tick to this one: the facts that every judge is given."""

from . import states
from .relays import MASTER, PAD
from .tick import Tick


class Interval:
    """Filled in by the guard before anything is judged; a judge changes nothing in it.

    `dt_ms`: how long it was, never below 0. `stalled`: too long to be taken for a tick (SR-18).
    `seen_ms`: the same, but 0 after a stall, where nothing before is compared with anything after.
    `state`, `mode`, `target_mc`, `outputs`, `proving`: as they stood. `live`: running, paused or
    waiting. `heating`: in a heat phase whose clock runs; `treating`: in one of heat or cold.
    `heated`: the pad was energised.
    """

    def __init__(self) -> None:
        self.tick = Tick()
        self.dt_ms = 0
        self.seen_ms = 0
        self.stalled = False
        self.state = states.BOOT
        self.live = False
        self.mode = states.NO_MODE
        self.target_mc = 0
        self.outputs = 0
        self.proving = False
        self.heating = False
        self.treating = False
        self.heated = False

    def measure(self, tick: Tick, late_ms: int) -> None:
        """How long it was. A save of our own is no stall where MASTER was open meanwhile."""
        self.tick = tick
        dt_ms = tick.dt_ms
        saved_ms = 0 if self.outputs & MASTER else tick.saved_ms
        self.stalled = dt_ms < 0 or dt_ms - saved_ms > late_ms
        self.dt_ms = dt_ms if dt_ms > 0 else 0
        self.seen_ms = 0 if self.stalled else self.dt_ms

    def stood(self, state: int, live: bool, outputs: int, proving: bool) -> None:
        """State and outputs since the last tick; `phase` goes with it."""
        self.state = state
        self.live = live
        self.outputs = outputs
        self.proving = proving
        self.heated = outputs & PAD == PAD

    def phase(self, mode: int, target_mc: int) -> None:
        """The phase at hand since the last tick."""
        self.mode = mode
        self.target_mc = target_mc
        running = self.state == states.RUNNING and not self.proving
        self.heating = running and mode == states.HEAT
        self.treating = running and mode >= states.HEAT
