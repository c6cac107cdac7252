"""What is written where: the only place that writes to stdout.

Data goes to stdout, everything else to stderr. Colour only on a terminal, and none with
NO_COLOR set; where there is neither colour nor a live view, rich is not even loaded.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from poultice import words
from poultice.errors import UsageError
from poultice.language import Translated, both, english, in_english, put, tr

if TYPE_CHECKING:
    from poultice.link.messages import Event, Telemetry

Data = Mapping[str, Any]

STDOUT = "-"

PLAINLY = "poultice.plainly"
"""How characters that an encoding lacks are written: as others, else as `?`."""

_PLAIN = {"°": "", "–": "-", "·": ".", "…": "...", "→": "->"}


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeEncodeError):
        return _PLAIN.get(error.object[error.start], "?"), error.start + 1
    replaced, end = codecs.replace_errors(error)
    return str(replaced), end


codecs.register_error(PLAINLY, _plainly)

_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """`text` with nothing in it that steers a terminal, or turns the order of what stands there:
    names of files and devices, keys and notes are not ours. What a person reads comes
    through here."""
    if _STEERS.search(text) is None:
        return text
    return both(lambda one: _STEERS.sub(lambda found: ascii(found[0])[1:-1], one), text)


def clean_all(data: Any) -> Any:
    """The same for every text in data such as JSON has."""
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, Mapping):
        return {clean_all(key): clean_all(one) for key, one in data.items()}
    if isinstance(data, list | tuple):
        return [clean_all(one) for one in data]
    return data


def stream(
    command: str, update: Telemetry | Event, *, as_json: bool, device: str | None = None
) -> None:
    """Print one of many: a JSON line, or a line of text; with `device` where there are several."""
    from poultice.link.messages import Event

    if as_json:
        where = {} if device is None else {"device": device}
        text = json_line({"schema": f"poultice.{command}/1", **where, **as_member(update)})
    else:
        text = "" if device is None else f"{device}: "
        if isinstance(update, Event):
            text += f"{words.clock(update.t_ms // 1000)}  {words.event(update)}\n"
        else:
            text += f"{words.line(update)}\n"
        text = clean(text)
    # In one piece: several devices may be watched.
    print(text, end="", flush=True)


def lines(texts: Iterable[str], path: str | None) -> None:
    """Print `texts`, or write them to `path`, for its owner alone; `-` is stdout.

    Raises UsageError where that cannot be written.
    """
    if path is None:
        for text in texts:
            print(text, flush=True)
        return
    text = "".join(f"{text}\n" for text in texts)
    write(path, text.encode("utf-8", "replace"))


def write(path: str, data: bytes) -> None:
    """Write `data` to `path`, or to stdout where that is ``-``: what somebody answered, and so a
    file for its owner alone, also where it was not before.

    A file is replaced in one step: whoever reads it meanwhile, and a full disk, leave either
    the old one or the new one, never a part. What is no regular file (a pipe, /dev/null) is
    written to. Raises UsageError where that is not possible, OSError for stdout.
    """
    if path == STDOUT:
        # Bytes, whatever the locale: what is written says its own encoding.
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    if not path:
        raise UsageError(
            tr("the file to write has an empty name"), hint=tr("-o FILE, or -o - for stdout")
        )
    try:
        try:
            mode: int | None = Path(path).stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is None or stat.S_ISREG(mode):
            # A link stays a link: it is what it points to that is replaced.
            _replace(Path(path).resolve(), data, mode)
        else:
            # By the name given: what /dev/stdout resolves to is no path where it is a pipe.
            Path(path).write_bytes(data)
    except BrokenPipeError:
        # As of stdout itself: nobody reads any more.
        raise
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a zero byte in the path; RuntimeError: a loop of links.
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise UsageError(
            tr(
                "{path} cannot be written: {why}",
                path=path,
                why=getattr(error, "strerror", None) or str(error),
            ),
            hint=tr(
                "make room there (or raise `ulimit -f`), or name a file on another disk with -o"
            )
            if full
            else tr("name a file in a directory that you may write to with -o"),
        ) from None


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    beside = target.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            if mode is not None:
                os.chmod(beside, stat.S_IMODE(mode) & 0o700)  # noqa: PTH101
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def as_member(update: Telemetry | Event) -> dict[str, Any]:
    """A notification as one JSON object of a stream."""
    from poultice.link.messages import Event

    if isinstance(update, Event):
        return {"method": "event", "params": dict(update.data)}
    return {"method": "telemetry", "params": update.to_json()}


def json_line(data: Mapping[str, Any]) -> str:
    """One object, on one line with its line feed; English, whatever a person reads."""
    from poultice.record import jsontext

    return jsontext.line(in_english(data)) + "\n"


_also: list[Callable[[str], None]] = []
_loud: list[bool] = []
_held: list[list[str]] = []
_behind: list[Behind] = []

T = TypeVar("T")


@contextlib.contextmanager
def _meanwhile(kept: list[T], one: T) -> Iterator[T]:
    kept.append(one)
    try:
        yield one
    finally:
        kept.pop()


def also(say: Callable[[str], None]) -> contextlib.AbstractContextManager[object]:
    """Whatever is said meanwhile is said there too."""
    return _meanwhile(_also, say)


def loud() -> contextlib.AbstractContextManager[object]:
    """Meanwhile so much is said that a full screen would only hide it."""
    return _meanwhile(_loud, True)


def is_loud() -> bool:
    """Whether it is so now."""
    return bool(_loud)


def held(to: list[str]) -> contextlib.AbstractContextManager[object]:
    """Keep what is said in `to`, from any thread, while a full-screen view has the terminal."""
    return _meanwhile(_held, to)


@contextlib.contextmanager
def behind() -> Iterator[None]:
    """Say things from a thread of its own: a terminal that was stopped (Ctrl-S), and a pipe that
    nobody reads, then keep nobody from their work."""
    with contextlib.closing(Behind()) as writer, _meanwhile(_behind, writer):
        yield


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
            data = text.encode(sys.stderr.encoding or "ascii", PLAINLY)
            try:
                while data:
                    data = data[os.write(descriptor, data) :]
            except OSError:
                descriptor = -1
                sys.stderr = _nowhere()


_STATUS_BEHIND = 4


def say(text: str) -> None:
    """Something for the person, not data. Where nobody can read it, the work goes on."""
    _say(clean(text))


def _say(text: str) -> None:
    for one in _also:
        one(english(text))
    if _held:
        _held[-1].append(text)
    elif _behind:
        _behind[-1].say(text)
    else:
        _write(f"{text}\n")


def status(text: str) -> None:
    """The state now, as the last line of a terminal; only while things are said `behind`."""
    if _behind and not _held:
        _behind[-1].status(clean(text))


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
    # One that nobody translated is English as a whole, and not below a label in another language.
    said = isinstance(message, Translated)
    error, advice = (tr("error:"), tr("hint:")) if said else ("error:", "hint:")
    message = clean(message)
    _say(put("{red}{error}{plain} {message}", red=red, error=error, plain=plain, message=message))
    if hint:
        hint = clean(hint)
        _say(put("{bold}{advice}{plain} {hint}", bold=bold, advice=advice, plain=plain, hint=hint))


def provide_streams() -> None:
    """Make stdout and stderr such that anything can be written to them; one that was closed when
    this process began goes nowhere."""
    sys.stdout = _nowhere() if sys.stdout is None else sys.stdout
    sys.stderr = _nowhere() if sys.stderr is None else sys.stderr
    # A terminal that cannot show `°` gets what it can, never an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAINLY)


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
