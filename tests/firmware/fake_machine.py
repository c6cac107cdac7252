"""MicroPython's own modules, as far as the board's files use them, for CPython."""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.firmware.sources import FIRMWARE


class FakePin:
    """A pin that remembers what was written to it."""

    OUT, IN, PULL_UP, PULL_DOWN = range(4)

    def __init__(self, number: object, *_mode: object, value: int = 0) -> None:
        self.number = number
        self.level = value

    def __call__(self, value: int | None = None) -> int:
        if value is not None:
            self.level = value
        return self.level


class FakePWM:
    """What would be heard: (Hz, duty) at each change."""

    def __init__(self, pin: FakePin, freq: int, duty_u16: int) -> None:
        self.hz = freq
        self.heard: list[tuple[int, int]] = []

    def freq(self, hz: int) -> None:
        self.hz = hz

    def duty_u16(self, duty: int) -> None:
        self.heard.append((self.hz, duty))


class FakeADC:
    """A converter that sees the same at every channel."""

    code_u16 = 14_400

    def __init__(self, channel: object) -> None:
        self.channel = channel

    def read_u16(self) -> int:
        return self.code_u16


class FakeTime:
    """`time` of MicroPython on a clock that tests move by hand."""

    def __init__(self) -> None:
        self.now_ms = 0

    def ticks_ms(self) -> int:
        return self.now_ms

    def ticks_us(self) -> int:
        return self.now_ms * 1000

    @staticmethod
    def ticks_add(ticks: int, delta: int) -> int:
        return ticks + delta

    @staticmethod
    def ticks_diff(later: int, earlier: int) -> int:
        return later - earlier


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTime]:
    """The modules in place, the board's package importable, both gone afterwards."""
    fake = FakeTime()

    def module(name: str, **members: Any) -> None:
        made = ModuleType(name)
        vars(made).update(members)
        monkeypatch.setitem(sys.modules, name, made)

    # pytest keeps its own `time`; only the names that MicroPython adds are put in.
    for name in ("ticks_ms", "ticks_us", "ticks_add", "ticks_diff"):
        monkeypatch.setattr(time, name, getattr(fake, name), raising=False)
    module("machine", Pin=FakePin, PWM=FakePWM, ADC=FakeADC)
    module("micropython", const=lambda value: value, viper=lambda function: function)
    for pointer in ("ptr16", "ptr32"):
        monkeypatch.setattr(builtins, pointer, int, raising=False)
    monkeypatch.setattr(
        sys,
        "implementation",
        SimpleNamespace(**vars(sys.implementation), _machine="Raspberry Pi Pico with RP2040"),
    )
    monkeypatch.syspath_prepend(str(FIRMWARE / "pico"))
    for name in [name for name in sys.modules if name.startswith("poultice_pico")]:
        monkeypatch.delitem(sys.modules, name)
    yield fake
    for name in [name for name in sys.modules if name.startswith("poultice_pico")]:
        del sys.modules[name]
