"""The board's parts that decide something, on stand-ins for MicroPython's modules.

What they do to a chip is for tests/emulator to show.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from poultice.virtual.adc import raw_error_lsb
from poultice.virtual.thermistors import CURVES, FULL_SCALE
from poultice_core.board import condense
from poultice_core.thermistor import B3950, temp_mc
from tests.firmware.fake_machine import FakeADC, FakeTime
from tests.firmware.fake_machine import clock as clock

ideal_code = CURVES["B3950"].code


def reading_c(code: int) -> float:
    return temp_mc(B3950, code * 8) / 1000


def temperatures_c() -> list[float]:
    return [5 + i / 20 for i in range(901)]


def test_the_correction_never_falls_and_keeps_the_ends(clock: FakeTime) -> None:
    from poultice_pico.analog import corrected

    codes = [corrected(code) for code in range(FULL_SCALE + 1)]
    assert codes == sorted(codes)
    assert (codes[0], codes[-1]) == (0, FULL_SCALE)
    assert max(abs(code - raw) for raw, code in enumerate(codes)) <= 4


@pytest.mark.requirement("SR-07")
def test_an_ideal_converter_still_reads_right(clock: FakeTime) -> None:
    from poultice_pico.analog import corrected

    off_c = [abs(reading_c(corrected(round(ideal_code(t)))) - t) for t in temperatures_c()]
    assert max(off_c) <= 0.15


def test_a_real_converter_reads_nearer_where_it_matters(clock: FakeTime) -> None:
    """On the error that five boards showed."""
    from poultice_pico.analog import corrected

    raw, mended = [], []
    for temp_c in temperatures_c():
        code = round(ideal_code(temp_c) + raw_error_lsb(ideal_code(temp_c)))
        raw.append(abs(reading_c(code) - temp_c))
        mended.append(abs(reading_c(corrected(code)) - temp_c))
        if 38 <= temp_c <= 46:
            assert mended[-1] <= raw[-1]
            assert mended[-1] <= 0.15
    # Worst in the few codes beside a step, of which one cannot tell the side.
    assert max(mended) <= 0.31
    assert sum(mended) < 0.8 * sum(raw)


class FakeConverter:
    """Control and result of the converter's registers: a code after so many looks."""

    def __init__(self, codes: list[int], looks: int = 3) -> None:
        self.codes = codes
        self.selected: list[int] = []
        self._looks = looks
        self._left = 0

    def __setitem__(self, register: int, value: int) -> None:
        assert register == 0 and value & 0xFFF == 0x5  # START_ONCE, EN
        self.selected.append(value >> 12)
        self._left = self._looks

    def __getitem__(self, register: int) -> int:
        if register == 1:
            assert self._left == 0, "read before it was ready"
            return self.codes.pop(0)
        self._left -= self._left > 0
        return 0x1 if self._left else 0x101


