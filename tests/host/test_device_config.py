"""`poultice config`: what may be said, what waits, what comes into force."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from poultice.device import device_config
from poultice.errors import LinkError, PoulticeError, RefusedError, UsageError
from poultice_core import config as configuration
from tests.host.conftest import Say
from tests.host.faulty import Faulty, but, says


def test_every_member_is_explained() -> None:
    assert list(device_config.MEMBERS) == list(configuration.default())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sensor_b=false", False),
        ("sensor_b=No", False),
        ("cooler=1", True),
        ("sense=off", False),
        ("two_point=false", False),
        ("density_mw_cm2=30", 30),
        ("density_mw_cm2=100", 100),
        ("offset_mc=-300", -300),
        ("offset_mc=2000", 2000),
    ],
)
def test_what_may_be_said(text: str, value: object) -> None:
    name, _, word = text.partition("=")
    found = device_config.parse({name: word})[name]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("density_mw_cm2=29", RefusedError, "30 to 100"),
        ("density_mw_cm2=101", RefusedError, "30 to 100"),
        ("offset_mc=-301", RefusedError, "-300 to 2000"),
        ("offset_mc=2001", RefusedError, "-300 to 2000"),
        ("offset_mc=999999999", RefusedError, "-300 to 2000"),
        ("two_point=true", RefusedError, "poultice calibrate"),
        ("sensorb=true", UsageError, "sensor_b"),
        ("table=B3435", UsageError, "offset_mc"),
        ("sense=maybe", UsageError, ""),
        ("offset_mc=0.5", UsageError, "m°C"),
        ("offset_mc=", UsageError, "-300 to 2000"),
        ("offset_mc=1_0", UsageError, "-300 to 2000"),
        ("offset_mc=+1", UsageError, "-300 to 2000"),
        ("offset_mc=\u0663", UsageError, "-300 to 2000"),
        ("offset_mc=" + "1" * 5_000, UsageError, "-300 to 2000"),
    ],
)
def test_what_may_not(text: str, kind: type[PoulticeError], hint: str) -> None:
    name, _, word = text.partition("=")
    with pytest.raises(kind) as caught:
        device_config.parse({name: word})
    assert hint in (caught.value.hint or "")


def test_an_offset_set_by_hand_is_no_check() -> None:
    assert device_config.parse({"offset_mc": "100"}) == {"offset_mc": 100, "two_point": False}


@pytest.fixture
def alone(plug_in: Any) -> Faulty:
    """A device that nobody sits beside: what waits for its button waits."""
    one: Faulty = plug_in(Faulty("?user=absent&cooler=0"))
    return one


def test_it_is_shown_with_what_waits(alone: Faulty, say: Say) -> None:
    alone.client().set_config({"density_mw_cm2": 60, "cooler": True})
    told = say("config")
    assert "false → true" in told.out and "config drop" in told.err
    found = say("config show --json").json
    assert found["schema"] == "poultice.config/1"
    assert (found["config"]["cooler"], found["waiting"]["cooler"]) == (False, True)
    assert alone.config()["cooler"] is False
    alone.client().drop_config()
    assert say("config --json").json["waiting"] is None


def test_fold_safe_is_said_by_hand_and_held_for(plug_in: Any, say: Say) -> None:
    device = plug_in(Faulty("?fold_safe=0"))
    assert "39 °C" in say("config show").out
    say("config set fold_safe=true")
    assert device.config()["fold_safe"] is True


def test_while_anything_runs_it_is_shown_and_nothing_is_set(alone: Faulty, say: Say) -> None:
    alone.client().set_config({"cooler": True})
    alone.running()
    told = say("config --json")
    assert told.json["waiting"] is None and "waits" in told.err
    say("config set sense=0", 6)
    assert alone.config()["sense"] is True


def test_set_waits_for_the_hold(device: Faulty, say: Say) -> None:
    told = say("config set sensor_b=no density-mw-cm2=60 --json").json
    assert told["waiting"] is None
    for now in (told["config"], device.config()):
        assert (now["sensor_b"], now["density_mw_cm2"]) == (False, 60)


def test_set_without_waiting_leaves_it_to_the_button(alone: Faulty, say: Say) -> None:
    assert say("config set cooler=yes --no-wait --json").json["waiting"]["cooler"] is True
    assert alone.config()["cooler"] is False
    assert say("config drop --json").json["waiting"] is None
    assert "pending" not in alone.config()


def test_ctrl_c_leaves_what_was_in_force(alone: Faulty, say: Say) -> None:
    before = alone.config()
    alone.at(5, lambda: os.kill(os.getpid(), signal.SIGINT))
    say("config set cooler=yes", 130)
    assert alone.config() == before


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("config set", 2),
        ("config set cooler", 2),
        ("config set cooler=1 cooler=0", 2),
        ("config set cooler=x", 2),
        ("config set kooler=1", 2),
        ("config set offset_mc=2001", 6),
        ("config sett", 2),
    ],
)
def test_bad_input_never_reaches_the_device(line: str, code: int, device: Faulty, say: Say) -> None:
    say(line, code)
    assert device.asked == []


def test_an_answer_that_is_no_configuration() -> None:
    device = Faulty(answers={"get_config": says({"offset_mc": 0})})
    with pytest.raises(LinkError):
        device_config.in_force(device.client())


def test_drop_does_not_take_no_for_an_answer(alone: Faulty) -> None:
    alone.client().set_config({"cooler": True})
    alone.answers["drop_config"] = but(cooler=True)
    with pytest.raises(PoulticeError, match="still holds another"):
        device_config.drop(alone.client())


def test_in_simulation_with_a_flash_that_is_kept(tmp_path: Path, say: Say) -> None:
    device = f"sim:?speed=max&state={tmp_path}"
    say(f"config set offset_mc=150 -d {device}")
    told = say(f"config --json -d {device}").json
    assert told["config"]["offset_mc"] == 150
    # two_point is an option of `sim:` and is set again at each power-up.
    assert told["heat_target_max_mc"] == 42_000
