"""Every hard limit, its unit and the reason. No message can raise one.

`REPORTED` are the names of `hello.limits`, in the order of the safety contract's table. The
rest are the guard's own thresholds. A `Limits` object is handed to the guard, so that a test
can give it toy limits; the device always hands it `Limits().under(settings)`. Whoever needs a
limit reads it here, in every tick: a copy would be one more word that a flipped bit can change.
"""

from .settings import Settings

REPORTED = (
    "heat_target_min_mc",
    "heat_target_max_mc",
    "heat_cutoff_mc",
    "absolute_cutoff_mc",
    "predictive_mc",
    "cold_target_min_mc",
    "cold_target_max_mc",
    "cold_end_mc",
    "cold_cutoff_mc",
    "phase_min_s",
    "phases_max",
    "heat_session_s",
    "heat_hot_mc",
    "heat_hot_session_s",
    "cold_phase_s",
    "cold_session_s",
    "session_s",
    "heat_day_s",
    "cold_day_s",
    "sessions_day",
    "dose_day_m",
    "dose_session_m",
    "dose_warn_m",
    "sensitive_target_max_mc",
    "sensitive_dose_session_m",
    "rest_after_heat_s",
    "rest_cold_to_heat_s",
    "rest_cold_to_cold_s",
    "budget_capacity_uj_cm2",
    "budget_refill_uw_cm2",
    "dwell_min_ms",
    "closing_min_ms",
    "attended_min_s",
    "attended_max_s",
    "token_s",
    "pause_max_s",
    "prompt_max_s",
)

# The sum over every limit as shipped: a flipped bit in flash or RAM is `limits_corrupt` (SR-15).
# A deliberate change of a limit changes this line too.
CHECKSUM = 907647258


