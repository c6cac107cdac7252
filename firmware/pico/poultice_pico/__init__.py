"""The board: a Pico or Pico 2 under MicroPython, behind the contract of `poultice_core.board`."""

# Found in the image by whoever is about to flash it; a test holds it against poultice_core.
IMAGE = "poultice firmware 0.1.0 link 1 end"
