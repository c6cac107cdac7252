"""A page for each fault, and one for what the LED and the buzzer say.

Names, order and what clears them come from `poultice_core.faults`, the short remedy from
`poultice.remedies`, what was seen from the table of `docs/reference/faults.md`, the rest from
`poultice/faults.toml`; blink codes and tunes from the firmware.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from poultice import remedies
from poultice_core import faults, signals, states

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "reference" / "faults.md"
SIGNS = ROOT / "firmware" / "pico" / "poultice_pico" / "signs.py"

_ROW = re.compile(r"^\| (\d+) \| `(\w+)` \| (\w+) \| (.+?) \| (.+?) \|$", re.M)
_AT_START = ("watchdog_reset", "journal_lost", "config_lost", "limits_corrupt")
_TUNES = {
    signals.TUNE_PHASE: "a phase begins",
    signals.TUNE_LAY_PACK: "lay the cold pack on",
    signals.TUNE_REMOVE_PACK: "take the cold pack off; every 30 s until the skin warms",
    signals.TUNE_COMPLETE: "the session is complete",
    signals.TUNE_STOPPED: "the session was stopped",
    signals.TUNE_FAULT: "a fault",
}


def names() -> list[str]:
    """The faults, the most severe first."""
    return [name for name in faults.NAMES if name]


def pages() -> dict[str, str]:
    """Path below docs to Markdown."""
    found = {f"reference/faults/{name}.md": fault_page(name) for name in names()}
    found["reference/signals.md"] = signals_page()
    return found


def linked(markdown: str) -> str:
    """The table of faults, each name leading to its page."""
    return re.sub(r"^(\| \d+ \| )(`(\w+)`)", r"\1[\2](faults/\3.md)", markdown, flags=re.M)


def seen(table: str) -> dict[str, str]:
    """Fault to what was seen, from the table of the reference."""
    return {name: what for _, name, _, what, _ in _ROW.findall(table)}


def fault_page(name: str) -> str:
    """Why it came, what the device did, what to do, how it is cleared."""
    told = remedies.explanation(name)
    number = faults.number(name)
    at = "on the device only" if faults.SEVERE >> number & 1 else "on the device or from a computer"
    hint = remedies.fault_hint(name)
    title = f"{told.title[0].lower()}{told.title[1:]}"
    lines = [
        f"# `{name}`: {title}",
        "",
        f'!!! warning "In short"\n\n    {hint[0].upper()}{hint[1:]}.',
        "",
        "## What the device saw",
        "",
        f"{_sentence(seen(TABLE.read_text(encoding='utf-8'))[name])}"
        f" Required by {', '.join(_requirement(id_) for id_ in told.requirements)}.",
        "",
        "## What it did",
        "",
        told.did,
        "",
        _common(name),
        "",
        f"- **LED**: {_blinks(signals.LED_BY_STATE[states.FAULT])}. **Buzzer**: the alarm, once"
        f" ({_tune(tunes()[signals.TUNE_FAULT])}). They are the same for every fault:"
        f" `poultice status` says which one ([signals](../signals.md)).",
        f"- **Severity**: {number} of {len(names())}. Of several in one tick the most severe is"
        " kept; what follows while it is latched is counted as `faults_more`.",
        "",
        "## Why it comes",
        "",
        *[f"- {cause}" for cause in told.causes],
        "",
        "## What to do",
        "",
        *[f"{place}. {step}" for place, step in enumerate(told.steps, 1)],
        "",
        "## Clearing it",
        "",
        f"The cause has to be gone. {told.gone} Then {at}: {_clearing(name)}",
        "",
    ]
    if told.example:
        lines += [
            "## See it come, without a device",
            "",
            f"```console\n$ poultice run arthritis --yes -d '{told.example}'\n```",
            "",
            "ends with exit code 7 and names this fault.",
            "",
        ]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _requirement(id_: str) -> str:
    return f"[{id_}](../../safety/requirements.md#{id_.lower()}){{ .id }}"


def _common(name: str) -> str:
    if name in _AT_START:
        return (
            "It is found when the device starts, or writes to its flash, with every output off:"
            " nothing was energised. It is latched, entered in the journal, and survives a power"
            " cut."
        )
    return (
        "MASTER opened in that tick, before anything was written down, and what ran was over: it"
        " never goes on by itself. The fault is latched, entered in the journal with the time, the"
        " reading and what was asked, and survives a power cut. What was given counts: in the rest"
        " that is due, and in the totals of the day."
    )


def _clearing(name: str) -> str:
    hold = "hold the button for 3 seconds"
    if name in remedies.BUTTON_ONLY:
        return (
            f"{hold}. No command clears it: a script must not clear what somebody has to look at."
        )
    return f"{hold}, or `poultice clear {name}`."


def tunes() -> list[tuple[tuple[int, int], ...]]:
    """The buzzer's tunes by number, pairs of Hz and ms, as the firmware has them.

    Read from its source, since the module itself needs a chip.
    """
    for node in ast.parse(SIGNS.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_TUNES":
            code = compile(ast.Expression(node.value), str(SIGNS), "eval")
            return list(eval(code, {"__builtins__": {}}))
    raise ValueError(f"{SIGNS}: no _TUNES")


def _blinks(count: int) -> str:
    if count == 0:
        return "steady on"
    return "one blink, then a pause" if count == 1 else f"{count} blinks, then a pause"


def _tune(notes: tuple[tuple[int, int], ...]) -> str:
    if not notes:
        return "silent"
    shortest = next(
        size for size in range(1, len(notes) + 1) if notes[:size] * (len(notes) // size) == notes
    )
    times = len(notes) // shortest
    one = ", ".join(f"{hz} Hz {ms} ms" if hz else f"pause {ms} ms" for hz, ms in notes[:shortest])
    return f"{times} times {one}" if times > 1 else one


def signals_page() -> str:
    """What the LED and the buzzer say."""
    lines = [
        "# LED and buzzer",
        "",
        "What the device says without a computer: made from the firmware's own tables.",
        "",
        "## LED",
        "",
        "| state | LED |",
        "| --- | --- |",
    ]
    lines += [
        f"| `{name}` | {_blinks(signals.LED_BY_STATE[state])} |"
        for state, name in enumerate(states.NAMES)
    ]
    lines += [
        "",
        "A fault is six blinks whichever it is; `poultice status` names it, and",
        "[each fault has a page](faults.md).",
        "",
        "## Buzzer",
        "",
        "| when | tune |",
        "| --- | --- |",
    ]
    lines += [f"| {what} | {_tune(tunes()[number])} |" for number, what in _TUNES.items()]
    return "\n".join([*lines, ""])
