"""What commands return, as text or as one JSON object."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence

from poultice import temperature, words
from poultice.cli.output import Data, coloured, json_line, say
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
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _devices(data: Data) -> list[str]:
    if not data["devices"]:
        say("no port looks like a device (USB 2e8a:0005)")
        say("hint: a cable that carries data? To try without a device: --device sim:")
        return []
    rows: list[Sequence[str]] = [("PORT", "USB SERIAL", "FIRMWARE", "UID", "")]
    for one in data["devices"]:
        told = one["board"] if one["answered"] else one["error"]
        cells = (one["path"], one["usb_serial"], one["firmware"], one["uid"], told)
        rows.append([str(cell) if cell else "-" for cell in cells])
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
    device = data["device"]
    where = f"{device['path']}, firmware {device['firmware']}"
    return _table([("device", where), *words.facts(data)])


def _sessions(data: Data) -> list[str]:
    if not data["sessions"]:
        say("no session is recorded yet" + _but_simulated(data))
        return []
    rows: list[Sequence[str]] = [("N", "STARTED", "PROTOCOL", "OUTCOME", "TIME", "PEAK")]
    for one in data["sessions"]:
        simulated = " (simulated)" if one["simulated"] else ""
        little = ", little treated" if words.treated_little(one["warnings"]) else ""
        when, time = words.date(one["started_unix"]), words.span(one["duration_s"])
        what = f"{one['protocol']}{simulated}", f"{one['outcome'] or 'unfinished'}{little}"
        rows.append((str(one["n"]), when, *what, time, temperature.shown(one["peak_mc"])))
    return _table(rows)


def _trends(data: Data) -> list[str]:
    if not data["weeks"]:
        say("no session is recorded in these weeks" + _but_simulated(data))
        return _against_course(data)
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
        *_against_course(data),
        *ratings.trend(data["ratings"]),
        *(f"device {uid}: {words.relay_age(n)}" for uid, n in data["closings"].items()),
    ]
    return ["simulated sessions: no treatment", *lines] if data["simulated"] else lines


def _against_course(data: Data) -> list[str]:
    course = data["course"]
    return [f"course {course['name']}: {words.course(course)}"] if course else []


def _course(data: Data) -> list[str]:
    when = f"{data['days']} at {', '.join(data['times'])}"
    rows = [
        (data["name"], f"{data['title']} ({data['protocol']})"),
        ("when", f"{when}, from {data['from']} until {data['until']}: {data['sessions']} sessions"),
        ("kept", words.course(data)),
    ]
    if data["missed"]:
        rows.append(("missed", f"{data['missed']}: leave them out, never double one"))
    return _table(rows)


def _course_today(data: Data) -> list[str]:
    if not data["today"]:
        return [f"{data['name']}: nothing is due today"]
    if not data["left_today"]:
        return [f"{data['name']}: all of today is done ({', '.join(data['today'])})"]
    lines = [f"{data['name']}: still due today at {', '.join(data['left_today'])}"]
    if data["refused"]:
        return [*lines, f"not now: {data['refused']}"]
    if data["device"] is not None:
        lines.append(data["next_allowed"] or "the device allows it now")
    return [
        *lines,
        f"`poultice run {shlex.quote(data['run'])}` starts it; nothing starts by itself",
    ]


def _but_simulated(data: Data) -> str:
    return "" if data["simulated"] else " (--simulated lists those on a simulated device)"


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


def _firmware(data: Data) -> list[str]:
    image, device = data["image"], data["device"]
    rows = [("this program", f"firmware {data['firmware']}, link {data['protocol']}")]
    rows.append(("", f"the logic that was tested: {data['core']}"))
    rows.append(("image", "none" if image is None else _of_image(image)))
    if image is not None:
        rows.append(("", f"{image['size']} bytes, SHA-256 {image['sha256']}"))
        rows.append(("", "of the logic that was tested" if image["tested"] else "of other logic"))
    if device is None:
        rows.append(("device", "of another version" if data["match"] is False else "none"))
    else:
        rows.append(("device", f"{device['path']}, a {device['board']}, uid {device['uid']}"))
        told = f"logic {device['core']}" if device["core"] else "logic that it cannot name"
        rows.append(("", f"firmware {device['firmware']}, link {device['protocol']}, {told}"))
    if data["match"] is not None:
        rows.append(("match", "yes" if data["match"] else "no"))
    if data["problem"]:
        rows.append(("", data["problem"]))
    if data["hint"]:
        rows.append(("hint", data["hint"]))
    return _table(rows)


def _of_image(image: Data) -> str:
    return f"{image['path']}, for a {image['board']}, firmware {image['firmware'] or 'unknown'}"


def _flashed(data: Data) -> list[str]:
    device = data["device"]
    before = f", before: {device['before']}" if device["before"] else ""
    return [f"{device['path']} answers: firmware {device['firmware']}{before}"]


_INDENT = 26
_COLOURS = {"ok": "\033[32m", "warn": "\033[33m", "fail": "\033[31m"}


def _doctor(data: Data) -> list[str]:
    is_coloured = coloured(sys.stdout)
    lines = []
    for one in data["probes"]:
        mark = f"{one['result']:<5}"
        if is_coloured:
            mark = f"{_COLOURS[one['result']]}{mark}\033[0m"
        first, *more = _wrapped(one["says"])
        lines.append(f"{mark} {one['name']:<18}  {first}")
        lines += [f"{'':<{_INDENT}}{line}" for line in more]
        for number, line in enumerate(_wrapped(one["remedy"]) if one["remedy"] else ()):
            lines.append(f"{'':<{_INDENT}}{'  ' if number else '→ '}{line}")
    fails, warns = (
        sum(one["result"] == kind for one in data["probes"]) for kind in ("fail", "warn")
    )
    sum_up = f"{fails} in the way of a session, {warns} worth mending"
    nothing = "nothing stands in the way of a session"
    return [*lines, "", sum_up if fails or warns else nothing]


def _wrapped(text: str) -> list[str]:
    """For the terminal; whole where there is none, so that a line is a finding to `grep`."""
    if not sys.stdout.isatty():
        return [text]
    import shutil
    import textwrap

    width = max(30, shutil.get_terminal_size().columns - _INDENT - 3)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _calibrate(data: Data) -> list[str]:
    lines = []
    for point in data["points"]:
        read = ", ".join(
            f"sensor {name} {temperature.exact(one)}"
            for name, one in zip("AB", point["readings_mc"], strict=False)
        )
        lines.append(f"thermometer {temperature.exact(point['reference_mc'])}: {read}")
    before, offset = data["before"], data["offset_mc"]
    now, then = (
        temperature.difference(one, digits=3, signed=True) for one in (offset, before["offset_mc"])
    )
    lines.append(f"offset      {now} (before: {then})")
    lines.append("in force    " + ("yes" if data["in_force"] else "no: this was a dry run"))
    return lines


def _config(data: Data) -> list[str]:
    from poultice.device.device_config import MEMBERS

    now, other = data["config"], data["waiting"]
    values = {name: _value(now[name]) for name in MEMBERS}
    for name in MEMBERS:
        if other is not None and other.get(name) != now[name]:
            values[name] += f" → {_value(other.get(name))}"
    width = max(len(one) for one in values.values())
    lines = [f"{name:<14}  {values[name]:<{width}}  {MEMBERS[name]}" for name in MEMBERS]
    hottest = temperature.shown(data["heat_target_max_mc"])
    most = f"heat to {hottest}, {words.span(data['heat_session_s'])} at most"
    lines.append(f"{'limits':<14}  {most}")
    if other is not None:
        say(
            "hint: what stands behind → waits for the device's button to be held for 3 s; "
            "`poultice config drop` takes it back"
        )
    return lines


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _campaign(view: str) -> Callable[[Data], list[str]]:
    def render(data: Data) -> list[str]:
        from poultice.campaign import wording

        return wording.tables(getattr(wording, view)(data))

    return render


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
    "report": lambda data: [data["file"]],
    "course": _course,
    "course_today": _course_today,
    "run": words.summary,
    "firmware": _firmware,
    "image": lambda data: [_of_image(data["image"])],
    "flashed": _flashed,
    "campaign": _campaign("campaign"),
    "trial": _campaign("trial"),
    "plan": words.plan,
    "doctor": _doctor,
    "udev": lambda data: [data["udev"].rstrip("\n")],
    "calibrate": _calibrate,
    "config": _config,
    "nothing": lambda data: [],
}
