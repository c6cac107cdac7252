"""What the device says without a host: LED blink codes and buzzer tunes."""

from . import states

# Blinks before a pause; 0 is steady on. One code a state, in the order of `states`.
LED_BY_STATE = tuple([1, 1, 0, 2, 3, 4, 5, 6])

SILENT = 0
TUNE_PHASE = 1
TUNE_LAY_PACK = 2
TUNE_REMOVE_PACK = 3
TUNE_COMPLETE = 4
TUNE_STOPPED = 5
TUNE_FAULT = 6

TUNE_BY_PROMPT = (SILENT, TUNE_LAY_PACK, TUNE_REMOVE_PACK)
TUNE_BY_OUTCOME = (SILENT, TUNE_COMPLETE, TUNE_STOPPED, TUNE_FAULT)


def led(state: int) -> int:
    """The blink code of a state."""
    return LED_BY_STATE[state] if 0 <= state <= states.FAULT else LED_BY_STATE[states.FAULT]
