"""The device that is plugged in: finding, configuring, calibrating, flashing, examining it."""
