"""The device's configuration: read it, ask for another, wait for the button that puts it in force.

What is asked for waits on the device until its button is held for 3 s; until then nothing of it
counts. Whoever leaves in between takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from poultice import remedies
from poultice.errors import (
    DeviceFaultError,
    DeviceLostError,
    DeviceTimeoutError,
    Interrupted,
    LinkError,
    PoulticeError,
    RefusedError,
    UsageError,
)
from poultice.link.messages import Telemetry

if TYPE_CHECKING:
    from poultice.link.client import Client

MEMBERS: Mapping[str, str] = {
    "offset_mc": "m°C added to each reading, -300 to 2000",
    "density_mw_cm2": "mW/cm² of the pad, 30 to 100",
    "cooler": "a cooler is fitted; else a pack laid on by hand",
    "sensor_b": "a second sensor; without it 40 °C, 15 min at most",
    "sense": "the pad's supply is seen behind the relays",
    "two_point": "checked at two points; else 41 °C at most",
    "fold_safe": "no fold that nothing feels; else 39 °C at most",
}
"""What each member says, in the order of ``docs/reference/link.md``."""

HOLD_WAIT_S = 120
"""For somebody to reach the button, hold it, and the device to write it down."""

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def in_force(client: Client) -> tuple[dict[str, Any], bool]:
    """The configuration in force, and whether another waits for the button."""
    told = client.get_config()
    pending = told.pop("pending", False) is True
    if not set(MEMBERS) <= set(told):
        raise LinkError("the device's configuration is not that of the link contract")
    return told, pending


def waiting(client: Client) -> dict[str, Any] | None:
    """The configuration that waits for the button, None where none does that would change a thing.

    Asks by a `set_config` of nothing, only where one waits: in `idle` alone. Raises what the
    device refuses with.
    """
    now, pending = in_force(client)
    if not pending:
        return None
    told = client.set_config({})
    told.pop("pending", None)
    return told if told != now else None


def parse(pairs: Mapping[str, str]) -> dict[str, Any]:
    """Changes as a person writes them, `sensor_b` = `no`, with their types.

    Raises UsageError for a name or a value that is none, RefusedError for one out of bounds, and
    for `two_point` true, which only a check may say.
    """
    from poultice_core import config as configuration
    from poultice_core.codec import Refusal

    changes: dict[str, Any] = {}
    for name, text in pairs.items():
        if name not in MEMBERS:
            from poultice.words import meant

            raise UsageError(
                f"there is no {name!r} in the device's configuration",
                hint=meant(name, MEMBERS) or f"one of {', '.join(MEMBERS)}",
            )
        value = _value(name, text)
        try:
            configuration.merged(configuration.default(), {name: value})
        except Refusal as refusal:
            expected = dict(refusal.data or {}).get("expected")
            raise RefusedError(f"{name}={text}: expected {expected}", hint=MEMBERS[name]) from None
        changes[name] = value
    if changes.get("two_point") is True:
        raise RefusedError(
            "two_point says that the thermistor was checked at two points",
            hint="`poultice calibrate` checks it, and sets two_point",
        )
    if "offset_mc" in changes:
        # Nobody has looked at two points with this offset on.
        changes.setdefault("two_point", False)
    return changes


def put_in_force(
    client: Client,
    changes: Mapping[str, Any],
    *,
    interrupted: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Ask for `changes`, wait for the 3 s hold of the button, and see them in force.

    Returns the configuration then in force. Where the button is not held within `HOLD_WAIT_S` of
    the device's time (DeviceTimeoutError), or `interrupted` says so (Interrupted), what waits is
    what was in force. Raises WrongStateError where the device is not in `idle`, RefusedError
    where it does not accept them or something else came into force, DeviceFaultError,
    DeviceLostError.
    """
    wanted = client.set_config(changes)
    wanted.pop("pending", None)
    deadline_s = client.now_s() + HOLD_WAIT_S
    try:
        while True:
            now, pending = in_force(client)
            if not pending and now == wanted:
                return now
            if not pending:
                raise RefusedError(
                    "another configuration came into force than the one asked for",
                    hint="does a second program talk to the device? `poultice config` shows it",
                )
            if interrupted():
                drop(client)
                raise Interrupted("left; the configuration in force is the one from before")
            if client.left_s(deadline_s) == 0:
                drop(client)
                raise DeviceTimeoutError(
                    f"nobody held the device's button within {remedies.duration(HOLD_WAIT_S)}",
                    hint="the configuration in force is the one from before; try again, and hold "
                    "the button for 3 s when it is asked for",
                )
            update = client.poll(min(1.0, client.left_s(deadline_s)))
            if isinstance(update, Telemetry) and update.fault is not None:
                raise remedies.fault_error(update.fault, state=update.state)
    except (DeviceLostError, DeviceFaultError) as error:
        error.hint = (
            f"{error.hint}; what was asked for may still wait for the button: `poultice config` "
            "shows it, `poultice config drop` takes it back"
        )
        raise


def drop(client: Client) -> dict[str, Any]:
    """Take back what waits for the button; the configuration in force.

    Raises PoulticeError where the device does not do so.
    """
    before, pending = in_force(client)
    if pending and client.drop_config() != before:
        raise PoulticeError(
            "the device still holds another configuration for its button",
            hint="do not hold the button; `poultice config` shows what waits",
        )
    return before


def _value(name: str, text: str) -> Any:
    word = text.strip().lower()
    if name not in ("offset_mc", "density_mw_cm2"):
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise UsageError(f"{name}={text}: expected true or false", hint=MEMBERS[name])
    # int() also takes 1_0 and the digits of other scripts, and refuses thousands of them.
    if not re.fullmatch(r"-?[0-9]{1,9}", word):
        raise UsageError(f"{name}={text}: expected a whole number", hint=MEMBERS[name])
    return int(word)
