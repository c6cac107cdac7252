"""Fault numbers in severity order, their names on the wire, and what clears each.

A lower number is more severe: with several in one tick the lowest is kept (SR-20). Judges hand
over what trips as bits, `1 << fault`.
"""

# What has to be gone before a fault can be cleared; `latch` knows how each is seen.
AT_ONCE = 0
ABSOLUTE_INSIDE = 1
HEAT_INSIDE = 2
COLD_INSIDE = 3
LOOP_CLOSED = 4
SENSORS_GOOD = 5
PAIR_GOOD = 6
PAD_DEAD = 7
FLASH_WRITES = 8
LIMITS_WHOLE = 9

# Name on the wire; cleared by a 3 s hold of the button only (a script must not clear a weld);
# what has to be gone.
_TABLE = (
    (None, False, AT_ONCE),
    ("absolute_temperature", True, ABSOLUTE_INSIDE),
    ("heat_welded", True, PAD_DEAD),
    ("master_welded", True, PAD_DEAD),
    ("over_temperature", True, HEAT_INSIDE),
    ("emergency_stop", True, LOOP_CLOSED),
    ("sensor_short", True, SENSORS_GOOD),
    ("sensor_open", False, SENSORS_GOOD),
    ("sensor_jump", False, SENSORS_GOOD),
    ("sensor_frozen", False, SENSORS_GOOD),
    ("sensor_stale", False, SENSORS_GOOD),
    ("sensor_mismatch", False, PAIR_GOOD),
    ("sensor_detached", False, AT_ONCE),
    ("heating_stalled", False, AT_ONCE),
    ("supply_lost", False, AT_ONCE),
    ("under_temperature", False, COLD_INSIDE),
    ("dose_limit", False, AT_ONCE),
    ("overrun", False, AT_ONCE),
    ("loop_late", False, AT_ONCE),
    ("watchdog_reset", True, AT_ONCE),
    ("journal_lost", False, FLASH_WRITES),
    ("config_lost", False, AT_ONCE),
    ("limits_corrupt", True, LIMITS_WHOLE),
    ("internal", True, AT_ONCE),
)

NAMES = tuple([row[0] for row in _TABLE])
GONE = tuple([row[2] for row in _TABLE])
# Those that only the button clears, as bits.
SEVERE = sum([1 << i for i in range(len(_TABLE)) if _TABLE[i][1]])

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


def number(name: object) -> int:
    """The fault's number; NONE where there is no name, and where it is none of ours."""
    for fault in range(1, len(NAMES)):
        if NAMES[fault] == name:
            return fault
    return NONE


def worst(trips: int) -> int:
    """The most severe of the faults whose bits are set; INTERNAL for bits that are none of ours,
    NONE for none."""
    for fault in range(1, len(NAMES)):
        if trips >> fault & 1:
            return fault
    return INTERNAL if trips else NONE
