"""Every method of the link, on the image, with the most that there can be of everything.

The application runs from the chip's prompt, with a stopwatch of the chip's own around each piece of
work that the loop gives to the host between two ticks; the ticks are seen from outside.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from poultice.virtual.adc import NORMAL, OPEN
from poultice.virtual.emulator.bench import BUTTON
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.flash import FlashStore
from poultice.virtual.options import parse_options
from poultice_core import codec, recall, states
from poultice_core.codec import MAX_LINE
from poultice_core.journal import FILE, Journal
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.requests import HANDLERS
from tests.emulator.link import Link, Message
from tests.emulator.measure import Figure, Loop, run_until

ENTRIES = 80
"""More than 72 of them are kept: eight blocks and what has not been moved out."""

LONG = "z" * 32
LONGEST_ID = "€" * 31
"""Beside the digit that tells one request from the next; each is six bytes on the line."""

_WARM_MC = 30_000
_PHASES = [
    {"mode": "heat", "target_mc": 42_000, "duration_s": 30 + n}
    if n % 2 == 0
    else {"mode": "rest", "duration_s": 30 + n}
    for n in range(16)
]
HEAT_PLAN = {"name": LONG, "profile": "normal", "attended_s": 60, "phases": _PHASES}
COLD_PLAN = {
    **HEAT_PLAN,
    "phases": [{"mode": "cold", "target_mc": 11_000, "duration_s": 40}, *_PHASES[1:]],
}
CONFIG = {
    "offset_mc": -300,
    "density_mw_cm2": 100,
    "cooler": False,
    "sensor_b": True,
    "sense": True,
    "two_point": True,
    "fold_safe": True,
}
# What commands would change is refused with these; each is sent in every state.
_PARAMS: dict[str, Message] = {
    "arm": {"plan": {**HEAT_PLAN, "attended_s": 61}},
    "start": {"token": "0" * 8},
    "clear_fault": {"fault": "absolute_temperature"},
    "set_clock": {"unix_s": (1 << 32) - 1},
    "journal": {"after": 0, "limit": 64},
    "reboot": {"into": "nowhere"},
}
_CHANGES = ("stop", "pause", "resume", "confirm", "set_config", "drop_config")
ALIKE = [name for name in HANDLERS if name not in _CHANGES]
_DONE = "done"


def _filled(*parts: bytes) -> bytes:
    """A line as long as one can be, the middle one of three parts as often as there is room."""
    head, body, tail = parts
    room = MAX_LINE - 1 - 9 - len(head) - len(tail)
    return head + body * (room // len(body)) + tail


_PARAMS_OF = b'{"jsonrpc":"2.0","id":1,"method":"%s","params":'
# What takes a reader longest, byte for byte; as a request with its checksum, or spoilt.
DENSE = [
    _filled(b"[", b"[],", b"1]"),
    _filled(b'{"id":1', b',"a":1', b"}"),
    _filled(b"[", b"1,", b"1]"),
    _filled(b'["', b"\\n", b'"]'),
    _filled(b'["', b"\\u0041", b'"]'),
    _filled(b"1", b" ", b" "),
    _filled(b"1", b"9", b"9"),
    _filled(_PARAMS_OF % b"ping" + b"{", b'"a":1,', b'"a":1}}'),
    _filled(_PARAMS_OF % b"set_config" + b"{", b'"sense":1,', b'"sense":1}}'),
    _filled(_PARAMS_OF % b"start" + b'{"token":"', b"0", b'"}}'),
    _filled(_PARAMS_OF % b"clear_fault" + b'{"fault":"', b"\\n", b'"}}'),
    _filled(_PARAMS_OF % b"arm" + b'{"plan":{"name":"', b"a", b'","phases":[]}}}'),
    _filled(
        _PARAMS_OF % b"arm" + b'{"plan":{"name":"a","phases":[',
        b'{"mode":"rest","duration_s":1},',
        b'{"mode":"rest","duration_s":1}]}}}',
    ),
]

_SCRIPT = b"""
import json,time,gc
import poultice_core.loop as L
from poultice_pico import application as A
from poultice_pico.board import PicoBoard
W={};T={};N=["-"];take=L.take;serve=L.Loop.serve
def named(l,r):
 N[0]=r.method;return take(l,r)
def timed(l):
 if l._waiting is None:N[0]="-"
 a=time.ticks_us();r=serve(l);a=time.ticks_diff(time.ticks_us(),a)
 k=N[0]
 if a>W.get(k,0):W[k]=a
 T[k]=T.get(k,0)+1
 if k=="done":raise KeyboardInterrupt
 return r
