"""What running sessions say, into the history: from a thread of its own, one for the process.

Handing something over never waits. What cannot be written now is kept and tried again every
second, and longest at the end; what the history then has not is in a file beside it, and told
(``record.kept``). So a lock, a full disk, a damaged history cost no session, nor its record.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from poultice.errors import HistoryError, PoulticeError
from poultice.language import later, tr, trn
from poultice.link.messages import Event, Telemetry

if TYPE_CHECKING:
    from poultice.record import kept, store

TRY_S = 1.0
_HANGS_S = 10.0
END_S = 20.0
"""So long is a record waited for that another program holds, once the session is over."""

LOOK_S = 2.0
"""So long is a disk waited for before a session."""

KEPT = 50_000
"""So much of one session is kept in memory: fourteen hours."""


class Recording:
    """One session's record. From the engine's thread: `take`; once it is over: `finish`, `close`.

    `path` is the history's file once the session is in it, `number` its number there.
    """

    def __init__(self, recorder: Recorder, what: Mapping[str, Any]) -> None:
        self.path: str | None = None
        self.number: int | None = None
        self.began = False
        self.until_s: float | None = None
        self.error: PoulticeError | None = None
        self.done = threading.Event()
        self._recorder = recorder
        self._what = what
        # All of it, until the end: a history that is damaged meanwhile gives nothing back.
        self._said: list[Telemetry | Event] = []
        self._written = 0
        self._ending: tuple[str, Mapping[str, Any]] | None = None
        self._ended = False
        self._row: store.RowWriter | None = None
        self._kept: kept.KeptSession | None = None
        self._unkept: str | None = None
        self._dropped = 0

    def take(self, update: Telemetry | Event, *, began: bool) -> None:
        """Record one thing, from when the session was seen to run: `began`."""
        # A pack to be laid on first is asked for before that.
        first = isinstance(update, Event) and update.kind == "prompt"
        if not (began or first):
            return
        self.began = self.began or began
        if not isinstance(update, Event) and len(self._said) >= KEPT:
            self._dropped += 1
            return
        self._said.append(update)
        if isinstance(update, Event):
            self._recorder.wake()

    def finish(self, outcome: str, summary: Mapping[str, Any]) -> None:
        """How the session ended; without, it stays in the list as unfinished."""
        self._ending = (outcome, summary)
        self._recorder.wake()

    def close(self) -> list[str]:
        """Wait until all of it is written, as long as that may still succeed.

        What there is to tell: nothing where the history has it all.
        """
        self._recorder.close(self)
        if self.error is None and not self._dropped:
            return []
        why = trn(
            "{n} sample was too much to keep", "{n} samples were too many to keep", self._dropped
        )
        says = later("warning: not all of this session is in the history: {why}")
        if self.path is None:
            says = later("warning: this session is not in the history: {why}")
        told = [tr(says, why=why if self.error is None else str(self.error))]
        if self.error is not None and self.error.hint:
            told.append(tr("hint: {hint}", hint=self.error.hint))
        if self._unkept is not None:
            told.append(tr("nor can it be kept in a file beside it: {why}", why=self._unkept))
        elif self.kept is not None:
            says = later("it is kept in {path}: `poultice history import` takes it from there")
            told.append(tr(says, path=self.kept))
        return told

    @property
    def kept(self) -> str | None:
        """The file that has what the history has not, whole."""
        return None if self._kept is None else str(self._kept.path)

    # The recorder's side.

    def write(self) -> bool:
        """Write what is there; whether nothing is left to do, or to hope for."""
        closing = self.until_s is not None
        if not self.began:
            return closing
        try:
            self._write()
            self.error = None
        except PoulticeError as error:
            self.error = error
            if error.data.get("gone"):
                self.path = self.number = None
        except Exception as error:
            self.error = HistoryError(tr("unexpected: {what}", what=repr(error)))
        if self.error is not None and not self.busy:
            self._keep()
        return closing and not self.busy

    def let_go(self) -> None:
        """Close the history; what is missing from it is kept, and nothing twice."""
        if self._row is not None:
            self._row.close()
        if self.error is not None:
            self._keep(self._ending)
        elif self._kept is not None:
            with contextlib.suppress(OSError):
                self._kept.drop()

    def _keep(self, ending: tuple[str, Mapping[str, Any]] | None = None) -> None:
        """In the file, whatever the history may still take: this process may be killed."""
        from poultice.record.kept import KeptSession

        try:
            if self._kept is None:
                self._kept = KeptSession(self._what)
            said = list(self._said)
            if ending is None:
                self._kept.go_on(said)
            else:
                self._kept.end(said, *ending)
            self._unkept = None
        except Exception as error:
            self._unkept = getattr(error, "strerror", None) or repr(error)

    @property
    def busy(self) -> bool:
        """Whether another program holds the record."""
        return self.error is not None and bool(self.error.data.get("busy"))

    def _write(self) -> None:
        from poultice.record.store import History

        if self._row is None:
            self._row = History.open().begin(**self._what)
            self.path, self.number = str(self._row.path), self._row.record_id
        while self._written < len(self._said):
            update = self._said[self._written]
            self._written += 1
            if isinstance(update, Event):
                self._row.event(update.data)
            else:
                self._row.sample(update.to_json())
        if self._ending is not None and not self._ended:
            self._ended = True
            outcome, summary = self._ending
            # As `run --json` has it, which knows of another file where there is one.
            record = {} if summary.get("record", "") else {"record": self.path}
            self._row.end(outcome, {**summary, **record})
        self._row.commit()


class Recorder:
    """The thread, and what it writes. `clock_s` and `wait_s` are for tests.

    `wait_s` waits until it is woken, or so many seconds. Without `threaded` nothing is written
    but in `turn`.
    """

    def __init__(
        self,
        clock_s: Callable[[], float] = time.monotonic,
        wait_s: Callable[[float], object] | None = None,
        *,
        threaded: bool = True,
    ) -> None:
        self._clock_s = clock_s
        self._woken = threading.Event()
        self._wait_s = wait_s or self._woken.wait
        self._threaded = threaded
        self._lock = threading.Lock()
        self._open: list[Recording] = []
        self._thread: threading.Thread | None = None

    def begin(self, what: Mapping[str, Any]) -> Recording:
        """The record of one session, which is made once that was seen to run.

        `what` is handed on to `History.begin`.
        """
        recording = Recording(self, what)
        with self._lock:
            self._open.append(recording)
            if self._threaded and self._thread is None:
                # A daemon: a disk that never answers must not keep the process.
                self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                self._thread.start()
        return recording

    def wake(self) -> None:
        """Write at once."""
        self._woken.set()

    def close(self, recording: Recording) -> None:
        """Wait until it is written, or cannot be."""
        recording.until_s = self._clock_s() + END_S
        self.wake()
        while not self._threaded and not recording.done.is_set():
            self.turn()
        if recording.began and not recording.done.wait(END_S + _HANGS_S):
            recording.error = HistoryError(tr("the disk does not answer"))

    def turn(self) -> None:
        """Wait for a second, or for an event, and write what came."""
        self._wait_s(TRY_S)
        self._woken.clear()
        with self._lock:
            recordings = list(self._open)
        for one in recordings:
            late = one.until_s is not None and self._clock_s() > one.until_s
            if one.write() or late:
                one.let_go()
                with self._lock:
                    self._open.remove(one)
                one.done.set()
            if one.busy:
                # It is one file: the others would wait for it too, each in its turn.
                break

    def _run(self) -> None:
        while True:
            self.turn()
            with self._lock:
                if not self._open:
                    self._thread = None
                    return


def unwritable() -> PoulticeError | None:
    """Why no session can be put into the history just now; None where nothing is known against it.

    A disk that does not answer is not waited for: it must not cost a session.
    """
    from poultice.record.store import History

    found: list[PoulticeError] = []

    def look() -> None:
        try:
            History.require_writable()
        except PoulticeError as error:
            # One that another program holds is waited for, once there is something to write.
            if not error.data.get("busy"):
                found.append(error)
        except Exception as error:
            found.append(HistoryError(tr("unexpected: {what}", what=repr(error))))

    looking = threading.Thread(target=look, name="record", daemon=True)
    looking.start()
    looking.join(LOOK_S)
    if looking.is_alive():
        return HistoryError(tr("the disk does not answer"))
    return found[0] if found else None


@cache
def shared() -> Recorder:
    """The one of this process."""
    return Recorder()
