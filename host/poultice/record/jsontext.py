"""JSON for other programs: one object on one line, ASCII, and nothing that a strict reader refuses.

A name of a file, or what a device says, may hold half of a surrogate pair. Python writes it as it
is; no other reader takes it, nor do databases and browsers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_SURROGATE = re.compile(r"\\ud[89a-f]")


def line(data: Mapping[str, Any]) -> str:
    """`data`, without a line feed; null for what is no number in JSON (NaN)."""
    try:
        text = _dumped(data)
    except ValueError:
        return _dumped(whole(data))
    return _dumped(whole(data)) if _SURROGATE.search(text) else text


def _dumped(data: Any) -> str:
    return json.dumps(data, ensure_ascii=True, separators=(", ", ": "), allow_nan=False)


def whole(value: Any) -> Any:
    """The same, with U+FFFD for each half that stands alone."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, Mapping):
        return {whole(key): whole(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [whole(one) for one in value]
    return value
