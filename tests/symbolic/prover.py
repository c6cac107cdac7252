"""CrossHair, asked about one property."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.symbolic.instrumented import broken
from tests.symbolic.properties import Property

CONFIRMED, OPEN, REFUTED = "confirmed", "not exhausted", "refuted"


@dataclass(frozen=True)
class Verdict:
    """CONFIRMED: every path was followed to its end. OPEN: nothing found in the time.

    REFUTED: `example` says with which arguments.
    """

    outcome: str
    example: str
    seconds: float


def ask(claim: Property, seconds: float) -> Verdict:
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
    messages = run_checkables(analyze_function(claim.claim, options))
    if len(messages) != 1:
        raise RuntimeError(f"{claim.name}: {messages}")
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
        raise RuntimeError(f"{claim.name}: {state.name}: {text}")
    return Verdict(REFUTED, text.partition(" when calling ")[2], took_s)


def ask_of_the_broken(claim: Property, seconds: float) -> Verdict:
    """The same with the property's deliberate bug in the core."""
    with broken(claim.module, claim.old, claim.new):
        return ask(claim, seconds)
