"""JSON that the strictest reader takes, whatever stands in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.record import jsontext
from poultice.record.store import History
from tests.host.conftest import Say


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("a\udc80b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\U0001f525", "\U0001f525"),
        ("\\ud800", "\\ud800"),
        ("\ud83d\udd25", "\U0001f525"),
        ("°", "°"),
    ],
)
def test_half_of_a_pair(text: str, read: str) -> None:
    line = jsontext.line({"a": [text], text: {"b": text}})
    assert line.isascii()
    assert json.loads(line) == {"a": [read], read: {"b": read}}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_null(number: float) -> None:
    assert json.loads(jsontext.line({"a": (number, 1.5)})) == {"a": [None, 1.5]}


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters())),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters()), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters()), anything))
def test_whatever_stands_in_it(data: dict[str, Any]) -> None:
    line = jsontext.line(data)
    assert "\n" not in line
    json.loads(line)["" if "" in data else next(iter(json.loads(line)), "")] if data else None
    # No other reader takes half a pair.
    json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8")


def test_a_file_s_name_that_is_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: str, say: Say
) -> None:
    say(["run", short, "-d", "sim:?speed=max", "--yes"])
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"bad\xff.html")
    told = say(["report", "1", "-o", name, "--json"]).json
    assert told["file"] == "bad\N{REPLACEMENT CHARACTER}.html"
    assert Path(name).exists()


def test_what_a_device_said(say: Say) -> None:
    recorder = History.open().begin(
        protocol="x\ud800", plan={}, device={"path": "\udfff"}, answers={}, started_unix=0.0
    )
    recorder.event({"kind": "odd \ud800"})
    recorder.sample({"t_ms": 1, "state": "\ud800", "fault": "\udc80"})
    recorder.finish("complete", {"fault": None})
    for line in (["history", "--json"], ["history", "show", "1", "--json"],
                 ["history", "export", "1", "--json"]):  # fmt: skip
        for one in say(line).out.splitlines():
            json.dumps(json.loads(one), ensure_ascii=False).encode("utf-8")
