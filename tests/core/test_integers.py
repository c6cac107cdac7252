"""The core computes in whole numbers: a float is made on the heap, in the middle of a tick."""

from __future__ import annotations

import dis
import importlib
import pkgutil
from collections.abc import Iterator
from types import CodeType, FunctionType

import pytest

import poultice_core

MODULES = [one.name for one in pkgutil.walk_packages(poultice_core.__path__, "poultice_core.")]


def _functions(holder: object) -> Iterator[FunctionType]:
    for value in vars(holder).values():
        if isinstance(value, FunctionType):
            yield value
        elif isinstance(value, type):
            yield from _functions(value)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def test_every_module_is_looked_at() -> None:
    assert {"poultice_core.guard", "poultice_core.judges.heating"} < set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_no_function_of_the_core_divides_into_a_float(name: str) -> None:
    module = importlib.import_module(name)
    for function in _functions(module):
        for code in _codes(function.__code__):
            assert not any(isinstance(constant, float) for constant in code.co_consts)
            signs = [at.argrepr for at in dis.get_instructions(code) if at.opname == "BINARY_OP"]
            assert "/" not in signs
            assert "/=" not in signs