L.take=named;L.Loop.serve=timed
b=PicoBoard("power_on");c=L.Loop(b);gc.collect()
print("\\nREADY")
try:A._go_on(c,b)
except KeyboardInterrupt:pass
b.write(False,False,False)
print("\\nPIECES"+json.dumps([W,T])+"\\n")
"""


class Requests(NamedTuple):
    """`pieces_ms`: the longest piece of work of each method. `answers`: by state and method.
    `strays_ms`: of each period after a tick without a save. `journal_ms`: what the processor did
    between two ticks while a page was asked, the collection of garbage with it."""

    pieces_ms: dict[str, float]
    answers: dict[str, dict[str, Message]]
    strays_ms: tuple[float, ...]
    ticks_ms: tuple[float, ...]
    journal_ms: tuple[float, ...]

    def figures(self) -> list[Figure]:
        others = [one for name, one in self.pieces_ms.items() if name not in ("journal", "-")]
        return [
            Figure("a piece of work for `journal`", "ms", 10, (self.pieces_ms["journal"],)),
            Figure("a piece of work for another method", "ms", 25, tuple(others)),
            Figure("`journal`, work between two ticks", "ms", None, self.journal_ms),
            Figure("a period in which requests came, away from 100 ms", "ms", 5, self.strays_ms),
        ]


def fill(flash: bytearray) -> None:
    """A journal as full as one can be, with entries as long as a session's can be."""
    store = FlashStore(flash)
    journal = Journal(Ledger(Limits()))
    journal.era = 7
    for _ in range(ENTRIES + 7):
        journal.add(
            (
                ("kind", "session"),
                ("session", 99_999),
                ("plan", LONG),
                ("outcome", "fault"),
                ("reason", "absolute_temperature"),
                ("heat_s", 1_800),
                ("cold_s", 1_200),
                ("dose_m", 9_000),
                ("peak_mc", 45_000),
                ("min_mc", -10_000),
                ("heat_operations", 999),
                ("warnings", list(states.WARNINGS)),
                ("t_ms", 1 << 40),
                ("unix_s", (1 << 32) - 1),
            )
        )
        while journal.full():
            store.save(*journal.block())
            journal.moved()
    store.save(FILE, journal.file())
    store.save(recall.MARK, recall.mark(journal.gen))


class Client(Link):
    """Asks with the longest id there is, and waits until it is answered."""

    def ask(self, method: str, **params: object) -> int:
        self._id += 1
        self.pinging = True
        request = {"jsonrpc": "2.0", "id": self._named(self._id), "method": method}
        self.send({**request, "params": params} if params else request)
        return self._id

    def answer(self, asked: int) -> Message | None:
        named = self._named(asked)
        return next((m for m in reversed(self.heard) if m.get("id") == named), None)

    @staticmethod
    def _named(number: int) -> str:
        return LONGEST_ID + chr(0x4E00 + number)


def at_its_prompt() -> Client:
    """A device with a full journal, its application begun from the prompt."""
    options = parse_options("user=absent&cooler=0", "emulator")
    device = EmulatedDevice(options)
    fill(device.flash)
    device = EmulatedDevice(options, flash=device.flash)
    link = Client(restored=device)
    device.board.button_down = True
    device.chip.drive(BUTTON, False)
    link.wait(0.5)
    device.board.button_down = False
    said = bytearray()

    def heard(word: bytes) -> bool:
        said.extend(device.host_bytes_out())
        return word in said

    device.host_bytes_in(b"\r\x01")
    assert run_until(device, lambda: heard(b"raw REPL"), 2.0), bytes(said)
    device.host_bytes_in(_SCRIPT + b"\x04")
    assert run_until(device, lambda: heard(b"READY"), 20.0), bytes(said)
    return link


def every_method_in_every_state() -> Requests:
    """Idle, armed, running, paused, waiting and in a fault; each method in each of them."""
    link = at_its_prompt()
    link.boot()
    loop = Loop(link.device)
    answers: dict[str, dict[str, Message]] = {}
    journal_ms: list[float] = []

    def all_alike(state: str) -> None:
        assert link.status()["state"] == state
        mine = answers.setdefault(state, {})
        for method in ALIKE:
            before = len(loop.served_ms)
            mine[method] = link.call(method, **_PARAMS.get(method, {}))
            if method == "journal":
                link.wait(0.1)
                journal_ms.extend(loop.served_ms[before:])

    def then(state: str, method: str, **params: object) -> Message:
        answers[state][method] = told = link.call(method, **params)
        return told

    all_alike("idle")
    then("idle", "set_config", **CONFIG)
    then("idle", "drop_config")
    for method in ("stop", "pause", "resume", "confirm"):
        then("idle", method)
    token = then("idle", "arm", plan=HEAT_PLAN)["result"]["token"]
    all_alike("armed")
    then("armed", "start", token=token)
    assert link.until(lambda: link.device.board.energised, 5.0)
    all_alike("running")
    for text in DENSE:
        for line in (codec.seal(text), text + b"*00000000"):
            link.device.host_bytes_in(line + b"\n")
            link.wait(0.5)
            assert link.status()["state"] == "running"
    then("running", "pause")
    all_alike("paused")
    then("paused", "resume")
    then("running", "stop")
    link.wait(0.5)
    token = then("idle", "arm", plan=COLD_PLAN)["result"]["token"]
    link.call("start", token=token)
    assert link.until(lambda: link.state == "waiting", 3.0)
    all_alike("waiting")
    then("waiting", "confirm")
    link.device.board.channel_a.fail(OPEN)
    assert link.until(lambda: link.state == "fault", 2.0)
    link.wait(0.5)
    all_alike("fault")
    link.device.board.channel_a.fail(NORMAL)
    link.wait(1.5)
    then("fault", "clear_fault", fault="sensor_open")
    asked = link.ask(_DONE)
    tail = bytearray()

    def told() -> bool:
        tail.extend(link.device.host_bytes_out())
        return b"PIECES" in tail and b"]\r\n" in tail[tail.index(b"PIECES") :]

    assert run_until(link.device, told, 5.0), (asked, bytes(tail))
    worst_us, _ = json.loads(bytes(tail).split(b"PIECES")[1].split(b"\r")[0])
    return Requests(
        {name: us / 1000 for name, us in worst_us.items()},
        answers,
        loop.strays_ms(saved=False),
        loop.ticks_ms(),
        tuple(journal_ms),
    )
