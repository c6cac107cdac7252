"""What a session's summary is made of: peak, lowest, and the duty of the last minute."""

_BUCKETS = 60


class Tally:
    """Extremes over a session; HEAT's share of the last 60 s, in buckets of a second."""

    def __init__(self) -> None:
        self.peak_mc: int | None = None
        self.min_mc: int | None = None
        self._on_ms = [0] * _BUCKETS
        self._bucket = 0
        self._part_ms = 0
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

    def heat(self, closed: bool, dt_ms: int) -> None:
        """HEAT was closed, or not, for the interval that ends now."""
        if closed:
            on_ms = min(dt_ms, 1000)
            self._on_ms[self._bucket] += on_ms
            self._sum_ms += on_ms
        self._part_ms += dt_ms
        if self._part_ms >= 1000:
            self._part_ms = 0
            self._bucket = self._bucket + 1 if self._bucket < _BUCKETS - 1 else 0
            self._sum_ms -= self._on_ms[self._bucket]
            self._on_ms[self._bucket] = 0

    def duty_pct(self) -> int:
        """HEAT over the last 60 s, 0 to 100."""
        return min(100, self._sum_ms // 600)
