"""What the chip reads: the device's own table and arithmetic, as compiled into the image."""

from __future__ import annotations

import pytest

from tests.emulator.copies import idle, on_a_copy
from tests.emulator.link import Link


@pytest.mark.requirement("SR-01")
@on_a_copy(idle)
def test_the_image_reads_the_temperature_that_the_sensors_have(link: Link) -> None:
    """Regression: machine code that was not at a word boundary read 28.7 °C too little."""
    plant = link.device.plant
    for reading_c in (6.0, 12.0, 20.0, 28.0, 35.0, 39.0, 41.0, 43.5):
        plant.offset_a_c += reading_c - plant.sensor_a_c
        plant.offset_b_c += reading_c - plant.sensor_b_c
        plant.sensor_a_c = plant.sensor_b_c = reading_c
        link.wait(0.25)

        told = link.status()

        assert abs(told["temp_mc"] - plant.sensor_a_c * 1000) <= 200, reading_c
        assert abs(told["temp_b_mc"] - plant.sensor_b_c * 1000) <= 200, reading_c
