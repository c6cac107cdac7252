"""The row of a running session in the history, which may fail without costing the session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from poultice.errors import PoulticeError
from poultice.messages import Event, Telemetry

if TYPE_CHECKING:
    from poultice.history import Recorder

_BEGINNING = threading.Lock()


class Recording:
    """What the device says of one session, into the history from when it was seen to run.

    `what` is handed on to `History.begin`; `path` is the history's file while there is one.
    Whatever goes wrong with it is told to `warn`, once, and the session goes on without. To be
    used from one thread.
    """

    def __init__(self, what: Mapping[str, Any], warn: Callable[[str], None]) -> None:
        self.path: str | None = None
        self._what = what
        self._warn = warn
        self._recorder: Recorder | None = None
        self._begun = False
        self._failed = False
        self._before: list[Event] = []

    def take(self, update: Telemetry | Event, *, began: bool) -> None:
        """Record one thing; `began` says whether the session was seen to run by now."""
        if began and not self._begun:
            self._begun = True
            self._guarded(self._open)
            for prompt in self._before:
                self._write(prompt)
        elif not began and isinstance(update, Event) and update.kind == "prompt":
            # A pack to be laid on first is asked for before the session is seen to run.
            self._before.append(update)
        self._write(update)

    def finish(self, outcome: str, summary: Mapping[str, Any]) -> None:
        """Close the record with how the session ended."""
        recorder = self._recorder
        if recorder is not None and not self._failed:
            self._guarded(lambda: recorder.finish(outcome, dict(summary)))

    def close(self) -> None:
        """Leave the record as it is; without an outcome it counts as unfinished."""
        if self._recorder is not None:
            self._guarded(self._recorder.close)

    def _open(self) -> None:
        from poultice.history import History

        # Several pads may begin in the same second, and the first one makes the file.
        with _BEGINNING:
            self._recorder = History.open().begin(**self._what)
        self.path = str(self._recorder.path)

    def _write(self, update: Telemetry | Event) -> None:
        recorder = self._recorder
        if recorder is None or self._failed:
            return
        if isinstance(update, Event):
            told = dict(update.data)
            self._guarded(lambda: recorder.event(told))
        else:
            sample = update.to_json()
            self._guarded(lambda: recorder.sample(sample))

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except PoulticeError as error:
            self._failed = True
            self.path = None
            self._warn(f"warning: this session is not in the history: {error}")
            if error.hint:
                self._warn(f"hint: {error.hint}")
