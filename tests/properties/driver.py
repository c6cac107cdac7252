"""A whole device behind a table of plain values; one source for CPython and MicroPython.

It holds a `Controller` on a board whose readings, pins and flash are set from outside, a session
that can be overruled in every ask, and limits that can be shrunk. Run as a program it reads one
JSON list a line (the operation and its arguments) and prints one JSON answer a line, so that the
same trace can be played on another interpreter. Only what MicroPython has is used here.
"""

import json

from poultice_core import messages
from poultice_core.board import SENSE_HIGH, SENSE_LOW, Board, Store
from poultice_core.controller import Controller
from poultice_core.session import Session
from poultice_core.thermistor import B3950, temp_mc

RING = 1 << 30
FOLLOW = -1  # for SENSE: high where the pad is energised

# What `step` gives for each tick, in this order.
FIELDS = (
    "now_ms",
    "code_a",
    "code_b",
    "raw_a",
    "raw_b",
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


class PowerCut(BaseException):
    """The power went in the middle of a save: nothing that runs may catch it."""


class MemoryStore(Store):
    """Files in memory. `cut_in` n: the power goes in the n-th save from now.

    `cut_how`: -1 before anything is written, -2 once all of it is, else so many bytes of the new
    content are left (a store that tears).
    """

    def __init__(self, files):  # type: ignore[no-untyped-def]
        self.files = files
        self.saves = 0
        self.fails = False
        self.cut_in = 0
        self.cut_how = -1

    def load(self, name):  # type: ignore[no-untyped-def]
        return self.files.get(name)

    def save(self, name, data):  # type: ignore[no-untyped-def]
        if self.fails:
            raise OSError(28)
        self.saves += 1
        if self.cut_in > 0:
            self.cut_in -= 1
            if self.cut_in == 0:
                if self.cut_how == -2:
                    self.files[name] = bytes(data)
                elif self.cut_how >= 0:
                    self.files[name] = bytes(data)[: self.cut_how]
                raise PowerCut
        self.files[name] = bytes(data)


class DriverBoard(Board):
    """Every pin and reading as last set."""

    name = "driver"
    uid = "00000000000000dd"

    def __init__(self, store, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        self.store = store
        self.reset_cause = reset_cause
        self.now_ms = now_ms
        self.code_a = code_x8_for(32000)
        self.code_b = self.code_a
        self.raw_a = 0
        self.raw_b = 0
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

    def sample(self, samples_a, samples_b):  # type: ignore[no-untyped-def]
        if self.broken:
            raise ValueError("broken")
        if not self.fresh:
            return False
        if not self.frozen:
            self._noise = self._noise + 1 if self._noise < 6 else 0
        self.raw_a = _fill(samples_a, self.code_a, self._noise)
        self.raw_b = _fill(samples_b, self.code_b, self._noise)
        return True

    def sense(self):  # type: ignore[no-untyped-def]
        if self.sense_as == FOLLOW:
            self.sensed = SENSE_HIGH if self.outputs & 3 == 3 else SENSE_LOW
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


def _fill(samples, code_x8, noise):  # type: ignore[no-untyped-def]
    """16 samples whose middle eight sum to `code_x8`; their whole sum moves with `noise`."""
    low = code_x8 // 8
    more = code_x8 % 8
    for i in range(8):
        samples[4 + i] = low + 1 if i < more else low
    samples[0] = max(0, low - 2 - noise)
    for i in range(3):
        samples[1 + i] = max(0, low - 1)
    for i in range(4):
        samples[12 + i] = low + 2
    return sum(samples)


class WatchedStore(MemoryStore):
    """Notes a save while MASTER is energised."""

    board = None

    def save(self, name, data):  # type: ignore[no-untyped-def]
        if self.board is not None and self.board.outputs & 1:
            self.board.saves_hot += 1
        MemoryStore.save(self, name, data)


class Overruled(Session):
    """The real session; any of its asks can be replaced. `asks`: None for the session's own."""

    asks = (None,) * 6

    def step(self, guard, inputs, dt_ms):  # type: ignore[no-untyped-def]
        Session.step(self, guard, inputs, dt_ms)
        phase, mode, target_mc, heat, cool, done = self.asks
        if phase is not None:
            inputs.ask_phase = phase
        if mode is not None:
            inputs.ask_mode = mode
        if target_mc is not None:
            inputs.ask_target_mc = target_mc
        if heat is not None:
            inputs.ask_heat = heat
        if cool is not None:
            inputs.ask_cool = cool
        if done is not None:
            inputs.ask_done = done


class Shrunk(Controller):
    """A controller with some limits replaced."""

    overrides = ()  # a table, name -> value, once there is one

    def _limits_in_force(self):  # type: ignore[no-untyped-def]
        limits = Controller._limits_in_force(self)
        for name in self.overrides:
            setattr(limits, name, self.overrides[name])
        return limits


class Driver:
    """The operations, each with plain arguments and a plain answer."""

    def __init__(self):  # type: ignore[no-untyped-def]
        self.store = WatchedStore({})
        self.dead = False
        self.mc_a = self.mc_b = 32000
        self._id = 0
        self._asks = [None] * 6
        self._heard = False

    def reset(self, config, overrides, image, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        """A device with this configuration, limits and flash (name -> text), powered up."""
        files = {}
        for name in image:
            files[name] = image[name].encode()
        if config is not None:
            files["config"] = messages.seal(json.dumps(config).encode())
            if "journal" not in files:
                self._provision(files, config, overrides)
        self.store = WatchedStore(files)
        self.overrides = overrides
        self.mc_a = self.mc_b = 32000
        self._asks = [None] * 6
        self._power_up(reset_cause, now_ms)
        return self.image()

    def _provision(self, files, config, overrides):  # type: ignore[no-untyped-def]
        """What a new board saves at its first start, beside which a configuration is no loss."""
        del files["config"]
        self.overrides = overrides
        self.store = WatchedStore(files)
        self._power_up("power_on", 0)
        files["config"] = messages.seal(json.dumps(config).encode())

    def _power_up(self, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        self.dead = False
        self._heard = False
        self.board = DriverBoard(self.store, reset_cause, now_ms)
        self.store.board = self.board
        Shrunk.overrides = self.overrides
        self.controller = Shrunk(self.board)
        self._overrule()

    def _overrule(self):  # type: ignore[no-untyped-def]
        controller = self.controller
        if not isinstance(controller.session, Overruled):
            controller.session = Overruled(controller.limits)
        controller.session.asks = self._asks

    def image(self):  # type: ignore[no-untyped-def]
        """The flash, name -> text."""
        return {name: _text(self.store.files[name]) for name in self.store.files}

    def restart(self, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        """The power went (or the watchdog fired) and came back."""
        self.store.cut_in = 0
        self.store.fails = False
        self._power_up(reset_cause, now_ms)
        return []

    def limits(self):  # type: ignore[no-untyped-def]
        """Every limit and threshold in force, by name."""
        limits = self.controller.limits
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
                self._asks = value
            elif name == "store_fails":
                self.store.fails = value
            elif name == "cut":
                self.store.cut_in, self.store.cut_how = value
            else:
                setattr(board, name, value)
        self._overrule()
        return []

    def step(self, count, dt_ms, off_mc, on_mc, codes):  # type: ignore[no-untyped-def]
        """`count` ticks, `dt_ms` apart; one observation each.

        Both readings move by `off_mc` a tick, by `on_mc` where the pad was energised. `codes`: two
        codes in eighths that replace the readings' own, each None for none.
        """
        seen = []
        board = self.board
        for _ in range(count):
            board.now_ms += dt_ms
            move_mc = on_mc if board.outputs & 3 == 3 else off_mc
            if move_mc:
                self.mc_a = min(60000, max(-5000, self.mc_a + move_mc))
                self.mc_b = min(60000, max(-5000, self.mc_b + move_mc))
            if board.fresh:
                board.code_a = codes[0] if codes[0] is not None else code_x8_for(self.mc_a)
                board.code_b = codes[1] if codes[1] is not None else code_x8_for(self.mc_b)
            heard = self._heard
            self._heard = False
            guard = self.controller.guard
            was = (guard.state, guard.mode, guard.prompt)
            try:
                self.controller.tick()
            except PowerCut:
                self.dead = True
                break
            self._overrule()
            seen.append(self._seen(heard, was))
        return seen

    def _seen(self, heard, was):  # type: ignore[no-untyped-def]
        board = self.board
        controller = self.controller
        guard = controller.guard
        inputs = controller.inputs
        asks = (
            inputs.ask_phase,
            inputs.ask_mode,
            inputs.ask_target_mc,
            inputs.ask_heat,
            inputs.ask_cool,
            inputs.ask_done,
        )
        tunes = board.tunes
        board.tunes = []
        return (
            board.now_ms,
            board.code_a,
            board.code_b,
            board.raw_a,
            board.raw_b,
            board.fresh,
            board.sensed,
            board.pressed,
            board.stopped,
            heard,
            asks,
            was[0],
            was[1],
            was[2],
            board.outputs,
            guard.state,
            guard.fault,
            _bits(guard.followers),
            guard.mode,
            guard.phase,
            guard.target_mc,
            guard.prompt,
            guard.dose.milli(),
            guard.budget.level_uj,
            board.saves_hot,
            tunes,
        )

    def command(self, method, params):  # type: ignore[no-untyped-def]
        """A request over the link: (0, result) or (code, data); (None, None) where it waits."""
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method}
        if params is not None:
            message["params"] = params
        for text in self.raw(_text(messages.encode(message))):
            answer = json.loads(text[:-9])
            if answer.get("id") == self._id:
                if "error" in answer:
                    error = answer["error"]
                    if error["code"] != -32700 and error["code"] != -32600:
                        self._heard = True
                    return [error["code"], error["data"]]
                self._heard = True
                return [0, answer["result"]]
        self._heard = True
        return [None, None]

    def raw(self, text):  # type: ignore[no-untyped-def]
        """Bytes over the link (each character one byte); the lines that came back."""
        board = self.board
        board.outgoing = b""
        board.incoming += bytes([ord(char) for char in text])
        try:
            while board.incoming:
                self.controller.serve()
        except PowerCut:
            self.dead = True
        self._overrule()
        lines = _text(board.outgoing).split("\n")
        return [line for line in lines if line]

    def ledger(self):  # type: ignore[no-untyped-def]
        """What rest and totals stand at: (now_s, sessions, heat_s, cold_s, dose_m, rest heat, rest
        cold)."""
        ledger = self.controller.ledger
        return [
            ledger.now_s,
            ledger.sessions(),
            ledger.used(1),
            ledger.used(2),
            ledger.used(3),
            ledger.rest_s(True, False),
            ledger.rest_s(False, True),
        ]


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
    import sys

    serve(sys.stdin, print)
