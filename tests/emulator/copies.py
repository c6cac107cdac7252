"""Tests on copies of one device: it is brought somewhere once, and each test forks it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.emulator.link import Link
from tests.emulator.measure import in_a_copy


@cache
def idle() -> Link:
    """A device that is ready, with nobody beside it."""
    link = Link("user=absent")
    link.boot()
    return link


@cache
def heating() -> Link:
    """The same in the middle of a heat phase, K1 and K2 closed."""
    link = Link("user=absent")
    link.boot()
    link.heat()
    return link


def on_a_copy(make: Callable[[], Link]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give the test a copy of the device that `make` made, as its first argument.

    Copies are made of a process that pytest-xdist gave threads; all they do is step a device.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
        @functools.wraps(test)
        def in_its_copy(**arguments: Any) -> None:
            link = make()

            def do() -> list[float]:
                test(link, **arguments)
                return []

            in_a_copy(do)

        signature = inspect.signature(test)
        others = list(signature.parameters.values())[1:]
        in_its_copy.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return in_its_copy

    return decorate
