"""Start the application, or leave the prompt to whoever asked for it."""

import micropython

# From here on 0x03 is a byte like any other: Ctrl-C must not end what watches a relay.
micropython.kbd_intr(-1)

from poultice_pico.application import run  # noqa: E402

run()
