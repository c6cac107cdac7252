"""Times and sizes of the release image, taken from outside on the emulated chip's own clock.

A device is brought to where something is to be measured and then copied, process and all, so
that one warm-up serves every phase of the loop.
"""

from __future__ import annotations

import json
import os
import statistics
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rp2040py.gpio_pin import GPIOPinState

from poultice.virtual.emulator.bench import BUTTON, HEAT, MASTER, MS_NS, WATCHED
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.virtual_board import TICK_MS
from tests.emulator.link import Link, Message

PHASES_MS = tuple(range(0, 100, 5))
"""Where in a period of the loop something happens: 20 places."""

_LOAD = 0x04
_BURST_GAP_NS = 10 * MS_NS
_LOOK_NS = 10_000.0
_UP_BY_NS = 2000 * MS_NS


@dataclass(frozen=True)
class Figure:
    """Many measurements of one thing, in `unit`, against `limit` (None: only reported)."""

    name: str
    unit: str
    limit: float | None
    values: tuple[float, ...]
    at_least: bool = False

    @property
    def worst(self) -> float:
        """The value nearest to the limit, or beyond it."""
        return min(self.values) if self.at_least else max(self.values)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def kept(self) -> bool:
        if self.limit is None:
            return True
        return self.worst >= self.limit if self.at_least else self.worst <= self.limit


def in_a_copy(do: Callable[[], list[float]]) -> list[float]:
    """What `do` returns, done by a copy of this process: nothing of it is seen here."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        try:
            told = json.dumps(do())
        except BaseException:
            told = json.dumps(traceback.format_exc())
        try:
            os.write(writable, told.encode())
        finally:
            # Also where nobody reads any more: a copy never goes on as a run of the tests.
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        told = pipe.read().decode()
    os.waitpid(child, 0)
    found = json.loads(told or '"the copy died"')
    assert isinstance(found, list), found
    return found


def at_every_phase(
    link: Link, do: Callable[[Link], list[float]], phases_ms: Iterable[int] = PHASES_MS
) -> list[list[float]]:
    """`do` to a copy of the device at each phase of the loop; what each returned."""

    def one() -> list[float]:
        link.wait(phase_ms / 1000)
        return do(link)

    found = []
    for phase_ms in phases_ms:  # noqa: B007 - what `one` reads
        found.append(in_a_copy(one))
    return found


# --- latencies: from the change at the converter or the pin to the pin that falls ---------


def falls_ms(link: Link, *pins: int) -> list[float]:
    """From now to each pin's next fall."""
    chip = link.device.chip
    now_ns, seen = chip.now_ns, len(chip.edges)

    def fell(pin: int) -> float | None:
        edges = chip.edges[seen:]
        return next((at for at, which, up in edges if which == pin and not up), None)

    assert link.until(lambda: None not in map(fell, pins), 1.0), "it did not fall"
    return [(at - now_ns) / MS_NS for at in map(fell, pins) if at is not None]


def after_reading(reading_c: float) -> Callable[[Link], list[float]]:
    """The sensor reads `reading_c` from one moment to the next: to MASTER low."""

    def do(link: Link) -> list[float]:
        plant = link.device.plant
        plant.offset_a_c += reading_c - plant.sensor_a_c
        plant.sensor_a_c = reading_c
        return falls_ms(link, MASTER)

    return do


def after_estop(link: Link) -> list[float]:
    """The emergency stop is pressed: to MASTER low."""
    link.device.board.estop_open = True
    return falls_ms(link, MASTER)


def after_sensor(fault: str) -> Callable[[Link], list[float]]:
    """The sensor's line breaks, or is shorted: to HEAT low and to MASTER low."""

    def do(link: Link) -> list[float]:
        link.device._inject(fault)
        return falls_ms(link, HEAT, MASTER)

    return do


def after_hang(link: Link) -> list[float]:
    """The processor stops: to MASTER low, and to the watchdog's restart."""
    chip = link.device.chip
    link.device.hang()
    at_ns = chip.now_ns
    low = falls_ms(link, MASTER)
    assert link.until(lambda: chip.resets, 2.5)
    return [*low, (chip.resets[0][0] - at_ns) / MS_NS]


