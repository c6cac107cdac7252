"""First Python to run, at power-up and after a soft reset: outputs off (SR-15), then the
file system.

Frozen into the release image. A soft reset leaves pins as they were, so nothing that can fail
comes before the four lines that drive them low.
"""

from machine import Pin

Pin(10, Pin.OUT, value=0)
Pin(9, Pin.OUT, value=0)
Pin(11, Pin.OUT, value=0)
Pin(12, Pin.OUT, value=0)

import sys  # noqa: E402

# What somebody left on the flash must not stand in for what was released.
sys.path[:] = [".frozen", "", "/lib"]

try:
    from poultice_pico.disk import mount

    mount()
except Exception as error:  # the application starts without it, says so and heats nobody
    sys.print_exception(error)
