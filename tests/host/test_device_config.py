"""`poultice config`: what may be said, what waits, what comes into force."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from poultice.cli import main
from poultice.device import device_config
from poultice.errors import LinkError, PoulticeError, RefusedError, UsageError
from poultice.link.client import Client
from poultice_core import config as configuration
from tests.host.test_calibration import Bath


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


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
    assert device_config.parse({name: word})[name] is value or (
        device_config.parse({name: word})[name] == value
    )


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


def test_it_is_shown_with_what_waits(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    waits = {**configuration.default(), "density_mw_cm2": 50, "cooler": True}
    device = plug_in(Bath(waits=waits, holds_after_s=None))
    assert main(["config"]) == 0
    told = capsys.readouterr()
    assert "false → true" in told.out
    assert "config drop" in told.err
    assert main(["config", "show", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "poultice.config/1"
    assert (found["config"]["cooler"], found["waiting"]["cooler"]) == (False, True)
    assert device.config["cooler"] is False


def test_fold_safe_is_said_by_hand_and_held_for(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(["config", "show"]) == 0
    assert "39 °C" in capsys.readouterr().out
    assert main(["config", "set", "fold_safe=true"]) == 0
    assert device.config["fold_safe"] is True


def test_while_anything_runs_it_is_shown_all_the_same(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(Bath(state="running", waits=dict(configuration.default()), holds_after_s=None))
    assert main(["config", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["waiting"] is None
    assert "waits" in told.err


def test_set_waits_for_the_hold(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(["config", "set", "sensor_b=no", "density-mw-cm2=60", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert device.config["sensor_b"] is told["config"]["sensor_b"] is False
    assert device.config["density_mw_cm2"] == 60
    assert told["waiting"] is None


def test_set_without_waiting_leaves_it_to_the_button(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath(holds_after_s=None))
    assert main(["config", "set", "cooler=yes", "--no-wait", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["waiting"]["cooler"] is True
    assert device.config["cooler"] is False
    assert main(["config", "drop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["waiting"] is None
    assert device.waits is None


def test_ctrl_c_leaves_what_was_in_force(plug_in: Callable[[Bath], Bath]) -> None:
    device = plug_in(Bath(holds_after_s=None))
    before = dict(device.config)
    pressed: list[int] = []

    def configured(_: Any) -> dict[str, Any]:
        if device.waits is not None and not pressed:
            pressed.append(1)
            os.kill(os.getpid(), signal.SIGINT)
        return {**device.config, **({"pending": True} if device.waits is not None else {})}

    device.override["get_config"] = configured
    assert main(["config", "set", "cooler=yes"]) == 130
    assert (device.waits, device.config) == (None, before)


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
def test_bad_input_never_reaches_the_device(
    line: str, code: int, plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(line.split()) == code
    assert "Traceback" not in capsys.readouterr().err
    assert device.asked == []


def test_not_while_anything_runs(plug_in: Callable[[Bath], Bath]) -> None:
    device = plug_in(Bath(state="running"))
    assert main(["config", "set", "cooler=1"]) == 6
    assert device.waits is None


def test_an_answer_that_is_no_configuration() -> None:
    device = Bath(override={"get_config": lambda _: {"offset_mc": 0}})
    with pytest.raises(LinkError):
        device_config.in_force(Client(device))


def test_drop_does_not_take_no_for_an_answer() -> None:
    device = Bath(waits={**configuration.default(), "cooler": True}, holds_after_s=None)
    device.override["drop_config"] = lambda _: {**device.config, "cooler": True}
    with pytest.raises(PoulticeError, match="still holds another"):
        device_config.drop(Client(device))


def test_in_simulation_with_a_flash_that_is_kept(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    device = f"sim:?speed=max&state={tmp_path}"
    assert main(["config", "set", "offset_mc=150", "-d", device]) == 0
    capsys.readouterr()
    assert main(["config", "--json", "-d", device]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"]["offset_mc"] == 150
    # two_point is an option of `sim:` and is set again at each power-up.
    assert told["heat_target_max_mc"] == 42_000