@dataclass(frozen=True)
class Latency:
    """What is done to a heating device, and what each time it gives is called and may be."""

    do: Callable[[Link], list[float]]
    gives: tuple[tuple[str, float | None], ...]

    def figures(self, link: Link, phases_ms: Iterable[int] = PHASES_MS) -> list[Figure]:
        found = at_every_phase(link, self.do, phases_ms)
        columns = zip(*found, strict=True)
        return [
            Figure(name, "ms", limit_ms, values)
            for (name, limit_ms), values in zip(self.gives, columns, strict=True)
        ]


LATENCIES = {
    "45": Latency(after_reading(45.6), (("45 °C to MASTER low", 120),)),
    "43": Latency(after_reading(43.6), (("43 °C to MASTER low", 220),)),
    "estop": Latency(after_estop, (("emergency stop to MASTER low", 120),)),
    "open": Latency(
        after_sensor("sensor_open"),
        (("sensor open to HEAT low", 120), ("sensor open to MASTER low", 320)),
    ),
    "short": Latency(
        after_sensor("sensor_short"),
        (("sensor shorted to HEAT low", 120), ("sensor shorted to MASTER low", 320)),
    ),
    "hang": Latency(
        after_hang,
        (("processor stopped to MASTER low", 350), ("processor stopped to restart", 2_100)),
    ),
}
"""Those of the safety contract. The watchdog's own limit is 2 s and at most a tick before."""


# --- the loop ----------------------------------------------------------------------------


class Loop:
    """The ticks of a device while it is watched.

    A tick's processor time is from the first conversion of its burst to its feed of the
    watchdog: the firmware sleeps nowhere in between. What saves to flash waits for it and is
    kept apart. `served_ms`: what the processor did between each two ticks, for the host and to
    collect garbage.
    """

    def __init__(self, device: EmulatedDevice) -> None:
        self._chip = device.chip
        self.starts_ns: list[float] = []
        self.served_ms: list[float] = []
        self._served_from_ns = 0.0
        self._ticks_ms: list[tuple[bool, float]] = []
        self._converted_ns = -_BURST_GAP_NS
        adc, watchdog = self._chip.mcu.adc, self._chip.mcu.watchdog
        convert, write = adc.on_adc_read, watchdog.write_uint32

        def converted(channel: int) -> None:
            now_ns = self._chip.now_ns
            if now_ns - self._converted_ns > _BURST_GAP_NS:
                self.starts_ns.append(now_ns)
                if self._ticks_ms:
                    self.served_ms.append((self._chip.busy_ns - self._served_from_ns) / MS_NS)
            self._converted_ns = now_ns
            convert(channel)

        def written(offset: int, value: int) -> None:
            if offset == _LOAD and len(self.starts_ns) > len(self._ticks_ms):
                began_ns = self.starts_ns[-1]
                saved = self._chip.flash_chip.done_ns > began_ns
                self._ticks_ms.append((saved, (self._chip.now_ns - began_ns) / MS_NS))
                self._served_from_ns = self._chip.busy_ns
            write(offset, value)

        adc.on_adc_read, watchdog.write_uint32 = converted, written

    def ticks_ms(self, saved: bool = False) -> tuple[float, ...]:
        """Processor time of each tick that saved nothing, or that did."""
        return tuple(one for with_a_save, one in self._ticks_ms if with_a_save is saved)

    def strays_ms(self, saved: bool = True) -> tuple[float, ...]:
        """How far each period, from start to start, is from the contract's 100 ms; those of ticks
        that saved left out where not `saved`."""
        pairs = zip(self.starts_ns, self.starts_ns[1:], self._ticks_ms, strict=False)
        return tuple(
            abs((after - before) / MS_NS - TICK_MS)
            for before, after, (with_a_save, _) in pairs
            if saved or not with_a_save
        )


# --- power-up ----------------------------------------------------------------------------


