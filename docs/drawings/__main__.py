"""`python -m docs.drawings`: every drawing anew, from the firmware's pins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docs.drawings.pins import ROOT
from docs.drawings.schematic import controller, power
from docs.drawings.wiring import wiring
from docs.drawings.wokwi import diagram

DRAWN: dict[str, Callable[[], bytes]] = {
    "docs/images/controller.svg": controller,
    "docs/images/power.svg": power,
    "docs/images/wiring.svg": wiring,
    "docs/wokwi/diagram.json": diagram,
}


def main(root: Path = ROOT) -> None:
    """Write each file."""
    for name, draw in DRAWN.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw())
        print(name)


if __name__ == "__main__":
    main()
