"""The fault classes: the simulator's faults and hazards, each under one name.

What is in both lists (a broken wire, a welded heat relay, …) is here once, under the name that
`sim:` knows.
"""

from __future__ import annotations

from collections.abc import Callable

from poultice.virtual.faults import INJECT
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.virtual_device import VirtualDevice

HEALTHY = "healthy"

BEFALL: dict[str, Callable[[VirtualDevice], None]] = {
    **INJECT,
    **{name: one.befall for name, one in HAZARDS.items() if one.befall not in INJECT.values()},
}
FAULT_CLASSES = tuple(BEFALL)

# Built in, or calibrated in: it is there before the session.
STARTS_WRONG = frozenset(
    {
        "sensor_offset",
        "wrong_part",
        "wrong_part_one",
        "supply_24v",
        "fever",
        "room_10",
        "room_38",
    }
)

# Without a second sensor the pad has to be of a kind that cannot fold (`safety.md`).
CAN_FOLD = frozenset(name for name in FAULT_CLASSES if "fold" in name)
# What `fold_safe` says there is none of: neither a sensor nor a switch in the doubled part.
UNFELT_FOLDS = frozenset({"fold_away"})
