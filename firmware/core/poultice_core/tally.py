"""What a session's summary is made of: peak, lowest, and the duty of the last minute."""

_SECONDS = 60
_BEYOND_MC = 1_000_000


class Tally:
    """Extremes over a session; HEAT's share of the last 60 s, kept by the second.

    `heated_ms`: how long the pad was energised in the second under way.
    """

    def __init__(self) -> None:
        self.begin()
        self.heated_ms = 0
        self._per_second_ms = [0] * _SECONDS
        self._next = 0
        self._sum_ms = 0

    def begin(self) -> None:
        """A new session."""
        self.highest_mc = -_BEYOND_MC
        self.lowest_mc = _BEYOND_MC

    def peak_mc(self) -> int | None:
        """The hottest reading; None where there was none."""
        return None if self.highest_mc == -_BEYOND_MC else self.highest_mc

    def min_mc(self) -> int | None:
        """The coldest reading; None where there was none."""
        return None if self.lowest_mc == _BEYOND_MC else self.lowest_mc

    def reading(self, hot_mc: int, cold_mc: int) -> None:
        """A readable tick of the session."""
        if hot_mc > self.highest_mc:
            self.highest_mc = hot_mc
        if cold_mc < self.lowest_mc:
            self.lowest_mc = cold_mc

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
