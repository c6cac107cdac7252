"""Where a device's logic runs, behind operations whose arguments and answers are plain values.

Integers, booleans, strings, None, lists and objects of them: whatever JSON holds. A back-end on
another interpreter, or on the other end of a cable, answers as this one does.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tests.properties.driver import FIELDS, Driver

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("driver.py")


class Seen(NamedTuple):
    """One tick: what was measured, what was asked, what came of it."""

    now_ms: int
    code_a: int
    code_b: int
    raw_a: int
    raw_b: int
    spread_a: int
    spread_b: int
    saved_ms: int
    fresh: bool
    sense: int
    button: bool
    estop: bool
    heard: bool
    asks: tuple[int, int, int, bool, bool, bool]
    state_was: int
    mode_was: int
    prompt_was: int
    outputs: int
    state: int
    fault: int
    more: int
    mode: int
    phase: int
    target_mc: int
    prompt: int
    dose_m: int
    budget_uj: int
    saves_hot: int
    tunes: list[int]
    warnings: int
    uptime_ms: int
    adopted: bool


assert Seen._fields == FIELDS

Config = dict[str, Any] | None


class Backend(Protocol):
    """What the state machine needs of a device."""

    def reset(
        self,
        config: Config,
        overrides: dict[str, int],
        image: dict[str, str],
        reset_cause: str,
        now_ms: int,
    ) -> None:
        """A device powered up: its configuration (None: as in the image), some limits replaced,
        its flash (name -> text), and where on the ring of 2^30 ms its clock starts."""

    def restart(self, reset_cause: str, now_ms: int) -> None:
        """The power went, or the watchdog fired, and the same flash starts again."""

    def set(self, **values: Any) -> None:
        """Pins, readings and asks until further notice."""

    def step(
        self,
        count: int,
        dt_ms: int = 100,
        off_mc: int = 0,
        on_mc: int = 0,
        codes: tuple[int | None, int | None] = (None, None),
    ) -> list[Seen]:
        """That many ticks."""

    def ask(self, method: str, params: Any = None) -> tuple[int | None, Any, list[Seen]]:
        """A request, and the ticks until its answer: (0, result, ticks), (code, data, ticks), or
        (None, None, ticks) where none came."""

    def command(self, method: str, params: Any = None) -> tuple[int | None, Any]:
        """The same without the ticks."""

    def raw(self, text: str) -> list[str]:
        """Bytes over the link; the lines that came back at once."""

    def rename_fault(self, name: str) -> None:
        """The latched fault on flash gets another name."""

    def limits(self) -> dict[str, int]:
        """Every limit in force."""

    def ledger(self) -> list[int]:
        """now_s, sessions, heat_s, cold_s, dose_m, rest before heat, rest before cold."""

    def image(self) -> dict[str, str]:
        """The flash."""

    def close(self) -> None:
        """Done."""


class CPythonBackend:
    """The device in this very interpreter."""

    def __init__(self) -> None:
        self.driver = Driver()

    def _do(self, operation: str, *arguments: Any) -> Any:
        return getattr(self.driver, operation)(*arguments)

    def reset(
        self,
        config: Config,
        overrides: dict[str, int],
        image: dict[str, str],
        reset_cause: str,
        now_ms: int,
    ) -> None:
        self._do("reset", config, overrides, image, reset_cause, now_ms)

    def restart(self, reset_cause: str, now_ms: int) -> None:
        self._do("restart", reset_cause, now_ms)

    def set(self, **values: Any) -> None:
        self._do("set", values)

    def step(
        self,
        count: int,
        dt_ms: int = 100,
        off_mc: int = 0,
        on_mc: int = 0,
        codes: tuple[int | None, int | None] = (None, None),
    ) -> list[Seen]:
        return [Seen(*seen) for seen in self._do("step", count, dt_ms, off_mc, on_mc, codes)]

    def ask(self, method: str, params: Any = None) -> tuple[int | None, Any, list[Seen]]:
        code, body, seen = self._do("command", method, params)
        return code, body, [Seen(*tick) for tick in seen]

    def command(self, method: str, params: Any = None) -> tuple[int | None, Any]:
        code, body, _ = self.ask(method, params)
        return code, body

    def raw(self, text: str) -> list[str]:
        return list(self._do("raw", text))

    def rename_fault(self, name: str) -> None:
        self._do("rename_fault", name)

    def limits(self) -> dict[str, int]:
        return dict(self._do("limits"))

    def ledger(self) -> list[int]:
        return list(self._do("ledger"))

    def held(self) -> list[int]:
        return list(self._do("held"))

    def image(self) -> dict[str, str]:
        return dict(self._do("image"))

    def close(self) -> None:
        pass


def micropython() -> str | None:
    """The unix port's interpreter beside this Python or on the path, where one is installed."""
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


class MicroPythonBackend(CPythonBackend):
    """The same device on MicroPython's unix port (or another interpreter, with the driver and the
    core that are named), at the other end of a pipe."""

    def __init__(
        self,
        interpreter: str | None = None,
        driver: Path = DRIVER,
        core: Path = ROOT / "firmware" / "core",
    ) -> None:
        interpreter = interpreter or micropython()
        if interpreter is None:
            raise FileNotFoundError("micropython")
        self._process = subprocess.Popen(
            [interpreter, str(driver)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"MICROPYPATH": str(core), "PYTHONPATH": str(core), "PYTHONUNBUFFERED": "1"},
            text=True,
        )

    def step(
        self,
        count: int,
        dt_ms: int = 100,
        off_mc: int = 0,
        on_mc: int = 0,
        codes: tuple[int | None, int | None] = (None, None),
    ) -> list[Seen]:
        # What one answer holds has to fit the other interpreter's heap.
        seen: list[Seen] = []
        while count > 0:
            seen += super().step(min(count, 100), dt_ms, off_mc, on_mc, codes)
            count -= 100
        return seen

    def _do(self, operation: str, *arguments: Any) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BrokenPipeError
        stdin.write(json.dumps([operation, *arguments]) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()
