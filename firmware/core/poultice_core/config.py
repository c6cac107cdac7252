"""The device's configuration: its bounds, and the one file it lives in.

The file holds what is in force, what waits for the button to be held, and a number that counts
what came into force: all of it is replaced at once.
"""

from . import sealed
from .codec import Refusal, invalid, whole

FILE = "config"

_BOUNDS = {"offset_mc": (-300, 2000), "density_mw_cm2": (30, 100)}
_FLAGS = ("cooler", "sensor_b", "sense", "two_point", "fold_safe")


def default() -> dict[str, object]:
    """A new board's: the densest pad, no cooler, sensor B and SENSE fitted, nothing proven."""
    return {
        "offset_mc": 0,
        "density_mw_cm2": 100,
        "cooler": False,
        "sensor_b": True,
        "sense": True,
        "two_point": False,
        "fold_safe": False,
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
            if not isinstance(value, bool):
                raise invalid(name, "true or false")
        else:
            raise invalid(str(name)[:32], "no such member")
        result[name] = value
    return result


def members(config: dict[str, object]) -> tuple[tuple[str, object], ...]:
    """Name and value of each, in the order of the contract."""
    names = ("offset_mc", "density_mw_cm2") + _FLAGS
    return tuple([(name, config[name]) for name in names])


def file(n: int, in_force: dict[str, object], pending: dict[str, object] | None) -> bytes:
    """The file's content. `n` counts the configurations that came into force."""
    waits = None if pending is None else members(pending)
    return sealed.line((("n", n), ("in_force", members(in_force)), ("pending", waits)))


def read(data: bytes) -> tuple[int, dict[str, object], dict[str, object] | None]:
    """What `file` was given. Raises ValueError where `data` is not its work."""
    kept = sealed.read(data)
    n = whole(kept.get("n"))
    if n is None or "pending" not in kept:
        raise ValueError
    try:
        in_force = merged(default(), kept.get("in_force"))
        pending = kept["pending"]
        return n, in_force, None if pending is None else merged(default(), pending)
    except Refusal as refusal:
        raise ValueError(refusal.data) from refusal
