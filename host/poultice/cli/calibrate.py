"""`poultice calibrate`: the two-point check of the thermistors, step by step."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from poultice import temperature
from poultice.cli import ask, attend, output
from poultice.cli.base import (
    Command,
    Result,
    asked_for_json,
    device_option,
    option,
    report_options,
)
from poultice.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from poultice.device.calibration import Point
    from poultice.link.client import Client
    from poultice.link.messages import Telemetry

_TELL_EVERY_MS = 10_000


@click.command(cls=Command)
@device_option
@option(
    "--reference-low",
    type=float,
    metavar="DEGREES",
    help="What the thermometer shows in the cool water, 23 to 27 °C; not asked for then.",
)
@option(
    "--reference-high",
    type=float,
    metavar="DEGREES",
    help="What it shows in the warm water, 38 to 42 °C; not asked for then.",
)
@option("--dry-run", is_flag=True, help="Measure and compute; ask nothing of the device.")
@report_options
def calibrate(
    device: str | None, reference_low: float | None, reference_high: float | None, dry_run: bool
) -> Result:
    """Check the thermistors in water of 25 °C and of 40 °C, and correct their offset.

    A reference thermometer hangs in the water beside the beads. An offset from -0.3 to +2.0 °C is
    sent to the device, with `two_point`; a 3 s hold of its button puts both in force. Ctrl-C
    leaves all as it was.
    """
    from poultice import remedies
    from poultice.device import calibration, device_config, discovery

    if None in (reference_low, reference_high) and not attend.at_terminal():
        # Before the first bath is waited for, which takes minutes.
        raise RefusedError(
            "there is nobody to read the reference thermometer",
            hint="run it in a terminal, or give both --reference-low and --reference-high",
        )
    with discovery.open_device(device) as client:
        hello = client.hello()
        remedies.require_free(client.settle(), ())
        before, _ = device_config.in_force(client)
        if device_config.waiting(client) is not None:
            raise RefusedError(
                "another configuration waits for the device's button",
                hint="`poultice config` shows it; hold the button for 3 s to put it in force, or "
                "`poultice config drop` takes it back",
            )
        warm = calibration.HIGH_MC if before["sense"] else calibration.HIGH_WITHOUT_SENSE_MC
        # Both are judged before the first bath is waited for.
        low_mc = _given(reference_low, calibration.LOW_MC, "low")
        high_mc = _given(reference_high, warm, "high")
        quiet = asked_for_json()
        low = _point(client, before, "cool", calibration.LOW_MC, low_mc, quiet)
        calibration.check_low(low)
        high = _point(client, before, "warm", warm, high_mc, quiet)
        data: dict[str, Any] = {
            "device": hello.device(client.path),
            "points": [
                {
                    "reference_mc": one.reference_mc,
                    "readings_mc": list(one.readings_mc),
                    "errors_mc": list(one.errors_mc),
                }
                for one in (low, high)
            ],
            "before": before,
            "offset_mc": calibration.offset_mc(low, high),
            "in_force": False,
        }
        if not dry_run:
            _put_in_force(client, data["offset_mc"])
            data["in_force"] = True
        return Result(data, "calibrate")


def _given(value: float | None, span_mc: tuple[int, int], name: str) -> int | None:
    if value is None:
        return None
    reference_mc = _within(value, span_mc)
    if reference_mc is None:
        cool, warm = temperature.exact(25_000), temperature.exact(40_000)
        raise UsageError(
            f"--reference-{name} {value:g}: expected {temperature.span(*span_mc)}",
            hint=f"near {cool} every part reads alike, near {warm} they differ; without SENSE the "
            f"warm water is {temperature.span(38_000, 38_400)}, as above that a rising reading "
            "with the relays open is taken for a weld",
        )
    return reference_mc


def _within(value: float, span_mc: tuple[int, int]) -> int | None:
    reference_mc = temperature.read(value) if math.isfinite(value) else -1
    return reference_mc if span_mc[0] <= reference_mc <= span_mc[1] else None


def _point(
    client: Client,
    before: dict[str, Any],
    name: str,
    span_mc: tuple[int, int],
    given_mc: int | None,
    quiet: bool,
) -> Point:
    """One bath: the reference, given or asked for, and the steady readings."""
    from poultice.device import calibration

    reference_mc = _asked(name, span_mc) if given_mc is None else given_mc
    sensors = 2 if before["sensor_b"] else 1
    with attend.Interrupts() as interrupts, _telling(quiet, sensors) as tell:
        readings = calibration.steady(
            client, sensors, reference_mc, interrupted=interrupts.asked, tell=tell
        )
    return calibration.Point(reference_mc, readings, before["offset_mc"])


def _asked(name: str, span_mc: tuple[int, int]) -> int:
    """The person's reading of the reference, m°C."""
    output.say(
        ask.lines(
            f"Hang the beads and the reference thermometer side by side in {name} water of "
            f"{temperature.span(*span_mc)}, half a litre or more, and stir."
        )
    )

    def read(answer: str) -> int | None:
        number = ask.number(answer)
        return None if number is None else _within(number, span_mc)

    example = temperature.exact(span_mc[0] + 200).split()[0]
    return ask.until_read(
        f"When it stands still: what does the thermometer show, in {temperature.sign()}?",
        read,
        f"Make it {temperature.span(*span_mc)}, and answer with a number, such as {example}.",
    )


def _put_in_force(client: Client, offset_mc: int) -> None:
    from poultice.device import calibration, device_config

    output.say(
        f"both points agree with an offset of {calibration.signed(offset_mc)}; hold the device's "
        "button for 3 s to put it in force (Ctrl-C leaves all as it was)"
    )
    with attend.Interrupts() as interrupts:
        device_config.put_in_force(
            client, {"offset_mc": offset_mc, "two_point": True}, interrupted=interrupts.asked
        )


@contextmanager
def _telling(quiet: bool, sensors: int) -> Iterator[Callable[[Telemetry], None]]:
    """What is read meanwhile: live on a terminal, else a line now and then, or nothing."""
    if quiet:
        yield lambda now: None
        return
    if output.coloured(sys.stderr):
        from rich.console import Console

        with Console(stderr=True, highlight=False).status("waiting for a reading") as status:
            yield lambda now: status.update(f"waiting until it stands still: {_now(now, sensors)}")
        return
    due_ms = 0

    def line(now: Telemetry) -> None:
        nonlocal due_ms
        if now.t_ms >= due_ms:
            due_ms = now.t_ms + _TELL_EVERY_MS
            output.say(f"waiting until it stands still: {_now(now, sensors)}")

    yield line


def _now(now: Telemetry, sensors: int) -> str:
    names = (("A", now.temp_mc), ("B", now.temp_b_mc))[:sensors]
    return ", ".join(f"sensor {name} {temperature.shown(value)}" for name, value in names)
