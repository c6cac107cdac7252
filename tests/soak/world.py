"""Days of a device with a body, a host that comes and goes, and mishaps; all drawn from one number.

One source for CPython and MicroPython: only what both have is used, and the same number gives the
same days on both. Beside the device an account is kept of what its outputs did, from nothing but
the outputs and the time, and `Wrong` is raised where the two do not agree with the limits.
"""

import gc
import json
from array import array
from binascii import crc32

from poultice_core import codec, config, faults, journal, states
from poultice_core.board import SENSE_HIGH, SENSE_LOW, Board, Store
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.loop import Loop
from poultice_core.thermistor import B3950, temp_mc

RING = 1 << 30
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TICK_MS = 100
SKIN_MC = 32_000
COLDEST_MC = 13_000  # under a pack
HOTTEST_MC = 44_000

# The contract's, in milliseconds, and not the code's.
HEAT_DAY_MS = 5_400_000
COLD_DAY_MS = 7_200_000
SESSIONS_DAY = 8
HEAT_SESSION_MS = 1_800_000
REST_AFTER_HEAT_MS = 1_200_000
RESTS_FROM_MS = 60_000
FILE_BYTES_MAX = 4_000
FILES_MAX = 12

PLANS = (
    [("heat", 40_000, 900), ("rest", 0, 60), ("heat", 40_500, 900)],
    [("heat", 40_500, 1500)],
    [("heat", 38_000, 120), ("cold", 12_000, 120)],
    [("cold", 12_000, 300)],
    [("heat", 41_000, 1200), ("rest", 0, 60), ("heat", 38_000, 600)],
    [("rest", 0, 30)],
)
MISHAPS = (
    "emergency stops",
    "sensors open",
    "relays welded",
    "late ticks of 0.5 s",
    "late ticks of 2 s",
    "hosts that do not read",
    "power cuts",
    "watchdog restarts",
    "saves that fail",
    "samples that raise",
)


class Wrong(Exception):
    """The device broke a rule; when, and which."""


class Dice:
    """The same numbers on both interpreters."""

    def __init__(self, seed):  # type: ignore[no-untyped-def]
        self._state = seed * 2 + 1

    def below(self, limit):  # type: ignore[no-untyped-def]
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % limit


class Memory(Store):
    """The flash: files by name."""

    def __init__(self):  # type: ignore[no-untyped-def]
        fresh = journal.Journal(Ledger(Limits()))
        folds_not = config.merged(config.default(), {"fold_safe": True})
        self.files = {
            journal.FILE: fresh.file(),
            config.FILE: config.file(0, folds_not, None),
        }
        self.saves = 0
        self.longest = 0
        self.fails = 0
        self.failed = False

    def load(self, name):  # type: ignore[no-untyped-def]
        return self.files.get(name)

    def save(self, name, data):  # type: ignore[no-untyped-def]
        if self.fails > 0:
            self.fails -= 1
            self.failed = True
            raise OSError(28)
        self.files[name] = bytes(data)
        self.saves += 1
        self.longest = max(self.longest, len(data))


STEP_MC = 100


def _bursts_of(mc):  # type: ignore[no-untyped-def]
    """Seven bursts of one reading whose sums differ, as those of a living sensor do."""
    low, high = 462 * 8, 3496 * 8
    while low < high:
        middle = (low + high) // 2
        if temp_mc(B3950, middle) <= mc:
            high = middle
        else:
            low = middle + 1
    code, more = low // 8, low % 8
    return [[16 * code + more - noise, low, 1 if more else 0] for noise in range(7)]


# All that there can be, made at the start: the memory of the world itself stays as it is.
_BURSTS = [_bursts_of(mc) for mc in range(COLDEST_MC, HOTTEST_MC + 1, STEP_MC)]