def power_up() -> list[Figure]:
    """From power (the boot ROM apart, which the emulator skips) to outputs low, and to idle."""
    link = Link()
    chip = link.device.chip
    low_ns: dict[int, float] = {}
    while len(low_ns) < len(WATCHED):
        chip.run_until(chip.now_ns + _LOOK_NS)
        for pin in WATCHED:
            if chip.mcu.gpio[pin].value == GPIOPinState.LOW:
                low_ns.setdefault(pin, chip.now_ns)
        assert chip.now_ns < _UP_BY_NS, low_ns
    link.boot()
    idle_ms = next(
        m["params"]["t_ms"]
        for m in link.heard
        if m.get("method") == "telemetry" and m["params"]["state"] == "idle"
    )
    first_ns, last_ns = low_ns[MASTER], max(low_ns.values())
    return [
        Figure("from power-up to MASTER driven low", "ms", None, (first_ns / MS_NS,)),
        Figure("from there to the last relay pin", "ms", None, ((last_ns - first_ns) / MS_NS,)),
        Figure("from power-up to idle", "ms", 1000, (float(idle_ms),)),
        Figure("edges of a relay's pin meanwhile", "", 0, (float(len(chip.edges)),)),
    ]


# --- memory ------------------------------------------------------------------------------

_SCRIPT = b"""
import gc,time
from poultice_pico.board import PicoBoard
from poultice_core.loop import Loop
b=PicoBoard("power_on");c=Loop(b);gc.collect()
n=[time.ticks_ms()]
def go(k,serve):
 for i in range(k):
  c.tick()
  n[0]=time.ticks_add(n[0],100)
  b.listen_until_ms=n[0]
  if serve:
   while c.serve():pass
   gc.collect()
  time.sleep_ms(max(0,time.ticks_diff(n[0],time.ticks_ms())))
def used(k):
 gc.collect();gc.disable();b.feed();a=gc.mem_alloc();n[0]=time.ticks_ms()
 go(k,False);e=gc.mem_alloc();gc.enable();b.feed();return (e-a)//k
def step(k):
 g=c.guard;i=c.inputs;a=c.ask
 gc.collect();gc.disable();b.feed();m=gc.mem_alloc()
 for _ in range(k):g.step(i,a)
 e=gc.mem_alloc();gc.enable();b.feed();return e-m
go(30,True)
gc.collect();free=gc.mem_free();idle=used(30)
print("\\nREADY");n[0]=time.ticks_ms()
go(100,True)
heat=used(30);s=step(100)
print('\\n{"free":%d,"idle":%d,"heat":%d,"step":%d,"on":%d,"mc":%d}'%(
 free,idle,heat,s,c.guard.outputs,c.guard.reading.hot_mc))
"""


class Prompt:
    """The chip's prompt, with the application's own objects at hand and a session by the link."""

    def __init__(self) -> None:
        link = self.link = Link("user=absent&pad=0.1")
        device = link.device
        device.board.button_down = True
        device.chip.drive(BUTTON, False)
        link.wait(0.5)
        device.board.button_down = False
        self.said = bytearray()

    def until(self, word: bytes, limit_s: float) -> None:
        """Until the chip has said this."""
        device, said = self.link.device, self.said

        def look() -> bool:
            said.extend(device.host_bytes_out())
            return word in said

        assert run_until(device, look, limit_s), bytes(said)

    def run(self, script: bytes) -> None:
        """Until the script says READY. The raw prompt takes it whole, then its end."""
        self.link.device.host_bytes_in(b"\r\x01")
        self.until(b"raw REPL", 2.0)
        self.link.device.host_bytes_in(script + b"\x04")
        self.until(b"READY", 20.0)
        self.said.clear()

    def start(self, *phases: Message) -> None:
        """Arm and start, as a host does."""
        plan = {"name": "prompt", "phases": list(phases)}
        self._send({"jsonrpc": "2.0", "id": 1, "method": "arm", "params": {"plan": plan}})
        self.until(b'"token"', 3.0)
        token = json.loads(bytes(self.said).split(b'"token":')[1].split(b",")[0].split(b"}")[0])
        self._send({"jsonrpc": "2.0", "id": 2, "method": "start", "params": {"token": token}})

    def told(self, first: str, limit_s: float) -> Message:
        """The object that the script prints, by its first member."""
        mark = b'{"' + first.encode() + b'"'
        self.until(mark, limit_s)
        self.until(b"\x04", 2.0)
        found: Message = json.loads(mark + bytes(self.said).split(mark)[1].split(b"\r")[0])
        return found

    def _send(self, message: Message) -> None:
        self.link.send(message)


