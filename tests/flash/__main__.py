"""Every cut, and after each of them every cut again: `python -m tests.flash`, some minutes."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.flash.cuts import Tally, every
from tests.flash.story import Save, tell


def main() -> None:
    """Prints how many cuts there were; whatever is wrong is raised."""
    began = time.monotonic()
    for block_cycles in (100, 1):
        saves = tell(block_cycles=block_cycles)
        writes = sum(save.operations for save in saves)
        tally = Tally()
        with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
            for one in pool.map(partial(_cut, block_cycles), saves):
                tally.cuts += one.cuts
                tally.left += one.left
        print(
            f"block_cycles {block_cycles}: {len(saves)} saves of {writes} writes and erases, "
            f"{tally.cuts} cuts: {tally.left['old']} left the old content, "
            f"{tally.left['new']} the new"
        )
    print(f"{time.monotonic() - began:.0f} s")


def _cut(block_cycles: int, save: Save) -> Tally:
    return every([save], block_cycles=block_cycles, again=True)


if __name__ == "__main__":
    main()
