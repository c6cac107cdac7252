"""A whole device behind a table of plain values; one source for CPython and MicroPython.

It holds a `Loop` on a board whose readings, pins, flash and time are set from outside, a sequencer
that can be overruled in every ask, and limits that can be shrunk. Run as a program it reads one
JSON list a line (the operation and its arguments) and prints one JSON answer a line, so that the
same trace can be played on another interpreter. Only what MicroPython has is used here.
"""

import gc
import json
import sys

from poultice_core import codec, journal, memory, recall
from poultice_core import config as configuration
from poultice_core.board import SENSE_HIGH, SENSE_LOW, SPREAD, SUM, Board, Store, condense
from poultice_core.limits import Limits
from poultice_core.loop import Loop
from poultice_core.sequencer import Sequencer
from poultice_core.thermistor import B3950, temp_mc

RING = 1 << 30
FOLLOW = -1  # for SENSE: high where the pad is energised
FLICKER = -2  # ... another level at every look
PATIENCE = 40  # ticks that a request may take

# What `step` gives for each tick, in this order.
FIELDS = (
    "now_ms",
    "code_a",
    "code_b",
    "raw_a",
    "raw_b",
    "spread_a",
    "spread_b",
    "saved_ms",
    "fresh",
    "sense",
    "button",
    "estop",
    "heard",
    "asks",
    "state_was",
    "mode_was",
    "prompt_was",
    "outputs",
    "state",
    "fault",
    "more",
    "mode",
    "phase",
    "target_mc",
    "prompt",
    "dose_m",
    "budget_uj",
    "saves_hot",
    "tunes",
    "warnings",
    "uptime_ms",
    "adopted",
)

_codes = {}  # type: dict[int, int]


def code_x8_for(wanted_mc):  # type: ignore[no-untyped-def]
    """The hottest code in eighths whose reading is at most `wanted_mc`."""
    code = _codes.get(wanted_mc)
    if code is None:
        low, high = 462 * 8, 3496 * 8
        while low < high:
            middle = (low + high) // 2
            if temp_mc(B3950, middle) <= wanted_mc:
                high = middle
            else:
                low = middle + 1
        code = low
        if len(_codes) > 500:
            _codes.clear()
        _codes[wanted_mc] = code
    return code


class MemoryStore(Store):
    """Files in memory. `save_ms`: how long a save takes, on the board's clock."""

    board = None

    def __init__(self, files):  # type: ignore[no-untyped-def]
        self.files = files
        self.saves = 0
        self.fails = False
        self.save_ms = 0

    def load(self, name):  # type: ignore[no-untyped-def]
        return self.files.get(name)

    def save(self, name, data):  # type: ignore[no-untyped-def]
        if self.board is not None:
            if self.board.outputs & 1:
                self.board.saves_hot += 1
            self.board.now_ms += self.save_ms
        if self.fails:
            raise OSError(28)
        self.saves += 1
        self.files[name] = bytes(data)


