"""What is compared: every row of the table, and when in a session its hazard strikes."""

from __future__ import annotations

from dataclasses import dataclass

from poultice.virtual.hazards import HAZARDS

TARGET_C = 42.0
SESSION_S = 1200.0
HORIZON_S = 7200.0
DAY_S = 86_400.0
DENSITIES_W_CM2 = (0.05, 0.10)
BUILT_IN = None
"""Before power-up."""
WARM_UP_S, HOLD_S = 60.0, 600.0
_ALWAYS: tuple[float | None, ...] = (BUILT_IN,)
_LYING: tuple[float | None, ...] = (BUILT_IN, HOLD_S)
_SOME_TIME: tuple[float | None, ...] = (WARM_UP_S, HOLD_S)

ELECTRONIC = frozenset({"poultice", "klipper", "marlin", "hobby"})
EVERYBODY = ELECTRONIC | {"bimetal"}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `hazard` is a name of `hazards.HAZARDS`, None for none. It strikes at each of `moments`, in a
    run of its own, or as soon after as the pad has power; the worst run counts. `left_on` is
    whether nobody ends the session, `restarted` whether it is asked for again once a minute, for
    24 hours (of a controller that has no rest between sessions that is `left_on`), `for_whom` whom
    it can befall.
    """

    name: str
    says: str
    hazard: str | None = None
    moments: tuple[float | None, ...] = (WARM_UP_S, HOLD_S)
    target_c: float = TARGET_C
    left_on: bool = False
    restarted: bool = False
    for_whom: frozenset[str] = EVERYBODY


ROWS: tuple[Row, ...] = (
    Row("healthy", "healthy", None, (BUILT_IN,)),
    Row("too_hot", "48 °C asked for", None, (BUILT_IN,), target_c=48.0, for_whom=ELECTRONIC),
    Row("forgotten", "forgotten", None, (BUILT_IN,), left_on=True),
    Row("sensor_edge", "sensor slid to the edge", "sensor_edge"),
    Row("sensor_off", "sensor fallen off", "sensor_off"),
    Row("sensor_open", "sensor open", "sensor_open", (BUILT_IN, WARM_UP_S, HOLD_S)),
    Row("sensor_short", "sensor short", "sensor_short", (BUILT_IN, WARM_UP_S, HOLD_S)),
    Row("frozen_warm_up", "sensor frozen in warm-up", "sensor_frozen", (WARM_UP_S,)),
    Row("frozen_hold", "sensor frozen at hold", "sensor_frozen", (HOLD_S,)),
    Row("sensor_drift", "sensor drifting down 0.5 °C a minute", "sensor_drift"),
    Row("offset", "every sensor 2 °C low", "sensor_offset", (BUILT_IN,)),
    Row("wrong_part", "wrong part", "wrong_part", (BUILT_IN,)),
    Row("weld_one", "one relay welded", "weld_one"),
    Row("weld_all", "every relay welded", "weld_all"),
    Row("fold_at_sensor", "pad folded over the sensor", "fold_at_sensor", _LYING),
    Row("fold_away", "pad folded away from it, at the far end", "fold_at_far_end", _LYING),
    Row("fold_unseen", "pad folded where no sensor or switch is", "fold_away", _LYING),
    Row("fold_at_switch", "pad folded over bimetal and fuse", "fold_at_switch", _LYING),
    Row("blanket", "duvet over the pad", "blanket", _LYING),
    Row("perfusion_lost", "no blood flow", "perfusion_lost", _LYING),
    Row("cpu_hung", "controller hung", "cpu_hung", for_whom=ELECTRONIC),
    Row("host_gone", "host gone", "host_gone", for_whom=ELECTRONIC),
    *(
        Row(name, HAZARDS[name].says, name, moments, for_whom=whom)
        for name, moments, whom in (
            ("chair_back", _LYING, EVERYBODY),
            ("cushion", _LYING, EVERYBODY),
            ("blanket_mid", _LYING, EVERYBODY),
            ("bony", _LYING, EVERYBODY),
            ("bony_0", _LYING, EVERYBODY),
            ("hot_spot_1.5", _LYING, EVERYBODY),
            ("hot_spot_2", _LYING, EVERYBODY),
            ("fold_mid", _LYING, EVERYBODY),
            ("edge_and_fold", _LYING, EVERYBODY),
            ("bottle", _LYING, EVERYBODY),
            ("cold_towel", _LYING, EVERYBODY),
            ("conn_open@1", _LYING, ELECTRONIC),
            ("conn_open@2.5", _LYING, ELECTRONIC),
            ("conn_bridged@1", _LYING, ELECTRONIC),
            ("ground_low_1.5", _ALWAYS, ELECTRONIC),
            ("ground_low_3", _ALWAYS, ELECTRONIC),
            ("ground_high_1.5", _ALWAYS, ELECTRONIC),
            ("ground_high_3", _ALWAYS, ELECTRONIC),
            ("hum", _LYING, ELECTRONIC),
            ("spikes", _LYING, ELECTRONIC),
            ("flicker_weld", _SOME_TIME, EVERYBODY),
            ("slow_release_200", _SOME_TIME, EVERYBODY),
            ("slow_release_500", _SOME_TIME, EVERYBODY),
            ("brown_out", _SOME_TIME, ELECTRONIC),
            ("supply_24v", _ALWAYS, EVERYBODY),
            ("sweat", _LYING, EVERYBODY),
            ("fever", _ALWAYS, EVERYBODY),
            ("room_10", _ALWAYS, EVERYBODY),
            ("room_38", _ALWAYS, EVERYBODY),
        )
    ),
    Row(
        "restarter",
        "started whenever allowed, for 24 h, at 40.5 °C",
        None,
        _ALWAYS,
        target_c=40.5,
        restarted=True,
        for_whom=frozenset({"poultice"}),
    ),
)

BY_NAME = {row.name: row for row in ROWS}
