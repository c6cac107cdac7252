"""The device: does it answer, is it of this version, can it see, and what stands in its way."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from poultice import remedies
from poultice.device.doctor.probe import FAIL, OK, WARN, Finding, Probe, failed, looked
from poultice.errors import HistoryError, PoulticeError
from poultice.temperature import difference, exact, shown

if TYPE_CHECKING:
    from poultice.link.client import Client
    from poultice.link.messages import Hello, Telemetry

PLAUSIBLE_MC = (5_000, 43_000)
"""`arm` is refused outside of these."""

WARM_MC = 38_500
"""Skin alone cannot reach it (SR-10): with nothing running something else warms the sensor."""

APART_MC = 8_000
CLOCK_FROM_UNIX = 1_735_689_600
"""2025: a computer that says less has no clock of its own, and has not asked for the time yet."""

_CHECKS = {
    "sensor_a": "check sensor A's plug and wires: its reading is out of range",
    "sensor_b": "check sensor B's plug and wires; where none is fitted: "
    "`poultice config set sensor_b=false`",
    "sense": "pull the pad's plug: SENSE sees the pad powered with the relays open; look at K1, "
    "K2 and the divider (where it is not fitted: `poultice config set sense=false`)",
    "estop": "close the emergency stop again; a cut wire counts as pressed",
    "journal": "unplug the device and plug it in again; if it stays, see journal_lost in "
    "docs/reference/faults.md",
    "limits": "flash the firmware again: its table of limits is damaged",
}


_BOARDS = {"pico": "a Pico or Pico W", "pico2": "a Pico 2 or Pico 2 W"}
"""What `hello.board` may be: the same image runs on both of a pair, and nothing that comes over USB
(identity, serial number, `hello`) tells them apart. The device itself knows, by its converter."""


def examine(device: str | None) -> tuple[str | None, list[Finding]]:
    """The path of the device, None where none answers, and what was found. Raises nothing."""
    from poultice.device import discovery

    try:
        client = discovery.open_device(device)
    except Exception as error:
        return None, [failed("device", error)]
    with client:
        try:
            hello = client.hello()
            now = client.settle()
        except Exception as error:
            return client.path, [failed("device", error)]
        board = _BOARDS.get(hello.board, f"board {hello.board}")
        says = f"{client.path} answers: {board}, uid {hello.uid}"
        found = [Finding("device", OK, says)]
        probes: dict[str, Probe] = {
            "firmware": lambda: firmware(client.path, hello),
            "restart": lambda: restart(hello),
            "fault": lambda: fault(now),
            "self_test": lambda: self_test(client, now),
            "temperature": lambda: temperature(now),
            "rest": lambda: rest(now),
            "clock": lambda: clock(client, time.time()),
            "configuration": lambda: configuration(client),
            "relay": lambda: relay(hello.uid),
        }
        return client.path, [*found, *looked(probes.items())]


def firmware(path: str, hello: Hello) -> Finding:
    """Whether the device runs the firmware that this program brings."""
    from poultice.device.fingerprint import logic
    from poultice.device.flashing import other_firmware

    other = other_firmware(path, hello)
    if other is None:
        _, tested = logic(path, hello)
        return Finding("firmware", OK, f"{hello.firmware}, link {hello.protocol}, {tested}")
    return Finding("firmware", WARN, *other)


def restart(hello: Hello) -> Finding:
    """Why the device last started."""
    if hello.reset_cause == "watchdog":
        remedy = (
            "report it with `poultice history export`; at its supply, look for dips (a USB port "
            "that also feeds relays)"
        )
        return Finding("restart", WARN, "its watchdog restarted it: it had stopped", remedy)
    return Finding("restart", OK, hello.reset_cause)


def fault(now: Telemetry) -> Finding:
    """A latched fault, with what mends it and what clears it."""
    if now.fault is None:
        return Finding("fault", OK, f"none; the device is {now.state}")
    more = f" and {now.faults_more} more" if now.faults_more else ""
    return Finding("fault", FAIL, f"{now.fault}{more}", remedies.fault_hint(now.fault))


def self_test(client: Client, now: Telemetry) -> Iterable[Finding]:
    """The device's own checks, each a finding. Possible in `idle` only."""
    if now.state != "idle":
        says = f"not possible while the device is {now.state}"
        remedy = "clear the fault" if now.fault else "wait for the session, or `poultice stop`"
        yield Finding("self_test", WARN, says, f"{remedy}; then `poultice doctor` again")
        return
    checks = client.self_test().get("checks")
    for name, remedy in _CHECKS.items():
        told = checks.get(name) if isinstance(checks, dict) else None
        if told == "ok":
            yield Finding(name, OK, "ok")
        elif told == "absent":
            yield Finding(name, OK, "not fitted, by the device's configuration")
        elif told == "fail":
            yield Finding(name, FAIL, "the device's own check fails", remedy)
        else:
            yield Finding(name, WARN, "the device says nothing of it", "flash the firmware again")


