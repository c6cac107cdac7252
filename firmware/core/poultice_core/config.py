"""The device's configuration: its bounds, and the two files it lives in.

`config` is in force; `pending` waits for the button to be held. Both are sealed like a line.
"""

import json

from .board import Store
from .messages import Refusal, invalid, seal, unseal, whole

FILE = "config"
PENDING_FILE = "pending"

_BOUNDS = {"offset_mc": (-300, 2000), "density_mw_cm2": (30, 100)}
_FLAGS = ("cooler", "sensor_b", "sense", "two_point")


def default() -> dict[str, object]:
    """A new board's: the densest pad, no cooler, sensor B and SENSE fitted, nothing proven."""
    return {
        "offset_mc": 0,
        "density_mw_cm2": 100,
        "cooler": False,
        "sensor_b": True,
        "sense": True,
        "two_point": False,
    }


def merged(config: dict[str, object], changes: object) -> dict[str, object]:
    """`config` with `changes`. Raises Refusal (-32602) for a wrong name, type or bound."""
    if not isinstance(changes, dict):
        raise invalid("params", "an object")
    result = dict(config)
    for name in changes:
        value = changes[name]
        if name in _BOUNDS:
            low, high = _BOUNDS[name]
            number = whole(value)
            if number is None or not low <= number <= high:
                raise invalid(name, "a whole number from %d to %d" % (low, high))
        elif name in _FLAGS:
            if value is not True and value is not False:
                raise invalid(name, "true or false")
        else:
            raise invalid(str(name)[:32], "no such member")
        result[name] = value
    return result


def save(store: Store, name: str, config: dict[str, object] | None) -> None:
    """Write FILE or PENDING_FILE; None empties it. Raises OSError."""
    store.save(name, seal(json.dumps(config).encode()))


def load(store: Store, name: str) -> dict[str, object] | None:
    """What was saved, None where nothing was.

    Raises ValueError where the content is not a configuration, OSError where it cannot be read.
    """
    data = store.load(name)
    if data is None:
        return None
    text = unseal(data)
    if text is None:
        raise ValueError
    value = json.loads(text)
    if value is None:
        return None
    try:
        return merged(default(), value)
    except Refusal as refusal:
        raise ValueError(refusal.data) from refusal
