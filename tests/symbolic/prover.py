"""CrossHair, asked about one property."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

CONFIRMED, OPEN, REFUTED = "confirmed", "not exhausted", "refuted"


@dataclass(frozen=True)
class Verdict:
    """CONFIRMED: every path was followed to its end. OPEN: nothing found in the time.

    REFUTED: `example` says with which arguments.
    """

    outcome: str
    example: str
    seconds: float


def ask(claim: Callable[..., None], seconds: float) -> Verdict:
    """Look for arguments that break it. Raises RuntimeError where CrossHair could not look."""
    # Not every machine has it, and the claims are listed for the safety case all the same.
    from crosshair.core_and_libs import analyze_function, run_checkables
    from crosshair.options import AnalysisKind, AnalysisOptionSet
    from crosshair.statespace import MessageType

    began_s = time.process_time()
    options = AnalysisOptionSet(
        analysis_kind=[AnalysisKind.asserts],
        per_condition_timeout=seconds,
        per_path_timeout=seconds / 2,
        report_all=True,
    )
    messages = run_checkables(analyze_function(claim, options))
    if len(messages) != 1:
        raise RuntimeError(f"{claim.__name__}: {messages}")
    state, text = messages[0].state, messages[0].message
    took_s = time.process_time() - began_s
    if state == MessageType.CONFIRMED:
        return Verdict(CONFIRMED, "", took_s)
    if state == MessageType.CANNOT_CONFIRM:
        return Verdict(OPEN, "", took_s)
    # A failed assert of the claim, or of an intermediate result; anything else is a mistake here.
    failed = text.startswith(("AssertionError", "TooLarge"))
    if state not in (MessageType.EXEC_ERR, MessageType.POST_FAIL, MessageType.POST_ERR) or (
        state == MessageType.EXEC_ERR and not failed
    ):
        raise RuntimeError(f"{claim.__name__}: {state.name}: {text}")
    return Verdict(REFUTED, text.partition(" when calling ")[2], took_s)
