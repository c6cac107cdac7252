"""A virtual device: body, pad, sensors, relays and flash around the device's own logic."""
