"""Outputs off before anything that can fail (SR-15): our first file that a stock image runs.

In the release image `_boot.py` has done it already, and this frozen copy keeps a `boot.py` on the
flash from being run.
"""

from machine import Pin

Pin(10, Pin.OUT, value=0)
Pin(9, Pin.OUT, value=0)
Pin(11, Pin.OUT, value=0)
Pin(12, Pin.OUT, value=0)
