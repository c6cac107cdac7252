"""What memory writes to flash, tells and pages: the same bytes on MicroPython as on CPython."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.properties.backend import ROOT, micropython

STORY = Path(__file__).parents[1] / "core/memory_story.py"

pytestmark = pytest.mark.skipif(
    micropython() is None and "parity" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="no MicroPython interpreter is installed",
)


def played(interpreter: list[str], path_name: str, seed: int) -> Any:
    done = subprocess.run(
        [*interpreter, str(STORY), str(seed), "300"],
        env={path_name: str(ROOT / "firmware/core")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return json.loads(done.stdout)


@pytest.mark.requirement("SR-05", "SR-20")
@pytest.mark.parametrize("seed", range(1, 7))
def test_a_story_leaves_the_same_bytes_on_flash(seed: int) -> None:
    interpreter = micropython()
    assert interpreter is not None
    there = played([interpreter, "-X", "heapsize=8M"], "MICROPYPATH", seed)
    here = played([sys.executable], "PYTHONPATH", seed)
    files, told, texts = here
    assert there[0] == files
    assert there[1] == told
    assert there[2] == texts
    assert {"journal", "mark", "config", "log0"} <= set(files)
    assert sum(len(json.loads(text)["entries"]) for text in texts) > 10
