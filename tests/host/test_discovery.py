"""Which port is the device."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from poultice import errors
from poultice.device import discovery
from poultice.link.transport import Transport
from tests.host.faulty import UID, Faulty, but

PICO = {"vid": 0x2E8A, "pid": 0x0005}


def port(device: str, **more: Any) -> SimpleNamespace:
    identity = {"vid": None, "pid": None, "serial_number": None, "description": "x"}
    return SimpleNamespace(device=device, **{**identity, **more})


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Port path -> the transport it opens to, or the error; all of them are Picos."""
    there: dict[str, Any] = {}

    def comports() -> list[SimpleNamespace]:
        found = [port(path, serial_number=f"E{path[-1]}", **PICO) for path in there]
        return [port("/dev/ttyS0"), port("/dev/ttyUSB0", vid=0x0403, pid=0x6001), *found]

    def opened(path: str) -> Transport:
        one = there[path.removeprefix("serial:")]
        if isinstance(one, Exception):
            raise one
        assert isinstance(one, Faulty)
        return one

    monkeypatch.setattr("serial.tools.list_ports.comports", comports)
    monkeypatch.setattr("poultice.device.discovery.open_transport", opened)
    return there


def test_nothing_there_says_what_to_try(ports: dict[str, Any]) -> None:
    with pytest.raises(errors.NoDeviceError) as caught:
        discovery.choose()
    assert "sim:" in (caught.value.hint or "")


def test_the_only_candidate_is_taken_if_it_answers(ports: dict[str, Any]) -> None:
    ports["/dev/ttyACM1"] = Faulty()
    assert discovery.choose() == "serial:/dev/ttyACM1"
    assert ports["/dev/ttyACM1"].closed


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (errors.PortBusyError("another program has it"), "another program has it"),
        (errors.PermissionDeniedError("no permission"), "no permission"),
        (errors.NoDeviceError("it was pulled out"), "it was pulled out"),
        (Faulty(answers={"hello": but(protocol=2)}), "version 2"),
        (Faulty(silent_at_s=0.0), "answer"),
    ],
    ids=["busy", "no permission", "vanished", "another version", "silent"],
)
@pytest.mark.parametrize("answers", [True, False])
def test_no_answer_is_not_not_there(
    ports: dict[str, Any], beside: Any, told: str, answers: bool
) -> None:
    """Beside one that could not be asked, the one that answers may be the wrong pad."""
    ports["/dev/ttyACM0"] = beside
    ports["/dev/ttyACM1"] = Faulty(silent_at_s=math.inf if answers else 0.0)
    with pytest.raises(errors.UsageError) as caught:
        discovery.choose()
    both = str(caught.value)
    assert "usb:E0" in both
    assert "usb:E1" in both
    assert told in both.partition("usb:E0")[2].partition(")")[0]
    assert (f"uid {UID}" in both) is answers
    assert "--device usb:E" in (caught.value.hint or "")


def test_several_are_listed_and_one_is_asked_for(ports: dict[str, Any]) -> None:
    ports["/dev/ttyACM0"] = Faulty()
    ports["/dev/ttyACM1"] = Faulty()
    with pytest.raises(errors.UsageError) as caught:
        discovery.choose()
    assert "usb:E0" in str(caught.value)
    assert "usb:E1" in str(caught.value)


@pytest.mark.parametrize(
    ("there", "kind"),
    [
        (errors.PortBusyError("busy"), errors.PortBusyError),
        (errors.PermissionDeniedError("no"), errors.PermissionDeniedError),
        (Faulty(answers={"hello": but(protocol=2)}), errors.VersionMismatchError),
        (Faulty(silent_at_s=0.0), errors.NoDeviceError),
    ],
)
def test_the_only_candidate_is_told_as_what_it_is(
    ports: dict[str, Any], there: Any, kind: type[errors.PoulticeError]
) -> None:
    ports["/dev/ttyACM0"] = there
    with pytest.raises(kind):
        discovery.choose()


def test_a_usb_serial_number_finds_its_port(ports: dict[str, Any]) -> None:
    ports["/dev/ttyACM0"] = Faulty()
    ports["/dev/ttyACM7"] = Faulty()
    assert discovery.port_of_usb_serial("e7") == "/dev/ttyACM7"
    with pytest.raises(errors.NoDeviceError) as caught:
        discovery.port_of_usb_serial("e9")
    assert "usb:E0" in (caught.value.hint or "")


def test_only_picos_are_ever_opened(ports: dict[str, Any]) -> None:
    ports["/dev/ttyACM0"] = Faulty()
    assert [one.port.path for one in discovery.find()] == ["/dev/ttyACM0"]