def relay(uid: str) -> Iterable[Finding]:
    """How far K2 is worn: no relay closes more often (the device itself warns `relay_life`).

    Nothing where the record cannot be read: that is the finding `history`, once.
    """
    from poultice import settings
    from poultice.record.store import FILE_NAME, History
    from poultice.words import RELAY_LIFE, relay_age

    path = settings.data_dir() / FILE_NAME
    try:
        # Not `open`, which would make one.
        closings = History(path).closings().get(uid, 0) if path.exists() else 0
    except HistoryError:
        return
    if closings * 10 < RELAY_LIFE * 8:
        yield Finding("relay", OK, relay_age(closings))
    else:
        yield Finding("relay", WARN, relay_age(closings), "put in a new relay for K2")


def temperature(now: Telemetry) -> Iterable[Finding]:
    """Whether what each sensor reads can be: in range, not warm by itself, the two alike."""
    low, high = PLAUSIBLE_MC
    quiet = now.state in ("idle", "armed")
    readings = {"sensor A": now.temp_mc, "sensor B": now.temp_b_mc}
    says = ", ".join(f"{name} {shown(one)}" for name, one in readings.items())
    known = [one for one in readings.values() if one is not None]
    if now.temp_mc is None:
        remedy = "check sensor A's plug and wires: it gives no temperature"
        yield Finding("temperature", FAIL, says, remedy)
    elif min(known) < low:
        yield Finding("temperature", FAIL, says, remedies.NOT_READY["sensor_cold"])
    elif max(known) >= high:
        yield Finding("temperature", FAIL, says, remedies.NOT_READY["sensor_hot"])
    elif quiet and max(known) > WARM_MC and not now.rest_heat_s:
        remedy = (
            "is the pad in the sun, or on something warm? Else `poultice calibrate`: the part may "
            "not fit the firmware's table"
        )
        yield Finding("temperature", WARN, f"{says}, with nothing heating", remedy)
    elif quiet and max(known) - min(known) > APART_MC:
        remedy = "lay the pad flat; if they stay apart, `poultice calibrate`"
        yield Finding("temperature", WARN, f"{says}: far apart", remedy)
    else:
        yield Finding("temperature", OK, says)


def rest(now: Telemetry) -> Finding:
    """What a session would have to wait for."""
    left = {"heat": now.rest_heat_s, "cold": now.rest_cold_s}
    due = {name: remedies.duration(one) for name, one in left.items() if one}
    if not due:
        return Finding("rest", OK, "none is due")
    says = ", ".join(f"{one} before {name}" for name, one in due.items())
    remedy = "wait: the device keeps count while it is powered, or once it is told the time"
    return Finding("rest", WARN, says, remedy)


def clock(client: Client, now_unix: float) -> Finding:
    """Whether rest is counted by a clock. The device is only asked: `run` is what tells it."""
    if now_unix < CLOCK_FROM_UNIX:
        remedy = "set the computer's clock first (`timedatectl`): the device takes it once a start"
        return Finding("clock", WARN, "this computer's clock is years behind", remedy)
    entries = client.entries()
    if not entries:
        return Finding("clock", OK, "nothing recorded on the device yet; `run` tells it the time")
    stamp = entries[-1].get("unix_s")
    if not isinstance(stamp, int):
        says = "the device had no clock at its last entry: only powered time counted as rest"
        remedy = (
            "keep it powered while it rests, or start with `poultice run`, which tells the time"
        )
        return Finding("clock", WARN, says, remedy)
    if stamp > now_unix + 86_400:
        says = "the device's last entry is more than a day ahead of this computer"
        return Finding("clock", WARN, says, "set the computer's clock (`timedatectl`)")
    from poultice.words import date

    return Finding("clock", OK, f"the last entry is of {date(stamp)}")


def configuration(client: Client) -> Iterable[Finding]:
    """Offset, density, what holds the targets down, and whether a change waits for the button."""
    from poultice.device import device_config

    config, pending = device_config.in_force(client)
    fitted = [name for name in ("sensor_b", "sense", "cooler") if config[name]]
    says = (
        f"offset {difference(config['offset_mc'], signed=True)}, "
        f"pad {config['density_mw_cm2']} mW/cm², "
        f"fitted: {', '.join(fitted) or 'sensor A alone'}"
    )
    yield Finding("configuration", OK, says)
    if config["two_point"]:
        yield Finding("two_point", OK, "the thermistor was checked at two points")
    else:
        says = f"the thermistor was not checked at two points: {exact(41_000)} at most"
        yield Finding("two_point", WARN, says, "`poultice calibrate`")
    if config["fold_safe"]:
        yield Finding("fold_safe", OK, "the pad has no fold that nothing feels")
    else:
        says = "nobody has shown that the pad has no fold that nothing feels"
        remedy = (
            "try by hand whether it can lie double where nothing feels it "
            "(docs/tutorials/build-one.md); if not, `poultice config set fold_safe=true` and hold "
            "the device's button for 3 s"
        )
        yield Finding("fold_safe", WARN, f"{says}: {exact(39_000)} at most", remedy)
    if pending:
        try:
            other = device_config.waiting(client)
        except PoulticeError:
            other = {}
        if other is not None:
            yield Finding(
                "pending",
                WARN,
                "a configuration waits for the device's button",
                "hold the button for 3 s to put it in force; `poultice config` shows it, "
                "`poultice config drop` takes it back",
            )
