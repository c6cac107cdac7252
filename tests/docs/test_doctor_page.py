"""The pages of `doctor` and `calibrate` name what there is, and what they show can be done."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from poultice.cli import main
from poultice.device import calibration
from poultice.device.doctor import attached, computer, ports
from poultice.device.doctor.probe import RULES

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def text(name: str) -> str:
    return (HOW_TO / name).read_text(encoding="utf-8")


def test_every_probe_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "-d", "sim:", "--json"]) == 0
    found = {one["name"] for one in json.loads(capsys.readouterr().out)["probes"]}
    found |= {name for name, _ in (*computer.probes("", dict), *ports.probes(None))}
    found |= {*attached._CHECKS, "self_test", "pending"}
    cells = re.findall(r"^\| (`.*?) \|", text("find-out-what-is-wrong.md"), re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(cells)))
    assert found == named


def test_the_rule_is_installed_as_it_says_itself() -> None:
    shown = re.findall(r"^\$ (.*udev.*)$", text("find-out-what-is-wrong.md"), re.MULTILINE)
    rule = RULES.read_text(encoding="utf-8")
    assert shown
    assert all(f"#   {line}\n" in rule for line in shown)


def test_the_calibration_shown_can_be_tried(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = re.findall(r"^\$ (poultice calibrate -d .*)$", text("calibrate.md"), re.MULTILINE)
    words = shlex.split(line.replace("sim:?", "sim:?speed=max&"))
    assert main(words[1:]) == 0
    assert "in force    yes" in capsys.readouterr().out


def test_the_bounds_shown_are_those_of_the_check() -> None:
    page = text("calibrate.md")
    low, high = calibration.OFFSET_MIN_MC / 1000, calibration.OFFSET_MAX_MC / 1000
    assert f"allowed is {low} to +{high} °C".replace("-", "−") in page
    assert f"within {calibration.AGREE_MC / 1000} °C of the reference" in page
    for span_mc in (calibration.LOW_MC, calibration.HIGH_MC):
        assert f"water of {span_mc[0] // 1000} to {span_mc[1] // 1000} °C" in page
    span_mc = calibration.HIGH_WITHOUT_SENSE_MC
    assert f"at {span_mc[0] / 1000} to {span_mc[1] / 1000} °C" in page
