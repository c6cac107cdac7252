"""The device's logic: pure, integers only, the same files on CPython and on MicroPython."""

VERSION = "0.1.0"
PROTOCOL = 1
