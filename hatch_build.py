"""What a wheel carries beside the Python: the firmware images and the manual pages, if made.

`make release` makes both first. A wheel built without them (`pip install .`, or from the sdist
where there is no ARM toolchain) is whole but for them; `poultice firmware` then says so.
"""

from __future__ import annotations

import hashlib
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
        images = [root / "build" / f"poultice-{board}.uf2" for board in BOARDS]
        there = [one for one in images if one.is_file()]
        fitting = [one for one in there if _is_of(one, root)]
        for image in there:
            if image not in fitting:
                self.app.display_warning(f"{image.name} is not of these sources: left out")
        for image in fitting:
            build_data["force_include"][str(image)] = f"poultice/images/{image.name}"
        if fitting:
            sums = root / "build" / "SHA256SUMS"
            sums.write_text(
                "".join(
                    f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n"
                    for one in fitting
                ),
                encoding="utf-8",
            )
            build_data["force_include"][str(sums)] = "poultice/images/SHA256SUMS"
        for page in sorted((root / "build" / "man").glob("*.1")):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"


def _is_of(image: Path, root: Path) -> bool:
    """Whether the image is whole, and of this tree's logic."""
    sys.path.insert(0, str(root / "host"))
    from poultice.device import fingerprint, uf2
    from poultice.errors import ImageError

    try:
        core = fingerprint.fingerprint(root / "firmware/core/poultice_core")
        return uf2.read(image).holds(core)
    except ImageError:
        return False
