"""Relays that take their time, can weld or die; and what stands in series with the pad."""

from __future__ import annotations

OPERATE_MS = 10  # facts.md 5e: at most 10 ms to operate; an old one was seen to need 20 to release
RELEASE_MS = 15


class Relay:
    """One relay: a coil that is driven, a contact that follows."""

    def __init__(self, operate_ms: int = OPERATE_MS, release_ms: int = RELEASE_MS) -> None:
        self.contact = False
        self._operate_ms = operate_ms
        self._release_ms = release_ms
        self._coil = False
        self._left_ms = 0
        self._welds = False
        self._stuck = False
        self._dead = False
        self._flickers = False

    def drive(self, coil: bool) -> None:
        """Put current through the coil, or none."""
        if coil != self._coil:
            self._coil = coil
            self._left_ms = self._operate_ms if coil else self._release_ms

    def weld(self) -> None:
        """From now on the contact stays closed once it is closed."""
        self._welds = True
        self._stuck = self._stuck or self.contact

    def flicker(self) -> None:
        """From now on the contact arcs while its coil is off: closed every other time."""
        self._flickers = True

    def slow(self, release_ms: int) -> None:
        """From now on it takes so long to release."""
        self._release_ms = release_ms

    def kill(self) -> None:
        """The coil is broken: the contact opens, and never closes again unless welded."""
        self._dead = True
        self._left_ms = self._release_ms

    def moving(self) -> bool:
        """Has the contact yet to follow its coil?"""
        return self._wanted() != self.contact or self._arcs()

    def elapse(self, dt_ms: int) -> float:
        """Time passes; the part of it (0 to 1) during which the contact was closed."""
        wanted = self._wanted()
        if self._arcs():
            self.contact = not self.contact
            return 0.5
        if wanted == self.contact:
            return 1.0 if wanted else 0.0
        if self._left_ms >= dt_ms:
            self._left_ms -= dt_ms
            return 1.0 if self.contact else 0.0
        before = self._left_ms / dt_ms
        self._left_ms = 0
        self.contact = wanted
        self._stuck = wanted and self._welds
        return 1.0 - before if wanted else before

    def _arcs(self) -> bool:
        return self._flickers and not self._coil

    def _wanted(self) -> bool:
        return self._stuck or (self._coil and not self._dead)


class Bimetal:
    """The switch on the pad's skin side: opens at 45 °C, closes again at 30 °C or below."""

    def __init__(self, opens_c: float = 45.0, closes_c: float = 30.0) -> None:
        self.closed = True
        self._opens_c = opens_c
        self._closes_c = closes_c

    def feel(self, temp_c: float) -> None:
        """Follow the temperature of the pad's skin side."""
        if self.closed:
            self.closed = temp_c < self._opens_c
        else:
            self.closed = temp_c <= self._closes_c


class ThermalFuse:
    """The one-shot fuse at the pad's element: open for good from 72 °C on."""

    def __init__(self, blows_c: float = 72.0) -> None:
        self.closed = True
        self._blows_c = blows_c

    def feel(self, temp_c: float) -> None:
        """Follow the temperature of the pad's element."""
        if temp_c >= self._blows_c:
            self.closed = False
