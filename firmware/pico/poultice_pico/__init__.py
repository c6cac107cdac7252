"""The board: a Pico or Pico 2 under MicroPython, behind the contract of `poultice_core.board`."""
