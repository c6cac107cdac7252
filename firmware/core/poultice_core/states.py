"""States of the guard and modes of a phase, with their names on the wire."""

BOOT = 0
SELF_TEST = 1
IDLE = 2
ARMED = 3
RUNNING = 4
PAUSED = 5
WAITING = 6
FAULT = 7

NAMES = ("boot", "self_test", "idle", "armed", "running", "paused", "waiting", "fault")

NO_MODE = 0
REST = 1
HEAT = 2
COLD = 3

MODES = (None, "rest", "heat", "cold")

NO_PROMPT = 0
LAY_PACK = 1
REMOVE_PACK = 2

PROMPTS = (None, "lay_pack", "remove_pack")

# Why a session stopped that is no fault.
NO_REASON = 0
BUTTON = 1
HOST = 2
ATTENDED = 3
PAUSE_TIMEOUT = 4
PROMPT_TIMEOUT = 5
SESSION_TIMEOUT = 6
PROOF_REPEATED = 7

REASONS = (
    None,
    "button",
    "host",
    "attended",
    "pause_timeout",
    "prompt_timeout",
    "session_timeout",
    "proof_repeated",
)

# How a session ended.
NOT_ENDED = 0
COMPLETE = 1
STOPPED = 2
FAULTED = 3

OUTCOMES = (None, "complete", "stopped", "fault")

# What a session's warnings are about, as bits; `told` gives their names (SR-06, SR-24, SR-26).
DOSE = 1
BUDGET = 2
TARGET_UNREACHABLE = 4
RELAY_LIFE = 8
INHIBITED = 16
UNDERTREATED = 32

WARNINGS = ("dose", "budget", "target_unreachable", "relay_life", "inhibited", "undertreated")

# Why HEAT was not permitted.
BY_NOTHING = 0
BY_SENSOR = 1
BY_PREDICTIVE = 2
BY_BUDGET = 3

INHIBITS = (None, "sensor", "predictive", "budget")


def told(warnings: int) -> list[str]:
    """The names of the warnings whose bits are set."""
    return [WARNINGS[i] for i in range(len(WARNINGS)) if warnings >> i & 1]
