"""The one place that turns data into text or JSON, and the only one that writes to stdout.

Data goes to stdout, everything else to stderr. Colour only on a terminal, and none with
NO_COLOR set; where there is neither colour nor a live view, rich is not even loaded.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from poultice import ratings, temperature, words

if TYPE_CHECKING:
    from poultice.messages import Event, Telemetry

Data = Mapping[str, Any]


def show(command: str, data: Data, view: str, *, as_json: bool) -> None:
    """Print `data`: as the text of `view`, or as one JSON object on one line."""
    if as_json:
        print(_json({"schema": f"poultice.{command}/1", **data}), flush=True)
        return
    text = "\n".join(VIEWS[view](data))
    if text:
        print(text, flush=True)


def stream(
    command: str, update: Telemetry | Event, *, as_json: bool, device: str | None = None
) -> None:
    """Print one of many: a JSON line, or a line of text; with `device` where there are several."""
    from poultice.messages import Event

    if as_json:
        where = {} if device is None else {"device": device}
        text = _json({"schema": f"poultice.{command}/1", **where, **as_member(update)})
    elif isinstance(update, Event):
        text = f"{words.clock(update.t_ms // 1000)}  {words.event(update)}"
    else:
        text = words.line(update)
    if device is not None and not as_json:
        text = f"{device}: {text}"
    # In one piece: several devices may be watched.
    print(f"{text}\n", end="", flush=True)


def lines(texts: Iterable[str], path: str | None) -> None:
    """Print `texts`, or write them to `path`, for its owner alone; `-` is stdout.

    Raises UsageError where that cannot be written.
    """
    if path is None:
        for text in texts:
            print(text, flush=True)
        return
    from poultice import outfile

    text = "".join(f"{text}\n" for text in texts)
    outfile.write(path, text.encode("utf-8", "replace"), private=True)


def as_member(update: Telemetry | Event) -> dict[str, Any]:
    """A notification as one JSON object of a stream."""
    from poultice.messages import Event

    if isinstance(update, Event):
        return {"method": "event", "params": dict(update.data)}
    return {"method": "telemetry", "params": update.to_json()}


def json_line(data: Mapping[str, Any]) -> str:
    """One object, on one line with its line feed."""
    return _json(data) + "\n"


_also: list[Callable[[str], None]] = []
_loud: list[bool] = []


@contextlib.contextmanager
def also(say: Callable[[str], None]) -> Iterator[None]:
    """Whatever is said meanwhile is said there too."""
    _also.append(say)
    try:
        yield
    finally:
        _also.remove(say)


@contextlib.contextmanager
def loud() -> Iterator[None]:
    """Meanwhile so much is said that a full screen would only hide it."""
    _loud.append(True)
    try:
        yield
    finally:
        _loud.pop()


def is_loud() -> bool:
    """Whether it is so now."""
    return bool(_loud)


_held: list[list[str]] = []
_behind: list[Behind] = []


@contextlib.contextmanager
def held(to: list[str]) -> Iterator[None]:
    """Keep what is said in `to`, from any thread, while a full-screen view has the terminal."""
    _held.append(to)
    try:
        yield
    finally:
        _held.pop()


@contextlib.contextmanager
def behind() -> Iterator[None]:
    """Say things from a thread of its own: a terminal that was stopped (Ctrl-S), and a pipe that
    nobody reads, then keep nobody from their work."""
    writer = Behind()
    _behind.append(writer)
    try:
        yield
    finally:
        _behind.remove(writer)
        writer.close()


class Behind:
    """Writes to stderr what it is given, in order, as fast as that takes it."""

    CLOSE_S = 2.0

    def __init__(self) -> None:
        import queue
        import threading

        self._texts: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._status = ""
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """A line, above the status where there is one."""
        clear = f"\r{'':{len(self._status)}}\r" if self._status else ""
        self._texts.put(f"{clear}{text}\n{self._status}")

    def status(self, text: str) -> None:
        """The last line, written over the one before; dropped where nothing is read anyway."""
        if text != self._status and self._texts.qsize() < _STATUS_BEHIND:
            self._texts.put(f"\r{text:{len(self._status)}}" + ("" if text else "\r"))
            self._status = text

    def ring(self) -> None:
        """The bell; it moves nothing."""
        self._texts.put("\a")

    def close(self) -> None:
        """Wait for a while until all is written."""
        self._texts.put(None)
        self._thread.join(self.CLOSE_S)

    def _run(self) -> None:
        try:
            descriptor = sys.stderr.fileno()
        except (OSError, ValueError, AttributeError):
            descriptor = -1
        while (text := self._texts.get()) is not None:
            if descriptor < 0:
                _write(text)
                continue
            # Past Python's own buffer, which nobody else could use while this waits.
            data = text.encode(sys.stderr.encoding or "ascii", "replace")
            try:
                while data:
                    data = data[os.write(descriptor, data) :]
            except OSError:
                descriptor = -1
                sys.stderr = _nowhere()


_STATUS_BEHIND = 4


def say(text: str) -> None:
    """Something for the person, not data. Where nobody can read it, the work goes on."""
    for one in _also:
        one(text)
    if _held:
        _held[-1].append(text)
    elif _behind:
        _behind[-1].say(text)
    else:
        _write(f"{text}\n")


def status(text: str) -> None:
    """The state now, as the last line of a terminal; only while things are said `behind`."""
    if _behind and not _held:
        _behind[-1].status(text)


def ring() -> None:
    """The terminal's bell, where there is one."""
    if not sys.stderr.isatty():
        return
    if _behind:
        _behind[-1].ring()
    else:
        _write("\a")


def _write(text: str) -> None:
    try:
        # In one piece: several sessions may say something at once.
        print(text, end="", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        # The reader left, or its disk is full. Nothing said here is worth a session.
        sys.stderr = _nowhere()


def say_error(message: str, hint: str | None) -> None:
    """An error and what to do about it."""
    red, bold, plain = ("\033[31m", "\033[1m", "\033[0m") if coloured(sys.stderr) else ("",) * 3
    say(f"{red}error:{plain} {message}")
    if hint:
        say(f"{bold}hint:{plain} {hint}")


def provide_streams() -> None:
    """Give a process that was started with a closed stdout or stderr one that goes nowhere."""
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()


def give_up_stdout() -> None:
    """Nothing more can be written there: Python must not trip over it when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nowhere() -> IO[str]:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open to the end


def coloured(stream_to: IO[str]) -> bool:
    """Whether colour may be written there."""
    return (
        not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream_to.isatty()
    )


def _json(data: Mapping[str, Any]) -> str:
    from poultice import jsontext

    return jsontext.line(data)


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
    from poultice import messages

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
    from poultice.campaign import words as told

    return told.tables(told.campaign(data))


def _trial(data: Data) -> list[str]:
    from poultice.campaign import words as told

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
