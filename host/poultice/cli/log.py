"""`--log-file FILE`, `-v` and `-vv`: what this program does, as lines with their times.

Whoever has something to say puts it into a queue and goes on; a thread of its own makes the text
and writes it, to a file or to stderr. What does not fit any more is dropped, counted and told.
"""

from __future__ import annotations

import contextlib
import platform
import queue
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import click

from poultice import __version__, settings
from poultice.cli import output
from poultice.cli.record_file import LinesFile
from poultice.errors import PoulticeError, UsageError
from poultice.language import english
from poultice.record import private, store

KEPT = 20_000
"""Records that wait to be written: minutes of a link that says all it can."""

_END_S = 10.0
_QUIET = frozenset({"ping", "telemetry"})

Record = tuple[float, str, str, bytes]
"""When (unix seconds), the device path, the direction (empty: a word of our own), the line."""


class Log:
    """The log of one command. `level` 0 has what was told and how it ended, 1 what was asked of
    the device and its events, 2 every line of the link. Without a file it goes to stderr."""

    def __init__(self, level: int, file: LinesFile | None) -> None:
        self.level = level
        self._file = file
        self._records: queue.Queue[Record | None] = queue.Queue(KEPT)
        self._dropped = 0
        if file is not None:
            file.begin()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """A word of our own."""
        self._put((time.time(), "", "", text.encode()))

    def heard(self, path: str, direction: str, line: bytes) -> None:
        """One line of the link; never waits."""
        if self.level:
            self._put((time.time(), path, direction, line))

    @contextlib.contextmanager
    def of(self, args: Sequence[str]) -> Iterator[None]:
        """Log what is done meanwhile, for the command line `args`."""
        from poultice.link import tapped

        system = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
        self.say(f"poultice {__version__}, {system}: {' '.join(args)}")
        said = output.also(self.say) if self._file is not None else output.loud()
        try:
            with said, tapped.listening(self.heard):
                yield
            self.say("done")
        except click.exceptions.Exit as error:
            self.say(f"ended with exit code {error.exit_code}" if error.exit_code else "done")
            raise
        except BaseException as error:
            self.say(f"ended by {type(error).__name__}: {english(str(error))}")
            if hint := getattr(error, "hint", None):
                self.say(f"hint: {english(hint)}")
            if self.level and not _expected(error):
                for one in traceback.format_exception(error):
                    for text in one.splitlines():
                        self.say(text)
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Write what is left, for a while; tell what is missing."""
        with contextlib.suppress(queue.Full):
            self._records.put(None, timeout=_END_S)
        self._thread.join(_END_S)
        warning = self._file.close() if self._file is not None else None
        if warning is None and self._dropped:
            warning = f"warning: {self._dropped} lines were too many for the log"
        if warning is not None:
            output.say(warning)

    def _put(self, record: Record) -> None:
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self._dropped += 1

    def _run(self) -> None:
        while (record := self._records.get()) is not None:
            text = told(record, whole=self.level > 1)
            if text is None:
                continue
            if self._file is not None:
                self._file.put(f"{text}\n")
            else:
                output.say(text)


def _expected(error: BaseException) -> bool:
    """Whether it is one that a person is told in words: where it arose would tell them nothing."""
    words = PoulticeError, click.ClickException, click.Abort, KeyboardInterrupt, BrokenPipeError
    return isinstance(error, words)


def told(record: Record, *, whole: bool) -> str | None:
    """A record as a line: the link's as it went over it if `whole`, else by its name, and None
    where that would tell nothing (telemetry, pings, answers that are no errors)."""
    unix_s, path, direction, line = record
    said = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
    if direction:
        named = said if whole else _name(line)
        if named is None:
            return None
        said = f"{path}  {direction} {named}"
    whole_s, milliseconds = divmod(round(unix_s * 1000), 1000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole_s))
    # One record, one line, whatever a device sends.
    said = "".join(char if char.isprintable() else " " for char in said)
    return f"{stamp}.{milliseconds:03}Z  {said}"


def _name(line: bytes) -> str | None:
    from poultice.link import wire

    try:
        message = wire.decode(line.rstrip(b"\r\n"))
    except wire.GarbledLine:
        return "a line that cannot be read"
    method, params = message.get("method"), message.get("params")
    if method == "event" and isinstance(params, dict):
        return f"event {params.get('kind')}"
    if isinstance(method, str):
        return None if method in _QUIET else method
    return f"error {message['error']}" if "error" in message else None


def file(path: str, args: Sequence[str], named: Iterable[str]) -> LinesFile:
    """The file to log to, for the command line `args` whose options name the paths `named`.

    Raises UsageError where it cannot be written, or is anything else to this command.
    """
    from poultice.virtual.options import state_of

    if path == "-":
        raise UsageError(
            "--log-file - is no file", hint="-v without --log-file: the log goes to stderr"
        )
    # Any other word of the line may name a file that is read, or written otherwise.
    others = [
        word
        for before, word in pairwise(["", *args])
        if before != "--log-file" and not word.startswith("--log-file=")
    ]
    words = [one for word in (*others, *named) for one in (word, _value(word))]
    for one in words:
        state = state_of(one)
        if state is not None and Path(path).resolve().is_relative_to(state.resolve()):
            raise UsageError(
                f"--log-file {path}: is in the folder of a simulated device",
                hint="give a file of its own to write to",
            )
    inputs = [Path(one.rpartition("=")[2].removeprefix("serial:")) for one in words]
    inputs += [Path(one) for one in words]
    inputs += [settings.config_path(), *private.beside(settings.data_dir() / store.FILE_NAME)]
    found = LinesFile("--log-file", path, inputs, append=True)
    private.narrow(Path(path))
    return found


def _value(word: str) -> str:
    """What an option that is one word with its value says: `--record=FILE`, `-oFILE`."""
    if word.startswith("--"):
        return word.partition("=")[2]
    return word[2:] if word.startswith("-") else word