def memory() -> list[Figure]:
    """Heap: the application's own objects at its prompt, with a session that the link started."""
    prompt = Prompt()
    prompt.run(_SCRIPT)
    # Warm already: the dose is to count while the heap is watched.
    plant = prompt.link.device.plant
    plant.skin_c = plant.basal_c = 39.5
    plant.pad_c = plant.element_c = plant.sensor_a_c = plant.sensor_b_c = 40.0
    prompt.start({"mode": "heat", "target_mc": 40_500, "duration_s": 300})
    found = prompt.told("free", 120.0)
    assert found["on"], "the session was not heating"
    assert found["mc"] > 39_000, f"the dose was not counting: {found}"
    return [
        Figure("Guard.step, allocated", "B", 0, (float(found["step"]),)),
        Figure("a tick without telemetry, idle, allocated", "B", 64, (float(found["idle"]),)),
        Figure("a tick without telemetry, heating, allocated", "B", 64, (float(found["heat"]),)),
        Figure("free heap after start", "KB", 175, (found["free"] / 1024,), at_least=True),
    ]


# --- what a tick reports -------------------------------------------------------------------

# Six hours of use stand in the counters, and the heap has been filled and collected: nothing lies
# in it as it did at start-up. Ticks are made as the application makes them and timed by the chip's
# own microseconds, from what they measure to the end of what they report; those that write to flash
# are left out.
_REPORTS = b"""
import gc,time
from poultice_pico.board import PicoBoard
from poultice_core.loop import Loop
b=PicoBoard("power_on");c=Loop(b);gc.collect()
c._uptime_s=21600
for k in (2000,900,300):
 h=[]
 try:
  while 1:h.append(bytearray(k))
 except MemoryError:pass
 h=None;gc.collect();b.feed()
t=[];p=[]
w=c.memory._writer
n=time.ticks_ms()
def one():
 global n
 q=c.guard.phases.phase;f=c._since_telemetry_ms;v=c.guard.live
 a=time.ticks_us();c.tick();a=time.ticks_diff(time.ticks_us(),a)
 if v and not w.wrote:
  if c.guard.phases.phase!=q and c.guard.phases.phase>=0:p.append(a)
  elif c._since_telemetry_ms<f or c._since_telemetry_ms==0:t.append(a)
 n=time.ticks_add(n,100);b.listen_until_ms=time.ticks_add(n,-30)
def go(k):
 for i in range(k):
  one()
  if i%5==0:gc.collect()
  while time.ticks_diff(b.listen_until_ms,time.ticks_ms())>0 and c.serve():pass
  time.sleep_ms(max(0,time.ticks_diff(n,time.ticks_ms())))
go(20)
print("\\nREADY")
go(450)
print('\\n{"telemetry":',t,',"begun":',p,'}')
"""


def reports() -> list[Figure]:
    """The longest ticks of a session, all that they report included, after hours of use."""
    prompt = Prompt()
    prompt.run(_REPORTS)
    phases: list[Message] = [
        {"mode": "heat", "target_mc": 40_500, "duration_s": 30},
        {"mode": "rest", "duration_s": 30},
    ]
    prompt.start(*phases)
    link = prompt.link
    pinged_s = link.now_s
    while b'{"telemetry"' not in prompt.said:
        # A host that is there: telemetry is for it.
        if link.now_s - pinged_s > 2.0:
            pinged_s = link.now_s
            link.send({"jsonrpc": "2.0", "id": "p", "method": "ping"})
        link.device.step_ms()
        prompt.said.extend(link.device.host_bytes_out())
        assert link.now_s < 90.0, bytes(prompt.said[-2000:])
    found = prompt.told("telemetry", 3.0)
    telemetry, begun = ([us / 1000 for us in found[name]] for name in ("telemetry", "begun"))
    assert len(telemetry) > 30
    assert len(begun) == len(phases), "not every phase began"
    return [
        Figure("a tick with telemetry, all included", "ms", 6, tuple(telemetry)),
        Figure("a tick in which a phase begins, all included", "ms", 6, tuple(begun)),
    ]


def run_until(device: EmulatedDevice, done: Callable[[], bool], limit_s: float) -> bool:
    end_s = device.now_s + limit_s
    while not done():
        if device.now_s >= end_s:
            return False
        device.step_ms()
    return True
