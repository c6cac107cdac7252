"""What commands return, as text or as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from poultice import temperature, words
from poultice.cli.output import Data, json_line, say
from poultice.record import ratings


def show(command: str, data: Data, view: str, *, as_json: bool) -> None:
    """Print `data`: as the text of `view`, or as one JSON object on one line."""
    if as_json:
        print(json_line({"schema": f"poultice.{command}/1", **data}), end="", flush=True)
        return
    text = "\n".join(VIEWS[view](data))
    if text:
        print(text, flush=True)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _devices(data: Data) -> list[str]:
    if not data["devices"]:
        say("no port looks like a device (USB 2e8a:0005)")
        say("hint: a cable that carries data? To try without a device: --device sim:")
        return []
    rows = [("PORT", "USB SERIAL", "FIRMWARE", "UID", "")]
    for one in data["devices"]:
        told = one["board"] if one["answered"] else one["error"]
        cells = (one["path"], one["usb_serial"], one["firmware"], one["uid"], told)
        rows.append(tuple(str(cell) if cell else "-" for cell in cells))  # type: ignore[arg-type]
    return _table(rows)


def _protocols(data: Data) -> list[str]:
    rows = [("NAME", "TIME", "WHAT")]
    rows += [(one["name"], words.span(one["total_s"]), one["title"]) for one in data["protocols"]]
    return _table(rows)


def _protocol(data: Data) -> list[str]:
    lines = [data["title"], data["summary"], ""]
    for number, phase in enumerate(data["phases"], 1):
        lines.append(f"{number:3}. {words.phase(phase)}")
        if phase["say"]:
            lines.append(f"     {phase['say']}")
    lines += ["", *(f"source: {line}" for line in data["evidence"])]
    return lines


def _check(data: Data) -> list[str]:
    if data["ok"]:
        return [f"{data['file']}: {data['name']} is within the limits"]
    return [f"{data['file']}: {one['text']}" for one in data["violations"]]


def _status(data: Data) -> list[str]:
    rows = [("device", f"{data['device']['path']}, firmware {data['device']['firmware']}")]
    rows += words.facts(data)
    return _table(rows)


def _sessions(data: Data) -> list[str]:
    if not data["sessions"]:
        say("no session is recorded yet" + _but_simulated(data))
        return []
    rows: list[Sequence[str]] = [("N", "STARTED", "PROTOCOL", "OUTCOME", "TIME", "PEAK")]
    for one in data["sessions"]:
        rows.append(
            (
                str(one["n"]),
                words.date(one["started_unix"]),
                str(one["protocol"]) + (" (simulated)" if one["simulated"] else ""),
                str(one["outcome"] or "unfinished")
                + (", little treated" if words.treated_little(one["warnings"]) else ""),
                words.span(one["duration_s"]),
                temperature.shown(one["peak_mc"]),
            )
        )
    return _table(rows)


def _trends(data: Data) -> list[str]:
    if not data["weeks"]:
        say("no session is recorded in these weeks" + _but_simulated(data))
        return []
    rows: list[Sequence[str]] = [
        ("WEEK OF", "SESSIONS", "COMPLETE", "DAYS", "HEAT", "COLD", "DOSE", "DONE", "")
    ]
    longest = max(1, *(one["heat_s"] + one["cold_s"] for one in data["weeks"]))
    for one in data["weeks"]:
        rows.append(
            (
                one["week"],
                str(one["sessions"]),
                str(one["complete"]),
                str(one["days"]),
                words.minutes(one["heat_s"]),
                words.minutes(one["cold_s"]),
                words.cem43(one["dose_m"]),
                "-" if one["done_pct"] is None else f"{one['done_pct']} %",
                "#" * round(20 * (one["heat_s"] + one["cold_s"]) / longest),
            )
        )
    lines = [
        *_table(rows),
        "DONE: of the heat and cold that were planned; the bar: minutes of both",
        *ratings.trend(data["ratings"]),
        *(f"device {uid}: {words.relay_age(n)}" for uid, n in data["closings"].items()),
    ]
    return ["simulated sessions: no treatment", *lines] if data["simulated"] else lines


def _but_simulated(data: Data) -> str:
    return "" if data["simulated"] else " (--simulated lists those on a simulated device)"


def _report(data: Data) -> list[str]:
    return [data["file"]]


def _session(data: Data) -> list[str]:
    from poultice.link import messages

    lines = [
        f"session {data['n']} of {words.date(data['started_unix'])}"
        + (", simulated: no treatment" if data["simulated"] else ""),
        f"  screening    {data['screening']}, injury: {data['injury_age']}",
        *(f"  {label:<12} {text}" for label, text in ratings.lines(data)),
    ]
    if data["summary"] is None:
        lines.append(f"  {data['protocol']}: cut off before its end; {data['samples']} samples")
    else:
        try:
            lines += words.summary(data["summary"])
        except (KeyError, TypeError, ValueError, OverflowError):
            lines.append(f"  {data['protocol']}: {data['outcome']}; its summary is damaged")
    for one in data["events"]:
        event = messages.event(one)
        if event is not None:
            lines.append(f"  {words.clock(event.t_ms // 1000)}  {words.event(event)}")
    return lines


def _note(data: Data) -> list[str]:
    told = ratings.lines(data)
    rows = [(f"session {data['session']}", words.date(data["started_unix"])), *told]
    return _table(rows if told else [*rows, ("", "nothing is rated or noted")])


def _run(data: Data) -> list[str]:
    return words.summary(data)


def _firmware(data: Data) -> list[str]:
    image, device = data["image"], data["device"]
    rows = [("this program", f"firmware {data['firmware']}, link {data['protocol']}")]
    rows.append(("image", "none" if image is None else _of_image(image)))
    if image is not None:
        rows.append(("", f"{image['size']} bytes, SHA-256 {image['sha256']}"))
    if device is None:
        rows.append(("device", "of another version" if data["match"] is False else "none"))
    else:
        rows.append(("device", f"{device['path']}, a {device['board']}, uid {device['uid']}"))
        rows.append(("", f"firmware {device['firmware']}, link {device['protocol']}"))
    if data["match"] is not None:
        rows.append(("match", "yes" if data["match"] else "no"))
    if data["problem"]:
        rows.append(("", data["problem"]))
    if data["hint"]:
        rows.append(("hint", data["hint"]))
    return _table(rows)


def _of_image(image: Data) -> str:
    return f"{image['path']}, for a {image['board']}, firmware {image['firmware'] or 'unknown'}"


def _image(data: Data) -> list[str]:
    return [_of_image(data["image"])]


def _flashed(data: Data) -> list[str]:
    device = data["device"]
    before = f", before: {device['before']}" if device["before"] else ""
    return [f"{device['path']} answers: firmware {device['firmware']}{before}"]


def _of_findings(view: str) -> Callable[[Data], list[str]]:
    def render(data: Data) -> list[str]:
        from poultice.cli import findings

        lines: list[str] = getattr(findings, view)(data)
        return lines

    return render


def _campaign(data: Data) -> list[str]:
    from poultice.campaign import wording as told

    return told.tables(told.campaign(data))


def _trial(data: Data) -> list[str]:
    from poultice.campaign import wording as told

    return told.tables(told.trial(data))


def _nothing(data: Data) -> list[str]:
    return []


VIEWS: Mapping[str, Callable[[Data], list[str]]] = {
    "devices": _devices,
    "protocols": _protocols,
    "protocol": _protocol,
    "check": _check,
    "status": _status,
    "sessions": _sessions,
    "session": _session,
    "note": _note,
    "trends": _trends,
    "report": _report,
    "run": _run,
    "firmware": _firmware,
    "image": _image,
    "flashed": _flashed,
    "campaign": _campaign,
    "trial": _trial,
    "plan": words.plan,
    **{view: _of_findings(view) for view in ("doctor", "udev", "calibrate", "config")},
    "nothing": _nothing,
}
