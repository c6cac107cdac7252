"""The full-screen view of `run` and `watch`. Loads Textual: import it only to show it."""

from poultice.cli.attend import LEAST
from poultice.cli.dashboard.app import Dashboard

__all__ = ["LEAST", "Dashboard"]
