"""The files that run on the device, and how to look at them."""

from __future__ import annotations

import ast
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"
CORE = sorted((FIRMWARE / "core/poultice_core").rglob("*.py"))
PICO = sorted((FIRMWARE / "pico").rglob("*.py"))
DEVICE = CORE + PICO


def name(path: Path) -> str:
    return str(path.relative_to(FIRMWARE))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> list[str]:
    """Full names of the modules that are imported from outside the file's own package."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(node.module or "")
    return found