@pytest.mark.requirement("SR-07")
@given(raw=st.lists(st.integers(0, 4095), min_size=16, max_size=16), steps=st.booleans())
@example(raw=list(range(500, 4096, 225)), steps=True)
@example(raw=list(range(4095, 500, -225)), steps=False)
@example(raw=[4095] * 16, steps=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_burst_comes_to_what_its_corrected_codes_come_to(
    clock: FakeTime, raw: list[int], steps: bool
) -> None:
    from poultice_pico.analog import _STEPS, _burst, corrected

    converter = FakeConverter(list(raw))
    burst = [0] * 3
    assert _burst(converter, 1 | (_STEPS if steps else 0), [0] * 16, burst)
    expected = [0] * 3
    condense([corrected(code) if steps else code for code in raw], expected)
    assert burst == expected
    assert converter.selected == [1] * 16


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize(("looks", "there"), [(1_001, True), (1_002, False)])
def test_a_conversion_that_does_not_end_is_no_burst(
    clock: FakeTime, looks: int, there: bool
) -> None:
    from poultice_pico.analog import _burst

    assert bool(_burst(FakeConverter([1] * 16, looks), 0, [0] * 16, [0] * 3)) is there


def test_an_led_blinks_its_code_and_pauses(clock: FakeTime) -> None:
    from poultice_pico.signs import Led

    led = Led()
    led.show(2)
    levels = []
    for clock.now_ms in range(0, 2_900, 50):
        led.move_on(clock.now_ms)
        assert [pin.number for pin in led._pins] == [22, "LED"]
        levels.append(led._pins[0]())
        assert led._pins[1]() == levels[-1]
    rises = [i * 50 for i in range(1, len(levels)) if levels[i] > levels[i - 1]]
    assert levels[0] == 1
    assert rises == [300, 1_450, 1_750]
    led.show(0)
    led.move_on(clock.now_ms)
    assert [pin() for pin in led._pins] == [1, 1]


@pytest.mark.parametrize(
    ("machine", "code_u16"),
    [
        ("Raspberry Pi Pico W with RP2040", 14_400),
        ("Raspberry Pi Pico 2 W with RP2350", 14_400),
        ("Raspberry Pi Pico with RP2040", 2_047),
        ("Raspberry Pi Pico 2 with RP2350", 350),
    ],
)
def test_the_radio_of_a_w_board_is_left_alone(
    clock: FakeTime, monkeypatch: pytest.MonkeyPatch, machine: str, code_u16: int
) -> None:
    """Whose image it is that runs there, MicroPython's own for such a board or ours."""
    monkeypatch.setattr(sys.implementation, "_machine", machine)
    monkeypatch.setattr(FakeADC, "code_u16", code_u16)
    from poultice_pico.signs import Led

    assert [pin.number for pin in Led()._pins] == [22]


@pytest.mark.parametrize("machine", ["Pico with RP2040", "Pico 2 with RP2350"])
def test_a_board_without_a_radio_has_its_own_led(
    clock: FakeTime, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setattr(sys.implementation, "_machine", f"Raspberry Pi {machine}")
    monkeypatch.setattr(FakeADC, "code_u16", 2_048)
    from poultice_pico.signs import Led

    assert [pin.number for pin in Led()._pins] == [22, "LED"]


def test_a_tune_ends_in_silence(clock: FakeTime) -> None:
    from poultice_pico import signs

    from poultice_core import signals

    assert len(signs._TUNES) == signals.TUNE_FAULT + 1
    buzzer = signs.Buzzer()
    buzzer.play(signals.TUNE_LAY_PACK)
    for clock.now_ms in range(0, 2_000, 10):
        buzzer.move_on(clock.now_ms)
    assert [hz for hz, duty in buzzer._pwm.heard if duty] == [1_320, 1_760]
    assert buzzer._pwm.heard[-1][1] == 0
    assert not buzzer._sounding


class FakeStream:
    """A port whose buffer takes so many bytes; then a write falls short."""

    def __init__(self) -> None:
        self.free = 10_000
        self.sent = bytearray()
        self.arrived = bytearray()
        self.slow_ms = 0

    def poll(self) -> FakePoll:
        return FakePoll(self)


class FakePoll:
    def __init__(self, stream: FakeStream) -> None:
        self._stream = stream
        self._out = False

    def register(self, stream: object, flags: int) -> None:
        self._out = bool(flags & select.POLLOUT)

    def poll(self, timeout_ms: int) -> list[int]:
        assert timeout_ms == 0
        ready = self._stream.free > 0 if self._out else bool(self._stream.arrived)
        return [1] if ready else []


@pytest.fixture
def port(clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> FakeStream:
    """`poultice_pico.link` on a port of ours."""
    from poultice_pico import link

    stream = FakeStream()

    def write(data: bytes) -> int:
        clock.now_ms += stream.slow_ms
        taken = min(len(data), stream.free)
        stream.free -= taken
        stream.sent += data[:taken]
        return taken

    def readinto(buffer: bytearray) -> int:
        buffer[0] = stream.arrived.pop(0)
        return 1

    monkeypatch.setattr(link, "select", SimpleNamespace(poll=stream.poll, POLLIN=1, POLLOUT=4))
    monkeypatch.setattr(link, "_out", SimpleNamespace(write=write))
    monkeypatch.setattr(link, "_in", SimpleNamespace(readinto=readinto))
    return stream


def test_where_the_room_is_known_a_line_goes_whole_or_not_at_all(port: FakeStream) -> None:
    from poultice_pico.link import ReleaseLink, _out

    link = ReleaseLink(SimpleNamespace(room=lambda: port.free, take=None))
    link._write = _out.write
    port.free = 10
    assert not link.send(b"x" * 11)
    assert port.sent == b""
    assert link.send(b"x" * 10)
    assert port.sent == b"x" * 10


def test_a_stock_image_lets_a_line_out_in_small_parts(port: FakeStream) -> None:
    from poultice_pico.link import StockLink

    link = StockLink()
    assert link.send(b"a" * 200)
    assert not link.send(b"b")
    link.pump()
    assert len(port.sent) == 160
    link.pump()
    assert port.sent == b"a" * 200
    assert link.send(b"b")


def test_a_line_feed_and_the_line_behind_it_are_taken_together(port: FakeStream) -> None:
    from poultice_pico.link import StockLink

    # The controller begins anew with a line feed after any refusal: where that alone filled the
    # one place there is, no line ever followed it.
    link = StockLink()
    assert link.send(b"\n")
    assert link.send(b"a" * 10)
    assert not link.send(b"b")
    link.pump()
    assert port.sent == b"\n" + b"a" * 10


@pytest.mark.parametrize("trouble", ["full", "slow"])
def test_a_stock_image_falls_silent_until_the_host_is_heard(port: FakeStream, trouble: str) -> None:
    from poultice_pico.link import StockLink

    link = StockLink()
    assert link.send(b"a" * 50)
    if trouble == "slow":
        port.slow_ms = 500
    else:
        port.free = 20
        link._room.poll = lambda timeout_ms: [1]  # says so for ever once the cable is out
    link.pump()
    assert len(port.sent) < 50
    assert not link.send(b"b")
    port.arrived += b"ping"
    buffer = bytearray(3)
    assert link.receive(buffer) == 3
    assert buffer == b"pin"
    assert link.send(b"b")


def test_the_store_replaces_a_file_whole(clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    from poultice_pico.store import FlashStore

    files: dict[str, bytes] = {}
    log: list[str] = []

    class File(io.BytesIO):
        def __init__(self, path: str, mode: str) -> None:
            super().__init__(files[path] if "r" in mode else b"")
            self._path, self._mode = path, mode

        def write(self, data: bytes) -> int:  # type: ignore[override]
            if len(data) > 100:
                raise OSError(errno.ENOSPC, self._path)
            return super().write(data)

        def close(self) -> None:
            if "w" in self._mode and not self.closed:
                files[self._path] = self.getvalue()
                log.append("write " + self._path)
            super().close()

    def opened(path: str, mode: str) -> File:
        if "r" in mode and path not in files:
            raise OSError(errno.ENOENT, path)
        return File(path, mode)

    def rename(old: str, new: str) -> None:
        files[new] = files.pop(old)
        log.append("rename " + new)

    monkeypatch.setitem(vars(sys.modules["poultice_pico.store"]), "open", opened)
    fake_os = SimpleNamespace(rename=rename, remove=files.pop, mkdir=lambda path: None)
    monkeypatch.setattr(sys.modules["poultice_pico.store"], "os", fake_os)
    store = FlashStore()
    log.clear()
    assert store.load("journal") is None
    store.save("journal", b"one")
    assert store.load("journal") == b"one"
    assert log == ["write /fresh", "rename /journal"]
    store.save("mark", b"9")
    assert store.load("mark") == files.pop("/marks/mark") == b"9"
    assert log[2:] == ["write /marks/fresh", "rename /marks/mark"]
    with pytest.raises(OSError, match="fresh"):
        store.save("journal", b"x" * 101)
    assert files == {"/journal": b"one"}


def test_an_unmounted_file_system_is_not_an_empty_one(
    clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice_pico.store import FlashStore

    def unmounted(path: str, mode: str) -> None:
        raise OSError(errno.ENODEV, path)

    monkeypatch.setitem(vars(sys.modules["poultice_pico.store"]), "open", unmounted)
    with pytest.raises(OSError, match="journal") as caught:
        FlashStore().load("journal")
    assert caught.value.errno == errno.ENODEV
    assert os.strerror(errno.ENODEV)
