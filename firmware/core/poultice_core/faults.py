"""Fault numbers in severity order, their names on the wire, and what clears each.

A lower number is more severe: with several in one tick the lowest is kept (SR-20).
"""

NONE = 0
ABSOLUTE_TEMPERATURE = 1
HEAT_WELDED = 2
MASTER_WELDED = 3
OVER_TEMPERATURE = 4
EMERGENCY_STOP = 5
SENSOR_SHORT = 6
SENSOR_OPEN = 7
SENSOR_JUMP = 8
SENSOR_FROZEN = 9
SENSOR_STALE = 10
SENSOR_MISMATCH = 11
SENSOR_DETACHED = 12
HEATING_STALLED = 13
SUPPLY_LOST = 14
UNDER_TEMPERATURE = 15
DOSE_LIMIT = 16
OVERRUN = 17
LOOP_LATE = 18
WATCHDOG_RESET = 19
JOURNAL_LOST = 20
CONFIG_LOST = 21
LIMITS_CORRUPT = 22
INTERNAL = 23

NAMES = (
    None,
    "absolute_temperature",
    "heat_welded",
    "master_welded",
    "over_temperature",
    "emergency_stop",
    "sensor_short",
    "sensor_open",
    "sensor_jump",
    "sensor_frozen",
    "sensor_stale",
    "sensor_mismatch",
    "sensor_detached",
    "heating_stalled",
    "supply_lost",
    "under_temperature",
    "dose_limit",
    "overrun",
    "loop_late",
    "watchdog_reset",
    "journal_lost",
    "config_lost",
    "limits_corrupt",
    "internal",
)

# Cleared by a 3 s hold of the button only: a script must not clear a weld.
BUTTON_ONLY = (
    ABSOLUTE_TEMPERATURE,
    HEAT_WELDED,
    MASTER_WELDED,
    OVER_TEMPERATURE,
    EMERGENCY_STOP,
    SENSOR_SHORT,
    WATCHDOG_RESET,
    LIMITS_CORRUPT,
    INTERNAL,
)


def number(name: object) -> int:
    """The fault's number; NONE where the name is not one."""
    for fault in range(1, len(NAMES)):
        if NAMES[fault] == name:
            return fault
    return NONE


def more_severe(fault: int, other: int) -> int:
    """The worse of two faults, either of which may be NONE."""
    if fault == NONE:
        return other
    if other == NONE:
        return fault
    return fault if fault < other else other