class Limits:
    """The limits in force, as plain integer attributes."""

    def __init__(self) -> None:
        # Set-points. 42.0 °C for 20 min is 5 CEM43, below the 43.2 °C pain point.
        self.heat_target_min_mc = 30_000
        self.heat_target_max_mc = 42_000
        # 43 °C: the burn threshold for contact of 10 min or more (ISO 13732-1's figure).
        self.heat_cutoff_mc = 43_000
        # 45 °C: 4 CEM43 a minute; what a welded relay looks like.
        self.absolute_cutoff_mc = 45_000
        # A 10 s sensor on a light 0.15 W/cm² pad lets it reach 48 °C by the time it reads 43.
        self.predictive_mc = 43_500
        # 10 to 15 °C is the therapeutic skin range; 7 °C is numbness: no warning is felt below.
        self.cold_target_min_mc = 11_000
        self.cold_target_max_mc = 25_000
        self.cold_end_mc = 10_000
        self.cold_cutoff_mc = 7_000
        self.phase_min_s = 30
        self.phases_max = 16
        # 20 to 30 min is what clinics advise; the first-degree line at 42 °C is 34 min.
        self.heat_session_s = 1_800
        self.heat_hot_mc = 41_000
        self.heat_hot_session_s = 1_200
        # A nerve palsy is reported at 20 min of ice.
        self.cold_phase_s = 1_200
        self.cold_session_s = 1_200
        self.session_s = 2_400
        # Erythema ab igne comes from repeated heat below the burn level: a cap for the day.
        self.heat_day_s = 5_400
        self.cold_day_s = 7_200
        self.sessions_day = 8
        # 20 CEM43 is the mildest deliberate first-degree burn; 9 and 2 are van Rhoon 2013.
        self.dose_day_m = 20_000
        self.dose_session_m = 9_000
        self.dose_warn_m = 5_000
        self.sensitive_target_max_mc = 40_000
        self.sensitive_dose_session_m = 2_000
        # 20 min on, 20 min off; perfusion stays depressed two hours after cold.
        self.rest_after_heat_s = 1_200
        self.rest_cold_to_heat_s = 1_200
        self.rest_cold_to_cold_s = 7_200
        # SR-24: an account of heat given that no thermometer can defeat.
        self.budget_capacity_uj_cm2 = 12_000_000
        self.budget_refill_uw_cm2 = 35_000
        # Relay life: 1e5 operations under load.
        self.dwell_min_ms = 2_000
        self.closing_min_ms = 20_000
        self.attended_min_s = 5
        self.attended_max_s = 60
        self.token_s = 60
        self.pause_max_s = 300
        self.prompt_max_s = 180

        # The guard's own thresholds, by requirement.
        self.watch_after_ms = 120_000  # SR-01: the heat cutoff stands this long after a session
        self.predict_horizon_ds = 100  # SR-02: 10 s, in tenths
        self.ready_min_mc = 5_000  # SR-03: colder is "not ready"
        self.cool_inhibit_mc = 10_500
        self.cold_end_ms = 10_000
        self.cold_cutoff_ms = 2_000
        self.overrun_ms = 1_000  # SR-04
        self.rest_asked_from_s = 60  # SR-05: a shorter session asks no rest
        self.code_max = 3_496  # SR-07: -10 °C, above is an open wire
        self.code_min = 462  # SR-07: 80 °C, below is a short
        self.range_ticks = 3
        self.range_count = 10  # ... so many within so long: a connector that opens now and then
        self.range_window_ms = 60_000
        self.spread_codes = 64  # of the burst's middle eight
        self.jump_mc = 2_000  # SR-08
        self.jump_ticks = 3
        self.stale_ms = 2_000
        self.frozen_ms = 60_000
        self.mismatch_mc = 8_000
        self.mismatch_ms = 60_000
        self.detached_ms = 30_000  # SR-09 (a)
        self.detached_fall_mc = 500
        self.climb_from_mc = 5_000  # (b)
        self.climb_ms = 120_000
        self.climb_gain_mc = 2_000
        self.stall_ms = 120_000  # (c)
        self.stall_gain_mc = 1_000
        self.stall_below_mc = 3_000
        self.stall_weak_mc = 36_000
        self.hold_near_mc = 500  # (d)
        self.hold_below_mc = 2_000
        self.hold_ms = 60_000
        self.hold_rise_mc = 500
        self.weld_sense_ms = 300  # SR-10: high or low without a break
        self.unsteady_ms = 2_000
        self.weld_from_mc = 38_500
        self.weld_off_ms = 30_000
        self.weld_rise_mc = 500
        self.weld_end_ms = 90_000
        self.weld_end_rise_mc = 300
        self.supply_ms = 500  # SR-11
        self.late_ms = 300  # SR-18
        self.late_trip_ms = 1_500
        self.late_count = 3
        self.clear_inside_mc = 1_000  # SR-20
        self.clear_ticks = 10
        self.clear_sense_ms = 1_000
        self.proof_settle_ms = 200  # SR-22
        self.proof_gap_ms = 250  # SR-22 says 200; counted in whole ticks, it was 199.5 at the pins
        self.proofs_session = 3  # before the first heat phase
        self.brake_count = 3  # proofs, or sessions that gave nothing, ...
        self.brake_ms = 600_000  # ... within so long, with less treatment between them than ...
        self.brake_treated_ms = 60_000
        self.pack_rise_mc = 3_000  # SR-23
        self.pack_unknown_mc = (
            12_000  # its lowest where power went before it was told: over at 15 °C
        )
        self.pack_alarm_ms = 30_000
        self.inhibited_ms = 60_000  # SR-26: of so much of a heat phase, half
        self.undertreated_heat_mc = 2_000
        self.undertreated_cold_mc = 5_000
        self.tick_ms = 100

    def under(self, settings: Settings) -> "Limits":
        """The limits in force under a configuration; itself, narrowed. The lowest of all holds.

        Without sensor B an edge slide is unseen; without the two-point check a wrong thermistor
        table is; with a pad that may fold a fold is. Each gets less heat, as simulated in the
        safety contract.
        """
        if not settings.two_point:
            self.heat_target_max_mc = min(self.heat_target_max_mc, 41_000)
        if not settings.sensor_b:
            self.heat_target_max_mc = min(self.heat_target_max_mc, 40_000)
            self.heat_session_s = min(self.heat_session_s, 900)
            self.budget_refill_uw_cm2 = min(self.budget_refill_uw_cm2, 25_000)
        if not settings.fold_safe:
            self.heat_target_max_mc = min(self.heat_target_max_mc, 39_000)
        return self

    def adopt(self, other: "Limits") -> None:
        """Take over every value of another one: whoever holds this object goes on with it."""
        for name in NAMES:
            setattr(self, name, getattr(other, name))

    def reported(self) -> dict[str, int]:
        """Name -> value, every name of the contract's table."""
        return {name: getattr(self, name) for name in REPORTED}


# Every limit there is, in an order that every interpreter agrees on.
NAMES = tuple(sorted(Limits().__dict__))


def checksum(limits: Limits) -> int:
    """A 30-bit sum over every limit, by NAMES: no single changed bit gives the same."""
    total = 0
    for name in NAMES:
        # 5 bits apart and folded at 2^30, in small integers throughout.
        total = ((total & 0x1FFFFFF) << 5 | total >> 25) ^ getattr(limits, name)
    return total
