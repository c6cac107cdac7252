"""Tests of a real board on a bench: opt-in by its serial number, with a person at the bench.

    python -m pytest tests/hardware --device-serial E6614103E7301234

See docs/how-to/test-on-a-bench.md. They erase what the device has recorded.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from poultice.device.discovery import port_of_usb_serial
from poultice.errors import NoDeviceError
from tests.hardware import hooks
from tests.hardware.bench import Bench
from tests.hardware.operator import Operator, TerminalOperator

_OPTION = "--device-serial"
_HOW = f"tests/hardware drives a real device: give {_OPTION} (docs/how-to/test-on-a-bench.md)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(_OPTION, metavar="SERIAL", help="USB serial number of the device on the bench")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(trylast=True)
def pytest_bench_port(serial: str) -> str:
    return port_of_usb_serial(serial)


@pytest.hookimpl(trylast=True)
def pytest_bench_operator(config: pytest.Config) -> Operator:
    return TerminalOperator(config.pluginmanager.get_plugin("capturemanager"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    serial = config.getoption(_OPTION, default=None)
    if serial and (hasattr(config, "workerinput") or config.getoption("numprocesses", None)):
        raise pytest.UsageError("one bench, one process: tests/hardware does not run with -n")
    if serial:
        return
    ours = [item for item in items if "tests/hardware/" in item.nodeid]
    if ours and len(ours) == len(items):
        raise pytest.UsageError(_HOW)
    for item in ours:
        item.add_marker(pytest.mark.skip(reason=_HOW))


@pytest.fixture(scope="session")
def operator(pytestconfig: pytest.Config) -> Operator:
    found: Operator = pytestconfig.hook.pytest_bench_operator(config=pytestconfig)
    return found


@pytest.fixture(scope="session")
def device(pytestconfig: pytest.Config, operator: Operator) -> Iterator[Bench]:
    """The device of that serial number, and nothing but that one."""
    serial = pytestconfig.getoption(_OPTION)

    def port() -> str:
        found: str = pytestconfig.hook.pytest_bench_port(serial=serial)
        return found

    try:
        port()
    except NoDeviceError as error:
        pytest.exit(f"{error}; {error.hint}", returncode=pytest.ExitCode.USAGE_ERROR)
    if not operator.agrees(
        f"These tests erase what device {serial} has recorded, its configuration and its rest.\n"
        "The pad is not connected, and sensors A and B are resistors. Go on?"
    ):
        pytest.exit("nothing was touched", returncode=pytest.ExitCode.INTERRUPTED)
    bench = Bench(port, serial)
    yield bench
    bench.leave()


@pytest.fixture
def bench(device: Bench, operator: Operator) -> Iterator[Bench]:
    """The device as new, idle, both sensors at 36 °C, the emergency stop closed, 12 V on."""
    operator.do("rest")
    device.renew()
    yield device
    device.quiet()
