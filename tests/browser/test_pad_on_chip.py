"""The page that runs a real pad, on the release image: the emulated chip behind its port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from poultice.virtual.options import parse_options
from poultice.virtual.pty_server import PtyServer
from tests.browser import pads
from tests.browser.test_pad_page import answer, connect, ended, state
from tests.host.served import require_image

# The chip may have a third of a second for each of ours: by the page's clock it is in time.
SLOWLY = "const real = performance.now.bind(performance); performance.now = () => real() / 5;"


@pytest.fixture
def chip(port: pads.Port) -> Iterator[Any]:
    require_image()
    from poultice.virtual.emulator.emulated_device import EmulatedDevice

    device = EmulatedDevice(parse_options("?user=absent", "emulator"))
    server = PtyServer(device)
    over = threading.Event()
    thread = threading.Thread(target=server.serve, args=(over.is_set,))
    thread.start()
    port.plug(server.path)
    yield device
    port.pull()
    over.set()
    thread.join(60)


@pytest.mark.timeout(400)
def test_the_release_image_heats_and_stops(page: Any, bridge: list[str], chip: Any) -> None:
    bridge.append(SLOWLY)
    tab = page()
    tab.page.set_default_timeout(180_000)
    connect(tab)
    assert "that which was tested with this page" in tab.page.inner_text("#who")
    answer(tab, "arthritis")
    tab.page.click("#start")
    state(tab, "running")
    tab.page.wait_for_selector("#big:has-text('HEAT')")
    while not chip.board.energised:
        tab.page.wait_for_timeout(100)

    tab.page.keyboard.press("s")

    ended(tab, "ended by a stop from a computer")
    assert not chip.board.energised
