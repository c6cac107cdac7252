"""A configuration's way into force: proposed, confirmed by the button, saved. Never half of it."""

from . import config
from .writer import CONFIG, Writer


class Adoption:
    """`in_force`; `pending`: what waits, or None; `n`: how many have come into force; `due`: is
    there something to save?"""

    def __init__(
        self, n: int, in_force: dict[str, object], pending: dict[str, object] | None
    ) -> None:
        self.n = n
        self.in_force = in_force
        self.pending = pending
        self.due = False
        self._confirmed = False
        self._down = True
        self._seen_up = False

    def look(self, down: bool) -> None:
        """Once a tick: the button."""
        self._down = down
        if not down:
            self._seen_up = True

    def propose(self, wanted: dict[str, object] | None) -> None:
        """Let this one wait; None: let none wait. What was confirmed before is not this one, and
        a hold that has begun before is of another."""
        self.pending = wanted
        self.due = True
        self._confirmed = False
        self._seen_up = not self._down

    def confirm(self) -> None:
        """The button was held."""
        if self.pending is not None and self._seen_up:
            self.due = self._confirmed = True

    def save(self, writer: Writer) -> bool:
        """Write what is due; True where a configuration has come into force with that.

        Where its save fails the old one stays, and is put back: a store that raised may have
        written the new one all the same.
        """
        if self._confirmed and self.pending is not None:
            self._confirmed = False
            wanted = self.pending
            if not writer.save(CONFIG, config.FILE, config.file(self.n + 1, wanted, None)):
                return False
            self.n += 1
            self.in_force = wanted
            self.pending = None
            self.due = False
            return True
        data = config.file(self.n, self.in_force, self.pending)
        self.due = not writer.save(CONFIG, config.FILE, data)
        return False
