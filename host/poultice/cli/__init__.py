"""The command line. Private: programs use ``poultice.link.client``.

One module a command group, loaded when it is asked for; commands return data and ``output``
alone turns it into text or JSON; errors end here, in ``main``, and nowhere else.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from poultice import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of ``docs/reference/exit-codes.md``. Never raises."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args == ["--version"]:
        # Answered before click is loaded: scripts ask this of every tool they find.
        print(f"poultice {__version__}")
        return 0
    if "_POULTICE_COMPLETE" in os.environ:
        from poultice.cli.completion import answer

        return answer()
    if argv is None:
        # All goes with the process: to look through it for circles first takes milliseconds.
        atexit.register(gc.freeze)
    try:
        if argv is None:
            from poultice.cli import early

            early.hold()
        from poultice.cli.boundary import run
    except KeyboardInterrupt:
        # Before it is held, or the second one; later ones are the boundary's.
        return 130
    return run(args)
