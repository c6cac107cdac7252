"""A board for tests: every pin and reading is set by hand, every write is kept."""

from __future__ import annotations

import json
from typing import Any

from poultice_core import codec, config, faults, journal, states
from poultice_core.board import SENSE_HIGH, SENSE_LOW, Board, Store, condense
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.loop import Loop
from poultice_core.thermistor import B3950, temp_mc

_READINGS = [temp_mc(B3950, code_x8) for code_x8 in range(462 * 8, 3496 * 8 + 1)]


def code_x8_for(wanted_mc: int) -> int:
    """The hottest code in eighths whose reading is at most `wanted_mc`."""
    low, high = 0, len(_READINGS) - 1
    while low < high:
        middle = (low + high) // 2
        if _READINGS[middle] <= wanted_mc:
            high = middle
        else:
            low = middle + 1
    return low + 462 * 8


class RigStore(Store):
    """Files in memory. `takes_ms`: a save does; `fail`: it raises."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.saves = 0
        self.fail = False
        self.takes_ms = 0
        self.board: RigBoard | None = None

    def copy(self) -> RigStore:
        """What another device would find, and this one goes on."""
        other = RigStore()
        other.files = dict(self.files)
        return other

    def load(self, name: str) -> bytes | None:
        return self.files.get(name)

    def save(self, name: str, data: bytes) -> None:
        if self.board is not None:
            self.board.now_ms += self.takes_ms
        if self.fail:
            raise OSError(28)
        self.saves += 1
        self.files[name] = bytes(data)


def set_up(**changes: object) -> RigStore:
    """The flash of a device whose pad cannot fold, and what else is configured, at its first
    power-up."""
    store = RigStore()
    fresh = journal.Journal(Ledger(Limits()))
    fresh.era = 1
    store.files[journal.FILE] = fresh.file()
    wanted = config.merged(config.default(), {"fold_safe": True} | changes)
    store.files[config.FILE] = config.file(0, wanted, None)
    return store


class RigBoard(Board):
    """Readings by `temp_mc` / `temp_b_mc` or raw codes; SENSE follows the outputs unless set."""

    name = "rig"
    uid = "00000000000000aa"
    core = "0123456789abcdef"

    def __init__(self, store: RigStore | None = None, reset_cause: str = "power_on") -> None:
        self.store = store or RigStore()
        self.store.board = self
        self.reset_cause = reset_cause
        self.now_ms = 1000
        self.code_x8 = code_x8_for(32_000)
        self.code_b_x8 = code_x8_for(32_000)
        self.sense_forced: int | None = None
        self.button_down = False
        self.estop_open = False
        self.fresh = True
        self.noise = 0
        self.outputs = (False, False, False)
        self.writes: list[tuple[bool, bool, bool]] = []
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.rooms = True
        self.shown: list[tuple[int, int]] = []
        self.rebooted: str | None = None
        self.fed = 0
        self._entropy = 0x123456
        self.broken: BaseException | None = None

    def set_mc(self, temp_a_mc: int, temp_b_mc: int | None = None) -> None:
        self.code_x8 = code_x8_for(temp_a_mc)
        self.code_b_x8 = code_x8_for(temp_a_mc if temp_b_mc is None else temp_b_mc)

    def ticks_ms(self) -> int:
        if self.broken is not None:
            raise self.broken
        return self.now_ms & 0x3FFFFFFF

    def sample(self, burst_a: list[int], burst_b: list[int]) -> bool:
        if not self.fresh:
            return False
        self.noise = (self.noise + 1) % 7
        condense(self.codes(self.code_x8), burst_a)
        condense(self.codes(self.code_b_x8), burst_b)
        return True

    def codes(self, code_x8: int) -> list[int]:
        """16 whose middle eight sum to `code_x8` and whose whole sum moves with `noise`."""
        low, more = divmod(code_x8, 8)
        middle = [low + 1 if i < more else low for i in range(8)]
        return [max(0, low - 2 - self.noise), *[low - 1] * 3, *middle, *[low + 2] * 4]

    def sense(self) -> int:
        if self.sense_forced is not None:
            return self.sense_forced
        return SENSE_HIGH if self.outputs[0] and self.outputs[1] else SENSE_LOW

    def button(self) -> bool:
        return self.button_down

    def estop(self) -> bool:
        return self.estop_open

    def write(self, master: bool, heat: bool, cool: bool) -> None:
        self.outputs = (master, heat, cool)
        self.writes.append(self.outputs)

    def show(self, led: int, tune: int) -> None:
        self.shown.append((led, tune))

    def feed(self) -> None:
        self.fed += 1

    def receive(self, buffer: bytearray) -> int:
        count = min(len(buffer), len(self.incoming))
        buffer[:count] = self.incoming[:count]
        del self.incoming[:count]
        return count

    def send(self, line: bytes) -> bool:
        if not self.rooms:
            return False
        self.outgoing += line
        return True

    def entropy(self) -> int:
        self._entropy = (self._entropy * 1103515245 + 12345) & 0xFFFFFFF
        return self._entropy

    def reboot(self, into: str) -> None:
        self.rebooted = into


class Rig:
    """A loop on a `RigBoard`, with requests and time by hand; `store`: else that of `set_up`."""

    def __init__(
        self, store: RigStore | None = None, reset_cause: str = "power_on", idle: bool = True
    ) -> None:
        self.board = RigBoard(store or set_up(), reset_cause)
        self.loop = Loop(self.board)
        self._id = 0
        self.token = ""
        self.seen: list[dict[str, Any]] = []
        if idle:
            self.ticks(40)

    @property
    def guard(self) -> Any:
        return self.loop.guard

    def tick(self, dt_ms: int = 100) -> None:
        self.board.now_ms += dt_ms
        self.loop.tick()
        self._serve()

    def ticks(self, count: int, dt_ms: int = 100) -> None:
        for _ in range(count):
            self.tick(dt_ms)

    def raw(self, data: bytes) -> list[dict[str, Any]]:
        """Send bytes, serve them and give what came back."""
        before = len(self.seen)
        self.board.incoming += data
        self._serve()
        return self.seen[before:]

    def ask(self, method: str, params: Any = None) -> dict[str, Any]:
        """Send a request; its whole answer, after a tick where it waits for one."""
        self._id += 1
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self._id, "method": method}
        if params is not None:
            message["params"] = params
        before = len(self.seen)
        self.raw(codec.encode(message))
        for _ in range(4):
            for answer in self.seen[before:]:
                if answer.get("id") == self._id:
                    return answer
            self.tick()
        raise AssertionError(f"no answer to {method}")

    def result(self, method: str, params: Any = None) -> Any:
        answer = self.ask(method, params)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method: str, params: Any = None) -> Any:
        answer = self.ask(method, params)
        assert "error" in answer, answer
        return answer["error"]

    def sealed(self) -> None:
        """What a test has changed in the guard is no flipped bit."""
        self.guard._parts.integrity.seal(self.guard._words())

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [
            m["params"]
            for m in self.seen
            if m.get("method") == "event" and m["params"]["kind"] == kind
        ]

    def hold(self, dt_ms: int) -> None:
        """Press the button for so long, from released to released."""
        self.board.button_down = False
        self.tick()
        self.board.button_down = True
        self.ticks(dt_ms // 100 + 1)
        self.board.button_down = False
        self.tick()

    def ping(self) -> None:
        """What a host sends every two seconds."""
        self.raw(codec.encode({"jsonrpc": "2.0", "id": "p", "method": "ping"}))

    def until(self, state: str, ticks: int = 100) -> int:
        """Tick until the guard is in `state`, pinging; how many ticks it took."""
        for count in range(ticks):
            if states.NAMES[self.guard.state] == state:
                return count
            if count % 20 == 0:
                self.ping()
            self.tick()
        raise AssertionError(f"{states.NAMES[self.guard.state]} after {ticks} ticks, not {state}")

    @property
    def state(self) -> str:
        return str(states.NAMES[self.guard.state])

    @property
    def fault(self) -> str | None:
        return faults.NAMES[self.guard.latch.fault]

    def configure(self, **changes: Any) -> None:
        """Bring a configuration into force, as a person would."""
        self.result("set_config", changes)
        self.hold(3000)
        self.until("idle")

    def entries(self) -> list[dict[str, Any]]:
        """The whole journal, page by page."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = self.result("journal", {"after": after})
            found += page["entries"]
            after = page["next"]
        return found

    def start(self, plan: dict[str, Any]) -> int:
        token = self.result("arm", {"plan": plan})["token"]
        return int(self.result("start", {"token": token})["session"])

    def _serve(self) -> None:
        """What is left of the tick."""
        while self.loop.serve():
            pass
        self._drain()

    def _drain(self) -> None:
        data = bytes(self.board.outgoing)
        self.board.outgoing.clear()
        for line in data.split(b"\n"):
            if line:
                text = codec.unseal(line)
                assert text is not None, line
                self.seen.append(json.loads(text))


def plan(*phases: tuple[str, int | None, int], **members: Any) -> dict[str, Any]:
    """A plan on the wire from (mode, target_mc, duration_s) triples."""
    body: dict[str, Any] = {"name": "test", "phases": []}
    for mode, target_mc, duration_s in phases:
        phase: dict[str, Any] = {"mode": mode, "duration_s": duration_s}
        if target_mc is not None:
            phase["target_mc"] = target_mc
        body["phases"].append(phase)
    body.update(members)
    return body
