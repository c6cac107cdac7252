"""The full-screen view of `run` and `watch`. Loads Textual: import it only to show it."""

from poultice.cli.dashboard.app import Dashboard
from poultice.cli.views import LEAST

__all__ = ["LEAST", "Dashboard"]