def samples_of(mc):  # type: ignore[no-untyped-def]
    """What both sensors give at a temperature."""
    return _BURSTS[(mc - COLDEST_MC) // STEP_MC]


OPEN = [[16 * 4000, 8 * 4000, 0]] * 7


class WorldBoard(Board):
    """Pins and readings as the world has them."""

    def __init__(self, store, reset_cause, now_ms):  # type: ignore[no-untyped-def]
        self.name = "world"
        self.uid = "00000000000000ee"
        self.store = store
        self.reset_cause = reset_cause
        self.now_ms = now_ms
        self.bursts = samples_of(SKIN_MC)
        self.turn = 0
        self.master = self.heat = self.cool = False
        self.pressed = False
        self.stopped = False
        self.welded = False
        self.wide = True
        self.raises = False
        self.incoming = b""
        self.lines = []
        self._number = now_ms % 65521

    def ticks_ms(self):  # type: ignore[no-untyped-def]
        return self.now_ms & (RING - 1)

    def sample(self, burst_a, burst_b):  # type: ignore[no-untyped-def]
        if self.raises:
            self.raises = False
            raise OSError(5)
        self.turn = self.turn + 1 if self.turn < 6 else 0
        burst_a[:] = burst_b[:] = self.bursts[self.turn]
        return True

    def sense(self):  # type: ignore[no-untyped-def]
        return SENSE_HIGH if (self.master and self.heat) or self.welded else SENSE_LOW

    def button(self):  # type: ignore[no-untyped-def]
        return self.pressed

    def estop(self):  # type: ignore[no-untyped-def]
        return self.stopped

    def write(self, master, heat, cool):  # type: ignore[no-untyped-def]
        self.master = master
        self.heat = heat
        self.cool = cool

    def show(self, led, tune):  # type: ignore[no-untyped-def]
        pass

    def feed(self):  # type: ignore[no-untyped-def]
        pass

    def receive(self, buffer):  # type: ignore[no-untyped-def]
        count = min(len(buffer), len(self.incoming))
        buffer[:count] = self.incoming[:count]
        self.incoming = self.incoming[count:]
        return count

    def send(self, line):  # type: ignore[no-untyped-def]
        if not self.wide:
            return False
        self.lines.append(line)
        return True

    def entropy(self):  # type: ignore[no-untyped-def]
        self._number = (self._number * 75 + 74) % 65537
        return self._number * 4001 % (1 << 28)

    def reboot(self, into):  # type: ignore[no-untyped-def]
        pass


class World:
    """`seconds` makes time pass. `true_ms` never wraps; `figures` says what has happened."""

    def __init__(self, seed, tick_ms=TICK_MS):  # type: ignore[no-untyped-def]
        self.dice = Dice(seed)
        self.tick_ms = tick_ms
        self.store = Memory()
        self.true_ms = 0
        self.ticks = 0
        self.digest = 0
        self.mc = SKIN_MC
        self.pack = self.broken = self.tapped = self.raised = False
        # what was done to the body: [end, heat, cold] of each session of the last 24 h, in ms
        self.past = []
        self.heat_ms = self.cold_ms = 0
        self.phases_ms = 0
        self.session = 0
        self.heated_ms = self.rest_from_ms = -DAY_MS
        self.host = False
        self.host_until_s = 0
        self.held_s = 0
        self.trouble_s = 0
        self.turn = seed % len(MISHAPS)
        self.requests = 0
        self.token = ""
        self.counters = {}
        self.happened = {}
        self._power_up("power_on")

    def _power_up(self, reset_cause):  # type: ignore[no-untyped-def]
        # The ring's end is never more than four hours away: it wraps in idle and in sessions.
        now_ms = RING - 1000 * (60 + self.dice.below(4 * 3600))
        self.board = WorldBoard(self.store, reset_cause, now_ms)
        self.loop = Loop(self.board)
        self.boot_ms = self.true_ms
        self.store.fails = 0
        self.counters["rx_errors"] = self.counters["tx_dropped"] = self.counters["t_ms"] = 0
        self._count("starts")

    def _count(self, what):  # type: ignore[no-untyped-def]
        self.happened[what] = self.happened.get(what, 0) + 1

    def wrong(self, what):  # type: ignore[no-untyped-def]
        """Stop here."""
        raise Wrong(f"{what}, {self.true_ms // 1000} s after the start")

    # --- time ---------------------------------------------------------------------------

    def seconds(self, count):  # type: ignore[no-untyped-def]
        """That many seconds of ticks, with whatever falls into them."""
        for _ in range(count):
            self._decide()
            self._second()
            self._look()

    def _second(self):  # type: ignore[no-untyped-def]
        board, loop, tick_ms = self.board, self.loop, self.tick_ms
        guard = loop.guard
        tick = loop.tick
        board.pressed = board.pressed or self.tapped
        for count in range(1000 // tick_ms):
            if self.tapped and count == 5:
                board.pressed = self.tapped = False
            if board.now_ms & (RING - 1) < tick_ms:
                self._count("wraps")
            if board.master or board.cool or self.pack or self.mc != SKIN_MC:
                self._body(board)
            board.now_ms += tick_ms
            tick()
            if guard.phases.mode == states.COLD and not self.pack:
                self.pack = True  # laid on by whoever answered the prompt
            if board.heat and guard.state != states.RUNNING:
                self.wrong("heat outside of a session")
        self.true_ms += 1000
        self.ticks += 1000 // tick_ms

    def _body(self, board):  # type: ignore[no-untyped-def]
        tick_ms = self.tick_ms
        if board.master and board.heat:
            self.heat_ms += tick_ms
            self.heated_ms = self.true_ms
            self.mc = min(HOTTEST_MC, self.mc + tick_ms * 2 // 5)
        elif self.pack:
            self.cold_ms += tick_ms
            self.mc = max(COLDEST_MC, self.mc - 3 * tick_ms)
        else:
            # 0.1 K/s while warm, 0.5 K/s after a pack
            step = tick_ms // 10 if self.mc > SKIN_MC else tick_ms // 2
            self.mc = max(SKIN_MC, self.mc - step) if self.mc > SKIN_MC else min(
                SKIN_MC, self.mc + step
            )  # fmt: skip
        if not self.broken:
            board.bursts = samples_of(self.mc)

    # --- what happens -------------------------------------------------------------------

    def _decide(self):  # type: ignore[no-untyped-def]
        """Once a second: the person, the host, the mishaps."""
        second = self.true_ms // 1000
        guard = self.loop.guard
        self._person(guard)
        if second >= self.host_until_s:
            self.host = not self.host
            self.host_until_s = second + 30 + self.dice.below(3_600 if self.host else 10_800)
            self._count("host came" if self.host else "host went")
            self.board.wide = self.host or self.dice.below(2) == 0
        if self.host:
            self._host(second, guard)
        if self.trouble_s > 0:
            self.trouble_s -= 1
            if self.trouble_s == 0:
                self._mend()
        elif self.dice.below(9_000 if not guard.live else 1_500) == 0:
            self._trouble()

    def _person(self, guard):  # type: ignore[no-untyped-def]
        board = self.board
        if self.held_s > 0:
            self.held_s -= 1
            board.pressed = self.held_s > 0
        elif guard.state == states.FAULT and self.trouble_s == 0:
            if self.dice.below(300) == 0:
                board.pressed = True
                self.held_s = 4
                self._count("button held")
        elif guard.course.prompt == states.LAY_PACK:
            if self.dice.below(20) == 0:
                self.tapped = True
        elif guard.course.prompt == states.REMOVE_PACK or (self.pack and not guard.live):
            if self.dice.below(40) == 0:
                self.pack = False
                self.tapped = True
        else:
            board.pressed = False

    def _trouble(self):  # type: ignore[no-untyped-def]
        # Each in its turn, so that none is left out.
        what = self.turn = (self.turn + 1) % len(MISHAPS)
        self.trouble_s = 3 + self.dice.below(120)
        board = self.board
        if what == 0:
            board.stopped = True
        elif what == 1:
            self.broken = True
            board.bursts = OPEN
        elif what == 2:
            board.welded = True
        elif what == 3:
            self._stall(500)
        elif what == 4:
            self._stall(2_000)
        elif what == 5:
            self.board.wide = False
        elif what == 6:
            self.restart("power_on", self.dice.below(7_200))
        elif what == 7:
            self.restart("watchdog", 0)
        elif what == 8:
            self.store.fails = 1 + self.dice.below(2)
        else:
            board.raises = self.raised = True
        self._count(MISHAPS[what])

    def _stall(self, late_ms):  # type: ignore[no-untyped-def]
        """One late tick, as whole seconds of the world."""
        board = self.board
        board.now_ms += late_ms
        if board.master and board.heat:
            self.heat_ms += late_ms
        if self.pack:
            self.cold_ms += late_ms
        self.true_ms += late_ms

    def _mend(self):  # type: ignore[no-untyped-def]
        board = self.board
        board.stopped = board.welded = self.broken = False
        board.bursts = samples_of(self.mc)
        board.wide = True
        self.store.fails = 0
        if self.loop.guard.latch.fault and self.dice.below(3) == 0:
            self.restart("power_on", self.dice.below(60))

    def restart(self, reset_cause, off_s):  # type: ignore[no-untyped-def]
        """The power goes for so long, or the watchdog fires."""
        guard = self.loop.guard
        # All that matters is on flash, and was for a second.
        known = guard.latch.fault if self.loop.memory.settled else 0
        packed = guard.live and guard.course.order.cold_s > 0 and self.loop.inputs.written
        self._end_session()
        self.pack = False
        self.mc = SKIN_MC
        self.true_ms += off_s * 1000
        self.broken = False
        self.trouble_s = 0
        self._power_up(reset_cause)
        guard = self.loop.guard
        if known and guard.latch.fault != known:
            self.wrong("forgot " + faults.NAMES[known])
        if packed and not guard.pack.on:
            self.wrong("forgot that a pack may be on")

    # --- the host -----------------------------------------------------------------------

    def _host(self, second, guard):  # type: ignore[no-untyped-def]
        if second % 2 == 0:
            self._ask("ping", None)
        what = self.dice.below(120)
        if what == 0:
            told = self._ask("status", None)
            if told is not None:
                self._told(told)
        elif what == 1:
            self._noise()
        elif what == 2:
            self._ask("journal", {"after": max(0, self.loop.memory._journal.next_n - 10)})
        elif what == 3 and guard.state == states.IDLE:
            self._start()
        elif what == 4 and self.dice.below(20) == 0:
            self._ask("stop", None)
        elif what == 5 and guard.state == states.RUNNING:
            self._ask("pause", None)
        elif what < 20 and guard.state == states.PAUSED:
            self._ask("resume", None)
        elif what == 20 and guard.state == states.FAULT:
            self._ask("clear_fault", {"fault": faults.NAMES[guard.latch.fault]})

    def _start(self):  # type: ignore[no-untyped-def]
        phases = []
        for mode, target_mc, duration_s in PLANS[self.dice.below(len(PLANS))]:
            phase = {"mode": mode, "duration_s": duration_s}
            if mode != "rest":
                phase["target_mc"] = target_mc
            phases.append(phase)
        plan = {"name": "soak", "phases": phases, "attended_s": 60 * self.dice.below(2)}
        told = self._ask("arm", {"plan": plan})
        if told is not None and "token" in told:
            self._ask("start", {"token": told["token"]})

    def _noise(self):  # type: ignore[no-untyped-def]
        board = self.board
        outputs = (board.master, board.heat, board.cool)
        junk = bytes([self.dice.below(256) for _ in range(self.dice.below(300))])
        board.incoming += junk.replace(b"\n", b"") + b"*\n"
        self._serve()
        if outputs != (board.master, board.heat, board.cool):
            self.wrong("noise moved a relay")

    def _serve(self):  # type: ignore[no-untyped-def]
        """What is left of a tick."""
        while self.loop.serve():
            pass

    def _ask(self, method, params):  # type: ignore[no-untyped-def]
        """A request; its result, {} where it was refused, None where nobody could answer."""
        board = self.board
        self.requests += 1
        request_id = self.requests & 0x7FFFFFFF
        message = {"jsonrpc": "2.0", "id": request_id, "method": method}
        if params is not None:
            message["params"] = params
        board.incoming += codec.encode(message)
        self._serve()
        if not board.wide:
            board.lines.clear()
            return None
        for _ in range(6):
            for line in board.lines:
                if line[:1] == b"\n":
                    continue
                text = codec.unseal(line[:-1])
                if text is None:
                    self.wrong("a torn line")
                answer = json.loads(text)
                if answer.get("id") == request_id:
                    board.lines.clear()
                    self._count("answers")
                    if "result" in answer:
                        return answer["result"]
                    error = answer["error"]
                    self._count("refused: " + error["data"].get("limit", error["message"]))
                    return {}
            board.now_ms += self.tick_ms
            self.true_ms += self.tick_ms
            self._body(board)
            self.loop.tick()
            self._serve()
            self.ticks += 1
        self.wrong("no answer to " + method)
        return None

    def _told(self, told):  # type: ignore[no-untyped-def]
        up_ms = self.true_ms - self.boot_ms
        if not 0 <= up_ms - told["t_ms"] <= 1_000:
            self.wrong(f"t_ms is {told['t_ms']} after {up_ms} ms")
        self._grows("t_ms", told["t_ms"])
        self._grows("rx_errors", told["rx_errors"])
        self._grows("tx_dropped", told["tx_dropped"])

    def _grows(self, name, value):  # type: ignore[no-untyped-def]
        if value < self.counters.get(name, 0):
            self.wrong(name + " went back")
        self.counters[name] = value

    # --- the account --------------------------------------------------------------------

    def _look(self):  # type: ignore[no-untyped-def]
        """Once a second: the account against the limits."""
        guard = self.loop.guard
        fault = guard.latch.fault
        board = self.board
        board.lines.clear()
        journal = self.loop.memory._journal
        self._grows("session", journal.session)
        self._grows("next_n", journal.next_n)
        self._grows("operations", journal.operations)
        if fault == faults.INTERNAL and not self.raised:
            self.wrong("internal")
        if fault == faults.JOURNAL_LOST and not self.store.failed:
            self.wrong("journal_lost")
        if guard.live:
            if self.session != journal.session:
                self._begin_session(journal.session)
            if guard.state == states.RUNNING and guard.phases.mode == states.HEAT:
                self.phases_ms += 1000
        elif self.session:
            if guard.state == states.IDLE and guard.course.outcome == states.COMPLETE:
                self._count("complete")
            self._end_session()
        if self.heat_ms or self.cold_ms:
            self._judge()
        self.digest = crc32(
            bytes([board.master + 2 * board.heat + 4 * board.cool, guard.state, fault]),
            self.digest,
        )

    def _begin_session(self, number):  # type: ignore[no-untyped-def]
        self._end_session()
        self.session = number
        self._count("sessions")
        while self.past and self.true_ms - self.past[0][0] >= DAY_MS:
            self.past.pop(0)
        if len(self.past) >= SESSIONS_DAY:
            self.wrong("a ninth session in 24 h")

    def _end_session(self):  # type: ignore[no-untyped-def]
        if self.session and (self.heat_ms or self.cold_ms):
            self.past.append([self.true_ms, self.heat_ms, self.cold_ms])
            if self.heat_ms and self.phases_ms >= RESTS_FROM_MS + 2_000:
                self.rest_from_ms = self.heated_ms
        if self.pack and self.past and not self.loop.guard.live:
            self.past[-1][0] = self.true_ms
        self.session = 0
        self.heat_ms = self.cold_ms = self.phases_ms = 0

    def _judge(self):  # type: ignore[no-untyped-def]
        heat_ms, cold_ms = self.heat_ms, self.cold_ms
        if heat_ms > HEAT_SESSION_MS + 3_000:
            self.wrong("more than a session's heat")
        if self.session and heat_ms:
            if self.true_ms - heat_ms - self.rest_from_ms < REST_AFTER_HEAT_MS - 2_000:
                self.wrong("no rest after heat")
            self.rest_from_ms = -DAY_MS  # it was long enough, once
        for end_ms, heat, cold in self.past:
            if self.true_ms - end_ms < DAY_MS:
                heat_ms += heat
                cold_ms += cold
        if heat_ms > HEAT_DAY_MS + SESSIONS_DAY * 2_000:
            self.wrong("more than a day's heat")
        cold = self.session and self.loop.guard.phases.mode == states.COLD
        if cold and cold_ms > COLD_DAY_MS + SESSIONS_DAY * 2_000:
            self.wrong("more than a day's cold")

    # --- what it costs ------------------------------------------------------------------

    def stored(self):  # type: ignore[no-untyped-def]
        """Bytes in all files."""
        return sum(len(data) for data in self.store.files.values())

    def bounded(self):  # type: ignore[no-untyped-def]
        """Whatever could grow has not."""
        loop = self.loop
        sizes = (
            (len(loop.news.events), 0),
            (len(loop.link._queue), 16),
            (len(loop.guard.ledger.records), SESSIONS_DAY + 1),
            (len(loop.memory._journal.tail), 16),
            (len(self.store.files), FILES_MAX),
            (self.store.longest, FILE_BYTES_MAX),
        )
        for size, most in sizes:
            if size > most:
                self.wrong(f"{size} of what may be {most}")


def play(seed, hours, memory, world=None):  # type: ignore[no-untyped-def]
    """So many hours; after each `memory` in use, garbage apart, and the digest of all so far."""
    world = world or World(seed)
    in_use = array("L", [0] * hours)
    digests = array("L", [0] * hours)
    for hour in range(hours):
        world.seconds(3_600)
        world.bounded()
        gc.collect()
        in_use[hour] = memory()
        digests[hour] = world.digest
    return world, list(in_use), list(digests)


if __name__ == "__main__":
    import sys

    world = World(int(sys.argv[1]))

    def held():  # type: ignore[no-untyped-def]
        # What the flash holds is held in memory here, and is no cost of the device.
        return gc.mem_alloc() - world.stored()  # type: ignore[attr-defined]

    _, in_use, digests = play(0, int(sys.argv[2]), held, world)
    print(json.dumps([in_use, digests, world.ticks, world.happened]))
