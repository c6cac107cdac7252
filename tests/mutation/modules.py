"""What is mutated."""

from __future__ import annotations

from pathlib import Path

CORE = Path(__file__).parents[2] / "firmware" / "core" / "poultice_core"
# Every module of the core, as its path from there, tables of numbers apart.
MODULES = tuple(
    name
    for path in sorted(CORE.rglob("*.py"))
    if (name := str(path.relative_to(CORE).with_suffix(""))) not in ("__init__", "judges/__init__")
)
