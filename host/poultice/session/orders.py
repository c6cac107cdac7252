"""What a person wants of a running session: left here by a view, taken by the engine's thread."""

from __future__ import annotations

from collections import deque

from poultice.link.messages import Event, Telemetry


class Orders:
    """One session's. Whoever draws never calls the device: it leaves an order here.

    Each method is one step for the interpreter, so that two threads need no lock.
    """

    def __init__(self) -> None:
        self.abandoned = False
        self._stop = False
        self._confirm: str | None = None
        self._wanted: deque[str] = deque(maxlen=4)

    def stop(self) -> None:
        """End it."""
        self._stop = True

    def abandon(self) -> None:
        """End it without waiting for what the device makes of that: nobody listens any more."""
        self.abandoned = True

    def confirm(self, prompt: str) -> None:
        """The prompt that stands now is answered."""
        self._confirm = prompt

    def want(self, what: str) -> None:
        """`pause` or `resume`."""
        self._wanted.append(what)

    # The engine's side.

    def stopping(self) -> bool:
        """Whether it is to end."""
        return self._stop

    def took_stop(self) -> bool:
        """The same, said once: for what can be stopped again."""
        stop, self._stop = self._stop, False
        return stop

    def answered(self, prompt: str | None) -> bool:
        """Whether that prompt was answered; said once. An answer to another is none."""
        answer, self._confirm = self._confirm, None
        return answer is not None and answer == prompt

    def wanted(self) -> str | None:
        """The oldest wish to pause or resume; said once."""
        return self._wanted.popleft() if self._wanted else None

    def heard(self, update: Telemetry | Event) -> None:
        """Forget an answer once its prompt is gone: it is none to the next one."""
        if not isinstance(update, Event) and update.state != "waiting":
            self._confirm = None
