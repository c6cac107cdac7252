"""What a wheel carries beside the Python: the firmware images and the manual pages, if made.

`make release` makes both first. A wheel built without them (`pip install .`, or from the sdist
where there is no ARM toolchain) is whole but for them; `poultice firmware` then says so.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BOARDS = ("pico", "pico2")


class CarriedHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds build/poultice-*.uf2 to `poultice/images` and build/man to `share/man/man1`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling asks this before it packs. An image of other sources is left out."""
        if version == "editable":
            return
        root = Path(self.root)
        sums = root / "build" / "SHA256SUMS"
        told = ""
        for path in (root / "build" / f"poultice-{board}.uf2" for board in BOARDS):
            if not path.is_file():
                continue
            sha256 = _sha256_of_these(path, root)
            if sha256 is None:
                self.app.display_warning(f"{path.name} is not of these sources: left out")
                continue
            build_data["force_include"][str(path)] = f"poultice/images/{path.name}"
            told += f"{sha256}  {path.name}\n"
        if told:
            sums.write_text(told, encoding="utf-8")
            build_data["force_include"][str(sums)] = "poultice/images/SHA256SUMS"
        for page in sorted((root / "build" / "man").glob("*.1")):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"


def _sha256_of_these(path: Path, root: Path) -> str | None:
    """The SHA-256 of an image that is whole and of this tree's logic, None of any other."""
    sys.path.insert(0, str(root / "host"))
    from poultice.device import fingerprint, uf2
    from poultice.errors import ImageError

    try:
        image = uf2.read(path)
    except ImageError:
        return None
    core = fingerprint.fingerprint(root / "firmware/core/poultice_core")
    return image.sha256 if image.holds(core) else None
