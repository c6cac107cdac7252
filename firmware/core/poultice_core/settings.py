"""The configuration in force, as the guard relies on it: sealed when it was confirmed (SR-25)."""


class Settings:
    """`offset_mc` is added to every reading, `density_mw_cm2` is the pad's, the rest says what is
    fitted and what was checked. Read it in every tick; nothing but `adopt` changes it.
    """

    def __init__(self, config: dict[str, object]) -> None:
        """`config` as `config.merged` gives it: whole, and within its bounds."""
        self.offset_mc: int = config["offset_mc"]  # type: ignore[assignment]
        self.density_mw_cm2: int = config["density_mw_cm2"]  # type: ignore[assignment]
        self.cooler = config["cooler"] is True
        self.sensor_b = config["sensor_b"] is True
        self.sense = config["sense"] is True
        self.two_point = config["two_point"] is True
        self.fold_safe = config["fold_safe"] is True
        self._seal = self._sum()

    def adopt(self, other: "Settings") -> None:
        """Another configuration comes into force: whoever holds this object goes on with it."""
        self.offset_mc = other.offset_mc
        self.density_mw_cm2 = other.density_mw_cm2
        self.cooler = other.cooler
        self.sensor_b = other.sensor_b
        self.sense = other.sense
        self.two_point = other.two_point
        self.fold_safe = other.fold_safe
        self._seal = other._seal

    def whole(self) -> bool:
        """Is every value as it was confirmed?"""
        return self._seal == self._sum()

    def _sum(self) -> int:
        flags = self.cooler << 4 | self.sensor_b << 3 | self.sense << 2
        flags |= self.two_point << 1 | self.fold_safe
        return self.offset_mc << 13 ^ self.density_mw_cm2 << 5 ^ flags
