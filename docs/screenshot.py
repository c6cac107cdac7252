"""Take the README's picture of `poultice run`: a real terminal (tmux), 80 by 24, as SVG.

    python docs/screenshot.py docs/images/run.svg

Needs tmux, and poultice installed beside this interpreter. Nothing is drawn by hand: the screen
is captured with its colours, 6 s into a simulated session.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COMMAND = "poultice run arthritis --device sim: --yes"
SECONDS = 5.5

# rich's own frame without its web font: the picture must not fetch anything.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def captured() -> str:
    """The screen, with its colours as escape sequences."""
    with tempfile.TemporaryDirectory() as directory:
        tmux = ["tmux", "-S", f"{directory}/socket"]
        bin_directory = Path(sys.executable).parent
        shell = f"env PS1='$ ' POULTICE_DATA_DIR={directory} PATH={bin_directory}:$PATH sh"
        subprocess.run(
            [*tmux, "new-session", "-d", "-x", "80", "-y", "18", shell],
            check=True,
        )
        try:
            time.sleep(0.5)
            subprocess.run([*tmux, "send-keys", COMMAND, "Enter"], check=True)
            time.sleep(SECONDS)
            screen = subprocess.run(
                [*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True
            )
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)
    return screen.stdout


def main() -> None:
    """Write the picture to the path given."""
    screen = captured().rstrip("\n")
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(screen))
    svg = console.export_svg(
        title="poultice run", theme=MONOKAI, code_format=FRAME, unique_id="poultice"
    )
    Path(sys.argv[1]).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
