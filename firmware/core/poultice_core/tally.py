"""What a session's summary is made of: peak, lowest, and the duty of the last minute."""

_SECONDS = 60


class Tally:
    """Extremes over a session; HEAT's share of the last 60 s, kept by the second.

    `heated_ms`: how long the pad was energised in the second under way.
    """

    def __init__(self) -> None:
        self.peak_mc: int | None = None
        self.min_mc: int | None = None
        self.heated_ms = 0
        self._per_second_ms = [0] * _SECONDS
        self._next = 0
        self._sum_ms = 0

    def begin(self) -> None:
        """A new session."""
        self.peak_mc = None
        self.min_mc = None

    def reading(self, hot_mc: int, cold_mc: int) -> None:
        """A readable tick of the session."""
        if self.peak_mc is None or hot_mc > self.peak_mc:
            self.peak_mc = hot_mc
        if self.min_mc is None or cold_mc < self.min_mc:
            self.min_mc = cold_mc

    def second(self) -> None:
        """A second is over."""
        kept = self._per_second_ms
        self._sum_ms += self.heated_ms - kept[self._next]
        kept[self._next] = self.heated_ms
        self.heated_ms = 0
        self._next = self._next + 1 if self._next < _SECONDS - 1 else 0

    def duty_pct(self) -> int:
        """HEAT over the last 60 s, 0 to 100."""
        return min(100, self._sum_ms // 600)
