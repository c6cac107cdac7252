"""What a person wants of a running session: put down by a view, taken by the session's thread."""

from __future__ import annotations

from collections import deque

from poultice.messages import Event, Telemetry


class Wishes:
    """One session's. Whoever draws never calls the device: it leaves a wish here.

    Each method is one step for the interpreter, so that two threads need no lock.
    """

    def __init__(self) -> None:
        self._stop = False
        self._confirm = False
        self._wanted: deque[str] = deque(maxlen=4)

    def stop(self) -> None:
        """End it."""
        self._stop = True

    def confirm(self) -> None:
        """The prompt that stands now is answered."""
        self._confirm = True

    def want(self, what: str) -> None:
        """`pause` or `resume`."""
        self._wanted.append(what)

    # The session's side.

    def stopping(self) -> bool:
        """Whether it is to end."""
        return self._stop

    def took_stop(self) -> bool:
        """The same, said once: for what can be stopped again."""
        stop, self._stop = self._stop, False
        return stop

    def answered(self) -> bool:
        """Whether the prompt was answered; said once."""
        answered, self._confirm = self._confirm, False
        return answered

    def wanted(self) -> str | None:
        """The oldest wish to pause or resume; said once."""
        return self._wanted.popleft() if self._wanted else None

    def heard(self, update: Telemetry | Event) -> None:
        """Forget an answer once its prompt is gone: it is none to the next one."""
        if not isinstance(update, Event) and update.state != "waiting":
            self._confirm = False
