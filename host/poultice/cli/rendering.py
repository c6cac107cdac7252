"""What commands return, as text or as one JSON object."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence

from poultice import temperature, words
from poultice.cli.output import Data, clean_all, coloured, json_line, say
from poultice.language import tr, trn
from poultice.record import ratings


def show(command: str, data: Data, view: str, *, as_json: bool) -> None:
    """Print `data`: as the text of `view`, or as one JSON object on one line."""
    if as_json:
        print(json_line({"schema": f"poultice.{command}/1", **data}), end="", flush=True)
        return
    text = "\n".join(VIEWS[view](clean_all(data)))
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
    rows = [(tr("NAME"), tr("TIME"), tr("WHAT"))]
    rows += [
        (one["name"], words.span(one["total_s"]), tr(one["title"])) for one in data["protocols"]
    ]
    return _table(rows)


def _protocol(data: Data) -> list[str]:
    lines = [tr(data["title"]), tr(data["summary"]), ""]
    for number, phase in enumerate(data["phases"], 1):
        lines.append(f"{number:3}. {words.phase(phase)}")
        if phase["say"]:
            lines.append(f"     {tr(phase['say'])}")
    lines += ["", *(tr("source: {line}", line=line) for line in data["evidence"])]
    return lines


def _check(data: Data) -> list[str]:
    if data["ok"]:
        return [f"{data['file']}: {data['name']} is within the limits"]
    return [f"{data['file']}: {one['text']}" for one in data["violations"]]


def _status(data: Data) -> list[str]:
    device = data["device"]
    where = tr("{path}, firmware {version}", path=device["path"], version=device["firmware"])
    return _table([(tr("device"), where), *words.facts(data)])


def _sessions(data: Data) -> list[str]:
    if not data["sessions"]:
        say(_but_simulated(data, tr("no session is recorded yet")))
        return []
    head = tr("STARTED"), tr("PROTOCOL"), tr("OUTCOME"), tr("TIME"), tr("PEAK")
    rows: list[Sequence[str]] = [("N", *head)]
    for one in data["sessions"]:
        what, outcome = str(one["protocol"]), tr(one["outcome"] or "unfinished")
        if one["simulated"]:
            what = tr("{protocol} (simulated)", protocol=what)
        if words.treated_little(one["warnings"]):
            outcome = tr("{outcome}, little treated", outcome=outcome)
        when, time = words.date(one["started_unix"]), words.span(one["duration_s"])
        rows.append((str(one["n"]), when, what, outcome, time, temperature.shown(one["peak_mc"])))
    return _table(rows)


def _trends(data: Data) -> list[str]:
    if not data["weeks"]:
        say(_but_simulated(data, tr("no session is recorded in these weeks")))
        return _against_course(data)
    head = tr("WEEK OF"), tr("SESSIONS"), tr("COMPLETE"), tr("DAYS"), tr("HEAT"), tr("COLD")
    rows: list[Sequence[str]] = [(*head, tr("DOSE"), tr("DONE"), "")]
    longest = max(1, *(one["heat_s"] + one["cold_s"] for one in data["weeks"]))
    for one in data["weeks"]:
        rows.append(
            (
                words.day(one["week"]),
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
    at_most = sum(one["at_most"] for one in data["weeks"])
    lines = [
        *_table(rows),
        tr("DONE: of the heat and cold that were planned; the bar: minutes of both"),
        *([words.at_most_of(at_most)] if at_most else []),
        *_against_course(data),
        *ratings.trend(data["ratings"]),
        *(
            tr("device {uid}: {age}", uid=uid, age=words.relay_age(n))
            for uid, n in data["closings"].items()
        ),
    ]
    return [tr("simulated sessions: no treatment"), *lines] if data["simulated"] else lines


def _against_course(data: Data) -> list[str]:
    course = data["course"]
    if not course:
        return []
    return [tr("course {name}: {kept}", name=course["name"], kept=words.course(course))]


def _course(data: Data) -> list[str]:
    when = trn(
        "{days} at {times}, from {first} until {last}: {n} session",
        "{days} at {times}, from {first} until {last}: {n} sessions",
        data["sessions"],
        days=" ".join(map(tr, data["days"].split())),
        times=", ".join(data["times"]),
        first=words.day(data["from"]),
        last=words.day(data["until"]),
    )
    rows = [
        (data["name"], f"{tr(data['title'])} ({data['protocol']})"),
        (tr("when"), when),
        (tr("kept"), words.course(data)),
    ]
    if data["missed"]:
        told = tr("{missed}: leave them out, never double one", missed=data["missed"])
        rows.append((tr("missed"), told))
    return _table(rows)


def _course_today(data: Data) -> list[str]:
    if not data["today"]:
        return [tr("{name}: nothing is due today", name=data["name"])]
    if not data["left_today"]:
        times = ", ".join(data["today"])
        return [tr("{name}: all of today is done ({times})", name=data["name"], times=times)]
    times = ", ".join(data["left_today"])
    lines = [tr("{name}: still due today at {times}", name=data["name"], times=times)]
    if data["refused"]:
        return [*lines, tr("not now: {why}", why=data["refused"])]
    if data["device"] is not None:
        lines.append(data["next_allowed"] or tr("the device allows it now"))
    run = shlex.quote(data["run"])
    return [*lines, tr("`poultice run {run}` starts it; nothing starts by itself", run=run)]


def _but_simulated(data: Data, none: str) -> str:
    if data["simulated"]:
        return none
    return tr("{none} (--simulated lists those on a simulated device)", none=none)


def _session(data: Data) -> list[str]:
    from poultice.link import messages

    head = tr("session {n} of {date}", n=data["n"], date=words.date(data["started_unix"]))
    if data["simulated"]:
        head = tr("{session}, simulated: no treatment", session=head)
    asked, injury = (tr(str(data[name])) for name in ("screening", "injury_age"))
    told = tr("{asked}, injury: {age}", asked=asked, age=injury)
    rows = [(tr("screening"), told), *ratings.lines(data)]
    lines = [head, *(f"  {label:<12} {text}" for label, text in rows)]
    protocol = data["protocol"]
    if data["summary"] is None:
        says = trn(
            "{protocol}: cut off before its end; {n} sample",
            "{protocol}: cut off before its end; {n} samples",
            data["samples"],
            protocol=protocol,
        )
        lines.append(f"  {says}")
    else:
        try:
            lines += words.summary(data["summary"])
        except (KeyError, TypeError, ValueError, OverflowError):
            ended = tr(str(data["outcome"]))
            says = tr("{protocol}: {ended}; its summary is damaged", protocol=protocol, ended=ended)
            lines.append(f"  {says}")
    for one in data["events"]:
        event = messages.event(one)
        if event is not None:
            lines.append(f"  {words.clock(event.t_ms // 1000)}  {words.event(event)}")
    return lines


def _note(data: Data) -> list[str]:
    told = ratings.lines(data)
    date = words.date(data["started_unix"])
    rows = [(tr("session {n}", n=data["session"]), date), *told]
    return _table(rows if told else [*rows, ("", tr("nothing is rated or noted"))])


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