class DriverBoard(Board):
    """Every pin and reading as last set."""

    def __init__(self, store, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        self.name = "driver"
        self.uid = "00000000000000dd"
        self.store = store
        self.reset_cause = reset_cause
        self.now_ms = now_ms
        self.began_ms = now_ms  # the tick
        self.code_a = code_x8_for(32000)
        self.code_b = self.code_a
        self.raw_a = 0
        self.raw_b = 0
        self.wide_a = 0
        self.wide_b = 0
        self.spread_a = 0
        self.spread_b = 0
        self.frozen = False
        self.fresh = True
        self.sense_as = FOLLOW
        self.sensed = SENSE_LOW
        self.pressed = False
        self.stopped = False
        self.outputs = 0
        self.writes = 0
        self.saves_hot = 0
        self.tunes = []
        self.incoming = b""
        self.outgoing = b""
        self.wide = True
        self.broken = False
        self.rebooted = ""
        self._noise = 0
        self._number = 77

    def ticks_ms(self):  # type: ignore[no-untyped-def]
        return self.now_ms & (RING - 1)

    def sample(self, burst_a, burst_b):  # type: ignore[no-untyped-def]
        if self.broken:
            raise ValueError("broken")
        if not self.fresh:
            return False
        if not self.frozen:
            self._noise = self._noise + 1 if self._noise < 6 else 0
        _fill(burst_a, self.code_a, self._noise, self.wide_a)
        _fill(burst_b, self.code_b, self._noise, self.wide_b)
        self.raw_a = burst_a[SUM]
        self.raw_b = burst_b[SUM]
        self.spread_a = burst_a[SPREAD]
        self.spread_b = burst_b[SPREAD]
        return True

    def sense(self):  # type: ignore[no-untyped-def]
        if self.sense_as == FOLLOW:
            self.sensed = SENSE_HIGH if self.outputs & 3 == 3 else SENSE_LOW
        elif self.sense_as == FLICKER:
            self.sensed = SENSE_LOW if self.sensed == SENSE_HIGH else SENSE_HIGH
        else:
            self.sensed = self.sense_as
        return self.sensed

    def button(self):  # type: ignore[no-untyped-def]
        return self.pressed

    def estop(self):  # type: ignore[no-untyped-def]
        return self.stopped

    def write(self, master, heat, cool):  # type: ignore[no-untyped-def]
        self.outputs = (1 if master else 0) | (2 if heat else 0) | (4 if cool else 0)
        self.writes += 1

    def show(self, led, tune):  # type: ignore[no-untyped-def]
        if tune:
            self.tunes.append(tune)

    def receive(self, buffer):  # type: ignore[no-untyped-def]
        count = min(len(buffer), len(self.incoming))
        buffer[:count] = self.incoming[:count]
        self.incoming = self.incoming[count:]
        return count

    def send(self, line):  # type: ignore[no-untyped-def]
        if not self.wide:
            return False
        self.outgoing += line
        return True

    def entropy(self):  # type: ignore[no-untyped-def]
        self._number = (self._number * 75 + 74) % 65537
        return self._number * 4001 % (1 << 28)

    def reboot(self, into):  # type: ignore[no-untyped-def]
        self.rebooted = into


def _fill(burst, code_x8, noise, wide):  # type: ignore[no-untyped-def]
    """16 codes whose middle eight sum to `code_x8`, their ends each `wide` codes further apart;
    the whole sum moves with `noise`."""
    samples = [0] * 16
    low = code_x8 // 8
    more = code_x8 % 8
    for i in range(8):
        samples[4 + i] = low + 1 if i >= 8 - more else low
    wide = min(wide, low)
    samples[4] -= wide
    samples[11] += wide
    samples[0] = max(0, low - wide - 2 - noise)
    for i in range(3):
        samples[1 + i] = max(0, low - wide - 1)
    for i in range(4):
        samples[12 + i] = low + wide + 2
    condense(samples, burst)


class Overruled(Sequencer):
    """The real sequencer; any of its asks can be replaced. `asks`: None for its own."""

    asks = (None,) * 6

    def step(self, guard, ask, dt_ms):  # type: ignore[no-untyped-def]
        Sequencer.step(self, guard, ask, dt_ms)
        phase, mode, target_mc, heat, cool, done = self.asks
        if phase is not None:
            ask.phase = phase
        if mode is not None:
            ask.mode = mode
        if target_mc is not None:
            ask.target_mc = target_mc
        if heat is not None:
            ask.heat = heat
        if cool is not None:
            ask.cool = cool
        if done is not None:
            ask.done = done


class Shrunk(Limits):
    """Limits with some replaced, for memory to hand to a device."""

    overrides = ()  # a table, name -> value, once there is one

    def __init__(self):  # type: ignore[no-untyped-def]
        Limits.__init__(self)
        for name in self.overrides:
            setattr(self, name, self.overrides[name])


class Driver:
    """The operations, each with plain arguments and a plain answer."""

    def __init__(self):  # type: ignore[no-untyped-def]
        self.store = MemoryStore({})
        self.overrides = {}
        self.mc_a = self.mc_b = 32000
        self._id = 0
        self._asks = [None] * 6
        self._heard = False

    def reset(self, config, overrides, image, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        """A device with this configuration, limits and flash (name -> text), powered up."""
        files = {}
        for name in image:
            files[name] = image[name].encode()
        self.overrides = overrides
        self._asks = [None] * 6
        if config is not None:
            self.store = MemoryStore(files)
            if "journal" not in files:
                # What a new board saves at its first start: without it a configuration is a loss.
                self._power_up("power_on", 0)
                self.step(4, 100, 0, 0, (None, None))
            whole = configuration.merged(configuration.default(), config)
            files["config"] = configuration.file(0, whole, None)
        self.store = MemoryStore(files)
        self.mc_a = self.mc_b = 32000
        self._power_up(reset_cause, now_ms)
        return self.image()

    def _power_up(self, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        self._heard = False
        self.board = DriverBoard(self.store, reset_cause, now_ms)
        self.store.board = self.board
        self._shrunk(True)
        try:
            self.loop = Loop(self.board)
        finally:
            self._shrunk(False)
        self.loop.sequencer = Overruled(self.loop.guard.limits)
        self.loop.sequencer.asks = self._asks

    def _shrunk(self, on):  # type: ignore[no-untyped-def]
        """From here on memory takes the overridden limits, or those that were compiled in."""
        Shrunk.overrides = self.overrides
        memory.Limits = recall.Limits = journal.Limits = Shrunk if on else Limits

    def image(self):  # type: ignore[no-untyped-def]
        """The flash, name -> text."""
        return {name: _text(self.store.files[name]) for name in self.store.files}

    def restart(self, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        """The power went (or the watchdog fired) and came back."""
        self.store.fails = False
        self._power_up(reset_cause, now_ms)
        return []

    def limits(self):  # type: ignore[no-untyped-def]
        """Every limit and threshold in force, by name."""
        limits = self.loop.guard.limits
        return {name: getattr(limits, name) for name in dir(limits) if name.endswith(_UNITS)}

    def set(self, values):  # type: ignore[no-untyped-def]
        """Pins and readings until further notice; names of `_SETTABLE`."""
        board = self.board
        for name in values:
            value = values[name]
            if name == "mc_a":
                self.mc_a = value
            elif name == "mc_b":
                self.mc_b = value
            elif name == "asks":
                self._asks = self.loop.sequencer.asks = value
            elif name == "store_fails":
                self.store.fails = value
            elif name == "save_ms":
                self.store.save_ms = value
            else:
                setattr(board, name, value)
        return []

    def step(self, count, dt_ms, off_mc, on_mc, codes):  # type: ignore[no-untyped-def]
        """`count` ticks, `dt_ms` apart; one observation each.

        Both readings move by `off_mc` a tick, by `on_mc` where the pad was energised. `codes`: two
        codes in eighths that replace the readings' own, each None for none.
        """
        seen = []
        for _ in range(count):
            self._tick(seen, dt_ms, off_mc, on_mc, codes)
        return seen

    def _tick(self, seen, dt_ms, off_mc, on_mc, codes):  # type: ignore[no-untyped-def]
        """One tick, observed. After a save that took time the
        next tick is due as if it had taken none, but no sooner than now."""
        board = self.board
        saved_ms = board.now_ms - board.began_ms
        board.now_ms = board.began_ms + dt_ms
        if saved_ms:
            board.now_ms = max(board.now_ms, board.began_ms + saved_ms)
        board.began_ms = board.now_ms
        move_mc = on_mc if board.outputs & 3 == 3 else off_mc
        if move_mc:
            self.mc_a = min(60000, max(-5000, self.mc_a + move_mc))
            self.mc_b = min(60000, max(-5000, self.mc_b + move_mc))
        if board.fresh and not board.broken:
            board.code_a = codes[0] if codes[0] is not None else code_x8_for(self.mc_a)
            board.code_b = codes[1] if codes[1] is not None else code_x8_for(self.mc_b)
        heard = self._heard
        self._heard = False
        course = self.loop.guard.course
        was = (course.state, course.phases.mode, course.prompt)
        self._shrunk(True)
        try:
            self.loop.tick()
        finally:
            self._shrunk(False)
        seen.append(self._seen(saved_ms, heard, was))

    def _seen(self, saved_ms, heard, was):  # type: ignore[no-untyped-def]
        board = self.board
        loop = self.loop
        guard = loop.guard
        course = guard.course
        ask = loop.ask
        tunes = board.tunes
        board.tunes = []
        return (
            board.began_ms,
            board.code_a,
            board.code_b,
            board.raw_a,
            board.raw_b,
            board.spread_a,
            board.spread_b,
            saved_ms,
            board.fresh,
            board.sensed,
            board.pressed,
            board.stopped,
            heard,
            (ask.phase, ask.mode, ask.target_mc, ask.heat, ask.cool, ask.done),
            was[0],
            was[1],
            was[2],
            board.outputs,
            course.state,
            guard.latch.fault,
            _bits(guard.latch.followers),
            course.phases.mode,
            course.phases.phase,
            course.phases.target_mc,
            course.prompt,
            guard.dose.milli(),
            guard.budget.level_uj,
            board.saves_hot,
            tunes,
            loop.tally.warnings,
            loop.uptime_ms(),
            loop.inputs.settings is not None,
        )

    def command(self, method, params):  # type: ignore[no-untyped-def]
        """A request over the link and the ticks that it took: (0, result, seen), (code, data,
        seen), or (None, None, seen) where no answer came."""
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method}
        if params is not None:
            message["params"] = params
        lines = self.raw(_text(codec.encode(message)))
        self._heard = True
        seen = []
        while True:
            for text in lines:
                answer = json.loads(text[:-9])
                if answer.get("id") == self._id:
                    if "error" in answer:
                        return [answer["error"]["code"], answer["error"]["data"], seen]
                    return [0, answer["result"], seen]
            if len(seen) >= PATIENCE:
                return [None, None, seen]
            self.board.outgoing = b""
            self._tick(seen, 100, 0, 0, (None, None))
            lines = self.raw_lines()

    def raw(self, text):  # type: ignore[no-untyped-def]
        """Bytes over the link (each character one byte); the lines that came back."""
        board = self.board
        board.outgoing = b""
        board.incoming += bytes([ord(char) for char in text])
        while self.loop.serve():
            pass
        return self.raw_lines()

    def raw_lines(self):  # type: ignore[no-untyped-def]
        """The lines that have come back since `board.outgoing` was emptied."""
        lines = _text(self.board.outgoing).split("\n")
        return [line for line in lines if line]

    def waits(self):  # type: ignore[no-untyped-def]
        """Is a request under way, or a line unread?"""
        return self.loop._waiting is not None or bool(self.board.incoming)

    def rename_fault(self, name):  # type: ignore[no-untyped-def]
        """The latched fault on flash gets a name that another firmware may have given it."""
        lines = self.store.files["journal"].split(b"\n")
        head = lines[0][:-9]
        begin = head.index(b'"fault":"') + 9
        end = head.index(b'"', begin)
        lines[0] = codec.seal(head[:begin] + name.encode() + head[end:])
        self.store.files["journal"] = b"\n".join(lines)
        return []

    def ledger(self):  # type: ignore[no-untyped-def]
        """What rest and totals stand at: (now_s, sessions, heat_s, cold_s, dose_m, rest heat, rest
        cold)."""
        ledger = self.loop.guard.ledger
        return [
            ledger.now_s,
            ledger.sessions(),
            ledger.used(1),
            ledger.used(2),
            ledger.used(3),
            ledger.rest_s(True, False),
            ledger.rest_s(False, True),
        ]

    def held(self):  # type: ignore[no-untyped-def]
        """What is in use, garbage and flash apart (bytes, or CPython's blocks), and whatever could
        grow: lines to send, events to tell, sessions and entries kept, files and the longest."""
        loop = self.loop
        files = self.store.files
        _codes.clear()
        gc.collect()
        if hasattr(gc, "mem_alloc"):
            used = gc.mem_alloc() - sum([len(files[name]) for name in files])
        else:
            used = sys.getallocatedblocks()
        grown = [used]
        for kept in (loop.link._queue, loop.news.events, loop.guard.ledger.records):
            grown.append(len(kept))
        grown.append(len(loop.memory._journal.tail))
        grown.append(len(files))
        grown.append(max([len(files[name]) for name in files]))
        return grown


_UNITS = ("_mc", "_ms", "_s", "_m", "_ticks", "_ds", "_max", "_min", "_count", "_day", "_cm2")


def _text(data):  # type: ignore[no-untyped-def]
    return "".join([chr(byte) for byte in data])


def _bits(mask):  # type: ignore[no-untyped-def]
    count = 0
    while mask:
        count += mask & 1
        mask >>= 1
    return count


def serve(lines, say):  # type: ignore[no-untyped-def]
    """Play operations, one JSON list a line, until the lines end."""
    driver = Driver()
    for line in lines:
        if line.strip():
            operation = json.loads(line)
            say(json.dumps(getattr(driver, operation[0])(*operation[1:])))


if __name__ == "__main__":
    serve(sys.stdin, print)
