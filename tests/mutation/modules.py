"""What is mutated."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "firmware" / "core" / "poultice_core"
HOST = ROOT / "host" / "poultice"
# Every module of the core, as its path from there, tables of numbers apart; and of the host what
# drives a session, what goes over the wire and what a plan may be.
MODULES = (
    *(
        name
        for path in sorted(CORE.rglob("*.py"))
        if (name := str(path.relative_to(CORE).with_suffix("")))
        not in ("__init__", "judges/__init__")
    ),
    *("host/session/engine", "host/link/wire", "host/therapy/plan"),
)


def of_host(module: str) -> bool:
    return module.startswith("host/")


def path_of(module: str) -> Path:
    """Its source."""
    room, name = (HOST, module.removeprefix("host/")) if of_host(module) else (CORE, module)
    return room / f"{name}.py"


def imported_as(module: str) -> str:
    package = "poultice" if of_host(module) else "poultice_core"
    return f"{package}." + module.removeprefix("host/").replace("/", ".")
