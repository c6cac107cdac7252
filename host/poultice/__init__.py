"""poultice: run a guarded hot/cold therapy timer from a computer.

The device guards itself; this package asks it for a session, shows it and records it.
``poultice.link.client`` is the place to start for a program of your own.
"""

from __future__ import annotations

__version__ = "0.1.0"
